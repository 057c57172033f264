// Getting and removing models through the real program: its HTTP API and its verbs, against a hub of the tests' own.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sleep, startServer } from '../harness.mjs';
import { startHub } from './hub.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const bin = process.env.HEARTH_BIN ?? path.join(root, 'build/hearth');
const makeModel = process.env.HEARTH_MAKE_MODEL ?? path.join(root, 'build/tests/make_model');

let dir, model, hub, server;

/** A model that is padded to `bytes`: GGUF readers ignore what stands behind the last tensor. */
const padded = (bytes) => Buffer.concat([model, Buffer.alloc(bytes - model.length, 7)]);

/** The same with another architecture, of a name as long. */
function alien(bytes) {
    const text = padded(bytes), at = text.indexOf('general.architecture') + 'general.architecture'.length + 12;
    assert.equal(text.subarray(at, at + 5).toString(), 'qwen3');
    text.write('alien', at);
    return text;
}

before(async () => {
    dir = mkdtempSync(path.join(os.tmpdir(), 'hearth-pull-'));
    execFileSync(makeModel, ['tiny-qwen3', 'Q8_0', path.join(dir, 'm.gguf'), '7'], { stdio: 'pipe' });
    model = readFileSync(path.join(dir, 'm.gguf'));
    hub = await startHub({
        'README.md': Buffer.from('#'),
        'small-Q8_0.gguf': model,
        'small-Q4_K_M.gguf': padded(model.length + 3_000_000),
        'big-Q6_K.gguf': padded(40_000_000),
        'text-Q5_0.gguf': Buffer.from('this is no model'),
        'alien-IQ4_XS.gguf': alien(9_000_000),
        'split-F16-00001-of-00002.gguf': model,
        'split-F16-00002-of-00002.gguf': model,
    });
    server = await startServer({ args: [`--models.hub=${hub.url}`], models: false });
});

after(async () => {
    await server?.stop();
    hub?.stop();
    rmSync(dir, { recursive: true, force: true });
});

const get = async (where) => (await fetch(server.url + where)).json();

/** Begins a pull and follows its events to the end; returns the last. */
async function pull(body, seen = () => {}) {
    const answer = await server.post('/api/models/pull', body);
    assert.equal(answer.status, 202, await answer.clone().text());
    const { id } = await answer.json();
    const events = await fetch(`${server.url}/api/models/pulls/${id}/events`);
    assert.match(events.headers.get('content-type'), /^text\/event-stream/);
    let text = '', last = null;
    for await (const chunk of events.body.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
            const data = /^event: pull\ndata: (.*)$/s.exec(text.slice(0, end));
            assert.ok(data, text);
            last = JSON.parse(data[1]);
            await seen(last);
        }
    }
    return last;
}

const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');
/** The models there are, without the assistant, which is no file. */
const listed = async () => (await get('/api/status')).models.filter((m) => m.id !== 'hearth');
const inFolder = () => readdirSync(server.modelsDir).sort();

test('a model comes by name, is there at once, and answers', async () => {
    const end = await pull({ name: 'org/repo:q4_k_m', token: 'secret' });
    assert.equal(end.state, 'done', end.error);
    assert.equal(end.model, 'small-Q4_K_M');
    assert.equal(end.bytes_done, end.bytes_total);
    assert.equal(digest(readFileSync(path.join(server.modelsDir, 'small-Q4_K_M.gguf'))), digest(padded(model.length + 3_000_000)));
    assert.deepEqual(inFolder(), ['small-Q4_K_M.gguf']);
    assert.ok((await get('/api/status')).models.some((m) => m.id === 'small-Q4_K_M'));
    assert.ok(hub.told.includes('Bearer secret'));
    assert.deepEqual(hub.cdnTold, []); // the token stays with the hub
    const answer = await server.client.chat.completions.create({
        model: 'small-Q4_K_M', max_tokens: 3, messages: [{ role: 'user', content: 'hi' }],
    });
    assert.ok(answer.usage.completion_tokens >= 1);
    const again = await pull({ name: 'org/repo' });
    assert.equal(again.state, 'done');
    assert.equal(again.model, 'small-Q4_K_M');
});

