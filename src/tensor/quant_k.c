/* Quantisers of the super-block types Q4_K and Q6_K.
 *
 * Rounding to the nearest level with the obvious scale (largest value ÷ largest level) wastes precision: a slightly other
 * scale often rounds the whole sub-block better. So several scales are tried; for each one the levels are rounded, and then,
 * with the levels held, the best scale (and offset) follows in closed form by weighted least squares. The attempt with the
 * least weighted error stays. Large values weigh more, since their products matter most. At the end the scales themselves
 * are rounded to 6 or 8 bits (Q4_K tries the neighbours, too), and the levels are chosen with what a reader will decode. */
#include <math.h>
#include <string.h>

#include "tensor/block.h"
#include "tensor/quant.h"

/* Nearest integer within lo … hi; NaN becomes lo. */
static int nearest(float x, int lo, int hi)
{
    return !(x > (float)lo) ? lo : x < (float)hi ? (int)lrintf(x) : hi;
}

/* x ≈ scale · level − min, with levels 0 … 15 and min ≥ 0. */
struct affine {
    float scale, min;
};

/* Weighted least squares of x against fixed levels; min is held at 0 when it would become negative. */
static struct affine fit_affine(const float x[32], const float w[32], const uint8_t level[32])
{
    double sw = 0, sl = 0, sll = 0, sx = 0, sxl = 0;
    for (int i = 0; i < 32; i++) {
        double wi = (double)w[i], l = level[i], xi = (double)x[i];
        sw += wi;
        sl += wi * l;
        sll += wi * l * l;
        sx += wi * xi;
        sxl += wi * xi * l;
    }
    double det = sw * sll - sl * sl;
    struct affine a = {0};
    if (det > 0) {
        a.scale = (float)((sw * sxl - sx * sl) / det);
        a.min = (float)((sl * sxl - sll * sx) / det);
    }
    if (a.min < 0 || det <= 0) {
        a.min = 0;
        a.scale = sll > 0 ? (float)(sxl / sll) : 0;
    }
    return a;
}

/* Rounds x to levels and returns the weighted error. This is where the time goes: no branches and four sums, so that compilers
 * compute four values at once. */
static float affine_error(const float x[32], const float w[32], struct affine a, uint8_t level[32])
{
    float err[4] = {0}, inv = a.scale > 0 ? 1 / a.scale : 0;
    for (int i = 0; i < 32; i += 4) {
        for (int j = 0; j < 4; j++) {
            float t = (x[i + j] + a.min) * inv;
            t = t > 0 ? t : 0; /* NaN, too */
            t = t < 15 ? t : 15;
            int l = (int)(t + 0.5f);
            level[i + j] = (uint8_t)l;
            float e = a.scale * (float)l - a.min - x[i + j];
            err[j] += w[i + j] * e * e;
        }
    }
    return (err[0] + err[1]) + (err[2] + err[3]);
}

/* Large values weigh more; the root mean square keeps small ones from weighing nothing. */
static void weights_of(const float x[32], float w[32])
{
    float sq = 0;
    for (int i = 0; i < 32; i++)
        sq += x[i] * x[i];
    for (int i = 0; i < 32; i++)
        w[i] = sqrtf(sq / 32) + fabsf(x[i]);
}

/* The best scale and min found for one sub-block. */
static struct affine search_affine(const float x[32], const float w[32])
{
    float lo = 0, hi = x[0];
    uint8_t level[32];
    for (int i = 0; i < 32; i++) {
        lo = fminf(lo, x[i]);
        hi = fmaxf(hi, x[i]);
    }
    if (!(hi > lo)) /* all zero, all the same negative value, or NaN */
        return (struct affine){0, -lo};
    struct affine best = {(hi - lo) / 15, -lo};
    float best_err = affine_error(x, w, best, level);
    for (int step = -10; step <= 10; step++) {
        struct affine a = {(hi - lo) / (15 + 0.1f * (float)step), -lo};
        affine_error(x, w, a, level);
        a = fit_affine(x, w, level);
        float err = affine_error(x, w, a, level);
        if (err < best_err) {
            best_err = err;
            best = a;
        }
    }
    return best;
}

/* The pair of 6-bit codes near `want` with the least error: rounding each of the two on its own is rarely the best. */
static void search_codes(const float x[32], const float w[32], struct affine want, float d, float dmin, uint8_t *scale, uint8_t *min)
{
    int s0 = d > 0 ? nearest(want.scale / d, 0, 63) : 0, m0 = dmin > 0 ? nearest(want.min / dmin, 0, 63) : 0;
    float best_err = INFINITY;
    *scale = (uint8_t)s0;
    *min = (uint8_t)m0;
    for (int s = s0 > 2 ? s0 - 2 : 0; s <= s0 + 2 && s <= 63; s++) {
        for (int m = m0 > 2 ? m0 - 2 : 0; m <= m0 + 2 && m <= 63; m++) {
            uint8_t level[32];
            float err = affine_error(x, w, (struct affine){d * (float)s, dmin * (float)m}, level);
            if (err < best_err) {
                best_err = err;
                *scale = (uint8_t)s;
                *min = (uint8_t)m;
            }
        }
    }
}

