/* Responses that are stored: before the last word goes out, so that who has read it can ask for it. And what is done with them later. */
#include <stdlib.h>

#include "api/body.h"
#include "api/job.h"
#include "api/responses/internal.h"
#include "talk/response.h"

/* ---- storing */

struct keeping {
    struct generation *g;
    struct str id, shown, items;
    struct buf text; /* of shown and items */
    bool kept;
};

static int put(struct store_db *db, struct job *j, struct err *e)
{
    const struct keeping *k = j->args;
    return response_put(db, j->owner, k->id, j->now_ms, k->shown, k->items, e);
}

static void after_put(struct job *j)
{
    ((struct keeping *)j->args)->kept = true;
    job_end(j);
}

/* However it went, the answer is delivered; it says whether it was kept. */
static void dispose(struct job *j)
{
    struct keeping *k = j->args;
    struct responses_output *o = k->g->own;
    o->stores = k->kept;
    buf_free(&k->text);
    generation_deliver(k->g);
}

/* The conversation so far and the answer's items, as one array. */
static void put_items(struct buf *b, const struct generation *g)
{
    const struct responses_output *o = g->own;
    json_t *input = responses_items(json_object_get(g->body, "input"));
    char *text = input ? json_dumps(input, JSON_COMPACT) : NULL;
    size_t len = text ? strlen(text) : 0;
    json_decref(input);
    if (len < 2)
        b->failed = ERR_NOMEM;
    else
        buf_put(b, str_from(text, len - 1));
    if (o->done.len && len > 2)
        buf_putc(b, ',');
    buf_put(b, buf_str(&o->done));
    buf_putc(b, ']');
    free(text);
}

static bool render(struct keeping *k)
{
    struct json j = json_to(&k->text);
    responses_put(&j, k->g, responses_status(k->g), NULL);
    size_t shown = k->text.len;
    put_items(&k->text, k->g);
    k->shown = str_from(k->text.ptr, shown);
    k->items = str_from(k->text.ptr + shown, k->text.len - shown);
    return !k->text.failed;
}

bool responses_keep(struct generation *g)
{
    struct responses_output *o = g->own;
    struct job *j = o->stores ? job_create_alone(g->api, g->principal, sizeof(struct keeping)) : NULL;
    struct keeping *k = j ? j->args : NULL;
    o->stores = j != NULL;
    if (!j)
        return false;
    *k = (struct keeping){.g = g, .id = str_of(g->id), .text = buf_make(RESPONSE_BYTES_MAX)};
    if (!render(k)) {
        buf_free(&k->text);
        job_end(j);
        o->stores = false;
        return false;
    }
    j->dispose = dispose;
    job_start(j, true, put, after_put);
    return true;
}

/* ---- what is there */

struct asking {
    struct str id, items;
};

static struct job *job_of(struct api *a, struct http_exchange *x, struct str id)
{
    struct job *j = job_create(a, x, sizeof(struct asking));
    if (j)
        ((struct asking *)j->args)->id = job_keep(j, id);
    return j;
}

static int get(struct store_db *db, struct job *j, struct err *e)
{
    struct str shown = {0};
    int rc = response_get(db, j->owner, ((struct asking *)j->args)->id, &j->arena, &shown, NULL, e);
    return rc ? rc : buf_put(&j->out, shown);
}

void handle_response_get(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    struct job *j = job_of(a, x, args->at[0]);
    if (j)
        job_start(j, false, get, NULL);
}

static int erase(struct store_db *db, struct job *j, struct err *e)
{
    struct str id = ((struct asking *)j->args)->id;
    int rc = response_delete(db, j->owner, id, e);
    if (rc)
        return rc;
    struct json out = json_to(&j->out);
    json_obj(&out);
    json_kstr(&out, "id", id);
    json_kcstr(&out, "object", "response");
    json_kbool(&out, "deleted", true);
    json_obj_end(&out);
    return OK;
}

void handle_response_delete(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    struct job *j = job_of(a, x, args->at[0]);
    if (j)
        job_start(j, true, erase, NULL);
}

/* ---- asking */

/* `root` is let go. On failure nothing has been answered, and *e says why. */
static int ask(struct api *a, struct http_exchange *x, json_t *root, struct api_error *e)
{
    struct arena arena = arena_make(API_PARSE_BYTES_MAX);
    struct responses_request r;
    int rc = responses_read(root, &arena, &r, e);
    if (!rc) {
        generation_start(a, x, &responses_shape, &r.api);
        api_request_deinit(&r.api);
    }
    arena_free(&arena);
    return rc;
}

static int get_items(struct store_db *db, struct job *j, struct err *e)
{
    struct asking *args = j->args;
    return response_get(db, j->owner, args->id, &j->arena, NULL, &args->items, e);
}

/* The items of the response before, then the new ones. */
static bool join_items(struct job *j)
{
    const struct asking *args = j->args;
    json_t *input = json_object_get(j->root, "input");
    json_t *now = json_is_array(input) || json_is_string(input) ? responses_items(input) : NULL;
    json_t *all = now ? json_loadb(args->items.ptr, args->items.len, JSON_ALLOW_NUL, NULL) : NULL;
    bool ok = !now || (all && !json_array_extend(all, now) && !json_object_set(j->root, "input", all));
    json_decref(now);
    json_decref(all);
    return ok;
}

static void after_items(struct job *j)
{
    static const struct http_events nothing = {0};
    struct api_error e;
    if (!j->x) {
        job_end(j);
        return;
    }
    if (!join_items(j)) {
        api_error_nomem(&e);
        job_refuse(j, &e);
        return;
    }
    struct api *a = j->api;
    struct http_exchange *x = job_take_exchange(j);
    json_t *root = j->root;
    j->root = NULL;
    job_end(j);
    http_listen_events(x, &nothing, NULL);
    if (ask(a, x, root, &e))
        respond_error(a, x, &e);
}

void handle_responses(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    struct api_error e;
    json_t *root = NULL;
    int rc = body_parse(http_request(x)->body, a->c.json_depth_max, &root, &e);
    json_t *previous = rc ? NULL : json_object_get(root, "previous_response_id");
    if (json_is_string(previous) && json_string_length(previous)) {
        struct job *j = job_of(a, x, field_str(previous));
        if (j) {
            j->root = root;
            job_start(j, false, get_items, after_items);
        } else {
            json_decref(root);
        }
        return;
    }
    if (!rc)
        rc = ask(a, x, root, &e);
    if (rc)
        respond_error(a, x, &e);
}
