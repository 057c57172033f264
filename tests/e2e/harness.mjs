// Starts the real program with models of its own, and speaks to it: through the official client, or with bare sockets.
//
//   HEARTH_BIN          the program                (build/hearth)
//   HEARTH_MAKE_MODEL   writes test models         (build/tests/make_model)
//   HEARTH_SHARED_DATA  a folder with real models  (../shared/data beside the project); what needs it is skipped without it
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const bin = process.env.HEARTH_BIN ?? path.join(root, 'build/hearth');
const makeModel = process.env.HEARTH_MAKE_MODEL ?? path.join(root, 'build/tests/make_model');
const shared = process.env.HEARTH_SHARED_DATA ?? path.join(root, '../shared/data');

// Keys of data folders that a test starts by hand stay out of the person's own ~/.config.
const config = (process.env.XDG_CONFIG_HOME = mkdtempSync(path.join(os.tmpdir(), 'hearth-config-')));
process.on('exit', () => rmSync(config, { recursive: true, force: true }));

/** The real small model that tells stories, or null. */
export const stories = existsSync(path.join(shared, 'stories260K.gguf')) ? path.join(shared, 'stories260K.gguf') : null;

/** What the tests' own models are called: one that chats (ChatML), one that only continues text. Their weights are random. */
export const CHAT = 'tiny-chat';
export const PLAIN = 'tiny-plain';

const START_MS = 60_000;
const STOP_MS = 60_000;

function makeModels(dir) {
    execFileSync(makeModel, ['tiny-qwen3', 'Q8_0', path.join(dir, `${CHAT}.gguf`), '7'], { stdio: 'pipe' });
    execFileSync(makeModel, ['tiny-llama', 'F32', path.join(dir, `${PLAIN}.gguf`), '7'], { stdio: 'pipe' });
    if (stories) symlinkSync(stories, path.join(dir, 'stories260K.gguf'));
}

/**
 * Starts a server on a free port; `args` are added to its command line. `models: false` leaves the folder empty. `keys` are
 * arguments of `hearth keys add`, run before it; their secrets come as `secrets`. `home` is the folder of a server that was killed
 * with `crash({ keep: true })`: this one goes on with what that one had.
 */
export async function startServer({ args = [], models = true, keys = [], host = '127.0.0.1', home = null } = {}) {
    for (const [file, name] of [
        [bin, 'HEARTH_BIN'],
        [makeModel, 'HEARTH_MAKE_MODEL'],
    ])
        if (!existsSync(file)) throw new Error(`there is no ${file}: run \`make build\`, or set ${name}`);
    const again = home !== null;
    home ??= mkdtempSync(path.join(os.tmpdir(), 'hearth-e2e-'));
    const modelsDir = path.join(home, 'models');
    if (!again) mkdirSync(modelsDir);
    if (models && !again) makeModels(modelsDir);
    const places = ['--data', home, '--models', modelsDir, `--store.key_file=${path.join(home, 'key')}`];
    const run = (...words) => execFileSync(bin, [...words, ...places], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    const secrets = keys.map((words) => run('keys', 'add', ...words).trim());
    const child = spawn(bin, ['serve', '--host', host, '--port', '0', ...places, ...args], {
        stdio: ['ignore', 'pipe', 'pipe'],
    });
    const kill = () => child.kill('SIGKILL');
    process.on('exit', kill); // whatever happens to the test, its server does not outlive it
    let output = '';
    const exited = new Promise((resolve) => child.on('exit', (code, signal) => resolve({ code, signal })));
    const port = await new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
            kill();
            reject(new Error(`no address within ${START_MS} ms:\n${output}`));
        }, START_MS);
        const read = (chunk) => {
            output += chunk;
            const found = /http:\/\/127\.0\.0\.1:(\d+)/.exec(output);
            if (!found) return;
            clearTimeout(timer);
            resolve(Number(found[1]));
        };
        child.stdout.on('data', read);
        child.stderr.on('data', read);
        exited.then(({ code, signal }) => {
            clearTimeout(timer);
            reject(new Error(`the server ended (${code ?? signal}):\n${output}`));
        });
    });

    /** The end that nobody prepares for. */
    const crash = async ({ keep = false } = {}) => {
        kill();
        await exited;
        process.off('exit', kill);
        if (!keep) rmSync(home, { recursive: true, force: true });
    };
    const stop = async ({ keep = false } = {}) => {
        child.kill('SIGTERM');
        const timer = setTimeout(kill, STOP_MS);
        const end = await exited;
        clearTimeout(timer);
        process.off('exit', kill);
        if (!keep) rmSync(home, { recursive: true, force: true });
        if (end.code !== 0) throw new Error(`the server ended with ${end.code ?? end.signal}:\n${output.slice(-4000)}`);
    };
    const url = `http://127.0.0.1:${port}`;
    return {
        port,
        url,
        modelsDir,
        home,
        secrets,
        /** A verb of the program on this server's folders: run('keys', 'list'). */
        run,
        /** The address of the page with a one-time link that signs a browser in. */
        link: async () => {
            const answer = await fetch(`${url}/api/links`, { method: 'POST' });
            if (answer.status !== 201) throw new Error(`no link: ${answer.status} ${await answer.text()}`);
            return (await answer.json()).url;
        },
        stop,
        crash,
        client: new OpenAI({ apiKey: 'none', baseURL: `${url}/v1`, maxRetries: 0 }),
        cpuTicks: () => cpuTicks(child.pid),
        post: (where, body, headers = {}) =>
            fetch(url + where, {
                method: 'POST',
                headers: { 'content-type': 'application/json', ...headers },
                body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
            }),
    };
}

