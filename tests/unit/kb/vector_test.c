/* Chunks found by their vectors: as exactly as by comparing all, in step with what comes and goes, for those who may. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "../sanitized.h"
#include "base/rng.h"
#include "fixture.h"
#include "kb/vector.h"

enum { DIMS = 512, TOPICS = 40 };

static float normal(struct rng *r)
{
    float sum = 0;
    for (int i = 0; i < 3; i++)
        sum += (float)(rng_u64(r) >> 40) / (float)(1 << 24);
    return sum - 1.5F;
}

/* Vectors like those of encoders: around some topics. The same for the same number. */
static void vector_of(size_t n, float v[DIMS])
{
    struct rng topic, own;
    rng_seed(&topic, n % TOPICS);
    rng_seed(&own, 1000 + n);
    for (int i = 0; i < DIMS; i++)
        v[i] = normal(&topic) + 1.2F * normal(&own);
}

static void put_vectors(struct fixture *f, struct str collection, const char *source, const char *encoder, size_t first, size_t n)
{
    struct kb_new d = {.collection = collection, .source = str_of(source), .bytes = 1, .encoder = str_of(encoder), .dims = DIMS};
    struct kb_put *p = NULL;
    if (kb_put_begin(f->kb, ME, &d, &p, &f->err))
        fail_msg("%s", f->err.text);
    for (size_t i = first; i < first + n; i++) {
        float v[DIMS];
        char text[40];
        int len = snprintf(text, sizeof text, "chunk %zu.\n", i);
        vector_of(i, v);
        struct kb_chunk c = {.text = str_from(text, (size_t)len), .vector = i % 7 == 6 ? NULL : v}; /* not all have one */
        if (kb_put_add(p, &c, 1, &f->err))
            fail_msg("%s", f->err.text);
    }
    if (kb_put_end(p, NULL, &f->err))
        fail_msg("%s", f->err.text);
}

static struct kb_hits near_to(struct fixture *f, int64_t who, const float *v, size_t limit)
{
    return search(f, who, (struct kb_query){.vector = v, .dims = DIMS, .encoder = STR("e"), .ways = KB_VECTORS, .limit = limit});
}

static size_t number_of(const struct kb_hit *h)
{
    return strtoul(h->chunk.text.ptr + strlen("chunk "), NULL, 10);
}

static void what_is_nearest_comes_first(void **state)
{
    struct fixture *f = *state;
    float v[DIMS];
    put_vectors(f, new_collection(f, ME, "a"), "s", "e", 0, 300);
    for (size_t i = 0; i < 30; i++) {
        vector_of(i, v);
        struct kb_hits h = near_to(f, ME, v, 3);
        assert_int_equal(h.n, 3);
        assert_int_equal(number_of(&h.items[0]) == i, i % 7 != 6);
        assert_true(i % 7 == 6 || h.items[0].cosine > 0.999F);
        assert_int_equal(h.items[0].vector_rank, 1);
        assert_int_equal(h.items[0].word_rank, 0);
    }
}

struct scored {
    float cosine;
    size_t n;
};

static int best_first(const void *a, const void *b)
{
    float x = ((const struct scored *)a)->cosine, y = ((const struct scored *)b)->cosine;
    return (x < y) - (x > y);
}

/* The ten nearest in full precision. */
static void nearest_of_all(const float *query, size_t n, size_t ret[10])
{
    struct scored *all = calloc(n, sizeof *all);
    for (size_t i = 0; i < n; i++) {
        float v[DIMS];
        double dot = 0, a = 0, b = 0;
        vector_of(i, v);
        for (int d = 0; d < DIMS; d++) {
            dot += (double)query[d] * (double)v[d];
            a += (double)query[d] * (double)query[d];
            b += (double)v[d] * (double)v[d];
        }
        all[i] = (struct scored){i % 7 == 6 ? -2 : (float)(dot / sqrt(a * b)), i};
    }
    qsort(all, n, sizeof *all, best_first);
    for (int i = 0; i < 10; i++)
        ret[i] = all[i].n;
    free(all);
}

static void codes_find_what_full_precision_finds(void **state)
{
    struct fixture *f = *state;
    const size_t n = SANITIZED ? 1000 : 4000, queries = 10;
    size_t found = 0;
    put_vectors(f, new_collection(f, ME, "a"), "s", "e", 0, n);
    for (size_t q = 0; q < queries; q++) {
        float v[DIMS];
        size_t want[10];
        vector_of(100000 + q, v);
        nearest_of_all(v, n, want);
        struct kb_hits h = near_to(f, ME, v, 10);
        assert_int_equal(h.n, 10);
        for (size_t i = 0; i < 100; i++)
            found += number_of(&h.items[i / 10]) == want[i % 10];
    }
    assert_true(found >= 97 * queries / 10); /* recall at 10 of at least 0.97 */
}

