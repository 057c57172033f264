// Models: none yet, suggested, fetched, broken, deleted.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CHAT, startServer } from '../harness.mjs';
import { startHub } from '../pull/hub.mjs';
import { FAILED, answer, answered, ask, browserForTests, chooseModel, conversation, message, skip, until } from './browser.mjs';

describe('models', { skip }, () => {
    const { open } = browserForTests();
    let server, empty, hub;
    before(async () => {
        server = await startServer();
        const model = readFileSync(path.join(server.modelsDir, `${CHAT}.gguf`));
        // GGUF readers ignore what stands behind the last tensor.
        hub = await startHub({ 'small-Q8_0.gguf': Buffer.concat([model, Buffer.alloc(6_000_000)]), 'slow-Q6_K.gguf': Buffer.concat([model, Buffer.alloc(60_000_000)]) });
        empty = await startServer({ models: false, args: [`--models.hub=${hub.url}`] });
    });
    after(async () => {
        hub?.stop();
        await Promise.all([server?.stop(), empty?.stop()]);
    });

    test('no model: the assistant answers all the same; the page offers models that fit, fetches one, and talks to it', async (t) => {
        const page = await open(t, empty);
        await ask(page, 'what is 17.5% of 1,240?');
        await answered(page);
        assert.match(await answer(page).innerText(), /217/);

        await page.goto(`${empty.url}/?p=models`);
        const first = page.locator('.card').first();
        await first.getByText(/\d+ MB · .*tokens\/s here · needs/).waitFor();
        const name = page.getByRole('textbox', { name: 'From Hugging Face, or an address' });
        hub.delayMs = 100; // slow enough to be looked at
        await name.fill('org/repo:Q6_K');
        await page.keyboard.press('Enter');
        const slow = page.locator('.pull', { hasText: 'Q6_K' });
        await slow.getByText(/MB \/ 60 MB · .*\/s · .* left/).waitFor();
        assert.ok(await slow.getByRole('progressbar').isVisible());
        await slow.getByRole('button', { name: /Cancel/ }).click();
        await slow.getByText('Canceled').waitFor();
        hub.delayMs = 0;
        await name.fill('org/repo:Q8_0');
        await page.keyboard.press('Enter');
        await page.locator('.pull', { hasText: 'Q8_0' }).getByText('Done').waitFor();
        await page.locator('.card', { has: page.locator('.lamp') }).waitFor();
        await page.goto(`${empty.url}/?c=${await conversation(empty, [], { settings: { max_tokens: 5 } })}`);
        await ask(page, 'hello');
        await answered(page);
        assert.equal(await answer(page).locator('.failure').count(), 0);
    });

    test('what cannot be fetched says why', async (t) => {
        const page = await open(t, empty, { at: '/?p=models', ready: false, expected: FAILED });
        await page.getByRole('textbox', { name: 'From Hugging Face, or an address' }).fill('org/nowhere');
        await page.keyboard.press('Enter');
        await page.getByRole('alert').first().waitFor();
    });

    test('a file that is put into the folder is noticed; one that is no model says what is wrong, and another goes on', async (t) => {
        const page = await open(t, server, { at: `/?c=${await conversation(server, [], { settings: { max_tokens: 5 } })}`, expected: FAILED });
        writeFileSync(path.join(server.modelsDir, 'broken.gguf'), 'This is a text.\n');
        const file = path.join(server.modelsDir, 'arrived.gguf');
        copyFileSync(path.join(server.modelsDir, `${CHAT}.gguf`), `${file}.part`);
        renameSync(`${file}.part`, file);
        const listed = async (name) => (await (await fetch(`${server.url}/api/status`)).json()).models.some((m) => m.id === name);
        await until('both are listed', async () => (await listed('broken')) && listed('arrived'));
        await page.locator('.picker').click();
        await page.getByRole('option', { name: /^arrived/ }).waitFor();
        await page.keyboard.press('Escape');
        await chooseModel(page, '^broken');
        await ask(page, 'hello');
        const alert = page.getByRole('alert').filter({ hasText: /GGUF/ });
        await alert.waitFor();
        await page.locator('.lamp.failed').first().waitFor();
        await chooseModel(page, `^${CHAT}`);
        // The question may have been refused, and is then still in its box; or its answer failed.
        if (await message(page).inputValue()) await message(page).press('Enter');
        else await answer(page).getByRole('button', { name: 'Try again' }).click();
        await until('an answer', async () => (await answer(page).locator('.prose').count()) > 0);
        await answered(page);

        await page.getByRole('link', { name: 'Models' }).click();
        const card = page.locator('.card', { hasText: 'broken' });
        await card.getByText(/GGUF/).waitFor();
        await card.getByRole('button', { name: 'Delete the model broken' }).click();
        await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
        await card.waitFor({ state: 'detached' });
        assert.ok(!existsSync(path.join(server.modelsDir, 'broken.gguf')));
    });
});
