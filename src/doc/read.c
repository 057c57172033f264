/* The caller's side. Frames are read until the pipe ends, and then the host says how the child did; only both together make a document.
 * A host that does not answer in time is killed, and its children with it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "doc/frame.h"
#include "doc/host.h"

enum { PIPE_BYTES = 256 << 10, SLACK_MS = 5000 };
#define MB(n) ((uint64_t)(n) << 20)

struct doc_reader {
    struct doc_limits limits;
    pid_t host; /* 0: none */
    int socket;
    bool answered; /* a host has said what walls there are */
    int landlock_abi;
    struct buf bytes; /* of frames that are not complete */
};

/* ---- the host's life */

static void stop_host(struct doc_reader *r, bool now)
{
    if (!r->host)
        return;
    if (now)
        kill(r->host, SIGKILL);
    close(r->socket);
    while (waitpid(r->host, NULL, 0) < 0 && errno == EINTR)
        ;
    r->host = 0;
}

static int spawn_host(int socket, pid_t *ret)
{
    static char name[] = "hearth", verb[] = DOC_HOST_VERB, env_lang[] = "LC_ALL=C.UTF-8";
    char *argv[] = {name, verb, NULL}, *env[] = {env_lang, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    if (posix_spawn_file_actions_init(&actions))
        return ERR_NOMEM;
    int r = posix_spawnattr_init(&attributes);
    if (!r) {
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
        posix_spawnattr_setsigdefault(&attributes, &defaults);
        r = posix_spawn_file_actions_adddup2(&actions, socket, HOST_SOCKET);
        if (!r)
            r = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_RDWR, 0);
        if (!r)
            r = posix_spawn(ret, "/proc/self/exe", &actions, &attributes, argv, env);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return r ? ERR_IO : OK;
}

static int start_host(struct doc_reader *r, struct err *e)
{
    int ends[2];
    if (r->host)
        return OK;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
        return err_set(e, ERR_IO, "no socket for the process that reads documents: %s", strerror(errno));
    int failed = spawn_host(ends[1], &r->host);
    close(ends[1]);
    if (failed) {
        close(ends[0]);
        r->host = 0;
        return err_set(e, ERR_IO, "the process that reads documents cannot be started");
    }
    r->socket = ends[0];
    return OK;
}

int doc_reader_create(const struct doc_limits *limits, struct doc_reader **ret, struct err *e)
{
    struct doc_reader *r = calloc(1, sizeof *r);
    if (!r)
        return err_set(e, ERR_NOMEM, "no memory for a reader of documents");
    struct doc_limits l = limits ? *limits : (struct doc_limits){0};
    r->limits = (struct doc_limits){
        .file_bytes_max = l.file_bytes_max ? l.file_bytes_max : MB(64),
        .text_bytes_max = l.text_bytes_max ? l.text_bytes_max : MB(64),
        .memory_bytes = l.memory_bytes ? l.memory_bytes : MB(1024),
        .time_ms = l.time_ms ? l.time_ms : 60000,
    };
    r->bytes = buf_make(PIPE_BYTES + FRAME_BYTES_MAX + 4);
    *ret = r;
    return OK;
}

void doc_reader_free(struct doc_reader *r)
{
    if (!r)
        return;
    stop_host(r, false);
    buf_free(&r->bytes);
    free(r);
}

pid_t reader_host(const struct doc_reader *r)
{
    return r->host;
}

const char *doc_reader_weakness(const struct doc_reader *r)
{
    return r->answered && !r->landlock_abi ? "this kernel has no Landlock: pdftotext could read other files while it reads a document, and "
                                             "encodings that need tables are not read"
                                           : "";
}

/* ---- frames */

struct progress {
    const struct doc_events *ev;
    void *ctx;
    const struct doc_limits *limits;
    struct doc_info info;
    uint32_t line, page;
    bool begun, done;
    struct err *e;
};

/* What frame_take cannot know: that chunks follow each other. */
static int take_chunk(struct progress *p, struct doc_chunk *c)
{
    if (!p->begun || p->done || c->line < p->line || c->page < p->page || p->info.text_bytes + c->text.len > p->limits->text_bytes_max)
        return err_set(p->e, ERR_CORRUPT, "was not read: its parser sent chunks that cannot be");
    c->offset = p->info.text_bytes;
    p->line = c->line;
    p->page = c->page;
    p->info.text_bytes += c->text.len;
    p->info.n_chunks++;
    return p->ev->chunk(p->ctx, c);
}

static int take_info(struct progress *p, const struct doc_info *info)
{
    if (p->begun)
        return err_set(p->e, ERR_CORRUPT, "was not read: its parser began twice");
    p->begun = true;
    p->info.kind = info->kind;
    p->info.notes = info->notes;
    p->info.n_pages = info->n_pages;
    memcpy(p->info.title, info->title, sizeof p->info.title);
    return p->ev->begin ? p->ev->begin(p->ctx, &p->info) : OK;
}

static int take_frame(struct progress *p, struct frame *f)
{
    switch (f->kind) {
    case FRAME_INFO: return take_info(p, &f->info);
    case FRAME_CHUNK: return take_chunk(p, &f->chunk);
    case FRAME_DONE: p->done = p->begun; return OK;
    case FRAME_FAILED: break;
    }
    return err_set(p->e, f->code, STR_FMT, STR_ARG(f->sentence));
}

static int take_frames(struct doc_reader *r, struct progress *p)
{
    size_t at = 0, len;
    int code = OK;
    do {
        struct frame f = {0};
        code = frame_take(str_skip(buf_str(&r->bytes), at), &f, &len);
        if (code)
            err_set(p->e, code, "was not read: its parser sent what is no answer");
        else if (len)
            code = take_frame(p, &f);
        at += len;
    } while (!code && len);
    buf_consume(&r->bytes, at);
    return code;
}

static uint64_t now_ms(void)
{
    return clock_ns(&clock_system) / 1000000;
}

/* ERR_TIMEOUT: nothing came before the deadline. */
static int wait_readable(int fd, uint64_t deadline)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    for (uint64_t now; (now = now_ms()) < deadline;) {
        int n = poll(&p, 1, (int)(deadline - now));
        if (n > 0)
            return OK;
        if (n < 0 && errno != EINTR)
            return ERR_IO;
    }
    return ERR_TIMEOUT;
}

