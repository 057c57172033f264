/* How the quantised types lie in a file (GGUF, ggml block layouts). All fields are little-endian; a block starts anywhere,
 * so these structs have alignment 1 and are read through may_alias pointers.
 *
 *   x = value · d                      symmetric types (Q4_0, Q5_0, Q8_0, IQ4_NL, Q3_K, Q6_K; K types scale per 16)
 *   x = value · d + m                  Q4_1, Q5_1
 *   x = value · d·scale − dmin·min     Q2_K, Q4_K, Q5_K: 4- or 6-bit scales and mins for sub-blocks of 16 or 32
 *
 * In the 32-value types byte j holds value j in its low nibble and value j + 16 in its high one. */
#ifndef TENSOR_BLOCK_H
#define TENSOR_BLOCK_H

#include "tensor/type.h"

#define BLOCK struct __attribute__((packed, may_alias))

BLOCK block_q4_0
{
    uint16_t d;
    uint8_t qs[16];
};
BLOCK block_q4_1
{
    uint16_t d, m;
    uint8_t qs[16];
};
BLOCK block_q5_0
{
    uint16_t d;
    uint8_t qh[4]; /* bit j: the fifth bit of value j */
    uint8_t qs[16];
};
BLOCK block_q5_1
{
    uint16_t d, m;
    uint8_t qh[4];
    uint8_t qs[16];
};
BLOCK block_q8_0
{
    uint16_t d;
    int8_t qs[32];
};
BLOCK block_iq4_nl
{
    uint16_t d;
    uint8_t qs[16]; /* indices into iq4_nl_values */
};
BLOCK block_q2_k
{
    uint8_t scales[16]; /* low nibble scale, high nibble min, of 16 values each */
    uint8_t qs[64];     /* two bits: bytes 32h … 32h + 31 hold values 128h + 32·shift/2 + 0 … 31 */
    uint16_t d, dmin;
};
BLOCK block_q3_k
{
    uint8_t hmask[32]; /* bit i of byte j: third bit of value 32i + j */
    uint8_t qs[64];    /* as in Q2_K */
    uint8_t scales[12];
    uint16_t d;
};
BLOCK block_q4_k
{
    uint16_t d, dmin;
    uint8_t scales[12]; /* see k4_scales */
    uint8_t qs[128];    /* bytes 32i … hold sub-block 2i in low nibbles, 2i + 1 in high ones */
};
BLOCK block_q5_k
{
    uint16_t d, dmin;
    uint8_t scales[12];
    uint8_t qh[32]; /* bit i of byte j: fifth bit of value 32i + j */
    uint8_t qs[128];
};
BLOCK block_q6_k
{
    uint8_t ql[128];
    uint8_t qh[64];
    int8_t scales[16];
    uint16_t d;
};

#define X(name, id, len, bytes) enum { BLOCK_LEN_##name = len, BLOCK_BYTES_##name = bytes };
TENSOR_TYPE_LIST(X)
#undef X
_Static_assert(sizeof(struct block_q4_0) == BLOCK_BYTES_Q4_0 && sizeof(struct block_q4_1) == BLOCK_BYTES_Q4_1, "layout");
_Static_assert(sizeof(struct block_q5_0) == BLOCK_BYTES_Q5_0 && sizeof(struct block_q5_1) == BLOCK_BYTES_Q5_1, "layout");
_Static_assert(sizeof(struct block_q8_0) == BLOCK_BYTES_Q8_0 && sizeof(struct block_iq4_nl) == BLOCK_BYTES_IQ4_NL, "layout");
_Static_assert(sizeof(struct block_q2_k) == BLOCK_BYTES_Q2_K && sizeof(struct block_q3_k) == BLOCK_BYTES_Q3_K, "layout");
_Static_assert(sizeof(struct block_q4_k) == BLOCK_BYTES_Q4_K && sizeof(struct block_q5_k) == BLOCK_BYTES_Q5_K, "layout");
_Static_assert(sizeof(struct block_q6_k) == BLOCK_BYTES_Q6_K, "layout");

/* The 16 levels of IQ4_NL. */
extern const int8_t iq4_nl_values[16];

/* The 6-bit scales and mins of Q4_K and Q5_K: bytes 0–3 hold scales 0–3, bytes 4–7 mins 0–3, bytes 8–11 the low nibbles
 * of scales (low) and mins (high) 4–7, whose top two bits sit above the first eight. */
void k4_scales_unpack(const uint8_t packed[12], uint8_t scale[8], uint8_t min[8]);
void k4_scales_pack(const uint8_t scale[8], const uint8_t min[8], uint8_t packed[12]);
/* The sixteen 6-bit scales of Q3_K, −32 … 31: low nibbles in bytes 0–7, top two bits in bytes 8–11. */
void k3_scales_unpack(const uint8_t packed[12], int8_t scale[16]);

#endif
