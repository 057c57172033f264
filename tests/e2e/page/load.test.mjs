// The page as it arrives: under its policy, from one host, again and again.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../harness.mjs';
import { answer, answered, ask, browserForTests, skip } from './browser.mjs';

describe('loading', { skip }, () => {
    const { open } = browserForTests();
    let server;
    before(async () => {
        server = await startServer();
    });
    after(() => server?.stop());

    test('the policy allows nothing inline and nothing from elsewhere, and is in force', async (t) => {
        const page = await open(t, server.url, { ready: false, expected: /Content Security Policy/ });
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

    test('loads, and keeps working when it is loaded again', async (t) => {
        const page = await open(t, server.url);
        assert.equal(await page.title(), 'Hearth');
        for (let i = 0; i < 2; i++) {
            await ask(page, 'hello');
            await answered(page);
            assert.notEqual(await answer(page).innerText(), '');
            await page.reload();
            await page.getByRole('heading', { level: 1 }).waitFor();
        }
    });

    test('the model that was chosen is remembered', async (t) => {
        const page = await open(t, server.url);
        const choice = page.getByRole('combobox');
        await choice.selectOption('tiny-plain');
        await page.reload();
        await choice.waitFor();
        assert.equal(await choice.inputValue(), 'tiny-plain');
    });
});
