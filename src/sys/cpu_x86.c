/* What an x86 processor and its operating system offer: CPUID, XCR0, and Linux's permission for tiles. */
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/cpu_info.h"

/* One feature bit: the leaf that holds it, the register (0 eax, 1 ebx, 2 ecx, 3 edx), the bit. */
struct feature {
    unsigned leaf, sub, reg, bit;
};

static bool has(struct feature f)
{
    unsigned r[4];
    return __get_cpuid_count(f.leaf, f.sub, &r[0], &r[1], &r[2], &r[3]) && r[f.reg] >> f.bit & 1;
}

/* Register states that the operating system saves (Intel SDM vol. 1, 13.3). */
enum { STATE_AVX = 0x6, STATE_AVX512 = 0xe6, STATE_AMX = 0x60000 };

static unsigned saved_states(void)
{
    static const struct feature osxsave = {1, 0, 2, 27};
    unsigned low, high;
    if (!has(osxsave))
        return 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static void read_brand(char dst[64])
{
    unsigned r[12];
    for (unsigned i = 0; i < 3; i++)
        if (!__get_cpuid(0x80000002 + i, &r[4 * i], &r[4 * i + 1], &r[4 * i + 2], &r[4 * i + 3]))
            return;
    char text[sizeof r + 1] = {0};
    memcpy(text, r, sizeof r);
    str_copy(dst, 64, str_trim(str_of(text)));
}

enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_TILE_DATA = 18 };

static bool may_use_tiles(void)
{
    return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_TILE_DATA) == 0;
}

static const struct feature avx512_bf16 = {7, 1, 0, 5}, amx_bf16 = {7, 0, 3, 22}, amx_int8 = {7, 0, 3, 25};

/* What a level adds to the one it is built on. */
static const struct {
    enum cpu_level base;
    unsigned states;
    struct feature features[6];
} levels[CPU_LEVEL_TOP + 1] = {
    [CPU_AVX2] = {CPU_SCALAR,
                  STATE_AVX,
                  {{1, 0, 2, 28}, {1, 0, 2, 12}, {1, 0, 2, 29}, {7, 0, 1, 5}, {7, 0, 1, 8}}}, /* AVX FMA F16C AVX2 BMI2 */
    [CPU_AVXVNNI] = {CPU_AVX2, STATE_AVX, {{7, 1, 0, 4}}},
    [CPU_AVX512] = {CPU_AVX2,
                    STATE_AVX512,
                    {{7, 0, 1, 16}, {7, 0, 1, 17}, {7, 0, 1, 30}, {7, 0, 1, 31}, {7, 0, 2, 11}}},     /* F DQ BW VL VNNI */
    [CPU_AMX] = {CPU_AVX512, STATE_AMX, {{7, 1, 0, 5}, {7, 0, 3, 24}, {7, 0, 3, 25}, {7, 0, 3, 22}}}, /* AVX512-BF16, tiles */
};

bool cpu_can(enum cpu_level level)
{
    if ((unsigned)level > CPU_LEVEL_TOP)
        return false;
    for (enum cpu_level l = level; l != CPU_SCALAR; l = levels[l].base) {
        if ((saved_states() & levels[l].states) != levels[l].states)
            return false;
        for (const struct feature *f = levels[l].features; f < levels[l].features + 6 && f->leaf; f++)
            if (!has(*f))
                return false;
    }
    return level != CPU_AMX || may_use_tiles();
}

void cpu_features(struct cpu_info *info)
{
    for (int l = CPU_SCALAR; l <= CPU_LEVEL_TOP; l++)
        if (cpu_can((enum cpu_level)l))
            info->level = (enum cpu_level)l;
    info->avx_vnni = cpu_can(CPU_AVXVNNI);
    if (cpu_can(CPU_AVX512)) {
        info->vnni = true;
        info->bf16 = has(avx512_bf16);
        info->f16 = has((struct feature){7, 0, 3, 23});
    }
    if ((saved_states() & STATE_AMX) == STATE_AMX && has((struct feature){7, 0, 3, 24})) {
        info->amx_bf16 = has(amx_bf16);
        info->amx_int8 = has(amx_int8);
    }
    read_brand(info->model);
}
