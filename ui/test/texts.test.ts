import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { firstLang, texts } from '../src/i18n';
import { durationText, sizeText } from '../src/base/format';

const call = (f: (...args: never[]) => string): string => (f as (...args: unknown[]) => string)(...Array.from({ length: f.length }, (_, i) => (i ? 'b' : 1)));
/** Every text with its path; functions as what they say. */
function flat(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'function') return [[path, call(value as () => string)]];
  if (typeof value === 'string') return [[path, value]];
  return Object.entries(value as object).flatMap(([k, v]) => flat(v, `${path}.${k}`));
}

test('both languages have the same texts, and none is empty', () => {
  const en = flat(texts.en);
  const zh = flat(texts.zh);
  assert.deepEqual(zh.map(([path]) => path), en.map(([path]) => path));
  for (const [path, text] of [...en, ...zh]) assert.ok(text.trim() && !text.includes('undefined'), path);
});

test('none is left that nothing says', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((f) => /\.tsx?$/.test(f) && !/i18n.(en|zh)\.ts$/.test(f));
  const words = new Set(files.flatMap((f) => readFileSync(`src/${f}`, 'utf8').match(/\w+/g) ?? []));
  assert.deepEqual(Object.keys(texts.en).filter((key) => !words.has(key)), []);
});

test('each says it in its own language', () => {
  for (const [path, text] of flat(texts.en)) assert.ok(path === '.otherLanguage' || !/\p{Script=Han}/u.test(text), `${path}: ${text}`);
  for (const [path, text] of flat(texts.zh)) assert.ok(path === '.otherLanguage' || path === '.version' || /\p{Script=Han}/u.test(text) || /^\S+\/秒$/.test(text), `${path}: ${text}`);
});

test('a function takes the same arguments in both', () => {
  const lengths = (t: object): string => JSON.stringify(t, (_, v: unknown) => (typeof v === 'function' ? v.length : typeof v === 'string' ? '' : v));
  assert.equal(lengths(texts.zh), lengths(texts.en));
});

test('the first language', () => {
  assert.equal(firstLang(null, ['zh-CN', 'en']), 'zh');
  assert.equal(firstLang(null, ['fr', 'zh-TW']), 'zh');
  assert.equal(firstLang(null, ['de']), 'en');
  assert.equal(firstLang('en', ['zh']), 'en');
});

test('sizes and times', () => {
  assert.equal(sizeText(634e6), '634 MB');
  assert.equal(sizeText(6.34e9), '6.3 GB');
  assert.equal(sizeText(22), '1 KB');
  assert.equal(durationText(0.4), '0:00');
  assert.equal(durationText(75), '1:15');
  assert.equal(durationText(3725), '1:02:05');
});
