import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { ApiError, chat, getStatus, kindOf } from '../src/api';
import { messagesOf } from '../src/conversation';
import { firstLang, texts } from '../src/i18n';
import { modelLabel, pickModel } from '../src/app';

const realFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = realFetch;
});
const answer = (body: string | object, status = 200): void => {
  globalThis.fetch = async () => new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });
};
const run = async (): Promise<{ text: string; result: Awaited<ReturnType<typeof chat>> }> => {
  let text = '';
  const result = await chat('m', [{ role: 'user', content: 'q' }], new AbortController().signal, (p) => (text += p));
  return { text, result };
};
const kind = (k: string) => (e: unknown): boolean => e instanceof ApiError && e.kind === k;

test('a stream becomes text, finish and speed', async () => {
  answer(
    'data: {"choices":[{"delta":{"role":"assistant","content":""},"finish_reason":null}]}\n\n: waiting\n\n' +
      'data: {"choices":[{"delta":{"content":"He"}}]}\n\ndata: {"choices":[{"delta":{"content":"llo"}}]}\n\n' +
      'data: {"choices":[{"delta":{},"finish_reason":"length"}]}\n\n' +
      'data: {"choices":[],"usage":{"completion_tokens":7},"timings":{"decode_tokens_per_s":12.5}}\n\ndata: [DONE]\n\n',
  );
  const { text, result } = await run();
  assert.equal(text, 'Hello');
  assert.equal(result.finish, 'length');
  assert.equal(result.stats.tokens, 7);
  assert.equal(result.stats.perSecond, 12.5);
  assert.ok(result.stats.firstTokenS! >= 0);
});

test('a stream that is cut off is an error', async () => {
  answer('data: {"choices":[{"delta":{"content":"He"}}]}\n\n');
  await assert.rejects(run(), kind('offline'));
});

test('an error within a stream', async () => {
  answer('data: {"error":{"message":"no memory","code":"model_broken"}}\n\n');
  await assert.rejects(run(), kind('model'));
});

test('errors before a stream', async () => {
  answer({ error: { message: 'too long', code: 'context_length_exceeded' } }, 400);
  await assert.rejects(run(), kind('context'));
  answer({ error: { message: 'full', code: null } }, 503);
  await assert.rejects(run(), kind('busy'));
  answer('<html>proxy</html>', 502);
  await assert.rejects(run(), kind('offline'));
  globalThis.fetch = async () => {
    throw new TypeError('network');
  };
  await assert.rejects(run(), kind('offline'));
  await assert.rejects(getStatus(), kind('offline'));
  assert.equal(kindOf(404, 'model_not_found'), 'model');
  assert.equal(kindOf(500, 'model_broken'), 'model');
  assert.equal(kindOf(503, 'out_of_memory'), 'memory');
  assert.equal(kindOf(503, 'server_busy'), 'busy');
  assert.equal(kindOf(400, null), 'other');
});

test('what the model is sent', () => {
  assert.deepEqual(messagesOf([{ role: 'user', text: 'a' }, { role: 'assistant', text: '', state: 'done' }, { role: 'user', text: 'b' }]), [
    { role: 'user', content: 'a' },
    { role: 'user', content: 'b' },
  ]);
});

test('the model that is chosen', () => {
  const status = { version: '', models_dir: '', default_model: 'b', models: [{ id: 'a', state: 'failed' as const }, { id: 'b', state: 'cold' as const }] };
  assert.equal(pickModel(status, 'a'), 'a');
  assert.equal(pickModel(status, 'gone'), 'b');
  assert.equal(pickModel({ ...status, default_model: null }, null), 'b');
  assert.equal(pickModel({ ...status, models: [] }, 'a'), null);
  assert.equal(pickModel({ ...status, default_model: 'a' }, null), 'b');
  assert.equal(pickModel({ ...status, models: status.models.slice(0, 1) }, null), 'a');
  assert.equal(pickModel(null, 'a'), null);
  assert.equal(modelLabel({ id: 'm', state: 'cold', size_bytes: 634e6 }), 'm · 634 MB');
  assert.equal(modelLabel({ id: 'm', state: 'cold', size_bytes: 6.34e9 }), 'm · 6.3 GB');
  assert.equal(modelLabel({ id: 'm', state: 'cold', size_bytes: 22 }), 'm · 1 KB');
});

test('languages', () => {
  assert.equal(firstLang(null, ['zh-CN', 'en']), 'zh');
  assert.equal(firstLang(null, ['fr', 'zh-TW']), 'zh');
  assert.equal(firstLang(null, ['de']), 'en');
  assert.equal(firstLang('en', ['zh']), 'en');
  assert.deepEqual(Object.keys(texts.zh), Object.keys(texts.en));
  assert.equal(texts.zh.ideas.length, texts.en.ideas.length);
});
