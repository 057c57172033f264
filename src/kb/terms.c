#include "kb/terms.h"

#include <libstemmer.h>
#include <stdlib.h>

#include "base/err.h"

struct terms {
    struct sb_stemmer *english;
    terms_fn *fn;
    void *ctx;
    bool only_wanted;
    uint64_t wanted[1 << 16 >> 6]; /* a bit for each pair of first bytes */
};

/* A stem begins as its word does, but for dying, lying and tying: die, lie, tie. */
static size_t first_two(struct str s)
{
    return (size_t)(uint8_t)s.ptr[0] << 8 | (uint8_t)(s.ptr[1] == 'y' ? 'i' : s.ptr[1]);
}

static bool is_wanted(const struct terms *t, struct str s)
{
    return !t->only_wanted || t->wanted[first_two(s) / 64] >> first_two(s) % 64 & 1;
}

void terms_want(struct terms *t, struct str term)
{
    t->only_wanted = true;
    if (term.len > 1)
        t->wanted[first_two(term) / 64] |= (uint64_t)1 << first_two(term) % 64;
}

struct terms *terms_create(void)
{
    struct terms *t = calloc(1, sizeof *t);
    if (t && !(t->english = sb_stemmer_new("english", "UTF_8"))) {
        free(t);
        return NULL;
    }
    return t;
}

void terms_free(struct terms *t)
{
    if (!t)
        return;
    sb_stemmer_delete(t->english);
    free(t);
}

/* A word of letters a–z has a stem; numbers, names with digits and other scripts stay as they are. */
static bool is_english(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < 'a' || s.ptr[i] > 'z')
            return false;
    return s.len > 2;
}

/* A character beside its pair is not kept: the pairs that begin with it find it (a query of one character is looked up as a beginning),
 * and in Chinese such tokens would be more than a third of the index. */
static int take(void *ctx, struct str token, size_t begin, size_t end, bool beside)
{
    struct terms *t = ctx;
    if (beside)
        return OK;
    if (token.len > 2 && is_wanted(t, token) && is_english(token)) {
        const sb_symbol *stem = sb_stemmer_stem(t->english, (const sb_symbol *)token.ptr, (int)token.len);
        if (!stem)
            return ERR_NOMEM;
        token = str_from(stem, (size_t)sb_stemmer_length(t->english));
    }
    return t->fn(t->ctx, token, begin, end);
}

int terms_cut(struct terms *t, struct str text, enum words_mode mode, terms_fn *fn, void *ctx)
{
    t->fn = fn;
    t->ctx = ctx;
    return words_cut(text, mode, take, t);
}

static int append(void *ctx, struct str term, size_t begin, size_t end)
{
    struct buf *out = ctx;
    (void)begin;
    (void)end;
    buf_put(out, term);
    return buf_putc(out, ' ');
}

int terms_put(struct terms *t, struct str text, struct buf *out)
{
    int rc = terms_cut(t, text, WORDS_TEXT, append, out);
    return rc ? rc : out->failed;
}
