/* What a confined process may not do really fails in one: each question is asked by a child that is confined, and answered by how it ends.
 */
#include "../check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../sanitized.h"
#include "sys/confine.h"

enum { COULD = 0, REFUSED = 10, ODD = 11 };

struct place {
    char dir[64], readable[96], hidden[96], writable[96];
};

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int setup(void **state)
{
    static struct place p;
    snprintf(p.dir, sizeof p.dir, "/tmp/confine_test.XXXXXX");
    assert_non_null(mkdtemp(p.dir));
    snprintf(p.readable, sizeof p.readable, "%s/readable", p.dir);
    snprintf(p.hidden, sizeof p.hidden, "%s/hidden", p.dir);
    snprintf(p.writable, sizeof p.writable, "%s/writable", p.dir);
    assert_int_equal(mkdir(p.writable, 0700), 0);
    write_file(p.readable, "r");
    write_file(p.hidden, "h");
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    char inside[128];
    snprintf(inside, sizeof inside, "%s/new", p->writable);
    unlink(inside);
    unlink(p->readable);
    unlink(p->hidden);
    rmdir(p->writable);
    return rmdir(p->dir);
}

typedef int question(const struct place *p);

/* How the child ended: its exit status, or 100 + the signal. */
static int ask(const struct confine *c, question *q, const struct place *p)
{
    struct confinement made;
    struct err e = {0};
    if (confine_prepare(c, &made, &e))
        fail_msg("%s", e.text);
    pid_t parent = getpid(), child = fork();
    assert_true(child >= 0);
    if (!child)
        _exit(confine_enter(&made, parent, -1) ? 99 : q(p));
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    confine_release(&made);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

static int result(bool could)
{
    return could ? COULD : errno == EPERM || errno == EACCES ? REFUSED : ODD;
}

static int open_network(const struct place *p)
{
    (void)p;
    return result(socket(AF_INET, SOCK_STREAM, 0) >= 0);
}
static int open_netlink(const struct place *p)
{
    (void)p;
    return result(socket(AF_NETLINK, SOCK_RAW, 0) >= 0);
}
static int read_hidden(const struct place *p)
{
    return result(open(p->hidden, O_RDONLY) >= 0);
}
static int read_readable(const struct place *p)
{
    return result(open(p->readable, O_RDONLY) >= 0);
}
static int write_readable(const struct place *p)
{
    return result(open(p->readable, O_WRONLY) >= 0);
}
static int write_new(const struct place *p)
{
    char path[128];
    snprintf(path, sizeof path, "%s/new", p->writable);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    return result(fd >= 0 && write(fd, "x", 1) == 1);
}
static int write_much(const struct place *p)
{
    char path[128], block[8192] = {0};
    snprintf(path, sizeof path, "%s/new", p->writable);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    signal(SIGXFSZ, SIG_IGN);
    ssize_t n = write(fd, block, sizeof block), more = write(fd, block, sizeof block);
    return n == 4096 && more < 0 && errno == EFBIG ? REFUSED : COULD;
}
static int remove_hidden(const struct place *p)
{
    return result(!unlink(p->hidden));
}
static int become(const char *path)
{
    char name[32];
    snprintf(name, sizeof name, "%s", path);
    char *argv[] = {name, NULL}, *env[] = {NULL};
    return result(!execve(path, argv, env));
}
static int run_true(const struct place *p)
{
    (void)p;
    return become("/bin/true");
}
static int run_false(const struct place *p)
{
    (void)p;
    return become("/bin/false");
}
static int make_process(const struct place *p)
{
    (void)p;
    pid_t child = fork();
    if (!child)
        _exit(0);
    return result(child > 0 && waitpid(child, NULL, 0) == child);
}
static int look_into_parent(const struct place *p)
{
    (void)p;
    return result(!ptrace(PTRACE_ATTACH, getppid(), 0, 0));
}
static int stop_parent(const struct place *p)
{
    (void)p;
    return result(!kill(getppid(), 0));
}
static int make_code(const struct place *p)
{
    (void)p;
    void *both = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (both != MAP_FAILED)
        return COULD;
    void *data = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return data == MAP_FAILED ? ODD : result(!mprotect(data, 4096, PROT_READ | PROT_EXEC));
}
static int use_inherited(const struct place *p)
{
    (void)p;
    errno = EPERM;
    for (int fd = 3; fd < 200; fd++)
        if (lseek(fd, 0, SEEK_CUR) >= 0)
            return COULD;
    return REFUSED;
}
static int work_and_write(const struct place *p)
{
    (void)p;
    char *memory = malloc(1 << 20);
    if (!memory)
        return ODD;
    memset(memory, 1, 1 << 20);
    int ends[2] = {STDIN_FILENO, STDOUT_FILENO};
    return result(memory[77] == 1 && write(ends[1], "", 0) == 0 && read(ends[0], memory, 0) == 0);
}
static int take_memory(const struct place *p)
{
    (void)p;
    void *much = mmap(NULL, 512 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return much != MAP_FAILED ? COULD : errno == ENOMEM ? REFUSED : ODD;
}
static int raise_limit(const struct place *p)
{
    (void)p;
    struct rlimit r = {1, 1};
    return result(!setrlimit(RLIMIT_CPU, &r));
}
static int turn_for_ever(const struct place *p)
{
    (void)p;
    volatile bool on = true;
    while (on)
        ;
    return COULD;
}
static int wait_long(const struct place *p)
{
    (void)p;
    struct timespec t = {1000, 0};
    return nanosleep(&t, NULL) ? ODD : COULD;
}

/* A reader of one document: what it may do at all is compute, and read and write what is open. */
static void test_nothing_allowed(void **state)
{
    static const struct {
        const char *name;
        question *q;
    } refused[] = {
        {"network", open_network},   {"netlink", open_netlink}, {"reading", read_hidden},       {"writing", write_new},
        {"removing", remove_hidden}, {"exec", run_true},        {"a process", make_process},    {"ptrace", look_into_parent},
        {"kill", stop_parent},       {"code", make_code},       {"descriptors", use_inherited}, {"limits", raise_limit},
    };
    const struct place *p = *state;
    const struct confine nothing = {0};
    int inherited = open(p->hidden, O_RDONLY); /* the child must not have it */
    assert_true(inherited >= 0);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        int got = ask(&nothing, refused[i].q, p);
        if (got != REFUSED)
            fail_msg("%s: %d", refused[i].name, got);
    }
    close(inherited);
    assert_int_equal(ask(&nothing, work_and_write, p), COULD);
}

static void test_each_allowance(void **state)
{
    const struct place *p = *state;
    const char *const read[] = {p->readable, "/nowhere/at/all", NULL}, *const write[] = {p->writable, NULL};
    const char *const exec[] = {"/bin/true", "/lib", "/lib64", "/usr/lib", NULL};
    struct confine c = {.read = read};
    struct confinement probe;
    assert_int_equal(confine_prepare(&c, &probe, NULL), OK);
    bool landlock = probe.landlock_abi > 0;
    confine_release(&probe);
    if (!landlock) {
        print_message("this kernel has no Landlock: paths are not tested\n");
        assert_int_equal(ask(&c, read_readable, p), REFUSED); /* then nothing is opened at all */
        return;
    }
    assert_int_equal(ask(&c, read_readable, p), COULD);
    assert_int_equal(ask(&c, read_hidden, p), REFUSED);
    assert_int_equal(ask(&c, write_readable, p), REFUSED);
    assert_int_equal(ask(&c, write_new, p), REFUSED);
    c = (struct confine){.write = write, .limits = {.file_bytes = 4096}};
    assert_int_equal(ask(&c, write_new, p), COULD);
    assert_int_equal(ask(&c, write_much, p), REFUSED);
    assert_int_equal(ask(&c, write_readable, p), REFUSED);
    assert_int_equal(ask(&c, remove_hidden, p), REFUSED);
    c = (struct confine){.exec = exec};
    assert_int_equal(ask(&c, run_true, p), 0);
    assert_int_equal(ask(&c, run_false, p), REFUSED);
    assert_int_equal(ask(&c, read_hidden, p), REFUSED);
    assert_int_equal(ask(&c, open_network, p), REFUSED);
}

static void test_flags(void **state)
{
    const struct place *p = *state;
    struct confine c = {.flags = CONFINE_NETWORK};
    assert_int_equal(ask(&c, open_network, p), COULD);
    assert_int_equal(ask(&c, open_netlink, p), REFUSED);
    assert_int_equal(ask(&c, make_process, p), REFUSED);
    c = (struct confine){.flags = CONFINE_PROCESSES, .limits = {.processes_max = 10000}};
    assert_int_equal(ask(&c, make_process, p), COULD);
    assert_int_equal(ask(&c, open_network, p), REFUSED);
    c = (struct confine){.flags = CONFINE_JIT};
    assert_int_equal(ask(&c, make_code, p), COULD);
}

static void test_limits(void **state)
{
    const struct place *p = *state;
    struct confine c = {.limits = {.cpu_s = 1}};
    if (!SANITIZED) { /* a second of computing is enough once */
        assert_int_equal(ask(&c, turn_for_ever, p), 100 + SIGKILL);
        c = (struct confine){.limits = {.memory_bytes = 256 << 20}};
        assert_int_equal(ask(&c, take_memory, p), REFUSED);
    }
    c = (struct confine){.limits = {.wall_ms = 50}};
    assert_int_equal(ask(&c, wait_long, p), 100 + SIGALRM);
}

/* The parent's end is the child's, too: a pipe whose only writer it is reads as ended. */
static void test_dies_with_parent(void **state)
{
    (void)state;
    struct confinement made;
    const struct confine c = {0};
    int ends[2];
    assert_int_equal(confine_prepare(&c, &made, NULL), OK);
    assert_int_equal(pipe(ends), 0);
    pid_t middle = fork();
    if (!middle) {
        pid_t parent = getpid();
        if (!fork()) {
            dup2(ends[1], STDOUT_FILENO);
            if (confine_enter(&made, parent, -1) || write(STDOUT_FILENO, "r", 1) != 1)
                _exit(1);
            _exit(wait_long(NULL));
        }
        char ready;
        _exit(read(ends[0], &ready, 1) != 1);
    }
    close(ends[1]);
    int status;
    assert_int_equal(waitpid(middle, &status, 0), middle);
    assert_int_equal(status, 0);
    char rest;
    assert_int_equal(read(ends[0], &rest, 1), 0); /* the grandchild is gone */
    close(ends[0]);
    confine_release(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_allowed), cmocka_unit_test(test_each_allowance),   cmocka_unit_test(test_flags),
        cmocka_unit_test(test_limits),          cmocka_unit_test(test_dies_with_parent),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
