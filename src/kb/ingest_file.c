/* One file: is it known, has it changed, and if so: read, with vectors, put in the place of what was there. Chunks are gathered and go
 * on in batches, so that a document of any size takes little memory and the encoder has enough to do at once. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fetch/digest.h"
#include "kb/embed_text.h"
#include "kb/ingest_internal.h"

enum { BATCH_CHUNKS = 64, BATCH_BYTES_MAX = BATCH_CHUNKS * 2048, TRIES = 3 };

/* ---- is it known */

struct look {
    const struct ingest_worker *w;
    struct str source;
    struct arena arena;
    struct kb_document found;
};

static int find(struct store_db *db, void *ctx, struct err *e)
{
    struct look *l = ctx;
    return kb_document_find(db, l->w->who, l->w->collection, l->source, &l->arena, &l->found, e);
}

static int64_t mtime_ms(const struct stat *st)
{
    return (int64_t)st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000;
}

static int hash_of(const struct ingest_worker *w, int fd, const struct stat *st, uint8_t ret[KB_HASH_BYTES], struct err *e)
{
    char hex[DIGEST_HEX + 1];
    int r = digest_file(fd, (uint64_t)st->st_size, w->cancel, NULL, NULL, hex, e);
    for (size_t i = 0; !r && i < KB_HASH_BYTES; i++) {
        int high = hex[2 * i] <= '9' ? hex[2 * i] - '0' : hex[2 * i] - 'a' + 10;
        int low = hex[2 * i + 1] <= '9' ? hex[2 * i + 1] - '0' : hex[2 * i + 1] - 'a' + 10;
        ret[i] = (uint8_t)(high << 4 | low);
    }
    return r;
}

/* ---- chunks on their way */

struct gather {
    struct ingest_worker *w;
    struct kb_new d;
    struct kb_put *put;
    struct kb_chunk chunks[BATCH_CHUNKS];
    size_t n;
    struct arena texts; /* what the chunks point to */
    struct err *e;
};

static int make_vectors(struct gather *g, float **ret)
{
    struct str texts[BATCH_CHUNKS];
    size_t of[BATCH_CHUNKS], n = 0;
    uint32_t dims = 0;
    for (size_t i = 0; i < g->n; i++) {
        texts[n] = kb_embed_text(g->chunks[i].text, atomic_load_explicit(&g->w->all->encoder_english, memory_order_relaxed));
        of[n] = i;
        n += texts[n].len > 0;
    }
    int r = n ? ingest_embed(g->w->all, g->w->encoder, texts, n, ret, &dims, g->e) : OK;
    if (r || !n)
        return r;
    if (dims != g->w->dims)
        return err_set(g->e, ERR_INTERNAL, "the encoder has changed");
    for (size_t i = 0; i < n; i++)
        g->chunks[of[i]].vector = *ret + i * dims;
    return OK;
}

static int flush(struct gather *g)
{
    float *vectors = NULL;
    int r = g->n && *g->w->encoder && kb_put_vectors(g->put) ? make_vectors(g, &vectors) : OK;
    if (!r && g->n)
        r = kb_put_add(g->put, g->chunks, g->n, g->e);
    free(vectors);
    arena_free(&g->texts);
    g->n = 0;
    return r;
}

