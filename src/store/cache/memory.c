#include "store/cache/memory.h"

#include <stdlib.h>

enum {
    TABLE_FIRST = 64,
    OVERHEAD_BYTES = 32,   /* of an allocation and of its share of the table */
    TYPICAL_BYTES = 1024,  /* of an entry, for the size of the sketch */
    SAMPLE_ENTRIES = 10,   /* counters are halved after so many questions for each entry, as the paper has it */
    SAMPLE_MIN = 10 << 10, /* also while there are few entries */
    VICTIMS_MAX = 64,      /* a value that would push out more than this is not worth the search */
    LARGEST_SHARE = 8,     /* of all memory that one value may take */
};

struct memory_entry {
    struct link link;
    struct memory_entry *chain;
    struct cache_key key;
    enum memory_ring ring;
    uint32_t len;
    char value[];
};

/* What an entry costs. */
static size_t cost(const struct memory_entry *e)
{
    return sizeof *e + OVERHEAD_BYTES + e->len;
}

static size_t window_max(const struct memory *m)
{
    return m->bytes_max / 100;
}
static size_t main_max(const struct memory *m)
{
    return m->bytes_max - window_max(m);
}
static size_t protected_max(const struct memory *m)
{
    return main_max(m) / 5 * 4;
}

int memory_init(struct memory *m, size_t bytes_max)
{
    *m = (struct memory){.bytes_max = bytes_max, .mask = TABLE_FIRST - 1};
    for (int i = 0; i < MEMORY_RINGS; i++)
        link_init(&m->at[i].ring);
    m->table = calloc(TABLE_FIRST, sizeof(struct memory_entry *));
    if (!m->table || sketch_init(&m->sketch, bytes_max / TYPICAL_BYTES)) {
        free(m->table);
        return ERR_NOMEM;
    }
    return OK;
}

void memory_deinit(struct memory *m)
{
    for (size_t i = 0; m->table && i <= m->mask; i++)
        for (struct memory_entry *e = m->table[i], *next; e; e = next) {
            next = e->chain;
            free(e);
        }
    free(m->table);
    sketch_deinit(&m->sketch);
    *m = (struct memory){0};
}

/* ---- the table */

static struct memory_entry **slot_of(const struct memory *m, const struct cache_key *key)
{
    uint64_t hash;
    memcpy(&hash, key->bytes + CACHE_KEY_BYTES - sizeof hash, sizeof hash);
    struct memory_entry **at = &m->table[hash & m->mask];
    while (*at && memcmp((*at)->key.bytes, key->bytes, CACHE_KEY_BYTES) != 0)
        at = &(*at)->chain;
    return at;
}

/* Without memory for a larger table the chains become longer, and that is all. */
static void grow(struct memory *m)
{
    size_t mask = m->mask * 2 + 1;
    struct memory_entry **former = m->table, **table = calloc(mask + 1, sizeof(struct memory_entry *));
    size_t n = m->mask + 1;
    if (!table)
        return;
    m->table = table;
    m->mask = mask;
    for (size_t i = 0; i < n; i++)
        for (struct memory_entry *e = former[i], *next; e; e = next) {
            next = e->chain;
            struct memory_entry **at = slot_of(m, &e->key);
            e->chain = *at;
            *at = e;
        }
    free(former);
}

/* ---- the rings */

static void leave_ring(struct memory *m, struct memory_entry *e)
{
    link_del(&e->link);
    m->at[e->ring].bytes -= cost(e);
}

static void enter_ring(struct memory *m, struct memory_entry *e, enum memory_ring ring)
{
    e->ring = ring;
    link_add(&m->at[ring].ring, &e->link);
    m->at[ring].bytes += cost(e);
}

static void drop(struct memory *m, struct memory_entry *e)
{
    struct memory_entry **at = slot_of(m, &e->key);
    *at = e->chain;
    leave_ring(m, e);
    m->count--;
    free(e);
}

static struct memory_entry *oldest(const struct memory *m, enum memory_ring ring)
{
    return link_of(m->at[ring].ring.next, struct memory_entry, link);
}

static size_t main_bytes(const struct memory *m)
{
    return m->at[MEMORY_PROBATION].bytes + m->at[MEMORY_PROTECTED].bytes;
}

/* The one that goes after `e`: the rest of its ring, then those that are protected. NULL: there is none. */
static struct memory_entry *next_victim(const struct memory *m, const struct memory_entry *e)
{
    const struct link *next = e ? e->link.next : m->at[MEMORY_PROBATION].ring.next;
    enum memory_ring ring = e ? e->ring : MEMORY_PROBATION;
    if (next == &m->at[ring].ring && ring == MEMORY_PROBATION) {
        ring = MEMORY_PROTECTED;
        next = m->at[ring].ring.next;
    }
    return next == &m->at[ring].ring ? NULL : link_of(next, struct memory_entry, link);
}

