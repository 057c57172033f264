// Tools, schemas and thinking in conversations that the server keeps.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import os from 'node:os';
import { after, before, test } from 'node:test';
import { CHAT, startServer } from '../harness.mjs';
import { person } from './people.mjs';

// A model that begins by thinking, as Qwen's do.
const THINKS = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n<think>\n{# <tool_call> #}";

const WEATHER = {
    type: 'function',
    function: {
        name: 'get_weather',
        description: 'The weather of a city',
        parameters: { type: 'object', properties: { city: { enum: ['Oslo', '北京'] } }, required: ['city'], additionalProperties: false },
    },
};

let server, me;
before(async () => {
    server = await startServer();
    me = person(server);
});
after(() => server?.stop());

test('calls are followed, kept and answered', async () => {
    const c = await me.post('/conversations', { model: CHAT, settings: { max_tokens: 200, seed: 1, tools: [WEATHER], tool_choice: 'required' } });
    assert.deepEqual(c.settings.tools, [WEATHER]);
    const { answer } = await me.post(`/conversations/${c.id}/messages`, { content: 'How is the weather?' });
    const heard = await me.follow(c.id, answer.id).done;
    assert.equal(heard.message.state, 'done');
    assert.ok(heard.message.calls.length >= 1);
    assert.deepEqual(heard.calls, heard.message.calls);
    for (const call of heard.calls) {
        assert.equal(call.name, 'get_weather');
        assert.ok(['Oslo', '北京'].includes(JSON.parse(call.arguments).city));
    }
    const results = heard.calls.map((call) => ({ id: call.id, content: 'rain' }));
    const refused = await me.call('POST', `/conversations/${c.id}/messages`, { results: [...results, { id: 'other', content: '' }] });
    assert.equal(refused.status, 400);
    assert.match(refused.json.error.message, /'results' must answer each call/);
    assert.equal((await me.call('POST', `/conversations/${c.id}/messages`, { results, content: 'and words' })).status, 400);

    const next = await me.post(`/conversations/${c.id}/messages`, { results });
    assert.equal(next.message.role, 'tool');
    assert.deepEqual(next.message.results, heard.calls.map((call) => ({ id: call.id, name: 'get_weather', content: 'rain' })));
    const told = await me.follow(c.id, next.answer.id).done;
    assert.notEqual(told.message.state, 'failed', told.message.error);

    // After a while, and in another store, they are what they were.
    const whole = await me.get(`/conversations/${c.id}`);
    assert.deepEqual(whole.messages.map((m) => m.role), ['user', 'assistant', 'tool', 'assistant']);
    assert.deepEqual(whole.messages[1].calls, heard.message.calls);
    const markdown = (await me.call('GET', `/conversations/${c.id}/export?format=markdown`)).text;
    assert.match(markdown, /## Tools\n[\s\S]*\n\*get_weather: rain\*/);
});

test('a schema holds for answers, also for those that are continued', async () => {
    const schema = { type: 'object', properties: { n: { type: 'integer', minimum: 1, maximum: 9 }, on: { type: 'boolean' } }, required: ['n', 'on'], additionalProperties: false };
    const c = await me.post('/conversations', { model: CHAT, settings: { max_tokens: 4, seed: 3, temperature: 1.5, schema } });
    let { answer } = await me.post(`/conversations/${c.id}/messages`, { content: 'x' });
    let { message } = await me.follow(c.id, answer.id).done;
    for (let i = 0; message.state === 'length' && i < 100; i++) {
        ({ answer } = await me.post(`/conversations/${c.id}/answers`, { continue: message.id }));
        ({ message } = await me.follow(c.id, answer.id).done);
    }
    assert.equal(message.state, 'done', message.error);
    const value = JSON.parse(message.content);
    assert.deepEqual(Object.keys(value), ['n', 'on']);
    assert.ok(value.n >= 1 && value.n <= 9);
});

test('what is pasted is checked, and the place of what cannot be enforced is told', async () => {
    const check = (settings) => me.post('/check', { settings });
    assert.deepEqual(await check({}), { problems: [] });
    assert.deepEqual(await check({ tools: [WEATHER], schema: { type: 'integer' } }), { problems: [] });
    const { problems } = await check({
        tools: [{ name: 'f', parameters: { type: 'object', properties: { a: { not: {} } } } }],
        schema: { type: 'object', properties: { b: { type: 'string', pattern: '(?<=x)y' } } },
    });
    assert.deepEqual(problems.map((p) => p.field), ['tools', 'schema']);
    assert.match(problems[0].message, /'f'.*\/properties\/a/);
    assert.match(problems[1].message, /\/properties\/b/);
    const { problems: list } = await check({ tools: [{ name: 'f', parameters: { type: 'array' } }] });
    assert.match(list[0].message, /must be of type object/);
    const wrong = await me.call('POST', '/check', { settings: { tools: [{ name: 'two words' }] } });
    assert.equal(wrong.status, 400);
    assert.match(wrong.json.error.message, /'settings.tools\[0\].name'/);
    // A client that goes on all the same gets an answer that failed, with the reason.
    const c = await me.post('/conversations', { model: CHAT, settings: { schema: { not: {} } } });
    const { answer } = await me.post(`/conversations/${c.id}/messages`, { content: 'x' });
    const { message } = await me.follow(c.id, answer.id).done;
    assert.equal(message.state, 'failed');
    assert.match(message.error, /cannot be promised/);
});

test('thinking is heard while it is thought', async () => {
    const template = path.join(os.tmpdir(), `hearth-thinks-${process.pid}.jinja`);
    writeFileSync(template, THINKS);
    const thinks = await startServer({ args: [`--engine.chat_template_file=${template}`] });
    try {
        const one = person(thinks);
        const c = await one.post('/conversations', { model: CHAT, settings: { max_tokens: 60, think_budget: 20, temperature: 0 } });
        const { answer } = await one.post(`/conversations/${c.id}/messages`, { content: 'Hm?' });
        const heard = await one.follow(c.id, answer.id).done;
        assert.ok(heard.reasoning.length > 0);
        assert.equal(heard.reasoning, heard.message.reasoning);
        assert.ok(heard.events.indexOf('reasoning') < heard.events.lastIndexOf('text'));
        assert.ok(!heard.message.content.includes('<think>'));
        // Without thinking there is none.
        await one.patch(`/conversations/${c.id}`, { settings: { max_tokens: 20, thinking: false } });
        const { answer: plain } = await one.post(`/conversations/${c.id}/messages`, { content: 'Hm?' });
        const { message } = await one.follow(c.id, plain.id).done;
        assert.equal(message.reasoning, undefined);
    } finally {
        await thinks.stop();
    }
});