static int take_chunk(void *ctx, const struct doc_chunk *c)
{
    struct gather *g = ctx;
    if (g->w->cancel && atomic_load_explicit(g->w->cancel, memory_order_relaxed))
        return err_set(g->e, ERR_CANCELED, "%s", err_text(ERR_CANCELED));
    struct kb_chunk *to = &g->chunks[g->n++];
    *to = (struct kb_chunk){.text = arena_dup(&g->texts, c->text),
                            .heading = arena_dup(&g->texts, c->heading),
                            .line = c->line,
                            .page = c->page};
    if (!to->text.ptr || !to->heading.ptr)
        return err_set(g->e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    return g->n == BATCH_CHUNKS ? flush(g) : OK;
}

/* ---- reading */

static struct str base_name(struct str path)
{
    return str_skip(path, (size_t)(str_rchr(path, '/') + 1));
}

static int begin(void *ctx, const struct doc_info *info)
{
    struct gather *g = ctx;
    if (info->title[0])
        g->d.title = str_of(info->title);
    g->d.kind = str_of(doc_kind_name(info->kind));
    return kb_put_begin(g->w->all->c.kb, g->w->who, &g->d, &g->put, g->e);
}

static int put_file(struct gather *g, int fd, struct doc_info *ret_info, char ret_id[KB_ID_LEN + 1], struct err *e)
{
    static const struct doc_events events = {begin, take_chunk};
    struct str name = base_name(g->d.source);
    int r = doc_read(g->w->reader, fd, name, &events, g, ret_info, e);
    if (!r)
        r = flush(g);
    if (r) {
        kb_put_cancel(g->put);
        return r;
    }
    return kb_put_end(g->put, ret_id, e);
}

static int read_file(struct ingest_worker *w, int fd, struct str source, const struct stat *st, const uint8_t hash[KB_HASH_BYTES],
                     struct doc_info *ret_info, char ret_id[KB_ID_LEN + 1], struct err *e)
{
    struct gather *g = calloc(1, sizeof *g);
    if (!g)
        return err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    *g = (struct gather){.w = w,
                         .d = {.collection = w->collection,
                               .source = source,
                               .title = base_name(source),
                               .bytes = st->st_size,
                               .mtime_ms = mtime_ms(st),
                               .encoder = str_of(w->encoder),
                               .dims = w->dims},
                         .texts = arena_make(BATCH_BYTES_MAX),
                         .e = e};
    memcpy(g->d.hash, hash, KB_HASH_BYTES);
    int r = put_file(g, fd, ret_info, ret_id, e);
    arena_free(&g->texts);
    free(g);
    return r;
}

int ingest_file(struct ingest_worker *w, int fd, struct str source, const struct stat *st, enum ingest_result *ret,
                struct doc_info *ret_info, char ret_id[KB_ID_LEN + 1], struct err *e)
{
    struct look l = {.w = w, .source = source, .arena = arena_make(1 << 20)};
    struct stat now = *st;
    uint8_t hash[KB_HASH_BYTES];
    int r =
        (uint64_t)st->st_size > w->all->c.doc.file_bytes_max && w->all->c.doc.file_bytes_max
            ? err_set(e, ERR_LIMIT, "is larger than %llu MB (kb.file_bytes_max)", (unsigned long long)w->all->c.doc.file_bytes_max >> 20)
            : store_read(w->all->c.store, find, &l, e);
    bool known = !r, same = known && l.found.bytes == st->st_size && l.found.mtime_ms == mtime_ms(st);
    r = r == ERR_NOENT ? OK : r;
    if (!r && !same) {
        for (int i = 0; i < TRIES; i++) {
            r = hash_of(w, fd, &now, hash, e);
            same = !r && known && !memcmp(hash, l.found.hash, sizeof hash);
            if (!r && !same)
                r = read_file(w, fd, source, &now, hash, ret_info, ret_id, e);
            if (r != ERR_AGAIN || fstat(fd, &now))
                break;
        }
    }
    if (!r)
        *ret = same ? INGEST_UNCHANGED : known ? INGEST_REPLACED : INGEST_ADDED;
    if (!r && same && ret_id)
        str_copy(ret_id, KB_ID_LEN + 1, l.found.id);
    arena_free(&l.arena);
    return r;
}

/* ---- one that was sent */

int ingest_bytes(struct ingests *all, int64_t who, struct str collection, struct str name, struct str bytes, char ret_id[KB_ID_LEN + 1],
                 struct doc_info *ret_info, struct err *e)
{
    struct ingest_worker w = {.all = all, .who = who, .collection = collection, .encoder = ""};
    struct stat st;
    enum ingest_result result;
    int fd = memfd_create("document", MFD_CLOEXEC), r = fd < 0 ? err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM)) : OK;
    for (size_t at = 0; !r && at < bytes.len;) {
        ssize_t n = write(fd, bytes.ptr + at, bytes.len - at);
        r = n < 0 ? err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM)) : OK;
        at += n > 0 ? (size_t)n : 0;
    }
    if (!r && fstat(fd, &st))
        r = err_set(e, ERR_IO, "%s", err_text(ERR_IO));
    if (!r)
        r = doc_reader_create(&all->c.doc, &w.reader, e);
    if (!r)
        r = ingest_file(&w, fd, name, &st, &result, ret_info, ret_id, e);
    doc_reader_free(w.reader);
    if (fd >= 0)
        close(fd);
    return r;
}
