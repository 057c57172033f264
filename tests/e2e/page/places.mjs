// Every state that the page has, and the way there: for the tests that look at all of them, and for pictures.
import { CHAT } from '../harness.mjs';
import { LONG, answered, ask, conversation, message } from './browser.mjs';

export const prose = `# Title

Text with **bold**, \`code\`, $e^{i\\pi} = -1$ and a [link](https://other.invalid/a).

> A quotation.

1. one
2. two

| A table | with | many | columns | that | is | wider | than | a | telephone |
|--|--|--|--|--|--|--|--|--|--|
| unbreakable | words | unbreakable | words | unbreakable | words | unbreakable | words | unbreakable | words |

- [x] done
- [ ] open

$$
\\begin{pmatrix} a & b & c & d & e & f & g & h & i & j & k & l & m & n & o & p & q & r \\end{pmatrix} = \\frac{1}{2}
$$

\`\`\`js
// a comment
const line = 'a line of code that is a good deal longer than any telephone is wide, and that must not break the page' + 1;
\`\`\`

${'averylongwordwithoutanyspace'.repeat(8)} https://other.invalid/${'path/'.repeat(40)}`;

const CALLS = [{ id: 'c1', name: 'f_1', arguments: '{"a":1,"b":["2","3"]}' }, { id: 'c2', name: 'f_2', arguments: `{"x":"${'1 '.repeat(200)}"}` }, { id: 'c3', name: 'f_3', arguments: '{"x":' }];

/** A conversation in which tools were called and answered. */
async function resulted(server) {
    const messages = [
        { id: 'a', parent: null, role: 'user', content: '1' },
        { id: 'b', parent: 'a', role: 'assistant', content: '2', reasoning: '3', calls: CALLS.slice(0, 2) },
        { id: 'c', parent: 'b', role: 'tool', content: '', results: [{ id: 'c1', name: 'f_1', content: '4' }, { id: 'c2', name: 'f_2', content: '5\n'.repeat(50) }] },
        { id: 'd', parent: 'c', role: 'assistant', content: '6' },
    ].map((m, i) => ({ ...m, state: 'done', created_ms: i + 1 }));
    const answer = await server.post('/api/import', { format: 'hearth.conversations', version: 1, conversations: [{ title: '5', model: CHAT, leaf: 'd', messages }] });
    if (!answer.ok) throw new Error(await answer.text());
    return (await (await fetch(`${server.url}/api/conversations?limit=1`)).json()).conversations[0].id;
}

/** Conversations that the places need, made once. Their titles are digits, which are the same in every language. */
export async function furnish(server) {
    const ended = async (state, more = {}) => {
        const file = {
            format: 'hearth.conversations', version: 1,
            conversations: [{ title: '1', model: CHAT, leaf: 'b', messages: [
                { id: 'a', parent: null, role: 'user', content: '1', state: 'done', created_ms: 1, attachments: [{ name: '1.txt', text: '1 2 3' }] },
                { id: 'b0', parent: 'a', role: 'assistant', content: '0', state: 'done', created_ms: 2 },
                { id: 'b', parent: 'a', role: 'assistant', content: '2', state, created_ms: 3, usage: { prompt_tokens: 5, cached_tokens: 0, completion_tokens: 20, first_ms: 12, decode_ms: 300 }, ...more },
            ] }],
        };
        const answer = await server.post('/api/import', file);
        if (!answer.ok) throw new Error(await answer.text());
        return (await (await fetch(`${server.url}/api/conversations?limit=1`)).json()).conversations[0].id;
    };
    return {
        prose: await conversation(server, ['x '.repeat(40) + 'y'.repeat(200), prose], { title: '2', model: CHAT, folder: '3' }),
        stopped: await ended('stopped'),
        length: await ended('length'),
        interrupted: await ended('interrupted'),
        failed: await ended('failed', { error: '500' }),
        called: await ended('done', { content: '', calls: CALLS }),
        resulted: await resulted(server),
        long: await conversation(server, [], { title: '4', model: CHAT, settings: LONG }),
    };
}