/** Processor time of a process so far, in the kernel's ticks (1/100 s). */
function cpuTicks(pid) {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
    return Number(fields[11]) + Number(fields[12]);
}

/** Resolves when the server computes nothing any more: a second in which it used less than a tenth. */
export async function untilIdle(server, withinMs = 60_000) {
    const end = Date.now() + withinMs;
    for (let before = server.cpuTicks(); Date.now() < end; ) {
        await sleep(1000);
        const now = server.cpuTicks();
        if (now - before < 10) return;
        before = now;
    }
    throw new Error('the server goes on computing');
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends bytes as they are and returns what comes until the other side closes (or `until` matches), as text. */
export function raw(port, bytes, { until = null, timeoutMs = 60_000 } = {}) {
    return new Promise((resolve, reject) => {
        const socket = net.connect(port, '127.0.0.1');
        const chunks = [];
        const timer = setTimeout(() => socket.destroy(new Error(`no end within ${timeoutMs} ms: ${text()}`)), timeoutMs);
        const text = () => Buffer.concat(chunks).toString('latin1');
        const done = () => {
            clearTimeout(timer);
            socket.destroy();
            resolve(text());
        };
        socket.on('data', (chunk) => {
            chunks.push(chunk);
            if (until?.test(text())) done();
        });
        socket.on('end', done);
        socket.on('error', (e) => {
            clearTimeout(timer);
            // A server that refuses a body early may reset the connection after its answer.
            chunks.length ? resolve(text()) : reject(e);
        });
        socket.write(bytes);
    });
}

/** A whole HTTP/1.1 request in bytes. */
export function request(method, where, headers = {}, body = '') {
    const bytes = Buffer.from(body);
    const lines = Object.entries({ Host: 'localhost', Connection: 'close', 'Content-Length': bytes.length, ...headers })
        .filter(([, value]) => value !== null)
        .map(([name, value]) => `${name}: ${value}\r\n`);
    return Buffer.concat([Buffer.from(`${method} ${where} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'), bytes]);
}

/** Status and parsed body of what `raw` returned. */
export function parse(answer) {
    const [head, ...rest] = answer.split('\r\n\r\n');
    const body = rest.join('\r\n\r\n');
    let json = null;
    try {
        json = JSON.parse(body);
    } catch {
        // not JSON: the test will see it
    }
    return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), head, body, json };
}

/** All chunks of a stream. */
export async function collect(stream) {
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    return chunks;
}
