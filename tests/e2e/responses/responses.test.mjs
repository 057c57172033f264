import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { CHAT, collect, startServer, untilIdle } from '../harness.mjs';

let server, openai;
before(async () => {
    server = await startServer({ args: ['--engine.deterministic=true'], keys: [['somebody']] });
    openai = server.client;
});
after(() => server?.stop());

const ask = { model: CHAT, input: 'Say something.', instructions: 'Be brief.', max_output_tokens: 12, temperature: 0 };

test('an answer has what the client types promise', async () => {
    const r = await openai.responses.create({ ...ask, metadata: { a: 'b' } });
    assert.match(r.id, /^resp_/);
    assert.equal(r.object, 'response');
    assert.ok(['completed', 'incomplete'].includes(r.status));
    assert.equal(r.model, CHAT);
    assert.equal(r.error, null);
    assert.deepEqual(r.metadata, { a: 'b' });
    assert.equal(r.store, true);
    assert.ok(r.output.every((item) => ['message', 'reasoning'].includes(item.type)));
    assert.ok(r.usage.output_tokens > 0 && r.usage.output_tokens <= 12);
    assert.equal(r.usage.total_tokens, r.usage.input_tokens + r.usage.output_tokens);
    const chat = await openai.chat.completions.create({
        model: CHAT,
        max_tokens: 12,
        temperature: 0,
        messages: [
            { role: 'system', content: 'Be brief.' },
            { role: 'user', content: 'Say something.' },
        ],
    });
    assert.equal(r.output_text, chat.choices[0].message.content);
});

test('a stream says the same as a whole answer', async () => {
    const whole = await openai.responses.create({ ...ask, store: false });
    const events = await collect(await openai.responses.create({ ...ask, stream: true }));
    assert.deepEqual(
        events.map((e) => e.sequence_number),
        events.map((_, i) => i),
    );
    assert.equal(events[0].type, 'response.created');
    assert.equal(events.at(-1).type, `response.${whole.status}`);
    const text = events.filter((e) => e.type === 'response.output_text.delta').map((e) => e.delta);
    assert.equal(text.join(''), whole.output_text);
    assert.equal(events.at(-1).response.usage.output_tokens, whole.usage.output_tokens);
    const final = await openai.responses.stream(ask).finalResponse();
    assert.deepEqual(
        final.output.map((item) => item.content.map((part) => part.text)),
        whole.output.map((item) => item.content.map((part) => part.text)),
    );
});

test('a stored response is there, is continued, and is forgotten', async () => {
    const first = await openai.responses.create(ask);
    const again = await openai.responses.retrieve(first.id);
    assert.deepEqual(again.output, first.output);
    assert.equal(again.id, first.id);
    const second = await openai.responses.create({ ...ask, input: 'And more.', previous_response_id: first.id });
    assert.equal(second.previous_response_id, first.id);
    const byHand = await openai.responses.create({
        ...ask,
        store: false,
        input: [{ role: 'user', content: ask.input }, ...first.output, { role: 'user', content: 'And more.' }],
    });
    assert.equal(second.output_text, byHand.output_text);
    assert.equal(second.usage.input_tokens, byHand.usage.input_tokens);
    const third = await openai.responses.create({ ...ask, input: 'Go on.', previous_response_id: second.id, stream: true });
    assert.ok((await collect(third)).at(-1).response.usage.input_tokens > second.usage.input_tokens);
    await openai.responses.delete(first.id);
    await assert.rejects(openai.responses.retrieve(first.id), OpenAI.NotFoundError);
    await assert.rejects(openai.responses.create({ ...ask, previous_response_id: first.id }), OpenAI.NotFoundError);
});

test('what is not to be stored is not, and others see nothing', async () => {
    const r = await openai.responses.create({ ...ask, store: false });
    assert.equal(r.store, false);
    await assert.rejects(openai.responses.retrieve(r.id), OpenAI.NotFoundError);
    const mine = await openai.responses.create(ask);
    const other = new OpenAI({ apiKey: server.secrets[0], baseURL: `${server.url}/v1`, maxRetries: 0 });
    await assert.rejects(other.responses.retrieve(mine.id), OpenAI.NotFoundError);
    await assert.rejects(other.responses.delete(mine.id), OpenAI.NotFoundError);
    await assert.rejects(other.responses.create({ ...ask, previous_response_id: mine.id }), OpenAI.NotFoundError);
});

test('what leaves, stops', async () => {
    const stream = await openai.responses.create({ ...ask, max_output_tokens: 4000, temperature: 1.5, stream: true });
    for await (const event of stream) if (event.type === 'response.output_text.delta') break;
    await untilIdle(server);
});

test('errors name the field', async () => {
    await assert.rejects(openai.responses.create({ ...ask, background: true }), (e) => e.status === 400 && e.param === 'background');
    await assert.rejects(openai.responses.create({ ...ask, input: [{ type: 'item_reference', id: 'x' }] }), (e) => e.param === 'input[0].type');
    await assert.rejects(openai.responses.create({ ...ask, model: 'nobody' }), OpenAI.NotFoundError);
});
