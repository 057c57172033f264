/* How much memory there is. The machine says it in /proc/meminfo, a container in its cgroup's limit and in those of the
 * parents; the smallest counts. Pages of files that the kernel may drop (inactive_file) count as available in a cgroup,
 * as they do in MemAvailable: a mapped model would otherwise make its own container look full. */
#include "sys/mem_info.h"

#include <stdio.h>

#include "sys/fs.h"

static void note_limit(void *arg, const char *root, const char *folder, bool v2)
{
    struct mem_info *m = arg;
    char path[600], text[8192];
    struct str stat;
    uint64_t limit, used, file = 0;
    snprintf(path, sizeof path, "%s/%s", folder, v2 ? "memory.max" : "memory.limit_in_bytes");
    if (!fs_read_u64(root, path, &limit) || limit >= m->total) /* "max" is no number; version 1 says nearly 2⁶³ */
        limit = m->total;
    else
        m->total = limit;
    snprintf(path, sizeof path, "%s/%s", folder, v2 ? "memory.current" : "memory.usage_in_bytes");
    if (limit == 0 || !fs_read_u64(root, path, &used))
        return;
    snprintf(path, sizeof path, "%s/memory.stat", folder);
    if (fs_read(root, path, text, sizeof text, &stat) &&
        !fs_find_u64(stat, v2 ? STR("inactive_file ") : STR("total_inactive_file "), &file))
        file = 0;
    used = used > file ? used - file : 0;
    uint64_t left = limit > used ? limit - used : 0;
    if (left < m->available)
        m->available = left;
}

int mem_info_at(const char *root, struct mem_info *ret)
{
    char text[8192];
    struct str s;
    struct mem_info m = {0};
    if (!fs_read(root, "/proc/meminfo", text, sizeof text, &s) || !fs_find_u64(s, STR("MemTotal:"), &m.total))
        return ERR_IO;
    if (!fs_find_u64(s, STR("MemAvailable:"), &m.available) && !fs_find_u64(s, STR("MemFree:"), &m.available))
        m.available = 0;
    m.total *= 1024;
    m.available *= 1024;
    fs_cgroups(root, "memory", note_limit, &m);
    if (m.available > m.total)
        m.available = m.total;
    if (fs_read(root, "/proc/self/status", text, sizeof text, &s)) {
        if (fs_find_u64(s, STR("VmRSS:"), &m.resident))
            m.resident *= 1024;
        if (fs_find_u64(s, STR("RssAnon:"), &m.anonymous))
            m.anonymous *= 1024;
    }
    *ret = m;
    return OK;
}

int mem_info(struct mem_info *ret)
{
    return mem_info_at("", ret);
}
