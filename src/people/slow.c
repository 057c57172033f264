#include "people/slow.h"

#include <arpa/inet.h>

enum { MINUTE_MS = 60000 };

static uint64_t mix(uint64_t h)
{
    h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
    return h ^ h >> 31;
}

/* Whoever has one address of an IPv6 network of 64 bits has them all. Users of this machine share an address and are told apart. */
static uint64_t hash_of(const struct slow *s, const struct people_visitor *v)
{
    struct in6_addr v6;
    struct str text = str_of(v->address);
    bool network = inet_pton(AF_INET6, v->address ? v->address : "", &v6) == 1 && !IN6_IS_ADDR_V4MAPPED(&v6);
    uint64_t h = str_hash(network ? str_from(&v6, 8) : text);
    return mix(mix(h ^ s->salt) + (uint64_t)v->uid) | 1;
}

void slow_init(struct slow *s, uint64_t salt)
{
    *s = (struct slow){.salt = salt};
}

/* Its place, or NULL. */
static struct slow_visitor *find(struct slow *s, uint64_t hash)
{
    struct slow_visitor *set = s->at[hash >> 1 & (SLOW_SETS - 1)];
    for (size_t i = 0; i < SLOW_WAYS; i++)
        if (set[i].hash == hash)
            return &set[i];
    return NULL;
}

static struct slow_visitor *find_or_make(struct slow *s, uint64_t hash)
{
    struct slow_visitor *set = s->at[hash >> 1 & (SLOW_SETS - 1)], *v = find(s, hash), *oldest = set;
    for (size_t i = 1; i < SLOW_WAYS; i++)
        if (set[i].seen_ms < oldest->seen_ms)
            oldest = &set[i];
    if (v)
        return v;
    *oldest = (struct slow_visitor){.hash = hash};
    return oldest;
}

static uint32_t seconds(uint64_t ms)
{
    return (uint32_t)((ms + 999) / 1000);
}

uint32_t slow_wait_s(struct slow *s, const struct people_visitor *visitor, uint64_t now_ms)
{
    const struct slow_visitor *v = find(s, hash_of(s, visitor));
    if (v && v->until_ms > now_ms)
        return seconds(v->until_ms - now_ms);
    bool full = s->failures >= SLOW_FAILURES_PER_MINUTE && now_ms - s->minute_ms < MINUTE_MS;
    return full ? seconds(s->minute_ms + MINUTE_MS - now_ms) : 0;
}

void slow_failed(struct slow *s, const struct people_visitor *visitor, uint64_t now_ms)
{
    struct slow_visitor *v = find_or_make(s, hash_of(s, visitor));
    if (now_ms - v->seen_ms > SLOW_FORGET_S * UINT64_C(1000))
        v->failures = 0;
    v->seen_ms = now_ms;
    if (v->failures < 32)
        v->failures++;
    if (v->failures > SLOW_FREE) {
        uint64_t wait_s = UINT64_C(1) << (v->failures - SLOW_FREE - 1);
        v->until_ms = now_ms + 1000 * (wait_s < SLOW_WAIT_MAX_S ? wait_s : SLOW_WAIT_MAX_S);
    }
    if (now_ms - s->minute_ms >= MINUTE_MS) {
        s->minute_ms = now_ms;
        s->failures = 0;
    }
    s->failures++;
}

int slow_refuse(struct slow *s, const struct people_visitor *v, uint64_t now_ms, uint32_t *ret_wait_s)
{
    uint32_t wait_s = slow_wait_s(s, v, now_ms);
    if (wait_s) {
        *ret_wait_s = wait_s;
        return ERR_AGAIN;
    }
    slow_failed(s, v, now_ms);
    return ERR_DENIED;
}

void slow_succeeded(struct slow *s, const struct people_visitor *visitor)
{
    struct slow_visitor *v = find(s, hash_of(s, visitor));
    if (v)
        *v = (struct slow_visitor){0};
}
