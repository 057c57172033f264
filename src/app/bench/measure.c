#include <stdlib.h>

#include "app/bench/bench.h"
#include "app/interrupt.h"
#include "app/text.h"

void bench_draw(struct bench *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        b->prompt[i] = (uint32_t)(rng_u64(&b->rng) % b->vocab);
}

void bench_add(struct bench *b, struct bench_row *row, double value)
{
    if (row->n_ours < b->rounds)
        row->ours[row->n_ours++] = value;
}

static int submit(struct bench *b, size_t n_prompt, uint32_t choices, uint32_t max_tokens)
{
    struct gen_request r;
    gen_request_init(&r, GEN_TOKENS);
    r.id = ++b->last_id;
    r.prompt_tokens = b->prompt;
    r.n_prompt_tokens = n_prompt;
    r.n_choices = choices;
    r.max_tokens = max_tokens;
    r.sampling.temperature = 0;
    r.ignore_eos = true;
    return session_send(b->worker, &r, &b->e);
}

/* Waits for n answers; the slowest time of each kind. */
static int wait_for(struct bench *b, uint32_t n, struct gen_timings *ret)
{
    *ret = (struct gen_timings){0};
    while (n) {
        struct gen_frame f;
        if (interrupted())
            return err_set(&b->e, ERR_CANCELED, "%s", err_text(ERR_CANCELED));
        int r = worker_client_read(b->worker, &f);
        if (r == ERR_CANCELED)
            continue;
        if (r)
            return err_set(&b->e, r, "%s", err_text(r));
        if (f.type != GEN_FRAME_EVENT)
            continue;
        if (f.event.type == GEN_ERROR)
            return err_set(&b->e, ERR_INVAL, STR_FMT, STR_ARG(f.event.error.message));
        if (f.event.type != GEN_DONE)
            continue;
        n--;
        const struct gen_timings *t = &f.event.done.timings;
        ret->prefill_ms = t->prefill_ms > ret->prefill_ms ? t->prefill_ms : ret->prefill_ms;
        ret->decode_ms = t->decode_ms > ret->decode_ms ? t->decode_ms : ret->decode_ms;
    }
    return OK;
}

int bench_ask(struct bench *b, size_t n, uint32_t choices, uint32_t requests, uint32_t max_tokens, struct gen_timings *ret)
{
    for (uint32_t i = 0; i < requests; i++) {
        int r = submit(b, n, choices, max_tokens);
        if (r)
            return r;
    }
    return wait_for(b, choices * requests, ret);
}

static int measure_prefill(struct bench *b, struct bench_row *row)
{
    struct gen_timings t;
    size_t n = (size_t)b->app->args.prompt;
    bench_draw(b, n);
    int r = bench_ask(b, n, 1, 1, 1, &t);
    if (!r && t.prefill_ms > 0)
        bench_add(b, row, (double)n / ((double)t.prefill_ms * 1e-3));
    return r;
}

/* Choices of one request share its prompt, and so begin together and read a deep prompt once. */
static int measure_decode(struct bench *b, struct bench_row *row)
{
    struct gen_timings t;
    size_t n_prompt = row->depth > BENCH_SHORT_PROMPT ? row->depth : BENCH_SHORT_PROMPT;
    uint32_t choices = row->batch < GEN_CHOICES_MAX ? row->batch : GEN_CHOICES_MAX, requests = row->batch / choices;
    bench_draw(b, n_prompt);
    int r = bench_ask(b, n_prompt, choices, requests, (uint32_t)b->app->args.gen, &t);
    if (!r && t.decode_ms > 0)
        bench_add(b, row, (double)(choices * requests) * (double)(b->app->args.gen - 1) / ((double)t.decode_ms * 1e-3));
    return r;
}

int bench_round(struct bench *b)
{
    int r = OK;
    for (size_t i = 0; i < b->n_rows && !r; i++) {
        struct bench_row *row = &b->rows[i];
        if (row->kind > BENCH_DECODE)
            continue;
        if (b->membench)
            b->read_per_s = membench_run(b->membench, 1);
        r = row->kind == BENCH_PREFILL ? measure_prefill(b, row) : measure_decode(b, row);
    }
    return r;
}

/* ---- the worker */

static uint32_t largest(const uint32_t *list, size_t n)
{
    uint32_t most = 1;
    for (size_t i = 0; i < n; i++)
        most = list[i] > most ? list[i] : most;
    return most;
}

struct gen_load bench_load(const struct bench *b)
{
    const struct args *args = &b->app->args;
    struct gen_load load = session_load(b->app, b->path);
    uint32_t most = largest(b->batches, b->n_batches);
    load.sequences_max = most;
    load.no_speculation = true;
    load.queue_max = load.queue_max < most ? most : load.queue_max;
    if (!load.context_tokens) {
        int64_t deep = (int64_t)largest(b->depths, b->n_depths) + args->gen + BENCH_SHORT_PROMPT;
        load.context_tokens = (uint32_t)(args->prompt > deep ? args->prompt : deep) + 2;
    }
    return load;
}

int bench_start_worker(struct bench *b, const struct gen_load *load)
{
    const struct gen_loaded *info;
    int r = session_open(b->app, load, &b->worker, &info, &b->e);
    if (r)
        return r;
    b->vocab = info->vocab;
    return info->vocab ? OK : err_set(&b->e, ERR_INTERNAL, "%s", err_text(ERR_INTERNAL));
}

int bench_open(struct bench *b)
{
    uint32_t deep = largest(b->depths, b->n_depths);
    b->prompt_max = (uint32_t)b->app->args.prompt > deep ? (uint32_t)b->app->args.prompt : deep;
    b->prompt_max = b->prompt_max > BENCH_SHORT_PROMPT ? b->prompt_max : BENCH_SHORT_PROMPT;
    b->prompt = calloc(b->prompt_max, sizeof *b->prompt);
    b->numbers = calloc(2 * (size_t)b->rounds * b->n_rows, sizeof *b->numbers);
    if (!b->prompt || !b->numbers)
        return err_set(&b->e, ERR_NOMEM, "%s", T(b->app->lang, NO_MEMORY));
    for (size_t i = 0; i < b->n_rows; i++) {
        b->rows[i].ours = b->numbers + 2 * i * b->rounds;
        b->rows[i].theirs = b->rows[i].ours + b->rounds;
    }
    struct gen_load load = bench_load(b);
    return bench_start_worker(b, &load);
}
