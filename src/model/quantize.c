/* Quantising, streaming: chunks of rows, each split over the pool, each written before the next is made. Memory is one chunk
 * and one row of floats a thread, whatever the model's size. */
#include "model/quantize.h"

#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "model/gguf_internal.h"
#include "model/gguf_write.h"
#include "model/quantize_plan.h"

enum {
    CHUNK_BYTES = 4 << 20, /* of output; at least one row */
    ITEM_VALUES = 32768,   /* some tens of microseconds */
    COLS_MAX = 1 << 24,    /* a row of floats is scratch memory of each thread */
};

struct job {
    const struct gguf *in;
    struct gguf_writer *out;
    struct pool *pool;
    struct quant_plan plan;
    quantize_progress_fn *progress;
    void *ctx;
    struct quantize_progress now;
    struct quantize_result result;
    float *rows; /* [n_threads][cols_max] */
    size_t cols_max;
    uint8_t *chunk;
};

/* The rows that one pool_run makes. */
struct chunk {
    const struct job *job;
    const uint8_t *src;
    enum tensor_type from, to;
    size_t cols, src_row_bytes, dst_row_bytes, n_rows, rows_per_item;
    atomic_bool bad; /* relaxed: a flag that is read after the loop, whose end orders it */
};

static bool all_finite(const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return false;
    return true;
}

static void convert_rows(void *arg, size_t item, int thread)
{
    struct chunk *c = arg;
    float *row = c->job->rows + (size_t)thread * c->job->cols_max;
    size_t end = (item + 1) * c->rows_per_item;
    for (size_t i = item * c->rows_per_item; i < end && i < c->n_rows; i++) {
        tensor_row_to_f32(c->from, c->src + i * c->src_row_bytes, row, c->cols);
        if (!all_finite(row, c->cols))
            atomic_store_explicit(&c->bad, true, memory_order_relaxed);
        else
            tensor_row_from_f32(c->to, row, c->job->chunk + i * c->dst_row_bytes, c->cols);
    }
}

static void report(struct job *j, uint64_t bytes)
{
    j->now.done_bytes += bytes;
    if (j->progress)
        j->progress(j->ctx, &j->now);
}

static size_t chunk_rows(size_t row_bytes)
{
    return row_bytes < CHUNK_BYTES ? CHUNK_BYTES / row_bytes : 1;
}

static int convert_tensor(struct job *j, const struct gguf_tensor *t, enum tensor_type to, struct err *e)
{
    struct chunk c = {.job = j, .src = t->data, .from = t->type, .to = to, .cols = (size_t)t->dim[0]};
    c.src_row_bytes = tensor_row_bytes(c.from, c.cols);
    c.dst_row_bytes = tensor_row_bytes(c.to, c.cols);
    c.rows_per_item = c.cols < ITEM_VALUES ? ITEM_VALUES / c.cols : 1;
    size_t rows_left = (size_t)(t->size / c.src_row_bytes), rows_max = chunk_rows(c.dst_row_bytes);
    int rc = OK;
    while (rows_left && !rc) {
        c.n_rows = rows_left < rows_max ? rows_left : rows_max;
        pool_run(j->pool, (c.n_rows + c.rows_per_item - 1) / c.rows_per_item, convert_rows, &c);
        if (atomic_load_explicit(&c.bad, memory_order_relaxed))
            return err_set(e, ERR_CORRUPT, "tensor \"" STR_FMT "\" has values that are not finite", STR_ARG(t->name));
        rc = gguf_write_data(j->out, j->chunk, c.n_rows * c.dst_row_bytes, e);
        report(j, c.n_rows * c.src_row_bytes);
        c.src += c.n_rows * c.src_row_bytes;
        rows_left -= c.n_rows;
    }
    return rc;
}

static int copy_tensor(struct job *j, const struct gguf_tensor *t, struct err *e)
{
    const uint8_t *p = t->data;
    int rc = OK;
    for (uint64_t left = t->size; left && !rc;) {
        size_t n = left < CHUNK_BYTES ? (size_t)left : CHUNK_BYTES;
        rc = gguf_write_data(j->out, p, n, e);
        report(j, n);
        p += n;
        left -= n;
    }
    return rc;
}

static int write_tensors(struct job *j, struct err *e)
{
    int rc = OK;
    for (size_t i = 0; i < gguf_tensor_count(j->in) && !rc; i++) {
        const struct gguf_tensor *t = gguf_tensor_at(j->in, i);
        enum tensor_type to;
        rc = quant_plan_type(&j->plan, t, &to, e);
        if (rc)
            return rc;
        j->now.tensor = t->name;
        j->result.tensors++;
        j->result.kept += to == t->type;
        rc = to == t->type ? copy_tensor(j, t, e) : convert_tensor(j, t, to, e);
    }
    return rc;
}

