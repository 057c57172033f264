// Small encoders with random weights, written as GGUF, and what they must give: plain loops over numbers, nothing shared with the program.

const SP = '\u2581';
export const VOCAB = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', ...['the', 'cat', 'sat', 'on', 'a', 'mat', 'dog', '.', ','].map((w) => SP + w), 's', 'ted', 'ter'];
const [UNK, CLS, SEP] = [1, 2, 3];

/** A generator of numbers in -0.5 … 0.5, the same ones every time. */
function numbers(seed) {
    let s = BigInt(seed) * 2654435761n + 12345n;
    return () => {
        s = (s * 6364136223846793005n + 1442695040888963407n) & ((1n << 64n) - 1n);
        return Number(s >> 40n) / 2 ** 24 - 0.5;
    };
}

/** pooling: 1 mean, 2 first position, 4 rank. */
export function makeBert({ seed = 1, layers = 3, d = 64, ff = 96, heads = 4, context = 24, pooling = 1, eps = 1e-12 } = {}) {
    const next = numbers(seed);
    const tensors = new Map();
    const add = (name, rows, cols, scale = 1) => tensors.set(name, { rows, cols, v: Float32Array.from({ length: rows * cols }, () => next() * scale) });
    const dense = (name, rows, cols) => {
        add(`${name}.weight`, rows, cols, 0.5);
        add(`${name}.bias`, 1, rows);
    };
    const norm = (name) => {
        add(`${name}.weight`, 1, d);
        tensors.get(`${name}.weight`).v.forEach((x, i, v) => (v[i] = x + 1));
        add(`${name}.bias`, 1, d);
    };
    add('token_embd.weight', VOCAB.length, d);
    add('position_embd.weight', context, d);
    add('token_types.weight', 2, d);
    norm('token_embd_norm');
    for (let l = 0; l < layers; l++) {
        for (const part of ['attn_q', 'attn_k', 'attn_v', 'attn_output']) dense(`blk.${l}.${part}`, d, d);
        norm(`blk.${l}.attn_output_norm`);
        dense(`blk.${l}.ffn_up`, ff, d);
        dense(`blk.${l}.ffn_down`, d, ff);
        norm(`blk.${l}.layer_output_norm`);
    }
    if (pooling === 4) {
        dense('cls', d, d);
        dense('cls.output', 1, d);
    }
    return { layers, d, ff, heads, context, pooling, eps, tensors };
}

/** The file. */
export function toGguf(m) {
    const parts = [];
    let length = 0;
    const put = (b) => {
        parts.push(b);
        length += b.length;
    };
    const u32 = (v) => put(Buffer.from(Uint32Array.of(v).buffer));
    const u64 = (v) => put(Buffer.from(BigUint64Array.of(BigInt(v)).buffer));
    const f32 = (v) => put(Buffer.from(Float32Array.of(v).buffer));
    const str = (s) => {
        u64(Buffer.byteLength(s));
        put(Buffer.from(s));
    };
    const meta = [];
    const number = (key, v) => meta.push(() => (str(key), u32(4), u32(v)));
    const text = (key, v) => meta.push(() => (str(key), u32(8), str(v)));
    text('general.architecture', 'bert');
    text('general.name', 'random bert');
    number('bert.block_count', m.layers);
    number('bert.context_length', m.context);
    number('bert.embedding_length', m.d);
    number('bert.feed_forward_length', m.ff);
    number('bert.attention.head_count', m.heads);
    meta.push(() => (str('bert.attention.layer_norm_epsilon'), u32(6), f32(m.eps)));
    number('bert.pooling_type', m.pooling);
    text('tokenizer.ggml.model', 'bert');
    meta.push(() => (str('tokenizer.ggml.tokens'), u32(9), u32(8), u64(VOCAB.length), VOCAB.forEach(str)));
    put(Buffer.from('GGUF'));
    u32(3);
    u64(m.tensors.size);
    u64(meta.length);
    meta.forEach((write) => write());
    let at = 0;
    for (const [name, t] of m.tensors) {
        str(name);
        u32(t.rows > 1 ? 2 : 1);
        u64(t.cols);
        if (t.rows > 1) u64(t.rows);
        u32(0);
        u64(at);
        at = Math.ceil((at + t.v.byteLength) / 32) * 32;
    }
    const pad = () => put(Buffer.alloc((32 - (length % 32)) % 32));
    pad();
    for (const t of m.tensors.values()) {
        put(Buffer.from(t.v.buffer));
        pad();
    }
    return Buffer.concat(parts);
}

