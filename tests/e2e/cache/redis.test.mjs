// Vectors that were asked for before: from memory, from a real Redis after a restart, and without it while it is stopped, killed and started
// again under load. No request may fail, and no vector may change.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { makeBert, toGguf } from '../embed/bert.mjs';
import { sleep, startServer } from '../harness.mjs';

const there = spawnSync('redis-server', ['--version']).status === 0;
const skip = there ? false : 'no redis-server here: `tools/setup test` installs it';
const dir = mkdtempSync(path.join(os.tmpdir(), 'hearth-redis-'));
const socket = path.join(dir, 'socket');
const args = [`--cache.redis=unix://${socket}?db=2`, '--cache.redis_timeout=100ms'];
const words = ['the', 'cat', 'sat', 'on', 'a', 'mat', 'dog'];
/** Number i as words: as many different texts as are wanted. */
const text = (i) => [...i.toString(7)].map((digit) => words[Number(digit)]).join(' ');

let server, redis;

async function startRedis() {
    rmSync(socket, { force: true });
    redis = spawn('redis-server', ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no', '--dir', dir], { stdio: 'ignore' });
    await until(() => existsSync(socket), 'redis-server listens');
}
const killRedis = () =>
    new Promise((resolve) => {
        redis.on('exit', resolve);
        redis.kill('SIGKILL');
    });
process.on('exit', () => redis?.kill('SIGKILL'));

async function until(holds, what, withinMs = 60_000) {
    for (const end = Date.now() + withinMs; Date.now() < end; await sleep(20)) if (await holds()) return;
    assert.fail(`within ${withinMs} ms: ${what}`);
}

const status = async () => (await (await fetch(`${server.url}/api/status`)).json()).cache;
const ready = () => until(async () => (await status()).redis === 'ready', 'hearth uses Redis');

async function vector(input) {
    const answer = await server.post('/v1/embeddings', { model: 'mean', input, encoding_format: 'float' });
    const body = await answer.text();
    assert.equal(answer.status, 200, body);
    return body;
}

before(async () => {
    if (skip) return;
    await startRedis();
    server = await startServer({ args });
    writeFileSync(path.join(server.modelsDir, 'mean.gguf'), toGguf(makeBert({ seed: 1 })));
    await sleep(1100); // the folder is looked at once a second
});
after(async () => {
    await server?.stop();
    if (redis) await killRedis();
    rmSync(dir, { recursive: true, force: true });
});

test('a repeated text comes from memory, byte for byte', { skip }, async () => {
    await ready();
    const first = await vector([text(1), text(2)]);
    const before = await status();
    assert.equal(await vector([text(1), text(2)]), first);
    assert.equal((await status()).memory_hits, before.memory_hits + 2);
});

test('after a restart it comes from Redis', { skip }, async () => {
    const first = await vector([text(1), text(2), text(3)]);
    await sleep(0);
    await server.stop({ keep: true });
    server = await startServer({ args, home: server.home });
    await ready();
    await until(async () => {
        assert.equal(await vector([text(1), text(2), text(3)]), first);
        return true;
    }, 'the same bytes');
    assert.ok((await status()).redis_hits >= 2);
});

test('stopped, killed and started again under load: no request fails, no vector changes', { skip }, async () => {
    const seen = new Map();
    let requests = 0;
    let over = false;
    const load = async (worker) => {
        for (let i = 0; !over; i++) {
            // Some new, some that another worker asks for at the same time, some from long ago.
            const input = [text(100 + (i % 50)), text(1000 + i * 8 + worker), text(10 + worker)];
            const { data } = JSON.parse(await vector(input));
            data.forEach(({ embedding }, n) => {
                const got = embedding.join();
                assert.equal(seen.get(input[n]) ?? got, got, input[n]);
                seen.set(input[n], got);
            });
            requests++;
        }
    };
    const workers = Array.from({ length: 8 }, (_, n) => load(n));
    workers.forEach((w) => w.catch(() => (over = true)));
    const some = async () => {
        const from = requests;
        await until(() => over || requests >= from + 40, 'requests are answered');
    };
    await ready();
    for (let round = 0; round < 3 && !over; round++) {
        await some();
        redis.kill('SIGSTOP');
        await some();
        await until(async () => (await status()).redis === 'away', 'hearth does without');
        redis.kill('SIGCONT');
        await ready();
        await some();
        await killRedis();
        await some();
        assert.equal((await status()).redis, 'away');
        await startRedis();
        await ready();
    }
    await some();
    over = true;
    await Promise.all(workers);
    console.log(`# ${requests} requests, none failed`);
});
