/* SentencePiece BPE: characters as first symbols, pairs joined by the score of the piece that they make.
 *
 * Spaces are part of pieces, written ▁ (U+2581) in the file. Here texts and keys are compared with plain spaces; a ▁ that
 * a person typed is a space, too, as it is for SentencePiece.
 *
 * Merging a whole text at once would need a heap of the text's size. So the text is cut wherever no join can ever
 * reach across: between two characters that stand beside each other in no piece at all (`borders`, by their last and first
 * bytes). In real vocabularies this separates words, and the result is the same by construction. */
#include <math.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "model/text/impl.h"

static const struct str escaped_space = {"\xe2\x96\x81", 3};

static bool may_join(uint8_t type)
{
    return type == TYPE_NORMAL || type == TYPE_USER || type == TYPE_UNUSED;
}

/* Bytes of the character at p; a wrong byte is a character of its own. */
static size_t char_len(const char *p, size_t len)
{
    uint32_t cp;
    int n = (uint8_t)*p < 0x80 ? 1 : utf8_decode(p, len, &cp);
    return n > 0 ? (size_t)n : 1;
}

static size_t border_bit(char left, char right)
{
    return (size_t)(uint8_t)left << 8 | (uint8_t)right;
}
static bool has_border(const struct spm *s, size_t bit)
{
    return s->borders[bit / 8] >> bit % 8 & 1;
}

static void note_borders(struct spm *s, struct str key)
{
    for (size_t at = char_len(key.ptr, key.len); at < key.len; at += char_len(key.ptr + at, key.len - at)) {
        size_t bit = border_bit(key.ptr[at - 1], key.ptr[at]);
        s->borders[bit / 8] |= (uint8_t)(1u << bit % 8);
    }
}

/* Copies the piece with spaces for ▁. Returns the bytes written, at most the piece's. */
static size_t unescape(char *dst, struct str piece)
{
    size_t n = 0;
    while (piece.len) {
        bool space = str_starts(piece, escaped_space);
        dst[n++] = space ? ' ' : piece.ptr[0];
        piece = str_skip(piece, space ? escaped_space.len : 1);
    }
    return n;
}

/* Scores as integers that sort the other way round: the best score is the smallest. NaN comes last. */
static uint32_t order_of_score(float score)
{
    uint32_t u;
    if (isnan(score))
        return UINT32_MAX;
    score += 0.0f; /* -0 becomes 0 */
    memcpy(&u, &score, sizeof u);
    return ~(u >> 31 ? ~u : u | 0x80000000u);
}

static int make_keys(struct vocab *v, const uint8_t *scores, struct err *e)
{
    struct spm *s = &v->spm;
    size_t used = 0;
    for (uint32_t t = 0; t < v->pieces.n; t++) {
        size_t n = unescape(s->blob + used, text_at(&v->pieces, t));
        s->keys.at[t] = (uint32_t)used;
        s->keys.len[t] = (uint16_t)n;
        used += n;
        float score;
        memcpy(&score, scores + (size_t)t * sizeof score, sizeof score);
        s->order[t] = order_of_score(score);
        if (!n || !may_join(v->type[t]))
            continue;
        if (token_map_put(&s->map, t))
            return err_set(e, ERR_CORRUPT, "tokenizer.ggml.tokens: too many texts collide at token %u", t);
        note_borders(s, text_at(&s->keys, t));
    }
    return OK;
}

