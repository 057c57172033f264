/* Codes of signs and products with 8-bit vectors, of every level, against the scalar level. */
#include "fixture.h"

#include <math.h>

enum { CODES = 37, WORDS_MAX = 16, DIMS = 512 };

static void bits_that_differ_are_counted(void **state)
{
    (void)state;
    struct rng rng;
    uint64_t codes[CODES * WORDS_MAX], query[WORDS_MAX];
    rng_seed(&rng, 3);
    for (size_t i = 0; i < CODES * WORDS_MAX; i++)
        codes[i] = i % 5 ? rng_u64(&rng) : 0;
    for (int level = 0; level <= (int)best_level(); level++)
        for (size_t words = 1; words <= WORDS_MAX; words++) {
            uint16_t want[CODES + 1] = {0}, got[CODES + 1] = {0};
            want[CODES] = got[CODES] = 0xbeef;
            for (size_t w = 0; w < words; w++)
                query[w] = rng_u64(&rng);
            op_differing(kernels_for(CPU_SCALAR), codes, CODES, words, query, want);
            op_differing(kernels_for((enum cpu_level)level), codes, CODES, words, query, got);
            assert_memory_equal(got, want, sizeof want);
            assert_int_equal(got[CODES], 0xbeef);
        }
}

static void products_with_bytes_are_exact_enough(void **state)
{
    (void)state;
    struct rng rng;
    float x[DIMS];
    int8_t q[DIMS];
    rng_seed(&rng, 4);
    fill_floats(&rng, x, DIMS);
    for (size_t i = 0; i < DIMS; i++)
        q[i] = (int8_t)(rng_u64(&rng) >> 56);
    for (int level = 0; level <= (int)best_level(); level++)
        for (size_t n = 0; n <= DIMS; n += 8) {
            float want = op_dot_i8(kernels_for(CPU_SCALAR), x, q, n), got = op_dot_i8(kernels_for((enum cpu_level)level), x, q, n);
            assert_true(fabsf(want - got) <= 1e-5F * 127 * (float)n);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_that_differ_are_counted),
        cmocka_unit_test(products_with_bytes_are_exact_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
