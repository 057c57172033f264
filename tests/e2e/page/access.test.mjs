// The page for everybody: WCAG 2 AA by axe in light and dark, names, small windows, large text.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { CHAT, startServer } from '../harness.mjs';
import { answer, answerWith, answered, ask, browserForTests, skip, withFields } from './browser.mjs';

const prose = `# Title

Text with **bold**, \`code\` and a [link](https://other.invalid/a).

> A quotation.

1. one
2. two

| A table | with | many | columns | that | is | wider | than | a | telephone |
|--|--|--|--|--|--|--|--|--|--|
| unbreakable | words | unbreakable | words | unbreakable | words | unbreakable | words | unbreakable | words |

- [x] done
- [ ] open

\`\`\`js
const line = 'a line of code that is a good deal longer than any telephone is wide, and that must not break the page';
\`\`\`

${'averylongwordwithoutanyspace'.repeat(8)} https://other.invalid/${'path/'.repeat(40)}`;

const places = {
    'the beginning': () => undefined,
    'an answer': async (page) => {
        await answerWith(page, prose);
        await ask(page, 'x '.repeat(40) + 'y'.repeat(200));
        await answered(page);
    },
    'a growing answer': async (page) => {
        await page.getByRole('combobox').selectOption(CHAT);
        await withFields(page, { max_tokens: 30000, ignore_eos: true });
        await ask(page, 'x');
        await page.locator('.streaming .prose').waitFor();
    },
    'an error': async (page) => {
        await page.route('**/v1/chat/completions', (route) => route.fulfill({ status: 500, json: { error: { message: 'detail', code: 'model_broken' } } }));
        await ask(page, 'x');
        await answer(page).getByRole('alert').waitFor();
    },
    'a lost connection': async (page) => {
        await page.route('**/{v1,api}/**', (route) => route.abort());
        await ask(page, 'x');
        await page.locator('form').getByRole('alert').waitFor();
    },
};

describe('access', { skip }, () => {
    const { open } = browserForTests();
    const expected = /ERR_|Failed to load|status of/;
    let server, empty;
    before(async () => {
        server = await startServer({ args: ['--engine.context=32768'] });
        empty = await startServer({ models: false });
    });
    after(() => Promise.all([server?.stop(), empty?.stop()]));

    /** Goes to each place of the page, and to the one without a model. */
    async function everywhere(t, options, look) {
        const page = await open(t, server.url, { expected, hosts: [empty.url], ...options });
        for (const [place, go] of Object.entries(places)) {
            await page.unrouteAll();
            await page.goto(server.url);
            await page.getByRole('textbox').waitFor();
            await go(page);
            await look(page, place);
        }
        await page.unrouteAll();
        await page.goto(empty.url);
        await page.getByRole('listitem').first().waitFor();
        await look(page, 'no model');
    }

    for (const colorScheme of ['light', 'dark'])
        test(`axe finds nothing against WCAG 2 AA, ${colorScheme}`, async (t) => {
            // It comes with the page, since the page's policy lets nothing in afterwards.
            const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
            const found = [];
            await everywhere(t, { colorScheme, init: axe, reducedMotion: 'reduce' }, async (page, place) => {
                const { violations } = await page.evaluate(() =>
                    window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'] }),
                );
                for (const v of violations)
                    found.push(`${place}: ${v.id} (${v.impact}): ${v.nodes.map((n) => `${n.target} ${n.any[0]?.message ?? ''}`).join('; ')}`);
            });
            assert.deepEqual(found, []);
        });

    const sizes = { 'a telephone': [390, 844], 'a very small one': [320, 568], 'one on its side': [844, 390] };

    /** What does not fit into the window, or is too small for a finger. */
    const misfits = (page) =>
        page.evaluate(() => {
            const root = document.documentElement;
            const found = root.scrollWidth > root.clientWidth ? [`the page is ${root.scrollWidth} wide`] : [];
            for (const e of document.querySelectorAll('button, select, textarea')) {
                const { left, right, width, height } = e.getBoundingClientRect();
                if (left < 0 || right > innerWidth || width < 24 || height < 24) found.push(e.outerHTML.slice(0, 80));
            }
            return found;
        });

    test('everything that can be used has a name; nothing is wider than a telephone, and fingers find the buttons', async (t) => {
        await everywhere(t, { isMobile: true, hasTouch: true }, async (page, place) => {
            const nameless = (await page.ariaSnapshot()).split('\n').filter((line) => /^\s*- (button|link|textbox|combobox|checkbox|group|log)(?! ")/.test(line));
            assert.deepEqual(nameless, [], place);
            for (const [size, [width, height]] of Object.entries(sizes)) {
                await page.setViewportSize({ width, height });
                assert.deepEqual(await misfits(page), [], `${place}, ${size}`);
            }
        });
    });

    test('light and dark follow the system, at once', async (t) => {
        const page = await open(t, server.url);
        const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor.match(/\d+/g).map(Number));
        const light = await paper();
        await page.emulateMedia({ colorScheme: 'dark' });
        const dark = await paper();
        assert.ok(Math.min(...light) > 200 && Math.max(...dark) < 60, `${light} and ${dark}`);
    });

    test('nothing moves for who wants no motion', async (t) => {
        const page = await open(t, server.url, { reducedMotion: 'reduce' });
        await page.route('**/v1/chat/completions', () => undefined); // never answered
        await ask(page, 'x');
        await page.locator('p.waiting').waitFor();
        assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
    });
});
