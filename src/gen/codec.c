#include "gen/codec.h"

#include "gen/codec_messages.h"

/* What a frame of each type carries. The members of gen_frame's union share their address, so one pointer serves all. */
static code_fn *const code_body[256] = {
    [GEN_FRAME_LOAD] = code_load,
    [GEN_FRAME_REQUEST] = code_request,
    [GEN_FRAME_CANCEL] = code_cancel,
    [GEN_FRAME_TEMPLATE] = code_request,
    [GEN_FRAME_CREDIT] = code_credit,
    [GEN_FRAME_TOKENIZE] = code_tokenize,
    [GEN_FRAME_DETOKENIZE] = code_detokenize,
    [GEN_FRAME_LOADED] = code_loaded,
    [GEN_FRAME_PROGRESS] = code_progress,
    [GEN_FRAME_EVENT] = code_event,
    [GEN_FRAME_TOKENS] = code_tokens,
    [GEN_FRAME_BYTES] = code_bytes_answer,
    [GEN_FRAME_FAILED] = code_failed,
    [GEN_FRAME_EMBED] = code_embed,
    [GEN_FRAME_VECTORS] = code_vectors,
};

enum { LENGTH_BYTES = 4 };

static int put_body(struct buf *b, uint8_t type, void *message)
{
    if (b->failed)
        return b->failed;
    size_t start = b->len;
    struct coder c = {.out = b};
    write_u32(b, 0); /* the length, when it is known */
    write_u8(b, type);
    code_body[type](&c, message);
    size_t length = b->len - start - LENGTH_BYTES;
    if (!b->failed && !c.failed && length > GEN_FRAME_BYTES_MAX)
        c.failed = ERR_INVAL;
    if (b->failed || c.failed) {
        b->len = start;
        return c.failed ? c.failed : b->failed;
    }
    uint32_t le = (uint32_t)length;
    memcpy(b->ptr + start, &le, sizeof le);
    return OK;
}

/* Encoding writes nothing to the message, so the constant may be taken away. */
#define PUT(name, TYPE)                                           \
    int gen_put_##name(struct buf *b, const struct gen_##name *m) \
    {                                                             \
        return put_body(b, GEN_FRAME_##TYPE, (void *)m);          \
    }
PUT(load, LOAD)
PUT(request, REQUEST)
PUT(tokenize, TOKENIZE)
PUT(detokenize, DETOKENIZE)
PUT(embed, EMBED)
PUT(vectors, VECTORS)
PUT(loaded, LOADED)
PUT(event, EVENT)
PUT(tokens, TOKENS)
PUT(bytes, BYTES)
PUT(failed, FAILED)
#undef PUT

int gen_put_template(struct buf *b, const struct gen_request *m)
{
    return put_body(b, GEN_FRAME_TEMPLATE, (void *)m);
}

int gen_put_cancel(struct buf *b, uint64_t id)
{
    struct gen_cancel m = {id};
    return put_body(b, GEN_FRAME_CANCEL, &m);
}

int gen_put_credit(struct buf *b, uint64_t id, uint32_t events)
{
    struct gen_credit m = {id, events};
    return put_body(b, GEN_FRAME_CREDIT, &m);
}

int gen_put_progress(struct buf *b, float progress)
{
    return put_body(b, GEN_FRAME_PROGRESS, &progress);
}

int gen_put_frame(struct buf *b, const struct gen_frame *f)
{
    if ((unsigned)f->type > UINT8_MAX || !code_body[f->type])
        return ERR_INVAL;
    return put_body(b, (uint8_t)f->type, (void *)&f->load);
}

int gen_get_frame(struct str bytes, struct arena *a, struct gen_frame *ret, size_t *ret_used)
{
    struct reader head = reader_of(bytes.ptr, bytes.len);
    uint32_t length = read_u32(&head);
    uint8_t type = read_u8(&head);
    if (bytes.len >= LENGTH_BYTES && (length < 1 || length > GEN_FRAME_BYTES_MAX))
        return ERR_CORRUPT;
    if (bytes.len >= GEN_FRAME_HEAD && !code_body[type])
        return ERR_CORRUPT; /* said before its body is waited for */
    size_t whole = bytes.len < LENGTH_BYTES ? GEN_FRAME_HEAD : (size_t)length + LENGTH_BYTES;
    if (bytes.len < whole) {
        *ret_used = whole;
        return ERR_AGAIN;
    }
    struct gen_frame f;
    memset(&f, 0, sizeof f); /* all of the union, not its first member */
    f.type = type;
    struct coder c = {.in = reader_of(head.at, length - 1), .arena = a};
    code_body[type](&c, &f.load);
    if (c.failed != ERR_NOMEM && (c.failed || c.in.bad || reader_left(&c.in)))
        return ERR_CORRUPT;
    *ret = f;
    *ret_used = whole;
    return c.failed;
}
