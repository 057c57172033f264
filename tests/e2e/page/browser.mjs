// A browser for the page's tests: Debian's Chromium, new and empty each time, watched for everything that the page must not do.
//
//   HEARTH_CHROMIUM  the browser (/usr/bin/chromium); without one the page's tests are skipped
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { chromium } from 'playwright-core';

const program = process.env.HEARTH_CHROMIUM ?? '/usr/bin/chromium';
const flags = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-quic',
    '--no-first-run',
    '--disable-component-update',
    '--disable-sync',
];

/** What node:test's `skip` wants: false, or why there are no page tests here. */
export const skip = existsSync(program) ? false : `there is no ${program}: tools/setup test installs it (HEARTH_CHROMIUM names another)`;

export const launch = () => chromium.launch({ executablePath: program, headless: true, args: flags });

/** Nothing takes longer than this; what does is an error. */
export const WAIT_MS = 30_000;

/** What Chromium logs when a request of the page fails, which some tests mean to happen. */
export const FAILED = /ERR_|Failed to load|status of/;

/** A browser for a file of tests. `open` gives each test a page of its own, with storage of its own. */
export function browserForTests() {
    let browser;
    before(async () => {
        if (!skip) browser = await launch();
    });
    after(() => browser?.close());
    return { open: (t, server, options) => open(browser, t, server, options) };
}

/**
 * Opens the page at `at`, signed in unless `signIn` is false ('anew': with a session of its own). When the test ends, it has failed
 * if the page logged an error, broke its policy, threw, or asked another host for anything, whatever else the test looked at.
 * `expected` matches console errors that the test provokes.
 */
async function open(browser, t, server, { expected = null, ready = true, init = null, signIn = true, at = '/', offline = false, ...options } = {}) {
    // Most tests look at the page as the server gives it, without what a service worker keeps.
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', colorScheme: 'light', serviceWorkers: offline ? 'allow' : 'block', ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT_MS);
    const faults = watch(page, expected);
    if (init) await page.addInitScript(init);
    t.after(async () => {
        await context.close();
        assert.deepEqual(faults, []);
    });
    if (signIn) await context.addCookies([await sessionOf(server, signIn === 'anew')]);
    await page.goto(server.url + at);
    if (ready) await message(page).waitFor();
    return page;
}

const sessions = new WeakMap();

/** The cookie of a page that was signed in by a link; one for all tests of a server, unless `anew`. */
export async function sessionOf(server, anew = false) {
    if (!anew && sessions.has(server)) return sessions.get(server);
    const link = new URL(await linkOf(server)).hash.slice('#link='.length);
    const [cookie] = (await server.post('/api/session', { link })).headers.getSetCookie();
    const [name, value] = cookie.split(';')[0].split('=');
    const session = { name, value, url: server.url, httpOnly: true, sameSite: 'Strict' };
    if (!anew) sessions.set(server, session);
    return session;
}

/** The address that signs a page in, once; by the host that the tests use. */
export const linkOf = async (server) => (await server.link()).replace(/^http:\/\/[^/]+/, server.url);

function watch(page, expected) {
    const faults = [];
    page.on('console', (m) => {
        const blocked = /Service Worker registration blocked by Playwright/.test(m.text());
        if (['error', 'warning'].includes(m.type()) && !blocked && !expected?.test(m.text())) faults.push(`console: ${m.text()}`);
    });
    page.on('pageerror', (e) => faults.push(`thrown: ${e.message}`));
    page.on('dialog', (d) => {
        faults.push(`dialog: ${d.message()}`);
        d.dismiss();
    });
    page.on('request', (r) => {
        if (!/^(http:\/\/127\.0\.0\.1:\d+\/|data:|blob:)/.test(r.url())) faults.push(`request: ${r.url()}`);
    });
    return faults;
}

/** Where messages are written. */
export const message = (page) => page.locator('#message');

/** Types a message and sends it, as soon as the page knows to which model. */
export async function ask(page, text) {
    await message(page).fill(text);
    await page.locator('.composer button[type=submit]:enabled').waitFor();
    await message(page).press('Enter');
}

/** The latest answer. */
export const answer = (page) => page.locator('article.answer').last();

/** Resolves when the latest answer is whole. */
export const answered = (page) => page.locator('.thread > article.answer:last-child:not(.writing)').waitFor();

/** Chooses a model by hand. */
export async function chooseModel(page, name) {
    await page.locator('.picker').click();
    await page.getByRole('option', { name: new RegExp(name) }).click();
}

/** A conversation that is there already: what is said in it, and how its answers are made. Returns its id. */
export async function conversation(server, said = [], { title = 'A conversation', ...more } = {}) {
    const messages = said.map((content, i) => ({
        id: `m${i}`,
        parent: i ? `m${i - 1}` : null,
        role: i % 2 ? 'assistant' : 'user',
        content,
        state: 'done',
        created_ms: Date.now(),
    }));
    if (!said.length) return (await json(await server.post('/api/conversations', { title, ...more }))).id;
    const file = { format: 'hearth.conversations', version: 1, conversations: [{ title, messages, leaf: messages.at(-1).id, created_ms: Date.now(), updated_ms: Date.now(), ...more }] };
    const result = await json(await server.post('/api/import', file));
    assert.equal(result.conversations, 1, JSON.stringify(result));
    return (await json(await fetch(`${server.url}/api/conversations?limit=1`))).conversations[0].id;
}

async function json(response) {
    assert.ok(response.ok, `${response.status} ${await response.clone().text()}`);
    return response.json();
}

/** Settings of an answer that is long and always the same. */
export const LONG = { temperature: 0, seed: 1, max_tokens: 30000 };

/** Polls until `condition` gives something truthy, and returns that. */
export async function until(what, condition) {
    for (const end = Date.now() + WAIT_MS; ; ) {
        const value = await condition();
        if (value) return value;
        if (Date.now() > end) throw new Error(`not within ${WAIT_MS} ms: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

/** Polls until `get` gives what is expected; what it gave last is the error. */
export async function becomes(expected, get, what) {
    for (const end = Date.now() + WAIT_MS; ; ) {
        const value = await get();
        if (isDeepStrictEqual(value, expected)) return;
        if (Date.now() > end) assert.deepEqual(value, expected, what);
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}
