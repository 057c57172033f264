/* Values on their way to Redis and back. Compressing a large answer takes milliseconds, so that it is done on the worker pool;
 * opening is ten times quicker, and somebody waits for it. */
#include <stdlib.h>

#include "store/cache/internal.h"
#include "store/packed.h"

enum { ZSTD_LEVEL = 1 };

struct sealing {
    struct link link;
    struct cache *cache; /* NULL: it has ended */
    uint8_t seal_key[BLOB_KEY_BYTES];
    struct cache_key key;
    size_t len;
    struct buf sealed;
    char value[];
};

void far_name(const struct cache_key *key, char ret[FAR_NAME_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    static const struct str prefix = {"hearth:", 7};
    memcpy(ret, prefix.ptr, prefix.len);
    for (size_t i = 0; i < CACHE_KEY_BYTES; i++) {
        ret[prefix.len + 2 * i] = digits[key->bytes[i] >> 4];
        ret[prefix.len + 2 * i + 1] = digits[key->bytes[i] & 15];
    }
}

bool far_open(const struct cache *c, const struct cache_key *key, struct str sealed, struct buf *out)
{
    return packed_open(c->seal_key, str_from(key->bytes, sizeof key->bytes), sealed, out) == OK;
}

static void seal(void *ctx)
{
    struct sealing *s = ctx;
    (void)packed_seal(s->seal_key, str_from(s->key.bytes, sizeof s->key.bytes), str_from(s->value, s->len), ZSTD_LEVEL, &s->sealed);
}

static void on_sealed(void *ctx, bool canceled)
{
    struct sealing *s = ctx;
    char name[FAR_NAME_BYTES];
    if (s->cache) {
        link_del(&s->link);
        s->cache->sealing_bytes -= s->len;
    }
    if (s->cache && !canceled && s->sealed.len) {
        far_name(&s->key, name);
        redis_set(s->cache->redis, str_from(name, sizeof name), buf_str(&s->sealed), s->cache->redis_ttl_ms);
    }
    buf_free(&s->sealed);
    free(s);
}

void far_put(struct cache *c, const struct cache_key *key, struct str value)
{
    if (!redis_ready(c->redis) || value.len > CACHE_SEALING_BYTES_MAX - c->sealing_bytes)
        return;
    struct sealing *s = malloc(sizeof *s + value.len);
    if (!s)
        return;
    *s = (struct sealing){.cache = c, .key = *key, .len = value.len, .sealed = buf_make(packed_bound(value.len))};
    memcpy(s->seal_key, c->seal_key, sizeof s->seal_key);
    if (value.len)
        memcpy(s->value, value.ptr, value.len);
    if (loop_work(c->loop, seal, on_sealed, s)) {
        free(s);
        return;
    }
    c->sealing_bytes += value.len;
    link_add(&c->sealing, &s->link);
}

void far_end(struct cache *c)
{
    while (!link_empty(&c->sealing)) {
        struct sealing *s = link_of(c->sealing.next, struct sealing, link);
        link_del(&s->link);
        s->cache = NULL;
    }
}
