/* Tokens back to text, one byte at a time: the same walk serves whole texts and streams. */
#include "base/utf8.h"
#include "model/detok.h"
#include "model/text/impl.h"

enum form { FORM_RAW, FORM_SPACES, FORM_BYTE_LEVEL, FORM_BYTE };

/* A walk over the bytes of one token. */
struct walk {
    struct str rest;
    enum form form;
};

/* The value of "<0xNN>", or -1. */
static int byte_of_piece(struct str p)
{
    int value = 0;
    if (p.len != 6 || !str_starts(p, STR("<0x")) || p.ptr[5] != '>')
        return -1;
    for (int i = 3; i < 5; i++) {
        char c = p.ptr[i] >= 'a' && p.ptr[i] <= 'f' ? (char)(p.ptr[i] - 'a' + 'A') : p.ptr[i];
        ptrdiff_t digit = str_chr(STR("0123456789ABCDEF"), c);
        if (digit < 0)
            return -1;
        value = value * 16 + (int)digit;
    }
    return value;
}

static struct walk walk_of(const struct vocab *v, uint32_t token, bool special)
{
    struct str text = text_at(&v->pieces, token);
    switch (v->type[token]) {
    case TYPE_CONTROL:
    case TYPE_UNKNOWN: return (struct walk){special ? text : str_head(text, 0), FORM_RAW};
    case TYPE_USER: return (struct walk){text, FORM_RAW};
    case TYPE_BYTE: return (struct walk){text, byte_of_piece(text) >= 0 ? FORM_BYTE : FORM_RAW};
    default: return (struct walk){text, v->kind == KIND_BPE ? FORM_BYTE_LEVEL : FORM_SPACES};
    }
}

/* The next byte, or -1 at the end. What a form does not know stands for itself. */
static int walk_next(struct walk *w)
{
    struct str s = w->rest;
    if (!s.len)
        return -1;
    int byte = (uint8_t)s.ptr[0], n = 1;
    uint32_t cp;
    if (w->form == FORM_BYTE) {
        byte = byte_of_piece(s);
        n = (int)s.len;
    } else if (w->form == FORM_SPACES && str_starts(s, STR("\xe2\x96\x81"))) {
        byte = ' ';
        n = 3;
    } else if (w->form == FORM_BYTE_LEVEL) {
        int len = utf8_decode(s.ptr, s.len, &cp), b = len > 0 ? bpe_byte_of_char(cp) : -1;
        byte = b >= 0 ? b : byte;
        n = b >= 0 ? len : 1;
    }
    w->rest = str_skip(s, (size_t)n);
    return byte;
}

/* Without the first byte when that is a space and *strip asks for it. A token with text ends the stripping. */
static void strip_space(const struct vocab *v, uint32_t token, struct walk *w, bool *strip)
{
    if (!*strip || !w->rest.len || vocab_is_special(v, token))
        return;
    struct walk ahead = *w;
    if (walk_next(&ahead) == ' ')
        *w = ahead;
    *strip = false;
}

void spm_find_bytes(struct vocab *v)
{
    for (uint32_t t = 0; t < v->pieces.n; t++) {
        int b = v->type[t] == TYPE_BYTE ? byte_of_piece(text_at(&v->pieces, t)) : -1;
        if (b >= 0)
            v->byte_token[b] = t;
    }
}

int vocab_piece(const struct vocab *v, uint32_t token, bool special, struct buf *out)
{
    return vocab_decode(v, &token, 1, special, false, out);
}

int vocab_decode(const struct vocab *v, const uint32_t *tokens, size_t n, bool special, bool strip_prefix, struct buf *out)
{
    bool strip = strip_prefix && v->info.add_space_prefix;
    for (size_t i = 0; i < n && !out->failed; i++) {
        if (tokens[i] >= v->pieces.n)
            return ERR_INVAL;
        struct walk w = walk_of(v, tokens[i], special);
        strip_space(v, tokens[i], &w, &strip);
        for (int b; (b = walk_next(&w)) >= 0;)
            buf_putc(out, (char)b);
    }
    return out->failed;
}

void detok_init(struct detok *d, const struct vocab *v, bool strip_prefix, bool special)
{
    *d = (struct detok){.vocab = v, .strip = strip_prefix && v->info.add_space_prefix, .special = special};
}

/* The first held byte can never begin a character. */
static void replace_first(struct detok *d, struct buf *out)
{
    buf_put(out, STR("\xef\xbf\xbd"));
    d->n_held--;
    memmove(d->held, d->held + 1, d->n_held);
}

static void take_byte(struct detok *d, char b, struct buf *out)
{
    uint32_t cp;
    d->held[d->n_held++] = b;
    while (d->n_held) {
        int n = utf8_decode(d->held, d->n_held, &cp);
        if (n == 0)
            break;
        if (n < 0) {
            replace_first(d, out);
            continue;
        }
        buf_put(out, str_from(d->held, (size_t)n));
        d->n_held = 0; /* a character is complete with its last byte, so nothing stands behind it */
    }
}

int detok_push(struct detok *d, uint32_t token, struct buf *out)
{
    if (token >= d->vocab->pieces.n)
        return ERR_INVAL;
    struct walk w = walk_of(d->vocab, token, d->special);
    strip_space(d->vocab, token, &w, &d->strip);
    for (int b; (b = walk_next(&w)) >= 0;)
        take_byte(d, (char)b, out);
    return out->failed;
}

int detok_flush(struct detok *d, struct buf *out)
{
    while (d->n_held)
        replace_first(d, out);
    return out->failed;
}
