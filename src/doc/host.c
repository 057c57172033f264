/* A process of its own, of one thread, that forks a confined child for each document. It is started once and costs some 20 ms
 * (the program's libraries); a fork of it costs half a millisecond, so every document can have a process to itself. It reads nothing of a
 * document but the bytes by which a PDF is known. A PDF takes two children: pdftotext, and ours that reads what it writes. */
#include "doc/host.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doc/kind.h"
#include "sys/confine.h"

enum { COMPLAINT_BYTES = 4096, HEAD_BYTES = 1024, ABSENT = 127 };

#define PDFTOTEXT "/usr/bin/pdftotext"

/* Tables of encodings that iconv loads when it needs them. */
static const char *const read_paths[] = {"/usr/lib/x86_64-linux-gnu/gconv", "/usr/lib/aarch64-linux-gnu/gconv", "/usr/lib/gconv",
                                         "/usr/lib64/gconv", NULL};
static const char *const pdf_exec_paths[] = {PDFTOTEXT, "/lib", "/lib64", "/usr/lib", "/usr/lib64", NULL};
static const char *const pdf_read_paths[] = {"/etc/ld.so.cache", "/usr/share/poppler", "/etc/fonts", "/usr/share/fonts", NULL};

struct host {
    struct confinement reader, pdf;
    struct doc_limits limits; /* that they were made for */
    bool prepared;
    int null_fd;
};

static int prepare(struct host *h, const struct doc_limits *l)
{
    if (h->prepared && !memcmp(&h->limits, l, sizeof *l))
        return OK;
    const struct confine_limits limits = {.cpu_s = l->time_ms / 1000 + 1,
                                          .wall_ms = l->time_ms,
                                          .memory_bytes = l->memory_bytes,
                                          .files_max = 64};
    const struct confine reader = {.read = read_paths, .limits = limits};
    const struct confine pdf = {.read = pdf_read_paths, .exec = pdf_exec_paths, .limits = limits};
    if (h->prepared) {
        confine_release(&h->reader);
        confine_release(&h->pdf);
    }
    h->prepared = false;
    int r = confine_prepare(&reader, &h->reader, NULL);
    if (!r && (r = confine_prepare(&pdf, &h->pdf, NULL)))
        confine_release(&h->reader);
    h->prepared = !r;
    h->limits = *l;
    return r;
}

/* ---- the children */

/* In the child: its standard streams are all that it has. */
static void become_confined(const struct confinement *c, pid_t host, int in_fd, int out_fd, int err_fd)
{
    if (dup2(in_fd, STDIN_FILENO) < 0 || dup2(out_fd, STDOUT_FILENO) < 0 || dup2(err_fd, STDERR_FILENO) < 0 || confine_enter(c, host, -1))
        _exit(ABSENT);
}

static pid_t start_reader(const struct host *h, const struct host_request *q, int in_fd, int out_fd, bool from_pdftotext)
{
    pid_t host = getpid(), child = fork();
    if (child)
        return child;
    become_confined(&h->reader, host, in_fd, out_fd, h->null_fd);
    _exit(child_run(STDIN_FILENO, STDOUT_FILENO, q, from_pdftotext));
}

static pid_t start_pdftotext(const struct host *h, int in_fd, int out_fd, int err_fd)
{
    static char name[] = "pdftotext", enc[] = "-enc", utf8[] = "UTF-8", in[] = "-", out[] = "-";
    char *argv[] = {name, enc, utf8, in, out, NULL}, *env[] = {NULL};
    pid_t host = getpid(), child = fork();
    if (child)
        return child;
    become_confined(&h->pdf, host, in_fd, out_fd, err_fd);
    execve(PDFTOTEXT, argv, env);
    _exit(ABSENT);
}