static void put_levels_q4_k(struct block_q4_k *b, const float x[256], const uint8_t scale[8], const uint8_t min[8])
{
    float d = f16_to_f32(b->d), dmin = f16_to_f32(b->dmin);
    for (int i = 0; i < 256; i++) {
        float s = d * scale[i / 32], m = dmin * min[i / 32];
        int level = s > 0 ? nearest((x[i] + m) * (1 / s), 0, 15) : 0;
        b->qs[i / 64 * 32 + i % 32] |= (uint8_t)(level << i / 32 % 2 * 4);
    }
}

void quant_row_q4_k(const float *x, void *dst, size_t n)
{
    struct block_q4_k *b = dst;
    for (size_t at = 0; at + 256 <= n; at += 256, x += 256, b++) {
        struct affine sub[8];
        float w[8][32], scale_max = 0, min_max = 0;
        for (int i = 0; i < 8; i++) {
            weights_of(x + 32 * i, w[i]);
            sub[i] = search_affine(x + 32 * i, w[i]);
            scale_max = fmaxf(scale_max, sub[i].scale);
            min_max = fmaxf(min_max, sub[i].min);
        }
        *b = (struct block_q4_k){.d = f32_to_f16(scale_max / 63), .dmin = f32_to_f16(min_max / 63)};
        uint8_t scale[8], min[8];
        for (int i = 0; i < 8; i++)
            search_codes(x + 32 * i, w[i], sub[i], f16_to_f32(b->d), f16_to_f32(b->dmin), &scale[i], &min[i]);
        k4_scales_pack(scale, min, b->scales);
        put_levels_q4_k(b, x, scale, min);
    }
}

/* The best scale for x ≈ scale · level, levels −32 … 31, of 16 values. The value of largest magnitude is tried near level −32,
 * which has no positive twin, so scales may be negative. For fixed levels the best scale is Σwxl / Σwl², and it removes
 * (Σwxl)² / Σwl² from the error: the larger, the better.
 *
 * Which scales are tried, in which order, and how the sums are rounded is as in llama.cpp's reference, so that both write the same bytes.
 */
static float search_scale(const float x[16])
{
    float big = 0;
    for (int i = 0; i < 16; i++)
        if (fabsf(x[i]) > fabsf(big))
            big = x[i];
    if (!(fabsf(big) >= 1e-15f))
        return 0;
    float best = 0, best_gain = 0;
    for (int attempt = 0; attempt < 19; attempt++) {
        int step = attempt == 0 ? 0 : attempt <= 9 ? attempt - 10 : attempt - 9; /* 0, then −9 … −1, 1 … 9 */
        float inv = -(32 + 0.1f * (float)step) / big, xl = 0, ll = 0;
        for (int i = 0; i < 16; i++) {
            float l = (float)nearest(x[i] * inv, -32, 31), w = x[i] * x[i];
            xl += w * x[i] * l;
            ll += w * l * l;
        }
        if (ll > 0 && (attempt == 0 || xl * xl > best_gain * ll)) {
            best = xl / ll;
            best_gain = best * xl;
        }
    }
    return best;
}

static void pack_q6_k(struct block_q6_k *b, int i, int level)
{
    int half = i / 128, part = i / 32 % 4, l = i % 32, u = level + 32;
    b->ql[half * 64 + part % 2 * 32 + l] |= (uint8_t)((u & 15) << part / 2 * 4);
    b->qh[half * 32 + l] |= (uint8_t)(u >> 4 << part * 2);
}

void quant_row_q6_k(const float *x, void *dst, size_t n)
{
    struct block_q6_k *b = dst;
    for (size_t at = 0; at + 256 <= n; at += 256, x += 256, b++) {
        float scale[16], big = 0;
        for (int i = 0; i < 16; i++) {
            scale[i] = search_scale(x + 16 * i);
            if (fabsf(scale[i]) > fabsf(big))
                big = scale[i];
        }
        memset(b, 0, sizeof *b);
        if (!(fabsf(big) >= 1e-15f))
            continue; /* all zero */
        float inv = -128 / big;
        b->d = f32_to_f16(1 / inv);
        float d = f16_to_f32(b->d);
        for (int i = 0; i < 16; i++)
            b->scales[i] = (int8_t)nearest(scale[i] * inv, -128, 127);
        for (int i = 0; i < 256; i++) {
            float s = d * b->scales[i / 16];
            pack_q6_k(b, i, s != 0 ? nearest(x[i] / s, -32, 31) : 0);
        }
    }
}
