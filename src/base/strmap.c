#include "base/strmap.h"

#include <stdlib.h>

#include "base/err.h"

struct strmap_slot {
    struct str key; /* key.ptr NULL: free */
    uint32_t hash, value;
};

int strmap_init(struct strmap *m, size_t capacity)
{
    if (capacity > (size_t)1 << 31)
        return ERR_LIMIT;
    size_t n = 16;
    while (n < capacity * 2)
        n *= 2;
    *m = (struct strmap){.slots = calloc(n, sizeof *m->slots), .mask = n - 1, .capacity = n / 2};
    return m->slots ? OK : ERR_NOMEM;
}

void strmap_deinit(struct strmap *m)
{
    free(m->slots);
    *m = (struct strmap){0};
}

/* The slot that holds key, or the free one where it belongs. The table is never full, so the walk ends. */
static struct strmap_slot *find(const struct strmap *m, struct str key, uint32_t hash)
{
    for (size_t i = hash & m->mask;; i = (i + 1) & m->mask) {
        struct strmap_slot *s = &m->slots[i];
        if (!s->key.ptr || (s->hash == hash && str_eq(s->key, key)))
            return s;
    }
}

int strmap_put(struct strmap *m, struct str key, uint32_t value)
{
    uint32_t hash = (uint32_t)str_hash(key);
    struct strmap_slot *s = find(m, key, hash);
    if (s->key.ptr)
        return ERR_EXISTS;
    if (m->count >= m->capacity)
        return ERR_LIMIT;
    *s = (struct strmap_slot){{key.ptr ? key.ptr : "", key.len}, hash, value};
    m->count++;
    return OK;
}

bool strmap_get(const struct strmap *m, struct str key, uint32_t *ret)
{
    if (!m->slots)
        return false;
    const struct strmap_slot *s = find(m, key, (uint32_t)str_hash(key));
    if (!s->key.ptr)
        return false;
    *ret = s->value;
    return true;
}
