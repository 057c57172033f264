// Pictures of the page, from the real program with a real model, at the sizes that the documentation shows:
//
//   node tests/e2e/page/screenshots.mjs [FOLDER]     docs/images unless a folder is named
//
// page.png, page-dark.png and page-phone.png are the documentation's; --all takes every state there is, to look at.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHAT, startServer, stories } from '../harness.mjs';
import { WAIT_MS, answerWith, answered, ask, launch, withFields } from './browser.mjs';

const args = process.argv.slice(2).filter((a) => a !== '--all');
const all = process.argv.includes('--all');
const folder = path.resolve(args[0] ?? fileURLToPath(new URL('../../../docs/images', import.meta.url)));
mkdirSync(folder, { recursive: true });

const desktop = { viewport: { width: 1280, height: 800 }, locale: 'en-GB' };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 1.5, isMobile: true, hasTouch: true, locale: 'en-GB' };
const dark = { colorScheme: 'dark' };
const chinese = { locale: 'zh-CN' };

const browser = await launch();
const server = await startServer({ args: ['--engine.deterministic=true', '--engine.context=32768'] });
const empty = await startServer({ models: false });

async function picture(name, options, prepare, url = server.url) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT_MS);
    await page.clock.setSystemTime(new Date(2026, 4, 1, 19, 30)); // the greeting follows the hour
    await page.goto(url);
    await prepare(page);
    await page.screenshot({ path: path.join(folder, `${name}.png`), animations: 'disabled' });
    await context.close();
    console.log(path.join(folder, `${name}.png`));
}

/** A conversation with the model that tells stories, where it is; the same one each time, ended where a story ends. */
async function talk(page) {
    await page.getByRole('combobox').selectOption(stories ? 'stories260K' : CHAT);
    for (const [text, seed] of [
        ['Once upon a time, there was a little girl named Lily.', 4],
        ['Then a big dog came to the park.', 6],
    ]) {
        await page.unrouteAll();
        await withFields(page, { temperature: 0.6, seed, max_tokens: 140, stop: [' Lily was happy', ' Once upon a time'] });
        await ask(page, text);
        await answered(page);
    }
    await page.mouse.move(0, 0);
}

await picture('page', desktop, talk);
await picture('page-dark', { ...desktop, ...dark }, talk);
await picture('page-phone', phone, talk);

const markdown = `# Lighthouses

A lighthouse shows ships **where the land is**, and *how far away*: see [this text](https://example.org) or \`man 7 ship\`.

1. The lamp turns
2. The lens gathers its light
   - Fresnel's is *flat*
   - an older one is thick
3. A keeper watches

> Nothing is as dark as the foot of a lighthouse.

| Tower | Height | Since |
|:--|--:|:-:|
| Pharos | 103 m | -280 |
| Cordouan | 67 m | 1611 |

\`\`\`python
def flash(period_s: float, dark_s: float) -> str:
    return "*" if period_s > dark_s else " "  # a rather long comment that makes the line too long for the column it is in
\`\`\`

- [x] paint the tower
- [ ] oil the lamp

中文**加粗**，也有 \`代码\`。

---

The end.`;

if (all) {
    const welcome = (page) => page.getByRole('textbox').waitFor();
    const prose = async (page) => {
        await answerWith(page, markdown);
        await ask(page, 'What is a lighthouse?');
        await answered(page);
        await page.evaluate(() => window.scrollTo(0, 0));
    };
    const streaming = async (page) => {
        await page.getByRole('combobox').selectOption(CHAT);
        await withFields(page, { max_tokens: 30000, ignore_eos: true });
        await (await page.context().newCDPSession(page)).send('Network.emulateNetworkConditions', {
            offline: false,
            latency: 0,
            downloadThroughput: 12_000,
            uploadThroughput: -1,
        });
        await ask(page, 'Go on');
        await page.waitForTimeout(2500);
    };
    const noModel = (page) => page.getByRole('list').waitFor();
    const error = async (page) => {
        await page.getByRole('combobox').selectOption('broken');
        await ask(page, 'Hello');
        await page.getByRole('alert').waitFor();
    };
    const offline = async (page) => {
        await page.getByRole('textbox').waitFor();
        await page.route('**/*', (route) => route.abort());
        await ask(page, 'Are you there?');
        await page.locator('.failure').waitFor();
        await page.waitForTimeout(1500);
    };
    writeFileSync(path.join(server.modelsDir, 'broken.gguf'), 'This is not a model.\n');
    for (const [name, options] of Object.entries({ desktop, dark: { ...desktop, ...dark }, phone, zh: { ...desktop, ...chinese }, 'zh-phone-dark': { ...phone, ...chinese, ...dark } })) {
        await picture(`welcome-${name}`, options, welcome);
        await picture(`prose-${name}`, options, prose);
        await picture(`streaming-${name}`, options, streaming);
        await picture(`empty-${name}`, options, noModel, empty.url);
        await picture(`error-${name}`, options, error);
        await picture(`offline-${name}`, options, offline);
    }
}

await browser.close();
await server.stop();
await empty.stop();
