/* What this machine is doing, from /proc and /sys (below env's root, so that a test may bring its own), and the program itself. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#include "skill/file.h"
#include "skill/fns.h"

/* A small file of /proc or /sys, trimmed; empty when it is not there. */
static struct str read_file(const struct skill_call *c, const char *path)
{
    char full[600];
    struct buf b = buf_make(1 << 20);
    snprintf(full, sizeof full, "%s%s", c->env->paths.root, path);
    struct str r = file_load(full, &b, NULL) ? STR("") : arena_dup(c->arena, str_trim(buf_str(&b)));
    buf_free(&b);
    return r.ptr ? r : STR("");
}

static double number_at(struct str s)
{
    double v = 0;
    size_t n = 0;
    s = str_trim(s);
    while (n < s.len && s.ptr[n] != ' ' && s.ptr[n] != '\t' && s.ptr[n] != '\n')
        n++;
    str_to_f64(str_head(s, n), &v);
    return v;
}

/* "MemTotal:  16 kB" */
static double field(struct str file, const char *name)
{
    struct str line;
    while (str_split(&file, '\n', &line))
        if (str_starts(line, str_of(name)) && line.len > strlen(name) && strchr(":\t ", line.ptr[strlen(name)])) {
            ptrdiff_t colon = str_chr(line, ':');
            return colon < 0 ? 0 : number_at(str_skip(line, (size_t)colon + 1));
        }
    return 0;
}

static size_t count_lines(struct str file, const char *head)
{
    struct str line;
    size_t n = 0;
    while (str_split(&file, '\n', &line))
        n += str_starts(line, str_of(head));
    return n;
}

static void load(struct skill_call *c)
{
    struct str l = read_file(c, "/proc/loadavg"), one, five;
    size_t cores = count_lines(read_file(c, "/proc/cpuinfo"), "processor");
    if (!str_split(&l, ' ', &one) || !str_split(&l, ' ', &five)) {
        reply(c, "This machine does not tell its load.", "这台机器读不到负载。");
        return;
    }
    reply(c, "Load average **%.*s** over a minute, %.*s over five, on %zu processors.",
          "一分钟平均负载 **%.*s**，五分钟 %.*s，共 %zu 个处理器。", STR_ARG(one), STR_ARG(five), cores);
}

static void memory(struct skill_call *c)
{
    struct str m = read_file(c, "/proc/meminfo");
    double total = field(m, "MemTotal") / 1048576, available = field(m, "MemAvailable") / 1048576;
    reply(c, "**%.1f GiB** of %.1f GiB of memory are available (%.0f %% in use).", "内存可用 **%.1f GiB**，共 %.1f GiB（已用 %.0f%%）。",
          available, total, total > 0 ? 100 * (total - available) / total : 0);
}

static void disk(struct skill_call *c)
{
    struct statvfs st;
    const char *path = *c->env->paths.root ? c->env->paths.root : "/";
    if (statvfs(path, &st)) {
        reply(c, "The disk cannot be asked.", "读不到磁盘信息。");
        return;
    }
    double gib = (double)st.f_frsize / 1073741824, total = (double)st.f_blocks * gib, free = (double)st.f_bavail * gib;
    reply(c, "**%.1f GiB** of %.1f GiB are free on `/`.", "`/` 剩余 **%.1f GiB**，共 %.1f GiB。", free, total);
}

static void temperature(struct skill_call *c)
{
    size_t shown = 0;
    for (int i = 0; i < 32; i++) {
        char path[100];
        snprintf(path, sizeof path, "/sys/class/thermal/thermal_zone%d/temp", i);
        struct str t = read_file(c, path);
        if (!t.len)
            continue;
        snprintf(path, sizeof path, "/sys/class/thermal/thermal_zone%d/type", i);
        buf_printf(c->out, "%s- " STR_FMT ": **%.0f °C**", shown++ ? "\n" : "", STR_ARG(read_file(c, path)), number_at(t) / 1000);
    }
    if (!shown)
        reply(c, "This machine shows no temperature sensors.", "这台机器没有温度传感器。");
}

static void uptime(struct skill_call *c)
{
    reply(c, "Up for **", "已运行 **");
    put_duration(c, number_at(read_file(c, "/proc/uptime")));
    reply(c, "**.", "**。");
}

static void battery(struct skill_call *c)
{
    for (int i = 0; i < 4; i++) {
        char path[100];
        snprintf(path, sizeof path, "/sys/class/power_supply/BAT%d/capacity", i);
        struct str level = read_file(c, path);
        if (!level.len)
            continue;
        snprintf(path, sizeof path, "/sys/class/power_supply/BAT%d/status", i);
        buf_printf(c->out, c->zh ? "电量 **" STR_FMT "%%**（" STR_FMT "）。" : "Battery **" STR_FMT " %%** (" STR_FMT ").", STR_ARG(level),
                   STR_ARG(read_file(c, path)));
        return;
    }
    reply(c, "This machine has no battery.", "这台机器没有电池。");
}