/** Words of lower case, spaces and punctuation only: enough for these tests. */
export function tokenize(words) {
    const ids = [];
    for (const word of words.toLowerCase().match(/[a-z]+|[.,]/g) ?? []) {
        const found = [];
        for (let rest = SP + word; rest; ) {
            let n = rest.length;
            while (n && !VOCAB.includes(rest.slice(0, n))) n--;
            if (!n) {
                found.splice(0, found.length, UNK);
                break;
            }
            found.push(VOCAB.indexOf(rest.slice(0, n)));
            rest = rest.slice(n);
        }
        ids.push(...found);
    }
    return ids;
}

function dense(m, name, x) {
    const w = m.tensors.get(`${name}.weight`);
    const b = m.tensors.get(`${name}.bias`).v;
    return Array.from({ length: w.rows }, (_, r) => x.reduce((sum, v, c) => sum + v * w.v[r * w.cols + c], b[r]));
}

function norm(m, name, x) {
    const mean = x.reduce((a, b) => a + b, 0) / x.length;
    const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length;
    const w = m.tensors.get(`${name}.weight`).v;
    const b = m.tensors.get(`${name}.bias`).v;
    return x.map((v, i) => ((v - mean) / Math.sqrt(variance + m.eps)) * w[i] + b[i]);
}

/** erf by its series, to the last digits of a double for |x| < 4. */
function erf(x) {
    if (Math.abs(x) > 4) return Math.sign(x);
    let term = x;
    let sum = x;
    for (let n = 1; n < 120; n++) {
        term *= (-x * x) / n;
        sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
}

function attend(m, q, k, v) {
    const d = m.d / m.heads;
    return q.map((_, i) => {
        const out = [];
        for (let h = 0; h < m.heads; h++) {
            const part = (x) => x.slice(h * d, (h + 1) * d);
            const scores = k.map((kj) => part(q[i]).reduce((s, x, c) => s + x * part(kj)[c], 0) / Math.sqrt(d));
            const top = Math.max(...scores);
            const p = scores.map((s) => Math.exp(s - top));
            const total = p.reduce((a, b) => a + b, 0);
            for (let c = 0; c < d; c++) out.push(v.reduce((s, vj, j) => s + (p[j] / total) * part(vj)[c], 0));
        }
        return out;
    });
}

const plus = (a, b) => a.map((x, i) => x + b[i]);

/** The last layer's rows; tokens from `second` on are of type 1. */
function rows(m, tokens, second) {
    const at = (name, r) => Array.from(m.tensors.get(name).v.subarray(r * m.d, (r + 1) * m.d));
    let x = tokens.map((t, i) =>
        norm(m, 'token_embd_norm', plus(plus(at('token_embd.weight', t), at('position_embd.weight', i)), at('token_types.weight', i < second ? 0 : 1))),
    );
    for (let l = 0; l < m.layers; l++) {
        const [q, k, v] = ['q', 'k', 'v'].map((p) => x.map((row) => dense(m, `blk.${l}.attn_${p}`, row)));
        x = attend(m, q, k, v).map((row, i) => norm(m, `blk.${l}.attn_output_norm`, plus(x[i], dense(m, `blk.${l}.attn_output`, row))));
        x = x.map((row) => {
            const up = dense(m, `blk.${l}.ffn_up`, row).map((t) => 0.5 * t * (1 + erf(t / Math.SQRT2)));
            return norm(m, `blk.${l}.layer_output_norm`, plus(row, dense(m, `blk.${l}.ffn_down`, up)));
        });
    }
    return x;
}

/** The vector of a text, of length 1. */
export function embed(m, text) {
    const tokens = [CLS, ...tokenize(text), SEP];
    const x = rows(m, tokens, tokens.length);
    const v = m.pooling === 1 ? x[0].map((_, c) => x.reduce((s, row) => s + row[c], 0) / x.length) : x[0];
    const size = Math.hypot(...v);
    return v.map((a) => a / size);
}

/** The score of a document for a query. */
export function score(m, query, document) {
    const head = [CLS, ...tokenize(query), SEP];
    const x = rows(m, [...head, ...tokenize(document), SEP], head.length);
    const [logit] = dense(m, 'cls.output', dense(m, 'cls', x[0]).map(Math.tanh));
    return 1 / (1 + Math.exp(-logit));
}
