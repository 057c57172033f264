// What is to be JSON is JSON, whichever client asks. The model's weights are random, so nothing but the grammar can be the reason.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateObject } from 'ai';
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Ollama } from 'ollama';
import { zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { CHAT, startServer } from '../harness.mjs';

let server;
before(async () => {
    server = await startServer();
});
after(() => server?.stop());

const Answer = z.object({ yes: z.boolean(), colour: z.enum(['red', 'green']) });
const question = 'Is it red?';
const schema = z.toJSONSchema(Answer);

test('openai: responses.parse with zod', async () => {
    const r = await server.client.responses.parse({ model: CHAT, input: question, text: { format: zodTextFormat(Answer, 'answer') } });
    assert.doesNotThrow(() => Answer.parse(r.output_parsed));
});

test('ollama: format', async () => {
    const r = await new Ollama({ host: server.url }).chat({ model: CHAT, messages: [{ role: 'user', content: question }], format: schema });
    Answer.parse(JSON.parse(r.message.content));
});

test('Vercel AI SDK: generateObject', async () => {
    const model = createOpenAICompatible({ name: 'hearth', baseURL: `${server.url}/v1`, supportsStructuredOutputs: true }).chatModel(CHAT);
    const { object } = await generateObject({ model, schema: Answer, prompt: question, maxRetries: 0 });
    Answer.parse(object);
});
