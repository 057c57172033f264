import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CHAT, sleep, startServer } from '../harness.mjs';
import { person } from './people.mjs';

// So many tokens that an answer is still being written when the test looks; the likeliest ones, which go round and never end it.
const LONG = { max_tokens: 20000, temperature: 0 };
const SHORT = { max_tokens: 12, temperature: 0 };

let server, me, other;
before(async () => {
    server = await startServer({ keys: [['other']] });
    me = person(server);
    other = person(server, server.secrets[0]);
});
after(() => server?.stop());

const begin = (settings, more = {}) => me.post('/conversations', { model: CHAT, settings, ...more });
const say = (c, content, more = {}) => me.post(`/conversations/${c.id}/messages`, { content, ...more });
const message = (c, m) => me.get(`/conversations/${c.id}/messages/${m.id}`);

/** What a message is once nobody writes it any more. */
async function ended(c, m) {
    for (const stop = Date.now() + 60_000; Date.now() < stop; await sleep(50)) {
        const now = await message(c, m);
        if (now.state !== 'writing') return now;
    }
    throw new Error('it is written on and on');
}

test('a conversation, its answer, and what is kept of it', async () => {
    const c = await begin(SHORT, { system: 'Be brief.', folder: 'work' });
    const { message: said, answer } = await say(c, '# Hello there! **How** are you today?');
    assert.equal(said.parent, null);
    assert.equal(answer.parent, said.id);
    const heard = await me.follow(c.id, answer.id).done;
    assert.equal(heard.events[0], 'text');
    assert.equal(heard.froms[0], 0);
    assert.equal(heard.events.at(-1), 'done');
    assert.equal(heard.message.state, 'length');
    // How fast it was is told while it comes, not only at the end.
    assert.ok(heard.pace.tokens > 0 && heard.pace.tokens <= heard.message.usage.completion_tokens, JSON.stringify(heard.pace));
    assert.equal(heard.pace.first_ms, heard.message.usage.first_ms);
    assert.ok(heard.pace.decode_ms >= 0);
    assert.equal(heard.message.content, heard.text);
    assert.equal(heard.message.usage.completion_tokens, 12);
    assert.equal(heard.message.model, CHAT);
    assert.deepEqual(await message(c, answer), heard.message); // what was told is what is stored

    const whole = await me.get(`/conversations/${c.id}`);
    assert.equal(whole.title, 'Hello there!');
    assert.equal(whole.leaf, answer.id);
    assert.deepEqual(whole.messages.map((m) => m.role), ['user', 'assistant']);
    assert.deepEqual((await me.get('/folders')).folders, [{ name: 'work', conversations: 1 }]);
    const again = await me.follow(c.id, answer.id).done; // one that has ended
    assert.equal(again.text, heard.text);
    assert.deepEqual(again.events, ['text', 'done']);
});

test('an answer goes on when nobody listens, and two listeners hear the same', async () => {
    const c = await begin(LONG);
    const { answer } = await say(c, 'Tell me everything.');
    const gone = me.follow(c.id, answer.id);
    await gone.until(200);
    gone.stop();
    assert.equal((await message(c, answer)).state, 'writing');
    const first = me.follow(c.id, answer.id);
    await first.until(2000);
    const second = me.follow(c.id, answer.id, 1000);
    await second.until(1);
    await me.call('POST', `/conversations/${c.id}/messages/${answer.id}/stop`);
    const [a, b] = await Promise.all([first.done, second.done]);
    assert.ok(a.text.startsWith(gone.heard.text));
    assert.equal(Buffer.from(a.text).subarray(b.froms[0]).toString(), b.text);
    assert.ok(b.froms[0] <= 1000 && b.froms[0] > 990);
    assert.equal(a.message.state, 'stopped');
    assert.deepEqual(a.message, b.message);
    assert.equal((await message(c, answer)).content, a.text);
});

test('when stop has been answered, the text is on the disk', async () => {
    const c = await begin(LONG);
    const { answer } = await say(c, 'Tell me everything.');
    const listener = me.follow(c.id, answer.id);
    await listener.until(100);
    assert.equal((await me.call('POST', `/conversations/${c.id}/messages/${answer.id}/stop`)).status, 204);
    const stored = await message(c, answer);
    assert.equal(stored.state, 'stopped');
    assert.ok(Buffer.byteLength(stored.content) >= 100);
    assert.equal((await listener.done).text, stored.content);
    assert.equal((await me.call('POST', `/conversations/${c.id}/messages/${answer.id}/stop`)).status, 204); // nothing to stop
});

