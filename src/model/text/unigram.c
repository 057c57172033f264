/* SentencePiece unigram: of all ways to cut a text into pieces the one whose scores add up to the most (Viterbi; Kudo, 2018).
 *
 * The text is normalised first (NFKC, ▁ for spaces and before the first word). Scores are logarithms of probabilities. Two rules are
 * those of the model that this serves, the Universal Sentence Encoder as it runs in JavaScript, whose vectors fit no other tokens:
 * where no piece begins a character counts as unknown with score 0, several in a row as one; and a place that no piece ends at has
 * score 0, too, as if it had been reached by an unknown character. */
#include <stdlib.h>
#include <utf8proc.h>

#include "base/utf8.h"
#include "model/text/impl.h"

static const struct str space_mark = {"\xe2\x96\x81", 3};
enum { NORMAL_BYTES_MAX = 1 << 28, TRIE_PIECE_MAX = 256 }; /* bytes; longer pieces would only make texts slow to cut */

static int fill_trie(struct vocab *v)
{
    size_t bytes = 0;
    for (uint32_t t = 0; t < v->pieces.n; t++)
        bytes += v->pieces.len[t];
    int r = trie_init(&v->trie, bytes + 1);
    for (uint32_t t = 0; t < v->pieces.n && !r; t++) {
        struct str text = text_at(&v->pieces, t);
        if (text.len && text.len <= TRIE_PIECE_MAX && (v->type[t] == TYPE_NORMAL || v->type[t] == TYPE_USER) &&
            utf8_valid(text.ptr, text.len, NULL))
            r = trie_put(&v->trie, text, t);
    }
    return r;
}

int vocab_fill_trie(struct vocab *v, struct err *e)
{
    int r = fill_trie(v);
    return r ? err_set(e, r, "a vocabulary of %u tokens cannot be indexed: %s", v->pieces.n, err_text(r)) : OK;
}

int unigram_load(struct vocab *v, const struct gguf *g, struct err *e)
{
    const struct gguf_kv *scores;
    int r = array_of(g, "tokenizer.ggml.scores", GGUF_F32, v->pieces.n, v->pieces.n, &scores, e);
    if (r)
        return r;
    v->scores = malloc(v->pieces.n * sizeof *v->scores);
    if (!v->scores)
        return err_set(e, ERR_NOMEM, "out of memory for a vocabulary of %u tokens", v->pieces.n);
    memcpy(v->scores, scores->data, v->pieces.n * sizeof *v->scores);
    return vocab_fill_trie(v, e);
}

static bool is_ascii(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((uint8_t)s.ptr[i] >= 0x80)
            return false;
    return true;
}

static int utf8_to_buf(struct str text, struct buf *out)
{
    while (text.len && !out->failed) {
        uint32_t cp;
        int n = utf8_decode(text.ptr, text.len, &cp);
        buf_put(out, n > 0 ? str_head(text, (size_t)n) : STR("\xef\xbf\xbd"));
        text = str_skip(text, n > 0 ? (size_t)n : 1);
    }
    return out->failed;
}

int vocab_unicode_map(struct str text, int options, struct buf *out)
{
    utf8proc_uint8_t *mapped;
    struct buf clean = buf_make(NORMAL_BYTES_MAX);
    if (is_ascii(text))
        return buf_put(out, text);
    int r = utf8_to_buf(text, &clean);
    if (!r) {
        utf8proc_ssize_t n =
            utf8proc_map((const utf8proc_uint8_t *)clean.ptr, (utf8proc_ssize_t)clean.len, &mapped, (utf8proc_option_t)options);
        r = n == UTF8PROC_ERROR_NOMEM ? ERR_NOMEM : n < 0 ? ERR_INVAL : buf_put(out, str_from(mapped, (size_t)n));
        if (n >= 0)
            free(mapped);
    }
    buf_free(&clean);
    return r;
}

static int normalise(struct str text, bool prefix, struct buf *out)
{
    struct buf plain = buf_make(NORMAL_BYTES_MAX);
    int r = vocab_unicode_map(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT, &plain);
    if (!r && plain.len && prefix)
        r = buf_put(out, space_mark);
    for (size_t i = 0; i < plain.len && !r; i++)
        r = plain.ptr[i] == ' ' ? buf_put(out, space_mark) : buf_putc(out, plain.ptr[i]);
    buf_free(&plain);
    return r;
}

/* The best way to a place in the text: its score, and the piece that ends there (TOKEN_NONE: an unknown character). */
struct way {
    double score;
    uint32_t token;
};

static void reach(struct way *w, double score, uint32_t token)
{
    if (w->score == 0 || score >= w->score)
        *w = (struct way){score, token};
}

static size_t char_bytes(struct str s)
{
    uint32_t cp;
    int n = utf8_decode(s.ptr, s.len, &cp);
    return n > 0 ? (size_t)n : 1;
}

static void find_ways(const struct vocab *v, struct str text, struct way *ways)
{
    for (size_t at = 0, n; at < text.len; at += n) {
        n = char_bytes(str_skip(text, at));
        uint32_t node = 0, token;
        bool found = false;
        for (size_t end = at; end < text.len && (node = trie_step(&v->trie, node, (uint8_t)text.ptr[end]));) {
            end++;
            if ((token = trie_token(&v->trie, node)) == TOKEN_NONE)
                continue;
            found = true;
            reach(&ways[end], (double)v->scores[token] + ways[at].score, token);
        }
        if (!found)
            reach(&ways[at + n], ways[at].score, TOKEN_NONE);
    }
}

/* From the end to the beginning, and then turned round. */
static int take_best(struct encoder *enc, struct str text, const struct way *ways)
{
    struct tokens *out = enc->out;
    size_t first = out->len;
    bool unknown_before = false;
    int r = OK;
    for (size_t at = text.len; at && !r;) {
        uint32_t t = ways[at].token;
        bool unknown = t == TOKEN_NONE;
        if (!unknown)
            at -= enc->v->pieces.len[t];
        else
            do
                at--;
            while (at && ((uint8_t)text.ptr[at] & 0xc0) == 0x80);
        if (unknown ? !unknown_before && enc->v->info.unk != TOKEN_NONE : true)
            r = tokens_push(out, unknown ? enc->v->info.unk : t);
        unknown_before = unknown;
    }
    for (size_t i = first, j = out->len; i + 1 < j; i++) {
        uint32_t t = out->ptr[i];
        out->ptr[i] = out->ptr[--j];
        out->ptr[j] = t;
    }
    return r;
}

int unigram_encode(struct encoder *enc, struct str text, bool prefix)
{
    buf_clear(&enc->scratch);
    int r = normalise(text, prefix, &enc->scratch);
    struct str normal = buf_str(&enc->scratch);
    if (r || !normal.len)
        return r;
    struct way *ways = malloc((normal.len + 1) * sizeof *ways);
    if (!ways)
        return ERR_NOMEM;
    for (size_t i = 0; i <= normal.len; i++)
        ways[i] = (struct way){0, TOKEN_NONE};
    find_ways(enc->v, normal, ways);
    r = take_best(enc, normal, ways);
    free(ways);
    return r;
}
