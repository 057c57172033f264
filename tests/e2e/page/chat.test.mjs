// A conversation: text that grows, versions, what is kept, what is measured.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CHAT, startServer, stories } from '../harness.mjs';
import { LONG, answer, answered, ask, browserForTests, chooseModel, conversation, message, skip, until } from './browser.mjs';

const textOf = (page) => answer(page).locator('.prose').innerText();

describe('a conversation', { skip }, () => {
    const { open } = browserForTests();
    let server;
    before(async () => {
        // One sequence at a time: who comes after a stopped answer sees whether it has really stopped.
        server = await startServer({ args: ['--engine.sequences_max=1', '--engine.context=32768'] });
    });
    after(() => server?.stop());

    const short = () => conversation(server, [], { model: CHAT, settings: { max_tokens: 6, seed: 1 } });

    /** A page on which an answer that takes long is growing. */
    async function growing(t) {
        const id = await conversation(server, [], { model: CHAT, settings: LONG });
        const page = await open(t, server, { at: `/?c=${id}` });
        await ask(page, 'go on');
        await page.locator('.answer.writing .prose').waitFor();
        return page;
    }

    test('a model is chosen and answers; the text only ever grows; speed and context are shown; the address is its own', async (t) => {
        const page = await open(t, server);
        const model = stories ? 'stories260K' : CHAT;
        await chooseModel(page, model);
        await page.getByRole('button', { name: 'Prompt and settings' }).click();
        await page.getByLabel('Length limit').fill('200');
        await page.getByLabel('Temperature').fill('0');
        await page.keyboard.press('Escape');
        await page.evaluate(() => {
            window.lengths = [];
            const look = () => window.lengths.push(document.querySelector('.answer .prose')?.textContent.length ?? 0);
            new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
        });
        await ask(page, 'Once upon a time');
        assert.equal(await page.locator('article.user .said').innerText(), 'Once upon a time');
        assert.equal(await message(page).inputValue(), '');
        await answered(page);
        const lengths = await page.evaluate(() => window.lengths);
        assert.deepEqual(lengths, lengths.slice().sort((a, b) => a - b));
        if (stories) assert.match(await textOf(page), /[a-z]+ [a-z]+ [a-z]+/);
        const footer = await answer(page).locator('.speed').innerText();
        assert.match(footer, /tokens\/s · first word after\s[\d.]+\ss · \d+\stokens/);
        await until('the meter counts', async () => Number(await page.getByRole('meter').evaluate((m) => m.value)) > 0);
        assert.match(await page.locator('.picker').getAttribute('title'), /tokens\/s/);

        // It has an address of its own, a title, and a place in the list; another page shows the same.
        assert.match(page.url(), /\?c=\w+$/);
        await page.waitForFunction(() => document.title === 'Once upon a time · Hearth');
        assert.equal(await page.locator('.row [aria-current]').innerText(), 'Once upon a time');
        const text = await textOf(page);
        await page.reload();
        await answered(page);
        assert.equal(await textOf(page), text);
        await page.getByRole('link', { name: 'New chat' }).click();
        await page.getByRole('heading', { level: 1, name: /Good/ }).waitFor();
        await page.goBack();
        await answered(page);
        assert.equal(await textOf(page), text);
    });

    test('versions: a question in other words, another answer, and back; a rating stays', async (t) => {
        const page = await open(t, server, { at: `/?c=${await short()}` });
        await ask(page, 'one');
        await answered(page);
        await page.locator('article.user').hover();
        await page.getByRole('button', { name: 'Edit' }).click();
        await page.getByRole('textbox', { name: 'Edit' }).fill('two');
        await page.keyboard.press('Enter');
        await page.getByText('2/2').waitFor();
        assert.equal(await page.locator('.said').innerText(), 'two');
        await answered(page);
        await answer(page).getByRole('button', { name: 'Answer again' }).click();
        await answer(page).getByRole('group', { name: 'Version 2 of 2' }).waitFor();
        await answered(page);
        await answer(page).getByRole('button', { name: 'Good answer' }).click();
        await answer(page).getByRole('button', { name: 'Good answer', pressed: true }).waitFor();

        await page.locator('article.user').getByRole('button', { name: 'Previous version' }).click();
        await page.getByText('one').waitFor();
        assert.equal(await page.locator('article.answer .versions').count(), 0);
        await until('the choice is kept', async () => {
            await page.reload();
            await answered(page);
            return (await page.locator('.said').innerText()) === 'one';
        });
        await page.locator('article.user').getByRole('button', { name: 'Next version' }).click();
        await answer(page).getByRole('group', { name: 'Version 2 of 2' }).waitFor();
        assert.ok(await answer(page).getByRole('button', { name: 'Good answer', pressed: true }).isVisible());
    });

    for (const [how, stop] of [
        ['the button', (page) => page.getByRole('button', { name: 'Stop' }).click()],
        ['Esc', (page) => page.keyboard.press('Escape')],
    ])
        test(`${how} stops the model; the text stays, and Continue goes on with it`, async (t) => {
            const page = await growing(t);
            await stop(page);
            await answered(page);
            assert.match(await answer(page).locator('.speed').innerText(), /^Stopped/);
            const text = await textOf(page);
            assert.notEqual(text, '');
            // There is room for one at a time: who comes next is served because the answer has ended, long before it was whole.
            const next = await server.client.chat.completions.create({ model: CHAT, messages: [{ role: 'user', content: 'x' }], max_tokens: 1 });
            assert.equal(next.usage.completion_tokens, 1);
            const { messages } = await (await fetch(`${server.url}/api/conversations/${new URL(page.url()).searchParams.get('c')}`)).json();
            assert.equal(messages.at(-1).state, 'stopped');
            await answer(page).getByRole('button', { name: 'Continue' }).click();
            await until('more text', async () => (await textOf(page)).length > text.length);
            await page.keyboard.press('Escape');
            await answered(page);
            assert.ok((await textOf(page)).startsWith(text.slice(0, -8)));
        });

    test('an answer goes on without its page, and a page that comes back shows it growing', async (t) => {
        const page = await growing(t);
        const address = page.url();
        await page.getByRole('link', { name: 'New chat' }).click();
        await page.getByRole('heading', { level: 1, name: /Good/ }).waitFor();
        await page.goto('about:blank');
        await page.goto(address);
        const lengths = new Set();
        await until('four lengths', async () => lengths.add((await textOf(page)).length).size > 3);
        assert.equal(await page.locator('.answer.writing').count(), 1);
        await until('its speed so far', async () => /^[\d.]+\stokens\/s · first word after\s[\d.]+\ss · \d+\stokens$/.test(await page.locator('.answer.writing .speed').textContent()));
        await page.keyboard.press('Escape');
        await answered(page);
    });

    test('the page follows the text, until the reader scrolls up', async (t) => {
        const page = await growing(t);
        const scroll = page.locator('.scroll');
        const fromEnd = () => scroll.evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight);
        await until('more text than the window holds', () => scroll.evaluate((e) => e.scrollHeight > 2 * e.clientHeight));
        await until('the end is in sight', async () => (await fromEnd()) < 80);
        await page.mouse.move(700, 400);
        await page.mouse.wheel(0, -600);
        await until('the reader is not pulled back', async () => (await fromEnd()) > 500);
        await page.keyboard.press('Escape');
        await answered(page);
        assert.ok((await fromEnd()) > 400);
        await page.getByRole('button', { name: 'To the end' }).click();
        await until('the end', async () => (await fromEnd()) < 2);
    });

    test('text files come along, with their tokens, and are there when the question is asked anew', async (t) => {
        const page = await open(t, server, { at: `/?c=${await short()}` });
        const note = { name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('The password is swordfish.\n'.repeat(20)) };
        await page.locator('input[type=file]').setInputFiles([note, { name: 'picture.png', mimeType: 'image/png', buffer: Buffer.from([137, 80, 78, 71, 0, 1, 2]) }]);
        await page.getByText('picture.png is not a text file').waitFor();
        const attached = page.locator('.composer .file');
        await attached.getByText(/\d+ tokens/).waitFor();
        assert.equal(await attached.count(), 1);
        await message(page).evaluate((box) => {
            const data = new DataTransfer();
            data.setData('text/plain', 'a line of a long text\n'.repeat(400));
            box.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
        });
        await attached.getByText('paste.txt').waitFor();
        await page.getByRole('button', { name: 'Remove paste.txt' }).click();
        await ask(page, 'What is in it?');
        await page.locator('article.user .file').getByText('note.txt').waitFor();
        await answered(page);
        assert.equal(await attached.count(), 0);
        await page.locator('article.user').hover();
        await page.getByRole('button', { name: 'Edit' }).click();
        await page.getByRole('textbox', { name: 'Edit' }).fill('And now?');
        await page.keyboard.press('Enter');
        await page.getByText('2/2').waitFor();
        await page.locator('article.user .file').getByText('note.txt').waitFor();
        await answered(page);
    });

    test('prompt, settings and presets belong to the conversation', async (t) => {
        const page = await open(t, server, { at: `/?c=${await short()}` });
        const panel = () => page.getByRole('button', { name: 'Prompt and settings' }).click();
        await panel();
        await page.getByLabel('System prompt').fill('Be brief.');
        await page.getByLabel('Temperature').fill('3');
        await page.keyboard.press('Tab');
        await page.getByText('Between 0 and 2').waitFor();
        await page.getByLabel('Temperature').fill('0,5');
        await page.keyboard.press('Tab');
        await page.getByLabel('Name of the preset').fill('Short');
        await page.keyboard.press('Enter');
        await until('the preset', () => page.locator('.presets option', { hasText: 'Short' }).count());
        await page.reload();
        await panel();
        assert.equal(await page.getByLabel('System prompt').inputValue(), 'Be brief.');
        assert.equal(await page.getByLabel('Temperature').inputValue(), '0.5');
        await page.goto(`${server.url}/?c=${await short()}`);
        await panel();
        assert.equal(await page.getByLabel('System prompt').inputValue(), '');
        await page.getByLabel('Preset', { exact: true }).selectOption('Short');
        await until('the preset is used', async () => (await page.getByLabel('System prompt').inputValue()) === 'Be brief.');
        await page.getByRole('button', { name: 'Delete the preset' }).click();
        await until('it is gone', async () => (await page.locator('.presets option', { hasText: 'Short' }).count()) === 0);
    });
});
