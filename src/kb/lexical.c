/* Which chunks have the rarest words of the question.
 *
 * Ranking by FTS5's bm25 reads every occurrence of every word: 78 to 260 ms for a question over 100,000 chunks. Here no list of a word
 * is read beyond LIST_MAX entries.
 *
 *   1. Each word's list is read up to LIST_MAX. A word with fewer is rare: its chunks are known, and so is its weight. Of a common
 *      one the weight is estimated from how far in the numbers of chunks its first LIST_MAX entries reach.
 *   2. A chunk's score is the sum of the weights of the rare words that it has. Of the common words, it is asked which of these chunks
 *      have them, too ("common AND (rare OR rare)": FTS5 walks the short side and leaps in the long one).
 *   3. When that are fewer than FOUND_MAX chunks, those that have all common words are added; then all but the commonest, and so on.
 *
 * The index keeps only which chunk has which word. How often, how close and where is seen in the texts of the best FOUND_MAX (score.c). */
#include <math.h>
#include <stdlib.h>

#include "kb/query.h"

enum {
    LIST_MAX = 1024,
    COMMON_ASKED_MAX = 6,
    TOGETHER_MAX = 2000, /* chunks with all common words that are taken */
};

/* ---- sums of weights by chunk */

struct sums {
    struct candidate *slots; /* open addressing; chunk 0: empty */
    size_t mask, n;
};

static int sums_grow(struct sums *t)
{
    size_t size = t->slots ? 2 * (t->mask + 1) : 1024;
    struct candidate *slots = calloc(size, sizeof *slots);
    if (!slots)
        return ERR_NOMEM;
    for (size_t i = 0; t->slots && i <= t->mask; i++) {
        if (!t->slots[i].chunk)
            continue;
        size_t at = (uint64_t)t->slots[i].chunk * 0x9e3779b97f4a7c15u >> 20 & (size - 1);
        while (slots[at].chunk)
            at = (at + 1) & (size - 1);
        slots[at] = t->slots[i];
    }
    free(t->slots);
    t->slots = slots;
    t->mask = size - 1;
    return OK;
}

static int sums_add(struct sums *t, int64_t chunk, double weight)
{
    if ((!t->slots || 2 * t->n > t->mask) && sums_grow(t))
        return ERR_NOMEM;
    size_t at = (uint64_t)chunk * 0x9e3779b97f4a7c15u >> 20 & t->mask;
    while (t->slots[at].chunk && t->slots[at].chunk != chunk)
        at = (at + 1) & t->mask;
    t->n += !t->slots[at].chunk;
    t->slots[at].chunk = chunk;
    t->slots[at].score += weight;
    return OK;
}

/* ---- FTS5 */

struct list {
    int64_t *chunks; /* [LIST_MAX * ranges], as one after the other; of the arena */
    size_t n;
};

static void put_term(struct buf *b, const struct query_term *t)
{
    buf_putc(b, '"');
    buf_put(b, t->text);
    buf_puts(b, t->begins ? "\"*" : "\"");
}

static struct store_stmt *match(struct search *s, struct str what, const struct range *r, size_t limit)
{
    struct store_stmt *st =
        db_prepare(s->db, "SELECT rowid FROM kb_text WHERE kb_text MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid LIMIT ?4");
    db_bind_str(st, 1, what);
    db_bind_int(st, 2, r->first);
    db_bind_int(st, 3, r->last);
    db_bind_int(st, 4, (int64_t)limit);
    return st;
}

/* A list of one word in one collection. */
static int read_list(struct search *s, struct query_term *t, struct str what, const struct range *r, struct list *l, struct err *e)
{
    struct store_stmt *st = match(s, what, r, LIST_MAX);
    size_t begun = l->n;
    int rc;
    while ((rc = db_step(s->db, st, e)) > 0)
        l->chunks[l->n++] = db_int(st, 0);
    if (rc)
        return rc;
    size_t n = l->n - begun;
    if (n < LIST_MAX) {
        t->df += (int64_t)n;
        return OK;
    }
    double reached = (double)(l->chunks[l->n - 1] - r->first + 1) / (double)(r->last - r->first + 1);
    double estimate = (double)n / reached;
    t->df += estimate < (double)r->chunks ? (int64_t)estimate : r->chunks;
    t->whole = false;
    return OK;
}

/* BM25's, which cannot be negative. */
static double weight_of(int64_t df, int64_t chunks)
{
    double n = (double)(chunks > df ? chunks : df), d = (double)df;
    return log(1 + (n - d + 0.5) / (d + 0.5));
}

