/* hearth bench: the same worker, frames and engine that serve people, timed by the engine's own clock.
 *
 *   prefill    one request of --prompt random tokens that writes one token
 *   decode     for each --depth and each number of --batch, that many answers of --gen tokens at once behind a prompt of that depth
 *   first      --first: time to the first token of a prompt of --prompt tokens, never seen, seen before, and seen before a restart;
 *              and from nothing (the program starts) to a first token
 *
 * Every figure is one row. Rounds alternate with passes over memory and with the peer (--compare), so that all meet the same
 * neighbours; what is printed are medians, and of the bandwidth the best pass, since it is a wall. Guessing is off: random weights
 * repeat themselves, and that would be too easy. */
#ifndef APP_BENCH_BENCH_H
#define APP_BENCH_BENCH_H

#include "app/membench.h"
#include "app/session.h"
#include "app/summary.h"
#include "base/json.h"
#include "base/rng.h"

enum {
    BENCH_LIST_MAX = 16,
    BENCH_BATCH_MAX = 256,
    BENCH_DEPTH_MAX = 1 << 18,
    BENCH_ROWS_MAX = 1 + BENCH_LIST_MAX * BENCH_LIST_MAX + 4,
    BENCH_ROUNDS_MAX = 1000,
    BENCH_SHORT_PROMPT = 16,
    BENCH_MEMORY_PASSES = 7,
};

enum bench_kind { BENCH_PREFILL, BENCH_DECODE, BENCH_FIRST_COLD, BENCH_FIRST_WARM, BENCH_FIRST_RESTART, BENCH_FIRST_START };

/* Tokens a second of PREFILL and DECODE; milliseconds of the others. */
struct bench_row {
    enum bench_kind kind;
    uint32_t depth, batch;
    uint32_t n_ours, n_theirs;
    double *ours, *theirs; /* [rounds] */
};

/* Bytes of the process. */
struct bench_memory {
    uint64_t resident, anonymous, mapped, peak;
};

struct bench {
    struct app *app;
    const char *path;
    struct summary file;
    struct worker_client *worker;
    uint32_t vocab, *prompt, prompt_max;
    struct rng rng;
    uint32_t depths[BENCH_LIST_MAX], batches[BENCH_LIST_MAX];
    size_t n_depths, n_batches, n_rows;
    uint32_t rounds;
    struct bench_row rows[BENCH_ROWS_MAX];
    double *numbers; /* owned: all rows' */
    struct bench_memory memory_begin, memory_end, peer_memory;
    struct pool *pool;
    struct membench *membench;
    double read_per_s;
    uint64_t last_id;
    char keep_dir[64];
    struct err e;
};

/* measure.c */
int bench_open(struct bench *b);
/* All rows but FIRST_… once. */
int bench_round(struct bench *b);
/* New tokens each time: a prompt that was seen before would come from the prefix cache. */
void bench_draw(struct bench *b, size_t n);
/* One request of the first n drawn tokens; its timings. */
int bench_ask(struct bench *b, size_t n, uint32_t choices, uint32_t requests, uint32_t max_tokens, struct gen_timings *ret);
void bench_add(struct bench *b, struct bench_row *row, double value);
struct gen_load bench_load(const struct bench *b);
int bench_start_worker(struct bench *b, const struct gen_load *load);

/* first.c: the four rows of --first, once. */
int bench_first(struct bench *b);
void bench_first_clean(struct bench *b);

/* peer.c: what --compare names, once, into the rows it knows. */
int bench_peer(struct bench *b);

/* print.c */
double bench_median(const double *v, uint32_t n);
void bench_print_text(const struct bench *b);
void bench_print_json(const struct bench *b);
void bench_look_at_memory(struct bench_memory *ret);

#endif
