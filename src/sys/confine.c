#include "sys/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "sys/confine_calls.h"

/* ---- Landlock: the rights that each version of it added, since Debian's header ends with the second */

struct ruleset { /* the kernel takes any size that it knows, and a longer one when the rest is zero */
    uint64_t files, net, scoped;
};
enum { RIGHTS_V1 = (1 << 13) - 1, REFER = 1 << 13, TRUNCATE = 1 << 14, IOCTL_DEV = 1 << 15, NET_TCP = 3, SCOPED = 3 };
enum {
    RIGHT_EXECUTE = LANDLOCK_ACCESS_FS_EXECUTE,
    RIGHT_READ = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
    RIGHT_OF_FILES = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE | IOCTL_DEV,
    /* regular files and folders: no devices, sockets or pipes */
    RIGHT_WRITE = RIGHT_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                  LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | REFER | TRUNCATE,
};

static uint64_t rights_known(int abi)
{
    return RIGHTS_V1 | (abi >= 2 ? REFER : 0) | (abi >= 3 ? TRUNCATE : 0) | (abi >= 5 ? IOCTL_DEV : 0);
}

static int landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return abi > 0 ? (int)abi : 0;
}

/* A path that is not there needs no rule. */
static int add_path(int rules, const char *path, uint64_t rights)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? OK : ERR_IO;
    struct stat st;
    if (fstat(fd, &st)) {
        close(fd);
        return ERR_IO;
    }
    struct landlock_path_beneath_attr rule = {.allowed_access = S_ISDIR(st.st_mode) ? rights : rights & RIGHT_OF_FILES, .parent_fd = fd};
    long r = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(fd);
    return r ? ERR_IO : OK;
}

static int add_paths(int rules, const char *const *paths, uint64_t rights, struct err *e)
{
    for (; paths && *paths; paths++)
        if (add_path(rules, *paths, rights))
            return err_set(e, ERR_IO, "%s cannot be allowed to a confined process: %s", *paths, strerror(errno));
    return OK;
}

static int make_rules(const struct confine *c, struct confinement *to, struct err *e)
{
    int abi = to->landlock_abi;
    uint64_t known = rights_known(abi);
    bool network = c->flags & CONFINE_NETWORK;
    struct ruleset set = {.files = known, .net = abi >= 4 && !network ? NET_TCP : 0, .scoped = abi >= 6 ? SCOPED : 0};
    size_t size = abi >= 6 ? sizeof set : abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
    to->rules_fd = (int)syscall(SYS_landlock_create_ruleset, &set, size, 0);
    if (to->rules_fd < 0)
        return err_set(e, ERR_IO, "Landlock's rules cannot be made: %s", strerror(errno));
    int r = add_paths(to->rules_fd, c->read, RIGHT_READ & known, e);
    if (!r)
        r = add_paths(to->rules_fd, c->exec, (RIGHT_READ | RIGHT_EXECUTE) & known, e);
    return r ? r : add_paths(to->rules_fd, c->write, RIGHT_WRITE & known, e);
}

/* ---- preparing */

static bool any(const char *const *paths)
{
    return paths && *paths;
}

/* Without Landlock names of files mean all files, so a process that could do without them gets none. */
static unsigned groups_of(const struct confine *c, bool landlock)
{
    unsigned groups = CALLS_BASE;
    if (any(c->exec) || (landlock && (any(c->read) || any(c->write))))
        groups |= CALLS_READ;
    groups |= any(c->write) ? CALLS_WRITE : 0;
    groups |= any(c->exec) ? CALLS_EXEC : 0;
    groups |= c->flags & CONFINE_PROCESSES ? CALLS_PROCESSES : 0;
    groups |= c->flags & CONFINE_NETWORK ? CALLS_NETWORK : 0;
    groups |= c->flags & CONFINE_JIT ? CALLS_JIT : 0;
    return groups;
}

int confine_prepare(const struct confine *c, struct confinement *ret, struct err *e)
{
    struct confinement made = {.limits = c->limits, .rules_fd = -1, .landlock_abi = landlock_abi()};
    if (!made.landlock_abi && any(c->write))
        return err_set(e, ERR_UNSUPPORTED, "this kernel has no Landlock, so a process cannot be held to the folders that it may write to");
    if (!(c->flags & CONFINE_PROCESSES))
        made.limits.processes_max = 0;
    int r = calls_compile(groups_of(c, made.landlock_abi), &made.filter, &made.n_filter, e);
    if (!r && made.landlock_abi)
        r = make_rules(c, &made, e);
    if (r)
        confine_release(&made);
    else
        *ret = made;
    return r;
}

void confine_release(struct confinement *c)
{
    free(c->filter);
    if (c->filter && c->rules_fd >= 0)
        close(c->rules_fd);
    *c = (struct confinement){.rules_fd = -1};
}

/* ---- entering */

/* Never more than it is already. */
static bool limit(int what, uint64_t most)
{
    struct rlimit r;
    if (getrlimit((__rlimit_resource_t)what, &r))
        return false;
    if (r.rlim_max == RLIM_INFINITY || r.rlim_max > most)
        r.rlim_max = most;
    r.rlim_cur = r.rlim_max;
    return !setrlimit((__rlimit_resource_t)what, &r);
}

/* The address space that a sanitizer sets aside is larger than any limit. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SHADOWED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SHADOWED 1
#endif
#endif
#ifndef SHADOWED
#define SHADOWED 0
#endif

static bool set_limits(const struct confine_limits *l)
{
    struct itimerval wall = {.it_value = {(time_t)(l->wall_ms / 1000), (suseconds_t)(l->wall_ms % 1000 * 1000)}};
    signal(SIGALRM, SIG_DFL);
    signal(SIGXCPU, SIG_DFL);
    return limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, l->file_bytes) && limit(RLIMIT_NPROC, l->processes_max) &&
           (!l->cpu_s || limit(RLIMIT_CPU, l->cpu_s)) && (!l->memory_bytes || SHADOWED || limit(RLIMIT_AS, l->memory_bytes)) &&
           (!l->files_max || limit(RLIMIT_NOFILE, l->files_max)) && (!l->wall_ms || !setitimer(ITIMER_REAL, &wall, NULL));
}

/* All above the standard streams, but these two: the gaps around them. */
static bool close_others(const struct confinement *c, int keep_fd)
{
    int stay[2] = {c->rules_fd, keep_fd};
    if (stay[0] > stay[1]) {
        stay[0] = keep_fd;
        stay[1] = c->rules_fd;
    }
    unsigned from = STDERR_FILENO + 1;
    for (size_t i = 0; i < 2; i++) {
        if (stay[i] < (int)from)
            continue;
        if (stay[i] > (int)from && close_range(from, (unsigned)stay[i] - 1, 0))
            return false;
        from = (unsigned)stay[i] + 1;
    }
    return !close_range(from, ~0u, 0);
}

int confine_enter(const struct confinement *c, pid_t parent, int keep_fd)
{
    if (parent && prctl(PR_SET_PDEATHSIG, SIGKILL))
        return ERR_DENIED;
    if (parent && getppid() != parent)
        return ERR_CLOSED;
    if (!close_others(c, keep_fd) || !set_limits(&c->limits) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return ERR_DENIED;
    if (c->rules_fd >= 0 && (syscall(SYS_landlock_restrict_self, c->rules_fd, 0) || close(c->rules_fd)))
        return ERR_DENIED;
    const struct sock_fprog program = {(unsigned short)c->n_filter, c->filter};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) ? ERR_DENIED : OK;
}
