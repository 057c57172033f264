/* What the files of this folder, x86 and arm, which are compiled once for each level, have in common: functions that other files
 * call carry the level in their names. For these files. */
#ifndef TENSOR_LEVEL_H
#define TENSOR_LEVEL_H

#include "tensor/kernels.h"

#if !defined(KERNEL_TABLE)
#define KERNEL_TABLE KERNEL_LEVEL
#endif
#define LEVEL_JOIN_(level, name) level##_##name
#define LEVEL_JOIN(level, name)  LEVEL_JOIN_(level, name)
#define LEVEL(name)              LEVEL_JOIN(KERNEL_LEVEL, name)
#define INLINE                   static inline __attribute__((always_inline))

/* quantise.c, of x86 or of arm, as what follows */
void LEVEL(quantise)(const float *x, size_t k, struct act_row_out out);
/* dot.c */
#define DOT(name) \
    void LEVEL(dot_##name)(const struct dot_rows *w, const struct act_row *a, size_t m, size_t k, float *out, size_t out_stride)
DOT(q4_0);
DOT(q4_1);
DOT(q5_0);
DOT(q5_1);
DOT(q8_0);
DOT(q2_k);
DOT(q3_k);
DOT(q4_k);
DOT(q5_k);
DOT(q6_k);
DOT(iq4_nl);
/* floats.c */
DOT(f32);
DOT(f16);
DOT(bf16);
void LEVEL(row_to_f32)(enum tensor_type type, const void *src, float *dst, size_t n);
void LEVEL(panel_f32)(const struct panel *p, const float *x, size_t m, float *out, size_t out_stride);
/* vector.c */
void LEVEL(rms_norm)(const float *x, const float *weight, float eps, float *out, size_t n);
void LEVEL(silu_mul)(float *gate, const float *up, size_t n);
void LEVEL(gelu_mul)(float *gate, const float *up, size_t n);
void LEVEL(add)(float *x, const float *y, size_t n);
void LEVEL(softmax)(float *x, size_t n);
/* whole.c */
void LEVEL(layer_norm)(const float *x, const float *weight, const float *bias, float eps, float *out, size_t n);
void LEVEL(bias)(float *x, const float *bias, enum activation f, size_t n);
void LEVEL(attend_all)(const struct attend_all *a);
/* code.c */
void LEVEL(differing)(const uint64_t *codes, size_t n, size_t words, const uint64_t *query, uint16_t *out);
float LEVEL(dot_i8)(const float *x, const int8_t *q, size_t n);
/* attend.c */
void LEVEL(attend)(const struct attend_shape *s, const void *block, const struct attend_queries *q, float *scratch);
void LEVEL(attend_put)(const struct attend_shape *s, void *block, size_t slot, const float *k, const float *v);
/* panel.c */
void LEVEL(pack)(const struct act_row *rows, size_t n_rows, size_t k, void *dst);
void LEVEL(panel_fill)(const struct panel *p, const struct dot_rows *w);
void LEVEL(panel_q8)(const struct panel *p, const void *packed, size_t n_lanes, struct span soon, float *out, size_t out_stride);

#endif
