/* The journal as a whole: written, rotated, packed, kept for so long, killed, asked. */
#include "../check.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "observe/files.h"
#include "observe/journal.h"
#include "observe/query.h"

enum { FOUND_MAX = 20000 };
static const int64_t day_ms = 86400000, start_ms = 1700000000000;

struct fixture {
    char dir[64];
    _Atomic int64_t now_ms;
    struct clock clock;
    struct journal_config c;
    struct journal *j;
    /* what was found */
    size_t n;
    uint64_t ids[FOUND_MAX], lost;
    char subjects[FOUND_MAX][24];
    bool content;
    size_t damaged;
};

static int64_t wall_ms(void *ctx)
{
    return atomic_load(&((struct fixture *)ctx)->now_ms);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/hearth-journal-XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    atomic_store(&f->now_ms, start_ms);
    f->clock = (struct clock){.wall_ms = wall_ms, .ctx = f};
    f->c = (struct journal_config){.dir = f->dir, .key = {9}, .clock = &f->clock, .flush_ms = 10};
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    struct journal_files files = {0};
    char path[JOURNAL_PATH_BYTES];
    journal_close(f->j);
    journal_files_list(f->dir, &files);
    for (size_t i = 0; i < files.n; i++) {
        journal_file_path(f->dir, files.at[i].number, "", path, sizeof path);
        unlink(path);
    }
    journal_files_free(&files);
    rmdir(f->dir);
    free(f);
    return 0;
}

static void begin(struct fixture *f)
{
    struct err e = {0};
    journal_close(f->j);
    f->j = NULL;
    assert_int_equal(journal_open(&f->c, &f->j, &e), OK);
}

static void add(struct fixture *f, const char *subject)
{
    journal_add(f->j, &(struct journal_event){.time_ms = wall_ms(f),
                                              .owner = 1,
                                              .what = STR("POST /v1/chat/completions"),
                                              .subject = str_of(subject),
                                              .content = STR("what nobody shall read")});
}

static void add_numbers(struct fixture *f, int from, int to)
{
    char text[24];
    for (int i = from; i < to; i++) {
        snprintf(text, sizeof text, "model %d", i);
        add(f, text);
    }
}

static int on_found(void *ctx, uint64_t id, const struct journal_event *e)
{
    struct fixture *f = ctx;
    f->content = f->content || e->content.len;
    if (e->end == JOURNAL_LOST) {
        f->lost += e->count;
        return OK;
    }
    assert_true(f->n < FOUND_MAX);
    assert_true(!f->n || id > f->ids[f->n - 1]);
    f->ids[f->n] = id;
    str_copy(f->subjects[f->n++], sizeof f->subjects[0], e->subject);
    return OK;
}

static size_t ask(struct fixture *f, struct journal_query q)
{
    struct journal_report report;
    q.dir = f->dir;
    memcpy(q.key, f->c.key, sizeof q.key);
    q.limit = q.limit ? q.limit : JOURNAL_LIMIT_MAX;
    f->n = f->lost = 0;
    f->content = false;
    assert_int_equal(journal_query(&q, on_found, f, &report), OK);
    f->damaged = report.damaged;
    return f->n;
}

static size_t n_files(struct fixture *f, uint64_t *ret_bytes)
{
    struct journal_files files;
    assert_int_equal(journal_files_list(f->dir, &files), OK);
    size_t n = files.n;
    *ret_bytes = 0;
    for (size_t i = 0; i < n; i++)
        *ret_bytes += files.at[i].bytes;
    journal_files_free(&files);
    return n;
}

/* ---- writing and asking */

static void what_was_added_is_found_in_order(void **state)
{
    struct fixture *f = *state;
    begin(f);
    assert_int_equal(ask(f, (struct journal_query){0}), 0);
    add_numbers(f, 0, 10);
    journal_flush(f->j);
    assert_int_equal(ask(f, (struct journal_query){0}), 10);
    begin(f); /* another process */
    add_numbers(f, 10, 20);
    journal_flush(f->j);
    assert_int_equal(ask(f, (struct journal_query){0}), 20);
    for (int i = 0; i < 20; i++) {
        char want[24];
        snprintf(want, sizeof want, "model %d", i);
        assert_string_equal(f->subjects[i], want);
    }
    assert_false(f->content);
    f->c.content = true;
    begin(f);
    add(f, "with its text");
    journal_close(f->j); /* what was added is on the disk */
    f->j = NULL;
    assert_int_equal(ask(f, (struct journal_query){0}), 21);
    assert_true(f->content);
}

