import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { CHAT, PLAIN, parse, raw, request, startServer } from '../harness.mjs';

let server, openai;
before(async () => {
    server = await startServer({ args: ['--engine.context=256', '--server.body_bytes_max=100K'] });
    openai = server.client;
});
after(() => server?.stop());

const messages = [{ role: 'user', content: 'hi' }];
const send = async (bytes, options) => parse(await raw(server.port, bytes, options));
const chat = (body, headers = {}) => send(request('POST', '/v1/chat/completions', headers, body));

test('a wrong type is refused by name', async () => {
    await assert.rejects(openai.chat.completions.create({ model: CHAT, messages, temperature: 'hot' }), (e) => {
        assert.ok(e instanceof OpenAI.BadRequestError);
        assert.equal(e.param, 'temperature');
        assert.equal(e.type, 'invalid_request_error');
        assert.match(e.message, /must be a number from 0 to 2, but is a string/);
        return true;
    });
    await assert.rejects(openai.chat.completions.create({ model: CHAT, messages, n: 99 }), (e) => e.param === 'n');
});

test('what cannot be honoured is refused, what is unknown is ignored', async () => {
    const tools = [{ type: 'function', function: { parameters: {} } }]; // one without a name
    await assert.rejects(openai.chat.completions.create({ model: CHAT, messages, tools }), (e) => e.status === 400 && /^tools\b/.test(e.param));
    await assert.rejects(
        openai.chat.completions.create({ model: CHAT, messages, response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { not: {} } } } }),
        (e) => e.param === 'response_format',
    );
    const picture = [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:,' } }] }];
    await assert.rejects(openai.chat.completions.create({ model: CHAT, messages: picture }), (e) => e.param === 'messages[0].content[0].type');
    const r = await openai.chat.completions.create({ model: CHAT, messages, max_tokens: 1, nobody_knows_this: { x: 1 }, store: false });
    assert.equal(r.choices.length, 1);
});

test('a prompt longer than the context: 400 with both numbers, streamed or not', async () => {
    for (const stream of [false, true]) {
        await assert.rejects(openai.completions.create({ model: PLAIN, prompt: Array(300).fill(5), max_tokens: 4, stream }), (e) => {
            assert.ok(e instanceof OpenAI.BadRequestError);
            assert.equal(e.code, 'context_length_exceeded');
            assert.match(e.message, /300/);
            assert.match(e.message, /256/);
            return true;
        });
    }
});

test('a token that the model does not have', async () => {
    await assert.rejects(openai.completions.create({ model: PLAIN, prompt: [2147483647] }), OpenAI.BadRequestError);
});

test('invalid JSON: the position', async () => {
    const r = await chat('{"model": "x",\n "messages": [}');
    assert.equal(r.status, 400);
    assert.match(r.json.error.message, /line 2, column 15 \(byte 30\)/);
    for (const body of ['', '{', '[]', 'null', '"x"', '{}{}', '{"a":1,"a":1}', '{"x":\u0000}', '[' + '['.repeat(5000)])
        assert.equal((await chat(body)).status, 400, body.slice(0, 20));
});

test('invalid UTF-8 is refused', async () => {
    for (const bad of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe6, 0xb0], [0xf4, 0x90, 0x80, 0x80]]) {
        const body = Buffer.concat([Buffer.from('{"messages":[{"role":"user","content":"'), Buffer.from(bad), Buffer.from('"}]}')]);
        const r = await send(request('POST', '/v1/chat/completions', {}, body));
        assert.equal(r.status, 400);
        assert.equal(r.json.error.code, 'invalid_utf8');
        assert.match(r.json.error.message, /byte 39/);
    }
});

test('a body over the limit: 413, said at once', async () => {
    const large = [{ role: 'user', content: 'x'.repeat(200_000) }];
    await assert.rejects(openai.chat.completions.create({ model: CHAT, messages: large }), (e) => e.status === 413);
    // Refused by its length, before a byte of it has come.
    const r = await send(request('POST', '/v1/chat/completions', { 'Content-Length': 1e12 }));
    assert.equal(r.status, 413);
    assert.equal(r.json.error.code, 'body_too_large');
    const chunked = `${(200_000).toString(16)}\r\n${'x'.repeat(200_000)}\r\n0\r\n\r\n`;
    const head = 'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n';
    assert.equal((await send(head + chunked)).status, 413);
});

