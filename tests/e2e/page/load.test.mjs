// The page as it arrives: small, quick, under its policy, from one host; without its server, too.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { startServer } from '../harness.mjs';
import { FAILED, browserForTests, message, skip, until } from './browser.mjs';

const BYTES_MAX = 150_000;
const FIRST_BYTES_MAX = 75_000;

describe('loading', { skip }, () => {
    const { open } = browserForTests();
    let server;
    before(async () => {
        server = await startServer();
    });
    after(() => server?.stop());

    test('all of it together is under 150 KB, compressed', (t) => {
        const dist = fileURLToPath(new URL('../../../ui/dist', import.meta.url));
        const files = readdirSync(dist, { recursive: true }).filter((f) => statSync(path.join(dist, f)).isFile() && !f.startsWith('.'));
        const sizes = files.map((f) => [f, gzipSync(readFileSync(path.join(dist, f)), { level: 9 }).length]);
        const total = sizes.reduce((n, [, bytes]) => n + bytes, 0);
        t.diagnostic(`${files.length} files, ${total} bytes compressed`);
        assert.ok(files.includes('index.html') && files.includes('sw.js'), String(files));
        assert.ok(total < BYTES_MAX, JSON.stringify(sizes));
    });

    test('the policy allows nothing inline and nothing from elsewhere, and is in force', async (t) => {
        const page = await open(t, server, { ready: false, expected: /Content Security Policy/ });
        const policy = (await (await fetch(server.url)).headers.get('content-security-policy')).split(';').map((d) => d.trim());
        assert.ok(policy.includes("default-src 'none'") && policy.includes("script-src 'self'") && policy.includes("style-src 'self'"));
        assert.ok(!/unsafe|\*/.test(policy.join()));
        const ran = await page.evaluate(() => {
            const script = document.createElement('script');
            script.textContent = 'window.ran = true';
            document.body.append(script);
            return window.ran === true;
        });
        assert.equal(ran, false);
    });

    test('the first paint waits for little', async (t) => {
        const page = await open(t, server);
        const paints = [];
        for (let i = 0; i < 5; i++) {
            await page.reload();
            await message(page).waitFor();
            paints.push(await until('the first paint', () => page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime)));
        }
        t.diagnostic(`first contentful paint: ${paints.map((p) => p.toFixed(0)).join(', ')} ms`);
        // The time is the machine's business; what has to come first is ours.
        const came = await page.evaluate(() => performance.getEntriesByType('resource').filter((e) => ['script', 'link', 'css'].includes(e.initiatorType)).map((e) => [new URL(e.name).pathname, e.encodedBodySize]));
        const bytes = came.reduce((n, [, size]) => n + size, 0);
        assert.ok(came.length >= 3 && bytes > 10_000 && bytes < FIRST_BYTES_MAX, JSON.stringify(came));
    });

    test('the model that was chosen is remembered', async (t) => {
        const page = await open(t, server);
        await page.locator('.picker').click();
        await page.getByRole('option', { name: /tiny-plain/ }).click();
        await page.reload();
        await page.getByRole('button', { name: 'Choose a model: tiny-plain' }).waitFor();
    });

    test('it can be installed, opens without its server, says what to do, and goes on by itself', async (t) => {
        const first = await startServer();
        const page = await open(t, first, { offline: true, expected: FAILED });
        const manifest = await (await fetch(`${first.url}/manifest.webmanifest`)).json();
        for (const icon of manifest.icons) assert.equal((await fetch(first.url + icon.src)).status, 200, icon.src);
        const client = await page.context().newCDPSession(page);
        const { installabilityErrors } = await client.send('Page.getInstallabilityErrors');
        assert.deepEqual(installabilityErrors.map((e) => e.errorId).filter((id) => id !== 'in-incognito'), []);
        await page.evaluate(() => navigator.serviceWorker.ready);
        await first.crash({ keep: true });
        await page.reload();
        await page.getByRole('heading', { name: 'Hearth is not running' }).waitFor();
        await page.getByText('hearth serve').waitFor();
        const kept = await page.evaluate(async () => (await Promise.all((await caches.keys()).map(async (k) => (await (await caches.open(k)).keys()).map((r) => new URL(r.url).pathname)))).flat());
        assert.deepEqual(kept.filter((f) => f.startsWith('/api') || f.startsWith('/v1')), [], 'nothing of what people write is kept');
        const second = await startServer({ args: ['--port', String(first.port)], home: first.home });
        t.after(() => second.stop());
        await message(page).waitFor();
    });
});
