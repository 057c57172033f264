// The server is killed in the middle of an answer, and started again.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CHAT, startServer } from '../harness.mjs';
import { FAILED, LONG, answer, answered, ask, browserForTests, conversation, message, skip, until } from './browser.mjs';

describe('the server is killed', { skip }, () => {
    const { open } = browserForTests();

    test('the page says so, keeps what there is, and goes on by itself when it is started again', async (t) => {
        const first = await startServer({ args: ['--engine.context=32768'] });
        const id = await conversation(first, [], { model: CHAT, settings: LONG });
        const page = await open(t, first, { at: `/?c=${id}`, expected: FAILED });
        await ask(page, 'go on');
        await page.locator('.answer.writing .prose').waitFor();
        const text = () => answer(page).locator('.prose').innerText();
        // The server saves once a second; what came after the last time is written again when somebody wants it.
        const saved = async () => (await (await fetch(`${first.url}/api/conversations/${id}`)).json()).messages.at(-1).content;
        await until('some text that is saved', async () => (await saved()).length > 500 && (await text()).length > 500);
        await first.crash({ keep: true });
        await answer(page).getByRole('alert').getByText('Connection lost').waitFor();
        assert.ok((await text()).length > 500, 'what has come stays');
        await page.locator('form').getByRole('alert').getByText('Connection lost').waitFor();
        await message(page).fill('while it is away');
        await page.keyboard.press('Enter');
        assert.equal(await message(page).inputValue(), 'while it is away', 'nothing is lost');

        const second = await startServer({ args: ['--engine.context=32768', '--port', String(first.port)], home: first.home });
        t.after(() => second.stop());
        await answered(page);
        await page.locator('form').getByRole('alert').waitFor({ state: 'detached' });
        assert.match(await answer(page).locator('.speed').innerText(), /^Interrupted/);
        const kept = await text();
        assert.notEqual(kept, '');
        await answer(page).getByRole('button', { name: 'Continue' }).click();
        await until('it goes on', async () => (await text()).length > kept.length);
        await page.keyboard.press('Escape');
        await answered(page);
        assert.ok((await text()).startsWith(kept.slice(0, -8)));
    });
});
