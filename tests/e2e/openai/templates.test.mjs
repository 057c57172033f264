// Chat templates that do not work for every conversation.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { CHAT, startServer } from '../harness.mjs';

// ChatML that breaks on a conversation of three messages, and refuses a word.
const TEMPLATE = `{% if messages|length == 3 %}{{ 1 / 0 }}{% endif %}{% for m in messages %}{% if 'forbidden' in m.content %}{{ raise_exception('this word is forbidden here') }}{% endif %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`;

let server, folder;
before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'hearth-template-'));
    writeFileSync(path.join(folder, 'chat.jinja'), TEMPLATE);
    server = await startServer({ args: [`--engine.chat_template_file=${path.join(folder, 'chat.jinja')}`] });
});
after(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
});

const say = (...contents) =>
    server.client.chat.completions.create({
        model: CHAT, temperature: 0, max_tokens: 8, logprobs: true,
        messages: contents.map((content, i) => ({ role: i % 2 ? 'assistant' : 'user', content })),
    });

test('a template that breaks on a conversation is stood in for by the format that it is of', async () => {
    const { usage, choices } = await say('one', 'two', 'three');
    assert.ok(choices[0].message.content !== null);
    // The same tokens as the template itself would have made: it is ChatML.
    const whole = await server.post('/tokenize', { model: CHAT, parse_special: true, content: '<|im_start|>user\none<|im_end|>\n<|im_start|>assistant\ntwo<|im_end|>\n<|im_start|>user\nthree<|im_end|>\n<|im_start|>assistant\n' });
    assert.equal(usage.prompt_tokens, (await whole.json()).tokens.length);
});

test('what a template refuses on purpose is told to the client', async () => {
    await assert.rejects(say('this is forbidden'), (e) => e.status === 400 && /this word is forbidden here/.test(e.message));
    assert.ok(await say('this is not'));
});
