/* Encoding: special tokens are cut out first, what stands between them goes to the kind's own algorithm. */
#include <stdlib.h>

#include "model/text/impl.h"

enum { SCRATCH_MAX = 1 << 30 };

int tokens_push(struct tokens *t, uint32_t token)
{
    if (t->len >= t->max)
        return ERR_LIMIT;
    if (t->len == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 64;
        cap = cap > t->max ? t->max : cap;
        uint32_t *p = cap <= SIZE_MAX / sizeof *p ? realloc(t->ptr, cap * sizeof *p) : NULL;
        if (!p)
            return ERR_NOMEM;
        t->ptr = p;
        t->cap = cap;
    }
    t->ptr[t->len++] = token;
    return OK;
}

void tokens_free(struct tokens *t)
{
    free(t->ptr);
    *t = tokens_make(t->max);
}

int encoder_push_byte(struct encoder *enc, uint8_t b)
{
    uint32_t t = enc->v->byte_token[b];
    t = t == TOKEN_NONE ? enc->v->info.unk : t;
    return t == TOKEN_NONE ? OK : tokens_push(enc->out, t);
}

static int encode_plain(struct encoder *enc, struct str text, bool prefix)
{
    if (!text.len)
        return OK;
    prefix = prefix && enc->v->info.add_space_prefix;
    switch (enc->v->kind) {
    case KIND_SPM: return spm_encode(enc, text, prefix);
    case KIND_UNIGRAM: return unigram_encode(enc, text, prefix);
    case KIND_WORDPIECE: return wordpiece_encode(enc, text);
    case KIND_BPE: break;
    }
    return bpe_encode(enc, text);
}

/* SentencePiece begins anew after a special token: a space stands before the text again. */
static int encode_text(struct encoder *enc, struct str text, bool parse_special, bool prefix)
{
    bool cut = parse_special || enc->v->specials.has_user;
    size_t from = 0;
    int r = OK;
    for (size_t at = 0; cut && at < text.len && !r;) {
        uint32_t t = specials_match(enc->v, str_skip(text, at), parse_special);
        if (t == TOKEN_NONE) {
            at++;
            continue;
        }
        r = encode_plain(enc, str_skip(str_head(text, at), from), prefix);
        r = r ? r : tokens_push(enc->out, t);
        prefix = true;
        from = at += enc->v->pieces.len[t];
    }
    return r ? r : encode_plain(enc, str_skip(text, from), prefix);
}

/* A token covers at most v->longest bytes, so a text that is far too long is refused before memory is spent on it. */
static bool cannot_fit(const struct vocab *v, size_t bytes, const struct tokens *out)
{
    return bytes / (v->longest + 1) > out->max - out->len;
}

int vocab_encode(const struct vocab *v, struct str text, struct vocab_encode_options o, struct tokens *out)
{
    if (text.len > SCRATCH_MAX || cannot_fit(v, text.len, out))
        return ERR_LIMIT;
    struct encoder enc = {.v = v, .scratch = buf_make((size_t)SCRATCH_MAX + 1), .out = out};
    size_t before = out->len;
    int r = OK;
    if (o.add_special && v->info.add_bos && v->info.bos != TOKEN_NONE)
        r = tokens_push(out, v->info.bos);
    r = r ? r : encode_text(&enc, text, o.parse_special, !o.no_space_prefix);
    if (o.add_special && v->info.add_eos && v->info.eos != TOKEN_NONE)
        r = r ? r : tokens_push(out, v->info.eos);
    if (r)
        out->len = before;
    merger_deinit(&enc.merger);
    buf_free(&enc.scratch);
    return r;
}