/** name → what to do on a page that is signed in to `server`, where `f` is what furnish gave. */
export const places = {
    'the beginning': (page) => page.locator('.ideas').waitFor(),
    'an answer': async (page, { server, f }) => {
        await page.goto(`${server.url}/?c=${f.prose}`);
        await page.locator('math').first().waitFor();
        await page.locator('.code-keyword').waitFor();
    },
    ...Object.fromEntries(
        ['stopped', 'length', 'interrupted', 'failed'].map((state) => [
            `an answer that is ${state}`,
            async (page, { server, f }) => {
                await page.goto(`${server.url}/?c=${f[state]}`);
                await answered(page);
            },
        ]),
    ),
    'an answer that has not begun': async (page, { server, f }) => {
        await page.route('**/events', () => undefined); // and never will
        await page.goto(`${server.url}/?c=${f.long}`);
        await ask(page, '1');
        await page.locator('.waiting').waitFor();
    },
    'a growing answer': async (page) => {
        await page.unrouteAll();
        await page.reload();
        await page.locator('.answer.writing .prose').waitFor();
    },
    'calls that wait for results': async (page, { server, f }) => {
        await page.goto(`${server.url}/?c=${f.called}`);
        await page.locator('.result-form').waitFor();
        await page.locator('details.call summary').first().click();
    },
    'calls and their results': async (page, { server, f }) => {
        await page.goto(`${server.url}/?c=${f.resulted}`);
        await page.locator('article.tool').waitFor();
        for (const one of await page.locator('details.folded summary').all()) await one.click();
    },
    'tools that cannot be enforced': async (page, { server, f }) => {
        await page.goto(`${server.url}/?c=${f.resulted}`);
        await page.locator('article.tool').waitFor();
        await page.keyboard.press('Control+.');
        await page.locator('textarea.json').first().fill('[{"name":"f","parameters":{"type":"object","properties":{"x":{"not":{}}}}}]');
        await page.locator('[role=status].problem').waitFor();
        await page.locator('textarea.json').last().fill('{"type":"integer"');
    },
    'a question that is edited': async (page, { server, f }) => {
        await page.goto(`${server.url}/?c=${f.stopped}`);
        await answered(page);
        await message(page).press('ArrowUp');
        await page.locator('.editor').waitFor();
    },
    'attached files': async (page, { server, f }) => {
        await page.goto(`${server.url}/?c=${f.stopped}`);
        await page.locator('.composer input[type=file]').setInputFiles([{ name: '1.txt', mimeType: 'text/plain', buffer: Buffer.from('1') }, { name: '2.txt', mimeType: 'x/y', buffer: Buffer.from([0]) }]);
        await page.locator('.toast').waitFor();
    },
    'a search': async (page) => {
        await showList(page);
        await page.getByRole('searchbox').fill('1');
        await page.locator('.snippet').first().waitFor();
    },
    'a search without hits': async (page) => {
        await showList(page);
        await page.getByRole('searchbox').fill('000000');
        await page.locator('.nothing').waitFor();
    },
    'a menu': async (page) => {
        await showList(page);
        await page.locator('.row').first().hover();
        await page.locator('.row-more').first().click();
        await page.getByRole('menuitem').first().waitFor();
    },
    'a name that is asked for': async (page) => {
        await page.getByRole('menuitem').first().click();
        await page.locator('.one-field').waitFor();
    },
    'the choice of a model': async (page) => {
        await page.locator('.picker').click();
        await page.locator('.models-menu li').first().waitFor();
    },
    'the palette': async (page) => {
        await page.keyboard.press('Control+k');
        await page.locator('.command-palette').waitFor();
    },
    'the panel': async (page) => {
        await page.keyboard.press('Control+.');
        await page.locator('.settings-panel').waitFor();
        await page.locator('.field input').first().fill('9');
        await page.keyboard.press('Tab');
        await page.locator('.field .problem').waitFor();
    },
    'models': async (page, { server }) => {
        await page.route('**/api/models/pulls', (route) => route.fulfill({ json: { pulls } }));
        await page.route('**/api/models/pulls/*/events', () => undefined);
        await page.goto(`${server.url}/?p=models`);
        await page.locator('.card').nth(5).waitFor();
    },
    'a model that may be deleted': async (page) => {
        await page.locator('.card .quiet').first().click();
        await page.locator('dialog').waitFor();
    },
    'keys': async (page, { server }) => {
        await page.goto(`${server.url}/?p=keys`);
        await page.locator('.key-maker input').fill(String(Date.now()));
        await page.keyboard.press('Enter');
        await page.locator('.secret').waitFor();
        await page.locator('.cards .card').first().waitFor();
    },
    'settings': async (page, { server }) => {
        await page.goto(`${server.url}/?p=settings`);
        await page.locator('.import input').setInputFiles({ name: '1.json', mimeType: 'application/json', buffer: Buffer.from('1 2') });
        await page.locator('.import .problem').waitFor();
    },
    ...Object.fromEntries(
        [['server_busy', 503], ['out_of_memory', 503], ['model_broken', 500], ['context_length_exceeded', 400], [null, 429], [null, 413], [null, 500]].map(([code, status]) => [
            `the error ${code ?? status}`,
            async (page, { server, f }) => {
                await page.route('**/messages', (route) => route.fulfill({ status, json: { error: { message: '1', code } } }));
                await page.goto(`${server.url}/?c=${f.stopped}`);
                await ask(page, '1');
                await page.locator('.composer .failure').waitFor();
            },
        ]),
    ),
    'a conversation that is not here': async (page, { server }) => {
        await page.goto(`${server.url}/?c=0`);
        await page.locator('.state[role=alert]').waitFor();
    },
    'a lost connection': async (page, { server, f }) => {
        await page.goto(`${server.url}/?c=${f.stopped}`);
        await answered(page);
        await page.route('**/api/**', (route) => route.abort());
        await ask(page, '1');
        await page.locator('.hint[role=alert]').waitFor();
    },
    'no server': async (page, { server }) => {
        await page.route('**/api/**', (route) => route.abort());
        await page.goto(server.url);
        await page.locator('.state .path').waitFor();
    },
    'the door': async (page, { server }) => {
        await page.route('**/api/session', (route) => (route.request().method() === 'GET' ? route.fulfill({ json: { signed_in: false } }) : route.fulfill({ status: 401, json: { error: { message: '1' } } })));
        await page.goto(server.url);
        await page.locator('#key').fill('1');
        await page.keyboard.press('Enter');
        await page.locator('#key-error:not(:empty)').waitFor();
    },
    'no model': async (page, { server }) => {
        await page.route('**/api/status', (route) => route.fulfill({ json: { version: '1', models_dir: '/1', default_model: null, models: [], memory: { total_bytes: 8e9, available_bytes: 4e9 } } }));
        await page.route('**/api/models/pulls', (route) => route.fulfill({ json: { pulls } }));
        await page.route('**/api/models/pulls/*/events', () => undefined);
        await page.goto(server.url);
        await page.locator('.no-model .card').nth(5).waitFor();
    },
};

