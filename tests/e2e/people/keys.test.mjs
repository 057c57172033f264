// Keys: made, used, expired, revoked, and whose rows are whose.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI from 'openai';
import { CHAT, sleep, startServer } from '../harness.mjs';
import { send, signIn } from './people.mjs';

describe('keys', () => {
    let server;
    before(async () => {
        server = await startServer({ keys: [['laptop'], ['boss', '--admin', '--expires', '30d']] });
    });
    after(() => server.stop());

    const bearer = (secret) => ({ Authorization: `Bearer ${secret}` });
    const add = async (fields) => {
        const answer = await send(server, 'POST', '/api/keys', {}, fields);
        assert.equal(answer.status, 201, answer.body);
        return answer.json;
    };

    test('the official client speaks with one', async () => {
        const client = new OpenAI({ apiKey: server.secrets[0], baseURL: `${server.url}/v1`, maxRetries: 0 });
        const answer = await client.chat.completions.create({ model: CHAT, messages: [{ role: 'user', content: 'hi' }], max_tokens: 2 });
        assert.equal(answer.object, 'chat.completion');
        const wrong = new OpenAI({ apiKey: `${server.secrets[0].slice(0, -1)}~`, baseURL: `${server.url}/v1`, maxRetries: 0 });
        await assert.rejects(wrong.models.list(), OpenAI.AuthenticationError);
    });

    test('x-api-key says the same', async () => {
        const { json } = await send(server, 'GET', '/api/session', { 'x-api-key': server.secrets[0] });
        assert.deepEqual(json.principal, { id: '2', name: 'laptop', kind: 'key', scope: 'user' });
        assert.equal((await send(server, 'GET', '/v1/models', { 'x-api-key': `${server.secrets[0].slice(0, -1)}~` })).status, 401);
    });

    test('a browser may send one as well', async () => {
        const headers = { ...bearer(server.secrets[0]), 'Sec-Fetch-Site': 'same-origin' };
        assert.equal((await send(server, 'POST', '/v1/chat/completions', headers, { model: CHAT, messages: [{ role: 'user', content: 'hi' }], max_tokens: 1 })).status, 200);
    });

    test('only admins manage', async () => {
        const [user, admin] = server.secrets.map(bearer);
        for (const [method, where] of [
            ['GET', '/api/keys'],
            ['POST', '/api/keys'],
            ['DELETE', '/api/keys/2'],
            ['POST', '/api/links'],
        ]) {
            const answer = await send(server, method, where, user);
            assert.equal(answer.status, 403);
            assert.equal(answer.json.error.code, 'admin_only');
        }
        const { status, json } = await send(server, 'GET', '/api/keys', admin);
        assert.equal(status, 200);
        assert.deepEqual(
            json.keys.map(({ name, scope, revoked }) => ({ name, scope, revoked })),
            [
                { name: 'laptop', scope: 'user', revoked: false },
                { name: 'boss', scope: 'admin', revoked: false },
            ],
        );
        assert.ok(!JSON.stringify(json).includes(server.secrets[0].slice(12)));
        assert.equal((await send(server, 'POST', '/api/links', admin)).json.error.code, 'owner_only');
    });

    test('what a key must be', async () => {
        for (const [fields, param] of [
            [{}, 'name'],
            [{ name: '' }, 'name'],
            [{ name: 'x'.repeat(64) }, 'name'],
            [{ name: 'a\nb' }, 'name'],
            [{ name: 1 }, 'name'],
            [{ name: 'n', scope: 'root' }, 'scope'],
            [{ name: 'n', expires_ms: -1 }, 'expires_ms'],
            [{ name: 'n', expires_ms: 1.5 }, 'expires_ms'],
            [{ name: 'n', limits: 3 }, 'limits'],
            [{ name: 'n', limits: { requests_per_minute: -1 } }, 'limits.requests_per_minute'],
        ]) {
            const answer = await send(server, 'POST', '/api/keys', {}, fields);
            assert.equal(answer.status, 400, answer.body);
            assert.equal(answer.json.error.param, param, answer.body);
        }
        assert.equal((await send(server, 'POST', '/api/keys', {}, { name: 'n', expires_ms: 1000 })).status, 400);
        const twice = await send(server, 'POST', '/api/keys', {}, { name: 'laptop' });
        assert.equal(twice.status, 409);
        assert.equal(twice.json.error.code, 'name_in_use');
    });

    test('an expired key is refused', async () => {
        const key = await add({ name: 'short', expires_ms: Date.now() + 6000 }); // time enough to be used before
        assert.equal((await send(server, 'GET', '/v1/models', bearer(key.secret))).status, 200);
        const { reading } = await signIn(server, { key: key.secret });
        await sleep(key.expires_ms - Date.now() + 5);
        const answer = await send(server, 'GET', '/v1/models', bearer(key.secret));
        assert.equal(answer.status, 401);
        assert.equal(answer.json.error.code, 'invalid_api_key');
        assert.equal((await send(server, 'GET', '/api/status', reading)).status, 401);
    });

    test('a revoked key is refused, and its sessions with it', async () => {
        const key = await add({ name: '手机' });
        const { reading } = await signIn(server, { key: key.secret });
        assert.equal((await send(server, 'GET', '/api/session', reading)).json.principal.name, '手机');
        assert.equal((await send(server, 'DELETE', `/api/keys/${key.id}`)).status, 204);
        assert.equal((await send(server, 'GET', '/v1/models', bearer(key.secret))).status, 401);
        assert.equal((await send(server, 'GET', '/api/status', reading)).status, 401);
        for (const id of [key.id, '1', '999', 'x', '2x', '-1', '99999999999999999999'])
            assert.equal((await send(server, 'DELETE', `/api/keys/${id}`)).status, 404, id);
    });

    test('what one writes no other reads', async () => {
        const one = bearer(server.secrets[0]);
        const other = bearer((await add({ name: 'other' })).secret);
        const owner = {};
        const made = await send(server, 'POST', '/api/conversations', one, { title: 'mine alone' });
        assert.equal(made.status, 201, made.body);
        const where = `/api/conversations/${made.json.id}`;
        assert.equal((await send(server, 'GET', where, one)).json.title, 'mine alone');
        for (const who of [other, owner, bearer(server.secrets[1])]) {
            assert.equal((await send(server, 'GET', where, who)).status, 404);
            assert.equal((await send(server, 'PATCH', where, who, { title: 'yours' })).status, 404);
            assert.equal((await send(server, 'DELETE', where, who)).status, 404);
            assert.equal((await send(server, 'POST', `${where}/messages`, who, { content: 'hi', answer: false })).status, 404);
            assert.equal((await send(server, 'GET', '/api/conversations?q=alone', who)).json.total, 0);
        }
        assert.equal((await send(server, 'DELETE', '/api/conversations?confirm=all', other)).status, 204);
        assert.equal((await send(server, 'GET', where, one)).status, 200);
    });

    test('the terminal makes, lists and revokes them through the server', async () => {
        const secret = server.run('keys', 'add', 'from the terminal').trim();
        assert.equal((await send(server, 'GET', '/v1/models', bearer(secret))).status, 200);
        const listed = JSON.parse(server.run('keys', 'list', '--json'));
        assert.ok(listed.some((k) => k.name === 'from the terminal' && !k.revoked && k.used_ms > 0));
        assert.match(server.run('keys'), /from the terminal/);
        assert.match(server.run('keys', 'revoke', 'from the terminal'), /from the terminal/);
        assert.equal((await send(server, 'GET', '/v1/models', bearer(secret))).status, 401);
        assert.throws(() => server.run('keys', 'revoke', 'from the terminal'));
        assert.throws(() => server.run('keys', 'add', 'x', '--expires', 'soon'));
        const link = server.run('open').trim();
        assert.match(link, new RegExp(`^${server.url}/#link=[\\w-]{43}$`));
        await signIn(server, { link: link.split('#link=')[1] });
    });
});

