// Tools through OpenAI's client for Responses, whole and streamed, and outputs that go back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CHAT, collect, startServer } from '../harness.mjs';

let server, openai;
before(async () => {
    server = await startServer();
    openai = server.client;
});
after(() => server?.stop());

const weather = { type: 'function', name: 'get_weather', description: 'The weather', strict: true, parameters: { type: 'object', properties: { city: { enum: ['Oslo', 'Rome'] } }, required: ['city'], additionalProperties: false } };
const ask = (more = {}) => ({ model: CHAT, input: 'How is the weather?', tools: [weather], tool_choice: 'required', temperature: 1, max_output_tokens: 300, store: false, ...more });

function check(output) {
    const calls = output.filter((item) => item.type === 'function_call');
    assert.ok(calls.length >= 1);
    for (const call of calls) {
        assert.equal(call.name, 'get_weather');
        assert.ok(call.call_id);
        assert.ok(['Oslo', 'Rome'].includes(JSON.parse(call.arguments).city));
    }
    return calls;
}

test('calls are items of their schema, whole and streamed', async () => {
    for (let i = 0; i < 5; i++) check((await openai.responses.create(ask())).output);
    const events = await collect(await openai.responses.create({ ...ask(), stream: true }));
    const done = events.find((e) => e.type === 'response.completed');
    const calls = check(done.response.output);
    const deltas = events.filter((e) => e.type === 'response.function_call_arguments.delta');
    for (const call of calls) {
        const item = events.find((e) => e.type === 'response.output_item.added' && e.item.call_id === call.call_id);
        assert.equal(deltas.filter((d) => d.output_index === item.output_index).map((d) => d.delta).join(''), call.arguments);
    }
});

test('a named function, and none', async () => {
    const named = await openai.responses.create(ask({ tool_choice: { type: 'function', name: 'get_weather' }, parallel_tool_calls: false }));
    assert.equal(check(named.output).length, 1);
    const none = await openai.responses.create(ask({ tool_choice: 'none', max_output_tokens: 20 }));
    assert.ok(none.output.every((item) => item.type !== 'function_call'));
});

test('outputs go back: with the items, and to a response that was stored', async () => {
    const first = await openai.responses.create(ask({ store: true }));
    const outputs = check(first.output).map((c) => ({ type: 'function_call_output', call_id: c.call_id, output: 'rain' }));
    const more = { tool_choice: 'auto', max_output_tokens: 20, temperature: 0 };
    const stored = await openai.responses.create(ask({ ...more, previous_response_id: first.id, input: outputs }));
    const stateless = await openai.responses.create(ask({ ...more, input: [{ role: 'user', content: 'How is the weather?' }, ...first.output, ...outputs] }));
    assert.equal(stored.usage.input_tokens, stateless.usage.input_tokens);
    assert.equal(stored.output_text, stateless.output_text);
});
