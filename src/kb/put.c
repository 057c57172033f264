/* Adding a document: chunks come together in blocks, blocks in batches; all that takes time (terms, compression) happens before the
 * writer is taken. A document of less than a batch is written in one transaction. */
#include "kb/put.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "kb/renew.h"
#include "kb/terms.h"
#include "kb/vector.h"

enum {
    BATCH_BYTES = 1 << 20, /* of texts: of what one transaction changes, some 3 MB of pages */
    BATCH_MEMORY_MAX = 64 << 20,
    PUT_MEMORY_MAX = 1 << 20,
};

static int check(const struct kb_new *d, struct err *e)
{
    const struct {
        const char *what;
        struct str text;
        size_t min, max;
    } each[] = {
        {"The source of a document", d->source, 1, KB_SOURCE_BYTES_MAX},
        {"The title of a document", d->title, 0, KB_TITLE_BYTES_MAX},
        {"The kind of a document", d->kind, 0, KB_KIND_BYTES_MAX},
        {"The name of an encoder", d->encoder, 0, KB_ENCODER_BYTES_MAX},
    };
    int rc = OK;
    for (size_t i = 0; i < sizeof each / sizeof *each && !rc; i++)
        rc = check_text(each[i].what, each[i].text, each[i].min, each[i].max, e);
    if (!rc && d->encoder.len && (!d->dims || d->dims > KB_DIMS_MAX || d->dims % KB_DIMS_STEP))
        rc = err_set(e, ERR_INVAL, "Vectors have a multiple of %d dimensions, at most %d; those of '%.*s' have %u", KB_DIMS_STEP,
                     KB_DIMS_MAX, (int)d->encoder.len, d->encoder.ptr, d->dims);
    return rc;
}

static int copy(struct kb_put *p, const struct kb_new *d, struct err *e)
{
    p->d = *d;
    struct str *const each[] = {&p->d.collection, &p->d.source, &p->d.title, &p->d.kind, &p->d.encoder};
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        *each[i] = arena_dup(&p->arena, row_text(*each[i]));
        if (!each[i]->ptr)
            return row_no_memory(e);
    }
    return OK;
}

/* What must be known of the collection before there is anything to write. */
static int look(struct store_db *db, void *ctx, struct err *e)
{
    struct kb_put *p = ctx;
    int rc = collection_owned(db, p->who, p->d.collection, &p->collection, e);
    if (rc)
        return rc;
    struct store_stmt *st = db_prepare(db, "SELECT documents, dictionary, encoder, dims FROM kb_collections WHERE n = ?1");
    db_bind_int(st, 1, p->collection);
    rc = kb_row_must(db, st, "collection", e);
    if (rc)
        return rc;
    int64_t documents = db_int(st, 0), dictionary = db_int(st, 1);
    if (p->d.encoder.len && (!documents || !db_str(st, 2).len || (str_eq(db_str(st, 2), p->d.encoder) && db_int(st, 3) == p->d.dims)))
        p->dims = p->d.dims;
    if (documents > p->kb->limits.documents_max)
        return err_set(e, ERR_LIMIT, "The collection has %u documents, which is the most (kb.documents_max); make another one",
                       p->kb->limits.documents_max);
    return dictionary ? dictionary_hold(p->kb, db, dictionary, &p->dictionary, e) : OK;
}

static int make_title_terms(struct kb_put *p, struct err *e)
{
    struct buf b = buf_make(8 * KB_TITLE_BYTES_MAX);
    int rc = p->terms ? terms_put(p->terms, p->d.title, &b) : ERR_NOMEM;
    if (!rc)
        p->title_terms = arena_dup(&p->arena, row_text(buf_str(&b)));
    buf_free(&b);
    return rc || !p->title_terms.ptr ? row_no_memory(e) : OK;
}

static int make_room_for_vectors(struct kb_put *p, struct err *e)
{
    p->open_vectors = arena_calloc(&p->arena, BLOCK_CHUNKS_MAX, p->dims);
    p->open_codes = arena_calloc(&p->arena, BLOCK_CHUNKS_MAX, p->dims / 8);
    return p->open_vectors && p->open_codes ? OK : row_no_memory(e);
}

static void put_free(struct kb_put *p)
{
    dictionary_release(p->kb, p->dictionary);
    packer_free(p->packer);
    terms_free(p->terms);
    buf_free(&p->open_texts);
    arena_free(&p->batch);
    arena_free(&p->arena);
    free(p);
}

int kb_put_begin(struct kb *kb, int64_t who, const struct kb_new *d, struct kb_put **ret, struct err *e)
{
    int rc = check(d, e);
    struct kb_put *p = rc ? NULL : calloc(1, sizeof *p);
    if (!p)
        return rc ? rc : row_no_memory(e);
    p->kb = kb;
    p->who = who;
    p->arena = arena_make(PUT_MEMORY_MAX);
    p->batch = arena_make(BATCH_MEMORY_MAX);
    p->last = &p->first;
    p->open_texts = buf_make(BLOCK_PLAIN_MAX);
    p->terms = terms_create();
    rc = buf_reserve(&p->open_texts, BLOCK_PLAIN_MAX) ? row_no_memory(e) : copy(p, d, e);
    if (!rc)
        rc = make_title_terms(p, e);
    if (!rc)
        rc = row_id(p->id, e);
    if (!rc)
        rc = store_read(kb->store, look, p, e);
    if (!rc)
        rc = packer_create(p->dictionary, &p->packer, e);
    if (!rc && p->dims)
        rc = make_room_for_vectors(p, e);
    if (rc) {
        put_free(p);
        return rc;
    }
    *ret = p;
    return OK;
}

bool kb_put_vectors(const struct kb_put *p)
{
    return p->dims;
}

/* ---- blocks */

