/* Byte-level BPE: words from the pre-tokenizer, bytes as first symbols, pairs joined by rank.
 *
 * Pieces in the file are written in characters that stand for bytes (GPT-2's table, so that its files could be
 * text). Here that form is met only when loading and when printing: texts are encoded as the bytes they are, and the rules
 * of merging are pairs of tokens. */
#include <stdlib.h>

#include "base/utf8.h"
#include "model/gguf_internal.h"
#include "model/text/impl.h"

/* Printable bytes stand for themselves; the 68 others are numbered from U+0100 in their order: 0–32, 127–160, 173. */
uint32_t bpe_char_of_byte(uint8_t b)
{
    if (b <= 32)
        return 256u + b;
    if (b >= 127 && b <= 160)
        return 256u + 33 + (b - 127u);
    return b == 173 ? 256 + 67 : b;
}

int bpe_byte_of_char(uint32_t cp)
{
    if (cp < 256)
        return bpe_char_of_byte((uint8_t)cp) == cp ? (int)cp : -1;
    uint32_t n = cp - 256;
    return n < 33 ? (int)n : n < 67 ? (int)(n - 33 + 127) : n == 67 ? 173 : -1;
}

static uint32_t pair_hash(uint32_t left, uint32_t right)
{
    uint64_t h = ((uint64_t)left << 32 | right) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(h >> 32);
}

/* The slot of a pair, or the free one where it belongs; NULL when too many others are in the way. */
static uint32_t *pair_slot(const struct bpe *b, uint32_t left, uint32_t right)
{
    uint32_t i = pair_hash(left, right) & b->mask;
    for (int probes = 0; probes < PROBES_MAX; probes++, i = (i + 1) & b->mask) {
        uint32_t *s = &b->slots[i];
        if (!*s || (b->merges[*s - 1].left == left && b->merges[*s - 1].right == right))
            return s;
    }
    return NULL;
}

static bool may_join(const struct vocab *v, uint32_t t)
{
    return t != TOKEN_NONE && (v->type[t] == TYPE_NORMAL || v->type[t] == TYPE_USER || v->type[t] == TYPE_UNUSED);
}

/* "left right" as three tokens. False: the vocabulary lacks one of them; such a merge can never happen. */
static bool parse_merge(const struct vocab *v, struct str text, size_t space, struct bpe_merge *ret)
{
    char joined[PIECE_BYTES_MAX];
    struct str left = str_head(text, space), right = str_skip(text, space + 1);
    if (text.len - 1 > sizeof joined)
        return false;
    memcpy(joined, left.ptr, left.len);
    memcpy(joined + left.len, right.ptr, right.len);
    *ret = (struct bpe_merge){token_map_get(&v->find, left), token_map_get(&v->find, right),
                              token_map_get(&v->find, str_from(joined, text.len - 1))};
    return may_join(v, ret->left) && may_join(v, ret->right) && may_join(v, ret->joined);
}

static int load_merges(struct vocab *v, const struct gguf_kv *kv, struct err *e)
{
    struct bpe *b = &v->bpe;
    size_t cursor = 0;
    struct str text;
    for (uint64_t i = 0; gguf_next_str(kv, &cursor, &text); i++) {
        ptrdiff_t space = text.len ? str_find(text, STR(" "), 1) : -1;
        if (space < 0 || (size_t)space + 1 == text.len)
            return err_set(e, ERR_CORRUPT, "tokenizer.ggml.merges: entry %llu is not two pieces with a space between them",
                           (unsigned long long)i);
        struct bpe_merge m;
        if (b->n_merges >= kv->count || !parse_merge(v, text, (size_t)space, &m))
            continue;
        uint32_t *slot = pair_slot(b, m.left, m.right);
        if (!slot)
            return err_set(e, ERR_CORRUPT, "tokenizer.ggml.merges: too many entries collide at %llu", (unsigned long long)i);
        if (*slot)
            continue;
        b->merges[b->n_merges++] = m;
        *slot = b->n_merges;
    }
    return OK;
}