test('a loaded model is removed, and gone at once', async () => {
    const answer = await fetch(`${server.url}/api/models/small-Q4_K_M`, { method: 'DELETE' });
    assert.equal(answer.status, 204);
    assert.deepEqual(inFolder(), []);
    for (let i = 0; (await listed()).length && i < 600; i++) await sleep(100); // what still answers is listed until it ends
    assert.deepEqual(await listed(), []);
    assert.equal((await fetch(`${server.url}/api/models/small-Q4_K_M`, { method: 'DELETE' })).status, 404);
    for (const name of ['..%2f..%2fetc%2fpasswd', '%2fetc%2fpasswd', 'a%00b', '.', 'x.gguf.part'])
        assert.ok([400, 404].includes((await fetch(`${server.url}/api/models/${name}`, { method: 'DELETE' })).status), name);
});

test('what is wrong is refused with the reason, and leaves nothing', async () => {
    for (const [body, reason] of [
        [{ name: 'org/none' }, /no org\/none/],
        [{ name: 'org/repo:Q2_K' }, /Q8_0/],
        [{ name: 'org/repo:F16' }, /several parts/],
        [{ name: 'org/repo:Q5_0' }, /no model that can be read/],
        [{ name: 'org/repo:IQ4_XS' }, /"alien".*does not run.*llama, qwen2, qwen3/],
        [{ name: `${hub.cdn}/alien-IQ4_XS.gguf` }, /"alien".*does not run/],
        [{ name: 'not a name' }, /ORG\/REPO/],
        [{ name: '../../etc' }, /ORG\/REPO/],
        [{ name: 'org/repo', revision: 'v2' }, /v2/],
        [{ name: 'org/repo:Q8_0', sha256: '0'.repeat(64) }, /SHA-256/],
        [{ name: `${hub.cdn}/small-Q8_0.gguf`, sha256: '0'.repeat(64) }, /SHA-256/],
        [{ name: 'http://example.org/x.gguf' }, /https/],
    ]) {
        const end = await pull(body);
        assert.equal(end.state, 'failed', JSON.stringify(body));
        assert.match(end.error, reason);
        assert.equal(end.model, null);
    }
    hub.wrong = true;
    const end = await pull({ name: 'org/repo:Q8_0' });
    hub.wrong = false;
    assert.equal(end.state, 'failed');
    assert.match(end.error, /not the right ones/);
    assert.deepEqual(inFolder(), []);
    for (const body of ['{', '{}', '{"name":7}', '{"name":""}']) assert.equal((await server.post('/api/models/pull', body)).status, 400, body);
});

test('an architecture that cannot be run is refused before it is loaded', async () => {
    hub.bytesSent = 0;
    const end = await pull({ name: 'org/repo:IQ4_XS' });
    assert.match(end.error, /does not run/);
    assert.ok(hub.bytesSent < 1_000_000, `${hub.bytesSent} bytes`);
    assert.deepEqual(inFolder(), []);
});

test('a key of scope user sees suggestions, and neither pulls nor removes', async (t) => {
    const other = await startServer({ args: [`--models.hub=${hub.url}`], keys: [['laptop']] });
    t.after(() => other.stop());
    const before = readdirSync(other.modelsDir);
    const headers = { authorization: `Bearer ${other.secrets[0]}`, 'content-type': 'application/json' };
    for (const [method, where, body] of [
        ['POST', '/api/models/pull', '{"name":"org/repo:Q8_0"}'],
        ['GET', '/api/models/pulls'],
        ['GET', '/api/models/pulls/1/events'],
        ['DELETE', '/api/models/pulls/1'],
        ['DELETE', '/api/models/tiny-chat'],
    ]) {
        const answer = await fetch(other.url + where, { method, headers, body });
        assert.equal(answer.status, 403, `${method} ${where}`);
        assert.equal((await answer.json()).error.code, 'admin_only');
    }
    assert.equal((await fetch(`${other.url}/api/models/suggested`, { headers })).status, 200);
    assert.deepEqual(readdirSync(other.modelsDir), before);
});

