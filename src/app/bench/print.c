#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "app/bench/bench.h"
#include "app/paths.h"
#include "app/term.h"
#include "app/text.h"
#include "sys/mem.h"

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

double bench_median(const double *v, uint32_t n)
{
    double sorted[BENCH_ROUNDS_MAX];
    n = n < BENCH_ROUNDS_MAX ? n : BENCH_ROUNDS_MAX;
    if (!n)
        return 0;
    memcpy(sorted, v, n * sizeof *v);
    qsort(sorted, n, sizeof *sorted, by_size);
    return n % 2 ? sorted[n / 2] : 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]);
}

void bench_look_at_memory(struct bench_memory *ret)
{
    struct mem_info mi;
    struct rusage usage;
    *ret = (struct bench_memory){0};
    if (!mem_info(&mi)) {
        ret->resident = mi.resident;
        ret->anonymous = mi.anonymous;
        ret->mapped = mi.resident > mi.anonymous ? mi.resident - mi.anonymous : 0;
    }
    if (!getrusage(RUSAGE_SELF, &usage))
        ret->peak = (uint64_t)usage.ru_maxrss * 1024;
}

/* The share of the read bandwidth that one sequence reaches: bytes of tensors read for a token, times tokens a second. */
static double moved_per_s(const struct bench *b)
{
    for (size_t i = 0; i < b->n_rows; i++)
        if (b->rows[i].kind == BENCH_DECODE)
            return bench_median(b->rows[i].ours, b->rows[i].n_ours) / b->rows[i].batch * (double)b->file.token_bytes;
    return 0;
}

static const char *const names[] = {
    [BENCH_PREFILL] = "prefill",
    [BENCH_DECODE] = "decode",
    [BENCH_FIRST_COLD] = "first_cold",
    [BENCH_FIRST_WARM] = "first_warm",
    [BENCH_FIRST_RESTART] = "first_restart",
    [BENCH_FIRST_START] = "first_start",
};

static bool is_time(const struct bench_row *row)
{
    return row->kind > BENCH_DECODE;
}

static double ours(const struct bench_row *row)
{
    return bench_median(row->ours, row->n_ours);
}

/* ---- JSON */

static void put_row(struct json *j, const struct bench_row *row)
{
    json_obj(j);
    json_kcstr(j, "measure", names[row->kind]);
    json_kuint(j, "depth", row->depth);
    json_kuint(j, "batch", row->batch);
    json_knum(j, is_time(row) ? "ms" : "tokens_per_s", ours(row), 2);
    if (row->n_theirs) {
        json_knum(j, "peer_tokens_per_s", bench_median(row->theirs, row->n_theirs), 2);
        json_knum(j, "ratio", ours(row) / bench_median(row->theirs, row->n_theirs), 3);
    }
    json_obj_end(j);
}

static void put_memory(struct json *j, const char *key, const struct bench_memory *m)
{
    json_key(j, key);
    json_obj(j);
    json_kuint(j, "resident_bytes", m->resident);
    json_kuint(j, "anonymous_bytes", m->anonymous);
    json_kuint(j, "mapped_bytes", m->mapped);
    json_kuint(j, "peak_bytes", m->peak);
    json_obj_end(j);
}

/* Decoding at depth 0, by batch: what scripts look at most. */
static void put_batches(struct json *j, const struct bench *b)
{
    json_key(j, "batches");
    json_arr(j);
    for (size_t i = 0; i < b->n_rows; i++) {
        const struct bench_row *row = &b->rows[i];
        if (row->kind != BENCH_DECODE || row->depth != b->depths[0])
            continue;
        json_obj(j);
        json_kuint(j, "batch", row->batch);
        json_knum(j, "decode_tokens_per_s", ours(row), 2);
        json_knum(j, "tokens_per_s_each", ours(row) / row->batch, 2);
        json_obj_end(j);
    }
    json_arr_end(j);
}

