// Tools, schemas and thinking in the page.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CHAT, startServer } from '../harness.mjs';
import { answer, answered, ask, becomes, browserForTests, conversation, skip, until } from './browser.mjs';

// Begins by thinking, as Qwen's models do.
const THINKS = '{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n<think>\n';
const TOOL = { name: 'get_weather', description: 'The weather', input_schema: { type: 'object', properties: { city: { enum: ['Oslo', 'Rome'] } }, required: ['city'], additionalProperties: false } };

describe('tools', { skip }, () => {
    const { open } = browserForTests();
    let server, folder;
    const read = async (id) => (await fetch(`${server.url}/api/conversations/${id}`)).json();
    before(async () => {
        folder = mkdtempSync(path.join(os.tmpdir(), 'hearth-thinks-'));
        writeFileSync(path.join(folder, 'thinks.jinja'), THINKS);
        server = await startServer();
    });
    after(async () => {
        await server?.stop();
        rmSync(folder, { recursive: true, force: true });
    });

    test('pasted tools are checked and used; the call is shown folded; its result goes back', async (t) => {
        const id = await conversation(server, [], { model: CHAT, settings: { max_tokens: 300, seed: 2 } });
        const page = await open(t, server, { at: `/?c=${id}` });
        await page.getByRole('button', { name: 'Prompt and settings' }).click();
        const tools = page.getByLabel('Tools', { exact: true });
        const verdict = page.locator('.field:has(textarea.json) [role=status]').first();
        await tools.fill('[{"name": "get_weather",');
        await becomes('Not in use: Not JSON: line 1, column 25.', () => verdict.innerText());
        await tools.fill(JSON.stringify([{ ...TOOL, input_schema: { type: 'object', properties: { x: { not: {} } } } }]));
        await becomes(true, async () => /Not in use: .*'get_weather'.*\/properties\/x\/not/.test(await verdict.innerText()));
        assert.deepEqual((await read(id)).settings.tools, undefined);
        await tools.fill(JSON.stringify([TOOL], null, 2));
        await becomes('Can be enforced: in use.', () => verdict.innerText());
        await page.getByLabel('Calls', { exact: true }).selectOption('required');
        await until('the choice is stored', async () => (await read(id)).settings.tool_choice === 'required');
        assert.equal((await read(id)).settings.tools[0].function.name, 'get_weather');
        await page.keyboard.press('Escape');

        await ask(page, 'How is the weather?');
        await answered(page);
        const call = answer(page).locator('details.call').first();
        assert.match(await call.locator('summary').innerText(), /get_weather\s*\{ ?"city"/);
        assert.equal(await call.evaluate((e) => e.open), false);
        await call.locator('summary').click();
        assert.ok(['Oslo', 'Rome'].includes(JSON.parse(await call.locator('pre').innerText()).city));

        const boxes = page.locator('.result-form textarea');
        for (let i = 0; i < (await boxes.count()); i++) await boxes.nth(i).fill(`rain ${i}`);
        await page.getByRole('button', { name: 'Send the results' }).click();
        await page.locator('article.tool').waitFor();
        await answered(page);
        assert.match(await page.locator('article.tool summary').first().innerText(), /Result of get_weather\s*rain 0/);
        assert.equal(await page.locator('.result-form').count(), (await answer(page).locator('details.call').count()) ? 1 : 0);
        const { messages } = await read(id);
        assert.deepEqual(messages.map((m) => m.role), ['user', 'assistant', 'tool', 'assistant']);
        assert.equal(messages[2].results[0].content, 'rain 0');

        // It is all there when the page comes back.
        await page.reload();
        await page.locator('article.tool details').first().waitFor();
        assert.ok((await page.locator('article.answer details.call').count()) >= 1);
    });

    test('a pasted schema holds; one that cannot be enforced is not used', async (t) => {
        const id = await conversation(server, [], { model: CHAT, settings: { max_tokens: 300, temperature: 1.5, seed: 5 } });
        const page = await open(t, server, { at: `/?c=${id}` });
        await page.getByRole('button', { name: 'Prompt and settings' }).click();
        const box = page.getByLabel('Schema of answers');
        const verdict = page.locator('.field:has(textarea.json) [role=status]').last();
        const schema = { type: 'object', properties: { n: { type: 'integer', minimum: 1, maximum: 9 } }, required: ['n'], additionalProperties: false };
        await box.fill(JSON.stringify({ type: 'object', properties: { n: { type: 'string', pattern: '(?=a)' } } }));
        await becomes(true, async () => /Not in use: .*\/properties\/n/.test(await verdict.innerText()));
        await box.fill(JSON.stringify({ type: 'json_schema', json_schema: { name: 'x', schema } }));
        await becomes('Can be enforced: in use.', () => verdict.innerText());
        await until('it is stored', async () => (await read(id)).settings.schema !== undefined);
        assert.deepEqual((await read(id)).settings.schema, schema);
        await page.keyboard.press('Escape');
        await ask(page, 'A number');
        await answered(page);
        assert.match((await read(id)).messages[1].content, /^\{\s*"n"\s*:\s*[1-9]\s*\}$/);
        // Emptied, it is gone.
        await page.getByRole('button', { name: 'Prompt and settings' }).click();
        await page.getByLabel('Schema of answers').fill('');
        await until('it is gone', async () => (await read(id)).settings.schema === undefined);
    });

    test('thinking is seen while it is thought, and folded afterwards', async (t) => {
        const thinks = await startServer({ args: [`--engine.chat_template_file=${path.join(folder, 'thinks.jinja')}`, '--engine.context=32768'] });
        t.after(() => thinks.stop());
        const id = await conversation(thinks, [], { model: CHAT, settings: { max_tokens: 30000, think_budget: 6000, temperature: 0 } });
        const page = await open(t, thinks, { at: `/?c=${id}` });
        await ask(page, 'Hm?');
        const thoughts = page.locator('.answer details.thoughts');
        await thoughts.locator('.prose').waitFor();
        assert.equal(await thoughts.evaluate((e) => e.open), true);
        assert.equal(await thoughts.locator('summary').innerText(), 'Thinking…');
        const before = (await thoughts.locator('.prose').innerText()).length;
        await until('it grows', async () => (await thoughts.locator('.prose').innerText()).length > before || !(await thoughts.evaluate((e) => e.open)));
        await page.locator('.answer > .prose').waitFor();
        await becomes(false, () => thoughts.evaluate((e) => e.open));
        // Whoever opens it keeps it open.
        await thoughts.locator('summary').click();
        await becomes(true, () => thoughts.evaluate((e) => e.open));
        await page.keyboard.press('Escape');
        await answered(page);
        await page.reload();
        await answered(page);
        assert.equal(await thoughts.evaluate((e) => e.open), false);
        assert.equal(await thoughts.locator('summary').innerText(), 'What the model thought');
    });
});
