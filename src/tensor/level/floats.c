/* Products with float weights: sixteen lanes, value i in lane i mod 16. */
#include "tensor/level/v16.h"

typedef v16 load_fn(const void *p);
typedef v16 tail_fn(const void *p, size_t n);

/* n_rows × n_m products at once: several, since each is a chain of additions that wait for each other. */
INLINE void rows_of_floats(load_fn *load, tail_fn *tail, size_t size, const struct dot_rows *w, size_t row, size_t n_rows,
                           const struct act_row *a, size_t n_m, size_t k, float *out, size_t out_stride)
{
    const uint8_t *p = w->w + row * w->row_bytes;
    uintptr_t next = w->next + row * w->row_bytes;
    v16 sum[4][4];
    for (size_t r = 0; r < n_rows; r++)
        for (size_t j = 0; j < n_m; j++)
            sum[r][j] = v16_zero();
    size_t i = 0;
    for (; i + 16 <= k; i += 16) {
        for (size_t r = 0; r < n_rows; r++) {
            const uint8_t *at = p + r * w->row_bytes + i * size;
            prefetch(next + r * w->row_bytes + i * size, 1);
            for (size_t j = 0; j < n_m; j++)
                sum[r][j] = v16_fma(load(at), v16_load(a[j].x + i), sum[r][j]);
        }
    }
    for (size_t r = 0; r < n_rows; r++)
        for (size_t j = 0; j < n_m; j++) {
            if (i < k)
                sum[r][j] = v16_fma(tail(p + r * w->row_bytes + i * size, k - i), v16_tail(a[j].x + i, k - i), sum[r][j]);
            out[j * out_stride + row + r] = v16_sum(sum[r][j]);
        }
}

INLINE void all_of_floats(load_fn *load, tail_fn *tail, size_t size, const struct dot_rows *w, const struct act_row *a, size_t n_m,
                          size_t k, float *out, size_t out_stride)
{
    const size_t rows = n_m == 1 ? 4 : 2;
    size_t row = 0;
    for (; row + rows <= w->n; row += rows)
        rows_of_floats(load, tail, size, w, row, rows, a, n_m, k, out, out_stride);
    for (; row < w->n; row++)
        rows_of_floats(load, tail, size, w, row, 1, a, n_m, k, out, out_stride);
}

#define FLOAT_DOT(name, load, tail, size)                                 \
    DOT(name)                                                             \
    {                                                                     \
        for (; m >= 4; m -= 4, a += 4, out += 4 * out_stride)             \
            all_of_floats(load, tail, size, w, a, 4, k, out, out_stride); \
        for (; m >= 2; m -= 2, a += 2, out += 2 * out_stride)             \
            all_of_floats(load, tail, size, w, a, 2, k, out, out_stride); \
        if (m)                                                            \
            all_of_floats(load, tail, size, w, a, 1, k, out, out_stride); \
    }
FLOAT_DOT(f32, v16_load, v16_tail, 4)
FLOAT_DOT(f16, v16_load_f16, v16_tail_f16, 2)
FLOAT_DOT(bf16, v16_load_bf16, v16_tail_bf16, 2)

#define FLOAT_ROW(name, load, tail, size)                                  \
    static void row_##name(const uint8_t *src, float *dst, size_t n)       \
    {                                                                      \
        size_t i = 0;                                                      \
        for (; i + 16 <= n; i += 16)                                       \
            v16_store(dst + i, load(src + i * (size)));                    \
        if (i < n)                                                         \
            v16_store_tail(dst + i, tail(src + i * (size), n - i), n - i); \
    }
FLOAT_ROW(f16, v16_load_f16, v16_tail_f16, 2)
FLOAT_ROW(bf16, v16_load_bf16, v16_tail_bf16, 2)

void LEVEL(row_to_f32)(enum tensor_type type, const void *src, float *dst, size_t n)
{
    if (type == TENSOR_F16)
        row_f16(src, dst, n);
    else if (type == TENSOR_BF16)
        row_bf16(src, dst, n);
    else
        memcpy(dst, src, n * sizeof *dst);
}

/* A tile of rows × activations in registers: every loaded value is used several times. */
#if defined(__AVX512F__)
enum { TILE_ROWS = 4, TILE_M = 4 };
#else
enum { TILE_ROWS = 2, TILE_M = 3 };
#endif

/* w[n_rows][stride] with zeros behind k, x[n_m][k]; always inlined with constant n_rows and n_m. */
static inline __attribute__((always_inline)) void tile(const float *w, size_t stride, size_t n_rows, const float *x, size_t k, size_t n_m,
                                                       float *out, size_t out_stride)
{
    v16 sum[TILE_ROWS][TILE_M];
    for (size_t r = 0; r < n_rows; r++)
        for (size_t j = 0; j < n_m; j++)
            sum[r][j] = v16_zero();
    size_t i = 0;
    for (; i + 16 <= k; i += 16) {
        for (size_t j = 0; j < n_m; j++) {
            v16 xv = v16_load(x + j * k + i);
            for (size_t r = 0; r < n_rows; r++)
                sum[r][j] = v16_fma(v16_load(w + r * stride + i), xv, sum[r][j]);
        }
    }
    for (size_t j = 0; j < n_m && i < k; j++) {
        v16 xv = v16_tail(x + j * k + i, k - i);
        for (size_t r = 0; r < n_rows; r++)
            sum[r][j] = v16_fma(v16_load(w + r * stride + i), xv, sum[r][j]);
    }
    for (size_t j = 0; j < n_m; j++)
        for (size_t r = 0; r < n_rows; r++)
            out[j * out_stride + r] = v16_sum(sum[r][j]);
}

static void tile_rows(const struct panel *p, size_t row, size_t stride, const float *x, size_t n_m, float *out, size_t out_stride)
{
    const float *w = (const float *)p->q + row * stride;
    size_t left = p->n_rows - row;
    if (left >= TILE_ROWS && n_m == TILE_M) {
        tile(w, stride, TILE_ROWS, x, p->k, TILE_M, out + row, out_stride);
        return;
    }
    for (size_t j = 0; j < n_m; j++)
        for (size_t r = 0; r < (left < TILE_ROWS ? left : TILE_ROWS); r++)
            tile(w + r * stride, stride, 1, x + j * p->k, p->k, 1, out + j * out_stride + row + r, out_stride);
}

void LEVEL(panel_f32)(const struct panel *p, const float *x, size_t m, float *out, size_t out_stride)
{
    size_t stride = (p->k + 15) / 16 * 16;
    for (size_t j = 0; j < m; j += TILE_M) {
        size_t n_m = m - j < TILE_M ? m - j : TILE_M;
        for (size_t row = 0; row < p->n_rows; row += TILE_ROWS)
            tile_rows(p, row, stride, x + j * p->k, n_m, out + j * out_stride, out_stride);
    }
}
