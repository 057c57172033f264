/* How fast products run, beside the memory that they have to read.
 *
 *     matmul_bench [threads] [level] [megabytes]
 *
 * Decode: one row of activations × a matrix larger than the cache, alternated with a pure read of the same bytes by the same
 * threads; best and median of PASSES. Prefill: 512 rows × one layer's matrices, beside the peak of the units (instruction formula ×
 * clock). Weights are random bits with small scales. */
#include <immintrin.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/rng.h"
#include "sys/mem.h"
#include "tensor/block.h"
#include "tensor/ops.h"

enum { PASSES = 9, COLS = 1024, ROWS_M = 512, CHUNK = 1 << 18 };

struct bench {
    struct pool *pool;
    const struct kernels *kn;
    enum cpu_level level;
    struct act *act;
    uint8_t *bytes;
    size_t len;
    float *x, *out;
};

struct spread {
    double best, median;
};

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static struct spread spread_of(double t[PASSES])
{
    qsort(t, PASSES, sizeof *t, by_value);
    return (struct spread){t[0], t[PASSES / 2]};
}

/* A pure read; what it computes only keeps the compiler from dropping it. */
static void read_item(void *arg, size_t item, int thread)
{
    (void)thread;
    const uint8_t *p = (const uint8_t *)arg + item * CHUNK;
    __m128i sum = _mm_setzero_si128();
    for (size_t i = 0; i < CHUNK; i += 64) {
        _mm_prefetch((const char *)p + i + 4096, _MM_HINT_T0);
        for (size_t j = 0; j < 64; j += 16)
            sum = _mm_or_si128(sum, _mm_load_si128((const __m128i *)(p + i + j)));
    }
    __asm__ volatile("" : : "x"(sum));
}

static uint16_t small_scale(struct rng *r)
{
    return f32_to_f16(0.001F + 0.001F * (float)rng_f64(r));
}

/* Random bits, but small scales. */
static void fill(struct bench *b, enum tensor_type type)
{
    struct rng r;
    rng_seed(&r, 1);
    const struct tensor_type_info *t = tensor_type_info(type);
    uint64_t *words = (uint64_t *)(void *)b->bytes;
    if (t->block_len == 1) { /* random bits would be subnormal here and there, which processors are slow at */
        for (size_t i = 0; i + 1 <= b->len / t->block_bytes; i++) {
            float x = (float)rng_f64(&r) - 0.5F;
            tensor_row_from_f32(type, &x, b->bytes + i * t->block_bytes, 1);
        }
        return;
    }
    for (size_t i = 0; i < b->len / 8; i++)
        words[i] = rng_u64(&r);
    size_t at[2] = {0, t->block_len == 256 || type == TENSOR_Q4_1 ? 2 : 0};
    if (type == TENSOR_Q6_K || type == TENSOR_Q3_K || type == TENSOR_Q2_K) /* the last fields */
        at[0] = at[1] = t->block_bytes - 2;
    if (type == TENSOR_Q2_K)
        at[0] -= 2;
    for (uint8_t *p = b->bytes; p + t->block_bytes <= b->bytes + b->len; p += t->block_bytes) {
        for (int i = 0; i < 2; i++) {
            uint16_t h = small_scale(&r);
            memcpy(p + at[i], &h, sizeof h);
        }
    }
}

static double seconds(void)
{
    return clock_s(&clock_system);
}

static void decode(struct bench *b, enum tensor_type type)
{
    struct matrix w = {b->bytes, type, 0, COLS, tensor_row_bytes(type, COLS)};
    w.rows = (uint32_t)(b->len / w.row_bytes);
    double read[PASSES], product[PASSES];
    for (int i = 0; i < PASSES; i++) {
        double t = seconds();
        pool_run(b->pool, b->len / CHUNK, read_item, b->bytes);
        read[i] = seconds() - t;
        t = seconds();
        act_set(b->act, b->x, 1, COLS);
        op_matmul(b->kn, b->pool, &w, b->act, b->out, w.rows);
        product[i] = seconds() - t;
    }
    struct spread r = spread_of(read), p = spread_of(product);
    double gb = (double)b->len * 1e-9, moved = (double)w.row_bytes * w.rows * 1e-9;
    printf("decode  %-7s %6.2f GB/s best %6.2f median; read %6.2f best %6.2f median: %3.0f %% best, %3.0f %% median\n",
           tensor_type_info(type)->name, moved / p.best, moved / p.median, gb / r.best, gb / r.median,
           100 * (moved / p.best) / (gb / r.best), 100 * (moved / p.median) / (gb / r.median));
}

/* Operations a cycle that a core's units can do, two for each multiplication with its addition. */
static double ops_per_cycle(enum cpu_level level)
{
    static const double ops[CPU_LEVEL_COUNT] = {
        [CPU_AVX2] = 64, [CPU_AVXVNNI] = 128, [CPU_AVX512] = 256, [CPU_AMX] = 1024}; /* of 16 bits; 8; 8; bf16 */
    return ops[level];
}

