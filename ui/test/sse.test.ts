import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventDecoder, type ServerEvent } from '../src/net/sse';

const events = (...pieces: string[]): ServerEvent[] => {
  const d = new EventDecoder();
  return pieces.flatMap((p) => d.feed(p));
};
const all = (...pieces: string[]): string[] => events(...pieces).map((e) => e.data);

test('names', () => {
  assert.deepEqual(events('event: done\ndata: 1\n\ndata: 2\n\nevent:x\n\ndata: 3\n\n'), [
    { name: 'done', data: '1' },
    { name: 'message', data: '2' },
    { name: 'message', data: '3' },
  ]);
});

test('events, comments, other fields, spaces', () => {
  assert.deepEqual(all('data: one\n\n: keep-alive\n\nevent: x\nid: 7\ndata:two\ndata:  three\n\n'), ['one', 'two\n three']);
  assert.deepEqual(all('\ufeffdata: a\n\n'), ['a']);
  assert.deepEqual(all('data\n\n'), ['']);
  assert.deepEqual(all('database: no\n\n'), []);
});

test('all three line ends', () => {
  assert.deepEqual(all('data: a\r\n\r\ndata: b\r\rdata: c\n\n'), ['a', 'b', 'c']);
});

test('cut anywhere', () => {
  const text = 'data: {"a": "水"}\r\n\r\n: x\ndata: b\ndata: c\r\n\r\n';
  const want = all(text);
  assert.deepEqual(want, ['{"a": "水"}', 'b\nc']);
  for (let i = 0; i <= text.length; i++)
    for (let k = i; k <= text.length; k += 3) assert.deepEqual(all(text.slice(0, i), text.slice(i, k), text.slice(k)), want, `${i} ${k}`);
});

test('an unfinished event is not given', () => assert.deepEqual(all('data: a\n'), []));

test('an event without end is refused', () => {
  const d = new EventDecoder();
  assert.throws(() => {
    for (let i = 0; i < 1000; i++) d.feed('x'.repeat(1 << 16));
  });
  const e = new EventDecoder();
  assert.throws(() => {
    for (let i = 0; i < 1000; i++) e.feed(`data: ${'x'.repeat(1 << 16)}\n`);
  });
});
