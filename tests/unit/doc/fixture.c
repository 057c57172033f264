#include "fixture.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/utf8.h"
#include "doc/chunk.h"

enum { TEXT_BYTES_MAX = 64 << 20 };

static int take(void *ctx, const struct doc_chunk *c)
{
    struct seen *s = ctx;
    assert_int_equal(c->offset, s->text.len);
    assert_in_range(c->text.len, 1, DOC_CHUNK_BYTES_MAX);
    assert_true(utf8_valid(c->text.ptr, c->text.len, NULL));
    assert_true(c->line >= (s->n ? s->chunks[s->n - 1].line : 1));
    assert_true(c->page >= (s->n ? s->chunks[s->n - 1].page : 0));
    s->chunks = realloc(s->chunks, (s->n + 1) * sizeof *s->chunks);
    assert_non_null(s->chunks);
    struct seen_chunk *to = &s->chunks[s->n++];
    *to = (struct seen_chunk){.text = {NULL, c->text.len}, .offset = c->offset, .line = c->line, .page = c->page};
    assert_true(str_copy(to->heading, sizeof to->heading, c->heading));
    return buf_put(&s->text, c->text);
}

static void begin(struct seen *s)
{
    *s = (struct seen){.text = buf_make(TEXT_BYTES_MAX)};
}

/* The buffer has stopped moving. */
static void end(struct seen *s)
{
    for (size_t i = 0; i < s->n; i++)
        s->chunks[i].text.ptr = s->text.ptr + s->chunks[i].offset;
}

void see_parsed(struct seen *s, enum doc_kind kind, struct str bytes)
{
    struct text t;
    const struct source source = {.bytes = bytes, .bytes_max = TEXT_BYTES_MAX};
    begin(s);
    text_init(&t, TEXT_BYTES_MAX);
    s->code = parse_as(kind, &source, &t, &s->err);
    if (!s->code) {
        assert_int_equal(chunk_text(&t, take, s), OK);
        assert_int_equal(s->text.len, t.out.len);
        assert_true(!t.out.len || !memcmp(s->text.ptr, t.out.ptr, t.out.len));
        s->info = (struct doc_info){.kind = kind, .notes = t.notes, .n_pages = t.n_pages};
        str_copy(s->info.title, sizeof s->info.title, buf_str(&t.title));
    }
    text_deinit(&t);
    end(s);
}

void see_read(struct seen *s, struct doc_reader *r, const char *name, struct str bytes)
{
    int fd = memfd_create(name, MFD_CLOEXEC);
    assert_true(fd >= 0);
    for (size_t at = 0; at < bytes.len;) {
        ssize_t n = write(fd, bytes.ptr + at, bytes.len - at);
        assert_true(n > 0);
        at += (size_t)n;
    }
    begin(s);
    s->code = doc_read(r, fd, str_of(name), &(const struct doc_events){.chunk = take}, s, &s->info, &s->err);
    close(fd);
    end(s);
}

void see_free(struct seen *s)
{
    buf_free(&s->text);
    free(s->chunks);
    *s = (struct seen){0};
}

const struct seen_chunk *see_chunk(const struct seen *s, const char *words)
{
    for (size_t i = 0; i < s->n; i++)
        if (str_find(s->chunks[i].text, str_of(words), 0) >= 0)
            return &s->chunks[i];
    fail_msg("no chunk has \"%s\" in: " STR_FMT, words, STR_ARG(str_head(buf_str(&s->text), 2000)));
    return NULL;
}
