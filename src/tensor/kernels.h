/* The table of kernels and the arithmetic that all levels share. For this room and its tests.
 *
 * Products of quantised weights work on activations in 8 bits, quantised once for each row in blocks of 32:
 *
 *     x[i] ≈ a[i] · da[i / 32]        da = max|x| / 127, a = x / da rounded to nearest even
 *
 * A weight row is, whatever its type, a sequence of groups of 16 or 32 values with a float scale and perhaps an offset:
 *
 *     w[i] = q[i] · d[g] + m[g]       q in int8, g = i / group
 *
 * A product adds its groups into eight lanes, group g into lane g mod 8, in ascending order:
 *
 *     lane = fma((float)Σ q·a, d[g] · da, lane);  with an offset also  lane = fma(da · Σ a, m[g], lane)
 *
 * and then reduces them: ((0+4) + (2+6)) + ((1+5) + (3+7)), + 0 so that the sign of zero is always the same. The inner sum is
 * exact in integers, and everything else is fixed, so that all levels give the same bits, alone or in a batch.
 *
 * Float weights never meet quantised activations. Products add value i into one of sixteen lanes, i mod 16, by fma (AVX2
 * and AVX-512 give the same bits; the scalar level rounds twice and differs in the last ones). */
#ifndef TENSOR_KERNELS_H
#define TENSOR_KERNELS_H

#include "tensor/ops.h"

/* How a quantised type looks as groups; group 0: a float type. */
struct weight_form {
    uint8_t group; /* values that share a scale: 16 or 32 */
    bool has_min;  /* m is used */
};
extern const struct weight_form weight_forms[TENSOR_TYPE_COUNT];

/* One row of activations. The 8-bit form is absent (NULL) when only float weights read it. */
struct act_row {
    const float *x;               /* [k] */
    const int8_t *q;              /* [k] */
    const float *d;               /* [k / 32] */
    const float *s32, *s16;       /* [k / 32], [k / 16]: d · Σ q */
    const int32_t *sum32, *sum16; /* [k / 32], [k / 16]: Σ q */
};
/* The same, to be written. */
struct act_row_out {
    int8_t *q;
    float *d, *s32, *s16;
    int32_t *sum32, *sum16;
};

/* n values (whole blocks) of a row as groups: q[n], d[n / group], m[n / group] (untouched without has_min). */
typedef void unpack_fn(const void *src, size_t n, int8_t *q, float *d, float *m);
/* out[n_rows] = n_rows of w (k values, row_bytes apart) · one row of activations. */
typedef void dot_fn(const uint8_t *w, size_t row_bytes, size_t n_rows, const struct act_row *a, size_t k, float *out);

/* Unpacked weight rows for products with many rows of activations. Quantised ones lie in blocks of PANEL_ROWS rows and, within
 * a block, group by group, so that a kernel that works on a block's rows together reads straight on. */
enum { PANEL_ROWS = 16 };
struct panel {
    size_t n_rows, k;
    struct weight_form form;
    void *q;      /* [n_rows / 16][k / group][16][group], of the kernel's own element type; float types: float [n_rows][k rounded
                     up to 16], zeros behind */
    float *d, *m; /* [n_rows / 16][k / group][16] */
};

struct kernels {
    const char *name;
    enum cpu_level level;

    void (*quantise)(const float *x, size_t k, struct act_row_out out); /* k a multiple of 32 */
    unpack_fn *unpack[TENSOR_TYPE_COUNT];
    dot_fn *dot[TENSOR_TYPE_COUNT];

    /* Many rows: `lanes` rows of activations are packed together, side by side; NULL functions: there is only dot. */
    size_t lanes, pack_bytes; /* bytes for 32 values of `lanes` rows */
    size_t panel_elem;        /* bytes of an unpacked weight */
    void (*pack)(const struct act_row *rows, size_t n_rows, size_t k, void *dst);
    /* n unpacked values to the panel's element type, groups PANEL_ROWS groups apart */
    void (*widen)(const int8_t *q, size_t n, size_t group, void *dst);
    /* out[lane][row], lanes out_stride floats apart; n_lanes of them are wanted. */
    void (*panel_q8)(const struct panel *p, const void *packed, size_t n_lanes, float *out, size_t out_stride);
    void (*row_to_f32)(enum tensor_type type, const void *src, float *dst, size_t n);                  /* F32, F16, BF16 */
    void (*panel_f32)(const struct panel *p, const float *x, size_t m, float *out, size_t out_stride); /* x[m][k] */

    void (*rms_norm)(const float *x, const float *weight, float eps, float *out, size_t n);
    void (*silu_mul)(float *gate, const float *up, size_t n);
    void (*add)(float *x, const float *y, size_t n);
    void (*rope)(float *head, const float *cs, size_t n_rot, bool neox);
    void (*dot_f16)(const float *q, const uint16_t *rows, size_t n, size_t d, float scale, float *out);
    void (*axpy_f16)(const float *p, const uint16_t *rows, size_t n, size_t d, float *acc);
    void (*f32_to_f16)(const float *x, uint16_t *out, size_t n);
    void (*softmax)(float *x, size_t n);
};

extern const struct kernels kernels_scalar;
#if defined(__x86_64__)
extern const struct kernels kernels_avx2, kernels_avx512;
#endif

/* Each level compiles it for itself. */
static inline void plain_rope(float *head, const float *cs, size_t n_rot, bool neox)
{
    size_t half = n_rot / 2, step = neox ? 1 : 2, apart = neox ? half : 1;
    for (size_t i = 0; i < half; i++) {
        float c = cs[2 * i], s = cs[2 * i + 1], *p = head + i * step;
        float x = p[0], y = p[apart];
        p[0] = x * c - y * s;
        p[apart] = x * s + y * c;
    }
}

#endif
