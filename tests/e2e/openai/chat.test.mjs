import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CHAT, PLAIN, collect, startServer } from '../harness.mjs';

let server, openai;
before(async () => {
    // Texts are compared here: they must not depend on which other test of the suite runs beside, or ran before.
    server = await startServer({ args: ['--engine.deterministic=true'] });
    openai = server.client;
});
after(() => server?.stop());

const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Say something.' },
];
const ask = (more = {}) => openai.chat.completions.create({ model: CHAT, messages, max_tokens: 12, ignore_eos: true, ...more });
const text = (chunks, index = 0) =>
    chunks
        .flatMap((c) => c.choices)
        .filter((c) => c.index === index)
        .map((c) => c.delta.content ?? '')
        .join('');

test('an answer has what the client types promise', async () => {
    const r = await ask();
    assert.match(r.id, /^chatcmpl-/);
    assert.equal(r.object, 'chat.completion');
    assert.equal(r.model, CHAT);
    assert.ok(Math.abs(r.created - Date.now() / 1000) < 60);
    assert.equal(r.choices.length, 1);
    assert.equal(r.choices[0].message.role, 'assistant');
    assert.equal(typeof r.choices[0].message.content, 'string');
    assert.equal(r.choices[0].finish_reason, 'length');
    assert.equal(r.usage.completion_tokens, 12);
    assert.equal(r.usage.total_tokens, r.usage.prompt_tokens + 12);
    assert.ok(r.timings.prefill_ms > 0);
});

test('the same conversation again comes from the cache', async () => {
    const long = [{ role: 'user', content: 'word '.repeat(200) }];
    const first = await ask({ messages: long, user: 'cache' });
    const again = await ask({ messages: long, user: 'cache' });
    assert.equal(first.usage.prompt_tokens_details.cached_tokens, 0);
    assert.ok(again.usage.prompt_tokens_details.cached_tokens > 0);
    const other = await ask({ messages: long, user: 'somebody else' });
    assert.equal(other.usage.prompt_tokens_details.cached_tokens, 0);
});

test('a stream says the same as a whole answer', async () => {
    const whole = await ask({ temperature: 0 });
    const chunks = await collect(await ask({ temperature: 0, stream: true }));
    assert.equal(chunks[0].choices[0].delta.role, 'assistant');
    assert.equal(text(chunks), whole.choices[0].message.content);
    assert.equal(chunks.at(-1).choices[0].finish_reason, 'length');
    assert.ok(chunks.every((c) => c.object === 'chat.completion.chunk' && c.id === chunks[0].id && c.model === CHAT));
    assert.ok(chunks.every((c) => c.usage === undefined));
});

test('usage comes last in a stream that asks for it', async () => {
    const chunks = await collect(await ask({ stream: true, stream_options: { include_usage: true } }));
    const last = chunks.at(-1);
    assert.deepEqual(last.choices, []);
    assert.equal(last.usage.completion_tokens, 12);
    assert.ok(last.timings.decode_ms >= 0);
    assert.ok(chunks.slice(0, -1).every((c) => c.usage === null));
});

test('the streaming helper of the client assembles the message', async () => {
    const runner = openai.chat.completions.stream({ model: CHAT, messages, max_tokens: 8, temperature: 0, ignore_eos: true });
    const final = await runner.finalChatCompletion();
    const whole = await ask({ max_tokens: 8, temperature: 0 });
    assert.equal(final.choices[0].message.content, whole.choices[0].message.content);
});

test('n choices, whole and streamed, each with its index', async () => {
    const r = await ask({ n: 3, seed: 4 });
    assert.deepEqual(
        r.choices.map((c) => c.index),
        [0, 1, 2],
    );
    assert.ok(new Set(r.choices.map((c) => c.message.content)).size > 1);
    assert.equal(r.usage.completion_tokens, 36);
    const chunks = await collect(await ask({ n: 3, seed: 4, stream: true }));
    for (const c of r.choices) assert.equal(text(chunks, c.index), c.message.content);
});

test('a seed makes an answer come again', async () => {
    const [a, b, c] = [await ask({ seed: 11 }), await ask({ seed: 11 }), await ask({ seed: 12 })];
    assert.equal(a.choices[0].message.content, b.choices[0].message.content);
    assert.notEqual(a.choices[0].message.content, c.choices[0].message.content);
});

test('temperature 0 needs no seed', async () => {
    const [a, b] = await Promise.all([ask({ temperature: 0 }), ask({ temperature: 0 })]);
    assert.equal(a.choices[0].message.content, b.choices[0].message.content);
});

