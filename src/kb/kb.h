/* The knowledge base: documents of people, cut into chunks, found by words and by meaning.
 *
 *   collection ── owner, readers, encoder
 *     └── document ── source, title, hash, state
 *           └── block: some neighbouring chunks, compressed together     chunk = a paragraph or a few, with its place
 *                 ├── words of each chunk in a full-text index
 *                 └── a vector of each chunk: a code of signs in memory, 8 bits a dimension on the disk
 *
 * The texts of a document's chunks, one after the other, are the document's text: nothing is twice and nothing is missing, so a source
 * can be shown whole. A document is seen by nobody until all of it is there (state `adding`), and its successor takes its place in one
 * transaction; what was replaced or forgotten is invisible at once and is cleared away in bounded steps (kb_tend).
 *
 * Ids of collections and documents are 26 random characters. Everything that reads takes the principal (`who`, people/people.h) and finds
 * only what it may read: its own collections, and those whose readers it is among. What it may not read is ERR_NOENT, like an
 * unknown id. Only the owner may write.
 *
 * Threads: functions with a `struct store_db *` run within a transaction of the store (store_read, store_write, store_job); those
 * without have transactions of their own and block. None may run on the loop thread. Any number of threads may call them at
 * once. Strings of results live in the caller's arena. */
#ifndef KB_KB_H
#define KB_KB_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "store/store.h"

enum {
    KB_ID_LEN = 26,
    KB_EVERYONE = 0, /* as a reader: every principal */
    KB_NAME_BYTES_MAX = 200,
    KB_SOURCE_BYTES_MAX = 4096,
    KB_TITLE_BYTES_MAX = 1000,
    KB_KIND_BYTES_MAX = 100,
    KB_HEADING_BYTES_MAX = 1000,
    KB_ENCODER_BYTES_MAX = 200,
    KB_CHUNK_BYTES_MAX = 8192, /* of one chunk's text; 600 to 1,200 are good */
    KB_READERS_MAX = 1000,     /* of one collection */
    KB_HASH_BYTES = 32,
    KB_DIMS_MAX = 1024, /* of a vector; a multiple of KB_DIMS_STEP */
    KB_DIMS_STEP = 64,
    KB_QUERY_BYTES_MAX = 4000, /* what follows is not looked at */
    KB_HITS_MAX = 100,
    KB_PAGE_MAX = 500,            /* documents of one list */
    KB_READ_BYTES_MAX = 64 << 20, /* what an arena for results may have to hold */
};

struct kb;

extern const struct store_schema kb_schema;

struct kb_limits {
    uint32_t collections_max;    /* of one owner */
    uint32_t documents_max;      /* of one collection */
    uint64_t document_bytes_max; /* of one document's text */
};
extern const struct kb_limits kb_limits_default;

struct kb_config {
    struct store *store; /* opened with kb_schema; outlives the knowledge base */
    const struct clock *clock;
    struct kb_limits limits; /* zeros: the defaults */
    struct str cpu;          /* HEARTH_CPU's text, may be empty */
};
/* Blocking: at start. Documents that a killed process was adding are forgotten; whoever feeds files in adds them again. */
int kb_open(const struct kb_config *c, struct kb **ret, struct err *e);
/* After all calls have returned. NULL is fine. */
void kb_close(struct kb *kb);

/* Grows with every change that a search could show, of any collection, after it is on the disk: an answer that was found at one
 * number is good as long as the number is the same. Any thread. Starts anew with the process. */
uint64_t kb_changes(const struct kb *kb);

/* ---- collections (collection.c) */

struct kb_collection {
    int64_t n, owner;
    struct str id, name;
    struct str encoder; /* whose vectors it has; "": none so far */
    uint32_t dims;      /* of them */
    int64_t documents, chunks, created_ms, updated_ms;
    const int64_t *readers; /* principals, and KB_EVERYONE; only the owner is told */
    size_t n_readers;
};

/* ERR_EXISTS: the owner has one of that name; ERR_LIMIT: too many; ERR_INVAL: the name is empty, too long or not UTF-8. */
int kb_collection_create(struct kb *kb, int64_t owner, struct str name, struct arena *a, struct kb_collection *ret, struct err *e);
/* By id, or by name: the own one of that name first, then the oldest that `who` may read. */
int kb_collection_get(struct store_db *db, int64_t who, struct str id_or_name, struct arena *a, struct kb_collection *ret, struct err *e);
/* The own ones first, by name. */
int kb_collection_list(struct store_db *db, int64_t who, struct arena *a, struct kb_collection **ret, size_t *ret_n, struct err *e);
int kb_collection_rename(struct kb *kb, int64_t owner, struct str id, struct str name, struct err *e);
/* All of its readers from now on, besides the owner. */
int kb_collection_set_readers(struct kb *kb, int64_t owner, struct str id, const int64_t *readers, size_t n, struct err *e);
/* It and its documents are gone for everybody at once; kb_tend clears away what they consisted of. */
int kb_collection_remove(struct kb *kb, int64_t owner, struct str id, struct err *e);

/* ---- documents (document.c) */

struct kb_document {
    int64_t n;
    struct str id, collection; /* ids */
    struct str source;         /* a path or another name; one document of each source in a collection */
    struct str title;          /* ""; what the source has no title for */
    struct str kind;           /* "text/markdown", … */
    int64_t bytes, mtime_ms;   /* of the source as a file */
    int64_t text_bytes, chunks;
    int64_t added_ms;
    uint8_t hash[KB_HASH_BYTES]; /* of the source's content, as its adder made it */
};