static void questions_have_bounds(void **state)
{
    struct fixture *f = *state;
    begin(f);
    for (int i = 0; i < 30; i++) {
        if (i == 10)
            begin(f);
        atomic_store(&f->now_ms, start_ms + i);
        add_numbers(f, i, i + 1);
        journal_flush(f->j);
    }
    assert_int_equal(ask(f, (struct journal_query){.limit = 3}), 3);
    assert_string_equal(f->subjects[0], "model 27");
    assert_int_equal(ask(f, (struct journal_query){.since_ms = start_ms + 5}), 25);
    assert_int_equal(ask(f, (struct journal_query){.since_ms = start_ms + 25}), 5);
    assert_int_equal(ask(f, (struct journal_query){0}), 30);
    uint64_t tenth = f->ids[9], twentieth = f->ids[19];
    assert_int_equal(ask(f, (struct journal_query){.after = tenth, .before = twentieth}), 9);
    assert_string_equal(f->subjects[0], "model 10");
    assert_int_equal(ask(f, (struct journal_query){.before = tenth, .limit = 2}), 2);
    assert_string_equal(f->subjects[1], "model 8");
    assert_int_equal(ask(f, (struct journal_query){.after = UINT64_MAX}), 0);
    struct journal_report report;
    assert_int_equal(journal_query(&(struct journal_query){.dir = f->dir}, on_found, f, &report), ERR_INVAL);
    assert_int_equal(journal_query(&(struct journal_query){.dir = "/nowhere/at/all", .limit = 1}, on_found, f, &report), OK);
}

static void nothing_can_be_read_without_the_key(void **state)
{
    struct fixture *f = *state;
    struct buf bytes = buf_make(SEGMENT_FILE_BYTES_MAX * 2);
    f->c.content = true;
    begin(f);
    add(f, "a-model-called-wolpertinger");
    journal_flush(f->j);
    assert_int_equal(journal_file_read(f->dir, 1, &bytes), OK);
    static const char *const planted[] = {"wolpertinger", "nobody", "completions"};
    for (size_t i = 0; i < sizeof planted / sizeof *planted; i++)
        assert_true(str_find(buf_str(&bytes), str_of(planted[i]), 0) < 0);
    f->c.key[0]++;
    assert_int_equal(ask(f, (struct journal_query){0}), 0);
    assert_int_equal(f->damaged, 1);
    buf_free(&bytes);
}

/* ---- files */

static void a_day_is_a_file_which_is_packed_when_it_ends(void **state)
{
    struct fixture *f = *state;
    struct segment head;
    uint64_t before, after;
    begin(f);
    for (int i = 0; i < 100; i++) { /* a hundred small blocks */
        add_numbers(f, i * 10, i * 10 + 10);
        journal_flush(f->j);
    }
    assert_int_equal(n_files(f, &before), 1);
    assert_int_equal(ask(f, (struct journal_query){0}), 1000);
    uint64_t id = f->ids[500];
    atomic_store(&f->now_ms, start_ms + day_ms);
    add(f, "tomorrow");
    journal_flush(f->j);
    assert_int_equal(n_files(f, &after), 2);
    assert_true(after * 4 < before);
    assert_int_equal(journal_file_head(f->dir, 1, &head), OK);
    assert_true(head.flags & SEGMENT_PACKED);
    assert_int_equal(head.created_ms, start_ms);
    assert_int_equal(ask(f, (struct journal_query){0}), 1001);
    assert_int_equal(f->ids[500], id);
    print_message("1,000 events: %llu bytes as written, %llu with the next day's first when packed\n", (unsigned long long)before,
                  (unsigned long long)after);
}

static void the_oldest_go(void **state)
{
    struct fixture *f = *state;
    uint64_t bytes;
    f->c.keep_days = 3;
    begin(f);
    for (int day = 0; day < 8; day++) {
        atomic_store(&f->now_ms, start_ms + day * day_ms);
        add_numbers(f, day, day + 1);
        journal_flush(f->j);
    }
    assert_int_equal(ask(f, (struct journal_query){0}), 5); /* today, and files that began at most four days ago */
    assert_string_equal(f->subjects[0], "model 3");
    f->c.keep_days = 0;
    f->c.bytes_max = 1;
    begin(f);
    add(f, "today");
    journal_flush(f->j);
    assert_int_equal(n_files(f, &bytes), 1);
    assert_int_equal(ask(f, (struct journal_query){0}), 1);
}

static void a_file_has_a_bound(void **state)
{
    struct fixture *f = *state;
    struct buf large = buf_make(JOURNAL_CONTENT_BYTES_MAX);
    uint64_t bytes;
    f->c.content = true;
    while (large.len < JOURNAL_CONTENT_BYTES_MAX)
        buf_putc(&large, (char)('a' + large.len % 23));
    begin(f);
    for (int i = 0; i < 3 * JOURNAL_ROTATE_BYTES / JOURNAL_CONTENT_BYTES_MAX; i++) {
        journal_add(f->j, &(struct journal_event){.subject = STR("x"), .content = buf_str(&large)});
        if (i % 16 == 0)
            journal_flush(f->j);
    }
    journal_flush(f->j);
    size_t n = n_files(f, &bytes);
    assert_true(n == 3 || n == 4);
    assert_int_equal(ask(f, (struct journal_query){0}) + f->lost, 3 * JOURNAL_ROTATE_BYTES / JOURNAL_CONTENT_BYTES_MAX);
    buf_free(&large);
}