void bench_print_json(const struct bench *b)
{
    struct buf out = buf_make(4 << 20);
    struct json j = json_to(&out);
    json_obj(&j);
    json_kstr(&j, "model", model_name_of(b->path));
    json_kint(&j, "threads", app_threads(b->app));
    json_kint(&j, "prompt", b->app->args.prompt);
    json_kint(&j, "gen", b->app->args.gen);
    json_kuint(&j, "rounds", b->rounds);
    for (size_t i = 0, seen = 0; i < b->n_rows && seen < 2; i++)
        if (b->rows[i].kind == (seen ? BENCH_DECODE : BENCH_PREFILL)) {
            json_knum(&j, seen ? "decode_tokens_per_s" : "prefill_tokens_per_s", ours(&b->rows[i]), 2);
            seen++;
        }
    json_kuint(&j, "bytes_per_token", b->file.token_bytes);
    json_knum(&j, "moved_gb_per_s", moved_per_s(b) * 1e-9, 3);
    if (b->read_per_s > 0) {
        json_knum(&j, "read_gb_per_s", b->read_per_s * 1e-9, 3);
        json_knum(&j, "bandwidth_share", moved_per_s(b) / b->read_per_s, 4);
    }
    put_batches(&j, b);
    json_key(&j, "rows");
    json_arr(&j);
    for (size_t i = 0; i < b->n_rows; i++)
        put_row(&j, &b->rows[i]);
    json_arr_end(&j);
    put_memory(&j, "memory", &b->memory_end);
    if (b->peer_memory.resident)
        put_memory(&j, "peer_memory", &b->peer_memory);
    json_obj_end(&j);
    printf("%s\n", buf_cstr(&out));
    buf_free(&out);
}

/* ---- text */

static void print_row(const struct bench *b, const struct bench_row *row)
{
    enum lang l = b->app->lang;
    long long prompt = b->app->args.prompt;
    char label[160];
    switch (row->kind) {
    case BENCH_PREFILL: snprintf(label, sizeof label, T(l, BENCH_ROW_PREFILL), prompt); break;
    case BENCH_DECODE: snprintf(label, sizeof label, T(l, BENCH_ROW_DECODE), row->batch, row->depth); break;
    case BENCH_FIRST_COLD: snprintf(label, sizeof label, T(l, BENCH_ROW_COLD), prompt); break;
    case BENCH_FIRST_WARM: snprintf(label, sizeof label, T(l, BENCH_ROW_WARM), prompt); break;
    case BENCH_FIRST_RESTART: snprintf(label, sizeof label, T(l, BENCH_ROW_RESTART), prompt); break;
    case BENCH_FIRST_START: snprintf(label, sizeof label, "%s", T(l, BENCH_ROW_START)); break;
    }
    printf("  %10.1f %s  %s", ours(row), is_time(row) ? "ms   " : "tok/s", label);
    if (row->n_theirs) {
        double theirs = bench_median(row->theirs, row->n_theirs);
        printf(T(l, BENCH_ROW_PEER), theirs, ours(row) / theirs);
    }
    putchar('\n');
}

void bench_print_text(const struct bench *b)
{
    enum lang l = b->app->lang;
    const struct bench_memory *m = &b->memory_end, *p = &b->peer_memory;
    printf(T(l, BENCH_HEAD), STR_ARG(model_name_of(b->path)), b->file.quant, bytes_text(b->file.tensor_bytes).text, app_threads(b->app));
    for (size_t i = 0; i < b->n_rows; i++)
        print_row(b, &b->rows[i]);
    printf(T(l, BENCH_MOVED), bytes_text(b->file.token_bytes).text, bytes_text((uint64_t)moved_per_s(b)).text);
    if (b->read_per_s > 0)
        printf(T(l, BENCH_SHARE), moved_per_s(b) / b->read_per_s * 100, bytes_text((uint64_t)b->read_per_s).text);
    printf(T(l, BENCH_RESIDENT), bytes_text(m->resident).text, bytes_text(m->anonymous).text, bytes_text(m->mapped).text,
           bytes_text(m->peak).text);
    if (p->resident)
        printf(T(l, BENCH_RESIDENT_PEER), bytes_text(p->resident).text, bytes_text(p->anonymous).text, bytes_text(p->mapped).text,
               bytes_text(p->peak).text);
}
