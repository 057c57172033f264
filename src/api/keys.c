/* API keys over HTTP. Answers come when the store has written; the client may be gone by then: a `change` ends when both people
 * have answered and the exchange is over. */
#include <stdlib.h>

#include "api/internal.h"
#include "api/people_fields.h"

struct change {
    struct api *api;
    struct http_exchange *x; /* NULL: over */
    bool answered;
};

static void drop(struct change *c)
{
    if (c->answered && !c->x)
        free(c);
}

static void on_ended(void *ctx, struct http_exchange *x, bool aborted)
{
    (void)x;
    (void)aborted;
    struct change *c = ctx;
    c->x = NULL;
    drop(c);
}

static struct change *change_create(struct api *a, struct http_exchange *x)
{
    static const struct http_events events = {.ended = on_ended};
    struct change *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    *c = (struct change){.api = a, .x = x};
    http_listen_events(x, &events, c);
    return c;
}

static void put_time(struct json *j, const char *key, int64_t ms)
{
    json_key(j, key);
    if (ms)
        json_int(j, ms);
    else
        json_nil(j);
}

/* The members of a key, within an open object. */
static void put_key(struct json *j, const struct people_key *k)
{
    struct principal who = {.id = k->id};
    char id[API_OWNER_BYTES];
    json_kstr(j, "id", api_owner(&who, id));
    json_kcstr(j, "name", k->name);
    json_kcstr(j, "hint", k->hint);
    json_kcstr(j, "scope", people_scope_name(k->scope));
    json_kint(j, "created_ms", k->created_ms);
    put_time(j, "expires_ms", k->expires_ms);
    put_time(j, "used_ms", k->used_ms);
    json_kbool(j, "revoked", k->revoked);
    json_key(j, "limits");
    json_obj(j);
    json_kuint(j, "requests_per_minute", k->limits.requests_per_minute);
    json_kuint(j, "concurrent_max", k->limits.concurrent_max);
    json_kuint(j, "tokens_per_day", k->limits.tokens_per_day);
    json_obj_end(j);
}

void handle_keys(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    struct buf body = buf_make(API_ANSWER_BYTES_MAX);
    struct json j = json_to(&body);
    const struct people_key *keys = NULL;
    size_t n = a->c.people ? people_keys(a->c.people, &keys) : 0;
    json_obj(&j);
    json_key(&j, "keys");
    json_arr(&j);
    for (size_t i = 0; i < n; i++) {
        json_obj(&j);
        put_key(&j, &keys[i]);
        json_obj_end(&j);
    }
    json_arr_end(&j);
    json_obj_end(&j);
    respond_json(x, 200, &body);
    buf_free(&body);
}

static void respond_failure(struct api *a, struct http_exchange *x, int code, const struct err *cause)
{
    static const struct {
        int code, status;
        const char *word;
    } rows[] = {
        {ERR_INVAL, 400, "invalid_value"},   {ERR_EXISTS, 409, "name_in_use"}, {ERR_NOENT, 404, "key_not_found"},
        {ERR_LIMIT, 409, "too_many_keys"},   {ERR_FULL, 503, "server_busy"},   {ERR_NOMEM, 503, "out_of_memory"},
        {ERR_CANCELED, 503, "server_stops"},
    };
    struct api_error e;
    int status = 500;
    const char *word = "store_failed", *text = cause && cause->text[0] ? cause->text : err_text(code);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].code == code) {
            status = rows[i].status;
            word = rows[i].word;
        }
    api_error_set(&e, status, word, code == ERR_INVAL ? "name" : NULL, "%s", text);
    respond_error(a, x, &e);
}

static void on_made(void *ctx, int code, const struct err *e, const struct people_key *key, const char *secret)
{
    struct change *c = ctx;
    if (c->x && code) {
        respond_failure(c->api, c->x, code, e);
    } else if (c->x) {
        struct buf body = buf_make(8192);
        struct json j = json_to(&body);
        json_obj(&j);
        put_key(&j, key);
        json_kcstr(&j, "secret", secret);
        json_obj_end(&j);
        http_add_header(c->x, "Cache-Control", STR("no-store"));
        respond_json(c->x, 201, &body);
        buf_free(&body);
    }
    c->answered = true;
    drop(c);
}

static void on_revoked(void *ctx, int code, const struct err *e)
{
    struct change *c = ctx;
    if (c->x && code)
        respond_failure(c->api, c->x, code, e);
    else if (c->x)
        http_respond(c->x, 204, NULL, (struct str){0});
    c->answered = true;
    drop(c);
}

/* The exchange is answered here: people will not call. */
static void fail(struct change *c, int code, const struct err *e)
{
    respond_failure(c->api, c->x, code, e);
    c->answered = true;
    drop(c);
}

void handle_key_create(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    struct api_error e;
    struct key_fields f;
    struct people_limits defaults = {0};
    if (a->c.people)
        defaults = *people_default_limits(a->c.people);
    if (people_parse_key(http_request(x)->body, a->c.json_depth_max, &defaults, &f, &e)) {
        respond_error(a, x, &e);
        return;
    }
    struct err cause = {0};
    struct people_new_key k = {f.name, f.scope, f.expires_ms, f.has_limits ? &f.limits : NULL};
    struct change *c = a->c.people ? change_create(a, x) : NULL;
    int r = c ? people_key_create(a->c.people, &k, on_made, c, &cause) : ERR_NOMEM;
    json_decref(f.root);
    if (!c)
        respond_failure(a, x, r, &cause);
    else if (r)
        fail(c, r, &cause);
}

void handle_key_revoke(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    int64_t id;
    struct err cause = {0};
    struct change *c = NULL;
    if (!a->c.people || str_to_i64(args->at[0], &id)) {
        err_set(&cause, ERR_NOENT, "There is no such key");
        respond_failure(a, x, ERR_NOENT, &cause);
        return;
    }
    c = change_create(a, x);
    int r = c ? people_key_revoke(a->c.people, id, on_revoked, c, &cause) : ERR_NOMEM;
    if (!c)
        respond_failure(a, x, r, &cause);
    else if (r)
        fail(c, r, &cause);
}
