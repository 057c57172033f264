// What a model should say, computed the plainest way: from the GGUF's own metadata and weights (F32), in double precision, one
// position after the other, without a cache, blocks or batches. It shares nothing with hearth but the file; keys and values are
// rounded to 16 bits as hearth's cache holds them, so that what differs is the order of additions alone.
//
// usage: node reference.mjs MODEL.gguf OUT.jsonl
//
// Each line: {"tokens": […], "at": [positions], "logprobs": [[of every token of the vocabulary] for each position]}
import { copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

// ---- the file

class Reader {
  constructor(bytes) { this.bytes = bytes; this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length); this.at = 0; }
  u32() { this.at += 4; return this.view.getUint32(this.at - 4, true); }
  u64() { this.at += 8; return Number(this.view.getBigUint64(this.at - 8, true)); }
  text() { const n = this.u64(); this.at += n; return this.bytes.toString('utf8', this.at - n, this.at); }
  value(kind) {
    const sizes = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 };
    if (kind === 8) return this.text();
    if (kind === 9) { const item = this.u32(), n = this.u64(); return Array.from({ length: n }, () => this.value(item)); }
    const at = this.at;
    this.at += sizes[kind];
    switch (kind) {
      case 4: return this.view.getUint32(at, true);
      case 5: return this.view.getInt32(at, true);
      case 6: return this.view.getFloat32(at, true);
      case 7: return this.view.getUint8(at) !== 0;
      default: return null; // not needed here
    }
  }
}

function openModel(path) {
  const r = new Reader(readFileSync(path));
  if (r.u32() !== 0x46554747 || r.u32() !== 3) throw new Error('not GGUF 3');
  const nTensors = r.u64(), nKeys = r.u64(), meta = {}, tensors = {};
  for (let i = 0; i < nKeys; i++) { const key = r.text(); meta[key] = r.value(r.u32()); }
  for (let i = 0; i < nTensors; i++) {
    const name = r.text(), dims = Array.from({ length: r.u32() }, () => 0).map(() => r.u64());
    if (r.u32() !== 0) throw new Error(`${name} is not F32`);
    tensors[name] = { dims, offset: r.u64() };
  }
  const start = Math.ceil(r.at / 32) * 32;
  for (const t of Object.values(tensors)) {
    const n = t.dims.reduce((a, b) => a * b, 1);
    t.data = Float64Array.from({ length: n }, (_, i) => r.view.getFloat32(start + t.offset + 4 * i, true));
  }
  return { meta, tensors };
}

// ---- arithmetic

const add = (a, b) => a.map((x, i) => x + b[i]);
const times = (a, by) => a.map((x) => x * by);
const dot = (a, b, at, n) => { let s = 0; for (let i = 0; i < n; i++) s += a[i] * b[at + i]; return s; };
/** Rows from … from + n of a [rows][cols] tensor, times x. */
const product = (t, x, from = 0, n = t.data.length / t.dims[0]) =>
  Float64Array.from({ length: n }, (_, r) => dot(x, t.data, (from + r) * t.dims[0], t.dims[0]));
const rmsNorm = (x, weight, eps) => {
  const scale = 1 / Math.sqrt(x.reduce((s, v) => s + v * v, 0) / x.length + eps);
  return x.map((v, i) => v * scale * weight[i]);
};
const softmax = (x) => {
  const max = Math.max(...x), e = Array.from(x, (v) => Math.exp(v - max)), sum = e.reduce((a, b) => a + b, 0);
  return e.map((v) => v / sum);
};
const silu = (x) => x / (1 + Math.exp(-x));
const gelu = (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

/** To the nearest number of 16 bits, of equals the even one: as keys and values are kept. */
const half = (x) => {
  const step = 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(x)))) - 10), n = x / step, low = Math.floor(n);
  return x === 0 ? 0 : (n - low < 0.5 || (n - low === 0.5 && low % 2 === 0) ? low : low + 1) * step;
};

// ---- what the metadata say

function configure({ meta, tensors }) {
  const arch = meta['general.architecture'], get = (key, otherwise) => meta[`${arch}.${key}`] ?? otherwise;
  const gemma = arch === 'gemma2' || arch === 'gemma3';
  const c = {
    arch, gemma, tensors,
    layers: get('block_count'), d: get('embedding_length'), heads: get('attention.head_count'),
    kvHeads: get('attention.head_count_kv'), dk: get('attention.key_length'), dv: get('attention.value_length'),
    eps: get('attention.layer_norm_rms_epsilon'), context: get('context_length'),
    adjacent: ['llama', 'smollm3', 'granite'].includes(arch), // pairs (2i, 2i + 1), not (i, i + n/2)
    window: gemma || arch === 'phi3' ? get('attention.sliding_window', 0) : 0,
    embedding: gemma ? Math.sqrt(get('embedding_length')) : get('embedding_scale', 1),
    residual: get('residual_scale', 1), logits: get('logit_scale', 1),
    attentionCap: get('attn_logit_softcapping', 0), logitCap: get('final_logit_softcapping', 0),
    experts: get('expert_count', 0), expertsUsed: get('expert_used_count', 0), expertWidth: get('expert_feed_forward_length'),
  };
  c.scores = get('attention.scale', 1 / Math.sqrt(c.dk));
  c.rot = get('rope.dimension_count', c.dk);
  c.local = (layer) => c.window && (arch === 'gemma3' ? layer % 6 !== 5 : arch === 'gemma2' ? layer % 2 === 0 : true);
  c.rotates = (layer) => arch !== 'smollm3' || layer % 4 !== 3;
  Object.assign(c, rotation(c, get));
  return c;
}

