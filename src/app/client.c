#include "app/client.h"

#include <stdlib.h>

#include "app/client_server.h"
#include "app/interrupt.h"
#include "app/sse.h"
#include "app/text.h"
#include "fetch/transfer.h"

enum { REQUEST_BYTES_MAX = 64 << 20, STREAM_STALL_MS_MAX = 600000 };

struct client {
    struct app *app;
    struct transfer *transfer;
    char *address; /* without a slash at its end */
    char *key_header;
    struct own_server own;
};

const char *client_address(const struct client *c)
{
    return c->address;
}

bool client_owns_server(const struct client *c)
{
    return c->own.pid > 0;
}

/* ---- opening */

static int set_address(struct client *c, struct str address, struct err *e)
{
    while (str_ends(address, STR("/")))
        address.len--;
    if (!str_starts(address, STR("http://")) && !str_starts(address, STR("https://")))
        return err_set(e, ERR_INVAL, T(c->app->lang, SERVER_NOT_URL), STR_ARG(str_head(address, 100)));
    c->address = str_dup(address);
    return c->address ? OK : err_set(e, ERR_NOMEM, "%s", T(c->app->lang, NO_MEMORY));
}

static int set_key(struct client *c, struct err *e)
{
    const char *key = c->app->args.key ? c->app->args.key : getenv("HEARTH_KEY");
    if (!key || !*key)
        return OK;
    struct buf line = buf_make(4096);
    buf_printf(&line, "Authorization: Bearer %s", key);
    bool fits = !line.failed && !strpbrk(key, "\r\n");
    c->key_header = fits ? str_dup(buf_str(&line)) : NULL;
    buf_free(&line);
    return c->key_header ? OK : err_set(e, ERR_INVAL, "%s", T(c->app->lang, KEY_WRONG));
}

/* Which server, and its address. */
static int find_server(struct client *c, const char *model, struct err *e)
{
    char address[256];
    if (c->app->args.server)
        return set_address(c, str_of(c->app->args.server), e);
    if (server_running(c->app, address, sizeof address))
        return set_address(c, str_of(address), e);
    int r = own_server_start(c->app, model, &c->own, address, sizeof address, e);
    return r ? r : set_address(c, str_of(address), e);
}

int client_open(struct app *a, const char *model, struct client **ret, struct err *e)
{
    struct client *c = calloc(1, sizeof *c);
    if (!c)
        return err_set(e, ERR_NOMEM, "%s", T(a->lang, NO_MEMORY));
    c->app = a;
    int r = transfer_create(&c->transfer, e);
    if (!r)
        r = set_key(c, e);
    if (!r)
        r = find_server(c, model, e);
    if (r)
        client_close(c);
    else
        *ret = c;
    return r;
}

void client_close(struct client *c)
{
    if (!c)
        return;
    transfer_free(c->transfer);
    own_server_stop(&c->own);
    free(c->address);
    free(c->key_header);
    free(c);
}

/* ---- requests */

struct request {
    struct client *client;
    struct buf url;
    const char *headers[4];
    struct transfer_request q;
};

static void request_make(struct request *r, struct client *c, const char *method, const char *path, struct str body)
{
    size_t n = 0;
    *r = (struct request){.client = c, .url = buf_make(64 << 10)};
    buf_printf(&r->url, "%s%s", c->address, path);
    r->headers[n++] = "Accept-Language: en";
    if (body.len)
        r->headers[n++] = "Content-Type: application/json";
    if (c->key_header)
        r->headers[n++] = c->key_header;
    r->q = (struct transfer_request){
        .method = method, .url = buf_cstr(&r->url), .headers = r->headers, .body = body, .cancel = interrupt_flag()};
}

static int code_of_status(int status)
{
    switch (status) {
    case 401:
    case 403: return ERR_DENIED;
    case 404: return ERR_NOENT;
    case 413: return ERR_LIMIT;
    case 429:
    case 503: return ERR_FULL;
    default: return status < 500 ? ERR_INVAL : ERR_INTERNAL;
    }
}

/* {"error": {"message": …}}, as a sentence. */
static int refused(struct client *c, struct str body, struct err *e)
{
    int status = transfer_status(c->transfer), code = code_of_status(status);
    json_t *root = json_loadb(body.ptr ? body.ptr : "", body.len, 0, NULL);
    struct str message = json_text(json_object_get(root, "error"), "message");
    if (status == 401)
        err_set(e, code, T(c->app->lang, SERVER_WANTS_KEY), c->address);
    else if (str_eq(json_text(json_object_get(root, "error"), "code"), STR("storage_full")))
        err_set(e, code, "%s", T(c->app->lang, SERVER_STORAGE_FULL));
    else if (message.len)
        err_set(e, code, STR_FMT, STR_ARG(message));
    else
        err_set(e, code, T(c->app->lang, SERVER_STATUS), c->address, status);
    json_decref(root);
    return code;
}

