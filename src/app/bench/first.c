/* Time to the first token, in a worker of its own that keeps prefixes in a temporary folder. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/bench/bench.h"

static struct bench_row *row_of(struct bench *b, enum bench_kind kind)
{
    struct bench_row *row = b->rows;
    while (row->kind != kind)
        row++;
    return row;
}

static struct gen_load keeping_load(struct bench *b, const uint8_t key[32])
{
    struct gen_load load = bench_load(b);
    load.keep_dir = str_of(b->keep_dir);
    load.keep_key = str_from(key, 32);
    load.keep_bytes_max = load.keep_day_bytes_max = UINT64_C(64) << 30;
    return load;
}

/* The worker writes what it keeps while it is idle; a question is answered only between two blocks, so it is at rest when the
 * number of files no longer grows. */
static uint32_t files_kept(const struct bench *b)
{
    uint32_t n = 0;
    DIR *d = opendir(b->keep_dir);
    for (struct dirent *e; d && (e = readdir(d));)
        n += e->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

static void wait_until_kept(const struct bench *b)
{
    enum { LOOK_US = 200000, LOOKS_MAX = 600 };
    uint32_t before = UINT32_MAX;
    for (int i = 0; i < LOOKS_MAX; i++) {
        uint32_t now = files_kept(b);
        if (now == before)
            return;
        before = now;
        usleep(LOOK_US);
    }
}

static int ask_first(struct bench *b, enum bench_kind kind, size_t n, double before_ms)
{
    struct gen_timings t;
    int r = bench_ask(b, n, 1, 1, 1, &t);
    if (!r)
        bench_add(b, row_of(b, kind), before_ms + (double)t.prefill_ms);
    return r;
}

static int restart(struct bench *b, const uint8_t key[32], double *ret_ms)
{
    worker_client_close(b->worker);
    b->worker = NULL;
    struct gen_load load = keeping_load(b, key);
    double begin = clock_s(b->app->clock);
    int r = bench_start_worker(b, &load);
    *ret_ms = (clock_s(b->app->clock) - begin) * 1e3;
    return r;
}

int bench_first(struct bench *b)
{
    uint8_t key[32];
    size_t n = (size_t)b->app->args.prompt;
    double start_ms;
    if (!b->keep_dir[0]) {
        snprintf(b->keep_dir, sizeof b->keep_dir, "/tmp/hearth-bench-XXXXXX");
        if (!mkdtemp(b->keep_dir)) {
            b->keep_dir[0] = 0;
            return err_set(&b->e, ERR_IO, "no temporary folder can be made in /tmp");
        }
    }
    if (rng_entropy(key, sizeof key))
        return err_set(&b->e, ERR_IO, "%s", err_text(ERR_IO));
    int r = restart(b, key, &start_ms);
    if (r)
        return r;
    bench_draw(b, b->prompt_max);
    if ((r = ask_first(b, BENCH_FIRST_START, 1, start_ms)) || (r = ask_first(b, BENCH_FIRST_COLD, n, 0)) ||
        (r = ask_first(b, BENCH_FIRST_WARM, n, 0)))
        return r;
    wait_until_kept(b);
    r = restart(b, key, &start_ms);
    return r ? r : ask_first(b, BENCH_FIRST_RESTART, n, 0);
}

void bench_first_clean(struct bench *b)
{
    if (!b->keep_dir[0])
        return;
    DIR *d = opendir(b->keep_dir);
    for (struct dirent *e; d && (e = readdir(d));)
        if (e->d_name[0] != '.')
            unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        closedir(d);
    rmdir(b->keep_dir);
}
