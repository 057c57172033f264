// The page for everybody: WCAG 2 AA by axe in both themes and both languages, every text in the language that was chosen, names,
// small windows, no motion for who wants none.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../harness.mjs';
import { FAILED, becomes, browserForTests, conversation, message, skip } from './browser.mjs';
import { everywhere, furnish, places } from './places.mjs';

/** Every text of the page itself that a person or a screen reader meets; what models and people wrote is left out. */
const texts = (page) =>
    page.evaluate(() => {
        const found = new Set();
        const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        const foreign = '.prose *, .said, .path code, .detail, noscript, .card h3, .card h3 + p:not(.facts), .picker-name, .snippet, [lang]:not(html)';
        for (let node; (node = walk.nextNode()); ) {
            const e = node.parentElement;
            if (!e.closest(foreign) || (e.closest('.prose') && e.closest('figcaption button, .word'))) found.add(node.data.trim());
        }
        for (const e of document.querySelectorAll('*:not([lang], .formula)'))
            for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'aria-description', 'aria-valuetext']) if (e.getAttribute(name)) found.add(e.getAttribute(name).trim());
        return [...found].filter(Boolean);
    });

// Names, units, keys and languages are the same everywhere.
const same = /Hearth|Hugging Face|ChatGPT|OpenAI|Anthropic|MCP|Schema|conversations\.json|JSON|Markdown|ORG\/REPO:QUANT|https?:\/\/\S+|model\.gguf|\.gguf|\b[KMG]B\b|Enter|Shift|Ctrl\S*|Esc|hearth \w+|tiny-\w+|stories260K|Q8_0|F32|Top P|Min P|Apache-2\.0|MIT|\b[\d.]+[BM]\b|\bjs\b|English|Switch to English|切换到中文|简体中文|中文|Llama[\w. -]*|Qwen[\w. -]*|Gemma[\w. -]*|Phi[\w. -]*|Mistral[\w. -]*|SmolLM[\w. -]*|[\w.-]+-licen[cs]e|hk_\w*|\w+\.txt/gi;
const rules = {
    zh: (text) => assert.doesNotMatch(text.replace(same, ''), /[a-z]{3}/i),
    en: (text) => assert.doesNotMatch(text.replace(same, ''), /\p{Script=Han}|undefined|NaN|\[object/u),
};

describe('access', { skip }, () => {
    const { open } = browserForTests();
    let server;
    before(async () => {
        server = await startServer({ args: ['--engine.context=32768'] });
    });
    after(() => server?.stop());

    test(`axe finds nothing against WCAG 2 AA, light and dark, and no text stays in the other language (${Object.keys(places).length} places)`, async (t) => {
        // It comes with the page, since the page's policy lets nothing in afterwards.
        const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
        const page = await open(t, server, { init: axe, reducedMotion: 'reduce', expected: FAILED });
        const found = [];
        const everything = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
        // What another theme and another language can change.
        const otherwise = ['color-contrast', 'link-in-text-block', 'target-size', 'html-lang-valid', 'valid-lang', 'button-name', 'link-name', 'label', 'aria-command-name', 'label-content-name-mismatch'];
        const repeated = /^the error (?!server_busy)|stopped|length/; // these differ in their words alone
        const look = async (place, lang, colorScheme) => {
            await page.emulateMedia({ colorScheme });
            const violations = repeated.test(place)
                ? []
                : await page.evaluate(async (values) => {
                      const type = values[0].startsWith('wcag') ? 'tag' : 'rule';
                      return (await window.axe.run(document, { runOnly: { type, values }, resultTypes: ['violations'] })).violations;
                  }, colorScheme === 'light' ? everything : otherwise);
            for (const v of violations) found.push(`${place}, ${colorScheme}: ${v.id} (${v.impact}): ${v.nodes.map((n) => `${n.target} ${n.any[0]?.message ?? n.all[0]?.message ?? ''}`).slice(0, 3).join('; ')}`);
            const all = await texts(page);
            assert.ok(all.length > 2, place);
            for (const text of all)
                try {
                    rules[lang](text);
                } catch {
                    found.push(`${place}, ${lang}: “${text}”`);
                }
        };
        // As if another window of the page had been told: nothing that is open is closed by it.
        const speak = async (lang) => {
            await page.evaluate((l) => (localStorage.setItem('hearth.lang', l), window.dispatchEvent(new StorageEvent('storage'))), lang);
            await page.locator(`html:lang(${lang})`).waitFor();
        };
        await everywhere(page, server, await furnish(server), async (place) => {
            await look(place, 'en', 'light');
            await speak('zh');
            await look(place, 'zh', 'dark');
            await speak('en');
        });
        assert.deepEqual([...new Set(found)], []);
    });

    const sizes = { 'a telephone': [390, 844], 'a very small one': [320, 568], 'one on its side': [844, 390] };

    /** What does not fit into the window, or is too small for a finger. */
    const misfits = (page) =>
        page.evaluate(() => {
            const root = document.documentElement;
            const found = root.scrollWidth > root.clientWidth ? [`the page is ${root.scrollWidth} wide`] : [];
            const above = document.querySelector('dialog[open]') ?? document.querySelector('[popover]:popover-open') ?? document;
            for (const e of above.querySelectorAll('button, select, textarea, input:not([hidden], [type=radio], [type=checkbox])')) {
                const { left, right, width, height } = e.getBoundingClientRect();
                if (width && (left < -1 || right > innerWidth + 1 || width < 24 || height < 24) && !e.matches('.skip')) found.push(e.outerHTML.slice(0, 100));
            }
            return found;
        });

    test('everything that can be used has a name; nothing is wider than a telephone, and fingers find the buttons', async (t) => {
        // Without motion: a panel that is still sliding in is beside the window.
        const page = await open(t, server, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, reducedMotion: 'reduce', expected: FAILED });
        await everywhere(page, server, await furnish(server), async (place) => {
            const nameless = (await page.ariaSnapshot()).split('\n').filter((line) => /^\s*- (button|link|textbox|combobox|checkbox|group|log|dialog|option|menuitem|navigation|meter|progressbar)\b(?! ")/.test(line));
            assert.deepEqual(nameless, [], place);
            for (const [size, [width, height]] of Object.entries(sizes)) {
                await page.setViewportSize({ width, height });
                await becomes([], () => misfits(page), `${place}, ${size}`); // what was open may still be on its way to its new place
            }
            await page.setViewportSize({ width: 390, height: 844 });
        });
    });

    test('light and dark follow the system at once, until one is chosen; a chosen one is there before the first paint', async (t) => {
        const page = await open(t, server, { at: '/?p=settings', ready: false });
        await page.getByLabel('Dark').waitFor();
        const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor.match(/\d+/g).map(Number));
        const light = await paper();
        await page.emulateMedia({ colorScheme: 'dark' });
        const dark = await paper();
        assert.ok(Math.min(...light) > 200 && Math.max(...dark) < 60, `${light} and ${dark}`);
        await page.getByLabel('Light', { exact: true }).check();
        assert.deepEqual(await paper(), light);
        await page.reload({ waitUntil: 'commit' });
        await page.locator('html[data-theme=light]').waitFor();
    });

    test('the browser says which language; who chooses another keeps it', async (t) => {
        const page = await open(t, server, { locale: 'zh-CN' });
        const lang = () => page.evaluate(() => document.documentElement.lang);
        assert.equal(await lang(), 'zh-CN');
        assert.equal(await message(page).getAttribute('aria-label'), '你的消息');
        await page.getByRole('button', { name: 'English' }).click();
        assert.equal(await lang(), 'en');
        await page.reload();
        await page.getByText('Enter sends').waitFor();
        assert.equal(await lang(), 'en');
    });

    test('nothing moves for who wants no motion', async (t) => {
        const page = await open(t, server, { reducedMotion: 'reduce' });
        await page.route('**/events', () => undefined); // never answered
        await page.goto(`${server.url}/?c=${await conversation(server, [], { title: '5' })}`);
        await message(page).fill('x');
        await message(page).press('Enter');
        await page.locator('p.waiting').waitFor();
        assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
    });
});
