/* Is it alive, does it want work, which one is it. */
#include "api/internal.h"

/* Asked thousands of times a second by those who watch: no allocation, no header more than needed. */
void handle_health(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)a;
    (void)args;
    http_respond(x, 200, "application/json", STR("{\"status\":\"ok\"}"));
}

/* Ready: not stopping, and the model that was to be loaded at start can answer. Without such a model nothing has to be waited
 * for, since models are loaded when they are asked for. */
void handle_ready(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    const struct model_entry *m = a->c.start_model.len ? runtime_find(a->c.runtime, a->c.start_model) : NULL;
    struct api_error e = {0};
    if (a->draining)
        api_error_set(&e, 503, "draining", NULL, "The server is stopping");
    else if (a->c.start_model.len && !m)
        api_error_set(&e, 503, "not_ready", NULL, "The model '" STR_FMT "' is not there", STR_ARG(a->c.start_model));
    else if (m && m->state == MODEL_FAILED)
        api_error_set(&e, 503, "not_ready", NULL, "The model '" STR_FMT "' could not be loaded: %s", STR_ARG(m->name),
                      m->failure ? m->failure : "");
    else if (m && m->state == MODEL_LOADING)
        api_error_set(&e, 503, "not_ready", NULL, "The model '" STR_FMT "' is being loaded", STR_ARG(m->name));
    if (e.status)
        respond_error(a, x, &e);
    else
        http_respond(x, 200, "application/json", STR("{\"status\":\"ready\"}"));
}

void handle_version(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    struct buf body = buf_make(1024);
    struct json j = json_to(&body);
    json_obj(&j);
    json_kcstr(&j, "name", "hearth");
    json_kcstr(&j, "version", a->c.version);
    json_obj_end(&j);
    respond_json(x, 200, &body);
    buf_free(&body);
}
