#include "observe/segment.h"

#include "base/rng.h"
#include "base/wire.h"
#include "store/packed.h"

static const struct str magic = {"hearthj1", 8};
enum { CONTEXT_BYTES = SEGMENT_ID_BYTES + 8 };

static struct str context_of(const struct segment *s, uint64_t block, uint8_t memory[CONTEXT_BYTES])
{
    memcpy(memory, s->id, SEGMENT_ID_BYTES);
    memcpy(memory + SEGMENT_ID_BYTES, &block, sizeof block);
    return str_from(memory, CONTEXT_BYTES);
}

int segment_begin(struct segment *s, uint32_t flags, int64_t created_ms, struct buf *out)
{
    *s = (struct segment){.flags = flags, .created_ms = created_ms};
    if (rng_entropy(s->id, sizeof s->id))
        return ERR_IO;
    buf_put(out, magic);
    write_u32(out, flags);
    write_u32(out, 0);
    write_i64(out, created_ms);
    buf_put(out, str_from(s->id, sizeof s->id));
    return out->failed;
}

int segment_put(struct segment *s, const uint8_t key[BLOB_KEY_BYTES], struct str events, int level, struct buf *out)
{
    uint8_t context[CONTEXT_BYTES];
    uint32_t length = 0;
    size_t at = out->len;
    if (events.len > SEGMENT_BLOCK_BYTES_MAX)
        return ERR_LIMIT;
    write_u32(out, 0);
    int r = out->failed ? out->failed : packed_seal(key, context_of(s, s->blocks, context), events, level, out);
    if (r) {
        out->len = at;
        return r;
    }
    length = (uint32_t)(out->len - at - sizeof length);
    memcpy(out->ptr + at, &length, sizeof length);
    s->blocks++;
    return OK;
}

int segment_head(struct str bytes, struct segment *ret)
{
    struct reader r = reader_of(bytes.ptr, bytes.len);
    const void *found = reader_take(&r, magic.len);
    struct segment s = {.flags = read_u32(&r)};
    (void)read_u32(&r);
    s.created_ms = read_i64(&r);
    const void *id = reader_take(&r, SEGMENT_ID_BYTES);
    if (r.bad || memcmp(found, magic.ptr, magic.len) != 0)
        return ERR_CORRUPT;
    memcpy(s.id, id, SEGMENT_ID_BYTES);
    *ret = s;
    return OK;
}

/* ERR_NOMEM only: a block that does not open is counted. */
static int open_block(const uint8_t key[BLOB_KEY_BYTES], struct str sealed, struct segment_content *c)
{
    uint8_t context[CONTEXT_BYTES];
    int r = packed_open(key, context_of(&c->head, c->head.blocks++, context), sealed, &c->events);
    if (r == ERR_NOMEM)
        return r;
    c->damaged += r != OK;
    return OK;
}

int segment_open(const uint8_t key[BLOB_KEY_BYTES], struct str bytes, struct segment_content *ret)
{
    *ret = (struct segment_content){.events = buf_make(SEGMENT_PLAIN_BYTES_MAX)};
    int rc = segment_head(bytes, &ret->head);
    struct reader r = reader_of(bytes.ptr, bytes.len);
    reader_take(&r, SEGMENT_HEAD_BYTES);
    while (!rc && reader_left(&r)) {
        uint32_t n = read_u32(&r);
        const void *sealed = reader_take(&r, n);
        if (!sealed) {
            ret->cut = true;
            break;
        }
        rc = open_block(key, str_from(sealed, n), ret);
    }
    return !rc && ret->damaged && ret->damaged == ret->head.blocks ? ERR_CORRUPT : rc;
}

void segment_content_free(struct segment_content *c)
{
    buf_free(&c->events);
}

bool segment_next(struct str *events, struct str *ret)
{
    struct reader r = reader_of(events->ptr, events->len);
    struct str one = read_str(&r);
    if (!events->len || r.bad)
        return false;
    *events = str_skip(*events, reader_offset(&r));
    *ret = one;
    return true;
}

void segment_add_event(struct buf *events, struct str event)
{
    write_str(events, event);
}
