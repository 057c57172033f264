/* One description of a message for both directions.
 *
 * A message is described once, by a function that names its fields in order: code_request(c, m) writes m when the coder
 * encodes and fills m when it decodes. So the two forms cannot drift apart, and every bound is checked on both sides: what
 * a decoder would refuse is never sent. While encoding nothing is written to m, which may be constant.
 *
 * Failure is sticky: the description runs to its end over zeros, and the caller looks once. Private to this room. */
#ifndef GEN_CODER_H
#define GEN_CODER_H

#include "base/arena.h"
#include "base/wire.h"

struct coder {
    struct buf *out; /* encoding when not NULL */
    struct reader in;
    struct arena *arena; /* of decoded arrays */
    size_t text_bytes;   /* of all strings so far */
    int failed;          /* OK, ERR_INVAL (encoding), ERR_CORRUPT (decoding), ERR_NOMEM */
};

static inline bool coder_encodes(const struct coder *c)
{
    return c->out != NULL;
}
/* The message breaks a rule. */
void coder_wrong(struct coder *c);

/* NOLINTBEGIN(bugprone-macro-parentheses): a type cannot stand in parentheses */
#define X(name, type)                                        \
    static inline void code_##name(struct coder *c, type *v) \
    {                                                        \
        if (c->out)                                          \
            write_##name(c->out, *v);                        \
        else                                                 \
            *v = read_##name(&c->in);                        \
    }
X(u8, uint8_t)
X(u32, uint32_t)
X(u64, uint64_t)
X(i32, int32_t)
#undef X
/* NOLINTEND(bugprone-macro-parentheses) */

void code_bool(struct coder *c, bool *v);
/* Finite, and in lo … hi. */
void code_f32(struct coder *c, float *v, float lo, float hi);
/* `v` points at an enum; its value must be below `count`. One byte. */
void code_enum(struct coder *c, void *v, unsigned count);
/* At most `max` bytes of anything, and UTF-8. All strings of a frame together are bounded by GEN_TEXT_BYTES_MAX. */
void code_bytes(struct coder *c, struct str *s, size_t max);
void code_text(struct coder *c, struct str *s, size_t max);

/* The count of an array whose items follow, each at least item_bytes_min (> 0) of the frame. Decoding, the count is checked
 * against the bytes that are left before the array is taken from the arena. `items` points at the message's pointer. */
void code_array(struct coder *c, void *items, size_t *n, size_t n_max, size_t item_size, size_t item_bytes_min);
/* A whole array of numbers. */
void code_u32s(struct coder *c, const uint32_t **items, size_t *n, size_t n_max);

#endif
