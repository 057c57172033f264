// What a hostile model writes stays text; what is meant well looks well.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../harness.mjs';
import { WAIT_MS, answer, browserForTests, conversation, skip, until } from './browser.mjs';

const hostile = [
    '<script>window.hit = 1</script>',
    '<img src=x onerror="window.hit = 1">',
    '<svg onload="window.hit = 1"><a xlink:href="javascript:window.hit=1">x</a></svg>',
    '<math><mtext><script>window.hit=1</script></mtext><a href="javascript:window.hit=1">y</a></math>',
    '<iframe srcdoc="<script>parent.hit = 1</script>"></iframe>',
    '<a href="javascript:window.hit=1">html</a> <base href="https://other.invalid/"> <style>* { display: none }</style>',
    '<form action="https://other.invalid/"><button>x</button></form> <meta http-equiv="refresh" content="0;url=https://other.invalid/">',
    '[one](javascript:window.hit=1) [two](JaVaScRiPt:window.hit=1) [three](java\tscript:window.hit=1) [four](&#106;avascript:window.hit=1)',
    '[five](data:text/html,<script>window.hit=1</script>) [six](vbscript:x) [seven](file:///etc/passwd) [eight](//other.invalid/x) [nine](blob:x)',
    '![picture](https://other.invalid/track.png) ![ten](javascript:window.hit=1) ![eleven](data:image/svg+xml,<svg/onload=window.hit=1>)',
    '<javascript:window.hit=1> <https://other.invalid/"onclick="window.hit=1>',
    '[a](https://other.invalid/" onmouseover="window.hit=1) [b](https://other.invalid/ "\\" onclick=\\"window.hit=1")',
    '```"><script>window.hit=1</script>\n<img src=x onerror=window.hit=1>\n```',
    '```html\n<img src=x onerror=window.hit=1><script>window.hit=1</script>\n```',
    '| <img src=x onerror=window.hit=1> | b |\n|---|---|\n| [x](javascript:window.hit=1) | <script>window.hit=1</script> |',
    '# <img src=x onerror=window.hit=1>\n\n> <script>window.hit=1</script>\n\n- <img src=x onerror=window.hit=1>\n- [ ] <script>window.hit=1</script>',
    '$\\href{javascript:window.hit=1}{x}$ $\\text{<script>window.hit=1</script>}$ $\\style{position:fixed}{x}$ $\\includegraphics{https://other.invalid/a.png}$',
    '$$\n\\begin{script}window.hit=1\\end{script} \\htmlData{a=b}{<img src=x onerror=window.hit=1>} \\constructor\n$$',
    '[constructor](https://other.invalid/__proto__) `__proto__` $\\__proto__$',
].join('\n\n');

const good = `# Title

**bold** *it* \`x < y\` [link](https://other.invalid/a) and $a^2 + b^2 = c^2$

1. a
2. b
   - c

> quote

| a | b |
|--|--:|
| 1 | 2 |

\`\`\`js
let a = "<b>";
\`\`\`

$$
\\sum_{i=1}^{n} \\frac{1}{i}
$$

- [x] done

中文**加粗**中文`;

