#include "fixture.h"

#include <math.h>

#define N(a) (sizeof(a) / sizeof *(a))
static const size_t sizes[] = {1, 2, 15, 16, 17, 63, 64, 128, 300};
enum { MAX = 300 };

struct data {
    float x[MAX], y[MAX], *out; /* out: guarded, [MAX] */
    struct rng rng;
};

static int setup(void **state)
{
    struct data *d = calloc(1, sizeof *d);
    rng_seed(&d->rng, 3);
    fill_floats(&d->rng, d->x, MAX);
    fill_floats(&d->rng, d->y, MAX);
    *state = d;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static void assert_near(double got, double want, double tolerance, const char *what, size_t n, size_t i)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%s n=%zu [%zu]: %.9g, want %.9g ± %g", what, n, i, got, want, tolerance);
}

/* Runs `check` for every level and size. */
typedef void check_fn(const struct kernels *kn, struct data *d, size_t n);
static void for_all(void **state, check_fn *check)
{
    struct data *d = *state;
    for (int level = 0; level <= (int)best_level(); level++) {
        for (size_t i = 0; i < N(sizes); i++) {
            d->out = guarded_new(sizes[i]);
            memcpy(d->out, d->x, sizes[i] * sizeof(float));
            check(kernels_for((enum cpu_level)level), d, sizes[i]);
            assert_true(guarded_intact(d->out, sizes[i]));
            guarded_free(d->out);
        }
    }
}

static void check_rms(const struct kernels *kn, struct data *d, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)d->x[i] * (double)d->x[i];
    double scale = 1 / sqrt(sum / (double)n + 1e-5);
    op_rms_norm(kn, d->out, d->y, 1e-5F, d->out, n);
    for (size_t i = 0; i < n; i++)
        assert_near((double)d->out[i], (double)d->x[i] * scale * (double)d->y[i], 1e-5, "rms_norm", n, i);
}

static void check_silu(const struct kernels *kn, struct data *d, size_t n)
{
    for (size_t i = 0; i < n; i++)
        d->out[i] = d->x[i] * (float)(i % 3 ? 1 : 40); /* far out on both sides, too */
    float before[MAX];
    memcpy(before, d->out, n * sizeof *before);
    op_silu_mul(kn, d->out, d->y, n);
    for (size_t i = 0; i < n; i++) {
        double g = (double)before[i], want = g / (1 + exp(-g)) * (double)d->y[i];
        assert_near((double)d->out[i], want, 1e-6 * fabs(want) + 1e-9, "silu_mul", n, i);
    }
}

static void check_gelu(const struct kernels *kn, struct data *d, size_t n)
{
    float before[MAX];
    for (size_t i = 0; i < n; i++)
        before[i] = d->out[i] = d->x[i] * (float)(i % 3 ? 2 : 40);
    op_gelu_mul(kn, d->out, d->y, n);
    for (size_t i = 0; i < n; i++) {
        double g = (double)before[i], want = g / 2 * (1 + tanh(sqrt(2 / M_PI) * (g + 0.044715 * g * g * g))) * (double)d->y[i];
        assert_near((double)d->out[i], want, 2e-6 * fabs(want) + 1e-6 * fabs((double)d->y[i]), "gelu_mul", n, i);
    }
}

static void check_add(const struct kernels *kn, struct data *d, size_t n)
{
    op_add(kn, d->out, d->y, n);
    for (size_t i = 0; i < n; i++)
        assert_true(d->out[i] == d->x[i] + d->y[i]);
}

static void check_softmax(const struct kernels *kn, struct data *d, size_t n)
{
    double max = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++) {
        d->out[i] = d->x[i] * 20 + 1000; /* would overflow without the maximum taken off */
        max = fmax(max, (double)d->out[i]);
    }
    double want[MAX];
    for (size_t i = 0; i < n; i++)
        sum += want[i] = exp((double)d->out[i] - max);
    op_softmax(kn, d->out, n);
    for (size_t i = 0; i < n; i++)
        assert_near((double)d->out[i], want[i] / sum, 1e-6 * want[i] / sum + 1e-30, "softmax", n, i);
}

static void check_rope(const struct kernels *kn, struct data *d, size_t n)
{
    float cs[MAX];
    size_t n_rot = n / 2 * 2, half = n_rot / 2;
    for (int neox = 0; neox < 2; neox++) {
        for (size_t i = 0; i < half; i++) {
            cs[2 * i] = cosf((float)i);
            cs[2 * i + 1] = sinf((float)i);
        }
        memcpy(d->out, d->x, n * sizeof(float));
        op_rope(kn, d->out, cs, n_rot, neox);
        for (size_t i = 0; i < half; i++) {
            size_t a = neox ? i : 2 * i, b = neox ? i + half : 2 * i + 1;
            double c = cos((double)i), s = sin((double)i), x = (double)d->x[a], y = (double)d->x[b];
            assert_near((double)d->out[a], x * c - y * s, 1e-6, "rope", n, a);
            assert_near((double)d->out[b], x * s + y * c, 1e-6, "rope", n, b);
        }
        if (n % 2)
            assert_true(d->out[n - 1] == d->x[n - 1]); /* what is not rotated stays */
    }
}

static void rms_norm(void **state)
{
    for_all(state, check_rms);
}
static void silu_mul(void **state)
{
    for_all(state, check_silu);
}
static void gelu_mul(void **state)
{
    for_all(state, check_gelu);
}
static void add(void **state)
{
    for_all(state, check_add);
}
static void softmax(void **state)
{
    for_all(state, check_softmax);
}
static void rope(void **state)
{
    for_all(state, check_rope);
}

/* Extremes: empty input, one huge logit, −inf, NaN, and gates where e^x leaves the range. */
static void extremes(void **state)
{
    (void)state;
    for (int level = 0; level <= (int)best_level(); level++) {
        const struct kernels *kn = kernels_for((enum cpu_level)level);
        op_softmax(kn, NULL, 0);
        float x[20] = {0}, up[20];
        x[3] = INFINITY - INFINITY;
        op_softmax(kn, x, 20);
        assert_true(isnan(x[0]) || isnan(x[3]));
        for (int i = 0; i < 20; i++)
            x[i] = i == 7 ? 3e38F : -INFINITY;
        op_softmax(kn, x, 20);
        assert_true(x[7] == 1 && x[0] == 0 && x[19] == 0);
        for (int i = 0; i < 20; i++) {
            x[i] = i % 2 ? 1e30F : -1e30F;
            up[i] = 1;
        }
        op_silu_mul(kn, x, up, 20);
        assert_true(x[1] == 1e30F && fabsf(x[0]) < 1e-6F && fabsf(x[18]) < 1e-6F);
        x[0] = NAN;
        op_silu_mul(kn, x, up, 20);
        assert_true(isnan(x[0]) && !isnan(x[1]));
        float zeros[20] = {0};
        op_rms_norm(kn, zeros, up, 1e-6F, zeros, 20);
        assert_true(zeros[0] == 0);
    }
}

static void levels_have_names(void **state)
{
    (void)state;
    for (int level = 0; level < CPU_LEVEL_COUNT; level++)
        if (cpu_can((enum cpu_level)level))
            assert_string_equal(kernels_name(kernels_for((enum cpu_level)level)), cpu_level_name((enum cpu_level)level));
    assert_string_equal(kernels_name(kernels_for((enum cpu_level)99)), "scalar");
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(rms_norm), CASE(silu_mul), CASE(gelu_mul), CASE(add), CASE(softmax), CASE(rope), CASE(extremes), CASE(levels_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
