/* Finding special tokens in a text: at each position, only the lengths that occur among the texts beginning with this byte are
 * looked up, longest first. */
#include <stdlib.h>

#include "model/text/impl.h"

static bool is_special(uint8_t type)
{
    return type == TYPE_CONTROL || type == TYPE_UNKNOWN || type == TYPE_USER;
}

/* By first byte, then longest first: the key has the byte above the length's complement. */
static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static size_t collect(struct vocab *v, uint32_t *keys)
{
    size_t n = 0;
    for (uint32_t t = 0; t < v->pieces.n; t++) {
        struct str text = text_at(&v->pieces, t);
        if (!text.len || text.len > SPECIAL_BYTES_MAX || !is_special(v->type[t]))
            continue;
        keys[n++] = (uint32_t)(uint8_t)text.ptr[0] << 16 | (0xffffu - (uint32_t)text.len);
        v->specials.has_user |= v->type[t] == TYPE_USER;
    }
    return n;
}

int specials_init(struct vocab *v)
{
    struct specials *s = &v->specials;
    uint32_t *keys = calloc(v->pieces.n, sizeof *keys);
    if (!keys)
        return ERR_NOMEM;
    size_t n = collect(v, keys), unique = 0;
    qsort(keys, n, sizeof *keys, compare);
    for (size_t i = 0; i < n; i++) {
        if (!i || keys[i] != keys[i - 1])
            keys[unique++] = keys[i];
    }
    s->lengths = calloc(unique + 1, sizeof *s->lengths);
    for (size_t i = 0; s->lengths && i < unique; i++) {
        s->lengths[i] = (uint16_t)(0xffffu - (keys[i] & 0xffffu));
        s->first[(keys[i] >> 16) + 1]++;
    }
    free(keys);
    for (int b = 0; b < 256; b++)
        s->first[b + 1] += s->first[b];
    return s->lengths ? OK : ERR_NOMEM;
}

void specials_deinit(struct specials *s)
{
    free(s->lengths);
    *s = (struct specials){0};
}

uint32_t specials_match(const struct vocab *v, struct str text, bool any)
{
    const struct specials *s = &v->specials;
    uint8_t b = (uint8_t)text.ptr[0];
    for (uint32_t i = s->first[b]; i < s->first[b + 1]; i++) {
        if (s->lengths[i] > text.len)
            continue;
        uint32_t t = token_map_get(&v->find, str_head(text, s->lengths[i]));
        if (t != TOKEN_NONE && (v->type[t] == TYPE_USER || (any && is_special(v->type[t]))))
            return t;
    }
    return TOKEN_NONE;
}
