import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, streamText } from 'ai';
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createOllama } from 'ollama-ai-provider-v2';
import { CHAT, collect, startServer, untilIdle } from '../harness.mjs';

let server;
const providers = {
    'OpenAI-compatible': (name) => createOpenAICompatible({ name: 'hearth', baseURL: `${server.url}/v1` }).chatModel(name),
    Ollama: (name) => createOllama({ baseURL: `${server.url}/api` })(name),
};
before(async () => {
    server = await startServer({ args: ['--engine.deterministic=true'] });
});
after(() => server?.stop());

// The Ollama provider has a place of its own for them.
const settings = (n, temperature) => ({
    temperature,
    maxOutputTokens: n,
    providerOptions: { ollama: { options: { num_predict: n, temperature } } },
});
const ask = { system: 'Be brief.', prompt: 'Say something.', maxRetries: 0, ...settings(12, 0) };

for (const [name, modelOf] of Object.entries(providers)) {
    test(`${name}: text, whole and streamed`, async () => {
        const whole = await generateText({ ...ask, model: modelOf(CHAT) });
        assert.ok(['stop', 'length'].includes(whole.finishReason), whole.finishReason);
        assert.ok(whole.usage.outputTokens > 0 && whole.usage.outputTokens <= 12);
        const stream = streamText({ ...ask, model: modelOf(CHAT) });
        const parts = await collect(stream.textStream);
        assert.equal(parts.join(''), whole.text);
    });

    test(`${name}: what leaves, stops`, async () => {
        const leave = new AbortController();
        const hot = { ...ask, ...settings(4000, 1.5) };
        const stream = streamText({ ...hot, model: modelOf(CHAT), abortSignal: leave.signal, onError() {} });
        for await (const _ of stream.textStream) leave.abort();
        await untilIdle(server);
    });

    test(`${name}: a model that is not there`, async () => {
        await assert.rejects(generateText({ ...ask, model: modelOf('nobody') }), (e) => /no model 'nobody'/.test(e.responseBody));
    });
}

test('both say the same', async () => {
    const texts = [];
    for (const modelOf of Object.values(providers)) texts.push((await generateText({ ...ask, model: modelOf(CHAT) })).text);
    assert.equal(texts[0], texts[1]);
});