static bool finds(struct fixture *f, int64_t who, size_t n)
{
    float v[DIMS];
    vector_of(n, v);
    struct kb_hits h = near_to(f, who, v, 1);
    return h.n && number_of(&h.items[0]) == n && h.items[0].cosine > 0.999F;
}

static void codes_follow_what_comes_and_goes(void **state)
{
    struct fixture *f = *state;
    struct str id = new_collection(f, ME, "a");
    put_vectors(f, id, "one", "e", 0, 100);
    assert_true(finds(f, ME, 3));
    assert_false(finds(f, ME, 203));
    put_vectors(f, id, "two", "e", 200, 100);
    assert_true(finds(f, ME, 203));
    put_vectors(f, id, "two", "e", 300, 50); /* in its place */
    assert_false(finds(f, ME, 203));
    assert_true(finds(f, ME, 303));
    tend(f); /* more than an eighth is gone: the codes are read anew */
    assert_false(finds(f, ME, 203));
    assert_true(finds(f, ME, 303) && finds(f, ME, 3));
    fixture_reopen(f);
    assert_true(finds(f, ME, 303) && finds(f, ME, 3));
    assert_int_equal(status_of(f, id).vectors, 86 + 42);
}

static void vectors_are_compared_with_their_own_kind(void **state)
{
    struct fixture *f = *state;
    struct str id = new_collection(f, ME, "a");
    put_vectors(f, id, "one", "e", 0, 20);
    put_vectors(f, id, "two", "another", 20, 20); /* its vectors are left out */
    assert_true(finds(f, ME, 3));
    assert_false(finds(f, ME, 23));
    assert_int_equal(status_of(f, id).vectors, 18);
    float v[DIMS];
    vector_of(3, v);
    struct kb_hits h =
        search(f, ME, (struct kb_query){.vector = v, .dims = DIMS, .encoder = STR("another"), .ways = KB_VECTORS, .limit = 3});
    assert_int_equal(h.n, 0);
    assert_false(finds(f, OTHER, 3));
}

static void both_ways_count(void **state)
{
    struct fixture *f = *state;
    float v[DIMS];
    put_vectors(f, new_collection(f, ME, "a"), "s", "e", 0, 100);
    vector_of(40, v);
    struct kb_query q = {.text = STR("77"), .vector = v, .dims = DIMS, .encoder = STR("e"), .limit = 5};
    struct kb_hits h = search(f, ME, q);
    assert_int_equal(h.n, 5);
    assert_int_equal(number_of(&h.items[0]), 77); /* words count more */
    assert_int_equal(h.items[0].word_rank, 1);
    assert_int_equal(number_of(&h.items[1]), 40);
    assert_int_equal(h.items[1].vector_rank, 1);
    q.text = STR("40");
    h = search(f, ME, q);
    assert_int_equal(number_of(&h.items[0]), 40);
    assert_true(h.items[0].word_rank == 1 && h.items[0].vector_rank == 1);
    q.per_document = 2;
    assert_int_equal(search(f, ME, q).n, 2);
}

static void what_is_no_direction_is_left_out(void **state)
{
    (void)state;
    float v[64] = {0}, unit[64];
    int8_t q[64];
    uint64_t code;
    const struct kernels *kn = kernels_for(CPU_SCALAR);
    assert_false(vector_pack(v, 64, q, &code));
    v[3] = NAN;
    assert_false(vector_pack(v, 64, q, &code));
    v[3] = INFINITY;
    assert_false(vector_unit(v, 64, unit));
    for (int i = 0; i < 64; i++)
        v[i] = i % 2 ? 3e38F : -3e38F;
    assert_true(vector_pack(v, 64, q, &code) && vector_unit(v, 64, unit));
    assert_int_equal(code, 0xaaaaaaaaaaaaaaaau);
    assert_true(vector_cosine(kn, unit, q, 64) > 0.9999F);
}

int main(void)
{
#define WITH(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        WITH(what_is_nearest_comes_first),
        WITH(codes_find_what_full_precision_finds),
        WITH(codes_follow_what_comes_and_goes),
        WITH(vectors_are_compared_with_their_own_kind),
        WITH(both_ways_count),
        cmocka_unit_test(what_is_no_direction_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
