import assert from 'node:assert/strict';
import { test } from 'node:test';
import { texts } from '../src/i18n';
import { rowsOf, snippetParts } from '../src/list/rows';
import { scrollFor, sliceOf } from '../src/list/virtual';
import type { Summary } from '../src/net/types';

test('of ten thousand rows a few exist, and those in sight are among them', () => {
  for (let top = 0; top < 10_000 * 38; top += 997) {
    const { first, end } = sliceOf(10_000, 38, top, 700);
    assert.ok(end - first <= 19 + 2 * 8 + 2);
    const seen = Math.min(top, 10_000 * 38 - 700);
    assert.ok(first * 38 <= seen && end * 38 >= seen + 700, `${top}`);
  }
});

test('the edges of a list', () => {
  assert.deepEqual(sliceOf(0, 38, 0, 700), { first: 0, end: 0 });
  assert.deepEqual(sliceOf(3, 38, 0, 700), { first: 0, end: 3 });
  assert.deepEqual(sliceOf(3, 38, 5000, 700), { first: 0, end: 3 }, 'the list has become shorter than it was scrolled');
  assert.deepEqual(sliceOf(100, 38, -50, 0), { first: 0, end: 8 });
  assert.equal(scrollFor(0, 10, 50, 100), 0);
  assert.equal(scrollFor(20, 10, 50, 100), 110);
  assert.equal(scrollFor(7, 10, 50, 100), 50);
});

const summary = (id: string, updated_ms: number): Summary => ({ id, title: id, folder: null, model: null, created_ms: 0, updated_ms, messages: 1 });

test('conversations stand under the time they are from', () => {
  const now = new Date(2026, 4, 15, 10).getTime();
  const day = 86_400_000;
  const items = [0, 0.3, 1, 3, 12, 60, 61, 400].map((days, i) => summary(String(i), now - days * day));
  const rows = rowsOf(items, now, texts.en, (ms) => `month ${new Date(ms).getMonth() + 1}`, true);
  assert.deepEqual(rows.map((r) => (r.kind === 'when' ? r.text : r.summary.id)), ['Today', '0', '1', 'Yesterday', '2', 'Last 7 days', '3', 'Last 30 days', '4', 'month 3', '5', '6', 'month 4', '7']);
  assert.equal(rowsOf(items, now, texts.en, String, false).length, items.length, 'hits are not grouped');
});

test('what was found is told apart, and never anything but text', () => {
  assert.deepEqual(snippetParts('…a \u0002hit\u0003 and \u0002another\u0003'), [
    { text: '…a ', hit: false },
    { text: 'hit', hit: true },
    { text: ' and ', hit: false },
    { text: 'another', hit: true },
  ]);
  assert.deepEqual(snippetParts('\u0002open'), [{ text: 'open', hit: true }]);
  assert.deepEqual(snippetParts('close\u0003 \u0002\u0003'), [{ text: 'close ', hit: false }]);
});
