/* The scalar level: what the faster levels are tested against. It says what they compute, in the plainest way. */
#include <math.h>

#include "tensor/kernels.h"
#include "tensor/unpack.h"

enum { CHUNK = 256 };

const struct weight_form weight_forms[TENSOR_TYPE_COUNT] = {
#define X(id, name, group, has_min) [TENSOR_##id] = {group, has_min},
    GROUPED_TYPES(X)
#undef X
};

static void quantise(const float *x, size_t k, struct act_row_out out)
{
    for (size_t b = 0; b < k / 32; b++, x += 32) {
        float amax = 0;
        for (int i = 0; i < 32; i++)
            amax = fabsf(x[i]) > amax ? fabsf(x[i]) : amax;
        float d = amax / 127, inv = d > 0 ? 1 / d : 0;
        int32_t sum[2] = {0};
        for (int i = 0; i < 32; i++) {
            float r = x[i] * inv;
            int q = r > -127 ? r < 127 ? (int)lrintf(r) : 127 : -127; /* NaN becomes −127; 1 ÷ subnormal is infinite */
            out.q[32 * b + (size_t)i] = (int8_t)q;
            sum[i / 16] += q;
        }
        memcpy(out.halves + b / 2 * 64 + b % 2 * 16, out.q + 32 * b, 16);
        memcpy(out.halves + b / 2 * 64 + b % 2 * 16 + 32, out.q + 32 * b + 16, 16);
        out.d[b] = d;
        out.sum16[2 * b] = sum[0];
        out.sum16[2 * b + 1] = sum[1];
        out.sum32[b] = sum[0] + sum[1];
        out.s16[2 * b] = d * (float)sum[0];
        out.s16[2 * b + 1] = d * (float)sum[1];
        out.s32[b] = d * (float)out.sum32[b];
    }
}

static float reduce8(const float v[8])
{
    return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7])) + 0.0f;
}

/* Adds n_groups groups, the first of which is group `first` of the row. */
static void add_groups(float lane[8], struct weight_form form, const int8_t *q, const float *d, const float *m, size_t first,
                       size_t n_groups, const struct act_row *a)
{
    const float *s = form.group == 16 ? a->s16 : a->s32;
    for (size_t j = 0; j < n_groups; j++, q += form.group) {
        size_t g = first + j;
        const int8_t *x = a->q + g * form.group;
        int32_t sum = 0;
        for (int i = 0; i < form.group; i++)
            sum += q[i] * x[i]; /* NOLINT(clang-analyzer-core.UndefinedBinaryOperatorResult): rows are whole blocks, all unpacked */
        lane[g % 8] = fmaf((float)sum, d[j] * a->d[g * form.group / 32], lane[g % 8]);
        if (form.has_min)
            lane[g % 8] = fmaf(s[g], m[j], lane[g % 8]);
    }
}

static void dot_groups(enum tensor_type type, unpack_fn *unpack, const struct dot_rows *rows, const struct act_row *a, size_t k, float *out)
{
    const struct tensor_type_info *t = tensor_type_info(type);
    struct weight_form form = weight_forms[type];
    const uint8_t *w = rows->w;
    for (size_t r = 0; r < rows->n; r++, w += rows->row_bytes) {
        float lane[8] = {0}, d[CHUNK / 16], m[CHUNK / 16];
        int8_t q[CHUNK];
        for (size_t i = 0; i < k; i += CHUNK) {
            size_t n = k - i < CHUNK ? k - i : CHUNK;
            unpack(w + i / t->block_len * t->block_bytes, n, q, d, m);
            add_groups(lane, form, q, d, m, i / form.group, n / form.group, a);
        }
        out[r] = reduce8(lane);
    }
}

