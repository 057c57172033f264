#include "../sanitized.h"
#include "fixture.h"

#include <math.h>

static const size_t shapes_k[] = {32, 64, 96, 160, 256, 512, 1024, 1280};
static const size_t shapes_rows[] = {1, 3, 17, 50};
static const size_t shapes_m[] = {1, 2, 5, 8, 33};
enum { K_MAX = 1280, ROWS_MAX = 70, M_MAX = 600 };
#define N(a) (sizeof(a) / sizeof *(a))

struct fixture {
    struct pool *pool;
    struct act *act;
    float *x;         /* [M_MAX][K_MAX] */
    uint8_t *weights; /* starts at an odd address */
    struct rng rng;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    rng_seed(&f->rng, 1);
    assert_int_equal(pool_create(2, &f->pool, NULL), OK);
    assert_int_equal(act_create(M_MAX, K_MAX, &f->act), OK);
    f->x = malloc(M_MAX * K_MAX * sizeof(float));
    f->weights = malloc(ROWS_MAX * K_MAX * 4 + 1);
    fill_floats(&f->rng, f->x, M_MAX * K_MAX);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    pool_free(f->pool);
    act_free(f->act);
    free(f->x);
    free(f->weights);
    free(f);
    return 0;
}

static struct matrix make_matrix(struct fixture *f, enum tensor_type type, size_t rows, size_t k)
{
    struct matrix w = {f->weights + 1, type, (uint32_t)rows, (uint32_t)k, tensor_row_bytes(type, k)};
    for (size_t r = 0; r < rows; r++)
        fill_row(&f->rng, type, f->weights + 1 + r * w.row_bytes, k);
    return w;
}

/* Runs a product into guarded memory with a gap between rows and checks that nothing else was written. */
static void run(struct fixture *f, const struct kernels *kn, const struct matrix *w, const float *x, size_t m, float *out)
{
    size_t stride = w->rows + 3;
    float *guarded = guarded_new(m * stride);
    act_set(f->act, x, m, w->cols);
    op_matmul(kn, f->pool, w, f->act, guarded, stride);
    assert_true(guarded_intact(guarded, m * stride));
    for (size_t i = 0; i < m; i++) {
        const uint8_t *gap = (const uint8_t *)(guarded + i * stride + w->rows);
        for (size_t j = 0; j < 3 * sizeof(float); j++)
            assert_int_equal(gap[j], CANARY);
        memcpy(out + i * w->rows, guarded + i * stride, w->rows * sizeof(float));
    }
    guarded_free(guarded);
}

/* How far a product may be off, in parts of the root of the sum of its squared terms: 8-bit activations are off by up to
 * 1/254 of the block's largest value each, at random; bf16 rounds weights and
 * activations by up to 1/256. 0: a float's rounding. */
static double error_of(const struct kernels *kn, enum tensor_type type, size_t m)
{
    if (kn->tiles && kn->tiles->takes[type] && m >= kn->tiles->m_min)
        return 0.02;
    return weight_forms[type].group ? 0.05 : 0;
}

/* Against sums in double of what the formats mean, with the activations as they are. */
static void check_meaning(const struct kernels *kn, const struct matrix *w, const float *x, size_t m, const float *out)
{
    static float row[K_MAX];
    double error = error_of(kn, w->type, m);
    for (size_t r = 0; r < w->rows; r++) {
        tensor_row_to_f32(w->type, (const uint8_t *)w->data + r * w->row_bytes, row, w->cols);
        for (size_t i = 0; i<m; i += m> 40 ? 13 : 1) { /* in the end every place of every register */
            double want = 0, size = 0;
            for (size_t j = 0; j < w->cols; j++) {
                double p = (double)row[j] * (double)x[i * w->cols + j];
                want += p;
                size += p * p;
            }
            double tolerance = error > 0 ? error * sqrt(size) : 2e-6 * (sqrt(size) + fabs(want)) * sqrt((double)w->cols);
            double got = (double)out[i * w->rows + r];
            if (!(fabs(got - want) <= tolerance))
                fail_msg("%s %s k=%u row %zu m %zu: %g, want %g ± %g", kn->name, tensor_type_info(w->type)->name, w->cols, r, i, got, want,
                         tolerance);
        }
    }
}

static void check_shape(struct fixture *f, enum tensor_type type, size_t k, size_t rows, size_t m)
{
    static float want[M_MAX * ROWS_MAX], got[M_MAX * ROWS_MAX];
    struct matrix w = make_matrix(f, type, rows, k);
    for (int level = 0; level <= (int)best_level(); level++) {
        const struct kernels *kn = kernels_for((enum cpu_level)level), *exact = kernels_exact(kn);
        if (exact != kn) {
            run(f, kn, &w, f->x, m, got);
            check_meaning(kn, &w, f->x, m, got);
            kn = exact;
        }
        run(f, kn, &w, f->x, m, got);
        check_meaning(kn, &w, f->x, m, got);
        if (level == CPU_SCALAR || !weight_forms[type].group)
            memcpy(want, got, m * rows * sizeof *want);
        if (memcmp(want, got, m * rows * sizeof *want))
            fail_msg("%s %s k=%zu rows=%zu m=%zu differs from scalar", kn->name, tensor_type_info(type)->name, k, rows, m);
        for (size_t i = 0; i<m; i += m> 40 ? 97 : 1) { /* alone: the same bits as in company */
            float alone[ROWS_MAX];
            run(f, kn, &w, f->x + i * k, 1, alone);
            if (memcmp(alone, got + i * rows, rows * sizeof *alone))
                fail_msg("%s %s k=%zu rows=%zu m=%zu: row %zu alone differs", kn->name, tensor_type_info(type)->name, k, rows, m, i);
        }
    }
}

