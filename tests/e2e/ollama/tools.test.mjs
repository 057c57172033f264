// Tools through Ollama's client, whole and streamed, and results that go back; what models say they can do.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Ollama } from 'ollama';
import { CHAT, PLAIN, collect, startServer } from '../harness.mjs';

let server, ollama;
before(async () => {
    server = await startServer();
    ollama = new Ollama({ host: server.url });
});
after(() => server?.stop());

// Ollama has no tool_choice: a model with random weights calls a tool only when its words happen to begin a call. So it is made to begin one
// by a format beside the tools, of which nothing but a call is possible.
const add = { type: 'function', function: { name: 'add', description: 'Adds', parameters: { type: 'object', properties: { a: { type: 'integer', minimum: 0, maximum: 9 } }, required: ['a'], additionalProperties: false } } };
const messages = [{ role: 'user', content: 'One and one?' }];
const ask = (more = {}) => ({ model: CHAT, messages, tools: [add], options: { num_predict: 200, temperature: 1, seed: 1 }, ...more });

async function withCalls(stream) {
    for (let seed = 1; seed <= 200; seed++) {
        // Few texts satisfy this format, so calls come soon.
        const q = ask({ format: { const: 'x'.repeat(60) }, options: { num_predict: 300, temperature: 2, top_k: 0, top_p: 1, min_p: 0, seed } });
        const parts = stream ? await collect(await ollama.chat({ ...q, stream: true })) : [await ollama.chat(q)];
        const calls = parts.flatMap((p) => p.message.tool_calls ?? []);
        if (calls.length) return { calls, parts };
    }
    throw new Error('no seed gives a call');
}

for (const stream of [false, true])
    test(`calls are of their schema, ${stream ? 'streamed' : 'whole'}`, async () => {
        const { calls, parts } = await withCalls(stream);
        for (const { function: f } of calls) {
            assert.equal(f.name, 'add');
            assert.ok(Number.isInteger(f.arguments.a) && f.arguments.a >= 0 && f.arguments.a <= 9, JSON.stringify(f));
        }
        assert.equal(parts.at(-1).done, true);
        assert.equal(parts.at(-1).done_reason, 'stop');
    });

test('results go back, and an answer follows', async () => {
    const { calls } = await withCalls(false);
    const after = [...messages, { role: 'assistant', content: '', tool_calls: calls }, { role: 'tool', content: '2', tool_name: 'add' }];
    const r = await ollama.chat(ask({ messages: after, options: { num_predict: 12, temperature: 0 } }));
    const before = await ollama.chat(ask({ options: { num_predict: 12, temperature: 0 } }));
    assert.equal(r.message.role, 'assistant');
    assert.ok(r.prompt_eval_count > before.prompt_eval_count);
});

test('what a model can do is what its template and vocabulary know', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'hearth-can-'));
    writeFileSync(path.join(folder, 'all.jinja'), '{% if tools %}{{ tools|tojson }}<tool_call>{% endif %}{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n<think>\n');
    const thinks = await startServer({ args: [`--engine.chat_template_file=${path.join(folder, 'all.jinja')}`] });
    try {
        const one = new Ollama({ host: thinks.url });
        await one.chat({ model: CHAT });
        assert.deepEqual((await one.show({ model: CHAT })).capabilities, ['completion', 'tools', 'thinking']);
    } finally {
        await thinks.stop();
        rmSync(folder, { recursive: true, force: true });
    }
    for (const model of [CHAT, PLAIN]) {
        await ollama.chat({ model });
        assert.deepEqual((await ollama.show({ model })).capabilities, ['completion']);
    }
});
