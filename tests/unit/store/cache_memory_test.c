/* The cache in memory: what it gives back, its bounds, and whether it keeps what is worth keeping. */
#include "../check.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "store/cache/memory.h"

/* Number → key, spread as a keyed hash is. */
static struct cache_key key_of(uint64_t n)
{
    struct rng r;
    struct cache_key k;
    rng_seed(&r, n + 1);
    for (size_t i = 0; i < sizeof k.bytes; i += 8) {
        uint64_t v = rng_u64(&r);
        memcpy(k.bytes + i, &v, sizeof v);
    }
    return k;
}

/* ---- properties */

enum { KEYS = 300, STEPS = 20000, VALUE_MAX = 3000, CHECK_EVERY = 50 };

/* A value says whose it is, and of which writing. */
static size_t make_value(char *out, uint32_t key, uint32_t version, uint64_t random)
{
    size_t n = 8 + random % (random % 7 ? 200 : VALUE_MAX);
    memset(out, (int)(key + version) & 0xff, n);
    memcpy(out, &key, 4);
    memcpy(out + 4, &version, 4);
    return n;
}

static void what_is_found_is_what_was_put_last(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 1000, 20000, 200000};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        struct memory m;
        struct rng r;
        uint32_t version[KEYS] = {0}, found = 0;
        size_t len[KEYS];
        char value[VALUE_MAX + 8];
        rng_seed(&r, s);
        assert_int_equal(memory_init(&m, sizes[s]), OK);
        for (uint32_t step = 1; step <= STEPS; step++) {
            uint32_t n = (uint32_t)(rng_f64(&r) * rng_f64(&r) * KEYS);
            struct cache_key k = key_of(n);
            struct str got = memory_get(&m, &k);
            if (got.ptr) {
                uint32_t head[2];
                assert_true(version[n] && got.len == len[n]);
                memcpy(head, got.ptr, sizeof head);
                assert_int_equal(head[0], n);
                assert_int_equal(head[1], version[n]);
                assert_ptr_equal(memory_peek(&m, &k).ptr, got.ptr);
                found++;
            }
            if (!got.ptr || rng_u64(&r) % 16 == 0) {
                len[n] = make_value(value, n, step, rng_u64(&r));
                version[n] = step;
                memory_put(&m, &k, str_from(value, len[n]));
            }
            assert_true(memory_bytes(&m) <= sizes[s]);
            if (step % CHECK_EVERY == 0)
                assert_true(memory_check(&m));
        }
        assert_true(sizes[s] >= 20000 ? found > 0 : sizes[s] > 1 || !found);
        memory_deinit(&m);
    }
}

static void a_value_that_is_replaced_never_comes_back(void **state)
{
    (void)state;
    struct memory m;
    struct cache_key k = key_of(1);
    assert_int_equal(memory_init(&m, 100000), OK);
    memory_put(&m, &k, STR("old"));
    memory_put(&m, &k, STR(""));
    struct str got = memory_get(&m, &k);
    assert_non_null(got.ptr);
    assert_int_equal(got.len, 0);
    char *large = calloc(1, 50000);
    assert_non_null(large);
    memory_put(&m, &k, str_from(large, 50000)); /* larger than one may be: the former one is gone all the same */
    assert_null(memory_get(&m, &k).ptr);
    assert_int_equal(memory_bytes(&m), 0);
    free(large);
    memory_deinit(&m);
}

/* ---- worth: the same trace through an LRU of the same size */

enum { TRACE_KEYS = 20000, TRACE_STEPS = 200000, TRACE_VALUE = 200, TRACE_ENTRIES = 1000, SCAN_EVERY = 20000, SCAN_KEYS = 5000 };

/* What an entry of TRACE_VALUE bytes costs, as the cache itself counts. */
static size_t entry_cost(void)
{
    struct memory m;
    struct cache_key k = key_of(0);
    char value[TRACE_VALUE] = {0};
    assert_int_equal(memory_init(&m, 100000), OK);
    memory_put(&m, &k, str_from(value, sizeof value));
    size_t cost = memory_bytes(&m);
    memory_deinit(&m);
    return cost;
}