function rotation(c, get) {
  const base = get('rope.freq_base', 10000), type = get('rope.scaling.type', 'linear'), factor = get('rope.scaling.factor', 1);
  const original = get('rope.scaling.original_context_length', c.context), long = c.tensors['rope_factors_long.weight'];
  const plain = (b) => Array.from({ length: c.rot / 2 }, (_, i) => b ** (-2 * i / c.rot));
  let magnitude = get('rope.scaling.attn_factor', 1), frequencies = plain(base);
  if (type === 'yarn') {
    // Peng et al.: turns over the original context decide; the magnitude grows with the factor
    const pairOf = (turns) => c.rot * Math.log(original / (turns * 2 * Math.PI)) / (2 * Math.log(base));
    const low = Math.max(0, Math.floor(pairOf(get('rope.scaling.yarn_beta_fast', 32))));
    const high = Math.min(c.rot - 1, Math.ceil(pairOf(get('rope.scaling.yarn_beta_slow', 1))));
    frequencies = frequencies.map((f, i) => {
      const stretched = Math.min(1, Math.max(0, (i - low) / Math.max(0.001, high - low)));
      return f / factor * stretched + f * (1 - stretched);
    });
    magnitude *= 1 + 0.1 * Math.log(factor);
  } else {
    frequencies = frequencies.map((f) => f / factor);
  }
  if (long && get('rope.scaling.attn_factor') === undefined && c.context > original)
    magnitude = Math.sqrt(1 + Math.log(c.context / original) / Math.log(original));
  const factors = long && c.context > original ? long : c.tensors['rope_freqs.weight'] ?? c.tensors['rope_factors_short.weight'];
  if (factors) frequencies = frequencies.map((f, i) => f / factors.data[i]);
  return { magnitude, frequencies, localFrequencies: c.arch === 'gemma3' ? plain(get('rope.freq_base_swa', 10000)) : frequencies };
}

// ---- the layers

function rotate(c, head, position, frequencies) {
  const half = c.rot / 2;
  for (let i = 0; i < half; i++) {
    const a = c.adjacent ? 2 * i : i, b = c.adjacent ? 2 * i + 1 : i + half, x = head[a], y = head[b];
    const cos = Math.cos(position * frequencies[i]) * c.magnitude, sin = Math.sin(position * frequencies[i]) * c.magnitude;
    head[a] = x * cos - y * sin;
    head[b] = x * sin + y * cos;
  }
}

function heads(c, layer, name, x, position, n, width, fusedFrom) {
  const t = (suffix) => c.tensors[`blk.${layer}.${suffix}`], fused = t('attn_qkv.weight');
  let all = fused ? product(fused, x, fusedFrom, n * width) : product(t(`attn_${name}.weight`), x);
  if (t(`attn_${name}.bias`)) all = add(all, t(`attn_${name}.bias`).data);
  return Array.from({ length: n }, (_, h) => {
    let head = all.slice(h * width, (h + 1) * width);
    if (t(`attn_${name}_norm.weight`)) head = rmsNorm(head, t(`attn_${name}_norm.weight`).data, c.eps);
    if (name !== 'v' && c.rotates(layer)) rotate(c, head, position, c.local(layer) ? c.localFrequencies : c.frequencies);
    return head;
  });
}

function attend(c, layer, q, keys, values, position) {
  const first = c.local(layer) ? Math.max(0, position - c.window + 1) : 0, out = [];
  q.forEach((query, h) => {
    const kv = Math.floor(h / (c.heads / c.kvHeads)), scores = [];
    for (let p = first; p <= position; p++) {
      const s = dot(query, keys[p][kv], 0, c.dk) * c.scores;
      scores.push(c.attentionCap ? c.attentionCap * Math.tanh(s / c.attentionCap) : s);
    }
    const mixed = new Array(c.dv).fill(0);
    softmax(scores).forEach((w, i) => { for (let k = 0; k < c.dv; k++) mixed[k] += w * values[first + i][kv][k]; });
    out.push(...mixed);
  });
  return out;
}

