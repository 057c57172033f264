/* A document becomes text, and its text becomes chunks.
 *
 *   file ── doc_read ── host process ── forks, for each document ── confined child: parser → text with marks → chunks
 *                           │ (one thread, parses nothing)                          │
 *                           └── how the child ended                 frames ─────────┘ checked here as hostile
 *
 * Every format is read by a child that can do nothing but compute, and write to one pipe (sys/confine.h). What comes
 * back is checked again: valid UTF-8 without NUL, sizes, order. The chunks partition the text: put together in their order they are all of
 * it, so a position in the text names a chunk, and a chunk its place.
 *
 * Blocking: for worker threads. A reader belongs to one thread at a time. */
#ifndef DOC_DOC_H
#define DOC_DOC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* Name in results and in the API, and what a person calls it. */
#define DOC_KINDS(X)        \
    X(TEXT, "text")         \
    X(MARKDOWN, "markdown") \
    X(HTML, "html")         \
    X(PDF, "pdf")           \
    X(DOCX, "docx")         \
    X(ODT, "odt")           \
    X(EPUB, "epub")         \
    X(CODE, "code")         \
    X(CSV, "csv")           \
    X(MAIL, "mail")         \
    X(MAN, "man")

enum doc_kind {
#define X(name, text) DOC_##name,
    DOC_KINDS(X)
#undef X
        DOC_KIND_COUNT
};
const char *doc_kind_name(enum doc_kind k);

enum {
    DOC_CHUNK_BYTES = 900,      /* what a chunk aims at */
    DOC_CHUNK_BYTES_MIN = 600,  /* a shorter one ends a section or the text */
    DOC_CHUNK_BYTES_MAX = 1200, /* and none is longer */
    DOC_HEADING_BYTES_MAX = 400,
    DOC_TITLE_BYTES_MAX = 200,
};

struct doc_chunk {
    struct str text;    /* valid UTF-8 without NUL, never empty, at most DOC_CHUNK_BYTES_MAX */
    struct str heading; /* where it stands: "Chapter › Section"; empty when the text has none above it. Printable. */
    uint64_t offset;    /* of its first byte in the whole text */
    uint32_t line;      /* of its first byte, from 1. The file's own for text, Markdown, code and CSV, else the text's. */
    uint32_t page;      /* from 1; 0: the format has no pages */
};

/* Things that a person should know of a document that went in. */
enum {
    DOC_NOTE_MIXED = 1,    /* lines in several encodings: each was read in its own */
    DOC_NOTE_REPLACED = 2, /* bytes that are no text in any encoding became U+FFFD */
    DOC_NOTE_PARTS = 4,    /* parts were left out: attachments of mail, pictures, or a chapter that could not be read */
};

struct doc_info {
    enum doc_kind kind;
    unsigned notes;
    uint64_t file_bytes, text_bytes;
    uint32_t n_chunks, n_pages;
    char title[DOC_TITLE_BYTES_MAX + 1]; /* that the document itself gives; "" when it gives none. Printable. */
};

struct doc_limits {          /* 0 in any of them: the default */
    uint64_t file_bytes_max; /* 64 MB */
    uint64_t text_bytes_max; /* 64 MB: also what a packed file may become */
    uint64_t memory_bytes;   /* of a child: 1 GB */
    uint64_t time_ms;        /* for one document, processor and wall clock: 60 s */
};

/* A non-zero return ends the reading with that code. What is pointed to lies in the reader's memory until the call returns. */
typedef int doc_chunk_fn(void *ctx, const struct doc_chunk *c);
struct doc_events {
    /* Once, before the first chunk: what the document is. Sizes and n_chunks are not known yet. May be NULL. A PDF that turns out to be
     * encrypted or damaged has begun by then, like any document that fails later. */
    int (*begin)(void *ctx, const struct doc_info *info);
    doc_chunk_fn *chunk;
};

struct doc_reader;
/* The host is started at the first document, and again after it was lost. */
int doc_reader_create(const struct doc_limits *limits, struct doc_reader **ret, struct err *e);
void doc_reader_free(struct doc_reader *r); /* ends the host. NULL is fine. */

/* Reads the regular file `fd` (its position is not used) from its beginning. `name` is what its kind is guessed by, after its
 * first bytes: "notes.md". The sentence in e is for the summary, and does not repeat the name:
 *   ERR_UNSUPPORTED  no kind that is read (a program, a picture), or what reads it is not installed (pdftotext)
 *   ERR_DENIED       encrypted: a password is needed
 *   ERR_LIMIT        too large, unpacks to too much, took too long or too much memory
 *   ERR_CORRUPT      is not what it says it is, or its parser failed
 *   ERR_AGAIN        changed while it was read
 *   ERR_IO, ERR_NOMEM
 * After an error chunks that were given are to be forgotten. */
int doc_read(struct doc_reader *r, int fd, struct str name, const struct doc_events *ev, void *ctx, struct doc_info *ret, struct err *e);

/* What cannot be walled off on this machine, as a sentence; "" when everything is. */
const char *doc_reader_weakness(const struct doc_reader *r);

/* ---- the host's side: the program starts itself with this as its only argument, and then calls doc_host at once */
#define DOC_HOST_VERB "extract-child"
int doc_host(void); /* its exit status */

#endif
