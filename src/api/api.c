#include <stdio.h>
#include <stdlib.h>

#include "api/internal.h"
#include "api/job.h"
#include "api/kb/kb_api.h"
#include "api/pulls.h"
#include "api/request.h"
#include "assistant/due.h"

int api_create(const struct api_config *c, struct api **ret, struct err *e)
{
    struct api *a = calloc(1, sizeof *a);
    uint64_t seed;
    if (!a)
        return err_set(e, ERR_NOMEM, "out of memory for the API");
    a->c = *c;
    link_init(&a->jobs);
    link_init(&a->kb_followers);
    if (c->ingests)
        ingests_listen(c->ingests, kb_job_changed, a);
    if (!a->c.json_depth_max)
        a->c.json_depth_max = API_JSON_DEPTH_DEFAULT;
    if (!a->c.retry_after_s)
        a->c.retry_after_s = 1;
    if (rng_entropy(&seed, sizeof seed))
        seed = clock_ns(c->clock);
    rng_seed(&a->rng, seed);
    snprintf(a->fingerprint, sizeof a->fingerprint, "hearth-%s", c->version ? c->version : "");
    a->embed_space = (struct cache_space){"embedding", c->cache_generation};
    a->pulls = pulls_create(a);
    *ret = a;
    return OK;
}

void api_free(struct api *a)
{
    if (!a)
        return;
    generation_free_all(a);
    if (a->c.ingests)
        ingests_listen(a->c.ingests, NULL, NULL);
    pulls_free(a->pulls);
    jobs_free_all(a);
    free(a);
}

void api_drain(struct api *a)
{
    a->draining = true;
    if (a->c.due)
        due_end_listeners(a->c.due);
}

void api_error_body(void *ctx, struct http_exchange *x, int status, const char *sentence, struct buf *out)
{
    (void)ctx;
    struct api_error e;
    api_error_set(&e, status, status == 413 ? "body_too_large" : NULL, NULL, "%s", sentence ? sentence : http_status_text(status));
    respond_put_error(x, &e, out);
}

/* A browser's question before it sends a request from another origin. */
static void answer_preflight(struct http_exchange *x, struct buf *methods)
{
    struct str wanted = http_header(x, "Access-Control-Request-Headers");
    http_add_header(x, "Access-Control-Allow-Methods", buf_str(methods));
    if (wanted.len)
        http_add_header(x, "Access-Control-Allow-Headers", wanted);
    http_add_header(x, "Access-Control-Max-Age", STR("600"));
    http_respond(x, 204, NULL, (struct str){0});
}

/* No handler: a file of the page, a preflight, another method, or nothing. */
static void handle_rest(struct api *a, struct http_exchange *x, bool known, bool cors)
{
    const struct http_request *q = http_request(x);
    struct buf methods = buf_make(256);
    struct api_error e;
    bool get = str_eq(q->method, STR("GET")) || str_eq(q->method, STR("HEAD"));
    if (!known && get && assets_serve(a, x, q->path))
        return;
    if (known) {
        route_methods(q->path, &methods);
        if (cors && str_eq(q->method, STR("OPTIONS"))) {
            answer_preflight(x, &methods);
        } else {
            http_add_header(x, "Allow", buf_str(&methods));
            api_error_set(&e, 405, "method_not_allowed", NULL, STR_FMT " takes %s, not " STR_FMT, STR_ARG(str_head(q->path, 100)),
                          buf_cstr(&methods), STR_ARG(str_head(q->method, 40)));
            respond_error(a, x, &e);
        }
    } else {
        api_error_set(&e, 404, "not_found", NULL, "There is nothing at " STR_FMT, STR_ARG(str_head(q->path, 200)));
        respond_error(a, x, &e);
    }
    buf_free(&methods);
}

void api_handle(void *ctx, struct http_exchange *x)
{
    struct api *a = ctx;
    const struct http_request *q = http_request(x);
    struct route_args args = {0};
    bool known = false;
    struct str origin = http_header(x, "Origin");
    const struct route *r = route_find(q->method, q->path, &args, &known);
    if (r)
        r->handle(a, x, &args);
    else
        handle_rest(a, x, known, origin.ptr && gate_origin_listed(a, origin));
}
