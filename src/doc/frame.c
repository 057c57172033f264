#include "doc/frame.h"

#include "base/utf8.h"

void frame_put(struct buf *out, const struct frame *f)
{
    size_t start = out->len;
    write_u32(out, 0);
    write_u8(out, (uint8_t)f->kind);
    if (f->kind == FRAME_CHUNK) {
        write_u32(out, f->chunk.line);
        write_u32(out, f->chunk.page);
        write_str(out, f->chunk.heading);
        write_str(out, f->chunk.text);
    } else if (f->kind == FRAME_INFO) {
        write_u8(out, (uint8_t)f->info.kind);
        write_u32(out, f->info.notes);
        write_u32(out, f->info.n_pages);
        write_str(out, str_of(f->info.title));
    } else if (f->kind == FRAME_FAILED) {
        write_i32(out, f->code);
        write_str(out, f->sentence);
    }
    if (out->failed)
        return;
    uint32_t len = (uint32_t)(out->len - start - sizeof len);
    memcpy(out->ptr + start, &len, sizeof len);
}

/* Newlines and tabs, and nothing else that controls. */
static bool is_text(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
            return false;
    }
    return utf8_valid(s.ptr, s.len, NULL);
}

static bool take_chunk(struct reader *r, struct doc_chunk *c)
{
    c->line = read_u32(r);
    c->page = read_u32(r);
    c->heading = read_str(r);
    c->text = read_str(r);
    return !r->bad && c->line && c->text.len && c->text.len <= DOC_CHUNK_BYTES_MAX && c->heading.len <= DOC_HEADING_BYTES_MAX &&
           is_text(c->text) && utf8_printable(c->heading.ptr, c->heading.len);
}

static bool take_info(struct reader *r, struct doc_info *i)
{
    i->kind = (enum doc_kind)read_u8(r);
    i->notes = read_u32(r);
    i->n_pages = read_u32(r);
    struct str title = read_str(r);
    return !r->bad && (unsigned)i->kind < DOC_KIND_COUNT && utf8_printable(title.ptr, title.len) &&
           str_copy(i->title, sizeof i->title, title);
}

static bool take_failure(struct reader *r, struct frame *f)
{
    f->code = read_i32(r);
    f->sentence = read_str(r);
    return !r->bad && f->code < 0 && strcmp(err_name(f->code), "UNKNOWN") != 0 && f->sentence.len < sizeof((struct err *)0)->text &&
           utf8_printable(f->sentence.ptr, f->sentence.len);
}

int frame_take(struct str bytes, struct frame *ret, size_t *ret_len)
{
    struct reader r = reader_of(bytes.ptr, bytes.len);
    uint32_t len = read_u32(&r);
    *ret_len = 0;
    if (r.bad)
        return OK;
    if (!len || len > FRAME_BYTES_MAX)
        return ERR_CORRUPT;
    const void *body = reader_take(&r, len);
    if (!body)
        return OK;
    struct reader in = reader_of(body, len);
    struct frame f = {.kind = (enum frame_kind)read_u8(&in)};
    bool good = false;
    switch (f.kind) {
    case FRAME_INFO: good = take_info(&in, &f.info); break;
    case FRAME_CHUNK: good = take_chunk(&in, &f.chunk); break;
    case FRAME_DONE: good = !in.bad; break;
    case FRAME_FAILED: good = take_failure(&in, &f); break;
    }
    if (!good || reader_left(&in))
        return ERR_CORRUPT;
    *ret = f;
    *ret_len = sizeof len + len;
    return OK;
}
