import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { utf8Length } from '../src/base/format';
import { Api } from '../src/net/api';
import { ApiError, kindOf } from '../src/net/errors';
import { Assembly, follow, type Phase } from '../src/net/follow';
import { Http } from '../src/net/http';

const realFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = realFetch;
});
type Call = { url: string; method: string; headers: Record<string, string>; body: string | undefined };
/** Answers one request after the other, and keeps what was asked. A string is a stream, cut off at its end. */
function answers(...list: (Response | string | Error)[]): Call[] {
  const calls: Call[] = [];
  globalThis.fetch = (async (url: string, init: RequestInit = {}) => {
    calls.push({ url, method: init.method ?? 'GET', headers: init.headers as Record<string, string>, body: init.body as string | undefined });
    const next = list.shift();
    if (next === undefined) throw new Error('asked too often');
    if (next instanceof Error) throw next;
    return typeof next === 'string' ? new Response(next) : next;
  }) as typeof fetch;
  return calls;
}
const json = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status });
const problem = (status: number, code: string | null = null): Response => json({ error: { message: 'why', code } }, status);
const kind = (k: string) => (e: unknown): boolean => e instanceof ApiError && e.kind === k;
const api = (): Api => new Api(new Http());

test('what an error means', async () => {
  for (const [response, want] of [
    [problem(400, 'context_length_exceeded'), 'context'],
    [problem(503), 'busy'],
    [problem(503, 'out_of_memory'), 'memory'],
    [problem(404), 'missing'],
    [problem(404, 'model_not_found'), 'model'],
    [problem(403), 'denied'],
    [problem(413), 'large'],
    [problem(429), 'limit'],
    [new Response('<html>proxy</html>', { status: 502 }), 'offline'],
    [problem(500), 'other'],
  ] as const) {
    answers(response);
    await assert.rejects(api().status(), kind(want));
  }
  answers(new TypeError('network'));
  await assert.rejects(api().status(), kind('offline'));
  answers(new Response('{"cut', { status: 200 }));
  await assert.rejects(api().status(), kind('offline'));
  assert.equal(kindOf(500, 'model_broken'), 'model');
});

test('how long to wait', async () => {
  answers(new Response('{}', { status: 429, headers: { 'retry-after': '7' } }));
  await assert.rejects(api().signIn({ key: 'x' }), (e: unknown) => (e as ApiError).retryS === 7);
});

test('whatever changes something carries the token; a stale one is renewed once', async () => {
  const a = api();
  a.http.csrf = 'old';
  const calls = answers(problem(403, 'csrf'), json({ signed_in: true, csrf: 'new' }), json({ id: '1' }, 201));
  await a.create({});
  assert.deepEqual(calls.map((c) => [c.method, c.url, c.headers['X-CSRF-Token']]), [
    ['POST', '/api/conversations', 'old'],
    ['GET', '/api/session', undefined],
    ['POST', '/api/conversations', 'new'],
  ]);
  const again = answers(problem(403, 'csrf'), json({ signed_in: true, csrf: 'new' }));
  await assert.rejects(a.create({}), kind('denied'));
  assert.equal(again.length, 2, 'no third try with the same token');
});

test('who is signed out is told so once, and not for a wrong key', async () => {
  const a = api();
  let told = 0;
  a.http.onSignedOut = () => told++;
  answers(problem(401, 'sign_in'), problem(401));
  await assert.rejects(a.status(), kind('signIn'));
  await assert.rejects(a.signIn({ key: 'x' }), kind('signIn'));
  assert.equal(told, 1);
});

test('names in addresses are quoted', async () => {
  const calls = answers(new Response(null, { status: 204 }), json({ conversations: [], next: null, total: 0 }));
  const a = api();
  await a.removeModel('org/a b?c');
  await a.list({ q: '中 &=', folder: null, before: '', limit: 3 });
  assert.deepEqual(calls.map((c) => c.url), ['/api/models/org/a%20b%3Fc', `/api/conversations?${new URLSearchParams({ q: '中 &=', limit: '3' })}`]);
});

test('lengths in UTF-8', () => {
  for (const s of ['', 'abc', 'äö', '中文', '😀', 'a😀中ä', '\ud800', 'x\udc00']) assert.equal(utf8Length(s), new TextEncoder().encode(s).length, JSON.stringify(s));
});

test('pieces are put together by their offsets', () => {
  const a = new Assembly();
  assert.ok(a.add({ from: 0, text: '中😀' }));
  assert.ok(a.add({ from: 7, text: 'a' }));
  assert.equal(a.text, '中😀a');
  assert.ok(!a.add({ from: 7, text: 'again' }), 'behind');
  assert.ok(!a.add({ from: 9, text: 'gap' }), 'ahead');
  assert.equal(a.text, '中😀a');
  assert.ok(a.add({ from: 0, text: 'all of it' }));
  assert.equal(a.text, 'all of it');
});

const event = (name: string, data: unknown): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
const piece = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`;
async function followed(...list: (Response | string | Error)[]): Promise<{ texts: string[]; phases: string[]; end: unknown }> {
  answers(...list);
  const texts: string[] = [];
  const phases: string[] = [];
  const listener = { text: (t: string) => void texts.push(t), phase: (p: Phase) => void phases.push(p.phase) };
  const end = await follow(api(), 'c', 'm', listener, new AbortController().signal);
  return { texts, phases, end };
}

test('an answer is followed to its end', async () => {
  const { texts, phases, end } = await followed(event('state', { phase: 'reading' }) + event('text', { from: 0, text: '' }) + piece({ from: 0, text: 'He' }) + piece({ from: 2, text: 'llo' }) + event('done', { id: 'm' }));
  assert.deepEqual(texts, ['', 'He', 'Hello']);
  assert.deepEqual(phases, ['reading', 'writing', 'writing']);
  assert.deepEqual(end, { id: 'm' });
});

test('a connection that breaks, a server that is away and a piece that is missing: it is followed again, from the whole text', async () => {
  const { texts, phases } = await followed(
    event('text', { from: 0, text: 'He' }),
    new TypeError('refused'),
    event('text', { from: 0, text: 'Hello' }) + piece({ from: 9, text: '!' }),
    event('text', { from: 0, text: 'Hello wor' }) + event('done', { id: 'm' }),
  );
  assert.deepEqual(texts, ['He', 'Hello', 'Hello wor']);
  assert.deepEqual(phases.filter((p) => p === 'lost').length, 3);
});

test('what no waiting mends ends the following', async () => {
  await assert.rejects(followed(problem(404)), kind('missing'));
  const gone = new AbortController();
  gone.abort();
  answers(event('text', { from: 0, text: '' }));
  await assert.rejects(follow(api(), 'c', 'm', { text: () => undefined, phase: () => undefined }, gone.signal));
});