function feedForward(c, layer, x) {
  const t = (suffix) => c.tensors[`blk.${layer}.${suffix}`], act = c.gemma ? gelu : silu;
  const gated = (g, u) => g.map((v, i) => act(v) * u[i]);
  if (!c.experts) {
    const up = t('ffn_up.weight'), width = t('ffn_down.weight').dims[0], gate = t('ffn_gate.weight');
    return product(t('ffn_down.weight'), gate ? gated(product(gate, x), product(up, x)) : gated(product(up, x, 0, width), product(up, x, width, width)));
  }
  const p = softmax(product(t('ffn_gate_inp.weight'), x));
  const chosen = p.map((w, e) => [w, e]).sort((a, b) => b[0] - a[0]).slice(0, c.expertsUsed);
  const total = chosen.reduce((s, [w]) => s + w, 0), n = c.expertWidth;
  return chosen.map(([w, e]) => {
    const inner = gated(product(t('ffn_gate_exps.weight'), x, e * n, n), product(t('ffn_up_exps.weight'), x, e * n, n));
    return times(product(t('ffn_down_exps.weight'), inner, e * c.d, c.d), w / total);
  }).reduce(add);
}

function run(c, tokens, wanted) {
  const embedding = c.tensors['token_embd.weight'].data, qRows = c.heads * c.dk, kRows = c.kvHeads * c.dk;
  let xs = tokens.map((t) => times(embedding.slice(t * c.d, (t + 1) * c.d), c.embedding));
  for (let l = 0; l < c.layers; l++) {
    const w = (suffix) => c.tensors[`blk.${l}.${suffix}`]?.data;
    const normed = xs.map((x) => rmsNorm(x, w('attn_norm.weight'), c.eps));
    const keys = normed.map((x, p) => heads(c, l, 'k', x, p, c.kvHeads, c.dk, qRows).map((k) => k.map(half)));
    const values = normed.map((x, p) => heads(c, l, 'v', x, p, c.kvHeads, c.dv, qRows + kRows).map((v) => v.map(half)));
    xs = xs.map((x, p) => {
      const post = (y, name) => times(w(name) ? rmsNorm(y, w(name), c.eps) : y, c.residual);
      const q = heads(c, l, 'q', normed[p], p, c.heads, c.dk, 0);
      const mixed = product(c.tensors[`blk.${l}.attn_output.weight`], attend(c, l, q, keys, values, p));
      const y = add(x, post(mixed, 'post_attention_norm.weight'));
      return add(y, post(feedForward(c, l, rmsNorm(y, w('ffn_norm.weight'), c.eps)), 'post_ffw_norm.weight'));
    });
  }
  return wanted.map((p) => {
    const last = rmsNorm(xs[p], c.tensors['output_norm.weight'].data, c.eps);
    const logits = times(product(c.tensors['output.weight'] ?? c.tensors['token_embd.weight'], last), 1 / c.logits);
    return softmax(c.logitCap ? logits.map((v) => c.logitCap * Math.tanh(v / c.logitCap)) : logits).map(Math.log);
  });
}

const [path, out] = process.argv.slice(2);

// The suite builds several times. What another build computed of the same model, by this file as it is, is as good: HEARTH_REFERENCES is its folder.
function known() {
  const folder = process.env.HEARTH_REFERENCES;
  if (!folder || resolve(folder, basename(out)) === resolve(out)) return null;
  const [theirModel, theirs] = [path, out].map((file) => join(folder, basename(file)));
  const isGood = existsSync(theirs) && existsSync(theirModel) && readFileSync(theirModel).equals(readFileSync(path)) &&
    statSync(theirs).mtimeMs > statSync(fileURLToPath(import.meta.url)).mtimeMs;
  return isGood ? theirs : null;
}

function compute() {
  const model = openModel(path), c = configure(model), vocabulary = c.tensors['token_embd.weight'].dims[1];
  const prompts = [[5, 31, 0], [70, 7, 1], [150, 13, 5]];
  if (c.context > 512) prompts.push([1100, 17, 3]); // over more than two of the attention's segments of 512
  const lines = prompts.map(([n, step, square]) => {
    const tokens = Array.from({ length: n }, (_, i) => (i * step + i * i * square) % vocabulary);
    const at = [...new Set([0, 1, 19, 20, 21, 44, 45, 46, 63, 64, 70, 599, 600, 601, 1023, 1024, n - 2, n - 1])].filter((p) => p < n);
    return JSON.stringify({ tokens, at, logprobs: run(c, tokens, at).map((l) => l.map((v) => Number(v.toFixed(6)))) });
  });
  writeFileSync(out, lines.join('\n') + '\n');
}

const theirs = known();
if (theirs) copyFileSync(theirs, out);
else compute();
