#include "fixture.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"

static void open_all(struct fixture *f)
{
    static const struct store_schema *const schemas[] = {&kb_schema};
    struct store_config c = {.dir = f->dir, .key_file = f->key, .schemas = schemas, .n_schemas = 1, .clock = &clock_system};
    if (store_open(&c, &f->store, &f->err))
        fail_msg("%s", f->err.text);
    struct kb_config k = {.store = f->store, .clock = &clock_system, .limits = f->limits};
    if (kb_open(&k, &f->kb, &f->err))
        fail_msg("%s", f->err.text);
}

static void close_all(struct fixture *f)
{
    kb_close(f->kb);
    store_free(f->store);
}

int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    str_copy(f->root, sizeof f->root, STR("/tmp/hearth-kb-XXXXXX"));
    assert_non_null(mkdtemp(f->root));
    snprintf(f->dir, sizeof f->dir, "%s/data", f->root);
    snprintf(f->key, sizeof f->key, "%s/key", f->root);
    f->arena = arena_make(256 << 20);
    open_all(f);
    *state = f;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    close_all(f);
    nftw(f->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    arena_free(&f->arena);
    free(f);
    return 0;
}

void fixture_reopen(struct fixture *f)
{
    close_all(f);
    open_all(f);
}

static void must(struct fixture *f, int rc)
{
    if (rc)
        fail_msg("%s: %s", err_name(rc), f->err.text);
}

struct run {
    struct fixture *f;
    body_fn *fn;
    void *ctx;
};

static int run(struct store_db *db, void *ctx, struct err *e)
{
    struct run *r = ctx;
    return r->fn(r->f, db, r->ctx, e);
}

int with_db(struct fixture *f, body_fn *fn, void *ctx)
{
    struct run r = {f, fn, ctx};
    f->err = (struct err){0};
    return store_read(f->store, run, &r, &f->err);
}

struct str new_collection(struct fixture *f, int64_t owner, const char *name)
{
    struct kb_collection c;
    must(f, kb_collection_create(f->kb, owner, str_of(name), &f->arena, &c, &f->err));
    return c.id;
}

/* ---- putting */

static size_t cut(struct fixture *f, struct str text, struct kb_chunk **ret)
{
    struct kb_chunk *chunks = arena_calloc(&f->arena, text.len / 500 + 1, sizeof *chunks);
    size_t n = 0;
    assert_non_null(chunks);
    while (text.len) {
        size_t len = text.len < 900 ? text.len : 900;
        while (len < text.len && text.ptr[len - 1] != ' ')
            len--;
        chunks[n++] = (struct kb_chunk){.text = str_head(text, len), .heading = STR("Chapter › Section"), .line = (uint32_t)n + 1};
        text = str_skip(text, len);
    }
    *ret = chunks;
    return n;
}

static struct str put(struct fixture *f, const struct kb_new *d, const struct kb_chunk *chunks, size_t n)
{
    struct kb_put *p = NULL;
    char id[KB_ID_LEN + 1];
    must(f, kb_put_begin(f->kb, ME, d, &p, &f->err));
    must(f, kb_put_add(p, chunks, n, &f->err));
    must(f, kb_put_end(p, id, &f->err));
    return arena_dup(&f->arena, str_of(id));
}

struct str put_text(struct fixture *f, struct str collection, const char *source, const char *title, struct str text)
{
    struct kb_chunk *chunks;
    size_t n = cut(f, text, &chunks);
    struct kb_new d = {.collection = collection,
                       .source = str_of(source),
                       .title = str_of(title),
                       .kind = STR("text"),
                       .bytes = (int64_t)text.len,
                       .mtime_ms = 5,
                       .hash = {1, 2, 3}};
    return put(f, &d, chunks, n);
}

struct str put_chunks(struct fixture *f, struct str collection, const char *source, const struct kb_chunk *chunks, size_t n)
{
    struct kb_new d = {.collection = collection, .source = str_of(source), .kind = STR("text")};
    return put(f, &d, chunks, n);
}

/* ---- reading */

struct call {
    int64_t who;
    struct str id;
    const char *sql;
    struct kb_query query;
    struct kb_hits hits;
    struct kb_chunk *chunks;
    size_t n;
    int64_t number;
    struct kb_status status;
};

