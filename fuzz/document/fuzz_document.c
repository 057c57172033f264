/* Any bytes as a document: the first byte says which parser reads the rest. What comes out is valid UTF-8 without control characters, its
 * marks lie within it and in order, and its chunks partition it. The same bytes as frames of a child, as a name and as a gzip file. */
#include <stdlib.h>

#include "base/utf8.h"
#include "doc/chunk.h"
#include "doc/frame.h"
#include "doc/gzip.h"
#include "doc/kind.h"
#include "doc/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_BYTES_MAX = 4 << 20 };

struct seen {
    const struct text *t;
    size_t at;
};

static int take(void *ctx, const struct doc_chunk *c)
{
    struct seen *s = ctx;
    struct buf b = buf_make(FRAME_BYTES_MAX + 4);
    struct frame f;
    size_t len;
    if (c->offset != s->at || c->text.ptr != s->t->out.ptr + s->at)
        abort();
    s->at += c->text.len;
    frame_put(&b, &(struct frame){.kind = FRAME_CHUNK, .chunk = *c});
    if (b.failed || frame_take(buf_str(&b), &f, &len) || len != b.len) /* what an honest child sends is taken */
        abort();
    buf_free(&b);
    return OK;
}

static void check_marks(const struct text *t)
{
    for (size_t i = 0; i < t->n_marks; i++) {
        const struct mark *m = &t->marks[i];
        if (m->at > t->out.len || (i && m->at < t->marks[i - 1].at) || (m->kind == MARK_HEADING && (m->from > m->to || m->to > t->out.len)))
            abort();
    }
}

static void read_as(enum doc_kind kind, struct str bytes)
{
    const struct source s = {.bytes = bytes, .bytes_max = TEXT_BYTES_MAX};
    struct text t;
    struct err e;
    text_init(&t, TEXT_BYTES_MAX);
    if (!parse_as(kind, &s, &t, &e)) {
        struct seen seen = {.t = &t};
        check_marks(&t);
        if (!utf8_valid(t.out.ptr, t.out.len, NULL) || chunk_text(&t, take, &seen) || seen.at != t.out.len)
            abort();
    }
    text_deinit(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    struct str rest = str_from(data + 1, size - 1);
    struct buf unpacked = buf_make(TEXT_BYTES_MAX);
    struct frame f;
    size_t len;
    enum doc_kind kind;
    struct err e;
    read_as((enum doc_kind)(data[0] % DOC_KIND_COUNT), rest);
    frame_take(rest, &f, &len);
    kind_of(str_head(rest, 20), rest, &kind, &e);
    gzip_unpack(rest, &unpacked, &e);
    buf_free(&unpacked);
    return 0;
}
