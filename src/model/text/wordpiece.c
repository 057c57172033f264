/* WordPiece, as BERT has it: words by spaces and punctuation, each cut greedily into the longest pieces there are; a word that
 * cannot be cut is one unknown token. Pieces that begin a word carry ▁ in GGUF, the others nothing.
 *
 * A vocabulary without capital letters means a model that was trained on lower case without accents. (Devlin et al., 2018; the
 * rules for cleaning, CJK and punctuation are those of its published tokenizer.) */
#include <utf8proc.h>

#include "base/utf8.h"
#include "model/text/impl.h"

enum { WORD_CHARS_MAX = 100 };

static const struct str word_mark = {"\xe2\x96\x81", 3};
static const char *const controls[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};

void wordpiece_find_controls(struct vocab *v)
{
    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++) {
        uint32_t t = token_map_get(&v->find, str_of(controls[i]));
        if (t != TOKEN_NONE)
            v->type[t] = i == 1 ? TYPE_UNKNOWN : TYPE_CONTROL;
    }
}

static bool has_capital(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] >= 'A' && s.ptr[i] <= 'Z')
            return true;
    return false;
}

int wordpiece_load(struct vocab *v, const struct gguf *g, struct err *e)
{
    (void)g;
    v->lower = true;
    for (uint32_t t = 0; t < v->pieces.n && v->lower; t++)
        v->lower = v->type[t] != TYPE_NORMAL || !has_capital(text_at(&v->pieces, t));
    return vocab_fill_trie(v, e);
}

static bool is_cjk(uint32_t c)
{
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
           (c >= 0x2A700 && c <= 0x2CEAF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

enum char_class { CHAR_LETTER, CHAR_SPACE, CHAR_ALONE, CHAR_DROPPED };

static enum char_class class_of(uint32_t c, bool lower)
{
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
        return CHAR_SPACE;
    if (c < 0x80)
        return c < 0x20 || c == 0x7f                                                        ? CHAR_DROPPED
               : (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ? CHAR_LETTER
                                                                                            : CHAR_ALONE;
    if (is_cjk(c))
        return CHAR_ALONE;
    switch (utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_ZS: return CHAR_SPACE;
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CS: return CHAR_DROPPED;
    case UTF8PROC_CATEGORY_MN: return lower ? CHAR_DROPPED : CHAR_LETTER;
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO: return CHAR_ALONE;
    default: return c == 0xFFFD ? CHAR_DROPPED : CHAR_LETTER;
    }
}

/* The longest piece that text begins with, and its length. */
static uint32_t longest(const struct vocab *v, struct str text, size_t *ret)
{
    uint32_t node = 0, best = TOKEN_NONE;
    for (size_t i = 0; i < text.len && (node = trie_step(&v->trie, node, (uint8_t)text.ptr[i])); i++) {
        uint32_t t = trie_token(&v->trie, node);
        if (t != TOKEN_NONE) {
            best = t;
            *ret = i + 1;
        }
    }
    return best;
}

/* `word`: the mark and then its letters. */
static int put_word(struct encoder *enc, struct str word, size_t n_chars)
{
    const struct vocab *v = enc->v;
    size_t before = enc->out->len, n = 0;
    int r = OK;
    while (word.len && !r && n_chars <= WORD_CHARS_MAX) {
        uint32_t t = longest(v, word, &n);
        if (t == TOKEN_NONE || (enc->out->len == before && n == word_mark.len && word.len > n)) /* the mark alone begins no word */
            break;
        r = tokens_push(enc->out, t);
        word = str_skip(word, n);
    }
    if (r || !word.len)
        return r;
    enc->out->len = before;
    return v->info.unk == TOKEN_NONE ? OK : tokens_push(enc->out, v->info.unk);
}

/* Ends the word that stands in `word`, if there is one. */
static int end_word(struct encoder *enc, struct buf *word, size_t *n_chars)
{
    int r = *n_chars ? put_word(enc, buf_str(word), *n_chars) : OK;
    word->len = word_mark.len;
    *n_chars = 0;
    return r;
}

static int put_words(struct encoder *enc, struct str text, struct buf *word)
{
    const struct vocab *v = enc->v;
    size_t n_chars = 0;
    int r = buf_put(word, word_mark);
    while (text.len && !r) {
        uint32_t c = 0;
        char bytes[4];
        int n = utf8_decode(text.ptr, text.len, &c);
        text = str_skip(text, n > 0 ? (size_t)n : 1);
        c = n > 0 ? v->lower ? (uint32_t)utf8proc_tolower((utf8proc_int32_t)c) : c : 0xFFFD;
        enum char_class class = class_of(c, v->lower);
        if (class == CHAR_DROPPED)
            continue;
        if (class != CHAR_LETTER)
            r = end_word(enc, word, &n_chars);
        if (class == CHAR_SPACE || r)
            continue;
        if (n_chars++ <= WORD_CHARS_MAX) /* beyond, it is unknown in any case */
            r = buf_put(word, str_from(bytes, (size_t)utf8_encode(c, bytes)));
        if (class == CHAR_ALONE && !r)
            r = end_word(enc, word, &n_chars);
    }
    return r ? r : end_word(enc, word, &n_chars);
}

int wordpiece_encode(struct encoder *enc, struct str text)
{
    struct buf word = buf_make(word_mark.len + (WORD_CHARS_MAX + 2) * 4);
    buf_clear(&enc->scratch);
    int r = enc->v->lower ? vocab_unicode_map(text, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE, &enc->scratch) : buf_put(&enc->scratch, text);
    if (!r)
        r = put_words(enc, buf_str(&enc->scratch), &word);
    buf_free(&word);
    return r;
}