const pulls = [
    { id: '1', name: '1', state: 'downloading', bytes_done: 2e8, bytes_total: 6e8, rate_bps: 3e7, eta_s: 75, error: null, model: null },
    { id: '2', name: '2', state: 'resolving', bytes_done: 0, bytes_total: null, rate_bps: 0, eta_s: null, error: null, model: null },
    { id: '3', name: '3', state: 'failed', bytes_done: 5e6, bytes_total: 6e8, rate_bps: 0, eta_s: null, error: '404', model: null },
    { id: '4', name: '4', state: 'canceled', bytes_done: 5e6, bytes_total: 6e8, rate_bps: 0, eta_s: null, error: null, model: null },
    { id: '5', name: '5', state: 'done', bytes_done: 6e8, bytes_total: 6e8, rate_bps: 0, eta_s: null, error: null, model: '5' },
];

/** The list is beside the conversation, or in a drawer where there is no room. */
async function showList(page) {
    if (await page.locator('.sidebar').isVisible()) return;
    await page.locator('.topbar button').first().click();
    await page.locator('.drawer .sidebar').waitFor();
}

/** Goes to every place, one after the other; each begins on the first page, unless it goes on from the one before. */
export async function everywhere(page, server, f, look) {
    const goesOn = new Set(['a growing answer', 'a name that is asked for', 'a model that may be deleted']);
    for (const [place, go] of Object.entries(places)) {
        if (!goesOn.has(place)) {
            await page.unrouteAll();
            await page.goto(server.url);
            await page.locator('.home').waitFor();
        }
        try {
            await go(page, { server, f });
        } catch (e) {
            throw new Error(`${place}: ${e.message}`, { cause: e });
        }
        await look(place);
        if (place === 'a growing answer') {
            await page.keyboard.press('Escape'); // it would keep the machine busy
            await answered(page);
        }
    }
}