/* Cycles a second as a chain of additions, one a cycle, has them. */
static double clock_now(void)
{
    enum { STEPS = 2000000 };
    double start = seconds();
    for (int i = 0; i < STEPS; i++)
        __asm__ volatile("" : "+r"(i));
    return STEPS / (seconds() - start);
}

/* Seconds of a product, and of those the ones that packing the activations takes. */
static struct spread time_product(struct bench *b, const struct matrix *w, size_t m, double *ret_pack)
{
    double whole[PASSES], again[PASSES];
    for (int i = 0; i < PASSES; i++) {
        double start = seconds();
        act_set(b->act, b->x, m, w->cols);
        op_matmul(b->kn, b->pool, w, b->act, b->out, w->rows);
        whole[i] = seconds() - start;
        start = seconds();
        op_matmul(b->kn, b->pool, w, b->act, b->out, w->rows);
        again[i] = seconds() - start;
    }
    struct spread s = spread_of(whole);
    *ret_pack = s.best - spread_of(again).best;
    return s;
}

/* Unpacking is what a product takes beside what grows with its rows of activations: two sizes tell. */
static void batch(struct bench *b, enum tensor_type type, size_t m, uint32_t rows, uint32_t cols)
{
    struct matrix w = {b->bytes, type, rows, cols, tensor_row_bytes(type, cols)};
    double pack, less_pack, ops = 2.0 * (double)m * rows * cols;
    struct spread s = time_product(b, &w, m, &pack);
    double peak = ops_per_cycle(b->level) * clock_now() * pool_threads(b->pool);
    printf("m = %-3zu %-7s %u×%u  %7.1f GFLOP/s best %7.1f median", m, tensor_type_info(type)->name, rows, cols, ops / s.best * 1e-9,
           ops / s.median * 1e-9);
    if (peak > 0 && m >= 8)
        printf(", %3.0f %% of peak", 100 * ops / s.best / peak);
    if (m >= 64) {
        double half = time_product(b, &w, m / 2, &less_pack).best, unpack = 2 * (half - less_pack) - (s.best - pack);
        printf("; pack %2.0f %%, unpack %2.0f %%", 100 * pack / s.best, 100 * (unpack > 0 ? unpack : 0) / s.best);
    }
    printf("\n");
}

static int make(struct bench *b, int threads, struct str level, size_t megabytes)
{
    struct err e = {0};
    struct cpu_info info;
    enum cpu_level chosen;
    cpu_detect(&info);
    if (cpu_choose(&info, level, &chosen, &e) || pool_create(threads ? threads : info.n_physical, &b->pool, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    b->level = chosen;
    b->kn = kernels_for(chosen);
    b->len = megabytes << 20;
    b->bytes = mem_pages_alloc(b->len + CHUNK);
    b->out = mem_pages_alloc((b->len / 256 + ROWS_M * 4096) * sizeof(float));
    b->x = malloc(ROWS_M * 4096 * sizeof *b->x);
    if (!b->bytes || !b->out || !b->x || act_create(ROWS_M, 4096, &b->act))
        return 1;
    struct rng r;
    rng_seed(&r, 2);
    for (size_t i = 0; i < ROWS_M * 4096; i++)
        b->x[i] = (float)rng_f64(&r) - 0.5F;
    printf("%s, %s, %d threads, %zu MB\n", info.model, kernels_name(b->kn), pool_threads(b->pool), megabytes);
    return 0;
}

int main(int argc, char **argv)
{
    static const enum tensor_type types[] = {TENSOR_Q8_0, TENSOR_Q4_0, TENSOR_Q4_K, TENSOR_Q6_K, TENSOR_F16,  TENSOR_BF16,  TENSOR_F32,
                                             TENSOR_Q4_1, TENSOR_Q5_0, TENSOR_Q5_K, TENSOR_Q3_K, TENSOR_Q2_K, TENSOR_IQ4_NL};
    struct bench b = {0};
    uint64_t threads = 0, megabytes = 448;
    if (argc > 1 && str_to_u64(str_of(argv[1]), &threads))
        return 2;
    if (argc > 3 && (str_to_u64(str_of(argv[3]), &megabytes) || megabytes < 16))
        return 2;
    if (make(&b, (int)threads, str_of(argc > 2 ? argv[2] : ""), megabytes))
        return 1;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        fill(&b, types[i]);
        decode(&b, types[i]);
        for (size_t m = i < 5 ? 1 : ROWS_M; m <= ROWS_M; m *= m == 1 ? 4 : m == 4 ? 4 : 32) {
            batch(&b, types[i], m, 3072, 1024);
            if (m == ROWS_M)
                batch(&b, types[i], m, 1024, 3072);
        }
    }
    return 0;
}
