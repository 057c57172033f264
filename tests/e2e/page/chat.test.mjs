// A conversation: text that grows, Stop, the keyboard, speed.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CHAT, startServer, stories } from '../harness.mjs';
import { answer, answered, ask, browserForTests, skip, until, withFields } from './browser.mjs';

const textOf = (page) => answer(page).locator('.prose').innerText();

describe('a conversation', { skip }, () => {
    const { open } = browserForTests();
    let server;
    before(async () => {
        // One sequence at a time: who comes after a stopped answer sees whether it has really stopped.
        server = await startServer({ args: ['--engine.sequences_max=1', '--engine.context=32768'] });
    });
    after(() => server?.stop());

    /** A page on which an answer that takes long is growing. */
    async function growing(t) {
        const page = await open(t, server.url);
        await page.getByRole('combobox').selectOption(CHAT);
        await withFields(page, { max_tokens: 32000, ignore_eos: true });
        await ask(page, 'go on');
        await page.locator('.answer.streaming .prose').waitFor();
        return page;
    }

    test('a model is chosen and answers; the text only ever grows; speed is shown', async (t) => {
        const page = await open(t, server.url);
        await page.getByRole('combobox').selectOption(stories ? 'stories260K' : CHAT);
        await withFields(page, { max_tokens: 200, ignore_eos: true, temperature: 0 });
        await page.evaluate(() => {
            window.lengths = new Set();
            const look = () => window.lengths.add(document.querySelector('.answer .prose')?.textContent.length ?? 0);
            new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
        });
        await ask(page, 'Once upon a time');
        assert.equal(await page.locator('article.user').innerText(), 'Once upon a time');
        await answered(page);
        const lengths = await page.evaluate(() => [...window.lengths]);
        assert.deepEqual(lengths, lengths.toSorted?.((a, b) => a - b) ?? lengths);
        if (stories) assert.match(await textOf(page), /[a-z]+ [a-z]+ [a-z]+/);
        const footer = await answer(page).locator('.speed').innerText();
        assert.match(footer, /\d\stokens\/s · first word after\s[\d.]+\ss · 200\stokens/);
        assert.match(footer, /Length limit reached/);
    });

    test('the text is seen while it is written', async (t) => {
        const page = await growing(t);
        const lengths = new Set();
        await until('four lengths', async () => lengths.add((await textOf(page)).length).size > 3);
        assert.equal(await page.locator('.answer.streaming').count(), 1);
    });

    test('the whole conversation is sent with the next question, and nothing of it after New chat', async (t) => {
        const page = await open(t, server.url);
        const sent = [];
        page.on('request', (r) => r.method() === 'POST' && sent.push(r.postDataJSON()));
        await withFields(page, { max_tokens: 5, ignore_eos: true });
        for (const text of ['one', 'two']) {
            await ask(page, text);
            await answered(page);
        }
        assert.deepEqual(sent.map((r) => r.messages.map((m) => m.role).join()), ['user', 'user,assistant,user']);
        assert.equal(sent[1].messages[2].content, 'two');
        await page.getByRole('button', { name: 'New chat' }).click();
        assert.equal(await page.locator('article').count(), 0);
        await ask(page, 'three');
        await answered(page);
        assert.equal(sent[2].messages.length, 1);
    });

    test('Try again asks the same question', async (t) => {
        const page = await open(t, server.url);
        await withFields(page, { max_tokens: 5, ignore_eos: true });
        await ask(page, 'one');
        await answered(page);
        const again = page.waitForRequest('**/v1/chat/completions');
        await page.getByRole('button', { name: 'Try again' }).click();
        assert.deepEqual((await again).postDataJSON().messages, [{ role: 'user', content: 'one' }]);
        await answered(page);
        assert.equal(await page.locator('article').count(), 2);
    });

    for (const [how, stop] of [
        ['the button', (page) => page.getByRole('button', { name: 'Stop' }).click()],
        ['Esc', (page) => page.keyboard.press('Escape')],
        ['New chat', (page) => page.getByRole('button', { name: 'New chat' }).click()],
        ['leaving the page', (page) => page.goto('about:blank')],
    ])
        test(`${how} stops the model`, async (t) => {
            const page = await growing(t);
            await stop(page);
            if (how === 'the button' || how === 'Esc') {
                await answered(page);
                assert.match(await answer(page).locator('.speed').innerText(), /^Stopped/);
                assert.notEqual(await textOf(page), '');
                await page.getByRole('button', { name: 'Send' }).waitFor();
            }
            // The whole answer would take several times as long, and there is room for one at a time.
            const next = await server.client.chat.completions.create(
                { model: CHAT, messages: [{ role: 'user', content: 'x' }], max_tokens: 1 },
                { timeout: 5000 },
            );
            assert.equal(next.usage.completion_tokens, 1);
        });

    test('a stopped answer keeps its text, and the conversation goes on', async (t) => {
        const page = await growing(t);
        await page.keyboard.press('Escape');
        await answered(page);
        const before = await textOf(page);
        await page.unroute('**/v1/chat/completions');
        await withFields(page, { max_tokens: 3, ignore_eos: true });
        await ask(page, 'and then?');
        await until('a second answer', async () => (await page.locator('article.answer').count()) === 2);
        await answered(page);
        assert.equal(await page.locator('article.answer .prose').first().innerText(), before);
    });

    test('the page follows the text, until the reader scrolls up', async (t) => {
        const page = await growing(t);
        const fromEnd = () => page.evaluate(() => document.scrollingElement.scrollHeight - scrollY - innerHeight);
        await until('more text than the window holds', () => page.evaluate(() => document.scrollingElement.scrollHeight > 2 * innerHeight));
        await until('the end is in sight', async () => (await fromEnd()) < 80);
        await page.mouse.move(600, 400);
        await page.mouse.wheel(0, -600);
        await until('the reader is not pulled back', async () => (await fromEnd()) > 500);
        await page.keyboard.press('Escape');
        await answered(page);
        assert.ok((await fromEnd()) > 400);
    });
});