#define X(id, name, group, has_min)                                                                                              \
    static void dot_##name(const struct dot_rows *w, const struct act_row *a, size_t m, size_t k, float *out, size_t out_stride) \
    {                                                                                                                            \
        for (size_t i = 0; i < m; i++)                                                                                           \
            dot_groups(TENSOR_##id, unpack_##name, w, a + i, k, out + i * out_stride);                                           \
    }
GROUPED_TYPES(X)
#undef X

/* Float rows: converted in pieces, sixteen lanes. */
static void dot_floats(enum tensor_type type, size_t elem, const struct dot_rows *rows, const struct act_row *a, size_t k, float *out)
{
    const uint8_t *w = rows->w;
    for (size_t r = 0; r < rows->n; r++, w += rows->row_bytes) {
        float lane[16] = {0}, piece[CHUNK], half[8];
        for (size_t i = 0; i < k; i += CHUNK) {
            size_t n = k - i < CHUNK ? k - i : CHUNK;
            tensor_row_to_f32(type, w + i * elem, piece, n);
            for (size_t j = 0; j < n / 16 * 16; j += 16)
                for (size_t l = 0; l < 16; l++)
                    lane[l] += piece[j + l] * a->x[i + j + l];
            for (size_t j = n / 16 * 16; j < n; j++)
                lane[j % 16] += piece[j] * a->x[i + j];
        }
        for (int l = 0; l < 8; l++)
            half[l] = lane[l] + lane[l + 8];
        out[r] = reduce8(half);
    }
}

#define FLOAT_TYPES(X) \
    X(F32, f32, 4)     \
    X(F16, f16, 2)     \
    X(BF16, bf16, 2)
#define X(id, name, elem)                                                                                                        \
    static void dot_##name(const struct dot_rows *w, const struct act_row *a, size_t m, size_t k, float *out, size_t out_stride) \
    {                                                                                                                            \
        for (size_t i = 0; i < m; i++)                                                                                           \
            dot_floats(TENSOR_##id, elem, w, a + i, k, out + i * out_stride);                                                    \
    }
FLOAT_TYPES(X)
#undef X

static void rms_norm(const float *x, const float *weight, float eps, float *out, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    float scale = (float)(1 / sqrt(sum / (double)(n ? n : 1) + (double)eps));
    for (size_t i = 0; i < n; i++)
        out[i] = x[i] * scale * weight[i];
}

static void silu_mul(float *gate, const float *up, size_t n)
{
    for (size_t i = 0; i < n; i++)
        gate[i] = gate[i] / (1 + expf(-gate[i])) * up[i];
}

static void gelu_mul(float *gate, const float *up, size_t n)
{
    for (size_t i = 0; i < n; i++)
        gate[i] = 0.5F * gate[i] * (1 + tanhf(GELU_SCALE * (gate[i] + GELU_CUBE * gate[i] * gate[i] * gate[i]))) * up[i];
}

static void add(float *x, const float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] += y[i];
}

static void rope(float *head, const float *cs, size_t n_rot, bool neox)
{
    plain_rope(head, cs, n_rot, neox);
}

static void softmax(float *x, size_t n)
{
    float max = -INFINITY;
    for (size_t i = 0; i < n; i++)
        max = x[i] > max ? x[i] : max;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)(x[i] = expf(x[i] - max));
    float scale = (float)(1 / sum);
    for (size_t i = 0; i < n; i++)
        x[i] *= scale;
}

const struct kernels kernels_scalar = {
    .name = "scalar",
    .level = CPU_SCALAR,
    .quantise = quantise,
#define X(id, name, ...) [TENSOR_##id] = unpack_##name,
    .unpack = {GROUPED_TYPES(X)},
#undef X
#define X(id, name, ...) [TENSOR_##id] = dot_##name,
    .dot = {GROUPED_TYPES(X) FLOAT_TYPES(X)},
#undef X
    .rms_norm = rms_norm,
    .silu_mul = silu_mul,
    .gelu_mul = gelu_mul,
    .add = add,
    .rope = rope,
    .attend = plain_attend,
    .attend_put = plain_attend_put,
    .softmax = softmax,
    .layer_norm = plain_layer_norm,
    .bias = plain_bias,
    .attend_all = plain_attend_all,
    .differing = plain_differing,
    .dot_i8 = plain_dot_i8,
};
