#include <stdlib.h>

#include "kb/query.h"
#include "kb/rank.h"

/* ---- where to look */

static int add_range(struct search *s, const struct kb_query *q, struct store_stmt *st, struct err *e)
{
    int64_t n = db_int(st, 0);
    if (s->n_ranges == RANGES_MAX)
        return err_set(e, ERR_LIMIT, "A search goes through at most %d collections; name fewer", RANGES_MAX);
    s->ranges = kb_row_grow(s->arena, s->ranges, s->n_ranges, sizeof *s->ranges);
    if (!s->ranges)
        return row_no_memory(e);
    struct range r = {n, first_chunk(n), first_chunk(n) + ((db_int(st, 1) + 1) << CHUNK_BITS) - 1, db_int(st, 2), false};
    r.has_vectors = q->vector && q->dims == db_int(st, 4) && str_eq(q->encoder, row_text(db_str(st, 3)));
    s->chunks += r.chunks;
    if (r.chunks)
        s->ranges[s->n_ranges++] = r;
    return OK;
}

static int add_named(struct search *s, int64_t who, const struct kb_query *q, struct str id, struct err *e)
{
    struct store_stmt *st =
        db_prepare(s->db, "SELECT c.n, c.blocks_made, c.chunks, c.encoder, c.dims FROM kb_collections c WHERE c.id = ?2 AND " MAY_READ);
    db_bind_int(st, 1, who);
    db_bind_str(st, 2, row_text(id));
    int rc = kb_row_must(s->db, st, "collection", e);
    for (size_t i = 0; !rc && i < s->n_ranges; i++)
        if (s->ranges[i].collection == db_int(st, 0))
            return OK;
    return rc ? rc : add_range(s, q, st, e);
}

static int find_ranges(struct search *s, int64_t who, const struct kb_query *q, struct err *e)
{
    int rc = OK;
    for (size_t i = 0; i < q->n_collections && !rc; i++)
        rc = add_named(s, who, q, q->collections[i], e);
    if (q->n_collections)
        return rc;
    struct store_stmt *st =
        db_prepare(s->db, "SELECT c.n, c.blocks_made, c.chunks, c.encoder, c.dims FROM kb_collections c WHERE " MAY_READ);
    db_bind_int(st, 1, who);
    while ((rc = db_step(s->db, st, e)) > 0) {
        rc = add_range(s, q, st, e);
        if (rc)
            return rc;
    }
    return rc;
}

/* ---- what the candidates are */

/* A document of candidates; n 0: it is none that may be seen. */
struct seen {
    int64_t n, wanted;
    struct str id, collection, source, title;
};

static int see_document(struct search *s, int64_t document, struct seen *d, struct err *e)
{
    if (d->wanted == document)
        return OK;
    *d = (struct seen){.wanted = document};
    struct store_stmt *st = db_prepare(s->db, "SELECT d.n, d.id, c.id, d.source, d.title FROM kb_documents d"
                                              " JOIN kb_collections c ON c.n = d.collection WHERE d.n = ?1 AND d.state = 0");
    db_bind_int(st, 1, document);
    int rc = db_step(s->db, st, e);
    if (rc <= 0)
        return rc;
    rc = OK;
    d->id = kb_row_str(s->arena, st, 1, &rc);
    d->collection = kb_row_str(s->arena, st, 2, &rc);
    d->source = kb_row_str(s->arena, st, 3, &rc);
    d->title = kb_row_str(s->arena, st, 4, &rc);
    d->n = db_int(st, 0);
    return rc ? row_no_memory(e) : OK;
}

static int make_hit(struct search *s, const struct kb_chunk *c, const struct seen *d, struct kb_hit *ret, struct err *e)
{
    struct kb_hit h = {
        .chunk = *c, .document = d->id, .collection = d->collection, .source = d->source, .title = d->title, .cosine = ret->cosine};
    h.chunk.text = arena_dup(s->arena, c->text);
    h.chunk.heading = arena_dup(s->arena, row_text(c->heading));
    if (!h.chunk.text.ptr || !h.chunk.heading.ptr)
        return row_no_memory(e);
    h.word_score = score_text(s, d->title, c);
    *ret = h;
    return OK;
}