int kb_document_get(struct store_db *db, int64_t who, struct str id, struct arena *a, struct kb_document *ret, struct err *e);
/* The one of this source: to see whether it has changed. */
int kb_document_find(struct store_db *db, int64_t who, struct str collection, struct str source, struct arena *a, struct kb_document *ret,
                     struct err *e);

struct kb_list {
    struct str collection; /* id */
    struct str below;      /* only sources that begin so; "": all */
    struct str after;      /* a former page's `next`, or "" */
    size_t limit;          /* 1 … KB_PAGE_MAX */
};
struct kb_page {
    struct kb_document *items; /* by source */
    size_t n;
    struct str next; /* ptr NULL: this is the end */
    int64_t total;   /* of the collection */
};
int kb_document_list(struct store_db *db, int64_t who, const struct kb_list *q, struct arena *a, struct kb_page *ret, struct err *e);

/* One chunk: what is put in, and what comes out. */
struct kb_chunk {
    struct str text;     /* UTF-8, 1 … KB_CHUNK_BYTES_MAX bytes */
    struct str heading;  /* the path of headings above it, "Chapter › Section"; "": none. Longer ones are cut */
    uint64_t offset;     /* of its first byte in the document's text; set when it comes out */
    uint32_t line, page; /* of the source, from 1; 0: unknown, or it has none */
    const float *vector; /* [dims] of the put; NULL: none. Any length: only the direction counts. NULL when it comes out */
    int64_t id;          /* when it comes out */
};
/* Whole chunks from the one that holds byte `from` on, until they are bytes_max or more, or the text ends. None when `from` is
 * behind the end. */
int kb_document_read(struct kb *kb, struct store_db *db, int64_t who, struct str id, uint64_t from, uint64_t bytes_max, struct arena *a,
                     struct kb_chunk **ret, size_t *ret_n, struct err *e);

/* ---- adding (put.c)
 *
 *   kb_put_begin ──► kb_put_add … ──► kb_put_end      the document is there, in the place of its predecessor
 *                            └──────► kb_put_cancel   as if it had never begun
 *
 * A put belongs to one thread at a time. Puts of different documents may run side by side; of two of one source the later end wins. */

struct kb_new {
    struct str collection, source, title, kind; /* collection: id */
    int64_t bytes, mtime_ms;
    uint8_t hash[KB_HASH_BYTES];
    struct str encoder; /* that made the chunks' vectors; "": none have one */
    uint32_t dims;
};
struct kb_put;

/* ERR_LIMIT: the collection is full. Vectors of another encoder than the collection's are left out (kb_put_vectors says so). */
int kb_put_begin(struct kb *kb, int64_t who, const struct kb_new *d, struct kb_put **ret, struct err *e);
/* Whether this put takes vectors: when not, none need be made. */
bool kb_put_vectors(const struct kb_put *p);
/* In the order of the text. Writes when enough has come together, else only remembers (copies). After an error only cancel. */
int kb_put_add(struct kb_put *p, const struct kb_chunk *chunks, size_t n, struct err *e);
/* Frees p in any case; on an error nothing has changed. ret_id (may be NULL): the document's id. A document without chunks is one, too:
 * so that an empty file is not looked at again. */
int kb_put_end(struct kb_put *p, char ret_id[KB_ID_LEN + 1], struct err *e);
void kb_put_cancel(struct kb_put *p); /* NULL is fine */

/* ERR_NOENT. */
int kb_forget(struct kb *kb, int64_t who, struct str document, struct err *e);

/* One step of what is due: clearing away what is invisible, training a dictionary (a second or two, without the writer), compressing some
 * blocks anew. The writer is held for some tens of milliseconds at most. *ret_more: another step is due. Nothing depends on it but space;
 * to be called when files have been added, and now and then. */
int kb_tend(struct kb *kb, bool *ret_more, struct err *e);

/* ---- search (search.c) */

enum kb_way { KB_WORDS = 1, KB_VECTORS = 2, KB_BOTH = 3 };

struct kb_query {
    struct str text;
    const float *vector; /* [dims], made by `encoder` from the text; NULL: by words only */
    uint32_t dims;
    struct str encoder;
    const struct str *collections; /* ids; n_collections 0: all that `who` may read */
    size_t n_collections;
    enum kb_way ways;    /* 0: both */
    size_t limit;        /* 1 … KB_HITS_MAX */
    size_t per_document; /* hits of one document at most; 0: any */
};
struct kb_hit {
    struct kb_chunk chunk;
    struct str document, collection, source, title;
    double score;                    /* joined; only to be compared within one search */
    double word_score;               /* BM25; 0: not found by words */
    float cosine;                    /* with the query; 0: not found by vectors */
    uint32_t word_rank, vector_rank; /* from 1; 0: not in that list */
};
struct kb_hits {
    struct kb_hit *items; /* best first */
    size_t n;
};
/* ERR_NOENT: one of the collections is none that `who` may read. A query without words is no error: nothing is found by words. */
int kb_search(struct kb *kb, struct store_db *db, int64_t who, const struct kb_query *q, struct arena *a, struct kb_hits *ret,
              struct err *e);

/* ---- status (status.c) */

struct kb_status {
    int64_t collections, documents, chunks, vectors;
    int64_t source_bytes;     /* of the sources as files */
    int64_t text_bytes;       /* of the texts taken out of them */
    int64_t packed_bytes;     /* of the texts as they are kept, dictionaries included */
    int64_t vector_bytes;     /* codes included */
    int64_t index_bytes;      /* of the full-text index: of all owners, since it is one; 0 in the status of a collection */
    int64_t adding, clearing; /* documents that are not there yet, or not cleared away yet; of all owners */
};
/* Of a collection (id), or with ptr NULL of all that `who` may read. */
int kb_status(struct store_db *db, int64_t who, struct str collection, struct kb_status *ret, struct err *e);

#endif
