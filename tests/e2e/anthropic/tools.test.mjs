// Tools through Anthropic's client, whole and streamed, and results that go back.
import Anthropic from '@anthropic-ai/sdk';
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CHAT, collect, startServer } from '../harness.mjs';

let server, anthropic;
before(async () => {
    server = await startServer();
    anthropic = new Anthropic({ apiKey: 'none', baseURL: server.url, maxRetries: 0 });
});
after(() => server?.stop());

const weather = { name: 'get_weather', description: 'The weather', input_schema: { type: 'object', properties: { city: { enum: ['Oslo', 'Rome'] }, days: { type: 'integer', minimum: 1, maximum: 7 } }, required: ['city', 'days'], additionalProperties: false } };
const clock = { name: 'get_time', input_schema: { type: 'object', properties: {}, additionalProperties: false } };
const ask = (more = {}) => ({ model: CHAT, max_tokens: 400, temperature: 1, tools: [weather, clock], tool_choice: { type: 'any' }, messages: [{ role: 'user', content: 'How is the weather?' }], ...more });

function check(content) {
    const calls = content.filter((b) => b.type === 'tool_use');
    assert.ok(calls.length >= 1);
    for (const { name, input, id } of calls) {
        assert.ok(id);
        if (name === 'get_time') assert.deepEqual(input, {});
        else {
            assert.equal(name, 'get_weather');
            assert.ok(['Oslo', 'Rome'].includes(input.city) && input.days >= 1 && input.days <= 7, JSON.stringify(input));
        }
    }
    return calls;
}

test('calls are blocks of their schema, whole and streamed', async () => {
    for (let i = 0; i < 5; i++) {
        const r = await anthropic.messages.create(ask());
        check(r.content);
        assert.equal(r.stop_reason, 'tool_use');
        const streamed = await anthropic.messages.stream(ask()).finalMessage();
        check(streamed.content);
        assert.equal(streamed.stop_reason, 'tool_use');
    }
    const events = await collect(await anthropic.messages.create({ ...ask(), stream: true }));
    const starts = events.filter((e) => e.type === 'content_block_start' && e.content_block.type === 'tool_use');
    const deltas = events.filter((e) => e.type === 'content_block_delta' && e.delta.type === 'input_json_delta');
    assert.ok(starts.length && starts.every((e) => Object.keys(e.content_block.input).length === 0));
    for (const { index } of starts) JSON.parse(deltas.filter((d) => d.index === index).map((d) => d.delta.partial_json).join('') || '{}');
});

test('a named tool, one call alone, and none', async () => {
    const named = await anthropic.messages.create(ask({ tool_choice: { type: 'tool', name: 'get_time' } }));
    assert.deepEqual(check(named.content).map((c) => c.name), ['get_time']);
    const alone = await anthropic.messages.create(ask({ tool_choice: { type: 'any', disable_parallel_tool_use: true } }));
    assert.equal(check(alone.content).length, 1);
    const none = await anthropic.messages.create(ask({ tool_choice: { type: 'none' }, max_tokens: 30 }));
    assert.ok(none.content.every((b) => b.type === 'text'));
});

test('results go back, and an answer follows', async () => {
    const { content } = await anthropic.messages.create(ask());
    const results = check(content).map((c) => ({ type: 'tool_result', tool_use_id: c.id, content: [{ type: 'text', text: 'rain' }] }));
    const messages = [...ask().messages, { role: 'assistant', content }, { role: 'user', content: results }];
    const r = await anthropic.messages.create(ask({ messages, tool_choice: { type: 'auto' }, max_tokens: 20 }));
    assert.equal(r.role, 'assistant');
    // What the model has read holds the result.
    const { input_tokens: with_result } = await anthropic.messages.countTokens({ model: CHAT, messages, tools: [weather, clock] });
    const { input_tokens: without } = await anthropic.messages.countTokens({ model: CHAT, messages: messages.slice(0, 1), tools: [weather, clock] });
    assert.ok(with_result > without);
});

test('a schema that cannot be enforced is refused with its place', async () => {
    const tool = { name: 'f', input_schema: { type: 'object', properties: { a: { not: {} } } } };
    await assert.rejects(anthropic.messages.create(ask({ tools: [tool] })), (e) => e.status === 400 && /\/properties\/a\/not/.test(e.message));
});
