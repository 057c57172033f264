// What a key may use up, and how it is told.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CHAT, PLAIN, startServer } from '../harness.mjs';
import { send } from './people.mjs';

describe('limits', () => {
    let server;
    before(async () => {
        server = await startServer({ args: ['--limits.requests_per_minute=50', '--limits.concurrent=3', '--limits.stored=100K'], keys: [['laptop']] });
    });
    after(() => server.stop());

    const key = async (name, limits) => {
        const answer = await send(server, 'POST', '/api/keys', {}, { name, limits });
        assert.equal(answer.status, 201, answer.body);
        return { Authorization: `Bearer ${answer.json.secret}` };
    };
    const complete = (headers, fields = {}) => send(server, 'POST', '/v1/completions', headers, { model: PLAIN, prompt: 'a', max_tokens: 1, ...fields });
    /** A stream that nobody reads: it is parked, and runs on until it is stopped. */
    const endless = async (headers) => {
        const stop = new AbortController();
        const body = JSON.stringify({ model: PLAIN, prompt: 'a', max_tokens: 100_000, stream: true, ignore_eos: true });
        const answer = await fetch(`${server.url}/v1/completions`, { method: 'POST', headers, signal: stop.signal, body });
        assert.equal(answer.status, 200);
        return { answer, stop: () => stop.abort() };
    };
    const header = (answer, name) => new RegExp(`^${name}: (.*?)\\r?$`, 'im').exec(answer.head)?.[1];

    test('the settings hold for keys without limits of their own', async () => {
        const answer = await complete({ Authorization: `Bearer ${server.secrets[0]}` });
        assert.equal(answer.status, 200);
        assert.equal(header(answer, 'x-ratelimit-limit-requests'), '50');
        assert.equal(header(answer, 'x-ratelimit-remaining-requests'), '49');
        assert.match(header(answer, 'x-ratelimit-reset-requests'), /^\d+s$/);
        assert.equal(header(answer, 'x-ratelimit-limit-tokens'), undefined);
        const owner = await complete({});
        assert.equal(owner.status, 200);
        assert.equal(header(owner, 'x-ratelimit-limit-requests'), undefined);
    });

    test('requests of a minute', async () => {
        const headers = await key('minute', { requests_per_minute: 2, concurrent_max: 0 });
        assert.equal((await complete(headers)).status, 200);
        const chat = await send(server, 'POST', '/v1/chat/completions', headers, { model: CHAT, messages: [{ role: 'user', content: 'hi' }], max_tokens: 1 });
        assert.equal(chat.status, 200);
        assert.equal(header(chat, 'x-ratelimit-remaining-requests'), '0');
        const refused = await complete(headers);
        assert.equal(refused.status, 429);
        assert.equal(refused.json.error.code, 'rate_limit_exceeded');
        assert.ok(Number(header(refused, 'Retry-After')) > 0 && Number(header(refused, 'Retry-After')) <= 30);
        assert.equal(header(refused, 'x-ratelimit-remaining-requests'), '0');
        assert.equal((await send(server, 'GET', '/v1/models', headers)).status, 200); // what needs no model is not counted
    });

    test('requests at once', async () => {
        const headers = await key('once', { requests_per_minute: 0, concurrent_max: 1 });
        const running = await endless(headers);
        assert.equal((await complete(headers)).status, 429);
        running.stop();
        await running.answer.text().catch(() => {});
        let answer;
        for (const end = Date.now() + 30_000; (answer = await complete(headers)).status === 429 && Date.now() < end; );
        assert.equal(answer.status, 200);
    });

    test('tokens of a day, of prompt and answer together', async () => {
        const headers = await key('day', { tokens_per_day: 40, requests_per_minute: 0 });
        const first = await complete(headers, { prompt: 'once upon a time', max_tokens: 30, ignore_eos: true });
        assert.equal(first.status, 200);
        assert.equal(header(first, 'x-ratelimit-limit-tokens'), '40');
        assert.equal(header(first, 'x-ratelimit-remaining-tokens'), '40');
        const used = first.json.usage.total_tokens;
        assert.ok(used >= 30 && used < 80);
        const second = await complete(headers, { max_tokens: 30, ignore_eos: true });
        assert.equal(header(second, 'x-ratelimit-remaining-tokens'), String(Math.max(0, 40 - used)));
        const third = await complete(headers);
        assert.equal(third.status, 429);
        assert.match(third.json.error.message, /tokens of the day/);
        assert.ok(Number(header(third, 'Retry-After')) <= 86400);
    });

    test('what is kept', async () => {
        const headers = await key('keeper', {}), other = await key('other', {});
        const create = (who, system) => send(server, 'POST', '/api/conversations', who, { system });
        const first = await create(headers, 'x'.repeat(60_000));
        assert.equal(first.status, 201);
        const refused = await create(headers, 'x'.repeat(60_000));
        assert.equal(refused.status, 403);
        assert.equal(refused.json.error.code, 'storage_full');
        assert.match(refused.json.error.message, /0\.1 MB may be kept for this key: delete some/);
        const id = first.json.id;
        const said = await send(server, 'POST', `/api/conversations/${id}/messages`, headers, { content: 'x'.repeat(50_000), answer: false });
        assert.equal(said.json.error.code, 'storage_full');
        assert.equal((await send(server, 'GET', `/api/conversations/${id}`, headers)).json.messages.length, 0);
        assert.equal((await send(server, 'POST', '/api/presets', headers, { name: 'p', system: 'x'.repeat(50_000) })).status, 403);
        const file = { format: 'hearth.conversations', version: 1, conversations: [{ title: 'x', system: 'x'.repeat(50_000), messages: [] }] };
        assert.equal((await send(server, 'POST', '/api/import', headers, file)).json.error.code, 'storage_full');
        assert.equal((await create(other, 'x'.repeat(60_000))).status, 201);
        assert.equal((await create({}, 'x'.repeat(200_000))).status, 201); // the owner has no limits
        assert.equal((await send(server, 'DELETE', `/api/conversations/${id}`, headers)).status, 204);
        assert.equal((await create(headers, 'x'.repeat(60_000))).status, 201);
    });

    test('an answer that nobody waits for counts, too', async () => {
        const headers = await key('left', { tokens_per_day: 20, requests_per_minute: 0 });
        const running = await endless(headers);
        let seen = 0;
        for await (const chunk of running.answer.body) if ((seen += chunk.length) > 20_000) break;
        running.stop();
        let answer;
        for (const end = Date.now() + 30_000; (answer = await complete(headers)).status === 200 && Date.now() < end; );
        assert.equal(answer.status, 429);
    });
});
