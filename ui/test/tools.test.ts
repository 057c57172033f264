import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brief, pretty, whole } from '../src/chat/call-text';
import { keptOf } from '../src/chat/panel-fields';
import { readPasted, shownPasted } from '../src/chat/pasted';
import { Calls } from '../src/net/follow';

test('tools come in many wrappings', () => {
  const tool = { name: 'f', parameters: { type: 'object' } };
  for (const pasted of [[tool], tool, { tools: [tool] }, { model: 'x', tools: [tool] }])
    assert.deepEqual(readPasted('tools', JSON.stringify(pasted)), { settings: { tools: [tool] } });
  assert.deepEqual(readPasted('tools', '  \n'), { settings: {} });
});

test('a schema comes alone, or as OpenAI has it', () => {
  const schema = { type: 'object', properties: { schema: { type: 'string' } } };
  for (const pasted of [schema, { name: 'n', schema, strict: true }, { type: 'json_schema', json_schema: { name: 'n', schema } }])
    assert.deepEqual(readPasted('schema', JSON.stringify(pasted)), { settings: { schema } });
  // A schema may speak of a "schema" and a "name" itself.
  const own = { type: 'object', properties: {}, schema: { x: 1 } };
  assert.deepEqual(readPasted('schema', JSON.stringify(own)), { settings: { schema: own } });
  for (const wrong of ['1', '[]', 'null', '"x"', 'true']) assert.deepEqual(readPasted('schema', wrong), { wrong: 'object' });
});

test('what is not JSON is told with its place', () => {
  assert.deepEqual(readPasted('schema', '{\n  "a": 1,\n  "b" 2\n}'), { wrong: 'json', line: 3, column: 7 });
  assert.deepEqual(readPasted('tools', '[{"a": 1}'), { wrong: 'json', line: 1, column: 10 });
});

test('a setting is shown as it can be read', () => {
  assert.equal(shownPasted(undefined), '');
  assert.equal(shownPasted([{ a: 1 }]), '[\n  {\n    "a": 1\n  }\n]');
});

test('reset leaves tools and form alone', () => {
  const kept = { tools: [1], tool_choice: 'none' as const, schema: {} };
  assert.deepEqual(keptOf({ ...kept, temperature: 1, thinking: false }), kept);
  assert.deepEqual(keptOf({ seed: 1 }), {});
});

test('arguments are an object, or cut', () => {
  assert.ok(whole('{"a":1}') && whole('{}'));
  for (const cut of ['', '{"a":', '[1]', 'null', '3']) assert.ok(!whole(cut), cut);
  assert.equal(pretty('{"a":[1]}'), '{\n  "a": [\n    1\n  ]\n}');
  assert.equal(pretty('{"a":'), '{"a":');
  assert.equal(brief('{\n "a": 1 }'), '{ "a": 1 }');
  assert.equal([...brief('😀'.repeat(200))].length, 81);
});

test('calls grow one after the other; what does not fit is noticed', () => {
  const calls = new Calls();
  const piece = (index: number, from: number, text: string): boolean => calls.add({ index, id: `c${index}`, name: 'f', from, arguments: text });
  assert.ok(piece(0, 0, '{"a":"ä'));
  assert.ok(piece(0, 8, '"}'));
  assert.ok(piece(1, 0, ''));
  assert.ok(piece(1, 0, '{}'));
  assert.deepEqual(calls.list(), [{ id: 'c0', name: 'f', arguments: '{"a":"ä"}' }, { id: 'c1', name: 'f', arguments: '{}' }]);
  assert.ok(!piece(1, 9, 'x'));
  assert.ok(!piece(3, 0, '{}'));
});
