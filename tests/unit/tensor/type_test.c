#include "fixture.h"

#include <math.h>

static void table(void **state)
{
    (void)state;
    assert_null(tensor_type_info(4));
    assert_null(tensor_type_info(31));
    assert_null(tensor_type_info(UINT32_MAX));
    assert_int_equal(tensor_type_info(12)->block_bytes, 144);
    assert_int_equal(tensor_type_by_name(STR("q4_k"))->id, TENSOR_Q4_K);
    assert_int_equal(tensor_type_by_name(STR("BF16"))->id, 30);
    assert_null(tensor_type_by_name(STR("Q4_")));
    assert_null(tensor_type_by_name(STR("")));
    assert_int_equal(tensor_row_bytes(TENSOR_Q6_K, 512), 420);
    assert_int_equal(tensor_row_bytes(TENSOR_Q6_K, 500), 0);
    assert_int_equal(tensor_row_bytes(TENSOR_F32, UINT64_MAX), 0);
    assert_int_equal(tensor_row_bytes((enum tensor_type)5, 32), 0);
}

/* Every half there is goes to a float and back; and ties, limits and subnormals round as IEEE 754 says. */
static void halves(void **state)
{
    (void)state;
    for (uint32_t h = 0; h < 65536; h++) {
        float f = f16_to_f32((uint16_t)h);
        bool nan = (h & 0x7fff) > 0x7c00;
        assert_true(nan ? isnan(f) : f32_to_f16(f) == h);
    }
    assert_int_equal(f32_to_f16(1 + 0x1p-11F), 0x3c00);     /* tie to even: down */
    assert_int_equal(f32_to_f16(1 + 3 * 0x1p-11F), 0x3c02); /* tie to even: up */
    assert_int_equal(f32_to_f16(1 + 0x1p-11F + 0x1p-20F), 0x3c01);
    assert_int_equal(f32_to_f16(65519), 0x7bff);
    assert_int_equal(f32_to_f16(65520), 0x7c00);
    assert_int_equal(f32_to_f16(-INFINITY), 0xfc00);
    assert_int_equal(f32_to_f16(0x1p-24F), 1);
    assert_int_equal(f32_to_f16(0x1p-25F), 0);
    assert_int_equal(f32_to_f16(0x1.8p-25F), 1);
    assert_int_equal(f32_to_f16(-0.0F), 0x8000);
    assert_true(isnan(f16_to_f32(f32_to_f16(NAN))));
}

/* Blocks that the format's reference implementation (llama.cpp) wrote, and the values that they were made from. */
static const struct {
    uint16_t values[32]; /* f16 */
    uint8_t q8_0[34], q4_0[18];
} reference_blocks[] = {
    {{0x2f78, 0x246a, 0xad79, 0x1b40, 0xaea8, 0x2ddc, 0xac53, 0xae69, 0xae83, 0xa577, 0xaae0, 0xa88f, 0x21e1, 0x190d, 0xad1d, 0xa7bd,
      0x26f1, 0x2ce3, 0xa855, 0x2d26, 0xb142, 0xa6a3, 0x28f7, 0xa58f, 0x2ce9, 0xaf9e, 0xac38, 0x2b9c, 0xa94e, 0x267f, 0xa703, 0xa948},
     {0x4d, 0x15, 0x5a, 0x0d, 0xbe, 0x03, 0xb0, 0x47, 0xcc, 0xb3, 0xb1, 0xef, 0xd6, 0xe4, 0x09, 0x02, 0xc2,
      0xe9, 0x15, 0x3b, 0xe6, 0x3e, 0x81, 0xec, 0x1e, 0xef, 0x3b, 0xa4, 0xcd, 0x2e, 0xe0, 0x14, 0xeb, 0xe0},
     {0x42, 0x25, 0x9e, 0xc9, 0x64, 0xc8, 0x03, 0x7c, 0xa5, 0x73, 0xc3, 0x27, 0x55, 0xb6, 0x69, 0x98, 0x74, 0x67}},
    {{0xa269, 0x2b85, 0xac7e, 0xab7e, 0xb0be, 0x2003, 0x2b67, 0xa774, 0x2311, 0xad93, 0x97d1, 0xa870, 0x2d7b, 0x2e0b, 0xa998, 0xade3,
      0xade5, 0x95a2, 0x2cba, 0x2e07, 0xac4b, 0x2778, 0xac7f, 0x2afc, 0x2d90, 0xa864, 0x3031, 0x23c6, 0x2c2d, 0xaa0d, 0x30c6, 0xb214},
     {0x20, 0x16, 0xf8, 0x27, 0xd1, 0xd9, 0x9d, 0x05, 0x27, 0xed, 0x09, 0xc6, 0xff, 0xe9, 0x39, 0x3f, 0xe3,
      0xc2, 0xc2, 0xff, 0x31, 0x3f, 0xd3, 0x14, 0xd1, 0x24, 0x3a, 0xe9, 0x58, 0x0a, 0x2c, 0xe0, 0x64, 0x81},
     {0x14, 0x26, 0x47, 0x8a, 0xb5, 0xc6, 0x52, 0x98, 0x5a, 0xa7, 0xc9, 0x74, 0xe8, 0x97, 0xbc, 0x6c, 0xe6, 0x04}},
};

