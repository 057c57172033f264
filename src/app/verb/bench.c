/* hearth bench: the same worker, frames and engine that serve people, timed by the engine's own clock.
 *
 *   prefill   one request of --prompt random tokens that writes one token
 *   decode    for each number of --batch, that many answers of --gen tokens at once, after a short prompt
 *
 * Measurements alternate with passes of the memory benchmark, so that both meet the same neighbours; the best counts. */
#include <stdlib.h>

#include "app/interrupt.h"
#include "app/membench.h"
#include "app/paths.h"
#include "app/session.h"
#include "app/summary.h"
#include "app/term.h"
#include "app/text.h"
#include "base/json.h"
#include "base/rng.h"

enum { BATCHES_MAX = 16, BATCH_MAX = 256, SHORT_PROMPT = 16, MEMORY_PASSES = 7 };

struct bench {
    struct app *app;
    struct worker_client *worker;
    struct summary file;
    uint32_t vocab, *prompt; /* [args.prompt] */
    struct rng rng;
    uint32_t batches[BATCHES_MAX];
    size_t n_batches;
    double prefill_per_s, decode_per_s[BATCHES_MAX], read_per_s;
    uint64_t last_id;
    struct pool *pool;
    struct membench *memory;
    struct err e;
};

static int parse_batches(struct bench *b)
{
    struct str list = str_of(b->app->args.batch), item;
    while (str_split(&list, ',', &item)) {
        uint64_t n;
        if (b->n_batches == BATCHES_MAX || str_to_u64(str_trim(item), &n) || n < 1 || n > BATCH_MAX)
            return err_set(&b->e, ERR_INVAL, T(b->app->lang, BENCH_BATCH), BATCHES_MAX, BATCH_MAX, STR_ARG(str_head(item, 40)));
        b->batches[b->n_batches++] = (uint32_t)n;
    }
    return OK;
}

static uint32_t largest_batch(const struct bench *b)
{
    uint32_t most = 1;
    for (size_t i = 0; i < b->n_batches; i++)
        most = b->batches[i] > most ? b->batches[i] : most;
    return most;
}

