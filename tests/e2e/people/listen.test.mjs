// Beyond this machine: only with keys, and only when it is wanted.
import assert from 'node:assert/strict';
import os from 'node:os';
import { describe, test } from 'node:test';
import { startServer } from '../harness.mjs';
import { send, signIn } from './people.mjs';

const outside = Object.values(os.networkInterfaces())
    .flat()
    .find((i) => i.family === 'IPv4' && !i.internal)?.address;

describe('listening beyond this machine', () => {
    test('needs server.insecure_http', async () => {
        await assert.rejects(startServer({ models: false, host: '0.0.0.0', keys: [['phone']] }), /server\.insecure_http=true/);
        await assert.rejects(startServer({ models: false, host: '::', keys: [['phone']] }), /server\.insecure_http=true/);
    });

    test('needs a key', async () => {
        await assert.rejects(startServer({ models: false, host: '0.0.0.0', args: ['--server.insecure_http=true'] }), /hearth keys add NAME/);
    });

    test('lets in whoever has a key, and the owner on this machine', async (t) => {
        const server = await startServer({ models: false, host: '0.0.0.0', args: ['--server.insecure_http=true'], keys: [['phone']] });
        try {
            assert.equal((await send(server, 'GET', '/v1/models')).status, 200);
            if (!outside) {
                t.diagnostic('this machine has no address but loopback');
                return;
            }
            const url = `http://${outside}:${server.port}`;
            const refused = await fetch(`${url}/v1/models`);
            assert.equal(refused.status, 401);
            assert.equal((await refused.json()).error.code, 'sign_in');
            const headers = { authorization: `Bearer ${server.secrets[0]}` };
            assert.equal((await fetch(`${url}/v1/models`, { headers })).status, 200);
            // A session of loopback is none out there.
            const { cookie } = await signIn(server);
            assert.equal((await fetch(`${url}/api/status`, { headers: { cookie } })).status, 401);
            const session = await fetch(`${url}/api/session`, { method: 'POST', body: JSON.stringify({ key: server.secrets[0] }) });
            assert.equal(session.status, 200);
            const theirs = session.headers.getSetCookie()[0].split(';')[0];
            assert.equal((await fetch(`${url}/api/status`, { headers: { cookie: theirs } })).status, 200);
        } finally {
            await server.stop();
        }
    });
});