test('an edit branches, an answer is made again, and one is continued', async () => {
    const c = await begin(SHORT);
    const one = await say(c, 'first');
    await ended(c, one.answer);
    const two = await say(c, 'second');
    await ended(c, two.answer);
    const edited = await say(c, 'second, better', { parent: two.message.parent });
    await ended(c, edited.answer);
    assert.equal(edited.message.parent, one.answer.id);
    const root = await say(c, 'first, better', { parent: null });
    await ended(c, root.answer);
    assert.equal(root.message.parent, null);
    const { answer: again } = await me.post(`/conversations/${c.id}/answers`, { parent: one.message.id });
    await ended(c, again);
    assert.equal(again.parent, one.message.id);
    const whole = await me.get(`/conversations/${c.id}`);
    assert.equal(whole.messages.length, 9);
    assert.equal(whole.leaf, again.id);

    const before = await message(c, again);
    const { answer: longer } = await me.post(`/conversations/${c.id}/answers`, { continue: again.id });
    assert.equal(longer.id, again.id);
    const now = await ended(c, longer);
    assert.ok(now.content.startsWith(before.content) && now.content.length > before.content.length);

    const back = await me.patch(`/conversations/${c.id}`, { leaf: edited.answer.id });
    assert.equal(back.leaf, edited.answer.id);
    assert.equal((await me.call('POST', `/conversations/${c.id}/answers`, { continue: one.answer.id })).status, 400);
    assert.equal((await me.call('POST', `/conversations/${c.id}/answers`, {})).status, 400);
});

test('nobody goes on from an answer that still grows', async () => {
    const c = await begin(LONG);
    const { answer } = await say(c, 'Tell me everything.');
    const r = await me.call('POST', `/conversations/${c.id}/messages`, { content: 'and now?' });
    assert.equal(r.status, 409);
    assert.equal((await me.get(`/conversations/${c.id}`)).messages.length, 2);
    await me.call('POST', `/conversations/${c.id}/messages/${answer.id}/stop`);
    assert.ok(await say(c, 'and now?', { answer: false }));
});

test('an erased conversation is gone, also while it is being written', async () => {
    const c = await begin(LONG);
    const { answer } = await say(c, 'Tell me about the unforgettable wombat.');
    const listener = me.follow(c.id, answer.id);
    await listener.until(50);
    await me.erase(`/conversations/${c.id}`);
    assert.equal((await me.call('GET', `/conversations/${c.id}`)).status, 404);
    await listener.done;
    assert.equal((await me.get('/conversations?q=wombat')).conversations.length, 0);
});

test('an attached text reaches the model, and an unknown model is refused before anything is stored', async () => {
    const c = await begin(SHORT);
    const plain = await say(c, 'What is in it?');
    const { usage: without } = await ended(c, plain.answer);
    const attached = await say(c, 'What is in it?', { parent: null, attachments: [{ name: 'notes.txt', text: 'lorem '.repeat(100) }] });
    const { usage: with_it } = await ended(c, attached.answer);
    assert.ok(with_it.prompt_tokens > without.prompt_tokens + 100);
    assert.deepEqual(attached.message.attachments, [{ name: 'notes.txt', bytes: 600, tokens: null }]);
    assert.equal((await message(c, attached.message)).attachments[0].text.length, 600);
    const r = await me.call('POST', `/conversations/${c.id}/messages`, { content: 'x', model: 'nobody' });
    assert.equal(r.status, 404);
    assert.equal((await me.get(`/conversations/${c.id}`)).messages.length, 4);
    const nobody = await begin(SHORT, { model: 'gone' });
    const failed = await ended(nobody, (await say(nobody, 'hello')).answer);
    assert.equal(failed.state, 'failed');
    assert.match(failed.error, /gone/);
});

test('search finds words, beginnings and two Chinese characters, best first', async () => {
    const c = await begin(SHORT, { title: '周末计划' });
    await say(c, '我们明天去颐和园散步，好吗？', { answer: false });
    await say(c, 'The zephyr blew over the zephyrous hills.', { answer: false });
    const ids = async (q) => (await me.get(`/conversations?q=${encodeURIComponent(q)}`)).conversations.map((x) => x.id);
    for (const q of ['散步', '颐和园', '周末', 'zeph', 'ZEPHYR hills']) assert.deepEqual(await ids(q), [c.id], q);
    assert.deepEqual(await ids('和散'), []);
    const found = (await me.get('/conversations?q=zephyr')).conversations[0];
    assert.match(found.snippet, /\u0002zephyr\u0003/i);
    const titled = await begin(SHORT, { title: 'zephyr' });
    assert.deepEqual(await ids('zephyr'), [titled.id, c.id]);
    for (const q of ['"', 'a OR', 'NEAR(', '*', '((', "'; DROP TABLE messages"]) assert.equal((await me.call('GET', `/conversations?q=${encodeURIComponent(q)}`)).status, 200, q);
});

