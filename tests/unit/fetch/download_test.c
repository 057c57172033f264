/* Downloads from a server that breaks, lies, changes its mind and goes silent: each ends complete and right, or refused, never half. */
#include "fetch/download.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"
#include "../sanitized.h"
#include "fetch/digest.h"
#include "fetch/download_internal.h"
#include "fetch/part.h"
#include "server.h"

enum { BYTES = 4 * PART_PIECE + 12345 };

enum how {
    WELL,
    NO_RANGES,
    NO_RANGES_CUT,   /* always breaks in the middle */
    CHUNKED,         /* no ranges, no length */
    CLOSE_DELIMITED, /* no ranges, no length, nothing */
    CUT,             /* each answer breaks after a quarter of a piece */
    CUT_SOME,        /* every third answer breaks at once */
    BUSY,            /* 503 at first, then well */
    BUSY_LATER,      /* 429 with Retry-After now and then */
    NEVER,           /* always 503 */
    ONE_ONLY,        /* more than one connection at a time gets 503 */
    THROTTLED,       /* slow, in small pieces */
    STALLED,         /* the first connection for data goes silent */
    WRONG_BYTES,     /* the right length, other bytes */
    CHANGES,         /* another version after some answers */
    CHANGES_ALWAYS,  /* another ETag each time */
    CHANGES_SIZE,    /* another version, of another size */
    LONGER,          /* sends more than the range */
    SHORTER,         /* a Content-Range that promises more than comes */
    OTHER_RANGE,     /* another range than was asked for */
    BAD_RANGE,       /* a Content-Range that is none */
    HUGE_SIZE,       /* a size that no disk has */
    MOVED,           /* redirects to the other server, which is WELL */
    MOVED_CIRCLE,
    GATED,
    GONE,
    TEAPOT,
    EMPTY,
    CUT_ALL, /* no byte ever */
};

struct ctx {
    struct server here, there;
    _Atomic enum how how;
    char *bytes, *other;
    char sha256[DIGEST_HEX + 1];
    char dir[64], path[128];
    atomic_int answers, open_now, told; /* answers with data; told: the foreign server has seen the secret */
    atomic_bool cancel;
    int stop_after;
    uint64_t seen_total, seen_done;
    bool checked;
    struct err e;
};

static bool data(struct ctx *c, const struct server_request *q, const char *bytes, const char *etag, uint64_t size)
{
    uint64_t from = q->from, to = q->to < size ? q->to : size, say_from = from, say_size = size, send = to - from;
    int n = atomic_fetch_add(&c->answers, 1);
    if (c->how == OTHER_RANGE)
        say_from = from + 1;
    if (c->how == LONGER)
        send += 1000;
    if (c->how == SHORTER && send > 2000)
        send -= 1000;
    if (c->how == HUGE_SIZE)
        say_size = UINT64_C(1) << 39;
    if (c->how == BAD_RANGE)
        server_printf(q->fd, "HTTP/1.1 206 P\r\nContent-Length: %llu\r\nContent-Range: bytes */*\r\n\r\n", (unsigned long long)send);
    else
        server_printf(q->fd, "HTTP/1.1 206 P\r\nContent-Length: %llu\r\nETag: %s\r\nContent-Range: bytes %llu-%llu/%llu\r\n\r\n",
                      (unsigned long long)send, etag, (unsigned long long)say_from, (unsigned long long)(say_from + (to - from) - 1),
                      (unsigned long long)say_size);
    if (c->how == STALLED && n == 1)
        return server_sleep_ms(1000), false;
    if (c->how == CUT && send > PART_PIECE / 4)
        return server_send(q->fd, str_from(bytes + from, PART_PIECE / 4)) && false;
    if (c->how == CUT_ALL && send > 1)
        return false;
    if (c->how == CUT_SOME && n % 3 == 2)
        return false;
    if (c->how == THROTTLED && send > (64 << 10)) {
        for (uint64_t at = 0; at < send; at += 64 << 10) {
            if (!server_send(q->fd, str_head(str_from(bytes + from + at, send - at), 64 << 10)))
                return false;
            server_sleep_ms(5);
        }
        return true;
    }
    return server_send(q->fd, str_from(bytes + from, to - from + (c->how == LONGER ? 1000 : 0) < send ? to - from : send));
}