/* Is the candidate worth more than all who must go for it? They are dropped if it is. */
static bool wins(struct memory *m, const struct memory_entry *candidate)
{
    size_t wanted = main_bytes(m) + cost(candidate), freed = 0;
    uint32_t votes = sketch_estimate(&m->sketch, candidate->key.bytes), against = 0;
    struct memory_entry *victims[VICTIMS_MAX], *e = NULL;
    size_t n = 0;
    while (wanted - freed > main_max(m)) {
        e = next_victim(m, e);
        if (!e || n == VICTIMS_MAX)
            return false;
        victims[n++] = e;
        freed += cost(e);
        against += sketch_estimate(&m->sketch, e->key.bytes);
        if (against >= votes)
            return false;
    }
    for (size_t i = 0; i < n; i++)
        drop(m, victims[i]);
    return true;
}

/* `e` is in no ring, but in the table. */
static void contest(struct memory *m, struct memory_entry *e)
{
    bool won = wins(m, e);
    enter_ring(m, e, MEMORY_PROBATION);
    if (!won)
        drop(m, e);
}

static void touch(struct memory *m, struct memory_entry *e)
{
    leave_ring(m, e);
    enter_ring(m, e, e->ring == MEMORY_WINDOW ? MEMORY_WINDOW : MEMORY_PROTECTED);
    while (m->at[MEMORY_PROTECTED].bytes > protected_max(m)) {
        struct memory_entry *down = oldest(m, MEMORY_PROTECTED);
        leave_ring(m, down);
        enter_ring(m, down, MEMORY_PROBATION);
    }
}

/* ---- from outside */

struct str memory_peek(const struct memory *m, const struct cache_key *key)
{
    const struct memory_entry *e = *slot_of(m, key);
    return e ? str_from(e->value, e->len) : (struct str){0};
}

struct str memory_get(struct memory *m, const struct cache_key *key)
{
    uint64_t sample = (uint64_t)m->count * SAMPLE_ENTRIES;
    sketch_count(&m->sketch, key->bytes, sample < SAMPLE_MIN ? SAMPLE_MIN : sample);
    struct memory_entry *e = *slot_of(m, key);
    if (!e)
        return (struct str){0};
    touch(m, e);
    return str_from(e->value, e->len);
}

void memory_put(struct memory *m, const struct cache_key *key, struct str value)
{
    struct memory_entry *e = *slot_of(m, key);
    if (e)
        drop(m, e);
    if (value.len > m->bytes_max / LARGEST_SHARE || value.len > UINT32_MAX || !(e = malloc(sizeof *e + value.len)))
        return;
    e->key = *key;
    e->len = (uint32_t)value.len;
    if (value.len)
        memcpy(e->value, value.ptr, value.len);
    if (m->count++ > m->mask)
        grow(m);
    struct memory_entry **at = slot_of(m, key);
    e->chain = *at;
    *at = e;
    link_init(&e->link);
    /* What is larger than the window would push all out of it, and is therefore looked at without a stay. */
    if (cost(e) > window_max(m)) {
        contest(m, e);
        return;
    }
    enter_ring(m, e, MEMORY_WINDOW);
    while (m->at[MEMORY_WINDOW].bytes > window_max(m)) {
        struct memory_entry *out = oldest(m, MEMORY_WINDOW);
        leave_ring(m, out);
        contest(m, out);
    }
}

size_t memory_bytes(const struct memory *m)
{
    return m->at[MEMORY_WINDOW].bytes + main_bytes(m);
}

bool memory_check(const struct memory *m)
{
    size_t n = 0, in_table = 0;
    for (int i = 0; i < MEMORY_RINGS; i++) {
        size_t bytes = 0;
        for (const struct link *l = m->at[i].ring.next; l != &m->at[i].ring; l = l->next) {
            const struct memory_entry *e = link_of(l, struct memory_entry, link);
            if (e->ring != (enum memory_ring)i || *slot_of(m, &e->key) != e)
                return false;
            bytes += cost(e);
            n++;
        }
        if (bytes != m->at[i].bytes)
            return false;
    }
    for (size_t i = 0; i <= m->mask; i++)
        for (const struct memory_entry *e = m->table[i]; e; e = e->chain)
            in_table++;
    return n == m->count && in_table == n && memory_bytes(m) <= m->bytes_max;
}