test('after a restart what was begun is listed, and goes on', async () => {
    const own = { args: [`--models.hub=${hub.url}`], models: false };
    const first = await startServer(own);
    hub.delayMs = 60;
    await first.post('/api/models/pull', { name: 'org/repo:Q6_K' });
    const state = path.join(first.modelsDir, 'big-Q6_K.gguf.part.state');
    for (let i = 0; !existsSync(state) && i < 600; i++) await sleep(100);
    await first.crash({ keep: true });
    hub.delayMs = 0;
    const second = await startServer({ ...own, home: first.home });
    const list = async () => (await (await fetch(`${second.url}/api/models/pulls`)).json()).pulls;
    const [left] = await list();
    assert.equal(left.state, 'canceled');
    assert.equal(left.name, 'org/repo/big-Q6_K.gguf');
    assert.ok(left.bytes_done >= 1_000_000 && left.bytes_done < left.bytes_total && left.bytes_total === 40_000_000);
    hub.bytesSent = 0;
    await second.post('/api/models/pull', { name: left.name });
    for (let i = 0; (await list())[0].state !== 'done' && i < 600; i++) await sleep(100);
    assert.deepEqual((await list()).map((p) => p.state), ['done']);
    assert.ok(hub.bytesSent < 40_000_000, `${hub.bytesSent} bytes were sent again`);
    await second.stop();
});

test('a server that breaks off and is busy is asked again', async () => {
    hub.fail = 2;
    hub.cut = 400_000;
    const end = await pull({ name: 'org/repo:Q4_K_M' });
    hub.cut = 0;
    assert.equal(end.state, 'done', end.error);
    rmSync(path.join(server.modelsDir, 'small-Q4_K_M.gguf'));
});

test('a pull is listed, canceled, and goes on from where it was', async () => {
    hub.delayMs = 20;
    const states = new Set();
    const end = await pull({ name: 'org/repo:Q6_K' }, async (p) => {
        const first = p.state === 'downloading' && p.bytes_done > 12_000_000 && !states.has('told');
        states.add(p.state);
        if (first) {
            states.add('told');
            const { pulls } = await get('/api/models/pulls');
            assert.ok(pulls.some((one) => one.id === p.id && one.state === 'downloading' && one.rate_bps > 0));
            assert.equal((await fetch(`${server.url}/api/models/pulls/${p.id}`, { method: 'DELETE' })).status, 204);
        }
    });
    assert.equal(end.state, 'canceled');
    assert.ok(states.has('downloading'));
    assert.deepEqual(inFolder(), ['big-Q6_K.gguf.part', 'big-Q6_K.gguf.part.state']);
    assert.deepEqual(await listed(), []); // not half
    hub.delayMs = 0;
    hub.bytesSent = 0;
    const second = await pull({ name: 'org/repo:Q6_K' });
    assert.equal(second.state, 'done', second.error);
    assert.ok(hub.bytesSent < 40_000_000, `${hub.bytesSent} bytes were sent again`);
    assert.equal(digest(readFileSync(path.join(server.modelsDir, 'big-Q6_K.gguf'))), digest(padded(40_000_000)));
    assert.equal((await fetch(`${server.url}/api/models/big-Q6_K`, { method: 'DELETE' })).status, 204);
});