describe('Markdown', { skip }, () => {
    const { open } = browserForTests();
    let server;
    before(async () => {
        server = await startServer();
    });
    after(() => server?.stop());
    const shown = async (t, question, text, options) => open(t, server, { at: `/?c=${await conversation(server, [question, text])}`, ...options });

    test('nothing that a model writes becomes anything but text and harmless links', async (t) => {
        const page = await shown(t, '<img src=x onerror="window.hit = 1">**not bold**', hostile);
        await answer(page).locator('math').first().waitFor();
        await answer(page).locator('.code-tag').first().waitFor();
        const inAnswer = await answer(page).evaluate((root) => ({
            tags: [...new Set([...root.querySelectorAll('.prose *')].map((e) => e.tagName.toLowerCase()))],
            attributes: [...new Set([...root.querySelectorAll('.prose *')].flatMap((e) => e.getAttributeNames()))],
            links: [...root.querySelectorAll('a')].map((a) => ({ href: a.href, rel: a.rel, target: a.target })),
        }));
        const harmless = /^(p|br|a|em|strong|del|code|pre|figure|figcaption|span|button|svg|path|table|thead|tbody|tr|th|td|div|h[2-6]|blockquote|ul|ol|li|input|math|m(row|i|o|n|text|space|frac|sup|sub|table|tr|td))$/;
        assert.deepEqual(inAnswer.tags.filter((tag) => !harmless.test(tag)), []);
        assert.deepEqual(inAnswer.attributes.filter((name) => /^on|style|src|action|xlink|srcdoc/i.test(name) && !/^stroke|^style$/.test(name)), []);
        assert.ok(inAnswer.links.length > 0, 'a link to https is a link');
        for (const { href, rel, target } of inAnswer.links) {
            assert.match(href, /^https:\/\/other\.invalid\//);
            assert.match(rel, /noopener.*noreferrer/);
            assert.equal(target, '_blank');
        }
        assert.equal(await page.locator('article.user .said').innerText(), '<img src=x onerror="window.hit = 1">**not bold**');
        assert.equal(await page.locator('article.user .said *').count(), 0);
        for (const link of await page.locator('.prose :is(img, script, iframe, svg:not(.icon), style, form, base, meta, maction, annotation-xml)').all()) assert.fail(await link.innerHTML());
        assert.equal(await page.evaluate(() => window.hit), undefined);
        assert.ok((await answer(page).innerText()).includes('<script>window.hit = 1</script>'), 'it is shown as it was written');
    });

    test('what is meant well looks well: formulas are formulas, code has colours and is copied as it is', async (t) => {
        const page = await shown(t, 'x', good, { permissions: ['clipboard-read', 'clipboard-write'] });
        await answer(page).locator('.formula math munderover').waitFor();
        await answer(page).locator('.code-keyword').waitFor();
        const counts = await answer(page).evaluate((root) =>
            Object.fromEntries(
                ['h2', 'strong', 'em', 'p code', 'a', 'ol > li', 'ul li', 'blockquote', 'tbody td', 'pre code', 'input:checked', 'p math msup', '.formula mfrac'].map((s) => [s, root.querySelectorAll(`.prose ${s}`).length]),
            ),
        );
        assert.deepEqual(counts, { h2: 1, strong: 2, em: 1, 'p code': 1, a: 1, 'ol > li': 2, 'ul li': 2, blockquote: 1, 'tbody td': 2, 'pre code': 1, 'input:checked': 1, 'p math msup': 3, '.formula mfrac': 1 });
        assert.equal(await answer(page).locator('pre').innerText(), 'let a = "<b>";');
        await page.getByRole('button', { name: 'Copy the code' }).click();
        await page.locator('figure').getByText('Copied').waitFor();
        assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'let a = "<b>";');
    });

    test('a long answer is drawn again only at its end', async (t) => {
        const paragraph = 'A paragraph of some length with **bold** words and `code` in it, as they come.\n\n';
        const id = await conversation(server, ['x', 'y']);
        const whole = await (await fetch(`${server.url}/api/conversations/${id}`)).json();
        const last = whole.messages.at(-1);
        last.state = 'writing';
        const text = paragraph.repeat(400);
        // Its events come from within the page, when the test says so.
        const init = `{
            const ask = window.fetch;
            window.fetch = (path, init) => !String(path).endsWith('/events') ? ask(path, init) : Promise.resolve(new Response(new ReadableStream({
                start(stream) {
                    window.tell = (name, data) => stream.enqueue(new TextEncoder().encode('event: ' + name + '\\ndata: ' + JSON.stringify(data) + '\\n\\n'));
                },
            })));
        }`;
        const page = await open(t, server, { init });
        await page.route(`**/api/conversations/${id}`, (route) => route.fulfill({ json: whole }));
        await page.goto(`${server.url}/?c=${id}`);
        await page.waitForFunction(() => window.tell);
        await page.evaluate((all) => window.tell('text', { from: 0, text: all }), text);
        await answer(page).locator('.prose p').nth(399).waitFor();
        const touched = await page.evaluate(async ({ length, withinMs }) => {
            const prose = document.querySelector('.answer .prose');
            const found = new Set();
            new MutationObserver((all) => {
                for (const { target, addedNodes } of all)
                    for (const e of target === prose ? addedNodes : [target]) {
                        let block = e;
                        while (block.parentNode !== prose) block = block.parentNode;
                        found.add([...prose.children].indexOf(block));
                    }
            }).observe(prose, { subtree: true, childList: true, characterData: true, attributes: true });
            const end = performance.now() + withinMs;
            for (let i = 0; i < 40; i++) {
                window.tell('text', { from: length + i * 5, text: 'word ' });
                while (prose.lastElementChild.textContent.trim() !== 'word '.repeat(i + 1).trim()) {
                    if (performance.now() > end) throw new Error(`${i + 1} words are not there: “${prose.lastElementChild.textContent}”`);
                    await new Promise(requestAnimationFrame);
                }
            }
            return [...found];
        }, { length: text.length, withinMs: WAIT_MS });
        assert.deepEqual(touched, [400], 'only the last block is touched');
        await page.evaluate((m) => window.tell('done', m), { ...last, content: text + 'word '.repeat(40), state: 'done' });
        await page.locator('.thread > article.answer.done').waitFor();
        assert.equal(await answer(page).locator('.prose p').count(), 401);
    });
});