test('foreign pages and foreign names', async () => {
    const get = (headers) => send(request('GET', '/v1/models', headers));
    assert.equal((await get({ Origin: 'https://evil.example' })).status, 403);
    assert.equal((await get({ Origin: 'null' })).status, 403);
    assert.equal((await get({ Host: 'evil.example' })).status, 421);
    assert.equal((await get({ Host: 'localhost.evil.example' })).status, 421);
    assert.equal((await get({ Host: '127.0.0.1:1234' })).status, 200);
    assert.equal((await get({ Host: '[::1]:80' })).status, 200);
    const own = await get({ Host: `localhost:${server.port}`, Origin: `http://localhost:${server.port}` });
    assert.equal(own.status, 401); // the server's own page may call, but has not signed in
    assert.equal(own.json.error.code, 'sign_in');
    assert.doesNotMatch(own.head, /access-control/i);
    const refused = await chat(JSON.stringify({ messages }), { Origin: 'https://evil.example', 'Content-Type': 'text/plain' });
    assert.equal(refused.status, 403);
    assert.equal(refused.json.error.code, 'foreign_origin');
});

test('listed pages may call', async () => {
    const other = await startServer({ args: ['--server.origins=https://app.example', '--server.hosts=my.box'] });
    try {
        const bytes = request('OPTIONS', '/v1/chat/completions', {
            Host: 'my.box:99',
            Origin: 'https://app.example',
            'Access-Control-Request-Method': 'POST',
            'Access-Control-Request-Headers': 'authorization,content-type',
        });
        const r = parse(await raw(other.port, bytes));
        assert.equal(r.status, 204);
        assert.match(r.head, /access-control-allow-origin: https:\/\/app\.example/i);
        assert.match(r.head, /access-control-allow-headers: authorization,content-type/i);
    } finally {
        await other.stop();
    }
});

test('unknown addresses and methods', async () => {
    const missing = await send(request('GET', '/nothing/here'));
    assert.equal(missing.status, 404);
    assert.equal(missing.json.error.code, 'not_found');
    const wrong = await send(request('PUT', '/v1/models'));
    assert.equal(wrong.status, 405);
    assert.match(wrong.head, /allow: GET, HEAD/i);
});

test('bytes that are no HTTP, or stop half-way, harm nobody', async () => {
    for (const bytes of ['\0\0\0\0\r\n\r\n', 'GET\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', `GET /${'x'.repeat(70_000)} HTTP/1.1\r\n\r\n`]) {
        const r = await send(bytes);
        assert.ok(r.status >= 400 && r.status < 600, `${bytes.slice(0, 20)} → ${r.head}`);
    }
    const both = 'POST /tokenize HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
    assert.equal((await send(both)).status, 400);
    assert.equal((await fetch(`${server.url}/health`)).status, 200);
});

test('a broken model file is an answer, not an end', async () => {
    writeFileSync(path.join(server.modelsDir, 'text.gguf'), 'This is a letter, not a model.\n');
    writeFileSync(path.join(server.modelsDir, 'empty.gguf'), '');
    appendFileSync(path.join(server.modelsDir, 'cut.gguf'), Buffer.from('GGUF\x03\0\0\0'));
    for (const name of ['text', 'empty', 'cut']) {
        let status = 404;
        for (let i = 0; i < 300 && status === 404; i++) {
            const r = await server.post('/v1/completions', { model: name, prompt: 'x' });
            status = r.status;
            if (status !== 404) assert.ok((await r.json()).error.message.length > 10);
            else await new Promise((resolve) => setTimeout(resolve, 200)); // the folder is read once a second
        }
        assert.equal(status, 500, name);
    }
    const r = await openai.completions.create({ model: PLAIN, prompt: 'x', max_tokens: 1 });
    assert.equal(r.choices.length, 1);
});