/* Ranks by Zipf's law (exponent 0.9), interrupted by scans of keys that never come again. */
static uint32_t *make_trace(void)
{
    uint32_t *trace = calloc(TRACE_STEPS, sizeof *trace), fresh = TRACE_KEYS;
    double *sum = calloc(TRACE_KEYS + 1, sizeof *sum);
    struct rng r;
    rng_seed(&r, 7);
    assert_true(trace && sum);
    for (int i = 0; i < TRACE_KEYS; i++)
        sum[i + 1] = sum[i] + pow(i + 1, -0.9);
    for (int i = 0; i < TRACE_STEPS; i++) {
        if (i % SCAN_EVERY >= SCAN_EVERY - SCAN_KEYS) {
            trace[i] = fresh++;
            continue;
        }
        double at = rng_f64(&r) * sum[TRACE_KEYS];
        uint32_t low = 0, high = TRACE_KEYS;
        while (high - low > 1) {
            uint32_t middle = (low + high) / 2;
            *(sum[middle] <= at ? &low : &high) = middle;
        }
        trace[i] = low;
    }
    free(sum);
    return trace;
}

static size_t hits_of_lru(const uint32_t *trace)
{
    struct entry {
        struct link link;
        bool in;
    } *entries = calloc(TRACE_KEYS + TRACE_STEPS, sizeof *entries);
    struct link ring;
    size_t hits = 0, n = 0;
    assert_non_null(entries);
    link_init(&ring);
    for (int i = 0; i < TRACE_STEPS; i++) {
        struct entry *e = &entries[trace[i]];
        if (e->in) {
            hits++;
            link_del(&e->link);
        } else if (n++ == TRACE_ENTRIES) {
            struct entry *out = link_of(ring.next, struct entry, link);
            link_del(&out->link);
            out->in = false;
            n--;
        }
        e->in = true;
        link_add(&ring, &e->link);
    }
    free(entries);
    return hits;
}

static size_t hits_of_memory(const uint32_t *trace)
{
    struct memory m;
    char value[TRACE_VALUE] = {0};
    size_t hits = 0;
    assert_int_equal(memory_init(&m, TRACE_ENTRIES * entry_cost()), OK);
    for (int i = 0; i < TRACE_STEPS; i++) {
        struct cache_key k = key_of(trace[i]);
        if (memory_get(&m, &k).ptr)
            hits++;
        else
            memory_put(&m, &k, str_from(value, sizeof value));
    }
    assert_true(memory_check(&m));
    memory_deinit(&m);
    return hits;
}

static void frequency_beats_recency_where_scans_pass_through(void **state)
{
    (void)state;
    uint32_t *trace = make_trace();
    size_t lru = hits_of_lru(trace), ours = hits_of_memory(trace);
    print_message("hits of %d: least recently used %zu, this cache %zu\n", TRACE_STEPS, lru, ours);
    assert_true(ours > lru + lru / 10);
    free(trace);
}

/* What was wanted often, long ago, gives way: the counters age. */
static void a_new_favourite_replaces_an_old_one(void **state)
{
    (void)state;
    struct memory m;
    char value[TRACE_VALUE] = {0};
    struct rng r;
    size_t hits = 0, asked = 0;
    rng_seed(&r, 3);
    assert_int_equal(memory_init(&m, 200 * entry_cost()), OK);
    for (uint32_t i = 0; i < 200000; i++) {
        uint32_t era = i / 100000;
        struct cache_key k = key_of(era * 1000 + rng_u64(&r) % 150);
        bool hit = memory_get(&m, &k).ptr != NULL;
        if (!hit)
            memory_put(&m, &k, str_from(value, sizeof value));
        if (i >= 190000) {
            asked++;
            hits += hit;
        }
    }
    assert_true(hits * 10 >= asked * 9);
    memory_deinit(&m);
}

static void the_sketch_never_says_too_little(void **state)
{
    (void)state;
    struct sketch s;
    uint32_t counts[500] = {0};
    struct rng r;
    rng_seed(&r, 1);
    assert_int_equal(sketch_init(&s, 1000), OK);
    for (int i = 0; i < 3000; i++) {
        uint32_t n = (uint32_t)(rng_f64(&r) * rng_f64(&r) * 500);
        sketch_count(&s, key_of(n).bytes, UINT64_MAX);
        counts[n]++;
    }
    for (uint32_t n = 0; n < 500; n++) {
        uint32_t want = counts[n] < SKETCH_COUNT_MAX ? counts[n] : SKETCH_COUNT_MAX;
        assert_true(sketch_estimate(&s, key_of(n).bytes) >= want);
    }
    uint32_t before = sketch_estimate(&s, key_of(0).bytes);
    sketch_count(&s, key_of(400).bytes, 1); /* the sample is full: all are halved */
    assert_int_equal(sketch_estimate(&s, key_of(0).bytes), before / 2);
    sketch_deinit(&s);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_found_is_what_was_put_last),
        cmocka_unit_test(a_value_that_is_replaced_never_comes_back),
        cmocka_unit_test(frequency_beats_recency_where_scans_pass_through),
        cmocka_unit_test(a_new_favourite_replaces_an_old_one),
        cmocka_unit_test(the_sketch_never_says_too_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