static int read_frames(struct doc_reader *r, int pipe_fd, uint64_t deadline, struct progress *p)
{
    buf_clear(&r->bytes);
    while (true) {
        int code = wait_readable(pipe_fd, deadline);
        if (code)
            return code;
        if (buf_reserve(&r->bytes, PIPE_BYTES))
            return r->bytes.failed;
        ssize_t n = read(pipe_fd, r->bytes.ptr + r->bytes.len, PIPE_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ERR_IO;
        if (!n)
            return OK;
        r->bytes.len += (size_t)n;
        code = take_frames(r, p);
        if (code)
            return code;
    }
}

/* ---- a document */

static int send_request(struct doc_reader *r, int doc_fd, int pipe_fd, struct str name)
{
    union {
        char bytes[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct host_request q = {.limits = r->limits};
    size_t over = name.len > HOST_NAME_MAX ? name.len - HOST_NAME_MAX : 0; /* the end says more */
    str_copy(q.name, sizeof q.name, str_skip(name, over));
    struct iovec iov = {&q, sizeof q};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    const int fds[2] = {doc_fd, pipe_fd};
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof fds);
    memcpy(CMSG_DATA(c), fds, sizeof fds);
    return sendmsg(r->socket, &m, MSG_NOSIGNAL) == sizeof q ? OK : ERR_CLOSED;
}

static int receive_answer(struct doc_reader *r, uint64_t deadline, struct host_answer *ret)
{
    int code = wait_readable(r->socket, deadline);
    if (code)
        return code;
    return recv(r->socket, ret, sizeof *ret, 0) == sizeof *ret ? OK : ERR_CLOSED;
}

static int judge(const struct doc_reader *r, enum host_end end, struct err *e)
{
    switch (end) {
    case HOST_FINE: return OK;
    case HOST_TIME: return err_set(e, ERR_LIMIT, "took more than %g seconds to read", (double)r->limits.time_ms / 1000);
    case HOST_ENCRYPTED: return err_set(e, ERR_DENIED, "is a PDF with a password; save a copy without it");
    case HOST_BAD_PDF: return err_set(e, ERR_CORRUPT, "is a damaged PDF");
    case HOST_NO_PDF: return err_set(e, ERR_UNSUPPORTED, "is a PDF, which pdftotext reads: install poppler-utils");
    case HOST_NO_CHILD: return err_set(e, ERR_IO, "was not read: no confined process could be made for it");
    case HOST_FAILED:
    default:
        return err_set(e, ERR_CORRUPT, "was not read: its parser failed, or needed more memory than %u MB",
                       (unsigned)(r->limits.memory_bytes >> 20));
    }
}

/* Frames, then the host's word. */
static int exchange(struct doc_reader *r, int doc_fd, struct str name, struct progress *p)
{
    int ends[2];
    uint64_t deadline = now_ms() + r->limits.time_ms + SLACK_MS;
    if (pipe2(ends, O_CLOEXEC))
        return err_set(p->e, ERR_IO, "no pipe for reading a document: %s", strerror(errno));
    int sent = send_request(r, doc_fd, ends[1], name);
    close(ends[1]);
    int code = sent ? OK : read_frames(r, ends[0], deadline, p);
    close(ends[0]);
    struct host_answer a = {0};
    int answered = sent ? sent : receive_answer(r, deadline, &a);
    if (answered) {
        stop_host(r, true);
        return code && code != ERR_TIMEOUT ? code
               : answered == ERR_TIMEOUT   ? judge(r, HOST_TIME, p->e)
                                           : err_set(p->e, ERR_IO, "was not read: the process that reads documents ended");
    }
    r->answered = true;
    r->landlock_abi = a.landlock_abi;
    if (code)
        return code;
    code = judge(r, a.end, p->e);
    return code || p->done ? code : judge(r, HOST_FAILED, p->e);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

int doc_read(struct doc_reader *r, int fd, struct str name, const struct doc_events *ev, void *ctx, struct doc_info *ret, struct err *e)
{
    struct stat before, after;
    if (fstat(fd, &before) || !S_ISREG(before.st_mode))
        return err_set(e, ERR_INVAL, "is no regular file");
    if ((uint64_t)before.st_size > r->limits.file_bytes_max)
        return err_set(e, ERR_LIMIT, "is larger than %u MB", (unsigned)(r->limits.file_bytes_max >> 20));
    struct err own;
    struct progress p = {.ev = ev, .ctx = ctx, .limits = &r->limits, .info = {.file_bytes = (uint64_t)before.st_size}, .e = e ? e : &own};
    int code = start_host(r, p.e);
    if (!code)
        code = exchange(r, fd, name, &p);
    if (!fstat(fd, &after) && !same_file(&before, &after))
        return err_set(e, ERR_AGAIN, "changed while it was read");
    if (!code)
        *ret = p.info;
    return code;
}
