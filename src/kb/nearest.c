/* The chunks nearest to the query's vector: by codes first, and the best of those by cosine. */
#include <stdlib.h>

#include "kb/codes.h"
#include "kb/vector.h"

enum { BY_CODE_MAX = 300 };

/* score ← cosine, for those whose vectors are there; the others go. */
static int measure(struct search *s, const float *unit, uint32_t dims, struct candidate *found, size_t *n, struct err *e)
{
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++) {
        struct store_stmt *st = db_prepare(s->db, "SELECT data FROM kb_vectors WHERE n = ?1");
        db_bind_int(st, 1, found[i].chunk);
        int rc = db_step(s->db, st, e);
        if (rc < 0)
            return rc;
        struct str q = rc ? db_str(st, 0) : (struct str){0};
        if (q.len == dims)
            found[kept++] = (struct candidate){found[i].chunk, (double)vector_cosine(s->kb->kernels, unit, (const int8_t *)q.ptr, dims)};
    }
    *n = kept;
    return OK;
}

static int best_first(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return (x->chunk > y->chunk) - (x->chunk < y->chunk);
}

static int in_range(struct search *s, const struct range *r, const struct kb_query *q, const uint64_t *code, const float *unit,
                    struct candidate *near, size_t *n, struct err *e)
{
    int rc = codes_nearest(s, r->collection, q->dims, code, BY_CODE_MAX, near, n, e);
    return rc ? rc : measure(s, unit, q->dims, near, n, e);
}

int nearest_find(struct search *s, const struct kb_query *q, struct candidate *found, size_t *ret_n, struct err *e)
{
    float unit[KB_DIMS_MAX];
    int8_t packed[KB_DIMS_MAX];
    uint64_t code[KB_DIMS_MAX / 64];
    size_t n = 0;
    if (!vector_pack(q->vector, q->dims, packed, code) || !vector_unit(q->vector, q->dims, unit))
        return OK;
    struct candidate *all = malloc((NEAREST_MAX + BY_CODE_MAX) * sizeof *all);
    int rc = all ? OK : row_no_memory(e);
    for (size_t i = 0; i < s->n_ranges && !rc; i++) {
        size_t more = 0;
        if (!s->ranges[i].has_vectors)
            continue;
        rc = in_range(s, &s->ranges[i], q, code, unit, all + n, &more, e);
        qsort(all, n + more, sizeof *all, best_first);
        n = n + more < NEAREST_MAX ? n + more : NEAREST_MAX;
    }
    for (size_t i = 0; i < n && !rc; i++)
        found[i] = all[i];
    free(all);
    if (!rc)
        *ret_n = n;
    return rc;
}
