import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf, placeOf } from '../src/base/route';
import { guess, tokensUsed } from '../src/chat/context-meter';
import { fieldRows, parseField, parseStops, withField } from '../src/chat/panel-fields';
import { tokensPerSecond } from '../src/models/speeds';
import type { Message, Status } from '../src/net/types';
import { chord } from '../src/palette/shortcuts';
import { matches } from '../src/palette/commands';
import { linkOf } from '../src/session/session';
import { pickModel } from '../src/session/status';
import { fileName, readText } from '../src/parts/files';

const row = (name: string): (typeof fieldRows)[number] => fieldRows.find((r) => r.name === name)!;

test('numbers of the settings', () => {
  assert.equal(parseField(' 0,7 ', row('temperature')), 0.7);
  assert.equal(parseField('', row('temperature')), undefined);
  for (const bad of ['x', '-1', '2.1', 'NaN', '1e9', '0x']) assert.equal(parseField(bad, row('temperature')), null, bad);
  assert.equal(parseField('40', row('top_k')), 40);
  assert.equal(parseField('4.5', row('top_k')), null);
  assert.deepEqual(withField({ top_k: 1, seed: 2 }, 'top_k', undefined), { seed: 2 });
  assert.deepEqual(parseStops('a\n\n b\n'), ['a', ' b']);
  assert.equal(parseStops('\n'), undefined);
});

test('addresses of places', () => {
  for (const place of [{ name: 'chat' as const, id: null }, { name: 'chat' as const, id: 'a/b&c' }, { name: 'models' as const }, { name: 'settings' as const }, { name: 'keys' as const }])
    assert.deepEqual(placeOf(addressOf(place).slice(1)), place);
  assert.deepEqual(placeOf('?p=../x'), { name: 'chat', id: null });
  assert.deepEqual(placeOf('?c='), { name: 'chat', id: null });
});

test('the link of signing in', () => {
  assert.equal(linkOf('#link=abc-DEF_123'), 'abc-DEF_123');
  for (const bad of ['', '#', '#link=', '#link=short', '#link=abcdefgh&x', '#x=abcdefgh', '#link=<script>alert']) assert.equal(linkOf(bad), null, bad);
});

test('the model that is chosen', () => {
  const status = { version: '', models_dir: '', default_model: 'b', models: [{ id: 'a', state: 'failed' as const }, { id: 'b', state: 'cold' as const }] } satisfies Status;
  const id = (s: Status | null, wanted: string | null): string | null => pickModel(s, wanted)?.id ?? null;
  assert.equal(id(status, 'a'), 'a');
  assert.equal(id(status, 'gone'), 'b');
  assert.equal(id({ ...status, default_model: null }, null), 'b');
  assert.equal(id({ ...status, models: [] }, 'a'), null);
  assert.equal(id({ ...status, default_model: 'a' }, null), 'b');
  assert.equal(id({ ...status, models: status.models.slice(0, 1) }, null), 'a');
  assert.equal(id(null, 'a'), null);
});

test('how much of the context is used', () => {
  const m = (content: string, usage?: Message['usage']): Message => ({ id: content, parent: null, role: 'user', content, state: 'done', rating: 0, attachments: [], created_ms: 0, usage });
  const usage = { prompt_tokens: 100, cached_tokens: 0, completion_tokens: 20, first_ms: 1, decode_ms: 1000 };
  assert.equal(tokensUsed([m('x'.repeat(400)), m('y', usage)]), 120);
  assert.equal(tokensUsed([m('y', usage), m('x'.repeat(400))]), 220);
  assert.equal(tokensUsed([]), 0);
  assert.equal(guess('中文字'), 2);
  assert.equal(tokensPerSecond({ usage }), 20);
  assert.equal(tokensPerSecond({ usage: { ...usage, decode_ms: 0 } }), null);
  assert.equal(tokensPerSecond({}), null);
});

test('keys and commands', () => {
  const key = (k: string, more: object = {}): string => chord({ key: k, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...more });
  assert.equal(key('K', { ctrlKey: true }), 'ctrl+k');
  assert.equal(key('k', { metaKey: true }), 'ctrl+k');
  assert.equal(key('O', { ctrlKey: true, shiftKey: true }), 'ctrl+shift+o');
  assert.ok(matches('Export as Markdown', 'mark EXP'));
  assert.ok(matches('anything', ''));
  assert.ok(!matches('Export', 'exporter'));
});

test('files', async () => {
  assert.equal(fileName('a/b: "c"?\n', 'md'), 'a b c.md');
  assert.equal(fileName('', 'json'), 'hearth.json');
  assert.equal(await readText(new Blob(['héllo'])), 'héllo');
  assert.equal(await readText(new Blob([new Uint8Array([0xff, 0xfe])])), null);
  assert.equal(await readText(new Blob(['a\u0000b'])), null);
});
