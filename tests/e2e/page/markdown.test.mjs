// What a hostile model writes stays text.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../harness.mjs';
import { answer, answerWith, answered, ask, browserForTests, skip } from './browser.mjs';

const hostile = [
    '<script>window.hit = 1</script>',
    '<img src=x onerror="window.hit = 1">',
    '<svg onload="window.hit = 1"><a xlink:href="javascript:window.hit=1">x</a></svg>',
    '<iframe srcdoc="<script>parent.hit = 1</script>"></iframe>',
    '<a href="javascript:window.hit=1">html</a> <base href="https://other.invalid/"> <style>* { display: none }</style>',
    '<form action="https://other.invalid/"><button>x</button></form> <meta http-equiv="refresh" content="0;url=https://other.invalid/">',
    '[one](javascript:window.hit=1) [two](JaVaScRiPt:window.hit=1) [three](java\tscript:window.hit=1) [four](&#106;avascript:window.hit=1)',
    '[five](data:text/html,<script>window.hit=1</script>) [six](vbscript:x) [seven](file:///etc/passwd) [eight](//other.invalid/x) [nine](blob:x)',
    '![picture](https://other.invalid/track.png) ![ten](javascript:window.hit=1) ![eleven](data:image/svg+xml,<svg/onload=window.hit=1>)',
    '<javascript:window.hit=1> <https://other.invalid/"onclick="window.hit=1>',
    '[a](https://other.invalid/" onmouseover="window.hit=1) [b](https://other.invalid/ "\\" onclick=\\"window.hit=1")',
    '```"><script>window.hit=1</script>\n<img src=x onerror=window.hit=1>\n```',
    '| <img src=x onerror=window.hit=1> | b |\n|---|---|\n| [x](javascript:window.hit=1) | <script>window.hit=1</script> |',
    '# <img src=x onerror=window.hit=1>\n\n> <script>window.hit=1</script>\n\n- <img src=x onerror=window.hit=1>\n- [ ] <script>window.hit=1</script>',
];

describe('Markdown', { skip }, () => {
    const { open } = browserForTests();
    let server;
    before(async () => {
        server = await startServer();
    });
    after(() => server?.stop());

    test('nothing that a model writes becomes anything but text and harmless links', async (t) => {
        const page = await open(t, server.url);
        await answerWith(page, hostile.join('\n\n'));
        await ask(page, '<img src=x onerror="window.hit = 1">**not bold**');
        await answered(page);
        const inAnswer = await answer(page).evaluate((root) => ({
            tags: [...new Set([...root.querySelectorAll('.prose *')].map((e) => e.tagName.toLowerCase()))],
            handlers: [...root.querySelectorAll('*')].filter((e) => [...e.attributes].some((a) => /^on/i.test(a.name))).length,
            links: [...root.querySelectorAll('a')].map((a) => ({ href: a.href, rel: a.rel, target: a.target })),
        }));
        const harmless = /^(p|br|a|em|strong|del|code|pre|figure|figcaption|span|button|svg|path|table|thead|tbody|tr|th|td|div|h[2-6]|blockquote|ul|ol|li|input)$/;
        assert.deepEqual(inAnswer.tags.filter((tag) => !harmless.test(tag)), []);
        assert.equal(inAnswer.handlers, 0);
        assert.ok(inAnswer.links.length > 0, 'a link to https is a link');
        for (const { href, rel, target } of inAnswer.links) {
            assert.match(href, /^https:\/\/other\.invalid\//);
            assert.match(rel, /noopener.*noreferrer/);
            assert.equal(target, '_blank');
        }
        assert.equal(await page.locator('article.user').innerText(), '<img src=x onerror="window.hit = 1">**not bold**');
        assert.equal(await page.locator('article.user *:not(p)').count(), 0);
        for (const link of await page.locator('.prose :is(img, script, iframe, svg:not(.icon), style, form, base, meta)').all()) assert.fail(await link.innerHTML());
        assert.equal(await page.evaluate(() => window.hit), undefined);
        assert.ok((await answer(page).innerText()).includes('<script>window.hit = 1</script>'), 'it is shown as it was written');
    });

    test('what is meant well looks well', async (t) => {
        const page = await open(t, server.url);
        await answerWith(page, '# Title\n\n**bold** *it* `x < y` [link](https://other.invalid/a)\n\n1. a\n2. b\n   - c\n\n> quote\n\n| a | b |\n|--|--:|\n| 1 | 2 |\n\n```js\nlet a = "<b>";\n```\n\n- [x] done\n\n中文**加粗**中文');
        await ask(page, 'x');
        await answered(page);
        const counts = await answer(page).evaluate((root) =>
            Object.fromEntries(['h2', 'strong', 'em', 'p code', 'a', 'ol > li', 'ul li', 'blockquote', 'tbody td', 'pre code', 'input:checked'].map((s) => [s, root.querySelectorAll(`.prose ${s}`).length])),
        );
        assert.deepEqual(counts, { h2: 1, strong: 2, em: 1, 'p code': 1, a: 1, 'ol > li': 2, 'ul li': 2, blockquote: 1, 'tbody td': 2, 'pre code': 1, 'input:checked': 1 });
        assert.equal(await answer(page).locator('pre').innerText(), 'let a = "<b>";');
    });

    test('code is copied as it is', async (t) => {
        const page = await open(t, server.url, { permissions: ['clipboard-read', 'clipboard-write'] });
        await answerWith(page, '```sh\necho "<b>" && \\\n  ls\n```');
        await ask(page, 'x');
        await answered(page);
        await page.locator('figure').getByRole('button').click();
        await page.getByText('Copied').waitFor();
        assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'echo "<b>" && \\\n  ls');
    });
});
