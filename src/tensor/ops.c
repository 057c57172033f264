#include "tensor/ops.h"

#include "tensor/kernels.h"

/* Which of them are built: meson's option `levels`. */
static const struct kernels *const tables[CPU_LEVEL_TOP + 1] = {
    [CPU_SCALAR] = &kernels_scalar,
#ifdef HAS_AVX2
    [CPU_AVX2] = &kernels_avx2,
#endif
#ifdef HAS_AVXVNNI
    [CPU_AVXVNNI] = &kernels_avxvnni,
#endif
#ifdef HAS_AVX512
    [CPU_AVX512] = &kernels_avx512,
#endif
#ifdef HAS_AMX
    [CPU_AMX] = &kernels_amx,
#endif
#ifdef HAS_NEON
    [CPU_NEON] = &kernels_neon,
#endif
#ifdef HAS_DOTPROD
    [CPU_DOTPROD] = &kernels_dotprod,
#endif
#ifdef HAS_I8MM
    [CPU_I8MM] = &kernels_i8mm,
#endif
};

const struct kernels *kernels_for(enum cpu_level level)
{
    int l = (unsigned)level > CPU_LEVEL_TOP ? CPU_SCALAR : (int)level;
    while (!cpu_can((enum cpu_level)l) || !tables[l])
        l--;
    return tables[l];
}

const struct kernels *kernels_exact(const struct kernels *k)
{
    return k->exact ? k->exact : k;
}

const char *kernels_name(const struct kernels *k)
{
    return k->name;
}

void op_rms_norm(const struct kernels *kn, const float *x, const float *weight, float eps, float *out, size_t n)
{
    kn->rms_norm(x, weight, eps, out, n);
}

void op_silu_mul(const struct kernels *kn, float *gate, const float *up, size_t n)
{
    kn->silu_mul(gate, up, n);
}

void op_gelu_mul(const struct kernels *kn, float *gate, const float *up, size_t n)
{
    kn->gelu_mul(gate, up, n);
}

void op_add(const struct kernels *kn, float *x, const float *y, size_t n)
{
    kn->add(x, y, n);
}

void op_rope(const struct kernels *kn, float *head, const float *cs, size_t n_rot, bool neox)
{
    kn->rope(head, cs, n_rot, neox);
}

void op_attend(const struct kernels *kn, const struct attend_shape *s, const void *block, const struct attend_queries *q, float *scratch)
{
    kn->attend(s, block, q, scratch);
}

void op_attend_put(const struct kernels *kn, const struct attend_shape *s, void *block, size_t slot, const float *k, const float *v)
{
    kn->attend_put(s, block, slot, k, v);
}

void op_softmax(const struct kernels *kn, float *x, size_t n)
{
    kn->softmax(x, n);
}

void op_layer_norm(const struct kernels *kn, const float *x, const float *weight, const float *bias, float eps, float *out, size_t n)
{
    kn->layer_norm(x, weight, bias, eps, out, n);
}

void op_bias(const struct kernels *kn, float *x, const float *bias, enum activation f, size_t n)
{
    kn->bias(x, bias, f, n);
}

void op_differing(const struct kernels *kn, const uint64_t *codes, size_t n, size_t words, const uint64_t *query, uint16_t *out)
{
    kn->differing(codes, n, words, query, out);
}
float op_dot_i8(const struct kernels *kn, const float *x, const int8_t *q, size_t n)
{
    return kn->dot_i8(x, q, n);
}
void op_attend_all(const struct kernels *kn, const struct attend_all *a)
{
    kn->attend_all(a);
}
