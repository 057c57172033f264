// Asks the real small model, at temperature 1.5, for texts of many random schemas, and has ajv judge them.
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { generator, randomSchema, spoiled } from './random.mjs';

const AT_ONCE = 8;
const ajv = () => addFormats.default(new Ajv.default({ strict: false, allErrors: false, logger: false }));

async function one(server, seed, seen) {
    const random = generator(seed);
    const schema = randomSchema(random);
    const ask = (s) =>
        server.post('/v1/completions', {
            model: 'stories260K',
            prompt: 'Once upon a time',
            max_tokens: 400,
            temperature: 1.5,
            seed,
            response_format: { type: 'json_schema', json_schema: { name: 's', schema: s } },
        });
    const wrong = (what, more) => seen.wrong.push(`seed ${seed}: ${what} ${JSON.stringify(schema)} ${more}`);
    const answer = await ask(schema);
    const body = await answer.json();
    if (answer.status !== 200) {
        // Some random schemas hold for nothing at all: that is a refusal, too.
        if (/nothing could ever satisfy/.test(body.error?.message)) seen.empty++;
        else wrong('refused', body.error?.message);
    } else if (body.choices[0].finish_reason === 'length') {
        seen.cut++;
    } else {
        const validate = ajv().compile(schema);
        let value;
        try {
            value = JSON.parse(body.choices[0].text);
        } catch {
            wrong('not JSON', body.choices[0].text);
            return;
        }
        if (validate(value)) seen.valid++;
        else wrong('invalid', `${body.choices[0].text} ${ajv().errorsText(validate.errors)}`);
    }
    const refusal = await ask(spoiled(schema, random));
    const error = (await refusal.json()).error;
    if (refusal.status === 400 && error.param === 'response_format') seen.refused++;
    else wrong('should be refused', JSON.stringify(spoiled(schema, generator(seed))));
}

/** What was seen: how many texts were valid, cut by the limit, of empty schemas; how many spoiled schemas were refused; what was wrong. */
export async function checkSchemas(server, first, n) {
    const seen = { valid: 0, cut: 0, empty: 0, refused: 0, wrong: [] };
    let next = first;
    const work = async () => {
        while (next < first + n) await one(server, next++, seen);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return seen;
}
