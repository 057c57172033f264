import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHAT, startServer } from '../harness.mjs';
import { person } from './people.mjs';

test('kill -9 in the middle of an answer loses nothing that was acknowledged', async () => {
    let server = await startServer();
    let me = person(server);
    const kept = [];
    try {
        for (let round = 0; round < 4; round++) {
            const c = await me.post('/conversations', { model: CHAT, settings: { max_tokens: 30000, temperature: 0 } });
            const { message, answer } = await me.post(`/conversations/${c.id}/messages`, { content: 'tell me everything' });
            const listener = me.follow(c.id, answer.id);
            // At different moments: before a word was written, and after one second's text has gone to the disk.
            await listener.until([0, 1, 500, 4000][round]);
            const heard = listener.heard.text;
            await server.crash({ keep: true });
            kept.push({ c, message, answer, heard });
            server = await startServer({ home: server.home });
            me = person(server);
            for (const k of kept) {
                const whole = await me.get(`/conversations/${k.c.id}`);
                assert.deepEqual(whole.messages.map((m) => m.id), [k.message.id, k.answer.id]);
                assert.equal(whole.messages[0].content, k.message.content);
                assert.equal(whole.messages[1].state, 'interrupted');
                assert.ok(whole.messages[1].content.startsWith(k.heard) || k.heard.startsWith(whole.messages[1].content));
                const told = await me.follow(k.c.id, k.answer.id).done;
                assert.equal(told.message.state, 'interrupted');
            }
            assert.equal((await me.get('/conversations?q=everything')).conversations.length, kept.length);
        }
        // And it goes on from where it was.
        const { c, answer } = kept.at(-1);
        await me.patch(`/conversations/${c.id}`, { settings: { max_tokens: 5 } });
        const { answer: on } = await me.post(`/conversations/${c.id}/answers`, { continue: answer.id });
        const told = await me.follow(c.id, on.id).done;
        assert.equal(told.message.state, 'length');
    } finally {
        await server.stop();
    }
});

test('an orderly end keeps what was written, as interrupted', async () => {
    let server = await startServer({ args: ['--server.drain_time_max=200ms'] });
    const me = person(server);
    const c = await me.post('/conversations', { model: CHAT, settings: { max_tokens: 30000, temperature: 0 } });
    const { answer } = await me.post(`/conversations/${c.id}/messages`, { content: 'tell me everything' });
    const listener = me.follow(c.id, answer.id);
    await listener.until(300);
    listener.stop();
    const heard = listener.heard.text;
    await server.stop({ keep: true });
    server = await startServer({ home: server.home });
    const whole = await person(server).get(`/conversations/${c.id}`);
    assert.equal(whole.messages[1].state, 'interrupted');
    assert.ok(whole.messages[1].content.startsWith(heard));
    await server.stop();
});