static int wait_for(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

static enum host_end end_of(int status)
{
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGALRM || WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL ? HOST_TIME : HOST_FAILED;
    return WEXITSTATUS(status) == ABSENT ? HOST_NO_CHILD : HOST_FINE;
}

/* ---- PDF */

static bool complains_of(int complaints, const char *words)
{
    char text[COMPLAINT_BYTES];
    ssize_t n = read(complaints, text, sizeof text);
    return n > 0 && str_find(str_from(text, (size_t)n), str_of(words), 0) >= 0;
}

static enum host_end end_of_pdf(int status, int complaints)
{
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGPIPE ? HOST_FINE : end_of(status); /* our reader had enough, and says why */
    if (WEXITSTATUS(status) == ABSENT)
        return access(PDFTOTEXT, X_OK) ? HOST_NO_PDF : HOST_NO_CHILD;
    if (!WEXITSTATUS(status))
        return HOST_FINE;
    return WEXITSTATUS(status) == 3 || complains_of(complaints, "Incorrect password") ? HOST_ENCRYPTED : HOST_BAD_PDF;
}

static enum host_end run_both(struct host *h, const struct host_request *q, int doc_fd, int out_fd, const int between[2],
                              const int complaints[2])
{
    pid_t writer = start_pdftotext(h, doc_fd, between[1], complaints[1]);
    pid_t reader = writer > 0 ? start_reader(h, q, between[0], out_fd, true) : -1;
    close(between[0]); /* so that either sees the end of the other */
    close(between[1]);
    enum host_end of_reader = reader > 0 ? end_of(wait_for(reader)) : HOST_NO_CHILD;
    enum host_end of_writer = writer > 0 ? end_of_pdf(wait_for(writer), complaints[0]) : HOST_NO_CHILD;
    return of_writer == HOST_FINE ? of_reader : of_writer;
}

/* What pdftotext has to say is a few lines or very many: a pipe that takes no more than it holds. */
static enum host_end read_pdf(struct host *h, const struct host_request *q, int doc_fd, int out_fd)
{
    int between[2], complaints[2];
    if (pipe2(complaints, O_CLOEXEC | O_NONBLOCK))
        return HOST_NO_CHILD;
    enum host_end end = pipe2(between, O_CLOEXEC) ? HOST_NO_CHILD : run_both(h, q, doc_fd, out_fd, between, complaints);
    close(complaints[0]);
    close(complaints[1]);
    return end;
}

/* ---- requests */

static enum host_end serve(struct host *h, const struct host_request *q, int doc_fd, int out_fd)
{
    char head[HEAD_BYTES];
    if (prepare(h, &q->limits))
        return HOST_NO_CHILD;
    ssize_t n = pread(doc_fd, head, sizeof head, 0);
    if (lseek(doc_fd, 0, SEEK_SET) == 0 && n > 0 && kind_is_pdf(str_from(head, (size_t)n)))
        return read_pdf(h, q, doc_fd, out_fd);
    pid_t child = start_reader(h, q, doc_fd, out_fd, false);
    return child > 0 ? end_of(wait_for(child)) : HOST_NO_CHILD;
}

/* False: the caller is gone. */
static bool receive(struct host_request *ret, int ret_fds[2])
{
    union {
        char bytes[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec iov = {ret, sizeof *ret};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t n;
    while ((n = recvmsg(HOST_SOCKET, &m, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
        ;
    struct cmsghdr *c = n == sizeof *ret ? CMSG_FIRSTHDR(&m) : NULL;
    if (!c || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(2 * sizeof(int)))
        return false;
    memcpy(ret_fds, CMSG_DATA(c), 2 * sizeof(int));
    ret->name[HOST_NAME_MAX] = 0;
    return true;
}

int doc_host(void)
{
    struct host h = {.null_fd = open("/dev/null", O_RDWR | O_CLOEXEC)};
    struct host_request q;
    int fds[2];
    signal(SIGPIPE, SIG_DFL);
    signal(SIGINT, SIG_IGN); /* Ctrl-C is the caller's to handle; we end when its socket does */
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC);
    while (receive(&q, fds)) {
        struct host_answer a = {.end = serve(&h, &q, fds[0], fds[1]), .landlock_abi = h.prepared ? h.reader.landlock_abi : 0};
        close(fds[0]);
        close(fds[1]);
        if (send(HOST_SOCKET, &a, sizeof a, MSG_NOSIGNAL) != sizeof a)
            break;
    }
    return EXIT_SUCCESS;
}