static bool whole(struct ctx *c, const struct server_request *q)
{
    if (c->how == CHUNKED) {
        server_printf(q->fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n", BYTES);
        return server_send(q->fd, str_from(c->bytes, BYTES)) && server_printf(q->fd, "\r\n0\r\n\r\n");
    }
    if (c->how == CLOSE_DELIMITED)
        return server_printf(q->fd, "HTTP/1.1 200 OK\r\n\r\n") && server_send(q->fd, str_from(c->bytes, BYTES)) && false;
    if (c->how == NO_RANGES_CUT)
        return server_printf(q->fd, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", BYTES) &&
               server_send(q->fd, str_from(c->bytes, BYTES / 2)) && false;
    return server_answer(q->fd, 200, "", str_from(c->bytes, c->how == EMPTY ? 0 : BYTES));
}

static bool answer_there(void *arg, const struct server_request *q)
{
    struct ctx *c = arg;
    if (str_find(q->head, STR("secret"), 0) >= 0)
        atomic_store(&c->told, 1);
    return data(c, q, c->bytes, "\"v1\"", BYTES);
}

static bool only_one(struct ctx *c, const struct server_request *q)
{
    bool alone = !atomic_fetch_add(&c->open_now, 1), ok;
    if (alone)
        server_sleep_ms(2);
    ok = alone ? data(c, q, c->bytes, "\"v1\"", BYTES) : server_answer(q->fd, 503, "", STR("one at a time"));
    atomic_fetch_sub(&c->open_now, 1);
    return ok;
}

static bool answer(void *arg, const struct server_request *q)
{
    struct ctx *c = arg;
    char extra[256], etag[32];
    switch (atomic_load(&c->how)) {
    case NO_RANGES:
    case NO_RANGES_CUT:
    case CHUNKED:
    case CLOSE_DELIMITED:
    case EMPTY: return whole(c, q);
    case BUSY:
        if (q->number < 2)
            return server_answer(q->fd, 503, "Retry-After: 0\r\n", STR("busy"));
        break;
    case BUSY_LATER:
        if (q->number % 3 == 1)
            return server_answer(q->fd, 429, "", STR("busy"));
        break;
    case NEVER: return server_answer(q->fd, 503, "", STR("busy"));
    case ONE_ONLY: return only_one(c, q);
    case WRONG_BYTES: return data(c, q, c->other, "\"v1\"", BYTES);
    case CHANGES: /* the first version is c->other */
        return q->number < 4 ? data(c, q, c->other, "\"v0\"", BYTES) : data(c, q, c->bytes, "\"v1\"", BYTES);
    case CHANGES_ALWAYS: snprintf(etag, sizeof etag, "\"v%d\"", q->number); return data(c, q, c->bytes, etag, BYTES);
    case CHANGES_SIZE: return q->number < 3 ? data(c, q, c->other, "\"v0\"", BYTES + 1) : data(c, q, c->bytes, "\"v1\"", BYTES);
    case MOVED:
    case MOVED_CIRCLE:
        snprintf(extra, sizeof extra, "Location: %s/there\r\n", c->how == MOVED ? c->there.url : c->here.url);
        return server_answer(q->fd, 302, extra, STR(""));
    case GATED: return server_answer(q->fd, 403, "", STR("no"));
    case GONE: return server_answer(q->fd, 404, "", STR("no"));
    case TEAPOT: return server_answer(q->fd, 418, "", STR("no"));
    default: break;
    }
    return data(c, q, c->bytes, "\"v1\"", BYTES);
}

static void fill(char *p, size_t n, uint64_t seed)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        p[i] = (char)(seed >> 56);
    }
}

static int setup(void **state)
{
    static struct ctx c;
    static char bytes[BYTES + 1000], other[BYTES + 1000];
    c = (struct ctx){.bytes = bytes, .other = other};
    if (!memcmp(bytes, other, sizeof bytes)) { /* zeros: this is the first test */
        fill(bytes, sizeof bytes, 1);
        fill(other, sizeof other, 2);
    }
    snprintf(c.dir, sizeof c.dir, "/tmp/hearth-download-XXXXXX");
    assert_non_null(mkdtemp(c.dir));
    snprintf(c.path, sizeof c.path, "%s/m.gguf", c.dir);
    int fd = open(c.path, O_RDWR | O_CREAT, 0600);
    assert_int_equal(write(fd, c.bytes, BYTES), BYTES);
    assert_int_equal(digest_file(fd, BYTES, NULL, NULL, NULL, c.sha256, NULL), OK);
    close(fd);
    unlink(c.path);
    server_start(&c.here, answer, &c);
    server_start(&c.there, answer_there, &c);
    *state = &c;
    return 0;
}

