import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tree, withMessage } from '../src/chat/tree';
import type { Message } from '../src/net/types';

const m = (id: string, parent: string | null, role: 'user' | 'assistant' = 'user'): Message => ({ id, parent, role, content: id, state: 'done', rating: 0, attachments: [], created_ms: 0 });
const ids = (messages: Message[]): string => messages.map((x) => x.id).join(' ');

// a ── b ── c ── d
//      │    └─ e
//      └─ f          g (another root)
const tree = new Tree([m('a', null), m('b', 'a'), m('c', 'b'), m('d', 'c'), m('e', 'c'), m('f', 'a'), m('g', null)]);

test('a branch goes from its root to its leaf', () => {
  assert.equal(ids(tree.branch('d')), 'a b c d');
  assert.equal(ids(tree.branch('e')), 'a b c e');
  assert.equal(ids(tree.branch('f')), 'a f');
  assert.equal(ids(tree.branch('b')), 'a b');
  assert.equal(ids(tree.branch(null)), 'g', 'without a leaf: the newest message');
  assert.equal(ids(tree.branch('gone')), '');
  assert.equal(ids(new Tree([]).branch(null)), '');
});

test('versions stand beside each other, oldest first', () => {
  assert.equal(ids(tree.siblings(tree.get('e')!)), 'd e');
  assert.equal(ids(tree.siblings(tree.get('a')!)), 'a g');
  assert.equal(ids(tree.siblings(tree.get('c')!)), 'c');
});

test('a branch that is chosen ends at its newest message', () => {
  assert.equal(tree.leafBelow('a'), 'f');
  assert.equal(tree.leafBelow('b'), 'e');
  assert.equal(tree.leafBelow('d'), 'd');
});

test('broken data does not hang the page', () => {
  const loop = new Tree([m('a', 'b'), m('b', 'a')]);
  assert.equal(ids(loop.branch('a')), 'b a');
  assert.ok(['a', 'b'].includes(loop.leafBelow('a')));
  assert.equal(ids(new Tree([m('x', 'nowhere')]).branch('x')), 'x');
});

test('a message is added, or takes the place of what it was', () => {
  const one = [m('a', null), m('b', 'a')];
  assert.equal(ids(withMessage(one, m('c', 'b'))), 'a b c');
  assert.equal(withMessage(one, { ...m('a', null), content: 'new' })[0]!.content, 'new');
  assert.equal(one[0]!.content, 'a');
});
