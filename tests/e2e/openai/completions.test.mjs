import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PLAIN, collect, startServer, stories } from '../harness.mjs';

let server, openai;
before(async () => {
    server = await startServer();
    openai = server.client;
});
after(() => server?.stop());

const ask = (more = {}) => openai.completions.create({ model: PLAIN, prompt: 'Once', max_tokens: 10, ignore_eos: true, ...more });

test('a text is continued, whole and streamed', async () => {
    const whole = await ask({ temperature: 0 });
    assert.match(whole.id, /^cmpl-/);
    assert.equal(whole.object, 'text_completion');
    assert.equal(whole.choices[0].finish_reason, 'length');
    const chunks = await collect(await ask({ temperature: 0, stream: true }));
    assert.equal(chunks.map((c) => c.choices[0].text).join(''), whole.choices[0].text);
});

test('several prompts: strings, tokens, both; n each', async () => {
    const one = await ask({ temperature: 0 });
    const { tokens } = await (await server.post('/tokenize', { model: PLAIN, content: 'Once', add_special: true })).json();
    const r = await ask({ temperature: 0, prompt: ['Once', 'Two'], n: 2 });
    assert.deepEqual(
        r.choices.map((c) => c.index),
        [0, 1, 2, 3],
    );
    assert.equal(r.choices[0].text, one.choices[0].text);
    assert.equal(r.choices[1].text, one.choices[0].text);
    assert.equal(r.usage.completion_tokens, 40);
    assert.equal((await ask({ temperature: 0, prompt: tokens })).choices[0].text, one.choices[0].text);
    const both = await ask({ temperature: 0, prompt: [tokens, [5, 6]] });
    assert.equal(both.choices[0].text, one.choices[0].text);
    assert.equal(both.choices.length, 2);
});

test('echo begins with the prompt', async () => {
    const r = await ask({ temperature: 0, echo: true });
    assert.ok(r.choices[0].text.startsWith('Once'));
});

test('log-probabilities in the older form', async () => {
    const r = await ask({ temperature: 0, logprobs: 3 });
    const l = r.choices[0].logprobs;
    assert.equal(l.tokens.length, 10);
    assert.equal(l.token_logprobs.length, 10);
    assert.equal(l.text_offset[0], 0);
    assert.ok(l.top_logprobs.every((o) => Object.keys(o).length <= 3));
    assert.ok(l.token_logprobs.every((p, i) => Math.abs(p - Math.max(...Object.values(l.top_logprobs[i]))) < 1e-4));
});

test('usage in a stream counts all prompts', async () => {
    const chunks = await collect(await ask({ prompt: ['a', 'b'], stream: true, stream_options: { include_usage: true } }));
    assert.equal(chunks.at(-1).usage.completion_tokens, 20);
});

test('tokens and back', async () => {
    const { tokens } = await (await server.post('/tokenize', { model: PLAIN, content: 'héllo 水', with_pieces: true })).json();
    assert.equal(Buffer.from(tokens.flatMap((t) => t.bytes)).toString('utf8').trim(), 'héllo 水');
    const { content } = await (await server.post('/detokenize', { model: PLAIN, tokens: tokens.map((t) => t.id) })).json();
    assert.equal(content.trim(), 'héllo 水');
    const wrong = await server.post('/detokenize', { model: PLAIN, tokens: [2147483647] });
    assert.equal(wrong.status, 400);
});

test('a real model tells its story', { skip: !stories && 'no real models here' }, async () => {
    const r = await ask({ model: 'stories260K', prompt: 'Once upon a time', temperature: 0, max_tokens: 20 });
    assert.equal(r.choices[0].text, ', there was a little girl named Lily. She loved to play outsid');
    assert.equal(r.usage.prompt_tokens, 5);
});
