/* /api/pull and /api/delete: the jobs of /api/models/pull in Ollama's words. */
#include "api/ollama/ollama.h"
#include "api/pulls.h"

static void put_status(struct pull *p, struct buf *out)
{
    const struct pull_news n = pull_news_of(p);
    struct json j = json_to(out);
    json_obj(&j);
    if (n.failed) {
        json_kcstr(&j, "error", p->code == ERR_CANCELED ? "canceled" : p->err.text);
    } else if (p->joined) {
        json_kcstr(&j, "status", "success");
    } else if (n.progress.state == PULL_RESOLVING) {
        json_kcstr(&j, "status", "pulling manifest");
    } else if (n.progress.state == PULL_CHECKING) {
        json_kcstr(&j, "status", "verifying sha256 digest");
    } else {
        json_kcstr(&j, "status", "downloading");
        json_kcstr(&j, "digest", p->name);
        if (n.progress.total)
            json_kuint(&j, "total", n.progress.total);
        json_kuint(&j, "completed", n.progress.done);
    }
    json_obj_end(&j);
}

static void put_line(struct pull *p, struct buf *out)
{
    put_status(p, out);
    buf_putc(out, '\n');
}

/* The hub's names as Ollama writes them. */
static struct str without_hub(struct str name)
{
    static const char *const heads[] = {"hf.co/", "huggingface.co/"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (str_starts(name, str_of(heads[i])))
            return str_skip(name, strlen(heads[i]));
    return name;
}

void handle_ollama_pull(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    static const struct pull_form lines = {"application/x-ndjson", put_line}, whole = {NULL, put_status};
    (void)args;
    struct pull_fields f = {0};
    struct api_error e;
    struct pull *p = NULL;
    json_t *root = NULL;
    bool stream = true;
    int rc = ollama_parse_model(http_request(x)->body, a->c.json_depth_max, ollama_pull_fields, ollama_n_pull_fields, &root, &f.name,
                                &stream, &e);
    f.name = without_hub(f.name);
    if (!rc)
        rc = pull_begin(a, x, &f, &p, &e);
    json_decref(root);
    if (rc)
        respond_error(a, x, &e);
    else
        pull_follow(a, x, p, stream ? &lines : &whole);
}

void handle_ollama_delete(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    struct api_error e;
    json_t *root = NULL;
    struct str name;
    bool stream;
    int rc = ollama_parse_model(http_request(x)->body, a->c.json_depth_max, ollama_model_fields, ollama_n_model_fields, &root, &name,
                                &stream, &e);
    if (!rc)
        rc = model_remove(a, name, &e);
    if (rc) {
        respond_error(a, x, &e);
    } else {
        log_event(a->c.log, LOG_INFO, "model removed", F_STR("model", name));
        http_respond(x, 200, NULL, (struct str){0});
    }
    json_decref(root);
}