static void every_type_level_and_shape(void **state)
{
    struct fixture *f = *state;
    for (uint32_t type = 0; type < TENSOR_TYPE_COUNT; type++) {
        if (!tensor_type_info(type))
            continue;
        for (size_t a = 0; a < N(shapes_k); a++)
            for (size_t b = 0; b < N(shapes_rows); b++)
                for (size_t c = SANITIZED ? (a + b) % 3 : 0; c < N(shapes_m); c += SANITIZED ? 3 : 1)
                    if (tensor_row_bytes((enum tensor_type)type, shapes_k[a]) && (!SANITIZED || (type + a + b + c) % 4 == 0))
                        check_shape(f, (enum tensor_type)type, shapes_k[a], shapes_rows[b], shapes_m[c]);
    }
}

/* More than a call of the tiles takes, and what does not divide by anything. */
static void hundreds_of_rows(void **state)
{
    static const struct {
        size_t k, rows, m;
    } shapes[] = {{256, 65, 513}, {512, 17, 600}, {288, 70, 100}, {1280, 33, 45}, {32, 67, 129}, {768, 6, 577}};
    for (uint32_t type = 0; type < TENSOR_TYPE_COUNT; type++)
        for (size_t i = 0; i < N(shapes); i += SANITIZED ? 3 : 1)
            if (tensor_type_info(type) && tensor_row_bytes((enum tensor_type)type, shapes[i].k) && (type + i) % (SANITIZED ? 12 : 3) == 0)
                check_shape(*state, (enum tensor_type)type, shapes[i].k, shapes[i].rows, shapes[i].m);
}

static void float_types_take_any_width(void **state)
{
    static const enum tensor_type types[] = {TENSOR_F32, TENSOR_F16, TENSOR_BF16};
    static const size_t ks[] = {1, 7, 8, 15, 17, 31, 172, 300};
    for (size_t t = 0; t < N(types); t++)
        for (size_t a = 0; a < N(ks); a++)
            for (size_t c = 0; c < N(shapes_m); c++)
                check_shape(*state, types[t], ks[a], 17, shapes_m[c]);
}

/* All levels above the scalar one add floats in the same order. */
static void float_types_agree_between_levels(void **state)
{
    struct fixture *f = *state;
    enum { FIRST = CPU_SCALAR + 1 };
    static float a[5 * 17], b[5 * 17];
    static const enum tensor_type types[] = {TENSOR_F32, TENSOR_F16, TENSOR_BF16};
    if ((int)best_level() <= FIRST)
        skip();
    for (size_t t = 0; t < N(types); t++) {
        struct matrix w = make_matrix(f, types[t], 17, 172);
        run(f, kernels_for((enum cpu_level)FIRST), &w, f->x, 5, a);
        for (int level = FIRST + 1; level <= (int)best_level(); level++) {
            run(f, kernels_exact(kernels_for((enum cpu_level)level)), &w, f->x, 5, b);
            assert_memory_equal(a, b, sizeof a);
        }
    }
}

/* One act serves several matrices and levels; a new act_set forgets. */
static void forms_are_made_anew(void **state)
{
    struct fixture *f = *state;
    float first[17], again[17], other[17];
    struct matrix w = make_matrix(f, TENSOR_Q8_0, 17, 256);
    run(f, kernels_for(best_level()), &w, f->x, 1, first);
    run(f, kernels_for(best_level()), &w, f->x + 256, 1, other);
    assert_memory_not_equal(first, other, sizeof first);
    act_set(f->act, f->x, 1, 256);
    for (int level = (int)best_level(); level >= 0; level--) {
        op_matmul(kernels_for((enum cpu_level)level), f->pool, &w, f->act, again, 17);
        assert_memory_equal(first, again, sizeof first);
    }
}

/* Not finite activations and scales must not crash; what they touch is not finite, what they don't touch stays. */
static void not_finite_values_do_no_harm(void **state)
{
    struct fixture *f = *state;
    static float x[5 * 256], out[5 * 17], clean[5 * 17];
    static const float bad[] = {NAN, INFINITY, -INFINITY, 3e38F, 1e-45F};
    for (uint32_t type = 0; type < TENSOR_TYPE_COUNT; type++) {
        if (!tensor_type_info(type))
            continue;
        struct matrix w = make_matrix(f, (enum tensor_type)type, 17, 256);
        for (int level = 0; level <= (int)best_level(); level++) {
            memcpy(x, f->x, sizeof x);
            run(f, kernels_for((enum cpu_level)level), &w, x, 5, clean);
            for (size_t i = 0; i < 5; i++)
                x[3 * 256 + 40 * i] = bad[i];
            run(f, kernels_for((enum cpu_level)level), &w, x, 5, out);
            assert_memory_equal(out, clean, 3 * 17 * sizeof(float));
            assert_memory_equal(out + 4 * 17, clean + 4 * 17, 17 * sizeof(float));
            memset(f->weights + 1, 0xff, w.row_bytes); /* NaN scales */
            run(f, kernels_for((enum cpu_level)level), &w, x, 5, out);
        }
    }
}

static void bad_sizes_are_refused(void **state)
{
    (void)state;
    struct act *a = NULL;
    assert_int_equal(act_create(0, 64, &a), ERR_INVAL);
    assert_int_equal(act_create(1, SIZE_MAX, &a), ERR_INVAL);
    assert_null(a);
    act_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_type_level_and_shape, setup, teardown),
        cmocka_unit_test_setup_teardown(hundreds_of_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(float_types_take_any_width, setup, teardown),
        cmocka_unit_test_setup_teardown(float_types_agree_between_levels, setup, teardown),
        cmocka_unit_test_setup_teardown(forms_are_made_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(not_finite_values_do_no_harm, setup, teardown),
        cmocka_unit_test(bad_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
