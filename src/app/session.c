#include "app/session.h"

#include <sys/stat.h>

#include "app/term.h"
#include "app/text.h"

struct gen_load session_load(const struct app *a, const char *path)
{
    return (struct gen_load){
        .path = str_of(path),
        .context_tokens = a->config.engine.context,
        .kv_bytes_max = a->config.engine.kv_memory,
        .sequences_max = a->config.engine.sequences_max,
        .queue_max = a->config.engine.queue_max,
        .prefill_chunk = a->config.engine.prefill_chunk,
        .batch_wait_us = a->config.engine.batch_wait_ms * 1000,
        .threads = a->config.engine.threads,
        .deterministic = a->config.engine.deterministic,
        .no_speculation = !a->config.engine.speculation,
        .cache_q8 = a->config.engine.cache_type == CACHE_Q8,
        .chat_template_file = str_of(a->config.engine.chat_template_file),
    };
}

struct loading {
    struct progress line;
    uint64_t bytes; /* of the file: progress is a share of it */
};

static void on_progress(void *ctx, float progress)
{
    struct loading *l = ctx;
    progress_show(&l->line, (uint64_t)((double)progress * (double)l->bytes), l->bytes);
}

int session_open(struct app *a, const struct gen_load *load, struct worker_client **ret, const struct gen_loaded **ret_info, struct err *e)
{
    struct cpu_info cpu;
    struct worker_config config = {.clock = a->clock};
    int r = app_cpu(a, &cpu, &config.level, e);
    if (r)
        return r;
    struct stat st = {0};
    struct buf path = buf_make(8192);
    buf_put(&path, load->path);
    struct loading l = {.line = progress_begin(a, T(a->lang, LOADING)), .bytes = stat(buf_cstr(&path), &st) ? 0 : (uint64_t)st.st_size};
    buf_free(&path);
    r = worker_client_open(&config, load, on_progress, &l, ret, ret_info, e);
    progress_end(&l.line);
    return r;
}

int session_send(struct worker_client *w, const struct gen_request *r, struct err *e)
{
    struct buf b = buf_make(GEN_FRAME_BYTES_MAX);
    int code = gen_put_request(&b, r);
    if (!code)
        code = worker_client_send(w, buf_str(&b));
    if (code)
        err_set(e, code, "%s", err_text(code));
    buf_free(&b);
    return code;
}
