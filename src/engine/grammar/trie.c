#include "engine/grammar/trie.h"

#include <stdlib.h>

#include "engine/grammar/automaton.h"

enum { VOCAB_BYTES_MAX = 1 << 28 };

void grammar_vocab_free(struct grammar_vocab *v)
{
    if (!v)
        return;
    free(v->byte);
    free(v->skip);
    free(v->first);
    free(v->same);
    free(v->at);
    free(v->bytes);
    free(v->ends);
    free(v);
}

size_t grammar_vocab_words(const struct grammar_vocab *v)
{
    return (v->n_tokens + 63) / 64;
}

static int read_pieces(struct grammar_vocab *v, trie_piece_fn *piece, void *ctx)
{
    struct buf all = buf_make(VOCAB_BYTES_MAX);
    int rc = OK;
    for (uint32_t t = 0; t < v->n_tokens && !rc; t++) {
        bool end = false;
        size_t before = all.len;
        rc = piece(ctx, t, &all, &end);
        if (all.len - before > TRIE_TOKEN_BYTES_MAX || end)
            all.len = before;
        if (end)
            v->ends[t / 64] |= 1ull << (t % 64);
        v->at[t + 1] = (uint32_t)all.len;
        if (all.len - before > v->longest)
            v->longest = (uint32_t)(all.len - before);
    }
    if (!rc)
        rc = all.failed;
    v->bytes = (uint8_t *)all.ptr;
    return rc;
}

static int compare(const void *a, const void *b, void *ctx)
{
    const struct grammar_vocab *v = ctx;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    struct str p = trie_bytes(v, x), q = trie_bytes(v, y);
    size_t n = p.len < q.len ? p.len : q.len;
    int c = n ? memcmp(p.ptr, q.ptr, n) : 0;
    if (c)
        return c;
    return p.len != q.len ? (p.len < q.len ? -1 : 1) : (x < y ? -1 : 1);
}

static size_t common(struct str a, struct str b)
{
    size_t n = 0;
    while (n < a.len && n < b.len && a.ptr[n] == b.ptr[n])
        n++;
    return n;
}

/* Sorted tokens to nodes. path[d]: the node of the first d bytes of the token before. */
static void fill(struct grammar_vocab *v, const uint32_t *sorted, uint32_t n)
{
    uint32_t path[TRIE_TOKEN_BYTES_MAX + 1] = {0};
    struct str before = STR("");
    v->first[0] = TOKEN_NONE;
    v->n_nodes = 1;
    for (uint32_t i = 0; i < n; i++) {
        struct str s = trie_bytes(v, sorted[i]);
        size_t shared = common(before, s);
        for (size_t d = before.len; d > shared; d--)
            v->skip[path[d]] = v->n_nodes;
        for (size_t d = shared; d < s.len; d++) {
            path[d + 1] = v->n_nodes;
            v->first[v->n_nodes] = TOKEN_NONE;
            v->byte[v->n_nodes++] = (uint8_t)s.ptr[d];
        }
        v->same[sorted[i]] = v->first[path[s.len]];
        v->first[path[s.len]] = sorted[i];
        before = s;
    }
    for (size_t d = before.len; d > 0; d--)
        v->skip[path[d]] = v->n_nodes;
    v->skip[0] = v->n_nodes;
}

static int build(struct grammar_vocab *v)
{
    uint32_t *sorted = calloc(v->n_tokens, sizeof *sorted), n = 0;
    if (!sorted)
        return ERR_NOMEM;
    for (uint32_t t = 0; t < v->n_tokens; t++)
        if (trie_bytes(v, t).len)
            sorted[n++] = t;
    qsort_r(sorted, n, sizeof *sorted, compare, v);
    size_t nodes = 1;
    for (uint32_t i = 0; i < n; i++) {
        struct str s = trie_bytes(v, sorted[i]);
        nodes += s.len - (i ? common(trie_bytes(v, sorted[i - 1]), s) : 0);
    }
    v->byte = calloc(nodes, sizeof *v->byte);
    v->skip = calloc(nodes, sizeof *v->skip);
    v->first = calloc(nodes, sizeof *v->first);
    int rc = v->byte && v->skip && v->first ? OK : ERR_NOMEM;
    if (!rc)
        fill(v, sorted, n);
    free(sorted);
    return rc;
}

int trie_create(uint32_t n_tokens, trie_piece_fn *piece, void *ctx, struct grammar_vocab **ret)
{
    struct grammar_vocab *v = calloc(1, sizeof *v);
    if (!v)
        return ERR_NOMEM;
    v->n_tokens = n_tokens;
    v->same = calloc(n_tokens + 1, sizeof *v->same);
    v->at = calloc(n_tokens + 1, sizeof *v->at);
    v->ends = calloc(grammar_vocab_words(v) + 1, sizeof *v->ends);
    int rc = v->same && v->at && v->ends ? read_pieces(v, piece, ctx) : ERR_NOMEM;
    if (!rc)
        rc = build(v);
    if (rc) {
        grammar_vocab_free(v);
        return rc;
    }
    *ret = v;
    return OK;
}

static int vocab_bytes(void *ctx, uint32_t token, struct buf *out, bool *ret_end)
{
    const struct vocab *v = ctx;
    *ret_end = vocab_is_end(v, token);
    size_t before = out->len;
    bool special = vocab_is_special(v, token);
    if (special)
        buf_putc(out, (char)GRAMMAR_SPECIAL_BYTE);
    size_t from = out->len;
    vocab_piece(v, token, special, out);
    bool strange = out->len == from || (!out->failed && memchr(out->ptr + from, GRAMMAR_SPECIAL_BYTE, out->len - from));
    if (special)
        buf_putc(out, (char)GRAMMAR_SPECIAL_BYTE);
    if (strange && !out->failed)
        out->len = before;
    return out->failed;
}

int grammar_vocab_create(const struct vocab *v, struct grammar_vocab **ret)
{
    return trie_create(vocab_size(v), vocab_bytes, (void *)v, ret);
}
