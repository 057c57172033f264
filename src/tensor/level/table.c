#include "tensor/level/v16.h"
#include "tensor/unpack.h"

#define STRING_(s) #s
#define STRING(s)  STRING_(s)

static void rope(float *head, const float *cs, size_t n_rot, bool neox)
{
    plain_rope(head, cs, n_rot, neox);
}

const struct kernels LEVEL_JOIN(kernels, KERNEL_TABLE) = {
    .name = STRING(KERNEL_TABLE),
#if defined(__AMX_TILE__)
    .level = CPU_AMX,
    .panel_elem = 1,
    .exact = &kernels_avx512,
    .tiles = &tiles_amx,
#elif defined(__AVX512VNNI__)
    .level = CPU_AVX512,
    .panel_elem = 1,
#elif defined(__AVXVNNI__)
    .level = CPU_AVXVNNI,
    .panel_elem = 1,
#elif defined(__AVX2__)
    .level = CPU_AVX2,
    .panel_elem = 2,
#else
    .level = KERNEL_CPU,
    .panel_elem = 1,
#endif
    .lanes = LEVEL(PANEL_LANES),
    .tile_rows = LEVEL(PANEL_TILE_ROWS),
    .pack_bytes = (size_t)LEVEL(PANEL_LANES) * LEVEL(PANEL_LANE_BYTES),
    .quantise = LEVEL(quantise),
#define X(id, name, ...) [TENSOR_##id] = unpack_##name,
    .unpack = {GROUPED_TYPES(X)},
#undef X
#define X(id, name, ...) [TENSOR_##id] = LEVEL(dot_##name),
    .dot = {GROUPED_TYPES(X) X(F32, f32) X(F16, f16) X(BF16, bf16)},
#undef X
    .pack = LEVEL(pack),
    .panel_fill = LEVEL(panel_fill),
    .panel_q8 = LEVEL(panel_q8),
    .row_to_f32 = LEVEL(row_to_f32),
    .panel_f32 = LEVEL(panel_f32),
    .rms_norm = LEVEL(rms_norm),
    .silu_mul = LEVEL(silu_mul),
    .gelu_mul = LEVEL(gelu_mul),
    .add = LEVEL(add),
    .rope = rope,
    .attend = LEVEL(attend),
    .attend_put = LEVEL(attend_put),
    .softmax = LEVEL(softmax),
    .layer_norm = LEVEL(layer_norm),
    .bias = LEVEL(bias),
    .attend_all = LEVEL(attend_all),
    .differing = LEVEL(differing),
    .dot_i8 = LEVEL(dot_i8),
};