static char *beside(const struct ctx *c, const char *suffix)
{
    static char path[160];
    snprintf(path, sizeof path, "%s%s", c->path, suffix);
    return path;
}

static int teardown(void **state)
{
    struct ctx *c = *state;
    server_stop(&c->here);
    server_stop(&c->there);
    unlink(c->path);
    unlink(beside(c, ".part"));
    unlink(beside(c, ".part.state"));
    assert_int_equal(rmdir(c->dir), 0); /* nothing else was left behind */
    return 0;
}

static void on_progress(void *ctx, const struct download_progress *p)
{
    struct ctx *c = ctx;
    c->seen_total = p->total;
    if (p->phase == DOWNLOAD_LOADING)
        c->seen_done = p->done;
    if (c->stop_after && atomic_load(&c->answers) > c->stop_after)
        atomic_store(&c->cancel, true);
}

static int on_check(void *ctx, const char *path, struct err *e)
{
    struct ctx *c = ctx;
    struct stat st;
    c->checked = true;
    assert_int_equal(stat(path, &st), 0);
    return st.st_size == BYTES ? OK : err_set(e, ERR_CORRUPT, "not the right size");
}

static int run_at(struct ctx *c, enum how how, struct download_request q)
{
    char url[160];
    const char *const headers[] = {"Authorization: Bearer secret", NULL};
    c->how = how;
    snprintf(url, sizeof url, "%s/m.gguf", c->here.url);
    q.url = url;
    q.headers = headers;
    q.path = c->path;
    q.retry_ms = 1;
    q.attempts_max = q.attempts_max ? q.attempts_max : 5;
    q.cancel = &c->cancel;
    q.progress = on_progress;
    q.check = q.check ? q.check : on_check;
    q.ctx = c;
    return download_run(&q, &c->e);
}

static void assert_whole(struct ctx *c)
{
    char *got = malloc(BYTES + 1);
    int fd = open(c->path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, got, BYTES + 1), BYTES);
    assert_int_equal(memcmp(got, c->bytes, BYTES), 0);
    close(fd);
    free(got);
    assert_int_not_equal(access(beside(c, ".part"), F_OK), 0);
    assert_int_not_equal(access(beside(c, ".part.state"), F_OK), 0);
    assert_true(c->checked);
}

static void assert_nothing(struct ctx *c)
{
    assert_int_not_equal(access(c->path, F_OK), 0);
    assert_int_not_equal(access(beside(c, ".part"), F_OK), 0);
    assert_int_not_equal(access(beside(c, ".part.state"), F_OK), 0);
}

static bool says(struct ctx *c, const char *word)
{
    bool found = str_find(str_of(c->e.text), str_of(word), 0) >= 0;
    if (!found)
        print_error("\"%s\" does not say \"%s\"\n", c->e.text, word);
    return found;
}

/* Each of these ends complete and right, with and without a digest. */
static void complete(void **state, enum how how)
{
    struct ctx *c = *state;
    assert_int_equal(run_at(c, how, (struct download_request){.sha256 = c->sha256, .size = BYTES}), OK);
    assert_whole(c);
    unlink(c->path);
    assert_int_equal(run_at(c, how, (struct download_request){0}), OK);
    assert_whole(c);
}

static void test_complete_well(void **state)
{
    complete(state, WELL);
    struct ctx *c = *state;
    assert_int_equal(c->seen_total, BYTES);
    assert_int_equal(run_at(c, WELL, (struct download_request){0}), ERR_EXISTS);
    assert_whole(c);
}
static void test_complete_without_ranges(void **state)
{
    complete(state, NO_RANGES);
}
static void test_complete_chunked(void **state)
{
    complete(state, CHUNKED);
}
static void test_complete_cut(void **state)
{
    complete(state, CUT);
}
static void test_complete_cut_some(void **state)
{
    complete(state, CUT_SOME);
}
static void test_complete_busy(void **state)
{
    complete(state, BUSY);
    unlink(((struct ctx *)*state)->path);
    complete(state, BUSY_LATER);
}
static void test_complete_one_connection_only(void **state)
{
    complete(state, ONE_ONLY);
}
static void test_complete_throttled(void **state)
{
    complete(state, THROTTLED);
}
static void test_complete_changes(void **state)
{
    complete(state, CHANGES);
}
static void test_complete_changes_size(void **state)
{
    struct ctx *c = *state;
    assert_int_equal(run_at(c, CHANGES_SIZE, (struct download_request){0}), OK);
    assert_whole(c);
}

