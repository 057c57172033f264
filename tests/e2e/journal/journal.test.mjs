// The journal of a real server: what is in it, who may read it, what a kill leaves, what a reader of the disk learns.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { CHAT, sleep, startServer } from '../harness.mjs';

const PHRASE = 'a-phrase-that-is-nobody-elses';
let server;
before(async () => {
    server = await startServer({ args: ['--journal.flush=100ms'], keys: [['reader'], ['boss', '--admin']] });
});
after(() => server?.stop());

const asks = (key) => ({ authorization: `Bearer ${key}` });
const chat = (text, headers) => server.post('/v1/chat/completions', { model: CHAT, max_tokens: 4, messages: [{ role: 'user', content: text }] }, headers);
const events = async (query = '') => (await (await fetch(`${server.url}/api/journal${query}`)).json()).events;

async function until(holds, what) {
    for (const end = Date.now() + 30_000; Date.now() < end; await sleep(30)) {
        const got = await holds();
        if (got) return got;
    }
    assert.fail(`within 30 s: ${what}`);
}

test('who asked what of which model, without the text', async () => {
    assert.equal((await chat(PHRASE, asks(server.secrets[0]))).status, 200);
    assert.equal((await chat(PHRASE, asks('sk-hearth-nobody'))).status, 200); // not a key of ours: the local owner, as ever
    const [one, two] = await until(async () => (await events()).length >= 2 && (await events()), 'both are written');
    assert.equal(one.who, 'reader');
    assert.equal(one.what, 'POST /v1/chat/completions');
    assert.equal(one.subject, CHAT);
    assert.equal(one.end, 'done');
    assert.ok(one.tokens_in > 4 && one.tokens_out === 4 && one.bytes_in > PHRASE.length && one.bytes_out > 100);
    assert.equal(two.who, 'owner');
    assert.ok(!JSON.stringify(await events()).includes(PHRASE));
    assert.match(server.run('log'), /done {2}reader {2}POST \/v1\/chat\/completions {2}tiny-chat {2}\d+ → 4 tokens/);
});

test('only the owner and admins read it', async () => {
    const get = (key) => fetch(`${server.url}/api/journal?limit=1`, { headers: asks(key) });
    assert.equal((await get(server.secrets[0])).status, 403);
    const boss = await get(server.secrets[1]);
    assert.equal(boss.status, 200);
    assert.equal((await boss.json()).events.length, 1);
    for (const query of ['limit=x', 'limit=10001', 'after=-1', 'since_ms=%', 'before=99999999999999999999'])
        assert.equal((await fetch(`${server.url}/api/journal?${query}`)).status, 400, query);
});

test('a page through it, and what comes behind an id', async () => {
    for (let i = 0; i < 5; i++) await server.post('/v1/chat/completions', { model: `nobody-${i}` });
    const all = await until(async () => ((await events()).length >= 7 ? events() : null), 'seven events');
    const last = await events('?limit=2');
    assert.deepEqual(last.map((e) => e.id), all.slice(-2).map((e) => e.id));
    assert.deepEqual((await events(`?limit=2&before=${last[0].id}`)).map((e) => e.id), all.slice(-4, -2).map((e) => e.id));
    assert.deepEqual((await events(`?after=${all.at(-3).id}`)).map((e) => e.id), last.map((e) => e.id));
    assert.equal(all.at(-1).end, 'refused');
});

test('a kill leaves what was flushed, and nothing readable', async () => {
    const known = (await until(async () => ((await events()).length >= 7 ? events() : null), 'what came before')).map((e) => e.id);
    await server.crash({ keep: true });
    const dir = path.join(server.home, 'store', 'journal');
    for (const file of readdirSync(dir))
        for (const planted of [PHRASE, CHAT, 'reader', 'completions']) assert.ok(!readFileSync(path.join(dir, file)).includes(planted), planted);
    const offline = server.run('log', '--json').trim().split('\n').map((line) => JSON.parse(line).id); // without a server
    assert.deepEqual(offline.slice(0, known.length), known);
    server = await startServer({ args: ['--journal.content=true', '--journal.flush=100ms'], home: server.home });
    assert.deepEqual((await events()).slice(0, known.length).map((e) => e.id), known);
});

test('the text is there when that is asked for', async () => {
    await chat(PHRASE);
    const last = await until(async () => (await events()).find((e) => e.content), 'an event with content');
    assert.ok(last.content.includes(PHRASE));
});

test('an answer of a conversation is an event of its own', async () => {
    const { id } = await (await server.post('/api/conversations', { title: 'x', model: CHAT })).json();
    await server.post(`/api/conversations/${id}/messages`, { content: 'hello', settings: { max_tokens: 3 } });
    const answer = await until(async () => (await events()).find((e) => e.what === 'answer'), 'the answer is over');
    assert.equal(answer.subject, CHAT);
    assert.equal(answer.who, 'owner');
    assert.ok(answer.tokens_out > 0 && answer.took_ms >= 0);
});
