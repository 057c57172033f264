// What the tests of principals share: another user of this machine, and a page's session without a browser.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import net from 'node:net';
import { parse, raw, request } from '../harness.mjs';

const NOBODY = 65534;

/** What node:test's `skip` wants: false, or why nobody else can be played here. */
export const alone = process.getuid() === 0 ? false : 'only root can become another user';

/** Runs a program of Node's as another user: it is a module, and what it prints is returned. */
export function asNobody(program) {
    return execFileSync(process.execPath, ['--input-type=module', '-e', program], {
        uid: NOBODY,
        gid: NOBODY,
        env: { HOME: '/', PATH: process.env.PATH },
        cwd: '/',
        encoding: 'utf8',
        timeout: 20_000,
    });
}

/** One request of another user: {status, body}. */
export function fetchAsNobody(url, options = {}) {
    const program = `const r = await fetch(${JSON.stringify(url)}, ${JSON.stringify(options)});
        console.log(JSON.stringify({ status: r.status, body: await r.text() }));`;
    return JSON.parse(asNobody(program));
}

/** Status, head and JSON of a request whose every header is ours. */
export async function send(server, method, where, headers = {}, body = '') {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await raw(server.port, request(method, where, { Host: `127.0.0.1:${server.port}`, ...headers }, text));
    return parse(Buffer.from(answer, 'latin1').toString('utf8'));
}

/** What a browser sends with everything that the server's own page asks for. */
export const fromPage = (server) => ({ 'Sec-Fetch-Site': 'same-origin', Origin: server.url });

/** Signs in as a page does; returns the headers of its requests, with and without its token. */
export async function signIn(server, credentials = null) {
    const body = credentials ?? { link: (await server.link()).split('#link=')[1] };
    const answer = await send(server, 'POST', '/api/session', fromPage(server), body);
    assert.equal(answer.status, 200, answer.body);
    const cookie = /set-cookie: (hearth_session=[^;]+)/i.exec(answer.head)[1];
    const reading = { ...fromPage(server), Cookie: cookie };
    return { reading, writing: { ...reading, 'X-CSRF-Token': answer.json.csrf }, cookie, csrf: answer.json.csrf, answer };
}

/** Half a request, for what a connection's end may change. */
export function connect(port) {
    return new Promise((resolve, reject) => {
        const socket = net.connect(port, '127.0.0.1', () => resolve(socket));
        socket.on('error', reject);
    });
}
