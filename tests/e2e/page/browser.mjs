// A browser for the page's tests: Debian's Chromium, new and empty each time, watched for everything that the page must not do.
//
//   HEARTH_CHROMIUM  the browser (/usr/bin/chromium); without one the page's tests are skipped
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before } from 'node:test';
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
export const WAIT_MS = 15_000;

/** A browser for a file of tests. `open` gives each test a page of its own, with storage of its own. */
export function browserForTests() {
    let browser;
    before(async () => {
        if (!skip) browser = await launch();
    });
    after(() => browser?.close());
    return { open: (t, url, options) => open(browser, t, url, options) };
}

/**
 * Opens the page. When the test ends, it has failed if the page logged an error, broke its policy, threw, or asked another host
 * for anything, whatever else the test looked at. `expected` matches console errors that the test provokes: Chromium logs
 * every failed request as one. `hosts` may be asked besides the page's own; `route` is what Playwright's page.route takes.
 */
async function open(browser, t, url, { expected = null, ready = true, init = null, hosts = [], route = null, ...options } = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', colorScheme: 'light', ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT_MS);
    const faults = watch(page, [url, ...hosts], expected);
    if (init) await page.addInitScript(init);
    t.after(async () => {
        await context.close();
        assert.deepEqual(faults, []);
    });
    if (route) await page.route(...route);
    await page.goto(url);
    if (ready) await page.getByRole('textbox').waitFor();
    return page;
}

function watch(page, hosts, expected) {
    const faults = [];
    page.on('console', (m) => {
        if (['error', 'warning'].includes(m.type()) && !expected?.test(m.text())) faults.push(`console: ${m.text()}`);
    });
    page.on('pageerror', (e) => faults.push(`thrown: ${e.message}`));
    page.on('dialog', (d) => {
        faults.push(`dialog: ${d.message()}`);
        d.dismiss();
    });
    page.on('request', (r) => {
        const url = new URL(r.url());
        if (!hosts.includes(url.origin) && url.protocol !== 'data:') faults.push(`request: ${r.url()}`);
    });
    return faults;
}

/** Types a message and sends it. */
export async function ask(page, text) {
    await page.getByRole('textbox').fill(text);
    await page.keyboard.press('Enter');
}

/** The latest answer. */
export const answer = (page) => page.locator('article.answer').last();

/** Resolves when the latest answer is whole. */
export const answered = (page) => page.locator('article:last-child:is(.done, .stopped)').waitFor();

/** Adds fields to the page's requests for answers: the page itself leaves sampling and length to the server. */
export async function withFields(page, fields) {
    await page.route('**/v1/chat/completions', (route) => route.continue({ postData: JSON.stringify({ ...route.request().postDataJSON(), ...fields }) }));
}

/** Answers in the model's place, as one stream. */
export async function answerWith(page, text) {
    const chunk = (choice) => `data: ${JSON.stringify({ choices: [{ index: 0, finish_reason: null, delta: {}, ...choice }] })}\n\n`;
    await page.route('**/v1/chat/completions', (route) =>
        route.fulfill({
            contentType: 'text/event-stream',
            body: chunk({ delta: { role: 'assistant', content: text } }) + chunk({ finish_reason: 'stop' }) + 'data: [DONE]\n\n',
        }),
    );
}

/** Polls until `condition` gives something truthy, and returns that. */
export async function until(what, condition) {
    for (const end = Date.now() + WAIT_MS; ; ) {
        const value = await condition();
        if (value) return value;
        if (Date.now() > end) throw new Error(`not within ${WAIT_MS} ms: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}