/* Decides all types before anything is written, and what scratch memory that takes. */
static int declare_tensors(struct job *j, struct err *e)
{
    size_t chunk_bytes = 0;
    for (size_t i = 0; i < gguf_tensor_count(j->in); i++) {
        const struct gguf_tensor *t = gguf_tensor_at(j->in, i);
        enum tensor_type to;
        int rc = quant_plan_type(&j->plan, t, &to, e);
        if (rc)
            return rc;
        gguf_declare_tensor(j->out, t->name, to, t->dim, t->n_dims);
        j->now.total_bytes += t->size;
        if (to == t->type)
            continue;
        if (t->dim[0] > COLS_MAX)
            return err_set(e, ERR_LIMIT, "tensor \"" STR_FMT "\" has rows of %" PRIu64 " values, more than %d", STR_ARG(t->name), t->dim[0],
                           COLS_MAX);
        size_t row_bytes = tensor_row_bytes(to, t->dim[0]), need = row_bytes * chunk_rows(row_bytes);
        chunk_bytes = need > chunk_bytes ? need : chunk_bytes;
        j->cols_max = t->dim[0] > j->cols_max ? (size_t)t->dim[0] : j->cols_max;
    }
    j->rows = reallocarray(NULL, (size_t)pool_threads(j->pool) * (j->cols_max + 1), sizeof *j->rows);
    j->chunk = malloc(chunk_bytes + 1);
    return j->rows && j->chunk ? OK : err_set(e, ERR_NOMEM, "out of memory for rows of %zu values", j->cols_max);
}

/* A mistake of the writer's is sticky and comes out with the first data. */
static void copy_metadata(struct job *j)
{
    static const char *const replaced[] = {"general.alignment", "general.file_type", "general.quantization_version"};
    for (size_t i = 0; i < gguf_kv_count(j->in); i++) {
        const struct gguf_kv *kv = gguf_kv_at(j->in, i);
        bool skip = false;
        for (size_t k = 0; k < sizeof replaced / sizeof *replaced; k++)
            skip |= str_eq(kv->key, str_of(replaced[k]));
        if (!skip)
            gguf_write_kv(j->out, kv);
    }
    gguf_write_u32(j->out, "general.quantization_version", 2);
    gguf_write_u32(j->out, "general.file_type", j->plan.target->file_type);
}

/* Writing would destroy what is read when both names lead to one file. */
static int check_names(const char *in, const char *out, struct err *e)
{
    struct stat a, b;
    char part[4096];
    if (stat(in, &a))
        return OK; /* opening it will say why */
    if ((size_t)snprintf(part, sizeof part, "%s.part", out) >= sizeof part)
        return err_set(e, ERR_LIMIT, "the output's path is too long");
    const char *const names[] = {out, part};
    for (int i = 0; i < 2; i++)
        if (!stat(names[i], &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
            return err_set(e, ERR_INVAL, "%s and %s are the same file; choose another name for the output", in, names[i]);
    return OK;
}

static int check_input(const struct gguf *g, const char *in, struct err *e)
{
    uint32_t split = 0;
    int rc = gguf_u32(g, "split.count", &split, e);
    if (rc && rc != ERR_NOENT)
        return rc;
    if (split > 1)
        return err_set(e, ERR_UNSUPPORTED, "%s: the model is split over %" PRIu32 " files; merge them into one first", in, split);
    if (!gguf_tensor_count(g))
        return err_set(e, ERR_INVAL, "%s: there are no tensors in it", in);
    return OK;
}

/* A failure that the file is to blame for names it. */
static int in_input(const char *in, int rc, struct err *e)
{
    return rc ? err_prefix(e, rc, "%s", in) : OK;
}

static int run(struct job *j, const char *out, struct err *e)
{
    int rc = gguf_writer_create(out, &j->out, e);
    if (rc)
        return rc;
    copy_metadata(j);
    rc = declare_tensors(j, e);
    if (!rc)
        rc = write_tensors(j, e);
    if (rc) {
        gguf_writer_abort(j->out);
        return rc;
    }
    return gguf_writer_finish(j->out, e);
}

int quantize_file(const char *in, const char *out, struct str type, struct pool *pool, quantize_progress_fn *progress, void *ctx,
                  struct quantize_result *ret, struct err *e)
{
    const struct quant_target *target = quant_target_find(type);
    if (!target) {
        struct buf known = buf_make(256);
        quantize_types(&known);
        int rc = err_set(e, ERR_INVAL, "unknown type \"%s\"; hearth quantises to %s", gguf_show(type).text, buf_cstr(&known));
        buf_free(&known);
        return rc;
    }
    struct gguf *g;
    int rc = check_names(in, out, e);
    if (!rc)
        rc = gguf_open(in, &g, e);
    if (rc)
        return rc;
    struct job j = {.in = g, .pool = pool, .progress = progress, .ctx = ctx};
    rc = check_input(g, in, e);
    if (!rc)
        rc = in_input(in, quant_plan_init(&j.plan, g, target, e), e);
    if (!rc)
        rc = run(&j, out, e);
    struct stat st;
    if (!rc && ret) {
        j.result.in_bytes = gguf_file_bytes(g);
        j.result.out_bytes = stat(out, &st) ? 0 : (uint64_t)st.st_size;
        *ret = j.result;
    }
    free(j.rows);
    free(j.chunk);
    gguf_close(g);
    return rc;
}