static int run(struct request *r, struct err *e)
{
    struct client *c = r->client;
    int code = r->url.failed ? err_set(e, r->url.failed, "%s", err_text(r->url.failed)) : transfer_run(c->transfer, &r->q, e);
    if (code == ERR_CLOSED && own_server_ended(&c->own, c->app, e))
        return ERR_CLOSED; /* with the reason that it left */
    return code;
}

int client_fetch(struct client *c, const char *path, struct buf *out, struct err *e)
{
    struct request r;
    request_make(&r, c, "GET", path, (struct str){0});
    int code = run(&r, e);
    struct str body = transfer_body(c->transfer);
    if (!code && transfer_status(c->transfer) >= 400)
        code = refused(c, body, e);
    else if (!code && buf_put(out, body))
        code = err_set(e, out->failed, "%s", err_text(out->failed));
    buf_free(&r.url);
    return code;
}

/* Runs r and reads its answer. */
static int call(struct request *r, json_t **ret, struct err *e)
{
    struct client *c = r->client;
    json_t *root = NULL;
    int code = run(r, e);
    struct str answer = transfer_body(c->transfer);
    if (!code && transfer_status(c->transfer) >= 400)
        code = refused(c, answer, e);
    if (!code && answer.len && !(root = json_loadb(answer.ptr, answer.len, 0, NULL)))
        code = err_set(e, ERR_CORRUPT, T(c->app->lang, SERVER_NOT_HEARTH), c->address);
    if (!code && ret)
        *ret = root;
    else
        json_decref(root);
    buf_free(&r->url);
    return code;
}

int client_call(struct client *c, const char *method, const char *path, struct str body, json_t **ret, struct err *e)
{
    struct request r;
    request_make(&r, c, method, path, body);
    return call(&r, ret, e);
}

int client_send(struct client *c, const char *path, struct str body, json_t **ret, struct err *e)
{
    struct request r;
    request_make(&r, c, "POST", path, body);
    r.q.stall_ms_max = STREAM_STALL_MS_MAX;
    return call(&r, ret, e);
}

/* ---- pieces */

struct pieces {
    client_bytes_fn *bytes;
    void *ctx;
    struct buf refusal; /* the body of an answer that is an error */
};

static int on_piece(void *ctx, struct transfer *t, struct str bytes)
{
    struct pieces *p = ctx;
    return transfer_status(t) >= 400 ? buf_put(&p->refusal, bytes) : p->bytes(p->ctx, bytes);
}

int client_stream(struct client *c, const char *path, client_bytes_fn *bytes, void *ctx, struct err *e)
{
    struct request r;
    struct pieces p = {.bytes = bytes, .ctx = ctx, .refusal = buf_make(1 << 20)};
    request_make(&r, c, "GET", path, (struct str){0});
    r.q.data = on_piece;
    r.q.ctx = &p;
    r.q.answer_bytes_max = SIZE_MAX;
    int code = run(&r, e);
    if (!code && transfer_status(c->transfer) >= 400)
        code = refused(c, buf_str(&p.refusal), e);
    buf_free(&p.refusal);
    buf_free(&r.url);
    return code;
}

/* ---- events */

struct stream {
    struct client *client;
    client_event_fn *event;
    void *ctx;
    struct err *e;
    struct sse sse;
    struct buf refusal; /* the body of an answer that is no stream */
};

static int on_event(void *ctx, struct str name, struct str data)
{
    struct stream *s = ctx;
    json_t *root = json_loadb(data.ptr, data.len, 0, NULL);
    int r = s->event(s->ctx, name, root, s->e);
    json_decref(root);
    return r;
}

static int on_data(void *ctx, struct transfer *t, struct str bytes)
{
    struct stream *s = ctx;
    if (transfer_status(t) >= 400)
        return buf_put(&s->refusal, bytes);
    return sse_feed(&s->sse, bytes);
}

int client_events(struct client *c, const char *method, const char *path, struct str body, client_event_fn *event, void *ctx, struct err *e)
{
    struct request r;
    struct err seen = {0};
    struct stream s = {.client = c, .event = event, .ctx = ctx, .e = &seen, .refusal = buf_make(1 << 20)};
    s.sse = sse_make(on_event, &s);
    request_make(&r, c, method, path, body);
    r.q.data = on_data;
    r.q.ctx = &s;
    r.q.stall_ms_max = STREAM_STALL_MS_MAX; /* a long prompt is read in silence */
    r.q.answer_bytes_max = REQUEST_BYTES_MAX;
    int code = run(&r, e);
    if (code && seen.text[0] && e)
        *e = seen; /* the reason that the event's function gave */
    if (!code && transfer_status(c->transfer) >= 400)
        code = refused(c, buf_str(&s.refusal), e);
    sse_free(&s.sse);
    buf_free(&s.refusal);
    buf_free(&r.url);
    return code;
}

struct str json_text(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return str_from(json_string_value(v), json_string_length(v));
}

double json_number(const json_t *o, const char *key, double otherwise)
{
    const json_t *v = json_object_get(o, key);
    return json_is_number(v) ? json_number_value(v) : otherwise;
}