static int find_pretok(struct vocab *v, const struct gguf *g, struct err *e)
{
    struct str name = {0};
    int r = gguf_str(g, "tokenizer.ggml.pre", &name, e);
    if (r && r != ERR_NOENT)
        return r;
    v->bpe.pretok = pretok_find(name);
    if (v->bpe.pretok)
        return OK;
    struct buf known = buf_make(400);
    pretok_list(&known);
    err_set(e, ERR_UNSUPPORTED, "the pre-tokenizer \"%s\" (tokenizer.ggml.pre) is unknown; known are %s", gguf_show(name).text,
            buf_cstr(&known));
    buf_free(&known);
    return ERR_UNSUPPORTED;
}

/* A byte's piece is the character that stands for it. */
static void find_bytes(struct vocab *v)
{
    for (unsigned b = 0; b < 256; b++) {
        char c[4];
        int n = utf8_encode(bpe_char_of_byte((uint8_t)b), c);
        uint32_t t = token_map_get(&v->find, str_from(c, (size_t)n));
        v->byte_token[b] = may_join(v, t) ? t : TOKEN_NONE;
    }
}

int bpe_load(struct vocab *v, const struct gguf *g, struct err *e)
{
    struct bpe *b = &v->bpe;
    const struct gguf_kv *kv;
    int r = find_pretok(v, g, e);
    if (r)
        return r;
    r = array_of(g, "tokenizer.ggml.merges", GGUF_STR, 0, VOCAB_MERGES_MAX, &kv, e);
    if (r)
        return r;
    uint32_t n = 16;
    while (n < kv->count + kv->count / 2)
        n *= 2;
    b->mask = n - 1;
    b->slots = calloc(n, sizeof *b->slots);
    b->merges = calloc(kv->count, sizeof *b->merges);
    if (!b->slots || !b->merges)
        return err_set(e, ERR_NOMEM, "out of memory for %llu merges", (unsigned long long)kv->count);
    find_bytes(v);
    return load_merges(v, kv, e);
}

void bpe_deinit(struct bpe *b)
{
    free(b->slots);
    free(b->merges);
    *b = (struct bpe){0};
}

static bool join_by_rank(const void *ctx, const struct symbol *s, uint32_t left, uint32_t right, struct join *ret)
{
    const struct bpe *b = ctx;
    const uint32_t *slot = pair_slot(b, s[left].id, s[right].id);
    if (!slot || !*slot)
        return false;
    *ret = (struct join){*slot - 1, b->merges[*slot - 1].joined};
    return true;
}

/* The token whose piece is the whole word, in vocabularies that want this tried before merging. */
static uint32_t whole_word(struct encoder *enc, struct str word)
{
    const struct vocab *v = enc->v;
    if (!v->bpe.pretok->ignore_merges || word.len > v->longest)
        return TOKEN_NONE;
    buf_clear(&enc->scratch);
    for (size_t i = 0; i < word.len; i++) {
        char c[4];
        int n = utf8_encode(bpe_char_of_byte((uint8_t)word.ptr[i]), c);
        buf_put(&enc->scratch, str_from(c, (size_t)n));
    }
    uint32_t t = enc->scratch.failed ? TOKEN_NONE : token_map_get(&v->find, buf_str(&enc->scratch));
    return may_join(v, t) ? t : TOKEN_NONE;
}

static int encode_word(struct encoder *enc, struct str word)
{
    const struct vocab *v = enc->v;
    if (word.len == 1)
        return encoder_push_byte(enc, (uint8_t)word.ptr[0]);
    uint32_t whole = whole_word(enc, word);
    if (whole != TOKEN_NONE)
        return tokens_push(enc->out, whole);
    int r = merger_reserve(&enc->merger, word.len);
    if (r)
        return r;
    for (uint32_t i = 0; i < word.len; i++)
        merger_set(&enc->merger, i, 1, v->byte_token[(uint8_t)word.ptr[i]]);
    struct merge_rule rule = {join_by_rank, &v->bpe};
    r = merger_run(&enc->merger, &rule);
    const struct symbol *s = enc->merger.symbols;
    for (uint32_t i = 0; i < word.len && !r; i += s[i].len)
        r = s[i].id == TOKEN_NONE ? encoder_push_byte(enc, (uint8_t)word.ptr[i]) : tokens_push(enc->out, s[i].id);
    return r;
}

int bpe_encode(struct encoder *enc, struct str text)
{
    int r = OK;
    while (text.len && !r) {
        size_t n = pretok_next(enc->v->bpe.pretok, text);
        r = encode_word(enc, str_head(text, n));
        text = str_skip(text, n);
    }
    return r;
}