test('wrong keys are slowed down, and nobody else is', async () => {
    const server = await startServer({ models: false, keys: [['laptop']] });
    try {
        const page = { 'Sec-Fetch-Site': 'same-origin' };
        const wrong = (n) => ({ ...page, Authorization: `Bearer hearth_${String(n).padStart(43, 'x')}` });
        const right = { ...page, Authorization: `Bearer ${server.secrets[0]}` };
        // The time to wait doubles with each failure: a machine so busy that the first second is over soon meets a longer one.
        const slowed = async (guess) => {
            let answer;
            for (let n = 0; n < 6; n++) if ((answer = await guess(n)).status !== 401) break;
            assert.equal(answer.status, 429);
            assert.equal(answer.json.error.code, 'too_many_failures');
            assert.match(answer.head, /^Retry-After: [1-9]\d*\r?$/m);
        };
        for (let n = 0; n < 6; n++) assert.equal((await send(server, 'GET', '/v1/models', wrong(n))).status, 401);
        await slowed((n) => send(server, 'GET', '/v1/models', wrong(9 + n)));
        await slowed(() => send(server, 'POST', '/api/session', page, { link: 'x' }));
        assert.equal((await send(server, 'GET', '/v1/models')).status, 200); // the owner's programs go on
        assert.equal((await send(server, 'GET', '/v1/models', right)).status, 200); // and so does who has the right key
    } finally {
        await server.stop();
    }
});
