import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Ollama } from 'ollama';
import { CHAT, PLAIN, collect, sleep, startServer, untilIdle } from '../harness.mjs';

let server, ollama;
before(async () => {
    server = await startServer({ args: ['--engine.deterministic=true'] });
    ollama = new Ollama({ host: server.url });
});
after(() => server?.stop());

const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Say something.' },
];
const options = { temperature: 0, num_predict: 12, num_ctx: 4096, seed: 1 };

test('models are listed by their names and :latest', async () => {
    const { models } = await ollama.list();
    const one = models.find((m) => m.name === `${CHAT}:latest`);
    assert.ok(one);
    assert.equal(one.model, one.name);
    assert.ok(one.size > 1000);
    assert.match(one.digest, /^[0-9a-f]{64}$/);
    assert.equal(one.details.format, 'gguf');
    assert.ok(Date.now() - new Date(one.modified_at) < 3600_000);
    assert.deepEqual((await ollama.ps()).models, []);
    assert.match((await ollama.version()).version, /^\d+\.\d+/);
});

test('no messages load the model, which is then listed as loaded', async () => {
    const r = await ollama.chat({ model: CHAT });
    assert.equal(r.done_reason, 'load');
    const loaded = (await ollama.ps()).models.map((m) => m.name);
    assert.ok(loaded.includes(`${CHAT}:latest`));
    const shown = await ollama.show({ model: `${CHAT}:latest` });
    assert.equal(shown.model_info['general.architecture'], 'qwen3');
    assert.ok(shown.model_info['qwen3.context_length'] > 0);
    assert.ok(shown.capabilities.includes('completion'));
});

test('an answer has what the client types promise', async () => {
    const r = await ollama.chat({ model: `${CHAT}:latest`, messages, options, keep_alive: '5m' });
    assert.equal(r.model, CHAT);
    assert.equal(r.message.role, 'assistant');
    assert.equal(typeof r.message.content, 'string');
    assert.equal(r.done, true);
    assert.ok(['stop', 'length'].includes(r.done_reason));
    assert.ok(r.eval_count > 0 && r.eval_count <= 12);
    assert.ok(r.prompt_eval_count > 0);
    for (const key of ['total_duration', 'load_duration', 'prompt_eval_duration', 'eval_duration']) assert.ok(Number.isInteger(r[key]), key);
    assert.ok(r.total_duration >= r.eval_duration);
    assert.ok(Math.abs(Date.now() - new Date(r.created_at)) < 60_000);
});

test('a stream says the same as a whole answer', async () => {
    const ask = { model: CHAT, messages, options };
    const whole = await ollama.chat(ask);
    const parts = await collect(await ollama.chat({ ...ask, stream: true }));
    assert.equal(parts.map((p) => p.message.content).join(''), whole.message.content);
    assert.ok(parts.slice(0, -1).every((p) => p.done === false));
    assert.equal(parts.at(-1).done, true);
    assert.equal(parts.at(-1).eval_count, whole.eval_count);
});

test('streams are the default', async () => {
    const r = await server.post('/api/generate', { model: CHAT, prompt: 'Hi', options });
    assert.equal(r.headers.get('content-type'), 'application/x-ndjson');
    const lines = (await r.text()).trim().split('\n').map((l) => JSON.parse(l));
    assert.ok(lines.every((l) => typeof l.response === 'string'));
    assert.equal(lines.at(-1).done, true);
});

test('generate: with the chat format, and raw', async () => {
    const asked = await ollama.generate({ model: CHAT, prompt: 'Say something.', system: 'Be brief.', options });
    const chat = await ollama.chat({ model: CHAT, messages, options });
    assert.equal(asked.response, chat.message.content);
    const raw = await ollama.generate({ model: PLAIN, prompt: 'Once upon', raw: true, options });
    const completed = await server.client.completions.create({ model: PLAIN, prompt: 'Once upon', max_tokens: 12, temperature: 0, seed: 1 });
    assert.equal(raw.response, completed.choices[0].text);
});

test('what leaves, stops', async () => {
    const stream = await ollama.chat({ model: CHAT, messages, stream: true, options: { temperature: 1.5, num_predict: 4000, seed: 3 } });
    await assert.rejects(
        async () => {
            for await (const part of stream) if (part.message) stream.abort();
        },
        { name: 'AbortError' },
    );
    await untilIdle(server);
});

test('errors are sentences', async () => {
    await assert.rejects(ollama.chat({ model: 'nobody', messages }), (e) => e.status_code === 404 && /no model 'nobody'/.test(e.message));
    await assert.rejects(
        ollama.chat({ model: CHAT, messages, options: { temperature: 9 } }),
        (e) => e.status_code === 400 && /'options\.temperature' must be a number from 0 to 2, but is 9/.test(e.message),
    );
    await assert.rejects(ollama.chat({ model: CHAT, messages: [{ role: 'user', content: 'hi', images: ['aGk='] }] }), /messages\[0\]\.images/);
    await assert.rejects(ollama.copy({ source: CHAT, destination: 'b' }), (e) => e.status_code === 501);
    const r = await server.post('/api/chat', '{"model":');
    assert.equal(r.status, 400);
    assert.match((await r.json()).error, /not valid JSON/);
});

test('a model is removed', async () => {
    await ollama.delete({ model: `${PLAIN}:latest` });
    // One that still answers somebody is listed until it has.
    while ((await ollama.list()).models.some((m) => m.name.startsWith(PLAIN))) await sleep(50);
    await assert.rejects(ollama.delete({ model: PLAIN }), (e) => e.status_code === 404);
});
