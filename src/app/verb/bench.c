#include <stdlib.h>

#include "app/bench/bench.h"
#include "app/interrupt.h"
#include "app/paths.h"
#include "app/term.h"
#include "app/text.h"

static int parse_list(struct bench *b, const char *option, const char *text, uint32_t from, uint32_t to, uint32_t *ret, size_t *ret_n)
{
    struct str list = str_of(text), item;
    while (str_split(&list, ',', &item)) {
        uint64_t n;
        if (*ret_n == BENCH_LIST_MAX || str_to_u64(str_trim(item), &n) || n < from || n > to)
            return err_set(&b->e, ERR_INVAL, T(b->app->lang, BENCH_LIST), option, BENCH_LIST_MAX, from, to, STR_ARG(str_head(item, 40)));
        ret[(*ret_n)++] = (uint32_t)n;
    }
    return OK;
}

static void add_row(struct bench *b, enum bench_kind kind, uint32_t depth, uint32_t batch)
{
    b->rows[b->n_rows++] = (struct bench_row){.kind = kind, .depth = depth, .batch = batch};
}

static int plan(struct bench *b)
{
    const struct args *args = &b->app->args;
    int r = parse_list(b, "batch", args->batch, 1, BENCH_BATCH_MAX, b->batches, &b->n_batches);
    if (!r)
        r = parse_list(b, "depth", args->depth, 0, BENCH_DEPTH_MAX, b->depths, &b->n_depths);
    if (r)
        return r;
    b->rounds = (uint32_t)args->repeat;
    add_row(b, BENCH_PREFILL, 0, 1);
    for (size_t d = 0; d < b->n_depths; d++)
        for (size_t k = 0; k < b->n_batches; k++)
            add_row(b, BENCH_DECODE, b->depths[d], b->batches[k]);
    for (int kind = BENCH_FIRST_COLD; args->first && kind <= BENCH_FIRST_START; kind++)
        add_row(b, (enum bench_kind)kind, 0, 1);
    return OK;
}

static int open_memory(struct bench *b)
{
    int r = pool_create(app_threads(b->app), &b->pool, &b->e);
    return r ? r : membench_create(b->pool, b->app->clock, &b->membench, &b->e);
}

static int measure(struct bench *b)
{
    struct progress line = progress_begin(b->app, T(b->app->lang, MEASURING));
    int r = OK;
    for (uint32_t i = 0; i < b->rounds && !r; i++) {
        progress_show(&line, i, b->rounds);
        r = bench_round(b);
        if (!r)
            bench_look_at_memory(&b->memory_end);
        if (!r && b->app->args.compare)
            r = bench_peer(b);
    }
    for (uint32_t i = 0; i < b->rounds && !r && b->app->args.first; i++) {
        progress_show(&line, i, b->rounds);
        r = bench_first(b);
    }
    if (!r && b->membench)
        b->read_per_s = membench_run(b->membench, BENCH_MEMORY_PASSES);
    progress_end(&line);
    return r;
}

static int bench_model(struct bench *b)
{
    rng_seed(&b->rng, clock_ns(b->app->clock));
    if (plan(b)) {
        complain(b->app, "%s", b->e.text);
        return EXIT_USAGE;
    }
    if (model_path(b->app, b->app->args.words[0], &b->path, &b->e) || summary_of_file(b->path, &b->file, &b->e) || bench_open(b))
        return complain(b->app, "%s", b->e.text);
    /* The buffer that is read for the bandwidth would count as memory of ours: beside a peer there is none. */
    if (!b->app->args.compare)
        open_memory(b); /* without it there is no share to print, and that is all */
    if (measure(b))
        return interrupted() ? EXIT_INTERRUPTED : complain(b->app, "%s", b->e.text);
    (b->app->args.json ? bench_print_json : bench_print_text)(b);
    return EXIT_OK;
}

static int bench_memory(struct bench *b)
{
    if (open_memory(b))
        return complain(b->app, "%s", b->e.text);
    b->read_per_s = membench_run(b->membench, BENCH_MEMORY_PASSES);
    if (b->app->args.json)
        printf("{\"read_gb_per_s\":%.3f,\"bytes\":%zu,\"threads\":%d,\"passes\":%d}\n", b->read_per_s * 1e-9, membench_bytes(b->membench),
               app_threads(b->app), BENCH_MEMORY_PASSES);
    else
        printf(T(b->app->lang, BENCH_MEMORY), bytes_text((uint64_t)b->read_per_s).text, bytes_text(membench_bytes(b->membench)).text,
               app_threads(b->app), BENCH_MEMORY_PASSES);
    return EXIT_OK;
}

int verb_bench(struct app *a)
{
    struct bench *b = calloc(1, sizeof *b);
    if (!b)
        return complain(a, "%s", T(a->lang, NO_MEMORY));
    b->app = a;
    if (!a->args.memory && !a->args.n_words) {
        complain(a, "%s", T(a->lang, BENCH_WHAT));
        free(b);
        return EXIT_USAGE;
    }
    interrupt_watch();
    int code = a->args.memory ? bench_memory(b) : bench_model(b);
    membench_free(b->membench);
    pool_free(b->pool);
    worker_client_close(b->worker);
    bench_first_clean(b);
    free(b->prompt);
    free(b->numbers);
    free(b);
    return code;
}