static int do_search(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    struct call *c = ctx;
    return kb_search(f->kb, db, c->who, &c->query, &f->arena, &c->hits, e);
}

struct kb_hits search(struct fixture *f, int64_t who, struct kb_query q)
{
    struct call c = {.who = who, .query = q};
    must(f, with_db(f, do_search, &c));
    return c.hits;
}

struct kb_hits search_words(struct fixture *f, int64_t who, const char *text)
{
    return search(f, who, (struct kb_query){.text = str_of(text), .limit = 50});
}

static int do_read(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    struct call *c = ctx;
    return kb_document_read(f->kb, db, c->who, c->id, 0, UINT64_MAX, &f->arena, &c->chunks, &c->n, e);
}

struct str read_text(struct fixture *f, int64_t who, struct str document)
{
    struct call c = {.who = who, .id = document};
    struct buf b = buf_make(200 << 20);
    must(f, with_db(f, do_read, &c));
    for (size_t i = 0; i < c.n; i++) {
        assert_int_equal(c.chunks[i].offset, b.len);
        buf_put(&b, c.chunks[i].text);
    }
    assert_int_equal(b.failed, OK);
    struct str s = arena_dup(&f->arena, buf_str(&b));
    buf_free(&b);
    return s;
}

static int do_number(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    struct call *c = ctx;
    (void)f;
    struct store_stmt *st = db_prepare(db, c->sql);
    int rc = kb_row_must(db, st, "row", e);
    if (!rc)
        c->number = db_int(st, 0);
    return rc;
}

int64_t number(struct fixture *f, const char *sql)
{
    struct call c = {.sql = sql};
    must(f, with_db(f, do_number, &c));
    return c.number;
}

static int do_status(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    struct call *c = ctx;
    (void)f;
    return kb_status(db, ME, c->id, &c->status, e);
}

struct kb_status status_of(struct fixture *f, struct str collection)
{
    struct call c = {.id = collection};
    must(f, with_db(f, do_status, &c));
    return c.status;
}

void tend(struct fixture *f)
{
    bool more = true;
    for (int i = 0; more; i++) {
        assert_true(i < 10000);
        must(f, kb_tend(f->kb, &more, &f->err));
    }
}

/* An index without a word still has two rows: its version and its averages. */
static int count_words(struct store_db *db, void *ctx, struct err *e)
{
    int rc = db_exec(db, "CREATE VIRTUAL TABLE temp.kb_words USING fts5vocab (main, kb_text, row)", e);
    struct store_stmt *st = rc ? NULL : db_prepare(db, "SELECT count(*) FROM temp.kb_words");
    if (!rc)
        rc = kb_row_must(db, st, "row", e);
    if (!rc)
        *(int64_t *)ctx = db_int(st, 0);
    return rc ? rc : ERR_CANCELED; /* the table goes with the transaction */
}

void check_empty(struct fixture *f)
{
    int64_t words = -1;
    assert_int_equal(store_write(f->store, count_words, &words, &f->err), ERR_CANCELED);
    assert_int_equal(words, 0);
    assert_int_equal(number(f, "SELECT (SELECT count(*) FROM kb_documents) + (SELECT count(*) FROM kb_blocks)"
                               " + (SELECT count(*) FROM kb_vectors) + (SELECT count(*) FROM kb_codes)"),
                     0);
    assert_int_equal(number(f, "SELECT total(documents + chunks + vectors + source_bytes + text_bytes + packed_bytes) FROM kb_collections"),
                     0);
}

struct str some_text(struct fixture *f, size_t n, uint64_t seed)
{
    static const char *const syllables[] = {"ba", "co", "di", "fu", "ge", "ha", "ki", "lo", "mu", "ne", "po", "ra", "se", "ti", "vu", "wy"};
    struct rng rng;
    struct buf b = buf_make(n + 100);
    rng_seed(&rng, seed);
    while (b.len < n) {
        for (uint64_t k = 1 + rng_u64(&rng) % 3; k; k--)
            buf_puts(&b, syllables[rng_u64(&rng) % 16]);
        buf_putc(&b, rng_u64(&rng) % 10 ? ' ' : '\n');
    }
    struct str s = arena_dup(&f->arena, buf_str(&b));
    buf_free(&b);
    assert_non_null(s.ptr);
    return s;
}
