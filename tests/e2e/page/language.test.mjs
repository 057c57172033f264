// English and 简体中文, by the browser's wish and by the reader's.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CHAT, startServer } from '../harness.mjs';
import { answer, answerWith, answered, ask, browserForTests, skip, withFields } from './browser.mjs';

/** Every text of the page itself that a person or a screen reader meets; what models and people wrote is left out. */
const texts = (page) =>
    page.evaluate(() => {
        const found = new Set();
        const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        for (let node; (node = walk.nextNode()); )
            if (!node.parentElement.closest('.prose p, .prose code, .prose td, .prose th, .prose figcaption > span, .user, option, noscript, .path code, .detail'))
                found.add(node.data.trim());
        for (const e of document.querySelectorAll('*'))
            for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'aria-description']) if (e.getAttribute(name)) found.add(e.getAttribute(name).trim());
        return [...found].filter(Boolean);
    });

describe('languages', { skip }, () => {
    const { open } = browserForTests();
    let server, empty;
    before(async () => {
        server = await startServer();
        empty = await startServer({ models: false });
    });
    after(() => Promise.all([server?.stop(), empty?.stop()]));

    test('the browser says which; the button changes it, and it stays', async (t) => {
        const page = await open(t, server.url, { locale: 'zh-CN' });
        const lang = () => page.evaluate(() => document.documentElement.lang);
        assert.equal(await lang(), 'zh-CN');
        assert.equal(await page.getByRole('textbox').getAttribute('aria-label'), '你的消息');
        await page.getByRole('button', { name: 'English' }).click();
        assert.equal(await lang(), 'en');
        assert.equal(await page.getByRole('textbox').getAttribute('aria-label'), 'Your message');
        await page.reload();
        await page.getByRole('button', { name: '中文' }).click();
        assert.equal(await lang(), 'zh-CN');
        await page.getByText('Enter 发送').waitFor();
    });

    const places = {
        'the beginning': async (page) => page.getByRole('textbox').waitFor(),
        'a whole answer': async (page) => {
            await answerWith(page, '`x`\n\n```js\nlet\n```\n\n|a|b|\n|-|-|\n|1|2|\n\n- [ ] `x`\n- [x] `x`');
            await ask(page, 'x');
            await answered(page);
        },
        'an answer that has not begun': async (page) => {
            await page.route('**/v1/chat/completions', () => undefined); // and never will
            await ask(page, 'x');
            await page.locator('p.waiting').waitFor();
        },
        'a stopped answer': async (page) => {
            await page.getByRole('combobox').selectOption(CHAT);
            await withFields(page, { max_tokens: 30000, ignore_eos: true });
            await ask(page, 'x');
            await page.locator('.streaming .prose').waitFor();
            await page.keyboard.press('Escape');
            await answered(page);
        },
        'an answer cut off': async (page) => {
            await withFields(page, { max_tokens: 20, ignore_eos: true });
            await ask(page, 'x');
            await answered(page);
        },
        ...Object.fromEntries(
            [['server_busy', 503], ['out_of_memory', 503], ['model_broken', 500], ['context_length_exceeded', 400], [null, 500]].map(([code, status]) => [
                `the error ${code}`,
                async (page) => {
                    await page.route('**/v1/chat/completions', (route) => route.fulfill({ status, json: { error: { message: 'x', code } } }));
                    await ask(page, 'x');
                    await answer(page).getByRole('alert').waitFor();
                },
            ]),
        ),
        'a lost connection': async (page) => {
            await page.route('**/{v1,api}/**', (route) => route.abort());
            await ask(page, 'x');
            await page.locator('form').getByRole('alert').waitFor();
        },
        'no model': async (page) => page.goto(empty.url).then(() => page.getByRole('listitem').first().waitFor()),
    };

    // Names, units and keys are the same in every language.
    const same = /Hearth|Qwen[\w.-]*|Llama|Mistral|\.gguf|GB|Enter|Shift|Esc|hearth serve|js/g;
    const rules = {
        zh: (text) => assert.doesNotMatch(text.replace(same, '').replace(/^(Switch to )?English$/, ''), /[a-z]{2}/i),
        en: (text) => assert.doesNotMatch(text.replace(/^(切换到)?中文$/, ''), /\p{Script=Han}|undefined/u),
    };

    test('both are complete: wherever the language is changed, no text of the page stays behind', async (t) => {
        const page = await open(t, server.url, { locale: 'zh-CN', expected: /ERR_|Failed to load|status of/, hosts: [empty.url] });
        for (const [place, go] of Object.entries(places)) {
            await page.unrouteAll();
            await page.evaluate(() => localStorage.clear());
            await page.goto(server.url);
            await page.getByRole('textbox').waitFor();
            await go(page);
            for (const lang of ['zh', 'en']) {
                if (lang === 'en') await page.getByRole('button', { name: 'English' }).click();
                await page.locator(`html:lang(${lang})`).waitFor();
                const all = await texts(page);
                assert.ok(all.length > 2);
                for (const text of all) assert.doesNotThrow(() => rules[lang](text), `${place}, ${lang}: “${text}”`);
            }
        }
    });
});
