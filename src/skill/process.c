#include "skill/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sys/confine.h"

enum { MEMORY_BYTES = 512 << 20, PATHS_MAX = 16, READ_BYTES = 4096, NOT_FOUND = 127 };

static const char *const libraries[] = {"/lib", "/lib64", "/usr/lib", "/usr/lib64", NULL};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int prepare(const struct process *p, struct confinement *ret, struct err *e)
{
    const char *exec[PATHS_MAX] = {p->argv[0]},
               *read[PATHS_MAX] = {"/etc/ld.so.cache", "/usr/share/locale", "/usr/share/zoneinfo", "/etc/localtime"};
    size_t n = 1, m = 4;
    for (size_t i = 0; libraries[i]; i++)
        exec[n++] = libraries[i];
    for (size_t i = 0; p->read && p->read[i] && m < PATHS_MAX - 1; i++)
        read[m++] = p->read[i];
    const struct confine c = {.read = read,
                              .exec = exec,
                              .flags = p->network ? CONFINE_NETWORK | CONFINE_PROCESSES : CONFINE_PROCESSES,
                              .limits = {.cpu_s = p->wall_ms / 1000 + 1,
                                         .wall_ms = p->wall_ms,
                                         .memory_bytes = MEMORY_BYTES,
                                         .files_max = 64,
                                         .processes_max = 256}};
    return confine_prepare(&c, ret, e);
}

/* In the child, after fork in a process of many threads: system calls only. */
static void become(const struct process *p, const struct confinement *c, int out, pid_t parent)
{
    static const char *const env[] = {"LANG=C.UTF-8", "HOME=/nonexistent", "PATH=/usr/bin:/bin", NULL};
    int null = open("/dev/null", O_RDWR);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(null, 2) < 0 || confine_enter(c, parent, -1))
        _exit(126);
    execve(p->argv[0], (char *const *)(uintptr_t)p->argv, (char *const *)(uintptr_t)env);
    _exit(errno == ENOENT ? NOT_FOUND : 126);
}

static int read_all(int fd, int64_t deadline, struct buf *out)
{
    for (;;) {
        struct pollfd pfd = {.fd = fd, .events = POLLIN};
        int64_t left = deadline - now_ms();
        if (left <= 0)
            return ERR_TIMEOUT;
        int n = poll(&pfd, 1, (int)left);
        if (n < 0 && errno != EINTR)
            return ERR_IO;
        if (n <= 0)
            continue;
        if (buf_reserve(out, READ_BYTES))
            return out->failed;
        ssize_t got = read(fd, out->ptr + out->len, READ_BYTES);
        if (got == 0)
            return OK;
        if (got < 0 && errno != EINTR)
            return ERR_IO;
        out->len += got > 0 ? (size_t)got : 0;
    }
}

int process_run(const struct process *p, struct buf *out, int *ret_status, struct err *e)
{
    struct confinement c = {0};
    int fd[2], status = 0, r = access(p->argv[0], X_OK) ? err_set(e, ERR_NOENT, "%s is not there", p->argv[0]) : prepare(p, &c, e);
    if (r)
        return r;
    pid_t parent = getpid();
    if (pipe2(fd, O_CLOEXEC)) {
        confine_release(&c);
        return err_set(e, ERR_IO, "no pipe: %s", strerror(errno));
    }
    pid_t pid = fork();
    if (!pid)
        become(p, &c, fd[1], parent);
    close(fd[1]);
    r = pid < 0 ? ERR_IO : read_all(fd[0], now_ms() + p->wall_ms, out);
    close(fd[0]);
    if (pid > 0) {
        if (r)
            kill(pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
    }
    confine_release(&c);
    if (ret_status)
        *ret_status = status;
    if (!r && (!WIFEXITED(status) || WEXITSTATUS(status)))
        r = WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND ? ERR_NOENT : ERR_IO;
    return r ? err_set(e, r, "%s: %s", p->argv[0], r == ERR_IO ? "it ended with an error" : err_text(r)) : OK;
}
