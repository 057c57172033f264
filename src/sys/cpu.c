#include "sys/cpu.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "sys/cpu_info.h"
#include "sys/fs.h"

static const char *const level_names[CPU_LEVEL_COUNT] = {
    [CPU_SCALAR] = "scalar", [CPU_AVX2] = "avx2", [CPU_AVXVNNI] = "avxvnni", [CPU_AVX512] = "avx512",
    [CPU_AMX] = "amx",       [CPU_NEON] = "neon", [CPU_DOTPROD] = "dotprod", [CPU_I8MM] = "i8mm",
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
    return err_set(e, ERR_INVAL, "unknown processor level \"" STR_FMT "\": use scalar, avx2, avxvnni, avx512, amx, neon, dotprod or i8mm",
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

#if !defined(__x86_64__) && !defined(__aarch64__)
bool cpu_can(enum cpu_level level)
{
    return level == CPU_SCALAR;
}

void cpu_features(struct cpu_info *info)
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
    cpu_features(ret);
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (sched_getaffinity(0, sizeof allowed, &allowed))
        CPU_SET(0, &allowed);
    cpu_count("", &allowed, ret);
}
