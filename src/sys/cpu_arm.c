/* What an ARM processor offers, as Linux says it in the auxiliary vector. */
#include <asm/hwcap.h>
#include <sys/auxv.h>

#include "sys/cpu_info.h"
#include "sys/fs.h"

/* What a level adds to the one before it: bits of AT_HWCAP and AT_HWCAP2. Code with SDOT is compiled for armv8.2-a, so that the
 * compiler may use the rest of it, too. */
static const struct {
    unsigned long hwcap, hwcap2;
} levels[CPU_LEVEL_TOP + 1] = {
    [CPU_NEON] = {HWCAP_ASIMD, 0},
    [CPU_DOTPROD] = {HWCAP_ASIMDDP | HWCAP_ASIMDRDM | HWCAP_ATOMICS | HWCAP_CRC32, 0},
    [CPU_I8MM] = {0, HWCAP2_I8MM},
};

bool cpu_can(enum cpu_level level)
{
    if ((unsigned)level > CPU_LEVEL_TOP)
        return false;
    unsigned long hwcap = getauxval(AT_HWCAP), hwcap2 = getauxval(AT_HWCAP2);
    for (int l = CPU_SCALAR; l <= (int)level; l++)
        if (levels[l].hwcap & ~hwcap || levels[l].hwcap2 & ~hwcap2)
            return false;
    return true;
}

void cpu_features(struct cpu_info *info)
{
    struct str model;
    char text[sizeof info->model];
    while (info->level < CPU_LEVEL_TOP && cpu_can(info->level + 1))
        info->level++;
    if (fs_read("", "/sys/firmware/devicetree/base/model", text, sizeof text, &model) && model.len) /* "Raspberry Pi 5 …" */
        str_copy(info->model, sizeof info->model, model);
}
