// The list of conversations: found, renamed, moved, deleted and brought back, taken out and in; and ten thousand of them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { CHAT, startServer } from '../harness.mjs';
import { browserForTests, conversation, skip, until } from './browser.mjs';

const TEN_THOUSAND = 10_000;

describe('the list', { skip }, () => {
    const { open } = browserForTests();
    let server;
    before(async () => {
        server = await startServer();
        for (const [title, question] of [['Lighthouses', 'How far does a lamp shine?'], ['厨房', '晚饭做什么好？番茄炒蛋可以吗'], ['Cats', 'Names for a <b>cat</b>?']])
            await conversation(server, [question, 'An answer.'], { title, model: CHAT });
    });
    after(() => server?.stop());

    const titles = (page) => page.locator('.row-title').allInnerTexts();
    const action = async (page, title, name) => {
        await page.locator('.row', { hasText: title }).hover();
        await page.getByRole('button', { name: `Actions for “${title}”` }).click();
        await page.getByRole('menuitem', { name }).click();
    };

    test('newest first; opened by a press, by address and by the keys of history', async (t) => {
        const page = await open(t, server);
        await until('three', async () => (await titles(page)).join() === 'Cats,厨房,Lighthouses');
        await page.getByText('Today').waitFor();
        await page.locator('.row a', { hasText: 'Lighthouses' }).click();
        await page.getByText('How far does a lamp shine?').waitFor();
        await page.locator('.row a', { hasText: 'Cats' }).click();
        await page.getByText('Names for a <b>cat</b>?').waitFor();
        await page.goBack();
        await page.getByText('How far does a lamp shine?').waitFor();
        assert.equal(await page.locator('[aria-current=page]').innerText(), 'Lighthouses');
    });

    test('search finds words of both languages and shows where', async (t) => {
        const page = await open(t, server);
        const search = page.getByRole('searchbox', { name: 'Search conversations' });
        await search.fill('lamp');
        await until('one hit', async () => (await titles(page)).join() === 'Lighthouses');
        assert.equal(await page.locator('.snippet mark').first().innerText(), 'lamp');
        await search.fill('晚饭');
        await until('one hit', async () => (await titles(page)).join() === '厨房');
        await search.fill('nowhere at all');
        await page.getByText('Nothing found for “nowhere at all”.').waitFor();
        await page.keyboard.press('Escape');
        await until('all again', async () => (await titles(page)).length === 3);
    });

    test('renamed, moved to a folder, deleted, brought back, deleted for good', async (t) => {
        const id = await conversation(server, ['x', 'y'], { title: 'Passing', model: CHAT });
        const page = await open(t, server, { at: `/?c=${id}` });
        await action(page, 'Passing', 'Rename');
        await page.getByLabel('Title').fill('Renamed');
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { level: 1, name: 'Renamed' }).waitFor();
        await action(page, 'Renamed', 'Move to a folder');
        await page.getByLabel('Name of the folder').fill('Work');
        await page.keyboard.press('Enter');
        await page.getByLabel('Folder', { exact: true }).selectOption('Work');
        await until('the folder', async () => (await titles(page)).join() === 'Renamed');
        await page.getByLabel('Folder', { exact: true }).selectOption('');

        await action(page, 'Renamed', 'Delete');
        await until('gone from the list', async () => !(await titles(page)).includes('Renamed'));
        await page.getByRole('button', { name: 'Undo' }).click();
        await until('back', async () => (await titles(page)).includes('Renamed'));
        await page.getByText('x', { exact: true }).waitFor();
        const exists = async () => (await fetch(`${server.url}/api/conversations/${id}`)).status;
        assert.equal(await exists(), 200);
        await action(page, 'Renamed', 'Delete');
        await page.reload(); // who goes away does not undo
        await until('deleted', async () => (await exists()) === 404);
    });

    test('out as Markdown and JSON, and in again', async (t) => {
        const page = await open(t, server, { expected: /status of 400/ }); // notes are no conversation
        const saved = async (title, name) => {
            const download = page.waitForEvent('download');
            await action(page, title, name);
            const file = await download;
            return [file.suggestedFilename(), readFileSync(await file.path(), 'utf8')];
        };
        const [name, markdown] = await saved('Lighthouses', 'Export as Markdown');
        assert.equal(name, 'Lighthouses.md');
        assert.match(markdown, /How far does a lamp shine\?/);
        assert.match((await saved('Lighthouses', 'Export as JSON'))[1], /"title":\s*"Lighthouses"/);

        await page.getByRole('link', { name: 'Settings' }).click();
        const download = page.waitForEvent('download');
        await page.getByRole('button', { name: 'Export all' }).click();
        const all = readFileSync(await (await download).path());
        const put = (buffer, name = 'all.json', mimeType = 'application/json') => page.getByLabel('Import a file').last().setInputFiles({ name, mimeType, buffer });
        await put(Buffer.from('# notes'));
        await page.getByText('This file cannot be imported. Line 1 of the Markdown').waitFor();
        const chatgpt = [{ title: 'From elsewhere', create_time: 1e9, update_time: 1e9, mapping: { a: { id: 'a', parent: null, children: ['b'], message: null }, b: { id: 'b', parent: 'a', children: [], message: { id: 'b', author: { role: 'user' }, create_time: 1e9, content: { content_type: 'text', parts: ['imported words'] } } } }, current_node: 'b' }];
        await put(Buffer.from(JSON.stringify(chatgpt)));
        await page.getByText('Imported: 1 conversation, 1 message').waitFor();
        await until('in the list', async () => (await titles(page)).includes('From elsewhere'));
        await put(Buffer.from('<!-- hearth:conversation {"version":1,"title":"As Markdown"} -->\n# As Markdown\n\n<!-- hearth:message {"role":"user"} -->\n## You\n\nwritten\n'), 'one.md', '');
        await until('in the list, too', async () => (await titles(page)).includes('As Markdown'));
        await put(all);
        await page.getByText(/Imported: 0 conversations|left out/).first().waitFor();
        await page.getByRole('button', { name: 'Delete all conversations' }).click();
        await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
        assert.ok((await titles(page)).length >= 4);
    });

    test('ten thousand: few rows exist, those in sight are right, and a jump draws no more than it shows', async (t) => {
        // What the server does with so many is measured elsewhere; here they come from within the page.
        const init = `{
            const ask = window.fetch, n = ${TEN_THOUSAND};
            const one = (i) => ({ id: 'n' + i, title: 'Conversation ' + i, folder: null, model: null, created_ms: 0, updated_ms: Date.now() - i * 600000, messages: 2 });
            window.fetch = async (path, init) => {
                if (!String(path).startsWith('/api/conversations?')) return ask(path, init);
                const query = new URLSearchParams(path.split('?')[1]), from = Number(query.get('before') ?? 0), end = Math.min(n, from + Number(query.get('limit')));
                return new Response(JSON.stringify({ conversations: Array.from({ length: end - from }, (_, i) => one(from + i)), next: end < n ? String(end) : null, total: n }));
            };
        }`;
        const page = await open(t, server, { init });
        await page.getByText('Conversation 0', { exact: true }).waitFor();
        const list = page.locator('.list');
        await list.evaluate(async (e, last) => {
            while (!e.innerText.includes(last)) {
                e.scrollTop = e.scrollHeight;
                await new Promise(requestAnimationFrame);
            }
        }, `Conversation ${TEN_THOUSAND - 1}`);
        assert.ok((await page.locator('.list li').count()) < 60);
        const { frames, made } = await list.evaluate(async (e) => {
            const times = [];
            let made = 0;
            const observer = new MutationObserver((all) => (made += all.reduce((n, m) => n + [...m.addedNodes].filter((a) => a.localName === 'li').length, 0)));
            observer.observe(e, { subtree: true, childList: true });
            let last = performance.now();
            for (let i = 0; i < 120; i++) {
                e.scrollTop = ((i * 7919) % 1000) * (e.scrollHeight / 1000);
                await new Promise(requestAnimationFrame);
                times.push(performance.now() - last);
                last = performance.now();
            }
            observer.disconnect();
            return { frames: times.sort((a, b) => a - b), made };
        });
        const at = (share) => frames[Math.floor(frames.length * share)].toFixed(1);
        t.diagnostic(`jumping about in ${TEN_THOUSAND} conversations: a frame takes ${at(0.5)} ms (median), ${at(0.95)} ms (95 %)`);
        // Times are the machine's business; how much is drawn is ours.
        assert.ok(made > 0 && made < 120 * 60, `${made} rows were made`);
        const places = await list.evaluate((e) => {
            const box = e.getBoundingClientRect();
            const rows = [...e.querySelectorAll('li')].map((r) => r.getBoundingClientRect()).sort((a, b) => a.top - b.top);
            return { above: rows[0].top <= box.top, below: rows.at(-1).bottom >= box.bottom, gaps: rows.slice(1).filter((r, i) => Math.abs(r.top - rows[i].bottom) > 1).length };
        });
        assert.deepEqual(places, { above: true, below: true, gaps: 0 });
    });

    test('a conversation that is gone says so', async (t) => {
        const page = await open(t, server, { at: '/?c=nowhere', ready: false, expected: /404/ });
        await page.getByRole('heading', { name: 'This conversation is not here' }).waitFor();
        await page.getByRole('button', { name: 'New chat' }).click();
        await page.getByRole('heading', { level: 1, name: /Good/ }).waitFor();
    });
});
