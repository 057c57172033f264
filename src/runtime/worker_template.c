/* Chat templates: one from a file instead of the model's own, and TEMPLATE, which is a request's prompt as text. */
#include <errno.h>
#include <stdio.h>

#include "engine/prompt.h"
#include "runtime/worker_internal.h"

enum { TEMPLATE_BYTES_MAX = 1 << 20, PROMPT_BYTES_MAX = 32 << 20, PATH_BYTES_MAX = 4096 };

static int read_file(const char *path, struct buf *out, struct err *e)
{
    char piece[4096];
    FILE *f = fopen(path, "rbe");
    if (!f)
        return err_set(e, ERR_NOENT, "the chat template %s cannot be opened: %s", path, strerror(errno));
    for (size_t n; (n = fread(piece, 1, sizeof piece, f)) > 0 && !out->failed;)
        buf_put(out, str_from(piece, n));
    bool broken = ferror(f);
    fclose(f);
    if (out->failed == ERR_LIMIT)
        return err_set(e, ERR_LIMIT, "the chat template %s has more than %d bytes", path, TEMPLATE_BYTES_MAX);
    return broken || out->failed ? err_set(e, ERR_IO, "the chat template %s cannot be read", path) : OK;
}

int worker_take_template(struct worker *w, struct str path, struct err *e)
{
    char name[PATH_BYTES_MAX];
    struct buf text = buf_make(TEMPLATE_BYTES_MAX);
    if (!str_copy(name, sizeof name, path))
        return err_set(e, ERR_INVAL, "the path of the chat template is too long");
    int rc = read_file(name, &text, e);
    if (!rc && (rc = model_set_template(w->model, buf_str(&text), e)))
        err_prefix(e, rc, "%s", name);
    buf_free(&text);
    return rc;
}

void worker_render(struct worker *w, const struct gen_request *m)
{
    struct err e = {0};
    struct buf out = buf_make(PROMPT_BYTES_MAX);
    int rc = prompt_chat_text(w->model, m, w->config.clock, &out, &e);
    if (rc)
        worker_refuse(w, m->id, rc == ERR_NOMEM ? GEN_FAULT_MEMORY : GEN_FAULT_REQUEST, e.text);
    else
        worker_put(w, gen_put_bytes(&w->out, &(struct gen_bytes){.id = m->id, .bytes = buf_str(&out)}));
    buf_free(&out);
}
