#include "app/client_server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/config_value.h"
#include "app/interrupt.h"
#include "app/text.h"
#include "store/store.h"

enum { ARGUMENTS_MAX = SETTINGS_MAX + 16, LOG_TAIL_BYTES_MAX = 2000, COMMAND_BYTES_MAX = 1 << 20 };

bool server_running(const struct app *a, char *ret_address, size_t cap)
{
    return store_find_server(a->store_dir, ret_address, cap);
}

/* ---- the command line: what we were told ourselves, and where to listen */

struct command {
    const char *argv[ARGUMENTS_MAX];
    size_t n;
    struct arena *arena;
    bool failed;
};

static void add(struct command *c, const char *option, struct str value)
{
    struct buf b = buf_make(COMMAND_BYTES_MAX);
    buf_printf(&b, "%s", option);
    buf_put(&b, value);
    const char *kept = b.failed ? NULL : arena_dup(c->arena, buf_str(&b)).ptr;
    if (!kept || c->n + 1 == ARGUMENTS_MAX)
        c->failed = true;
    else
        c->argv[c->n++] = kept;
    buf_free(&b);
}

/* A setting's value as the command line takes it. */
static void put_value(const struct config *c, const struct setting *s, struct buf *out)
{
    const void *field = (const char *)c + s->offset;
    const struct config_list *list = field;
    if (s->kind == SETTING_STRING)
        buf_puts(out, *(const char *const *)field);
    else if (s->kind != SETTING_LIST)
        value_print(c, s, out);
    else
        for (size_t i = 0; i < list->n; i++)
            buf_printf(out, "%s" STR_FMT, i ? "," : "", STR_ARG(list->items[i]));
}

static void add_setting(struct command *c, const struct config *config, size_t i)
{
    char option[128];
    struct buf value = buf_make(COMMAND_BYTES_MAX);
    snprintf(option, sizeof option, "--%s.%s=", settings[i].section, settings[i].key);
    put_value(config, &settings[i], &value);
    add(c, option, buf_str(&value));
    buf_free(&value);
}

static void fill_command(struct app *a, const char *model, struct command *c)
{
    add(c, "hearth", (struct str){0});
    add(c, "serve", (struct str){0});
    if (a->args.data)
        add(c, "--data=", str_of(a->args.data));
    if (a->args.config)
        add(c, "--config=", str_of(a->args.config));
    for (size_t i = 0; i < settings_count; i++)
        if (a->config.origin[i].source == FROM_OPTION)
            add_setting(c, &a->config, i);
    if (model)
        add(c, "--models.default=", str_of(model));
    add(c, "--server.host=", STR("127.0.0.1"));
    add(c, "--server.port=", STR("0"));
    if (a->config.origin[setting_find(STR("log.level")) - settings].source == FROM_DEFAULT)
        add(c, "--log.level=", STR("warn"));
}

/* ---- the child */

static void become_server(const struct command *c, int announce_fd, int log_fd, pid_t parent)
{
    char fd[16];
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) /* it has died before we could ask to be told */
        _exit(EXIT_FAILED);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    dup2(null_fd, STDIN_FILENO);
    dup2(null_fd, STDOUT_FILENO);
    dup2(log_fd, STDERR_FILENO);
    fcntl(announce_fd, F_SETFD, 0);
    snprintf(fd, sizeof fd, "%d", announce_fd);
    setenv("HEARTH_ANNOUNCE_FD", fd, 1);
    execv("/proc/self/exe", (char *const *)c->argv);
    _exit(EXIT_FAILED);
}

/* The last line that the child has written. */
static int blame(const struct own_server *s, const struct app *a, struct err *e)
{
    char tail[LOG_TAIL_BYTES_MAX];
    off_t end = lseek(s->log_fd, 0, SEEK_END), from = end > (off_t)sizeof tail ? end - (off_t)sizeof tail : 0;
    ssize_t n = end > 0 ? pread(s->log_fd, tail, sizeof tail, from) : 0;
    struct str line = str_trim(str_from(tail, n > 0 ? (size_t)n : 0));
    ptrdiff_t newline = str_rchr(line, '\n');
    line = newline < 0 ? line : str_skip(line, (size_t)newline + 1);
    line = str_skip(line, str_starts(line, STR("hearth: ")) ? 8 : 0);
    return line.len ? err_set(e, ERR_CLOSED, STR_FMT, STR_ARG(line)) : err_set(e, ERR_CLOSED, "%s", T(a->lang, SERVER_LEFT));
}

/* One line, or ERR_CLOSED when the child ends without it. */
static int read_address(int fd, char *ret, size_t cap)
{
    size_t n = 0;
    while (n + 1 < cap) {
        ssize_t got = read(fd, ret + n, cap - 1 - n);
        if (got < 0 && errno == EINTR && !interrupted())
            continue;
        if (got <= 0)
            return got < 0 && errno == EINTR ? ERR_CANCELED : ERR_CLOSED;
        n += (size_t)got;
        ret[n] = 0;
        if (ret[n - 1] == '\n') {
            ret[n - 1] = 0;
            return OK;
        }
    }
    return ERR_CLOSED;
}

static int spawn(const struct command *c, struct own_server *s, int *ret_announce_fd, struct app *a, struct err *e)
{
    int pipe_fd[2];
    pid_t parent = getpid();
    if (pipe2(pipe_fd, O_CLOEXEC))
        return err_set(e, ERR_IO, T(a->lang, SERVER_NOT_STARTED), strerror(errno));
    s->log_fd = memfd_create("hearth-log", MFD_CLOEXEC);
    fcntl(s->log_fd, F_SETFL, O_APPEND);
    s->pid = s->log_fd < 0 ? -1 : fork();
    if (!s->pid)
        become_server(c, pipe_fd[1], s->log_fd, parent);
    close(pipe_fd[1]);
    if (s->pid < 0) {
        int why = errno;
        close(pipe_fd[0]);
        if (s->log_fd >= 0)
            close(s->log_fd);
        s->pid = 0;
        return err_set(e, ERR_IO, T(a->lang, SERVER_NOT_STARTED), strerror(why));
    }
    *ret_announce_fd = pipe_fd[0];
    return OK;
}

int own_server_start(struct app *a, const char *model, struct own_server *s, char *ret_address, size_t cap, struct err *e)
{
    struct command c = {.arena = &a->config.arena};
    int fd = -1;
    fill_command(a, model, &c);
    if (c.failed)
        return err_set(e, ERR_NOMEM, "%s", T(a->lang, NO_MEMORY));
    int r = spawn(&c, s, &fd, a, e);
    if (r)
        return r;
    r = read_address(fd, ret_address, cap);
    close(fd);
    if (r == ERR_CLOSED)
        r = blame(s, a, e);
    if (r)
        own_server_stop(s);
    return r;
}

void own_server_stop(struct own_server *s)
{
    if (s->pid <= 0)
        return;
    kill(s->pid, SIGTERM);
    while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
        if (interrupted())
            kill(s->pid, SIGKILL); /* a second Ctrl-C has no patience */
    close(s->log_fd);
    *s = (struct own_server){0};
}

bool own_server_ended(struct own_server *s, const struct app *a, struct err *e)
{
    if (s->pid <= 0 || waitpid(s->pid, NULL, WNOHANG) != s->pid)
        return false;
    blame(s, a, e);
    close(s->log_fd);
    *s = (struct own_server){0};
    return true;
}
