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
    const int8_t *halves;         /* q as the level likes it: the first sixteens of some groups of 32, then their second ones */
};
/* The same, to be written. */
struct act_row_out {
    int8_t *q;
    float *d, *s32, *s16;
    int32_t *sum32, *sum16;
    int8_t *halves;
};

/* n values (whole blocks) of a row as groups: q[n], d[n / group], m[n / group] (untouched without has_min). */
typedef void unpack_fn(const void *src, size_t n, int8_t *q, float *d, float *m);
/* Rows of weights that lie one behind the other, and where the memory lies that is read after them: while kernels work through
 * the rows they prefetch as many bytes from there. Any address will do. */
struct dot_rows {
    const uint8_t *w;
    size_t row_bytes, n;
    uintptr_t next;
};
/* out[m][n] = the rows (k values each) · m rows of activations, few of them: each weight is unpacked once for up to four. */
typedef void dot_fn(const struct dot_rows *w, const struct act_row *a, size_t m, size_t k, float *out, size_t out_stride);

/* Memory that will be read soon. Any address will do. */
struct span {
    uintptr_t at;
    size_t bytes;
};

/* Unpacked weight rows for products with many rows of activations. */
struct panel {
    enum tensor_type type;
    size_t n_rows, k;
    struct weight_form form;
    void *q;      /* quantised types: as the level likes it, n_rows rounded up to its tile_rows; float types: float [n_rows][k
                     rounded up to 16], zeros behind */
    float *d, *m; /* of each group */
    float *sums;  /* [3][n_rows rounded up][lanes]: scratch */
};

/* Products with many rows in the units of a matrix processor (AMX): faster, but what a row becomes depends, within rounding,
 * on how many share the call. Activations are packed once, `lanes` rows side by side, in pieces of `depth` values. */
struct tile_product {
    const struct matrix *w;
    size_t row, n_rows;    /* of w, in this call */
    const uint8_t *packed; /* [m / lanes][pack_bytes], and the next `depth` values `step` bytes further */
    size_t step, m;        /* m: rows of activations, at most m_max */
    float *out;            /* [m][…], out_stride apart; column `row` onwards is written */
    size_t out_stride;
    void *scratch; /* of this thread, 64-byte aligned */
};
struct tiles {
    size_t m_min; /* fewer rows of activations go another way */
    size_t lanes, depth, pack_bytes;
    size_t panel_rows; /* calls are best given multiples of it */
    size_t m_max;
    size_t scratch_bytes;
    bool takes[TENSOR_TYPE_COUNT];
    /* n_rows ≤ lanes rows of k values, `step` bytes from one piece of depth values to the next */
    void (*pack)(const float *x, size_t stride, size_t n_rows, size_t k, uint8_t *dst, size_t step);
    void (*product)(const struct tile_product *p);
};

struct kernels {
    const char *name;
    enum cpu_level level;
    const struct kernels *exact; /* the table whose results do not depend on the number of rows; NULL: this one */
    const struct tiles *tiles;   /* NULL: none */

    void (*quantise)(const float *x, size_t k, struct act_row_out out); /* k a multiple of 32 */
    unpack_fn *unpack[TENSOR_TYPE_COUNT];
    dot_fn *dot[TENSOR_TYPE_COUNT];

    /* Many rows: `lanes` rows of activations are packed together, side by side; NULL functions: there is only dot. */
    size_t lanes, pack_bytes; /* bytes for 32 values of `lanes` rows */
    size_t tile_rows;         /* rows of w that are worked on together */
    size_t panel_elem;        /* bytes of an unpacked weight, at most */
    void (*pack)(const struct act_row *rows, size_t n_rows, size_t k, void *dst);
    /* Unpacks the n_rows rows of a panel, and fetches what lies at `next`. */
    void (*panel_fill)(const struct panel *p, const struct dot_rows *w);
    /* out[lane][row], lanes out_stride floats apart; n_lanes of them are wanted. Meanwhile `soon` is fetched. */
    void (*panel_q8)(const struct panel *p, const void *packed, size_t n_lanes, struct span soon, float *out, size_t out_stride);
    void (*row_to_f32)(enum tensor_type type, const void *src, float *dst, size_t n);                  /* F32, F16, BF16 */
    void (*panel_f32)(const struct panel *p, const float *x, size_t m, float *out, size_t out_stride); /* x[m][k] */

    void (*rms_norm)(const float *x, const float *weight, float eps, float *out, size_t n);
    void (*silu_mul)(float *gate, const float *up, size_t n);
    void (*gelu_mul)(float *gate, const float *up, size_t n);
    void (*add)(float *x, const float *y, size_t n);
    void (*rope)(float *head, const float *cs, size_t n_rot, bool neox);
    void (*attend)(const struct attend_shape *s, const void *block, const struct attend_queries *q, float *scratch);
    void (*attend_put)(const struct attend_shape *s, void *block, size_t slot, const float *k, const float *v);
    void (*softmax)(float *x, size_t n);
    void (*layer_norm)(const float *x, const float *weight, const float *bias, float eps, float *out, size_t n);
    void (*bias)(float *x, const float *bias, enum activation f, size_t n);
    void (*attend_all)(const struct attend_all *a);
    void (*differing)(const uint64_t *codes, size_t n, size_t words, const uint64_t *query, uint16_t *out);
    float (*dot_i8)(const float *x, const int8_t *q, size_t n);
};

/* gelu(x) = x / 2 · (1 + tanh(GELU_SCALE · (x + GELU_CUBE · x³))); GELU_SCALE = √(2 / π). (Hendrycks & Gimpel, 2016) */
#define GELU_SCALE 0.7978845608F
#define GELU_CUBE  0.044715F

/* attend.c: the scalar level. */
void plain_attend(const struct attend_shape *s, const void *block, const struct attend_queries *q, float *scratch);
void plain_attend_put(const struct attend_shape *s, void *block, size_t slot, const float *k, const float *v);

/* code.c: the scalar level. */
void plain_differing(const uint64_t *codes, size_t n, size_t words, const uint64_t *query, uint16_t *out);
float plain_dot_i8(const float *x, const int8_t *q, size_t n);

/* whole.c: the scalar level. */
void plain_layer_norm(const float *x, const float *weight, const float *bias, float eps, float *out, size_t n);
void plain_bias(float *x, const float *bias, enum activation f, size_t n);
void plain_attend_all(const struct attend_all *a);

extern const struct kernels kernels_scalar;
#if defined(__x86_64__)
extern const struct kernels kernels_avx2, kernels_avxvnni, kernels_avx512, kernels_amx;
extern const struct tiles tiles_amx;
#elif defined(__aarch64__)
extern const struct kernels kernels_neon, kernels_dotprod, kernels_i8mm;
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