test('pages of the list neither miss nor repeat', async () => {
    const made = [];
    for (let i = 0; i < 7; i++) made.push((await begin(SHORT, { title: `page ${i}`, folder: 'pages' })).id);
    const seen = [];
    for (let next = ''; next !== null; ) {
        const page = await me.get(`/conversations?folder=pages&limit=3&before=${encodeURIComponent(next)}`);
        assert.equal(page.total, 7);
        seen.push(...page.conversations.map((c) => c.id));
        next = page.next;
    }
    assert.deepEqual(seen.sort(), made.sort());
    assert.equal((await me.call('GET', '/conversations?before=nonsense')).status, 400);
    assert.equal((await me.call('GET', '/conversations?limit=0')).status, 400);
});

test("another principal sees, changes and hears nothing of it", async () => {
    const c = await begin(LONG, { title: 'confidential' });
    const { message: said, answer } = await say(c, 'The password is swordfish.');
    const at = `/conversations/${c.id}`;
    for (const [method, where, body] of [
        ['GET', at],
        ['PATCH', at, { title: 'mine' }],
        ['DELETE', at],
        ['GET', `${at}/export`],
        ['POST', `${at}/messages`, { content: 'hello', model: CHAT }],
        ['POST', `${at}/answers`, { parent: said.id, model: CHAT }],
        ['GET', `${at}/messages/${said.id}`],
        ['PATCH', `${at}/messages/${said.id}`, { rating: 1 }],
        ['GET', `${at}/messages/${answer.id}/events`],
        ['POST', `${at}/messages/${answer.id}/stop`],
    ])
        assert.equal((await other.call(method, where, body)).status, 404, `${method} ${where}`);
    assert.equal((await other.get('/conversations')).total, 0);
    assert.equal((await other.get('/conversations?q=swordfish')).conversations.length, 0);
    assert.equal((await other.get('/export')).conversations.length, 0);
    assert.deepEqual((await other.get('/folders')).folders, []);
    await other.erase('/conversations?confirm=all');
    assert.equal((await message(c, answer)).state, 'writing');
    await me.call('POST', `${at}/messages/${answer.id}/stop`);
    assert.equal((await me.get(at)).title, 'confidential');
});

test('ratings, presets, counts', async () => {
    const c = await begin(SHORT);
    const { answer } = await say(c, 'hello');
    await ended(c, answer);
    assert.equal((await me.patch(`/conversations/${c.id}/messages/${answer.id}`, { rating: -1 })).rating, -1);
    assert.equal((await me.call('PATCH', `/conversations/${c.id}/messages/${answer.id}`, { rating: 2 })).status, 400);
    const p = await me.post('/presets', { name: 'poet', system: 'Rhyme.', settings: { temperature: 1.2 } });
    assert.equal((await me.call('POST', '/presets', { name: 'poet' })).status, 409);
    assert.equal((await me.patch(`/presets/${p.id}`, { name: 'bard' })).system, 'Rhyme.');
    assert.deepEqual((await me.get('/presets')).presets.map((x) => x.name), ['bard']);
    assert.deepEqual((await other.get('/presets')).presets, []);
    await me.erase(`/presets/${p.id}`);
    assert.ok((await me.post('/count', { text: 'a few words', model: CHAT })).tokens > 2);
    assert.equal((await me.call('POST', '/conversations', { settings: { temperature: 9 } })).json.error.param, 'settings.temperature');
});

test('what is exported comes back, branches and all, once', async () => {
    const c = await begin(SHORT, { title: 'travels', system: 'Be kind.', folder: 'trips' });
    const one = await say(c, 'Where to?', { attachments: [{ name: 'map.txt', text: 'north\n' }] });
    await ended(c, one.answer);
    const two = await say(c, 'Where else?', { parent: null, answer: false });
    const file = await me.get(`/conversations/${c.id}/export`);
    const markdown = await me.call('GET', `/conversations/${c.id}/export?format=markdown`);
    assert.match(markdown.text, /^<!-- hearth:conversation [^\n]*\n# travels\n[^]*## You\n\nWhere else\?/);
    const r = await other.post('/import', file);
    assert.equal(r.conversations, 1);
    assert.equal(r.messages, 3);
    assert.equal((await other.post('/import', file)).conversations, 0);
    const [copy] = (await other.get('/conversations')).conversations;
    const theirs = await other.get(`/conversations/${copy.id}`);
    assert.equal(theirs.system, 'Be kind.');
    assert.equal(theirs.messages[2].content, 'Where else?');
    assert.equal(theirs.messages[1].parent, theirs.messages[0].id);
    assert.equal(theirs.messages[2].parent, null);
    assert.equal(theirs.leaf, theirs.messages[2].id);
    assert.notEqual(theirs.messages[0].id, one.message.id);
    const all = await me.get('/export');
    assert.equal(all.conversations.length, (await me.get('/conversations')).total);
    assert.ok(two);
});
