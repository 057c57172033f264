// The page without a mouse.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CHAT, startServer } from '../harness.mjs';
import { LONG, answered, ask, browserForTests, conversation, message, skip, until } from './browser.mjs';

describe('the keyboard', { skip }, () => {
    const { open } = browserForTests();
    let server;
    before(async () => {
        server = await startServer({ args: ['--engine.context=32768'] });
    });
    after(() => server?.stop());
    const short = () => conversation(server, [], { model: CHAT, settings: { max_tokens: 3 } });
    const focused = (page) => message(page).evaluate((e) => e === document.activeElement);

    test('the cursor is in the message; Enter sends, Shift+Enter breaks the line, nothing empty is sent', async (t) => {
        const page = await open(t, server, { at: `/?c=${await short()}` });
        const box = message(page);
        await until('the message has the focus', () => focused(page));
        await page.keyboard.press('Enter');
        await page.keyboard.type('  ');
        await page.keyboard.press('Enter');
        assert.equal(await page.locator('article').count(), 0);
        await page.keyboard.type('one');
        await page.keyboard.press('Shift+Enter');
        await page.keyboard.type('two');
        assert.equal(await box.inputValue(), '  one\ntwo');
        await box.evaluate((e) => e.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true })));
        assert.equal(await page.locator('article').count(), 0, 'Enter within a composition does not send');
        await page.keyboard.press('Enter');
        await page.locator('article.user').waitFor();
        assert.equal(await box.inputValue(), '');
        assert.equal(await page.locator('article.user .said').innerText(), 'one\ntwo');
        await answered(page);
        assert.ok(await focused(page), 'the next message can be written at once');
        await page.keyboard.press('ArrowUp');
        await page.getByRole('textbox', { name: 'Edit' }).waitFor();
        await page.keyboard.press('Escape');
        await page.getByRole('textbox', { name: 'Edit' }).waitFor({ state: 'detached' });
    });

    test('Tab goes through everything in the order of reading', async (t) => {
        const page = await open(t, server, { at: `/?c=${await short()}` });
        const place = () => page.evaluate(() => `${document.activeElement.tagName} ${document.activeElement.closest('nav, header, main')?.tagName}`);
        await until('the message has the focus', () => focused(page));
        const seen = [];
        do {
            await page.keyboard.press('Tab');
            seen.push(await place());
        } while (!(await focused(page)) && seen.length < 60);
        const order = seen.map((s) => s.split(' ')[1]).filter((s, i, all) => s !== 'undefined' && s !== all[i - 1]);
        assert.deepEqual(order.join(), 'MAIN,NAV,HEADER,MAIN', seen.join());
    });

    test('shortcuts and the palette: everything can be found by its name', async (t) => {
        await conversation(server, ['What do gulls eat?', 'Fish.'], { title: 'Gulls', model: CHAT });
        const page = await open(t, server);
        await page.keyboard.press('Control+k');
        const input = page.getByRole('combobox', { name: 'Search and commands' });
        await input.fill('light dark');
        await page.keyboard.press('Enter');
        await page.locator('html[data-theme=dark]').waitFor();
        await page.keyboard.press('Control+k');
        await input.fill('gulls');
        await page.getByRole('option', { name: /Gulls/ }).waitFor();
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { level: 1, name: 'Gulls' }).waitFor();
        await page.keyboard.press('Control+.');
        await page.getByRole('dialog', { name: 'This conversation' }).waitFor();
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'detached' });
        await page.keyboard.press('Control+b');
        await page.getByRole('navigation').waitFor({ state: 'detached' });
        await page.keyboard.press('Control+b');
        await page.getByRole('navigation').waitFor();
        await page.keyboard.press('Control+Shift+O');
        await page.getByRole('heading', { level: 1, name: /Good/ }).waitFor();
        await page.getByRole('button', { name: 'Prompt and settings' }).focus();
        await page.keyboard.press('/');
        assert.ok(await focused(page));
        assert.equal(await message(page).inputValue(), '');
        await page.keyboard.press('Control+k');
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'detached' });
        assert.ok(await focused(page), 'the focus comes back from where it was taken');
    });

    test('menus and the choice of a model by keys alone', async (t) => {
        const page = await open(t, server);
        const picker = page.locator('.picker');
        await picker.focus();
        await page.keyboard.press('Enter');
        const list = page.getByRole('listbox', { name: 'Choose a model' });
        await until('the list has the focus', () => list.evaluate((e) => e === document.activeElement));
        await page.keyboard.press('End');
        const last = await list.getByRole('option').last().locator('.option-name').evaluate((e) => e.firstChild.data);
        await page.keyboard.press('Enter');
        await page.getByRole('button', { name: `Choose a model: ${last}` }).waitFor();
        assert.ok(await picker.evaluate((e) => e === document.activeElement));
        await page.locator('.row a').first().focus();
        await page.keyboard.press('Tab');
        await page.keyboard.press('Enter');
        const item = (name) => page.getByRole('menuitem', { name });
        await until('the first item', () => item('Rename').evaluate((e) => e === document.activeElement));
        await page.keyboard.press('ArrowUp');
        await until('the last item', () => item('Delete').evaluate((e) => e === document.activeElement));
        await page.keyboard.press('Escape');
        await item('Rename').waitFor({ state: 'detached' });
    });

    test('the end of an answer does not take the focus from elsewhere', async (t) => {
        const id = await conversation(server, [], { model: CHAT, settings: { ...LONG, max_tokens: 400 } });
        const page = await open(t, server, { at: `/?c=${id}` });
        await ask(page, 'go on');
        await page.locator('.picker').focus();
        await page.locator('article.answer').waitFor();
        await answered(page);
        assert.ok(await page.locator('.picker').evaluate((e) => e === document.activeElement));
    });
});
