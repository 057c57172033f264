// Random schemas from a seed: what real ones are made of, nested, with bounds that texts of a small model can reach.

/** mulberry32: the same numbers everywhere. */
export function generator(seed) {
    let a = seed >>> 0;
    return () => {
        a = (a + 0x6d2b79f5) >>> 0;
        let t = Math.imul(a ^ (a >>> 15), 1 | a);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
}

const patterns = ['^[a-z]{1,8}$', '^[A-Z][a-z]+( [A-Z][a-z]+)?$', '^(red|green|blue)$', '[0-9]', '^\\d{3}-\\d{4}$', '^[^"\\\\]{0,6}$', '^.{2,5}$', 'a|b$', '^\\S+@\\S+$', '^[\\u4e00-\\u9fff]{1,4}$', '^(?:ab|cd)*e?$', '^[\\w.-]+$', '^"\\n\\\\$'];
const formats = ['date', 'time', 'date-time', 'uuid', 'email', 'ipv4', 'ipv6', 'hostname', 'uri', 'uri-reference', 'duration', 'json-pointer'];
const names = ['name', 'age', 'id', 'tags', 'a', 'b', 'ab', 'the "one"', '名字', 'x/y', 'items', 'ok'];
const constants = ['yes', 'no', '', 'a "b"\n', '你好', 0, -1, 3.5, 1e3, true, false, null, [], [1, 'x'], { k: [null] }];

export function randomSchema(random) {
    const below = (n) => Math.floor(random() * n);
    const pick = (list) => list[below(list.length)];
    const some = (list, most) => [...list].sort(() => random() - 0.5).slice(0, below(most + 1));
    const chance = (p) => random() < p;
    const defs = {};

    function string() {
        const s = { type: 'string' };
        const kind = below(5);
        if (kind === 0) s.pattern = pick(patterns);
        else if (kind === 1) s.format = pick(formats);
        else {
            s.maxLength = 1 + below(12);
            if (chance(0.5)) s.minLength = below(s.maxLength + 1);
            if (chance(0.2)) s.pattern = '[a-z]';
        }
        if (s.pattern === '[a-z]' && s.maxLength < 1) delete s.pattern;
        return s;
    }
    function number() {
        const integer = chance(0.6);
        const s = { type: integer ? 'integer' : 'number' };
        const low = integer ? below(400) - 200 : Math.round((random() * 20 - 10) * 100) / 100;
        const high = integer ? low + 10 + below(1000) : Math.round((low + 0.5 + random() * 50) * 1000) / 1000;
        if (chance(0.6)) s[chance(0.5) ? 'minimum' : 'exclusiveMinimum'] = low;
        if (chance(0.6)) s[chance(0.5) ? 'maximum' : 'exclusiveMaximum'] = high;
        if (integer && chance(0.3)) s.multipleOf = 1 + below(9);
        return s;
    }
    function array(depth) {
        const s = { type: 'array', items: schema(depth - 1), maxItems: 1 + below(4) };
        if (chance(0.4)) s.minItems = below(s.maxItems + 1);
        if (chance(0.25)) s.prefixItems = [schema(depth - 1), schema(depth - 1)].slice(0, 1 + below(2));
        if (chance(0.1)) s.items = false;
        if (s.items === false && s.prefixItems === undefined) s.minItems = 0;
        if (s.items === false && s.prefixItems) s.minItems = Math.min(s.minItems ?? 0, s.prefixItems.length);
        if (chance(0.1)) ((s.uniqueItems = true), (s.maxItems = 1), (s.minItems = Math.min(s.minItems ?? 0, 1)));
        return s;
    }
    function object(depth) {
        const s = { type: 'object', properties: {} };
        for (const name of some(names, 5)) s.properties[name] = schema(depth - 1);
        const declared = Object.keys(s.properties);
        s.required = some(declared, declared.length);
        const kind = below(4);
        if (kind === 0) s.additionalProperties = false;
        else if (kind === 1) ((s.additionalProperties = schema(0)), (s.maxProperties = declared.length + 2));
        if (kind === 2 && declared.length > 1) s.minProperties = Math.max(1, s.required.length);
        if (chance(0.1)) s.nullable = true;
        return s;
    }
    function union(depth) {
        const kind = below(5);
        if (kind === 0) return { anyOf: [schema(depth - 1), schema(depth - 1)] };
        if (kind === 1) return { oneOf: [string(), number(), { type: 'null' }] };
        if (kind === 2) {
            const branch = (k) => ({ type: 'object', properties: { kind: { const: k }, value: schema(depth - 1) }, required: ['kind', 'value'] });
            return { oneOf: [branch('a'), branch('b')] };
        }
        if (kind === 3) return { allOf: [{ type: 'integer', minimum: below(50) }, { maximum: 60 + below(50) }] };
        return { type: 'object', properties: { a: schema(0), b: schema(0) }, anyOf: [{ required: ['a'] }, { required: ['b'] }] };
    }
    function reference(depth) {
        const name = `d${Object.keys(defs).length}`;
        defs[name] = {};
        if (chance(0.5)) Object.assign(defs[name], { type: 'object', properties: { v: { type: 'integer' }, next: { anyOf: [{ type: 'null' }, { $ref: `#/$defs/${name}` }] } }, required: ['v', 'next'] });
        else Object.assign(defs[name], schema(depth - 1));
        return { $ref: `#/$defs/${name}` };
    }
    function schema(depth) {
        const kind = below(depth > 0 ? 10 : 5);
        if (kind === 0) return string();
        if (kind === 1) return number();
        if (kind === 2) return chance(0.5) ? { enum: some(constants, 5).concat(['last']) } : { const: pick(constants) };
        if (kind === 3) return { type: pick(['boolean', 'null', ['integer', 'null'], ['boolean', 'string']]), maxLength: 8 };
        if (kind === 4) return string();
        if (kind < 7) return object(depth);
        if (kind === 7) return array(depth);
        return kind === 8 ? union(depth) : reference(depth);
    }
    const top = chance(0.8) ? object(3) : schema(3);
    return { ...top, ...(Object.keys(defs).length && { $defs: defs }) };
}

/** The same schema with something in it that cannot be enforced, or is no schema. */
export function spoiled(schema, random) {
    const spoilers = [{ not: { type: 'null' } }, { if: {}, then: {} }, { patternProperties: { a: {} } }, { propertyNames: {} }, { contains: {} }, { unevaluatedProperties: false }, { dependentRequired: { a: ['b'] } }, { minlength: 3 }, { pattern: '(?=a)' , type: 'string'}, { format: 'colour', type: 'string' }, { multipleOf: 0.01, type: 'number' }, { uniqueItems: true, type: 'array' }, { type: 'text' }, { $ref: 'https://example.org/x' }, { oneOf: [{ type: 'integer' }, { type: 'number' }] }];
    const spoiler = spoilers[Math.floor(random() * spoilers.length)];
    const { $defs, ...rest } = schema;
    return { type: 'object', properties: { first: rest, 'then/this': { ...spoiler } }, ...($defs && { $defs }) };
}
