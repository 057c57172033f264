#include "kb/codes.h"

#include <stdlib.h>

enum { SCAN = 4096, DIMS_BITS_MAX = KB_DIMS_MAX + 1, CLEARED_SHARE = 8 };

struct codes {
    struct codes *next;
    int64_t collection, last_block;
    size_t words, n, cap, cleared;
    int64_t *chunks; /* [cap] */
    uint64_t *bits;  /* [cap][words] */
};

static void codes_empty(struct codes *c)
{
    free(c->chunks);
    free(c->bits);
    *c = (struct codes){.next = c->next, .collection = c->collection};
}

void codes_free(struct kb *kb)
{
    while (kb->codes) {
        struct codes *c = kb->codes;
        kb->codes = c->next;
        codes_empty(c);
        free(c);
    }
}

static struct codes *codes_of(struct kb *kb, int64_t collection)
{
    struct codes *c = kb->codes;
    while (c && c->collection != collection)
        c = c->next;
    return c;
}

void codes_cleared(struct kb *kb, int64_t collection, size_t chunks)
{
    pthread_rwlock_wrlock(&kb->codes_lock);
    struct codes *c = codes_of(kb, collection);
    if (c)
        c->cleared += chunks;
    if (c && c->cleared * CLEARED_SHARE > c->n)
        codes_empty(c);
    pthread_rwlock_unlock(&kb->codes_lock);
}

/* ---- following the store */

static int grow(struct codes *c)
{
    size_t cap = c->cap ? 2 * c->cap : 1024;
    int64_t *chunks = realloc(c->chunks, cap * sizeof *chunks);
    if (!chunks)
        return ERR_NOMEM;
    c->chunks = chunks;
    uint64_t *bits = realloc(c->bits, cap * c->words * sizeof *bits);
    if (!bits)
        return ERR_NOMEM;
    c->bits = bits;
    c->cap = cap;
    return OK;
}

/* A row: which chunks, and their codes. One of a wrong length holds nothing that could be compared. */
static int take_row(struct codes *c, int64_t block, struct str row)
{
    uint16_t has = 0;
    size_t bytes = c->words * sizeof(uint64_t);
    if (row.len < sizeof has)
        return OK;
    memcpy(&has, row.ptr, sizeof has);
    row = str_skip(row, sizeof has);
    if (row.len != (size_t)__builtin_popcount(has) * bytes)
        return OK;
    for (int i = 0; i < BLOCK_CHUNKS_MAX; i++) {
        if (!(has >> i & 1))
            continue;
        if (c->n == c->cap && grow(c))
            return ERR_NOMEM;
        c->chunks[c->n] = block << CHUNK_BITS | i;
        memcpy(c->bits + c->n++ * c->words, row.ptr, bytes);
        row = str_skip(row, bytes);
    }
    return OK;
}

static struct store_stmt *newer(struct search *s, int64_t collection, int64_t after)
{
    struct store_stmt *st = db_prepare(s->db, "SELECT n, data FROM kb_codes WHERE n > ?1 AND n < ?2 ORDER BY n");
    db_bind_int(st, 1, after > first_block(collection) ? after : first_block(collection) - 1);
    db_bind_int(st, 2, first_block(collection + 1));
    return st;
}

static int take_newer(struct search *s, struct codes *c, struct err *e)
{
    struct store_stmt *st = newer(s, c->collection, c->last_block);
    int rc;
    while ((rc = db_step(s->db, st, e)) > 0) {
        int64_t block = db_int(st, 0);
        if (take_row(c, block, db_str(st, 1)))
            return row_no_memory(e);
        c->last_block = block;
    }
    return rc;
}

static int follow(struct search *s, int64_t collection, size_t words, struct err *e)
{
    struct codes *c = codes_of(s->kb, collection);
    if (!c) {
        c = calloc(1, sizeof *c);
        if (!c)
            return row_no_memory(e);
        c->collection = collection;
        c->next = s->kb->codes;
        s->kb->codes = c;
    }
    if (c->words != words)
        codes_empty(c);
    c->words = words;
    return take_newer(s, c, e);
}

/* Whether what is here is all that the transaction sees. */
static int is_behind(struct search *s, int64_t collection, size_t words, bool *ret, struct err *e)
{
    const struct codes *c = codes_of(s->kb, collection);
    struct store_stmt *st = newer(s, collection, c && c->words == words ? c->last_block : 0);
    int rc = db_step(s->db, st, e);
    if (rc < 0)
        return rc;
    *ret = rc > 0;
    return OK;
}

/* ---- the nearest */

/* Up to this many differing bits (not included) all fit into `max`; of those with exactly as many, some. */
static uint16_t border_of(const uint32_t counts[DIMS_BITS_MAX], size_t max)
{
    size_t sum = 0;
    uint16_t d = 0;
    while (d < DIMS_BITS_MAX - 1 && sum + counts[d] <= max)
        sum += counts[d++];
    return d;
}

static int by_score(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return (x->chunk > y->chunk) - (x->chunk < y->chunk);
}

static size_t choose(const struct codes *c, const uint16_t *differ, size_t max, struct candidate *found)
{
    uint32_t counts[DIMS_BITS_MAX] = {0};
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++)
        counts[differ[i]]++;
    uint16_t border = border_of(counts, max);
    for (size_t i = 0; i < c->n && n < max; i++)
        if (differ[i] < border)
            found[n++] = (struct candidate){c->chunks[i], -(double)differ[i]};
    for (size_t i = 0; i < c->n && n < max; i++)
        if (differ[i] == border)
            found[n++] = (struct candidate){c->chunks[i], -(double)border};
    qsort(found, n, sizeof *found, by_score);
    return n;
}

static int scan(struct kb *kb, int64_t collection, const uint64_t *code, size_t max, struct candidate *found, size_t *ret_n, struct err *e)
{
    const struct codes *c = codes_of(kb, collection);
    *ret_n = 0;
    if (!c || !c->n)
        return OK;
    uint16_t *differ = malloc(c->n * sizeof *differ);
    if (!differ)
        return row_no_memory(e);
    for (size_t i = 0; i < c->n; i += SCAN)
        op_differing(kb->kernels, c->bits + i * c->words, c->n - i < SCAN ? c->n - i : SCAN, c->words, code, differ + i);
    *ret_n = choose(c, differ, max, found);
    free(differ);
    return OK;
}

int codes_nearest(struct search *s, int64_t collection, uint32_t dims, const uint64_t *code, size_t max, struct candidate *found,
                  size_t *ret_n, struct err *e)
{
    bool behind = false;
    pthread_rwlock_rdlock(&s->kb->codes_lock);
    int rc = is_behind(s, collection, dims / 64, &behind, e);
    if (!rc && behind) {
        pthread_rwlock_unlock(&s->kb->codes_lock);
        pthread_rwlock_wrlock(&s->kb->codes_lock);
        rc = follow(s, collection, dims / 64, e);
    }
    if (!rc)
        rc = scan(s->kb, collection, code, max, found, ret_n, e);
    pthread_rwlock_unlock(&s->kb->codes_lock);
    return rc;
}