test('a server killed in the middle goes on after its restart', async (t) => {
    const home = mkdtempSync(path.join(os.tmpdir(), 'hearth-pull-home-'));
    const env = { ...process.env, HEARTH_LANG: 'en' };
    delete env.HF_TOKEN;
    const args = ['pull', 'org/repo:Q6_K', '--data', home, `--models.hub=${hub.url}`];
    hub.delayMs = 60;
    const serve = spawn(bin, ['serve', '--port', '0', '--data', home, `--models.hub=${hub.url}`], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    t.after(() => serve.kill('SIGKILL'));
    const port = await new Promise((resolve) =>
        serve.stdout.on('data', (text) => /127\.0\.0\.1:(\d+)/.test(text) && resolve(/127\.0\.0\.1:(\d+)/.exec(text)[1])),
    );
    await fetch(`http://127.0.0.1:${port}/api/models/pull`, { method: 'POST', body: '{"name":"org/repo:Q6_K"}' });
    const state = path.join(home, 'models', 'big-Q6_K.gguf.part.state');
    for (let i = 0; !existsSync(state) && i < 600; i++) await sleep(100);
    assert.ok(existsSync(state));
    const ended = new Promise((resolve) => serve.on('exit', resolve));
    serve.kill('SIGKILL');
    await ended;
    assert.ok(!existsSync(path.join(home, 'models', 'big-Q6_K.gguf')));
    hub.delayMs = 0;
    hub.bytesSent = 0;
    const child = spawn(bin, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '', err = '';
    child.stdout.on('data', (text) => (out += text));
    child.stderr.on('data', (text) => (err += text));
    const code = await new Promise((resolve) => child.on('exit', resolve));
    assert.equal(code, 0, err);
    assert.match(out, /big-Q6_K is ready/);
    assert.match(err, /org\/repo:Q6_K/);
    assert.ok(hub.bytesSent < 40_000_000, `${hub.bytesSent} bytes were sent again`);
    assert.equal(digest(readFileSync(path.join(home, 'models', 'big-Q6_K.gguf'))), digest(padded(40_000_000)));
    assert.match(execFileSync(bin, ['rm', 'big-Q6_K', '--data', home], { env, stdio: ['ignore', 'pipe', 'pipe'] }).toString(), /removed/);
    assert.deepEqual(readdirSync(path.join(home, 'models')), []);
    rmSync(home, { recursive: true, force: true });
});

test('Ctrl-C keeps what has come, and says so', async () => {
    const home = mkdtempSync(path.join(os.tmpdir(), 'hearth-pull-home-'));
    hub.delayMs = 60;
    hub.bytesSent = 0;
    const child = spawn(bin, ['pull', 'org/repo:Q6_K', '--data', home, `--models.hub=${hub.url}`], {
        env: { ...process.env, HEARTH_LANG: 'en' }, stdio: ['ignore', 'pipe', 'pipe'],
    });
    let err = '';
    const ended = new Promise((resolve) => child.on('exit', resolve));
    child.stderr.on('data', (text) => (err += text));
    for (let i = 0; hub.bytesSent < 12_000_000 && i < 600; i++) await sleep(100); // whole pieces of a MB are what can be kept
    child.kill('SIGINT');
    assert.equal(await ended, 130, err);
    hub.delayMs = 0;
    assert.match(err, /goes on from there/);
    assert.ok(existsSync(path.join(home, 'models', 'big-Q6_K.gguf.part')));
    assert.ok(!existsSync(path.join(home, 'models', 'big-Q6_K.gguf')));
    rmSync(home, { recursive: true, force: true });
});

test('Ctrl-C promises nothing when nothing has come', async () => {
    const home = mkdtempSync(path.join(os.tmpdir(), 'hearth-pull-home-'));
    hub.delayMs = 5000;
    const child = spawn(bin, ['pull', 'org/repo:Q6_K', '--data', home, `--models.hub=${hub.url}`], {
        env: { ...process.env, HOME: home, HEARTH_LANG: 'en' }, stdio: ['ignore', 'pipe', 'pipe'],
    });
    let err = '';
    const ended = new Promise((resolve) => child.on('exit', resolve));
    child.stderr.on('data', (text) => (err += text));
    for (let i = 0; !existsSync(path.join(home, 'models', 'big-Q6_K.gguf.part')) && i < 600; i++) await sleep(100);
    child.kill('SIGINT');
    assert.equal(await ended, 130, err);
    hub.delayMs = 0;
    assert.match(err, /Nothing of it has been kept/);
    assert.deepEqual(readdirSync(path.join(home, 'models')), []);
    rmSync(home, { recursive: true, force: true });
});

test('a gated repository says what to do, and opens with the token', async () => {
    hub.token = 'key';
    const closed = await pull({ name: 'org/repo:Q8_0' });
    assert.equal(closed.state, 'failed');
    assert.match(closed.error, /gated.*HF_TOKEN/s);
    const open = await pull({ name: 'org/repo:Q8_0', token: 'key' });
    hub.token = null;
    assert.equal(open.state, 'done', open.error);
    assert.deepEqual(hub.cdnTold, []);
});

test('models are suggested that fit this machine', async () => {
    const { models } = await get('/api/models/suggested');
    assert.ok(models.length >= 8);
    for (const m of models) {
        assert.match(m.name, /^[\w.-]+\/[\w.-]+:\w+$/);
        for (const key of ['title', 'about_en', 'about_zh', 'params', 'licence']) assert.ok(m[key].length > 1);
        assert.ok(m.memory_bytes > m.bytes && m.bytes > 1e8);
        assert.equal(typeof m.fits, 'boolean');
        assert.ok(m.tokens_per_s > 0);
    }
    const { memory } = await get('/api/status');
    assert.ok(memory.total_bytes >= memory.available_bytes && memory.available_bytes > 0);
    const out = execFileSync(bin, ['pull', '--data', dir], { env: { ...process.env, HEARTH_LANG: 'en' }, stdio: ['ignore', 'pipe', 'pipe'] });
    assert.match(out.toString(), /Qwen\/Qwen3-4B-GGUF:Q4_K_M/);
});
