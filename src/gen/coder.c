#include "gen/coder.h"

#include <math.h>

#include "base/utf8.h"
#include "gen/request.h"

void coder_wrong(struct coder *c)
{
    if (!c->failed)
        c->failed = coder_encodes(c) ? ERR_INVAL : ERR_CORRUPT;
}

void code_bool(struct coder *c, bool *v)
{
    uint8_t byte = coder_encodes(c) && *v;
    code_u8(c, &byte);
    if (byte > 1)
        coder_wrong(c);
    if (!coder_encodes(c))
        *v = byte == 1;
}

void code_f32(struct coder *c, float *v, float lo, float hi)
{
    if (coder_encodes(c))
        write_f32(c->out, *v);
    else
        *v = read_f32(&c->in);
    if (!isfinite(*v) || *v < lo || *v > hi)
        coder_wrong(c);
}

void code_enum(struct coder *c, void *v, unsigned count)
{
    /* Every enum of gen is unsigned and without negative values, so the compilers make it an unsigned int. */
    unsigned value = 0;
    if (coder_encodes(c))
        memcpy(&value, v, sizeof value);
    uint8_t byte = (uint8_t)value;
    code_u8(c, &byte);
    if (coder_encodes(c) ? value >= count : byte >= count) {
        coder_wrong(c);
        byte = 0;
    }
    value = byte;
    if (!coder_encodes(c))
        memcpy(v, &value, sizeof value);
}

void code_bytes(struct coder *c, struct str *s, size_t max)
{
    size_t len;
    if (coder_encodes(c)) {
        len = s->len;
        if (len <= max && len <= GEN_TEXT_BYTES_MAX)
            write_str(c->out, *s);
    } else {
        *s = read_str(&c->in);
        len = s->len;
    }
    if (len > max || len > GEN_TEXT_BYTES_MAX - c->text_bytes) {
        coder_wrong(c);
        return;
    }
    c->text_bytes += len;
}

void code_text(struct coder *c, struct str *s, size_t max)
{
    code_bytes(c, s, max);
    if (!c->failed && !utf8_valid(s->ptr, s->len, NULL))
        coder_wrong(c);
}

/* Reads or writes a count; false when no items follow. */
static bool code_count(struct coder *c, size_t *n, size_t n_max, size_t item_bytes_min)
{
    uint32_t count = coder_encodes(c) && *n <= n_max ? (uint32_t)*n : 0;
    if (coder_encodes(c) && *n > n_max)
        coder_wrong(c);
    code_u32(c, &count);
    if (coder_encodes(c))
        return !c->failed && *n;
    if (c->in.bad || count > n_max || count > reader_left(&c->in) / item_bytes_min) {
        coder_wrong(c);
        count = 0;
    }
    *n = count;
    return count;
}

void code_array(struct coder *c, void *items, size_t *n, size_t n_max, size_t item_size, size_t item_bytes_min)
{
    bool some = code_count(c, n, n_max, item_bytes_min);
    if (coder_encodes(c))
        return;
    void *p = some ? arena_calloc(c->arena, *n, item_size) : NULL;
    if (some && !p) {
        c->failed = ERR_NOMEM;
        *n = 0;
    }
    memcpy(items, &p, sizeof p);
}

void code_u32s(struct coder *c, const uint32_t **items, size_t *n, size_t n_max)
{
    bool some = code_count(c, n, n_max, sizeof(uint32_t));
    if (coder_encodes(c)) {
        if (some)
            buf_put(c->out, str_from(*items, *n * sizeof(uint32_t)));
        return;
    }
    *items = NULL;
    if (!some)
        return;
    size_t bytes = *n * sizeof(uint32_t);
    uint32_t *copy = arena_alloc(c->arena, bytes); /* the frame's own bytes need not be aligned */
    if (!copy) {
        c->failed = ERR_NOMEM;
        *n = 0;
        return;
    }
    memcpy(copy, reader_take(&c->in, bytes), bytes);
    *items = copy;
}
