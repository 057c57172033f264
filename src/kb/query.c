#include "kb/query.h"

#include <stdlib.h>

/* Words that say nothing of what is asked for. In the order of their bytes, as they come from the stemmer. */
static const char *const empty_words[] = {
    "a",   "about", "an",   "and",    "ani",  "are",   "as",    "at",    "be",   "been", "but",   "by",    "can",  "could", "did",   "do",
    "doe", "for",   "from", "had",    "has",  "have",  "how",   "i",     "if",   "in",   "into",  "is",    "it",   "me",    "my",    "of",
    "on",  "or",    "s",    "should", "so",   "that",  "the",   "their", "them", "then", "there", "these", "they", "this",  "those", "to",
    "was", "we",    "were", "what",   "when", "where", "which", "whi",   "who",  "will", "with",  "would", "you",  "your",
};

static int compare(const void *key, const void *word)
{
    const struct str *s = key;
    const char *w = *(const char *const *)word;
    int c = memcmp(s->ptr, w, s->len < strlen(w) ? s->len : strlen(w));
    return c ? c : (s->len > strlen(w)) - (s->len < strlen(w));
}

static bool is_empty(struct str term)
{
    return bsearch(&term, empty_words, sizeof empty_words / sizeof *empty_words, sizeof *empty_words, compare);
}

/* One character of more than one byte: a pair has two. Alphabets have words of one letter, too, for which a beginning would be wrong. */
static bool is_single(struct str s)
{
    return (s.len == 3 && ((uint8_t)s.ptr[0] & 0xf0) == 0xe0) || (s.len == 4 && (uint8_t)s.ptr[0] >= 0xf0);
}

struct cutting {
    struct search *s;
    bool all; /* empty words, too */
};

static int take(void *ctx, struct str term, size_t begin, size_t end)
{
    struct cutting *c = ctx;
    struct search *s = c->s;
    (void)begin;
    (void)end;
    if (!c->all && is_empty(term))
        return OK;
    for (size_t i = 0; i < s->n_terms; i++)
        if (str_eq(s->at[i].text, term))
            return OK;
    if (s->n_terms == QUERY_TERMS_MAX)
        return ERR_LIMIT; /* of a longer text the beginning is looked for */
    struct str kept = arena_dup(s->arena, term);
    if (!kept.ptr)
        return ERR_NOMEM;
    s->at[s->n_terms++] = (struct query_term){.text = kept, .begins = is_single(term)};
    return OK;
}

int query_cut(struct search *s, struct str text, struct err *e)
{
    struct cutting c = {.s = s};
    text = str_head(text, KB_QUERY_BYTES_MAX);
    s->n_terms = 0;
    int rc = terms_cut(s->terms, text, WORDS_QUERY, take, &c);
    if (!rc && !s->n_terms) {
        c.all = true;
        rc = terms_cut(s->terms, text, WORDS_QUERY, take, &c);
    }
    return rc == ERR_NOMEM ? row_no_memory(e) : OK;
}