static void test_complete_stalled(void **state)
{
    struct ctx *c = *state;
    assert_int_equal(run_at(c, STALLED, (struct download_request){.stall_ms_max = 300}), OK);
    assert_whole(c);
}

static void test_moved(void **state)
{
    complete(state, MOVED);
    struct ctx *c = *state;
    assert_true(atomic_load(&c->there.requests) > 0);
    assert_int_equal(atomic_load(&c->told), 0); /* the token stayed at home */
    unlink(c->path);
    assert_int_equal(run_at(c, MOVED_CIRCLE, (struct download_request){0}), ERR_LIMIT);
    assert_nothing(c);
}

static void refused(void **state, enum how how, bool with_digest, int code, const char *word)
{
    struct ctx *c = *state;
    struct download_request q = {.sha256 = with_digest ? c->sha256 : NULL, .size = with_digest ? BYTES : 0};
    int rc = run_at(c, how, q);
    if (rc != code)
        print_error("%d: %s %s\n", (int)how, err_name(rc), c->e.text);
    assert_int_equal(rc, code);
    assert_true(says(c, word));
    assert_nothing(c);
}

static void test_refused(void **state)
{
    refused(state, WRONG_BYTES, true, ERR_CORRUPT, "SHA-256");
    refused(state, GATED, true, ERR_DENIED, "token");
    refused(state, GONE, true, ERR_NOENT, "no file");
    refused(state, TEAPOT, true, ERR_UNSUPPORTED, "418");
    refused(state, NEVER, true, ERR_CLOSED, "503");
    refused(state, HUGE_SIZE, false, ERR_LIMIT, "not enough room");
    refused(state, HUGE_SIZE, true, ERR_CORRUPT, "should have");
    refused(state, BAD_RANGE, true, ERR_CORRUPT, "range");
    refused(state, OTHER_RANGE, true, ERR_CORRUPT, "range");
    refused(state, EMPTY, true, ERR_CORRUPT, "");
    refused(state, EMPTY, false, ERR_UNSUPPORTED, "");
    refused(state, NO_RANGES_CUT, true, ERR_CLOSED, "complete");
    refused(state, CLOSE_DELIMITED, false, ERR_UNSUPPORTED, "SHA-256");
    refused(state, CHANGES_ALWAYS, false, ERR_CORRUPT, "changed");
    refused(state, CUT_ALL, true, ERR_CLOSED, "");
}

/* Lies about lengths end in an error or in the right bytes. */
static void test_lengths_that_lie(void **state)
{
    struct ctx *c = *state;
    static const enum how lies[] = {LONGER, SHORTER};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        int rc = run_at(c, lies[i], (struct download_request){.sha256 = c->sha256});
        if (!rc) {
            assert_whole(c);
            unlink(c->path);
        } else {
            assert_int_not_equal(access(c->path, F_OK), 0);
        }
        unlink(beside(c, ".part"));
        unlink(beside(c, ".part.state"));
    }
    assert_int_equal(run_at(c, CLOSE_DELIMITED, (struct download_request){.sha256 = c->sha256}), OK);
    assert_whole(c);
}

static int refuse(void *ctx, const char *path, struct err *e)
{
    (void)ctx;
    (void)path;
    return err_set(e, ERR_CORRUPT, "not a model");
}

static void test_the_check_decides(void **state)
{
    struct ctx *c = *state;
    assert_int_equal(run_at(c, WELL, (struct download_request){.check = refuse}), ERR_CORRUPT);
    assert_true(says(c, "not a model"));
    assert_nothing(c);
    assert_int_equal(run_at(c, WELL, (struct download_request){.sha256 = "abc"}), ERR_INVAL);
    assert_nothing(c);
}

static void test_cancel_and_go_on(void **state)
{
    struct ctx *c = *state;
    c->stop_after = 3; /* the probe and three answers */
    assert_int_equal(run_at(c, CUT, (struct download_request){.connections = 1, .attempts_max = 100}), ERR_CANCELED);
    assert_int_not_equal(access(c->path, F_OK), 0);
    c->stop_after = 0;
    atomic_store(&c->cancel, false);
    assert_int_equal(run_at(c, WELL, (struct download_request){0}), OK);
    assert_whole(c);
}

