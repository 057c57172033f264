#include <math.h>

#include "../check.h"
#include "base/err.h"
#include "base/rng.h"

static void rng_repeats_and_spreads(void **state)
{
    (void)state;
    struct rng a, b;
    rng_seed(&a, 1);
    rng_seed(&b, 1);
    double sum = 0;
    for (int i = 0; i < 100000; i++) {
        double x = rng_f64(&a);
        assert_true(x == rng_f64(&b));
        assert_true(x >= 0 && x < 1);
        sum += x;
    }
    assert_true(fabs(sum / 100000 - 0.5) < 0.01);
    uint64_t e[4] = {0};
    assert_int_equal(rng_entropy(e, sizeof e), OK);
    assert_true(e[0] || e[1] || e[2] || e[3]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rng_repeats_and_spreads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