static void reference_bytes(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof reference_blocks / sizeof *reference_blocks; n++) {
        float x[32];
        uint8_t bytes[34];
        for (int i = 0; i < 32; i++)
            x[i] = f16_to_f32(reference_blocks[n].values[i]);
        assert_true(tensor_row_from_f32(TENSOR_Q8_0, x, bytes, 32));
        assert_memory_equal(bytes, reference_blocks[n].q8_0, 34);
        assert_true(tensor_row_from_f32(TENSOR_Q4_0, x, bytes, 32));
        assert_memory_equal(bytes, reference_blocks[n].q4_0, 18);
    }
}

/* Root mean square error relative to the values, of normally distributed ones. */
static double error_of(enum tensor_type type, const float *x, size_t n)
{
    uint8_t *bytes = malloc(tensor_row_bytes(type, n));
    float *y = malloc(n * sizeof *y);
    assert_true(tensor_row_from_f32(type, x, bytes, n));
    tensor_row_to_f32(type, bytes, y, n);
    double err = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        double e = (double)y[i] - (double)x[i];
        err += e * e;
        size += (double)x[i] * (double)x[i];
    }
    free(bytes);
    free(y);
    return sqrt(err / size);
}

static void writing_is_precise(void **state)
{
    (void)state;
    /* the limits are a little above what the reference quantisers reach on such data (Q4_K 7.2 %, Q6_K 1.78 %) */
    static const struct {
        enum tensor_type type;
        double limit;
    } cases[] = {{TENSOR_F32, 0},     {TENSOR_F16, 3e-4},    {TENSOR_BF16, 2e-3}, {TENSOR_Q8_0, 0.006},
                 {TENSOR_Q4_0, 0.09}, {TENSOR_Q4_K, 0.0725}, {TENSOR_Q6_K, 0.018}};
    enum { COUNT = 256 * 64 };
    static float x[COUNT];
    struct rng r;
    rng_seed(&r, 5);
    for (size_t i = 0; i < COUNT; i++) { /* twelve uniform ones: nearly normal */
        float sum = 0;
        for (int j = 0; j < 12; j++)
            sum += uniform(&r, -0.5F, 0.5F);
        x[i] = sum * 0.02F;
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double e = error_of(cases[i].type, x, COUNT);
        if (e > cases[i].limit)
            fail_msg("%s: error %g, at most %g", tensor_type_info(cases[i].type)->name, e, cases[i].limit);
    }
}

static void writing_copes_with_anything(void **state)
{
    (void)state;
    static const float values[] = {0, -0.0F, 1, -1, 1e-45F, 1e38F, -1e38F, INFINITY, -INFINITY, NAN};
    uint8_t bytes[1024];
    float x[256], y[256];
    for (uint32_t type = 0; type < TENSOR_TYPE_COUNT; type++) {
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            for (int i = 0; i < 256; i++)
                x[i] = i % 7 ? values[v] : 0.5F;
            assert_int_equal(tensor_row_from_f32((enum tensor_type)type, x, bytes, 256), tensor_type_writable((enum tensor_type)type));
            if (tensor_type_writable((enum tensor_type)type))
                tensor_row_to_f32((enum tensor_type)type, bytes, y, 256);
        }
        for (int i = 0; i < 256; i++)
            x[i] = -3; /* constant blocks have no range to divide by */
        if (tensor_row_from_f32((enum tensor_type)type, x, bytes, 256)) {
            tensor_row_to_f32((enum tensor_type)type, bytes, y, 256);
            assert_true(fabsf(y[9] + 3) < 0.05F);
        }
    }
    assert_false(tensor_type_writable(TENSOR_Q5_K));
    assert_false(tensor_type_writable((enum tensor_type)77));
}

static void scales_pack_and_unpack(void **state)
{
    (void)state;
    uint8_t scale[8], min[8], scale2[8], min2[8], packed[12];
    struct rng r;
    rng_seed(&r, 9);
    for (int n = 0; n < 1000; n++) {
        for (int i = 0; i < 8; i++) {
            scale[i] = rng_u64(&r) & 63;
            min[i] = rng_u64(&r) & 63;
        }
        k4_scales_pack(scale, min, packed);
        k4_scales_unpack(packed, scale2, min2);
        assert_memory_equal(scale, scale2, 8);
        assert_memory_equal(min, min2, 8);
    }
}

/* Groups say the same as the plain decoding: q · d + m. */
static void unpacking_agrees_with_decoding(void **state)
{
    (void)state;
    struct rng r;
    rng_seed(&r, 11);
    for (uint32_t type = 0; type < TENSOR_TYPE_COUNT; type++) {
        struct weight_form form = weight_forms[type];
        if (!form.group)
            continue;
        for (int level = 0; level <= (int)best_level(); level++) {
            uint8_t bytes[1024];
            float want[512], d[32], m[32] = {0};
            int8_t q[512];
            fill_row(&r, (enum tensor_type)type, bytes, 512);
            tensor_row_to_f32((enum tensor_type)type, bytes, want, 512);
            kernels_for((enum cpu_level)level)->unpack[type](bytes, 512, q, d, m);
            for (int i = 0; i < 512; i++) {
                float got = (float)q[i] * d[i / form.group] + m[i / form.group];
                assert_true(fabsf(got - want[i]) <= 1e-5F * fabsf(want[i]) + 1e-5F);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(halves),
        cmocka_unit_test(reference_bytes),
        cmocka_unit_test(writing_is_precise),
        cmocka_unit_test(writing_copes_with_anything),
        cmocka_unit_test(scales_pack_and_unpack),
        cmocka_unit_test(unpacking_agrees_with_decoding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
