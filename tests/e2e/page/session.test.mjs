// Who may see the page: the owner by a link, others by a key.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CHAT, startServer } from '../harness.mjs';
import { FAILED, browserForTests, conversation, linkOf, message, skip } from './browser.mjs';

describe('signing in', { skip }, () => {
    const { open } = browserForTests();
    let server;
    before(async () => {
        server = await startServer({ keys: [['reader'], ['boss', '--admin']] });
    });
    after(() => server?.stop());
    const door = { signIn: false, ready: false, expected: FAILED };

    test('nobody is let in without a link or a key; the page says what to do', async (t) => {
        const page = await open(t, server, door);
        await page.getByRole('heading', { name: 'Welcome home' }).waitFor();
        await page.getByText('hearth open', { exact: true }).waitFor();
        const answer = await page.evaluate(async () => (await fetch('/api/conversations')).status);
        assert.equal(answer, 401, 'a browser is not the owner because it runs on the machine');
        await page.getByLabel('Or sign in with a key').fill('wrong');
        await page.keyboard.press('Enter');
        await page.getByRole('alert').getByText('This key is not known').waitFor();
    });

    test('a link signs in once, leaves no trace in the address, and the session stays', async (t) => {
        const link = await linkOf(server);
        const page = await open(t, server, door);
        await page.goto(link);
        await message(page).waitFor();
        assert.equal(page.url(), `${server.url}/`);
        await page.reload();
        await message(page).waitFor();
        const cookies = await page.context().cookies();
        assert.deepEqual(cookies.map((c) => [c.name, c.httpOnly, c.sameSite]), [['hearth_session', true, 'Strict']]);
        const unprotected = await page.evaluate(async () => (await fetch('/api/conversations', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })).status);
        assert.equal(unprotected, 403, 'a cookie alone changes nothing');

        const other = await open(t, server, door);
        await other.goto(link);
        await other.getByText('This link was used before').waitFor();
    });

    test('signing out ends it; another page of the session notices', async (t) => {
        const page = await open(t, server, { at: '/?p=settings', signIn: 'anew', ready: false, expected: FAILED });
        await page.getByText('You are the owner').waitFor();
        const second = await page.context().newPage();
        await second.goto(server.url);
        await message(second).waitFor();
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.getByRole('heading', { name: 'Welcome home' }).waitFor();
        await second.getByRole('link', { name: 'Settings' }).click();
        await second.reload();
        await second.getByRole('heading', { name: 'Welcome home' }).waitFor();
    });

    test('a key’s holder has conversations of its own, and nothing of an administrator’s', async (t) => {
        const id = await conversation(server, ['secret of the owner', 'yes'], { title: 'Owner only', model: CHAT });
        const page = await open(t, server, door);
        await page.getByLabel('Or sign in with a key').fill(server.secrets[0]);
        await page.getByRole('button', { name: 'Sign in' }).click();
        await message(page).waitFor();
        await page.getByText('Your conversations will appear here').waitFor();
        assert.equal(await page.getByRole('link', { name: 'Keys' }).count(), 0);
        await page.goto(`${server.url}/?c=${id}`);
        await page.getByRole('heading', { name: 'This conversation is not here' }).waitFor();
        await page.getByRole('link', { name: 'Models' }).click();
        await page.getByText('Only administrators').waitFor();
        await page.locator('.card').first().waitFor();
        assert.equal(await page.getByRole('button', { name: /^(Get|Fetch|Delete)/ }).count(), 0);
        await page.getByRole('link', { name: 'Settings' }).click();
        await page.getByText('signed in with the key “reader”').waitFor();
    });

    test('keys are made, shown once, and revoked', async (t) => {
        const page = await open(t, server, { at: '/?p=keys', ready: false, permissions: ['clipboard-read', 'clipboard-write'] });
        await page.getByLabel('Name').fill('Editor');
        await page.getByLabel('Valid').selectOption({ label: 'for 30 days' });
        await page.getByRole('button', { name: 'Make the key' }).click();
        const shown = page.locator('.secret');
        await shown.getByText('shown only once').waitFor();
        const secret = await shown.locator('code').innerText();
        await shown.getByRole('button', { name: 'Copy' }).click();
        await shown.getByText('Copied').waitFor();
        assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secret);
        const works = () => fetch(`${server.url}/v1/models`, { headers: { authorization: `Bearer ${secret}` } }).then((r) => r.status);
        assert.equal(await works(), 200);
        const card = page.locator('.card', { hasText: 'Editor' });
        await card.getByText(/expires/).waitFor();
        await page.reload();
        await card.waitFor();
        assert.equal(await page.getByText(secret).count(), 0);
        await card.getByRole('button', { name: 'Revoke the key Editor' }).click();
        await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
        await card.getByText('revoked').waitFor();
        assert.equal(await works(), 401);
    });
});
