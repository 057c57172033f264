import Anthropic from '@anthropic-ai/sdk';
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CHAT, collect, startServer, untilIdle } from '../harness.mjs';

let server, anthropic;
before(async () => {
    server = await startServer({ args: ['--engine.deterministic=true'], keys: [['somebody']] });
    anthropic = new Anthropic({ apiKey: server.secrets[0], baseURL: server.url, maxRetries: 0 });
});
after(() => server?.stop());

const ask = { model: CHAT, max_tokens: 12, temperature: 0, system: 'Be brief.', messages: [{ role: 'user', content: 'Say something.' }] };

test('an answer has what the client types promise', async () => {
    const r = await anthropic.messages.create(ask);
    assert.match(r.id, /^msg_/);
    assert.equal(r.type, 'message');
    assert.equal(r.role, 'assistant');
    assert.equal(r.model, CHAT);
    assert.ok(r.content.every((b) => b.type === 'text'));
    assert.ok(['end_turn', 'max_tokens'].includes(r.stop_reason));
    assert.equal(r.stop_sequence, null);
    assert.ok(r.usage.output_tokens > 0 && r.usage.output_tokens <= 12);
    assert.ok(r.usage.input_tokens + r.usage.cache_read_input_tokens > 0);
});

test('it is the answer that OpenAI’s address gives', async () => {
    const r = await anthropic.messages.create(ask);
    const o = await server.client.chat.completions.create({
        model: CHAT,
        max_tokens: 12,
        temperature: 0,
        messages: [{ role: 'system', content: 'Be brief.' }, ...ask.messages],
    });
    assert.equal(r.content.map((b) => b.text).join(''), o.choices[0].message.content);
});

test('a stream says the same as a whole answer', async () => {
    const whole = await anthropic.messages.create(ask);
    const events = await collect(await anthropic.messages.create({ ...ask, stream: true }));
    assert.equal(events[0].type, 'message_start');
    assert.equal(events.at(-1).type, 'message_stop');
    assert.equal(events.at(-2).delta.stop_reason, whole.stop_reason);
    const final = await anthropic.messages.stream(ask).finalMessage();
    assert.deepEqual(final.content, whole.content);
    assert.equal(final.usage.output_tokens, whole.usage.output_tokens);
});

test('blocks, prefilled answers, stop sequences', async () => {
    const r = await anthropic.messages.create({
        ...ask,
        system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
        messages: [
            { role: 'user', content: [{ type: 'text', text: 'Say ' }, { type: 'text', text: 'something.' }] },
            { role: 'assistant', content: 'Well' },
        ],
        stop_sequences: ['\n\n'],
        metadata: { user_id: 'u' },
    });
    assert.ok(r.usage.output_tokens > 0);
});

test('tokens are counted as they are read', async () => {
    const { max_tokens, temperature, ...body } = ask;
    const counted = await anthropic.messages.countTokens(body);
    const r = await anthropic.messages.create({ ...ask, metadata: { user_id: 'counts' } });
    assert.equal(counted.input_tokens, r.usage.input_tokens + r.usage.cache_read_input_tokens);
});

test('what leaves, stops', async () => {
    const stream = anthropic.messages.stream({ ...ask, max_tokens: 4000, temperature: 1.5 });
    stream.once('text', () => stream.abort());
    await assert.rejects(stream.done(), Anthropic.APIUserAbortError);
    await untilIdle(server);
});

test('errors have its types', async () => {
    await assert.rejects(anthropic.messages.create({ ...ask, model: 'nobody' }), (e) => e instanceof Anthropic.NotFoundError);
    await assert.rejects(anthropic.messages.create({ ...ask, messages: [] }), (e) => {
        assert.ok(e instanceof Anthropic.BadRequestError);
        assert.equal(e.error.error.type, 'invalid_request_error');
        return true;
    });
    const stranger = new Anthropic({ apiKey: `${server.secrets[0].slice(0, -1)}_`, baseURL: server.url, maxRetries: 0 });
    await assert.rejects(stranger.messages.create(ask), (e) => {
        assert.ok(e instanceof Anthropic.AuthenticationError);
        assert.equal(e.error.error.type, 'authentication_error');
        return true;
    });
});