static int put_terms(struct kb_put *p, const struct kb_chunk *c, struct str *ret, struct err *e)
{
    struct buf b = buf_make(16 * (KB_CHUNK_BYTES_MAX + KB_HEADING_BYTES_MAX + KB_TITLE_BYTES_MAX));
    buf_put(&b, p->title_terms);
    int rc = terms_put(p->terms, c->heading, &b);
    if (!rc)
        rc = terms_put(p->terms, c->text, &b);
    if (!rc)
        *ret = arena_dup(&p->batch, row_text(buf_str(&b)));
    buf_free(&b);
    return rc || !ret->ptr ? row_no_memory(e) : OK;
}

/* The vectors of the open block, as their rows will have them. */
static int keep_vectors(struct kb_put *p, struct packed_block *b, struct err *e)
{
    size_t n = (size_t)__builtin_popcount(p->open_has), words = p->dims / 64, at = 0;
    char *codes = arena_alloc(&p->batch, sizeof p->open_has + n * words * 8), *vectors = arena_alloc(&p->batch, n * p->dims);
    if (!codes || !vectors)
        return row_no_memory(e);
    memcpy(codes, &p->open_has, sizeof p->open_has);
    for (size_t i = 0; i < p->n_open; i++) {
        if (!(p->open_has >> i & 1))
            continue;
        memcpy(codes + sizeof p->open_has + at * words * 8, p->open_codes + i * words, words * 8);
        memcpy(vectors + at++ * p->dims, p->open_vectors + i * p->dims, p->dims);
    }
    b->has = p->open_has;
    b->codes = str_from(codes, sizeof p->open_has + n * words * 8);
    b->vectors = str_from(vectors, n * p->dims);
    p->open_has = 0;
    return OK;
}

static int close_block(struct kb_put *p, struct err *e)
{
    struct str data;
    struct packed_block *b = arena_calloc(&p->batch, 1, sizeof *b);
    int rc = b ? pack(p->packer, p->open, p->n_open, &data, e) : row_no_memory(e);
    if (rc)
        return rc;
    b->data = arena_dup(&p->batch, data);
    if (!b->data.ptr)
        return row_no_memory(e);
    for (size_t i = 0; i < p->n_open && !rc; i++)
        rc = put_terms(p, &p->open[i], &b->terms[i], e);
    if (!rc && p->open_has)
        rc = keep_vectors(p, b, e);
    if (rc)
        return rc;
    b->at = (uint64_t)p->text_bytes;
    b->bytes = p->open_bytes;
    b->n = p->n_open;
    *p->last = b;
    p->last = &b->next;
    p->batch_bytes += p->open_bytes;
    p->text_bytes += (int64_t)p->open_bytes;
    p->chunks += (int64_t)p->n_open;
    p->n_open = p->open_bytes = 0;
    buf_clear(&p->open_texts);
    return OK;
}

static struct str keep(struct buf *b, struct str s)
{
    size_t at = b->len;
    buf_put(b, s);
    return str_from(b->ptr + at, s.len);
}

static struct str cut(struct str s, size_t max)
{
    s = str_head(s, max);
    s.len = utf8_complete_prefix(s.ptr, s.len);
    return s;
}

static int add_one(struct kb_put *p, const struct kb_chunk *c, struct err *e)
{
    int rc = check_text("The text of a chunk", c->text, 1, KB_CHUNK_BYTES_MAX, e);
    if (!rc && (uint64_t)p->text_bytes + p->open_bytes + c->text.len > p->kb->limits.document_bytes_max)
        rc = err_set(e, ERR_LIMIT, "The text of the document is longer than %llu bytes (kb.document_bytes_max)",
                     (unsigned long long)p->kb->limits.document_bytes_max);
    if (!rc && !block_takes(p->n_open, p->open_bytes, c))
        rc = close_block(p, e);
    if (rc)
        return rc;
    struct kb_chunk *open = &p->open[p->n_open];
    *open = (struct kb_chunk){.line = c->line, .page = c->page, .text = keep(&p->open_texts, c->text)};
    open->heading = keep(&p->open_texts, cut(c->heading, KB_HEADING_BYTES_MAX));
    if (p->open_texts.failed)
        return row_no_memory(e);
    if (p->dims && c->vector &&
        vector_pack(c->vector, p->dims, p->open_vectors + p->n_open * p->dims, p->open_codes + p->n_open * (p->dims / 64)))
        p->open_has |= (uint16_t)(1 << p->n_open);
    p->n_open++;
    p->open_bytes += c->text.len;
    return OK;
}

int kb_put_add(struct kb_put *p, const struct kb_chunk *chunks, size_t n, struct err *e)
{
    int rc = OK;
    for (size_t i = 0; i < n && !rc; i++) {
        rc = add_one(p, &chunks[i], e);
        if (!rc && p->batch_bytes >= BATCH_BYTES)
            rc = put_write(p, e);
    }
    return rc;
}

/* ---- the end */

int kb_put_end(struct kb_put *p, char ret_id[KB_ID_LEN + 1], struct err *e)
{
    int rc = p->n_open ? close_block(p, e) : OK;
    if (!rc)
        rc = put_finish(p, e);
    if (rc) {
        kb_put_cancel(p);
        return rc;
    }
    if (ret_id)
        memcpy(ret_id, p->id, sizeof p->id);
    /* Here and not only in kb_tend, so that of a folder that is added most is compressed well at once. It costs no put its success. */
    renew_dictionary(p->kb, p->collection, NULL);
    put_free(p);
    return OK;
}

/* When even this cannot be written, the next start does it. */
void kb_put_cancel(struct kb_put *p)
{
    if (!p)
        return;
    if (p->document)
        put_abandon(p, NULL);
    put_free(p);
}