/* A process loads a throttled file and is killed with SIGKILL again and again; the state lets it go on, and the end is right. */
static void test_killed(void **state)
{
    struct ctx *c = *state;
    int kills = SANITIZED ? 2 : 6;
    for (int i = 0; i < kills; i++) {
        pid_t pid = fork();
        if (!pid) {
            run_at(c, THROTTLED, (struct download_request){.connections = 2});
            _exit(0);
        }
        c->how = THROTTLED;
        server_sleep_ms(30 + 17 * i);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        if (!access(c->path, F_OK))
            break; /* it was faster */
    }
    int rc = run_at(c, WELL, (struct download_request){.sha256 = c->sha256});
    assert_true(rc == OK || rc == ERR_EXISTS);
    c->checked = true;
    assert_whole(c);
}

/* What the state calls done is not asked for again. */
static void test_goes_on_from_the_state(void **state)
{
    struct ctx *c = *state;
    struct part p;
    char url[160];
    snprintf(url, sizeof url, "%s/m.gguf", c->here.url);
    struct part_source s = {.url = str_of(url), .validator = STR("\"v1\""), .size = BYTES};
    assert_int_equal(part_open(c->path, &p, &c->e), OK);
    struct part second;
    assert_int_equal(part_open(c->path, &second, &c->e), ERR_EXISTS); /* locked */
    assert_int_equal(part_begin(&p, &s, &c->e), OK);
    assert_int_equal(part_write(&p, 0, str_from(c->bytes, 3 * (size_t)PART_PIECE), &c->e), OK);
    uint8_t pieces[] = {PIECE_DONE, PIECE_DONE, PIECE_DONE, PIECE_TAKEN, PIECE_FREE};
    assert_int_equal(p.n_pieces, sizeof pieces);
    assert_int_equal(part_save(&p, &s, pieces, &c->e), OK);
    part_close(&p);
    assert_int_equal(run_at(c, WELL, (struct download_request){.connections = 1}), OK);
    assert_whole(c);
    assert_in_range(atomic_load(&c->answers), 2, 3); /* the probe, and the rest */
}

/* Pieces of an earlier run that are wrong: found by the digest, and then loaded anew. */
static void test_spoiled_part(void **state)
{
    struct ctx *c = *state;
    struct part p;
    struct part_source s = {.url = STR("http://elsewhere/"), .sha256 = str_of(c->sha256), .size = BYTES};
    assert_int_equal(part_open(c->path, &p, &c->e), OK);
    assert_int_equal(part_begin(&p, &s, &c->e), OK);
    uint8_t pieces[] = {PIECE_DONE, PIECE_DONE, PIECE_FREE, PIECE_FREE, PIECE_FREE};
    assert_int_equal(part_save(&p, &s, pieces, &c->e), OK); /* zeros */
    part_close(&p);
    assert_int_equal(run_at(c, WELL, (struct download_request){.sha256 = c->sha256}), OK);
    assert_whole(c);
}

static void test_something_in_the_way(void **state)
{
    struct ctx *c = *state;
    assert_int_equal(mkdir(beside(c, ".part"), 0700), 0);
    assert_int_not_equal(run_at(c, WELL, (struct download_request){0}), OK);
    rmdir(beside(c, ".part"));
    assert_int_equal(symlink("/etc/hostname", beside(c, ".part")), 0);
    assert_int_not_equal(run_at(c, WELL, (struct download_request){0}), OK);
    unlink(beside(c, ".part"));
    assert_int_equal(mkfifo(beside(c, ".part"), 0600), 0);
    assert_int_equal(run_at(c, WELL, (struct download_request){0}), ERR_INVAL);
    assert_nothing((unlink(beside(c, ".part")), c));
}

/* The file system ends it in the middle of writing: here a limit on files' sizes, which also a full disk is reported like. */
static void test_no_room_while_writing(void **state)
{
    struct ctx *c = *state;
    struct rlimit was, tight;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    tight = (struct rlimit){BYTES / 2, was.rlim_max};
    static const enum how hows[] = {CHUNKED, NO_RANGES, WELL}; /* found while writing; when room is taken, twice */
    for (size_t i = 0; i < sizeof hows / sizeof *hows; i++) {
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
        int rc = run_at(c, hows[i], (struct download_request){.sha256 = c->sha256});
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
        assert_int_equal(rc, ERR_LIMIT);
        assert_non_null(strstr(c->e.text, "not enough room"));
        assert_non_null(strstr(c->e.text, "GB"));
        assert_nothing(c);
    }
    signal(SIGXFSZ, handler);
    assert_int_equal(run_at(c, CHUNKED, (struct download_request){.sha256 = c->sha256}), OK);
    assert_whole(c);
}

