import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { CHAT, PLAIN, sleep, startServer } from '../harness.mjs';

let server;
before(async () => {
    server = await startServer({ args: ['--model', CHAT] });
});
after(() => server?.stop());

const json = async (where) => (await fetch(server.url + where)).json();

test('the list names the files without their ending', async () => {
    const ids = [];
    for await (const m of server.client.models.list()) ids.push(m.id);
    assert.ok(ids.includes(CHAT) && ids.includes(PLAIN));
});

test('ready when the first model is', async () => {
    for (let i = 0; i < 600 && (await fetch(`${server.url}/ready`)).status !== 200; i++) await sleep(100);
    assert.equal((await fetch(`${server.url}/ready`)).status, 200);
    const m = await server.client.models.retrieve(CHAT);
    assert.equal(m.object, 'model');
    assert.equal(m.state, 'ready');
    assert.equal(m.quant, 'Q8_0');
    assert.ok(m.context > 0 && m.size_bytes > 0);
});

test('an unknown model is not found, whatever it looks like', async () => {
    for (const id of ['nobody', '../../etc/passwd', `${server.modelsDir}/${CHAT}.gguf`, `${CHAT}.gguf`]) {
        // An address with ".." in it is refused before anybody looks at the name.
        await assert.rejects(server.client.models.retrieve(id), id.includes('..') ? OpenAI.BadRequestError : OpenAI.NotFoundError);
        await assert.rejects(server.client.chat.completions.create({ model: id, messages: [{ role: 'user', content: 'x' }] }), (e) => {
            assert.ok(e instanceof OpenAI.NotFoundError);
            assert.equal(e.code, 'model_not_found');
            assert.equal(e.param, 'model');
            return true;
        });
    }
});

test('without a model in the request the default one answers', async () => {
    const r = await (await server.post('/v1/chat/completions', { messages: [{ role: 'user', content: 'x' }], max_tokens: 2 })).json();
    assert.equal(r.model, CHAT);
});

test('status, version and health', async () => {
    const s = await json('/api/status');
    assert.equal(s.default_model, CHAT);
    assert.equal(s.models_dir, server.modelsDir);
    assert.ok(s.models.some((m) => m.id === PLAIN && typeof m.size_bytes === 'number'));
    assert.equal((await json('/version')).version, s.version);
    assert.deepEqual(await json('/health'), { status: 'ok' });
    const head = await fetch(`${server.url}/health`, { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(await head.text(), '');
});

test('an empty folder: the answer says where to put a model', async () => {
    const empty = await startServer({ models: false });
    try {
        assert.equal((await fetch(`${empty.url}/ready`)).status, 200);
        const r = await empty.post('/v1/chat/completions', { messages: [{ role: 'user', content: 'x' }] });
        assert.equal(r.status, 404);
        assert.ok((await r.json()).error.message.includes(empty.modelsDir));
    } finally {
        await empty.stop();
    }
});
