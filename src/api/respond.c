#include <stdio.h>

#include "api/anthropic/anthropic.h"
#include "api/internal.h"
#include "api/ollama/ollama.h"
#include "api/visit.h"

void respond_json(struct http_exchange *x, int status, const struct buf *body)
{
    http_add_header(x, "X-Content-Type-Options", STR("nosniff"));
    if (body->failed)
        http_respond(x, 503, "application/json",
                     STR("{\"error\":{\"message\":\"The server is out of memory for this answer\",\"type\":\"server_error\","
                         "\"param\":null,\"code\":\"out_of_memory\"}}"));
    else
        http_respond(x, status, "application/json", buf_str(body));
}

/* Clients read errors, too: each API has its own form. What is not listed speaks as OpenAI does. */
static const struct error_form {
    const char *path; /* and what is below it */
    void (*put)(const struct api_error *e, struct buf *out);
} error_forms[] = {
    {"/v1/messages", anthropic_put_error}, {"/api/chat", ollama_put_error},   {"/api/generate", ollama_put_error},
    {"/api/tags", ollama_put_error},       {"/api/ps", ollama_put_error},     {"/api/show", ollama_put_error},
    {"/api/version", ollama_put_error},    {"/api/embed", ollama_put_error},  {"/api/embeddings", ollama_put_error},
    {"/api/pull", ollama_put_error},       {"/api/delete", ollama_put_error}, {"/api/create", ollama_put_error},
    {"/api/copy", ollama_put_error},       {"/api/push", ollama_put_error},   {NULL, api_error_write},
};

void respond_put_error(const struct http_exchange *x, const struct api_error *e, struct buf *out)
{
    struct str path = http_request(x)->path;
    const struct error_form *f = error_forms;
    while (f->path && !(str_starts(path, str_of(f->path)) && (path.len == strlen(f->path) || path.ptr[strlen(f->path)] == '/')))
        f++;
    f->put(e, out);
}

void respond_error(struct api *a, struct http_exchange *x, const struct api_error *e)
{
    struct buf body = buf_make(8192);
    note_reason(x, e->code);
    respond_put_error(x, e, &body);
    if (e->status == 503) {
        char seconds[16];
        snprintf(seconds, sizeof seconds, "%u", a->c.retry_after_s);
        http_add_header(x, "Retry-After", str_of(seconds));
    }
    respond_json(x, e->status, &body);
    buf_free(&body);
}