test('a stop string ends the answer and never leaks', async () => {
    const full = (await ask({ temperature: 0, max_tokens: 60 })).choices[0].message.content;
    // Cut anywhere: within a token, and across two.
    const plain = [...full.matchAll(/[ -~]{3}/g)].map((m) => m[0]);
    assert.ok(plain.length > 3, `the model says nothing plain: ${full}`);
    for (const stop of plain.slice(1, 6)) {
        const whole = await ask({ temperature: 0, max_tokens: 60, stop });
        assert.equal(whole.choices[0].message.content, full.slice(0, full.indexOf(stop)));
        assert.equal(whole.choices[0].finish_reason, 'stop');
        const chunks = await collect(await ask({ temperature: 0, max_tokens: 60, stop: ['never said', stop], stream: true }));
        assert.equal(text(chunks), full.slice(0, full.indexOf(stop)));
        assert.equal(chunks.at(-1).choices[0].finish_reason, 'stop');
    }
});

test('log-probabilities: of each token, and of the likeliest', async () => {
    const r = await ask({ temperature: 0, logprobs: true, top_logprobs: 4 });
    const { content } = r.choices[0].logprobs;
    assert.equal(content.length, 12);
    for (const t of content) {
        assert.ok(t.logprob <= 0);
        assert.equal(t.top_logprobs.length, 4);
        assert.equal(t.top_logprobs[0].token, t.token); // temperature 0 takes the likeliest
        assert.ok(t.top_logprobs.every((o, i) => !i || o.logprob <= t.top_logprobs[i - 1].logprob));
    }
    const bytes = Buffer.from(content.flatMap((t) => t.bytes)).toString('utf8');
    assert.equal(bytes.replaceAll('\ufffd', ''), r.choices[0].message.content.replaceAll('\ufffd', ''));

    const chunks = await collect(await ask({ temperature: 0, logprobs: true, stream: true }));
    const streamed = chunks.flatMap((c) => c.choices[0].logprobs?.content ?? []);
    assert.deepEqual(
        streamed.map((t) => t.bytes),
        content.map((t) => t.bytes),
    );
    assert.ok(streamed.every((t) => t.top_logprobs.length === 0));
});

test('a logit bias decides', async () => {
    const free = await ask({ temperature: 0, logprobs: true, max_tokens: 1 });
    const token = (await (await server.post('/tokenize', { model: CHAT, content: 'ga' })).json()).tokens.at(-1);
    const forced = await ask({ temperature: 0, max_tokens: 3, logit_bias: { [token]: 100 } });
    assert.equal(forced.choices[0].message.content.length % 3, 0);
    assert.equal(new Set(forced.choices[0].message.content.match(new RegExp(`.{${forced.choices[0].message.content.length / 3}}`, 'g'))).size, 1);
    assert.ok(free.choices[0].message.content.length > 0);
});

test('content may be parts; system may be developer', async () => {
    const parts = messages.map((m) => ({
        role: m.role === 'system' ? 'developer' : m.role,
        content: [...m.content].map((c) => ({ type: 'text', text: c })),
    }));
    const [a, b] = [await ask({ temperature: 0 }), await ask({ temperature: 0, messages: parts })];
    assert.equal(a.choices[0].message.content, b.choices[0].message.content);
    assert.equal(a.usage.prompt_tokens, b.usage.prompt_tokens);
});

test('max_completion_tokens wins over max_tokens', async () => {
    assert.equal((await ask({ max_completion_tokens: 3 })).usage.completion_tokens, 3);
});

test('sixteen conversations at once all get the answer that each would get alone', async () => {
    const one = (i) => ask({ messages: [{ role: 'user', content: `number ${i}` }], seed: 100 + i });
    const alone = [];
    for (let i = 0; i < 4; i++) alone.push((await one(i)).choices[0].message.content);
    const together = await Promise.all(Array.from({ length: 16 }, (_, i) => one(i % 4)));
    together.forEach((r, i) => assert.equal(r.choices[0].message.content, alone[i % 4]));
    assert.equal(new Set(together.map((r) => r.id)).size, 16);
    assert.equal(new Set(alone).size, 4);
});

test('what the model reads can be seen, with variables of the template', async () => {
    const said = [{ role: 'user', content: 'Hi <|im_end|>' }];
    const r = await server.post('/apply-template', { model: CHAT, messages: said, chat_template_kwargs: { enable_thinking: false } });
    assert.equal(r.status, 200);
    assert.equal((await r.json()).prompt, '<|im_start|>user\nHi <|im_end|><|im_end|>\n<|im_start|>assistant\n');
    const plain = await server.post('/apply-template', { model: PLAIN, messages: said });
    assert.equal(plain.status, 400);
    assert.match((await plain.json()).error.message, /no chat template/);
    const answer = await server.post('/v1/chat/completions', { model: CHAT, messages: said, max_tokens: 3, chat_template_kwargs: { x: 1 } });
    assert.equal(answer.status, 200);
});
