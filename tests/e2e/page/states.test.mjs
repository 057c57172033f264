// The page when something is missing: a model, the server, a sound file, room.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CHAT, startServer } from '../harness.mjs';
import { answer, answered, ask, browserForTests, skip, until, withFields } from './browser.mjs';

describe('what is missing', { skip }, () => {
    const { open } = browserForTests();
    let server;
    before(async () => {
        server = await startServer();
    });
    after(() => server?.stop());

    test('no model: the page names the folder, and notices a model that is put there', async (t) => {
        const empty = await startServer({ models: false });
        t.after(() => empty.stop());
        const page = await open(t, empty.url, { ready: false });
        await page.getByRole('heading', { name: 'Hearth needs a model' }).waitFor();
        await page.getByText(empty.modelsDir).waitFor();
        assert.equal(await page.getByRole('textbox').count(), 0);
        // Copied beside it first, as a download is, and renamed when it is whole.
        const file = path.join(empty.modelsDir, 'arrived.gguf');
        copyFileSync(path.join(server.modelsDir, `${CHAT}.gguf`), `${file}.part`);
        renameSync(`${file}.part`, file);
        await page.getByRole('textbox').waitFor();
        assert.equal(await page.getByRole('combobox').inputValue(), 'arrived');
        await withFields(page, { max_tokens: 5, ignore_eos: true });
        await ask(page, 'hello');
        await answered(page);
        assert.equal(await answer(page).locator('.failure').count(), 0);
    });

    test('a file that is no model: a sentence says what is wrong with it, and another model goes on', async (t) => {
        writeFileSync(path.join(server.modelsDir, 'broken.gguf'), 'This is a text.\n');
        t.after(() => execFileSync('rm', [path.join(server.modelsDir, 'broken.gguf')]));
        const page = await open(t, server.url, { expected: /500/ });
        const choice = page.getByRole('combobox');
        await until('the file is listed', () => choice.locator('option[value=broken]').count());
        await choice.selectOption('broken');
        await ask(page, 'hello');
        const alert = answer(page).getByRole('alert');
        await alert.waitFor();
        const text = await alert.innerText();
        assert.match(text, /This model could not be loaded/);
        assert.match(text, /not a GGUF file/);
        await until('the list says so', async () => /cannot be loaded/.test(await choice.locator('option[value=broken]').innerText()));
        await choice.selectOption(CHAT);
        await withFields(page, { max_tokens: 5, ignore_eos: true });
        await page.getByRole('button', { name: 'Try again' }).click();
        await until('an answer', async () => (await answer(page).locator('.prose').count()) && !(await alert.count()));
    });

    test('a conversation longer than the context: a new chat is offered', async (t) => {
        const small = await startServer({ args: ['--engine.context=64'] });
        t.after(() => small.stop());
        const page = await open(t, small.url, { expected: /400/ });
        await ask(page, 'word '.repeat(200));
        await answer(page).getByRole('alert').getByText('longer than the model can read').waitFor();
        await answer(page).getByRole('button', { name: 'New chat' }).click();
        assert.equal(await page.locator('article').count(), 0);
        await page.getByRole('heading', { level: 1 }).waitFor();
    });

    test('a busy server says to come back', async (t) => {
        const page = await open(t, server.url, { expected: /503/ });
        await page.route('**/v1/chat/completions', (route) =>
            route.fulfill({ status: 503, json: { error: { message: 'The queue is full', type: 'server_error', param: null, code: 'server_busy' } } }),
        );
        await ask(page, 'hello');
        await answer(page).getByRole('alert').getByText('busy with other questions').waitFor();
        assert.ok(await page.getByRole('button', { name: 'Try again' }).isVisible());
    });

    test('the server is killed: the page says so, keeps what there is, and recovers when it is started again', async (t) => {
        const first = await startServer({ args: ['--engine.context=32768'] });
        const page = await open(t, first.url, { expected: /ERR_|Failed to load/ });
        await page.getByRole('combobox').selectOption(CHAT);
        await withFields(page, { max_tokens: 32000, ignore_eos: true });
        await ask(page, 'go on');
        await page.locator('.answer.streaming .prose').waitFor();
        await first.crash();
        await answer(page).getByRole('alert').getByText('The connection to Hearth broke').waitFor();
        assert.notEqual(await answer(page).locator('.prose').innerText(), '', 'what has come stays');
        const lost = page.locator('form').getByRole('alert');
        await lost.getByText('Connection lost').waitFor();

        const second = await startServer({ args: ['--port', String(first.port)] });
        t.after(() => second.stop());
        await lost.waitFor({ state: 'detached' });
        await page.unroute('**/v1/chat/completions');
        await withFields(page, { max_tokens: 5, ignore_eos: true });
        await page.getByRole('button', { name: 'Try again' }).click();
        await until('an answer', async () => /\b5\stokens/.test(await answer(page).locator('.speed').innerText().catch(() => '')));
        await page.reload();
        await page.getByRole('textbox').waitFor();
    });

    test('a page that cannot reach its server at first says how to start it, and goes on by itself', async (t) => {
        let reachable = false;
        const page = await open(t, server.url, {
            ready: false,
            expected: /ERR_|Failed to load/,
            route: ['**/api/status', (route) => (reachable ? route.continue() : route.abort())],
        });
        await page.getByRole('heading', { name: 'Hearth is not running' }).waitFor();
        await page.getByText('hearth serve').waitFor();
        reachable = true;
        await page.getByRole('textbox').waitFor();
    });
});
