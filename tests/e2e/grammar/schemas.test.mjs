import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer, stories } from '../harness.mjs';
import { checkSchemas } from './check.mjs';

const skip = stories ? false : 'the small real model is not there (../shared/data/stories260K.gguf)';

let server;
before(async () => {
    if (!skip) server = await startServer();
});
after(() => server?.stop());

test('what random schemas ask for is valid, and what cannot be enforced is refused', { skip }, async () => {
    const seen = await checkSchemas(server, 1, 60);
    assert.deepEqual(seen.wrong, []);
    assert.equal(seen.refused, 60);
    assert.ok(seen.valid > 40, JSON.stringify(seen));
});

const ask = (more) => server.client.completions.create({ model: 'stories260K', prompt: 'Once', max_tokens: 300, temperature: 1.5, seed: 3, ...more });

test('an expression, choices, a grammar, any object', { skip }, async () => {
    const text = async (more) => (await ask(more)).choices[0].text;
    assert.match(await text({ regex: '[a-f]{3}-[0-9]{2,4}' }), /^[a-f]{3}-[0-9]{2,4}$/);
    assert.ok(['left', 'right'].includes(await text({ choice: ['left', 'right'] })));
    assert.match(await text({ grammar: 'root ::= [a-z]{2} ("," [a-z]{2}){2}' }), /^[a-z]{2}(,[a-z]{2}){2}$/);
    const free = await ask({ response_format: { type: 'json_object' }, max_tokens: 450, temperature: 0.3 });
    if (free.choices[0].finish_reason === 'stop') assert.equal(typeof JSON.parse(free.choices[0].text), 'object');
    else assert.equal(free.choices[0].finish_reason, 'length');
});

test('streamed in pieces it is the same text, and every choice is of the format', { skip }, async () => {
    const more = { regex: '(ab|cd){5,20}!', n: 3 };
    const whole = await ask(more);
    const texts = ['', '', ''];
    for await (const part of await ask({ ...more, stream: true })) for (const c of part.choices) texts[c.index] += c.text;
    assert.deepEqual(texts, whole.choices.map((c) => c.text));
    for (const t of texts) assert.match(t, /^(ab|cd){5,20}!$/);
});

test('a refusal names the field and the place', { skip }, async () => {
    const schema = { type: 'object', properties: { 'a/b': { items: { not: {} } } } };
    await assert.rejects(ask({ response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } }), (e) => {
        assert.equal(e.status, 400);
        assert.equal(e.param, 'response_format');
        assert.match(e.message, /\/properties\/a~1b\/items\/not/);
        return true;
    });
    await assert.rejects(ask({ grammar: 'root ::= root "a" | "b"' }), (e) => e.param === 'grammar' && /left recursion/.test(e.message));
    await assert.rejects(ask({ regex: '(a)\\1' }), (e) => e.param === 'regex');
});
