// Clients that leave, that are slow, that come in crowds; and the server's own end.
import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import net from 'node:net';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { CHAT, PLAIN, collect, request, sleep, startServer, untilIdle } from '../harness.mjs';

let server, openai;
before(async () => {
    server = await startServer({ args: ['--engine.sequences_max=2', '--engine.queue_max=2', '--engine.context=32768'] });
    openai = server.client;
});
after(() => server?.stop());

const messages = [{ role: 'user', content: 'go on' }];
const endless = (more = {}, options = {}) =>
    openai.chat.completions.create({ model: CHAT, messages, max_tokens: 32000, ignore_eos: true, ...more }, options);

test('a stream that is broken off stops the model', async () => {
    const stream = await endless({ stream: true });
    let n = 0;
    for await (const chunk of stream) {
        assert.ok(chunk.choices);
        if (++n === 5) break; // the client aborts the request
    }
    assert.equal(n, 5);
    await untilIdle(server);
});

test('so does a request that waits for its whole answer', async () => {
    const controller = new AbortController();
    const answer = endless({}, { signal: controller.signal });
    setTimeout(() => controller.abort(), 300);
    await assert.rejects(answer, OpenAI.APIUserAbortError);
    await untilIdle(server);
});

test('a full queue: 503 with Retry-After, and room again afterwards', async () => {
    const controller = new AbortController();
    setMaxListeners(20, controller.signal);
    const running = Array.from({ length: 12 }, () => endless({}, { signal: controller.signal }).catch((e) => e));
    const results = [];
    running.forEach((p) => p.then((r) => results.push(r)));
    for (let i = 0; i < 1200 && !results.length; i++) await sleep(50);
    const full = results.find((r) => r instanceof OpenAI.InternalServerError);
    assert.ok(full, 'somebody was sent away');
    assert.equal(full.status, 503);
    assert.ok(Number(full.headers.get('retry-after')) > 0);
    controller.abort();
    await Promise.all(running);
    await untilIdle(server);
    assert.equal((await endless({ max_tokens: 2 })).usage.completion_tokens, 2);
});

test('a slow reader parks itself, not the others', async () => {
    const body = JSON.stringify({ model: CHAT, messages, max_tokens: 30000, ignore_eos: true, stream: true, logprobs: true, top_logprobs: 20 });
    const socket = net.connect({ port: server.port, host: '127.0.0.1' });
    socket.pause();
    socket.write(request('POST', '/v1/chat/completions', {}, body));
    await sleep(300);
    await untilIdle(server); // parked: it waits for its reader
    const others = await Promise.all([1, 2, 3].map(() => endless({ max_tokens: 20 })));
    assert.ok(others.every((r) => r.usage.completion_tokens === 20));

    // And it goes on where it stopped.
    let received = 0;
    const seen = new Promise((resolve) =>
        socket.on('data', (chunk) => {
            received += chunk.length;
            if (received > 2 << 20) resolve();
        }),
    );
    socket.resume();
    await seen;
    socket.destroy();
    await untilIdle(server);
});

test('a stream that nobody keeps from running arrives whole', async () => {
    const chunks = await collect(await endless({ stream: true, max_tokens: 1000, stream_options: { include_usage: true } }));
    assert.equal(chunks.at(-1).usage.completion_tokens, 1000);
});

test('SIGTERM lets answers finish', async () => {
    const other = await startServer();
    const stream = await other.client.completions.create({ model: PLAIN, prompt: 'x', max_tokens: 200, ignore_eos: true, stream: true });
    const chunks = [];
    let ending = null;
    for await (const chunk of stream) {
        chunks.push(chunk);
        ending ??= other.stop();
    }
    assert.equal(chunks.at(-1).choices[0].finish_reason, 'length');
    await ending; // exit code 0
    await assert.rejects(fetch(`${other.url}/health`));
});
