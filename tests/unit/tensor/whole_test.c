/* Operations over whole sequences, of every level, against sums in double. */
#include "fixture.h"

#include <math.h>

#define N(a) (sizeof(a) / sizeof *(a))
enum { MAX = 300, ROWS = 33 };
static const size_t sizes[] = {1, 2, 15, 16, 17, 64, 300};

static void near_to(double got, double want, double tolerance, const char *what, const char *level, size_t n, size_t i)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%s %s n=%zu [%zu]: %.9g, want %.9g ± %g", what, level, n, i, got, want, tolerance);
}

static void layer_norm(void **state)
{
    (void)state;
    struct rng rng;
    float x[MAX], w[MAX], b[MAX];
    rng_seed(&rng, 5);
    fill_floats(&rng, x, MAX);
    fill_floats(&rng, w, MAX);
    fill_floats(&rng, b, MAX);
    for (size_t i = 0; i < MAX; i++)
        x[i] = x[i] * 3 + 7; /* a mean that matters */
    for (int level = 0; level <= (int)best_level(); level++) {
        const struct kernels *kn = kernels_for((enum cpu_level)level);
        for (size_t s = 0; s < N(sizes); s++) {
            size_t n = sizes[s];
            double mean = 0, squares = 0;
            for (size_t i = 0; i < n; i++)
                mean += (double)x[i] / (double)n;
            for (size_t i = 0; i < n; i++)
                squares += ((double)x[i] - mean) * ((double)x[i] - mean);
            double scale = 1 / sqrt(squares / (double)n + 1e-5);
            float *out = guarded_new(n);
            memcpy(out, x, n * sizeof *out);
            op_layer_norm(kn, out, w, b, 1e-5F, out, n);
            for (size_t i = 0; i < n; i++)
                near_to((double)out[i], ((double)x[i] - mean) * scale * (double)w[i] + (double)b[i], 1e-4, "layer_norm", kernels_name(kn),
                        n, i);
            assert_true(guarded_intact(out, n));
            guarded_free(out);
        }
    }
}

static double activated(double v, enum activation f)
{
    return f == ACTIVATION_RELU ? fmax(v, 0) : f == ACTIVATION_GELU ? 0.5 * v * (1 + erf(v / sqrt(2))) : v;
}

static void bias(void **state)
{
    (void)state;
    for (int level = 0; level <= (int)best_level(); level++) {
        const struct kernels *kn = kernels_for((enum cpu_level)level);
        for (int f = ACTIVATION_NONE; f <= ACTIVATION_GELU; f++) {
            for (size_t s = 0; s < N(sizes); s++) {
                size_t n = sizes[s];
                float *x = guarded_new(n), b[MAX];
                for (size_t i = 0; i < n; i++) {
                    x[i] = ((float)i - (float)n / 2) * 0.1F;
                    b[i] = i % 7 ? 0.25F : -30;
                }
                op_bias(kn, x, b, (enum activation)f, n);
                for (size_t i = 0; i < n; i++) {
                    double v = (double)(((float)i - (float)n / 2) * 0.1F + b[i]);
                    near_to((double)x[i], activated(v, (enum activation)f), 4e-6, "bias", kernels_name(kn), n, i);
                }
                assert_true(guarded_intact(x, n));
                guarded_free(x);
            }
        }
    }
}

static void want_row(const struct attend_all *a, size_t i, double *out)
{
    double p[ROWS], max = -INFINITY, sum = 0;
    for (size_t j = 0; j < a->n; j++) {
        p[j] = 0;
        for (size_t c = 0; c < a->d; c++)
            p[j] += (double)a->q[i * a->stride + c] * (double)a->k[j * a->stride + c];
        p[j] *= (double)a->scale;
        max = fmax(max, p[j]);
    }
    for (size_t j = 0; j < a->n; j++)
        sum += p[j] = exp(p[j] - max);
    for (size_t c = 0; c < a->d; c++) {
        out[c] = 0;
        for (size_t j = 0; j < a->n; j++)
            out[c] += p[j] / sum * (double)a->v[j * a->stride + c];
    }
}

static void attend_all(void **state)
{
    (void)state;
    static const size_t widths[] = {1, 12, 16, 32, 40, 64}, lengths[] = {1, 2, 16, 17, ROWS};
    static float qkv[ROWS * 3 * 64];
    struct rng rng;
    rng_seed(&rng, 9);
    fill_floats(&rng, qkv, N(qkv));
    for (int level = 0; level <= (int)best_level(); level++) {
        const struct kernels *kn = kernels_for((enum cpu_level)level);
        for (size_t w = 0; w < N(widths); w++) {
            for (size_t l = 0; l < N(lengths); l++) {
                size_t d = widths[w], n = lengths[l];
                float *out = guarded_new(n * d), *scores = guarded_new(n);
                struct attend_all a = {qkv, qkv + d, qkv + 2 * d, out, scores, n, d, 3 * d, d, 0.7F};
                op_attend_all(kn, &a);
                for (size_t i = 0; i < n; i++) {
                    double want[64];
                    want_row(&a, i, want);
                    for (size_t c = 0; c < d; c++)
                        near_to((double)out[i * d + c], want[c], 1e-5, "attend_all", kernels_name(kn), n, i * d + c);
                }
                assert_true(guarded_intact(out, n * d) && guarded_intact(scores, n));
                guarded_free(out);
                guarded_free(scores);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(layer_norm), cmocka_unit_test(bias), cmocka_unit_test(attend_all)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