/* A chunk that was found in one way, or in both. */
struct found {
    int64_t chunk;
    float cosine; /* 0: not by vectors */
};

static int by_chunk(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    return (x->chunk > y->chunk) - (x->chunk < y->chunk);
}

/* In the order of their numbers, so that each block is unpacked once. What is not there (any more, or yet) is left out. */
static int read_found(struct search *s, const struct found *found, size_t n, struct kb_hit *hits, size_t *ret_n, struct err *e)
{
    struct unpacker *u = NULL;
    struct block b = {.n = -1};
    struct seen d = {0};
    size_t made = 0;
    int rc = unpacker_create(s->kb, &u, e);
    for (size_t i = 0; i < n && !rc; i++) {
        size_t at = (size_t)found[i].chunk & (BLOCK_CHUNKS_MAX - 1);
        if (block_of_chunk(found[i].chunk) != b.n)
            rc = unpack_block(u, s->db, block_of_chunk(found[i].chunk), &b, e);
        if (rc == ERR_NOENT) {
            b.n = -1;
            rc = OK;
            continue;
        }
        if (!rc)
            rc = see_document(s, b.document, &d, e);
        if (rc || !d.n || at >= b.count)
            continue;
        hits[made].cosine = found[i].cosine;
        rc = make_hit(s, &b.chunks[at], &d, &hits[made++], e);
    }
    unpacker_free(u);
    *ret_n = made;
    return rc;
}

/* ---- the answer */

static int find_all(struct search *s, const struct kb_query *q, struct found *ret, size_t *ret_n, struct err *e)
{
    struct candidate words[FOUND_MAX], near[NEAREST_MAX];
    size_t n_words = 0, n_near = 0, n = 0;
    int rc = query_cut(s, q->text, e);
    for (size_t i = 0; i < s->n_terms; i++)
        terms_want(s->terms, s->at[i].text);
    if (!rc && (!q->ways || q->ways & KB_WORDS))
        rc = lexical_find(s, words, &n_words, e);
    if (!rc && q->vector && (!q->ways || q->ways & KB_VECTORS))
        rc = nearest_find(s, q, near, &n_near, e);
    for (size_t i = 0; i < n_words; i++)
        ret[n++] = (struct found){words[i].chunk, 0};
    for (size_t i = 0; i < n_near; i++)
        ret[n++] = (struct found){near[i].chunk, (float)near[i].score};
    qsort(ret, n, sizeof *ret, by_chunk);
    *ret_n = 0;
    for (size_t i = 0; i < n; i++) {
        if (*ret_n && ret[*ret_n - 1].chunk == ret[i].chunk)
            ret[*ret_n - 1].cosine += ret[i].cosine; /* one of them is 0 */
        else
            ret[(*ret_n)++] = ret[i];
    }
    return rc;
}

static int run(struct search *s, const struct kb_query *q, struct kb_hits *ret, struct err *e)
{
    struct found *found = arena_calloc(s->arena, FOUND_MAX + NEAREST_MAX, sizeof *found);
    struct kb_hits all = {.items = arena_calloc(s->arena, FOUND_MAX + NEAREST_MAX, sizeof *all.items)};
    size_t n = 0;
    int rc = found && all.items ? find_all(s, q, found, &n, e) : row_no_memory(e);
    if (!rc)
        rc = read_found(s, found, n, all.items, &all.n, e);
    return rc ? rc : rank(&all, q, s->arena, ret, e);
}

int kb_search(struct kb *kb, struct store_db *db, int64_t who, const struct kb_query *q, struct arena *a, struct kb_hits *ret,
              struct err *e)
{
    struct search s = {.kb = kb, .db = db, .arena = a, .terms = terms_create()};
    int rc = s.terms ? find_ranges(&s, who, q, e) : row_no_memory(e);
    if (!rc && s.n_ranges)
        rc = run(&s, q, ret, e);
    else if (!rc)
        *ret = (struct kb_hits){0};
    terms_free(s.terms);
    return rc;
}