/* New tokens each time: a prompt that was seen before would come from the prefix cache. */
static void draw_prompt(struct bench *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        b->prompt[i] = (uint32_t)(rng_u64(&b->rng) % b->vocab);
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

static int measure_prefill(struct bench *b)
{
    struct gen_timings t;
    size_t n = (size_t)b->app->args.prompt;
    draw_prompt(b, n);
    int r = submit(b, n, 1, 1);
    if (!r)
        r = wait_for(b, 1, &t);
    if (r || t.prefill_ms <= 0)
        return r;
    double rate = (double)n / ((double)t.prefill_ms * 1e-3);
    b->prefill_per_s = rate > b->prefill_per_s ? rate : b->prefill_per_s;
    return OK;
}

/* Choices of one request share its prompt and so begin together. */
static int measure_decode(struct bench *b, size_t which)
{
    struct gen_timings t;
    uint32_t batch = b->batches[which];
    size_t n_prompt = b->app->args.prompt < SHORT_PROMPT ? (size_t)b->app->args.prompt : SHORT_PROMPT;
    draw_prompt(b, n_prompt);
    for (uint32_t left = batch; left;) {
        uint32_t choices = left < GEN_CHOICES_MAX ? left : GEN_CHOICES_MAX;
        int r = submit(b, n_prompt, choices, (uint32_t)b->app->args.gen);
        if (r)
            return r;
        left -= choices;
    }
    int r = wait_for(b, batch, &t);
    if (r || t.decode_ms <= 0)
        return r;
    double rate = (double)batch * (double)(b->app->args.gen - 1) / ((double)t.decode_ms * 1e-3);
    b->decode_per_s[which] = rate > b->decode_per_s[which] ? rate : b->decode_per_s[which];
    return OK;
}

static void measure_memory(struct bench *b, int passes)
{
    if (b->memory)
        b->read_per_s = membench_run(b->memory, passes);
}

static int measure(struct bench *b)
{
    struct progress line = progress_begin(b->app, T(b->app->lang, MEASURING));
    int r = OK;
    for (int64_t i = 0; i < b->app->args.repeat && !r; i++) {
        progress_show(&line, 0, 0);
        measure_memory(b, 2);
        r = measure_prefill(b);
        for (size_t k = 0; k < b->n_batches && !r; k++) {
            measure_memory(b, 1);
            r = measure_decode(b, k);
        }
    }
    measure_memory(b, MEMORY_PASSES);
    progress_end(&line);
    return r;
}

/* The share of the read bandwidth that one sequence reaches: bytes of tensors read for a token, times tokens a second. */
static double moved_per_s(const struct bench *b, size_t which)
{
    return b->decode_per_s[which] / b->batches[which] * (double)b->file.token_bytes;
}

static void print_json(const struct bench *b, const char *path)
{
    struct buf out = buf_make(1 << 20);
    struct json j = json_to(&out);
    json_obj(&j);
    json_kstr(&j, "model", model_name_of(path));
    json_kint(&j, "threads", app_threads(b->app));
    json_kint(&j, "prompt", b->app->args.prompt);
    json_kint(&j, "gen", b->app->args.gen);
    json_knum(&j, "prefill_tokens_per_s", b->prefill_per_s, 2);
    json_knum(&j, "decode_tokens_per_s", b->decode_per_s[0], 2);
    json_kuint(&j, "bytes_per_token", b->file.token_bytes);
    json_knum(&j, "moved_gb_per_s", moved_per_s(b, 0) * 1e-9, 3);
    if (b->read_per_s > 0) {
        json_knum(&j, "read_gb_per_s", b->read_per_s * 1e-9, 3);
        json_knum(&j, "bandwidth_share", moved_per_s(b, 0) / b->read_per_s, 4);
    }
    json_key(&j, "batches");
    json_arr(&j);
    for (size_t i = 0; i < b->n_batches; i++) {
        json_obj(&j);
        json_kuint(&j, "batch", b->batches[i]);
        json_knum(&j, "decode_tokens_per_s", b->decode_per_s[i], 2);
        json_knum(&j, "tokens_per_s_each", b->decode_per_s[i] / b->batches[i], 2);
        json_obj_end(&j);
    }
    json_arr_end(&j);
    json_obj_end(&j);
    printf("%s\n", buf_cstr(&out));
    buf_free(&out);
}

static void print_text(const struct bench *b, const char *path)
{
    enum lang l = b->app->lang;
    printf(T(l, BENCH_HEAD), STR_ARG(model_name_of(path)), b->file.quant, bytes_text(b->file.tensor_bytes).text, app_threads(b->app));
    printf("  prefill_tokens_per_s  %10.1f   %s %lld\n", b->prefill_per_s, T(l, BENCH_PROMPT), (long long)b->app->args.prompt);
    for (size_t i = 0; i < b->n_batches; i++)
        printf("  decode_tokens_per_s   %10.1f   %s %u\n", b->decode_per_s[i], T(l, BENCH_AT_ONCE), b->batches[i]);
    printf(T(l, BENCH_MOVED), bytes_text(b->file.token_bytes).text, bytes_text((uint64_t)moved_per_s(b, 0)).text);
    if (b->read_per_s > 0)
        printf(T(l, BENCH_SHARE), moved_per_s(b, 0) / b->read_per_s * 100, bytes_text((uint64_t)b->read_per_s).text);
}

static int open_all(struct bench *b, const char *path)
{
    const struct args *args = &b->app->args;
    const struct gen_loaded *info;
    struct gen_load load = session_load(b->app, path);
    uint32_t most = largest_batch(b);
    int64_t need = args->prompt > args->gen + SHORT_PROMPT ? args->prompt : args->gen + SHORT_PROMPT;
    load.sequences_max = most;
    load.no_speculation = true; /* random weights repeat themselves: guessing would be too easy */
    load.queue_max = load.queue_max < most ? most : load.queue_max;
    if (!load.context_tokens)
        load.context_tokens = (uint32_t)need + 2;
    b->prompt = calloc((size_t)args->prompt, sizeof *b->prompt);
    if (!b->prompt)
        return err_set(&b->e, ERR_NOMEM, "%s", T(b->app->lang, NO_MEMORY));
    int r = session_open(b->app, &load, &b->worker, &info, &b->e);
    if (r)
        return r;
    b->vocab = info->vocab;
    return info->vocab ? OK : err_set(&b->e, ERR_INTERNAL, "%s", err_text(ERR_INTERNAL));
}

static int open_memory(struct bench *b)
{
    int r = pool_create(app_threads(b->app), &b->pool, &b->e);
    return r ? r : membench_create(b->pool, b->app->clock, &b->memory, &b->e);
}

static int bench_model(struct bench *b)
{
    const char *path;
    rng_seed(&b->rng, clock_ns(b->app->clock));
    if (parse_batches(b)) {
        complain(b->app, "%s", b->e.text);
        return EXIT_USAGE;
    }
    if (model_path(b->app, b->app->args.words[0], &path, &b->e) || summary_of_file(path, &b->file, &b->e) || open_all(b, path))
        return complain(b->app, "%s", b->e.text);
    open_memory(b); /* without it there is no share to print, and that is all */
    if (measure(b))
        return interrupted() ? EXIT_INTERRUPTED : complain(b->app, "%s", b->e.text);
    (b->app->args.json ? print_json : print_text)(b, path);
    return EXIT_OK;
}

static int bench_memory(struct bench *b)
{
    if (open_memory(b))
        return complain(b->app, "%s", b->e.text);
    measure_memory(b, MEMORY_PASSES);
    if (b->app->args.json)
        printf("{\"read_gb_per_s\":%.3f,\"bytes\":%zu,\"threads\":%d,\"passes\":%d}\n", b->read_per_s * 1e-9, membench_bytes(b->memory),
               app_threads(b->app), MEMORY_PASSES);
    else
        printf(T(b->app->lang, BENCH_MEMORY), bytes_text((uint64_t)b->read_per_s).text, bytes_text(membench_bytes(b->memory)).text,
               app_threads(b->app), MEMORY_PASSES);
    return EXIT_OK;
}

int verb_bench(struct app *a)
{
    struct bench b = {.app = a};
    if (!a->args.memory && !a->args.n_words) {
        complain(a, "%s", T(a->lang, BENCH_WHAT));
        return EXIT_USAGE;
    }
    interrupt_watch();
    int code = a->args.memory ? bench_memory(&b) : bench_model(&b);
    membench_free(b.memory);
    pool_free(b.pool);
    worker_client_close(b.worker);
    free(b.prompt);
    return code;
}