/* A server that cannot be asked, or refuses for now, does not cost what an earlier run has loaded. */
static void test_a_refusal_keeps_the_part(void **state)
{
    struct ctx *c = *state;
    struct part p;
    struct part_source s = {.url = STR("http://elsewhere/"), .sha256 = str_of(c->sha256), .size = BYTES}, seen;
    uint8_t pieces[] = {PIECE_DONE, PIECE_FREE, PIECE_DONE, PIECE_FREE, PIECE_DONE};
    uint64_t done = 0;
    char text[2048];
    assert_int_equal(part_open(c->path, &p, &c->e), OK);
    assert_int_equal(part_begin(&p, &s, &c->e), OK);
    assert_int_equal(part_save(&p, &s, pieces, &c->e), OK);
    part_close(&p);
    static const enum how hows[] = {NEVER, GATED, GONE};
    for (size_t i = 0; i < sizeof hows / sizeof *hows; i++)
        assert_int_not_equal(run_at(c, hows[i], (struct download_request){.sha256 = c->sha256}), OK);
    int fd = open(beside(c, ".part.state"), O_RDONLY);
    assert_true(fd >= 0);
    ssize_t n = read(fd, text, sizeof text);
    close(fd);
    assert_true(n > 0 && part_state_describe(str_from(text, (size_t)n), &seen, &done));
    assert_int_equal(done, 2 * PART_PIECE + BYTES % PART_PIECE);
    assert_int_equal(seen.size, BYTES);
    assert_true(str_eq(seen.sha256, str_of(c->sha256)));
    for (ssize_t i = 0; i < n; i++) { /* any change is noticed */
        text[i] ^= 1;
        assert_false(part_state_describe(str_from(text, (size_t)n), &seen, &done));
        text[i] ^= 1;
        assert_false(part_state_describe(str_from(text, (size_t)i), &seen, &done));
    }
    unlink(beside(c, ".part.state"));
    unlink(beside(c, ".part"));
}

static void test_content_ranges(void **state)
{
    (void)state;
    uint64_t from = 7, to = 7, size = 7;
    static const char *const bad[] = {"",
                                      "bytes",
                                      "bytes ",
                                      "bytes 0-1",
                                      "bytes 0-1/",
                                      "bytes 1-0/5",
                                      "bytes 0-5/5",
                                      "bytes */5",
                                      "bytes 0-1/*",
                                      "items 0-1/5",
                                      "bytes -1/5",
                                      "bytes 0--1/5",
                                      "bytes 0-1/5x",
                                      "bytes 0x0-1/5",
                                      "bytes 0-99999999999999999999/5",
                                      "bytes 0 -1/5"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(download_content_range(str_of(bad[i]), &from, &to, &size));
    assert_false(download_content_range((struct str){0}, &from, &to, &size));
    assert_int_equal(from + to + size, 21);
    assert_true(download_content_range(STR("Bytes 2-4/10"), &from, &to, &size));
    assert_int_equal(from, 2);
    assert_int_equal(to, 5);
    assert_int_equal(size, 10);
    assert_int_equal(download_retry_after(STR("3")), 3000);
    assert_int_equal(download_retry_after(STR("999999999999")), 120000);
    assert_int_equal(download_retry_after(STR("Wed, 21 Oct 2015 07:28:00 GMT")), 0);
    assert_int_equal(download_retry_after((struct str){0}), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_complete_well),
        T(test_complete_without_ranges),
        T(test_complete_chunked),
        T(test_complete_cut),
        T(test_complete_cut_some),
        T(test_complete_busy),
        T(test_complete_one_connection_only),
        T(test_complete_throttled),
        T(test_complete_changes),
        T(test_complete_changes_size),
        T(test_complete_stalled),
        T(test_moved),
        T(test_refused),
        T(test_lengths_that_lie),
        T(test_the_check_decides),
        T(test_cancel_and_go_on),
        T(test_killed),
        T(test_goes_on_from_the_state),
        T(test_spoiled_part),
        T(test_something_in_the_way),
        T(test_no_room_while_writing),
        T(test_a_refusal_keeps_the_part),
        cmocka_unit_test(test_content_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
