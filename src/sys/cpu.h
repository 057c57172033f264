/* What this processor can do, and how much of it to use. */
#ifndef SYS_CPU_H
#define SYS_CPU_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

/* Kernel levels, lowest first. A level counts only when the processor AND the operating system offer all of its features. Each
 * includes the ones before it, but that avx512 may be there without avxvnni (Ice Lake).
 *   scalar   nothing assumed
 *   avx2     AVX2, FMA, F16C, BMI2              (Haswell, 2013; Zen)
 *   avxvnni  + AVX-VNNI                         (Alder Lake, 2021; Zen 5)
 *   avx512   + AVX-512 F BW DQ VL and VNNI      (Ice Lake, 2019; Zen 4)
 *   amx      + AVX512-BF16, AMX tile int8 bf16  (Sapphire Rapids, 2023)
 * and on 64-bit ARM
 *   neon     Advanced SIMD                      (all of them: Cortex-A53, Raspberry Pi 3 and 4)
 *   dotprod  + SDOT                             (Cortex-A76, Neoverse N1, Apple M1, Raspberry Pi 5)
 *   i8mm     + SMMLA                            (Cortex-A710, Neoverse V1 and N2, Apple M2)
 * The other family's levels come last: they have names, since settings may move between machines, but are never there. */
#if defined(__aarch64__)
enum cpu_level {
    CPU_SCALAR,
    CPU_NEON,
    CPU_DOTPROD,
    CPU_I8MM,
    CPU_AVX2,
    CPU_AVXVNNI,
    CPU_AVX512,
    CPU_AMX,
    CPU_LEVEL_COUNT,
    CPU_LEVEL_TOP = CPU_I8MM
};
#else
enum cpu_level {
    CPU_SCALAR,
    CPU_AVX2,
    CPU_AVXVNNI,
    CPU_AVX512,
    CPU_AMX,
    CPU_NEON,
    CPU_DOTPROD,
    CPU_I8MM,
    CPU_LEVEL_COUNT,
    CPU_LEVEL_TOP = CPU_AMX
};
#endif

struct cpu_info {
    enum cpu_level level; /* the highest that is there */
    char model[64];       /* "Intel(R) Xeon(R) …" */
    int n_logical;        /* processors this process may run on (affinity and cgroup quota counted) */
    int n_physical;       /* distinct cores among them, at least 1 */
    bool vnni, bf16, avx_vnni, amx_int8, amx_bf16, f16;
};

/* Also asks the kernel for AMX's registers, see cpu_can. */
void cpu_detect(struct cpu_info *ret);
/* Whether code of this level runs here. For amx this asks the kernel for the tile registers (arch_prctl), which it grants a
 * process once and for all of its threads; a refusal means no. Cheap, but not for inner loops. */
bool cpu_can(enum cpu_level level);
const char *cpu_level_name(enum cpu_level level);
/* "scalar", "avx2" …; anything else is ERR_INVAL with the list of names. */
int cpu_level_parse(struct str s, enum cpu_level *ret, struct err *e);
/* The level to use: the detected one, lowered (never raised) by `wanted`, the text of HEARTH_CPU; empty means no wish. */
int cpu_choose(const struct cpu_info *info, struct str wanted, enum cpu_level *ret, struct err *e);

#endif