static int read_term(struct search *s, struct query_term *t, struct sums *sums, struct err *e)
{
    struct list l = {.chunks = malloc(s->n_ranges * LIST_MAX * sizeof *l.chunks)};
    struct buf b = buf_make(WORDS_TOKEN_MAX + 8);
    int rc = l.chunks ? OK : row_no_memory(e);
    put_term(&b, t);
    t->whole = true;
    t->df = 0;
    for (size_t i = 0; i < s->n_ranges && !rc; i++)
        rc = read_list(s, t, buf_str(&b), &s->ranges[i], &l, e);
    t->weight = weight_of(t->df, s->chunks);
    for (size_t i = 0; i < l.n && !rc && t->whole; i++)
        rc = sums_add(sums, l.chunks[i], t->weight) ? row_no_memory(e) : OK;
    buf_free(&b);
    free(l.chunks);
    return rc;
}

/* Adds `weight` to all chunks that match, at most `max` of each collection. */
static int add_matching(struct search *s, struct str what, double weight, size_t max, struct sums *sums, struct err *e)
{
    int rc = OK;
    for (size_t i = 0; i < s->n_ranges && !rc; i++) {
        struct store_stmt *st = match(s, what, &s->ranges[i], max);
        while ((rc = db_step(s->db, st, e)) > 0)
            if (sums_add(sums, db_int(st, 0), weight))
                return row_no_memory(e);
    }
    return rc;
}

/* ---- common words */

static int by_weight(const void *a, const void *b)
{
    double x = (*(struct query_term *const *)a)->weight, y = (*(struct query_term *const *)b)->weight;
    return (x < y) - (x > y);
}

static size_t collect(struct search *s, bool whole, struct query_term **ret)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_terms; i++)
        if (s->at[i].whole == whole && s->at[i].df)
            ret[n++] = &s->at[i];
    qsort(ret, n, sizeof *ret, by_weight);
    return n;
}

/* Which of the chunks with rare words have this one, too. */
static int add_common(struct search *s, const struct query_term *common, struct query_term *const *rare, size_t n_rare, struct sums *sums,
                      struct err *e)
{
    struct buf b = buf_make((QUERY_TERMS_MAX + 1) * (WORDS_TOKEN_MAX + 10));
    put_term(&b, common);
    for (size_t i = 0; i < n_rare; i++) {
        buf_puts(&b, i ? " OR " : " AND (");
        put_term(&b, rare[i]);
    }
    buf_putc(&b, ')');
    int rc = b.failed ? row_no_memory(e) : add_matching(s, buf_str(&b), common->weight, SIZE_MAX >> 1, sums, e);
    buf_free(&b);
    return rc;
}

/* Chunks that have all of the first n. */
static int add_together(struct search *s, struct query_term *const *common, size_t n, struct sums *sums, struct err *e)
{
    struct buf b = buf_make(COMMON_ASKED_MAX * (WORDS_TOKEN_MAX + 10));
    double weight = 0;
    for (size_t i = 0; i < n; i++) {
        buf_puts(&b, i ? " AND " : "");
        put_term(&b, common[i]);
        weight += common[i]->weight;
    }
    int rc = b.failed ? row_no_memory(e) : add_matching(s, buf_str(&b), weight, TOGETHER_MAX, sums, e);
    buf_free(&b);
    return rc;
}

static int add_commons(struct search *s, struct sums *sums, struct err *e)
{
    struct query_term *rare[QUERY_TERMS_MAX], *common[QUERY_TERMS_MAX];
    size_t n_rare = collect(s, true, rare), n_common = collect(s, false, common);
    int rc = OK;
    if (n_common > COMMON_ASKED_MAX)
        n_common = COMMON_ASKED_MAX;
    for (size_t i = 0; i < n_common && n_rare && !rc; i++)
        rc = add_common(s, common[i], rare, n_rare, sums, e);
    for (size_t n = n_common; n && sums->n < FOUND_MAX && !rc; n--)
        rc = add_together(s, common, n, sums, e);
    return rc;
}

/* ---- the best */

static int best_first(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return (x->chunk > y->chunk) - (x->chunk < y->chunk);
}

/* All of them are moved to the front of the table and sorted: some ten thousand at most. */
static size_t take_best(struct sums *t, struct candidate *found)
{
    size_t n = 0;
    for (size_t i = 0; t->slots && i <= t->mask; i++)
        if (t->slots[i].chunk)
            t->slots[n++] = t->slots[i];
    qsort(t->slots, n, sizeof *t->slots, best_first);
    n = n < FOUND_MAX ? n : FOUND_MAX;
    for (size_t i = 0; i < n; i++)
        found[i] = t->slots[i];
    return n;
}

int lexical_find(struct search *s, struct candidate *found, size_t *ret_n, struct err *e)
{
    struct sums sums = {0};
    int rc = OK;
    for (size_t i = 0; i < s->n_terms && !rc; i++)
        rc = read_term(s, &s->at[i], &sums, e);
    if (!rc)
        rc = add_commons(s, &sums, e);
    if (!rc)
        *ret_n = sums.n ? take_best(&sums, found) : 0;
    free(sums.slots);
    return rc;
}
