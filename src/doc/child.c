/* The confined side of one document: all bytes of it are read at once, since most parsers want them together, and their number is
 * bounded. It speaks by frames alone. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "doc/chunk.h"
#include "doc/frame.h"
#include "doc/gzip.h"
#include "doc/host.h"
#include "doc/kind.h"
#include "doc/parse.h"

enum { READ_BYTES = 256 << 10, SEND_BYTES = 64 << 10 };

struct sender {
    int fd;
    struct buf out;
};

static int send_all(struct sender *s)
{
    for (size_t at = 0; at < s->out.len;) {
        ssize_t n = write(s->fd, s->out.ptr + at, s->out.len - at);
        if (n < 0 && errno != EINTR)
            return ERR_CLOSED;
        at += n > 0 ? (size_t)n : 0;
    }
    buf_clear(&s->out);
    return OK;
}

static int send_chunk(void *ctx, const struct doc_chunk *c)
{
    struct sender *s = ctx;
    frame_put(&s->out, &(struct frame){.kind = FRAME_CHUNK, .chunk = *c});
    return s->out.failed ? s->out.failed : s->out.len >= SEND_BYTES ? send_all(s) : OK;
}

static int read_all(int fd, struct buf *out, struct err *e)
{
    while (true) {
        if (buf_reserve(out, READ_BYTES))
            return err_set(e, out->failed, out->failed == ERR_LIMIT ? "is larger than %zu MB" : "needs more memory than there is",
                           out->max >> 20);
        ssize_t n = read(fd, out->ptr + out->len, READ_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(e, ERR_IO, "cannot be read: %s", strerror(errno));
        if (!n)
            return OK;
        out->len += (size_t)n;
    }
}

static int parse_file(const struct host_request *q, struct str bytes, enum doc_kind *ret_kind, struct text *t, struct err *e)
{
    struct source s = {.bytes = bytes, .name = str_of(q->name), .bytes_max = q->limits.text_bytes_max};
    struct buf unpacked = buf_make(s.bytes_max);
    int r = OK;
    if (kind_is_gzip(bytes)) {
        r = gzip_unpack(bytes, &unpacked, e);
        s.bytes = buf_str(&unpacked);
        s.name = kind_inner_name(s.name);
    }
    if (!r)
        r = kind_of(s.name, str_head(s.bytes, KIND_HEAD_BYTES), ret_kind, e);
    if (!r && *ret_kind == DOC_PDF)
        r = err_set(e, ERR_UNSUPPORTED, "is a PDF within a gzip file; unpack it first");
    if (!r)
        r = parse_as(*ret_kind, &s, t, e);
    buf_free(&unpacked);
    return r;
}

static int parse_pdf(const struct host_request *q, struct str bytes, struct text *t, struct err *e)
{
    const struct source s = {.bytes = bytes, .bytes_max = q->limits.text_bytes_max};
    return parse_as(DOC_PDF, &s, t, e);
}

static void put_info(struct sender *s, enum doc_kind kind, const struct text *t)
{
    struct frame f = {.kind = FRAME_INFO, .info = {.kind = kind, .notes = t->notes, .n_pages = t->n_pages}};
    str_copy(f.info.title, sizeof f.info.title, buf_str(&t->title));
    frame_put(&s->out, &f);
}

int child_run(int fd, int out_fd, const struct host_request *q, bool from_pdftotext)
{
    struct sender s = {.fd = out_fd, .out = buf_make(1 << 20)};
    struct buf bytes = buf_make((from_pdftotext ? q->limits.text_bytes_max : q->limits.file_bytes_max) + READ_BYTES);
    struct text t;
    struct err e = {0};
    enum doc_kind kind = DOC_PDF;
    text_init(&t, q->limits.text_bytes_max);
    int r = read_all(fd, &bytes, &e);
    if (!r)
        r = from_pdftotext ? parse_pdf(q, buf_str(&bytes), &t, &e) : parse_file(q, buf_str(&bytes), &kind, &t, &e);
    if (!r) {
        put_info(&s, kind, &t);
        r = chunk_text(&t, send_chunk, &s);
    }
    if (r)
        frame_put(&s.out, &(struct frame){.kind = FRAME_FAILED, .code = r, .sentence = str_of(e.text[0] ? e.text : err_text(r))});
    else
        frame_put(&s.out, &(struct frame){.kind = FRAME_DONE});
    r = s.out.failed ? s.out.failed : send_all(&s);
    buf_free(&s.out);
    buf_free(&bytes);
    text_deinit(&t);
    return r ? EXIT_FAILURE : EXIT_SUCCESS;
}