int spm_load(struct vocab *v, const struct gguf *g, struct err *e)
{
    struct spm *s = &v->spm;
    uint32_t n = v->pieces.n;
    const struct gguf_kv *scores;
    int r = array_of(g, "tokenizer.ggml.scores", GGUF_F32, n, n, &scores, e);
    if (r)
        return r;
    size_t bytes = 1;
    for (uint32_t t = 0; t < n; t++)
        bytes += v->pieces.len[t];
    if (bytes > UINT32_MAX)
        return err_set(e, ERR_LIMIT, "tokenizer.ggml.tokens has %zu bytes of text, more than 4 GB", bytes);
    s->blob = malloc(bytes);
    s->order = calloc(n, sizeof *s->order);
    s->borders = calloc(65536 / 8, 1);
    if (!s->blob || !s->order || !s->borders || text_list_init(&s->keys, s->blob, n) || token_map_init(&s->map, &s->keys, n))
        return err_set(e, ERR_NOMEM, "out of memory for a vocabulary of %u tokens", n);
    spm_find_bytes(v);
    return make_keys(v, scores->data, e);
}

void spm_deinit(struct spm *s)
{
    token_map_deinit(&s->map);
    text_list_deinit(&s->keys);
    free(s->blob);
    free(s->order);
    free(s->borders);
    *s = (struct spm){0};
}

struct spm_text {
    const struct vocab *v;
    const char *text;
};

static bool join_by_score(const void *ctx, const struct symbol *sym, uint32_t left, uint32_t right, struct join *ret)
{
    const struct spm_text *t = ctx;
    const struct vocab *v = t->v;
    size_t len = (size_t)sym[left].len + sym[right].len;
    if (len > v->longest)
        return false;
    uint32_t id = token_map_get(&v->spm.map, str_from(t->text + left, len));
    if (id == TOKEN_NONE)
        return false;
    *ret = (struct join){v->spm.order[id], id};
    return true;
}

/* A character without a piece goes out as bytes; as one unknown token when not all its bytes have tokens. */
static int push_unknown(struct encoder *enc, struct str c)
{
    const struct vocab *v = enc->v;
    for (size_t i = 0; i < c.len; i++) {
        if (v->byte_token[(uint8_t)c.ptr[i]] == TOKEN_NONE)
            return v->info.unk == TOKEN_NONE ? OK : tokens_push(enc->out, v->info.unk);
    }
    int r = OK;
    for (size_t i = 0; i < c.len && !r; i++)
        r = encoder_push_byte(enc, (uint8_t)c.ptr[i]);
    return r;
}

/* Merges what stands in scratch, and empties it. */
static int encode_part(struct encoder *enc)
{
    struct str text = buf_str(&enc->scratch);
    int r = merger_reserve(&enc->merger, text.len);
    if (r)
        return r;
    for (size_t at = 0, n; at < text.len; at += n) {
        n = char_len(text.ptr + at, text.len - at);
        merger_set(&enc->merger, (uint32_t)at, (uint32_t)n, token_map_get(&enc->v->spm.map, str_from(text.ptr + at, n)));
    }
    struct spm_text context = {enc->v, text.ptr};
    struct merge_rule rule = {join_by_score, &context};
    r = merger_run(&enc->merger, &rule);
    const struct symbol *s = enc->merger.symbols;
    for (uint32_t at = 0; at < text.len && !r; at += s[at].len)
        r = s[at].id == TOKEN_NONE ? push_unknown(enc, str_from(text.ptr + at, s[at].len)) : tokens_push(enc->out, s[at].id);
    buf_clear(&enc->scratch);
    return r;
}

/* Appends a character; first merges what is there when nothing can reach across. */
static int add_char(struct encoder *enc, struct str c)
{
    struct buf *b = &enc->scratch;
    if (b->len && !has_border(&enc->v->spm, border_bit(b->ptr[b->len - 1], c.ptr[0]))) {
        int r = encode_part(enc);
        if (r)
            return r;
    }
    return buf_put(b, c);
}

int spm_encode(struct encoder *enc, struct str text, bool prefix)
{
    buf_clear(&enc->scratch);
    int r = prefix ? add_char(enc, STR(" ")) : OK;
    while (text.len && !r) {
        size_t n = char_len(text.ptr, text.len);
        struct str c = str_head(text, n);
        r = add_char(enc, str_eq(c, escaped_space) ? STR(" ") : c);
        text = str_skip(text, n);
    }
    return r ? r : encode_part(enc);
}