/* ---- what goes wrong */

static void what_does_not_fit_is_counted(void **state)
{
    struct fixture *f = *state;
    enum { N = 20000 };
    begin(f);
    add_numbers(f, 0, N); /* faster than a disk, more than the queue holds */
    journal_flush(f->j);
    uint64_t lost = journal_lost(f->j);
    add(f, "behind them");
    journal_flush(f->j);
    ask(f, (struct journal_query){.limit = 1});
    assert_string_equal(f->subjects[0], "behind them");
    size_t n = 0;
    uint64_t told = 0;
    for (uint64_t before = 0;;) { /* page by page, as a client does */
        size_t some = ask(f, (struct journal_query){.before = before, .limit = 5000});
        n += some;
        told += f->lost;
        if (!some)
            break;
        before = f->ids[0];
    }
    assert_int_equal(told, lost);
    assert_int_equal(n + lost, N + 1);
}

static void a_folder_that_cannot_be_written_stops_nobody(void **state)
{
    struct fixture *f = *state;
    char path[JOURNAL_PATH_BYTES];
    begin(f);
    /* The next three names are taken, by folders. */
    for (uint32_t i = 1; i <= 3; i++) {
        journal_file_path(f->dir, i, "", path, sizeof path);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    add(f, "lost");
    journal_flush(f->j);
    assert_int_equal(journal_lost(f->j), 1);
    for (int i = 0; i < 4; i++) {
        add(f, "later");
        journal_flush(f->j);
    }
    assert_true(ask(f, (struct journal_query){0}) >= 1);
    assert_int_equal(f->n + f->lost, 5);
    for (uint32_t i = 1; i <= 3; i++) {
        journal_file_path(f->dir, i, "", path, sizeof path);
        assert_int_equal(rmdir(path), 0);
    }
}

/* A child writes until it is killed, and tells through a pipe what it knows to be on the disk. */
static _Noreturn void write_until_killed(struct fixture *f, int pipe_fd)
{
    begin(f);
    for (int i = 0;; i++) {
        add_numbers(f, i, i + 1);
        if (i % 3 == 0)
            journal_flush(f->j);
        if (i % 3 == 0 && write(pipe_fd, &(int){i + 1}, sizeof i) != sizeof i)
            _exit(1);
    }
}

static void a_kill_loses_nothing_that_was_flushed(void **state)
{
    struct fixture *f = *state;
    size_t before = 0;
    for (int round = 0; round < 10; round++) {
        int fds[2], promised = 0, n;
        assert_int_equal(pipe(fds), 0);
        pid_t child = fork();
        if (!child)
            write_until_killed(f, fds[1]);
        close(fds[1]);
        for (int i = 0; i <= round * 3; i++)
            assert_int_equal(read(fds[0], &promised, sizeof promised), sizeof promised);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        while (read(fds[0], &n, sizeof n) == sizeof n)
            promised = n;
        close(fds[0]);
        size_t found = ask(f, (struct journal_query){0});
        assert_true(found >= before + (size_t)promised);
        assert_int_equal(f->damaged, 0);
        before = found;
    }
    /* Its files are packed by the next one, and a file that was cut in its last block holds. */
    char path[JOURNAL_PATH_BYTES];
    struct stat st;
    journal_file_path(f->dir, 10, "", path, sizeof path);
    assert_int_equal(stat(path, &st), 0);
    size_t all = ask(f, (struct journal_query){0});
    assert_int_equal(truncate(path, st.st_size - 1), 0);
    size_t cut = ask(f, (struct journal_query){0});
    assert_true(cut < all && !f->damaged);
    begin(f);
    add(f, "after the crash");
    journal_flush(f->j);
    assert_int_equal(ask(f, (struct journal_query){0}), cut + 1);
}

static void *many(void *ctx)
{
    add_numbers(ctx, 0, 500);
    return NULL;
}

static void threads_may_add_while_others_ask(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[4];
    begin(f);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, many, f), 0);
    for (int i = 0; i < 20; i++) {
        ask(f, (struct journal_query){0});
        assert_int_equal(f->damaged, 0);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    journal_flush(f->j);
    assert_int_equal(ask(f, (struct journal_query){0}), 2000);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    static const struct CMUnitTest tests[] = {
        T(what_was_added_is_found_in_order),
        T(questions_have_bounds),
        T(nothing_can_be_read_without_the_key),
        T(a_day_is_a_file_which_is_packed_when_it_ends),
        T(the_oldest_go),
        T(a_file_has_a_bound),
        T(what_does_not_fit_is_counted),
        T(a_folder_that_cannot_be_written_stops_nobody),
        T(a_kill_loses_nothing_that_was_flushed),
        T(threads_may_add_while_others_ask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