static void cpu(struct skill_call *c)
{
    struct str info = read_file(c, "/proc/cpuinfo"), line, model = STR("?"), rest = info;
    while (str_split(&rest, '\n', &line))
        if (str_starts(line, STR("model name")) && str_chr(line, ':') > 0)
            model = str_trim(str_skip(line, (size_t)str_chr(line, ':') + 1));
    reply(c, "**%.*s**, %zu processors, %.0f MHz now.", "**%.*s**，%zu 个处理器，当前 %.0f MHz。", STR_ARG(model),
          count_lines(info, "processor"), field(info, "cpu MHz"));
}

struct usage {
    double kib;
    char name[32];
};

static int by_memory(const void *a, const void *b)
{
    const struct usage *x = a, *y = b;
    return (x->kib < y->kib) - (x->kib > y->kib);
}

enum { PROCESSES_MAX = 4096, PROCESSES_SHOWN = 5 };

static void processes(struct skill_call *c)
{
    char path[600];
    snprintf(path, sizeof path, "%s/proc", c->env->paths.root);
    DIR *d = opendir(path);
    struct usage *all = calloc(PROCESSES_MAX, sizeof *all);
    size_t n = 0;
    for (struct dirent *e; d && all && n < PROCESSES_MAX && (e = readdir(d));) {
        if (e->d_name[0] < '0' || e->d_name[0] > '9')
            continue;
        snprintf(path, sizeof path, "/proc/%.20s/status", e->d_name);
        struct buf b = buf_make(1 << 14);
        char full[700];
        snprintf(full, sizeof full, "%s%s", c->env->paths.root, path);
        struct str status = file_load(full, &b, NULL) ? (struct str){0} : buf_str(&b), line;
        all[n].kib = field(status, "VmRSS");
        if (str_split(&status, '\n', &line) && line.len > 6)
            str_copy(all[n++].name, sizeof all->name, str_trim(str_skip(line, 5)));
        buf_free(&b);
    }
    if (d)
        closedir(d);
    if (n)
        qsort(all, n, sizeof *all, by_memory);
    reply(c, "%zu processes; most memory:", "%zu 个进程，占内存最多的：", n);
    for (size_t i = 0; i < n && i < PROCESSES_SHOWN; i++)
        buf_printf(c->out, "\n- %s: **%.0f MiB**", all[i].name, all[i].kib / 1024);
    free(all);
}

static const struct {
    const char *what;
    void (*tell)(struct skill_call *c);
} tellers[] = {{"load", load},           {"memory", memory}, {"disk", disk},       {"temperature", temperature},
               {"processes", processes}, {"uptime", uptime}, {"battery", battery}, {"cpu", cpu}};

int skill_machine(struct skill_call *c)
{
    struct str what = intent_text(c->intent, "what");
    for (size_t i = 0; i < sizeof tellers / sizeof *tellers; i++)
        if (str_eq(what, str_of(tellers[i].what)))
            tellers[i].tell(c);
    return OK;
}

/* ---- the program */

static void put_names(struct skill_call *c, struct str names)
{
    struct str one;
    while (str_split(&names, '\n', &one))
        if (one.len)
            buf_printf(c->out, "\n- " STR_FMT, STR_ARG(one));
}

int skill_hearth_status(struct skill_call *c)
{
    struct str what = intent_text(c->intent, "what");
    const struct skill_facts *f = c->facts;
    if (str_eq(what, STR("version")))
        reply(c, "hearth **%s**", "hearth **%s**", f->version ? f->version : "?");
    else if (str_eq(what, STR("models")) && !f->models.len)
        reply(c, "No language model is installed; I work without one. `hearth pull` lists those that fit this machine.",
              "没有安装语言模型，我不用模型也能工作。`hearth pull` 会列出适合这台机器的模型。");
    else if (str_eq(what, STR("models"))) {
        reply(c, "Installed in %s:", "安装在 %s：", f->models_dir ? f->models_dir : "?");
        put_names(c, f->models);
    } else if (str_eq(what, STR("model_fit"))) {
        reply(c, "`hearth pull` lists models with their size and expected speed on this machine.",
              "`hearth pull` 会列出模型的大小和在这台机器上的预计速度。");
        put_names(c, f->fitting);
    } else if (str_eq(what, STR("settings")))
        reply(c, "`hearth config` shows every setting and where it came from; they are in hearth.yaml in %s.",
              "`hearth config` 会列出所有设置及其来源；它们在 %s 的 hearth.yaml 里。", f->data_dir ? f->data_dir : "~/.local/share/hearth");
    else
        reply(c,
              "What you say stays on this machine, in an encrypted store (%s). Nothing is sent anywhere; the network is used only to get "
              "models when you ask, and by skills that you have added yourself.",
              "你说的一切都留在这台机器上，存放在加密的存储里（%"
              "s）。不会发送到任何地方；只有你要求下载模型，或你自己添加的技能，才会用到网络。",
              f->data_dir ? f->data_dir : "");
    return OK;
}
