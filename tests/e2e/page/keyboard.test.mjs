// The page without a mouse.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../harness.mjs';
import { answered, ask, browserForTests, skip, until, withFields } from './browser.mjs';

describe('the keyboard', { skip }, () => {
    const { open } = browserForTests();
    let server;
    before(async () => {
        server = await startServer();
    });
    after(() => server?.stop());

    test('the cursor is in the message; Enter sends, Shift+Enter breaks the line, nothing empty is sent', async (t) => {
        const page = await open(t, server.url);
        const box = page.getByRole('textbox');
        await withFields(page, { max_tokens: 3 });
        await until('the message has the focus', () => box.evaluate((e) => e === document.activeElement));
        await page.keyboard.press('Enter');
        await page.keyboard.type('  ');
        await page.keyboard.press('Enter');
        assert.equal(await page.locator('article').count(), 0);
        await page.keyboard.type('one');
        await page.keyboard.press('Shift+Enter');
        await page.keyboard.type('two');
        assert.equal(await box.inputValue(), '  one\ntwo');
        await page.keyboard.press('Enter');
        assert.equal(await box.inputValue(), '');
        assert.equal(await page.locator('article.user').innerText(), 'one\ntwo');
        await answered(page);
        assert.ok(await box.evaluate((e) => e === document.activeElement), 'the next message can be written at once');
    });

    test('Enter within a composition does not send', async (t) => {
        const page = await open(t, server.url);
        await page.getByRole('textbox').fill('ni');
        await page.getByRole('textbox').evaluate((e) => e.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true })));
        assert.equal(await page.locator('article').count(), 0);
    });

    test('Tab goes through everything in the order of reading', async (t) => {
        const page = await open(t, server.url);
        const place = () => page.evaluate(() => `${document.activeElement.tagName} ${document.activeElement.closest('header, main, form')?.tagName}`);
        await until('the message has the focus', async () => (await place()) === 'TEXTAREA FORM');
        const seen = [];
        do {
            await page.keyboard.press('Tab');
            seen.push(await place());
        } while (seen.at(-1) !== 'TEXTAREA FORM' && seen.length < 20);
        const onPage = seen.filter((s) => !s.startsWith('BODY')); // the browser's own buttons lie between the end and the beginning
        assert.deepEqual(onPage, ['SELECT HEADER', 'BUTTON HEADER', 'BUTTON MAIN', 'BUTTON MAIN', 'BUTTON MAIN', 'TEXTAREA FORM']);
    });

    test('the end of an answer does not take the focus from elsewhere', async (t) => {
        const page = await open(t, server.url);
        await withFields(page, { max_tokens: 300, ignore_eos: true });
        await ask(page, 'go on');
        await page.getByRole('combobox').focus();
        await answered(page);
        assert.equal(await page.evaluate(() => document.activeElement.tagName), 'SELECT');
    });
});
