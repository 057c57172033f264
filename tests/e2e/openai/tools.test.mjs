// Tools through the official client. The models have random weights or never heard of tools: what makes their calls valid is the server.
//
//   HEARTH_TOOL_RUNS   calls of each model, streamed and not (default 10); 1000 takes some minutes
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CHAT, PLAIN, startServer, stories } from '../harness.mjs';

const RUNS = Number(process.env.HEARTH_TOOL_RUNS ?? 10);

let server, openai;
before(async () => {
    server = await startServer();
    openai = server.client;
});
after(() => server?.stop());

const weather = {
    type: 'function',
    function: {
        name: 'get_weather',
        description: 'The weather of a city',
        parameters: {
            type: 'object',
            properties: {
                city: { type: 'string', maxLength: 12 },
                unit: { enum: ['celsius', 'fahrenheit'] },
                days: { type: 'array', items: { type: 'integer', minimum: 1, maximum: 7 }, maxItems: 2 },
            },
            required: ['city', 'unit', 'days'],
            additionalProperties: false,
        },
    },
};
const clock = { type: 'function', function: { name: 'get_time' } };
// For a model whose whole context has 512 tokens.
const small = { type: 'function', function: { name: 'add', parameters: { type: 'object', properties: { a: { type: 'integer', maximum: 99, minimum: 0 } }, required: ['a'] } } };
const messages = [{ role: 'user', content: 'What is the weather in Paris?' }];
const ask = (more = {}) => ({ model: CHAT, messages, tools: [weather, clock], tool_choice: 'required', parallel_tool_calls: false, temperature: 1.5, max_tokens: 400, ...more });

function checkWeather(text) {
    const args = JSON.parse(text);
    assert.deepEqual(Object.keys(args).sort(), ['city', 'days', 'unit']);
    assert.equal(typeof args.city, 'string');
    assert.ok([...args.city].length <= 12);
    assert.ok(['celsius', 'fahrenheit'].includes(args.unit));
    assert.ok(args.days.length <= 2 && args.days.every((d) => Number.isInteger(d) && d >= 1 && d <= 7));
}

function checkCall(call) {
    assert.match(call.id, /^[0-9A-Za-z]{9}$/);
    assert.equal(call.type, 'function');
    if (call.function.name === 'add') {
        const { a } = JSON.parse(call.function.arguments);
        assert.ok(Number.isInteger(a) && a >= 0 && a <= 99);
    } else if (call.function.name === 'get_time') assert.equal(call.function.arguments, '{}');
    else {
        assert.equal(call.function.name, 'get_weather');
        checkWeather(call.function.arguments);
    }
}

/** A streamed answer's calls, put together as clients do. */
async function streamedCalls(stream) {
    const calls = [];
    let reason = null;
    for await (const chunk of stream) {
        for (const { delta, finish_reason } of chunk.choices) {
            reason = finish_reason ?? reason;
            for (const piece of delta.tool_calls ?? []) {
                const call = (calls[piece.index] ??= { id: piece.id, type: piece.type, function: { name: piece.function.name, arguments: '' } });
                call.function.arguments += piece.function.arguments ?? '';
            }
        }
    }
    return { calls, reason };
}

for (const model of [CHAT, PLAIN, ...(stories ? ['stories260K'] : [])]) {
    const more = model === 'stories260K' ? { tools: [small], messages: [{ role: 'user', content: '1' }], max_tokens: 200 } : {};
    test(`calls of ${model} are valid, ${RUNS} of ${RUNS}, streamed and not`, async () => {
        for (let seed = 1; seed <= RUNS; seed++) {
            const { message, finish_reason } = (await openai.chat.completions.create(ask({ model, seed, ...more }))).choices[0];
            assert.equal(finish_reason, 'tool_calls');
            assert.equal(message.content, null);
            assert.equal(message.tool_calls.length, 1);
            checkCall(message.tool_calls[0]);
            const { calls, reason } = await streamedCalls(await openai.chat.completions.create(ask({ model, seed: seed + RUNS, stream: true, ...more })));
            assert.equal(reason, 'tool_calls');
            assert.equal(calls.length, 1);
            checkCall(calls[0]);
        }
    });
}

test('several calls in one answer', async () => {
    for (let seed = 1; seed <= 5; seed++) {
        const { message, finish_reason } = (await openai.chat.completions.create(ask({ parallel_tool_calls: true, max_tokens: 1500, tools: [clock], seed }))).choices[0];
        assert.ok(finish_reason === 'tool_calls' || finish_reason === 'length');
        if (finish_reason === 'tool_calls') message.tool_calls.forEach(checkCall);
        assert.equal(new Set(message.tool_calls.map((c) => c.id)).size, message.tool_calls.length);
    }
});

test("the client's own runTools calls a function with arguments that it can read", async () => {
    const seen = [];
    const runner = openai.chat.completions.runTools({
        ...ask({ tool_choice: { type: 'function', function: { name: 'get_weather' } } }),
        tools: [{ type: 'function', function: { ...weather.function, parse: JSON.parse, function: (args) => (seen.push(args), 'sunny') } }],
    });
    await runner.done();
    assert.equal(seen.length, 1);
    checkWeather(JSON.stringify(seen[0]));
    assert.equal(runner.messages.at(-1).role, 'tool');
    assert.equal(runner.messages.at(-1).content, 'sunny');
});

test('earlier calls and their results go back to the model', async () => {
    const call = { id: 'abcdefghi', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Paris","unit":"celsius","days":[]}' } };
    const answer = await openai.chat.completions.create(
        ask({ tool_choice: 'none', max_tokens: 8, messages: [...messages, { role: 'assistant', content: null, tool_calls: [call] }, { role: 'tool', tool_call_id: call.id, content: 'sunny' }] }),
    );
    assert.ok(answer.usage.prompt_tokens > 20);
    assert.equal(answer.choices[0].message.tool_calls, undefined);
});

test('"auto" does not make a model call, "none" keeps it from calling', async () => {
    for (const tool_choice of ['auto', 'none']) {
        const { message } = (await openai.chat.completions.create(ask({ tool_choice, max_tokens: 20 }))).choices[0];
        if (tool_choice === 'none') assert.equal(message.tool_calls, undefined);
        else message.tool_calls?.forEach(checkCall);
    }
});

test('what cannot be promised is refused by name', async () => {
    const tool = (f) => [{ type: 'function', function: f }];
    const cases = [
        [{ tools: [] }, /no 'tools'/],
        [{ tools: tool({ name: 'a b' }) }, /letters, digits/],
        [{ tools: [clock, clock] }, /two tools/],
        [{ tools: tool({ name: 'f', parameters: { type: 'string' } }) }, /type object/],
        [{ tool_choice: { type: 'function', function: { name: 'nobody' } } }, /nobody/],
        [{ tools: Array.from({ length: 129 }, (_, i) => ({ type: 'function', function: { name: `f${i}` } })) }, /128/],
        [{ tools: 'all' }, /array/],
        [{ parallel_tool_calls: 'yes' }, /boolean/],
        [{ reasoning_effort: 'enormous' }, /"high"/],
    ];
    for (const [more, sentence] of cases)
        await assert.rejects(openai.chat.completions.create(ask(more)), (e) => e.status === 400 && sentence.test(e.message), JSON.stringify(more).slice(0, 100));
});
