// Pictures of the page, from the real program, at the sizes that the documentation shows:
//
//   node tests/e2e/page/screenshots.mjs [FOLDER]     docs/images unless a folder is named
//
// page*.png are the documentation's, in English and Chinese; --all takes every place there is, to look at.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHAT, startServer, stories } from '../harness.mjs';
import { WAIT_MS, answered, ask, chooseModel, conversation, launch, message, sessionOf } from './browser.mjs';
import { everywhere, furnish } from './places.mjs';

const args = process.argv.slice(2).filter((a) => a !== '--all');
const all = process.argv.includes('--all');
const folder = path.resolve(args[0] ?? fileURLToPath(new URL('../../../docs/images', import.meta.url)));
mkdirSync(folder, { recursive: true });

const desktop = { viewport: { width: 1280, height: 800 }, locale: 'en-GB' };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 1.5, isMobile: true, hasTouch: true, locale: 'en-GB' };
const dark = { colorScheme: 'dark' };
const chinese = { locale: 'zh-CN' };

const english = {
    titles: ['Names for a cat', 'A letter to the landlord', 'Supper from the pantry', 'Why the sky turns red', 'Sorting ten million lines'],
    title: 'How far a lighthouse is seen',
    question: 'How far can a lighthouse be seen, and how would I compute it?',
    answer: `From a height of $h$ metres the horizon is about $d \\approx 3.57\\sqrt{h}$ kilometres away. Lamp and observer both count:

$$d = 3.57\\left(\\sqrt{h_{\\text{lamp}}} + \\sqrt{h_{\\text{eye}}}\\right)$$

| Lamp | From a beach, eyes at 2 m |
|--:|--:|
| 20 m | 21 km |
| 60 m | 33 km |

\`\`\`python
from math import sqrt

def seen_from_km(lamp_m: float, eye_m: float = 2) -> float:
    return 3.57 * (sqrt(lamp_m) + sqrt(eye_m))  # haze is another matter
\`\`\``,
};
const inChinese = {
    titles: ['给猫起名字', '写给房东的信', '家常晚餐', '为什么傍晚的天空会变红', '一千万行的排序'],
    title: '灯塔能看多远',
    question: '灯塔能在多远处看见？怎样计算？',
    answer: `在 $h$ 米高处，地平线约在 $d \\approx 3.57\\sqrt{h}$ 千米之外。灯和眼睛的高度都要算：

$$d = 3.57\\left(\\sqrt{h_1} + \\sqrt{h_2}\\right)$$

| 灯高 | 站在海滩上（眼高 2 米） |
|--:|--:|
| 20 米 | 21 千米 |
| 60 米 | 33 千米 |

\`\`\`python
from math import sqrt

def seen_from_km(lamp_m: float, eye_m: float = 2) -> float:
    return 3.57 * (sqrt(lamp_m) + sqrt(eye_m))  # 不考虑雾
\`\`\``,
};

const browser = await launch();
const server = await startServer({ args: ['--engine.deterministic=true', '--engine.context=32768'] });

async function opened(options) {
    const context = await browser.newContext({ serviceWorkers: 'block', ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT_MS);
    await context.addCookies([await sessionOf(server)]);
    return page;
}

async function picture(name, options, at, prepare) {
    const page = await opened(options);
    const evening = new Date();
    evening.setHours(19, 30);
    await page.clock.setSystemTime(evening); // the greeting follows the hour
    await page.goto(server.url + at);
    await prepare(page);
    await page.screenshot({ path: path.join(folder, `${name}.png`), animations: 'disabled' });
    await page.context().close();
    console.log(path.join(folder, `${name}.png`));
}

/** What was said is written for the picture; a small model's words would not show formulas. No speed is shown with it. */
async function talk({ titles, title, question, answer }) {
    for (const other of titles) await conversation(server, [other, '…'], { title: other });
    return conversation(server, [question, answer], { title });
}
const shown = async (page) => {
    await page.locator('.formula math').waitFor();
    await page.locator('.code-keyword').first().waitFor();
    await page.locator('.scroll').evaluate((e) => (e.scrollTop = 0));
    await page.mouse.move(700, 20);
};

/** The small model that tells stories tells one, at its real speed. */
async function story(page) {
    await chooseModel(page, stories ? 'stories260K' : CHAT);
    await ask(page, 'Once upon a time, there was a little girl named Lily.');
    await answered(page);
    await page.mouse.move(700, 20);
}

const said = await talk(english);
await picture('page', desktop, `/?c=${said}`, shown);
await picture('page-phone', phone, `/?c=${said}`, shown);
await picture('page-dark', { ...desktop, ...dark }, `/?c=${await conversation(server, [], { title: 'A story', settings: { temperature: 0.6, seed: 4, max_tokens: 140, stop: [' Lily was happy', ' Once upon a time'] } })}`, story);
await picture('page-models', desktop, '/?p=models', (page) => page.locator('.card').nth(5).waitFor());
await fetch(`${server.url}/api/conversations?confirm=all`, { method: 'DELETE' });
const saidInChinese = await talk(inChinese);
await picture('page-zh', { ...desktop, ...chinese }, `/?c=${saidInChinese}`, shown);
await picture('page-zh-dark', { ...desktop, ...chinese, ...dark }, '/', (page) => message(page).waitFor());
await picture('page-zh-phone', { ...phone, ...chinese }, `/?c=${saidInChinese}`, shown);

if (all)
    for (const [name, options] of Object.entries({ desktop, dark: { ...desktop, ...dark }, phone, zh: { ...desktop, ...chinese }, 'zh-phone-dark': { ...phone, ...chinese, ...dark } })) {
        const page = await opened(options);
        await everywhere(page, server, await furnish(server), async (place) => {
            await page.screenshot({ path: path.join(folder, `${place.replace(/\W+/g, '-')}.${name}.png`), animations: 'disabled' });
        });
        await page.context().close();
    }

await browser.close();
await server.stop();
