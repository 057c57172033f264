#include "app/keyring.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/client.h"
#include "app/client_server.h"
#include "app/home.h"
#include "app/text.h"
#include "base/json.h"

struct keyring {
    struct app *app;
    struct client *client; /* or: */
    struct loop *loop;
    struct store *store;
    struct people *people;

    struct people_key *keys; /* of the last answer */
    /* what the folder has said */
    int code;
    struct err err;
    char secret[PEOPLE_SECRET_MAX];
};

/* ---- the server */

static struct people_key key_of_json(const json_t *o)
{
    struct people_key k = {
        .scope = str_eq(json_text(o, "scope"), STR("admin")) ? PEOPLE_ADMIN : PEOPLE_USER,
        .created_ms = (int64_t)json_number(o, "created_ms", 0),
        .expires_ms = (int64_t)json_number(o, "expires_ms", 0),
        .used_ms = (int64_t)json_number(o, "used_ms", 0),
        .revoked = json_is_true(json_object_get(o, "revoked")),
    };
    const json_t *l = json_object_get(o, "limits");
    k.limits = (struct people_limits){(uint32_t)json_number(l, "requests_per_minute", 0), (uint32_t)json_number(l, "concurrent_max", 0),
                                      (uint64_t)json_number(l, "tokens_per_day", 0)};
    str_to_i64(json_text(o, "id"), &k.id);
    str_copy(k.name, sizeof k.name, json_text(o, "name"));
    str_copy(k.hint, sizeof k.hint, json_text(o, "hint"));
    return k;
}

static int list_of_server(struct keyring *k, const struct people_key **ret, size_t *ret_n, struct err *e)
{
    json_t *answer = NULL;
    int r = client_call(k->client, "GET", "/api/keys", (struct str){0}, &answer, e);
    if (r)
        return r;
    const json_t *all = json_object_get(answer, "keys");
    size_t n = json_array_size(all);
    free(k->keys);
    k->keys = calloc(n + 1, sizeof *k->keys);
    for (size_t i = 0; k->keys && i < n; i++)
        k->keys[i] = key_of_json(json_array_get(all, i));
    json_decref(answer);
    if (!k->keys)
        return err_set(e, ERR_NOMEM, "%s", T(k->app->lang, NO_MEMORY));
    *ret = k->keys;
    *ret_n = n;
    return OK;
}

static int add_to_server(struct keyring *k, const struct people_new_key *new_key, char ret_secret[PEOPLE_SECRET_MAX], struct err *e)
{
    struct buf body = buf_make(4096);
    struct json j = json_to(&body);
    json_t *answer = NULL;
    json_obj(&j);
    json_kstr(&j, "name", new_key->name);
    json_kcstr(&j, "scope", new_key->scope == PEOPLE_ADMIN ? "admin" : "user");
    json_kint(&j, "expires_ms", new_key->expires_ms);
    json_obj_end(&j);
    int r = client_call(k->client, "POST", "/api/keys", buf_str(&body), &answer, e);
    if (!r && !str_copy(ret_secret, PEOPLE_SECRET_MAX, json_text(answer, "secret")))
        r = err_set(e, ERR_LIMIT, "%s", err_text(ERR_LIMIT));
    json_decref(answer);
    buf_free(&body);
    return r;
}

static int revoke_on_server(struct keyring *k, int64_t id, struct err *e)
{
    char path[64];
    snprintf(path, sizeof path, "/api/keys/%lld", (long long)id);
    return client_call(k->client, "DELETE", path, (struct str){0}, NULL, e);
}

/* ---- the folder */

static int answered(struct keyring *k, int code, const struct err *e)
{
    k->code = code;
    err_set(&k->err, code, "%s", e && e->text[0] ? e->text : err_text(code));
    loop_stop(k->loop);
    return code;
}

static void on_made(void *ctx, int code, const struct err *e, const struct people_key *key, const char *secret)
{
    (void)key;
    struct keyring *k = ctx;
    if (!answered(k, code, e))
        str_copy(k->secret, sizeof k->secret, str_of(secret));
}

static void on_done(void *ctx, int code, const struct err *e)
{
    answered(ctx, code, e);
}

/* Until one of the above has been called. */
static int wait_for_answer(struct keyring *k, struct err *e)
{
    int r = loop_run(k->loop);
    if (r || k->code)
        return err_set(e, r ? r : k->code, "%s", r ? err_text(r) : k->err.text);
    return OK;
}

static int open_folder(struct keyring *k, struct err *e)
{
    struct people_config c = {.clock = k->app->clock, .log = &k->app->log};
    const struct config *config = &k->app->config;
    c.limits = (struct people_limits){config->limits.requests_per_minute, config->limits.concurrent, config->limits.tokens_per_day};
    c.session_s = config->limits.session_ms / 1000;
    int r = loop_create(&k->loop, e);
    if (!r)
        r = home_open(k->app, &k->store, e);
    c.store = k->store;
    return r ? r : people_create(k->loop, &c, &k->people, e);
}

/* ---- both */

int keyring_open(struct app *a, struct keyring **ret, struct err *e)
{
    struct keyring *k = calloc(1, sizeof *k);
    char address[256];
    if (!k)
        return err_set(e, ERR_NOMEM, "%s", T(a->lang, NO_MEMORY));
    k->app = a;
    int r = server_running(a, address, sizeof address) ? client_open(a, NULL, &k->client, e) : open_folder(k, e);
    if (r) {
        keyring_close(k);
        return r;
    }
    *ret = k;
    return OK;
}

void keyring_close(struct keyring *k)
{
    if (!k)
        return;
    client_close(k->client);
    people_free(k->people);
    loop_free(k->loop);
    store_free(k->store);
    free(k->keys);
    explicit_bzero(k->secret, sizeof k->secret);
    free(k);
}

int keyring_list(struct keyring *k, const struct people_key **ret, size_t *ret_n, struct err *e)
{
    if (k->client)
        return list_of_server(k, ret, ret_n, e);
    *ret_n = people_keys(k->people, ret);
    return OK;
}

int keyring_add(struct keyring *k, const struct people_new_key *new_key, char ret_secret[PEOPLE_SECRET_MAX], struct err *e)
{
    if (k->client)
        return add_to_server(k, new_key, ret_secret, e);
    int r = people_key_create(k->people, new_key, on_made, k, e);
    if (!r)
        r = wait_for_answer(k, e);
    if (!r)
        str_copy(ret_secret, PEOPLE_SECRET_MAX, str_of(k->secret));
    return r;
}

int keyring_revoke(struct keyring *k, int64_t id, struct err *e)
{
    if (k->client)
        return revoke_on_server(k, id, e);
    int r = people_key_revoke(k->people, id, on_done, k, e);
    return r ? r : wait_for_answer(k, e);
}
