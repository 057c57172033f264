#include "model/quantize.h"

#include <sys/stat.h>

#include "app/paths.h"
#include "app/term.h"
#include "app/text.h"

static void on_progress(void *ctx, const struct quantize_progress *p)
{
    progress_show(ctx, p->done_bytes, p->total_bytes);
}

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;
    return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

int verb_quantize(struct app *a)
{
    const char *in, *out = a->args.words[1];
    struct err e = {0};
    struct pool *pool = NULL;
    struct quantize_result done;
    if (model_path(a, a->args.words[0], &in, &e))
        return complain(a, "%s", e.text);
    if (same_file(in, out))
        return complain(a, T(a->lang, QUANTIZE_SAME), out);
    if (pool_create(app_threads(a), &pool, &e))
        return complain(a, "%s", e.text);
    struct progress line = progress_begin(a, T(a->lang, QUANTIZING));
    int r = quantize_file(in, out, str_of(a->args.words[2]), pool, on_progress, &line, &done, &e);
    progress_end(&line);
    pool_free(pool);
    if (r)
        return complain(a, "%s", e.text);
    printf(T(a->lang, QUANTIZED), out, bytes_text(done.in_bytes).text, bytes_text(done.out_bytes).text, (unsigned long long)done.tensors,
           (unsigned long long)done.kept, clock_s(a->clock) - line.start_s);
    putchar('\n');
    return EXIT_OK;
}
