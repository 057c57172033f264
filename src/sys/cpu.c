#include "sys/cpu.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "sys/cpu_info.h"
#include "sys/fs.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

static const char *const level_names[CPU_LEVEL_COUNT] = {
    [CPU_SCALAR] = "scalar", [CPU_AVX2] = "avx2", [CPU_AVXVNNI] = "avxvnni", [CPU_AVX512] = "avx512", [CPU_AMX] = "amx",
};

const char *cpu_level_name(enum cpu_level level)
{
    return (unsigned)level < CPU_LEVEL_COUNT ? level_names[level] : "unknown";
}

int cpu_level_parse(struct str s, enum cpu_level *ret, struct err *e)
{
    for (int i = 0; i < CPU_LEVEL_COUNT; i++) {
        if (str_eq(s, str_of(level_names[i]))) {
            *ret = (enum cpu_level)i;
            return OK;
        }
    }
    return err_set(e, ERR_INVAL, "unknown processor level \"" STR_FMT "\": use scalar, avx2, avxvnni, avx512 or amx",
                   STR_ARG(str_head(s, 40)));
}

int cpu_choose(const struct cpu_info *info, struct str wanted, enum cpu_level *ret, struct err *e)
{
    enum cpu_level level = info->level;
    if (str_trim(wanted).len) {
        int rc = cpu_level_parse(str_trim(wanted), &level, e);
        if (rc)
            return rc;
    }
    level = level < info->level ? level : info->level;
    *ret = level == CPU_AVXVNNI && !info->avx_vnni ? CPU_AVX2 : level;
    return OK;
}

#if defined(__x86_64__)
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
} levels[CPU_LEVEL_COUNT] = {
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
    if ((unsigned)level >= CPU_LEVEL_COUNT)
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

static void detect_features(struct cpu_info *info)
{
    for (int l = CPU_SCALAR; l < CPU_LEVEL_COUNT; l++)
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
#else
bool cpu_can(enum cpu_level level)
{
    return level == CPU_SCALAR;
}

static void detect_features(struct cpu_info *info)
{
    (void)info;
}
#endif

/* The quota of one cgroup in processors, rounded up; the smallest stays in *arg. */
static void note_quota(void *arg, const char *root, const char *folder, bool v2)
{
    int *quota = arg;
    char path[600], text[64];
    struct str s, first;
    uint64_t us = 0, period = 0;
    if (v2) { /* "max 100000" or "150000 100000" */
        snprintf(path, sizeof path, "%s/cpu.max", folder);
        if (!fs_read(root, path, text, sizeof text, &s) || !str_split(&s, ' ', &first))
            return;
        if (str_to_u64(first, &us) || str_to_u64(str_trim(s), &period))
            return;
    } else { /* −1 is no quota, and no u64 */
        snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", folder);
        if (!fs_read_u64(root, path, &us))
            return;
        snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
        if (!fs_read_u64(root, path, &period))
            return;
    }
    if (!us || !period || us / period >= CPU_SETSIZE)
        return;
    int n = (int)((us + period - 1) / period);
    if (n < *quota)
        *quota = n;
}

/* The first processor of the core that `cpu` belongs to: "0-1", "0,64" and "0" all begin with it. */
static int core_of(const char *root, int cpu)
{
    static const char *const names[] = {"core_cpus_list", "thread_siblings_list"};
    for (size_t i = 0; i < 2; i++) {
        char path[96], text[256];
        struct str s;
        uint64_t first;
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/%s", cpu, names[i]);
        if (!fs_read(root, path, text, sizeof text, &s))
            continue;
        size_t n = 0;
        while (n < s.len && s.ptr[n] >= '0' && s.ptr[n] <= '9')
            n++;
        if (str_to_u64(str_head(s, n), &first) == OK && first < CPU_SETSIZE)
            return (int)first;
    }
    return cpu;
}

void cpu_count(const char *root, const cpu_set_t *allowed, struct cpu_info *info)
{
    cpu_set_t cores;
    CPU_ZERO(&cores);
    int logical = 0, quota = CPU_SETSIZE;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, allowed))
            continue;
        logical++;
        CPU_SET(core_of(root, cpu), &cores);
    }
    int physical = CPU_COUNT(&cores);
    fs_cgroups(root, "cpu", note_quota, &quota);
    logical = logical < quota ? logical : quota;
    physical = physical < quota ? physical : quota;
    info->n_logical = logical > 0 ? logical : 1;
    info->n_physical = physical > 0 ? physical : 1;
}

void cpu_detect(struct cpu_info *ret)
{
    *ret = (struct cpu_info){.level = CPU_SCALAR, .model = "unknown"};
    detect_features(ret);
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (sched_getaffinity(0, sizeof allowed, &allowed))
        CPU_SET(0, &allowed);
    cpu_count("", &allowed, ret);
}
