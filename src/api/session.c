/* The sessions of pages: a one-time link or a key becomes a cookie. */
#include <stdio.h>

#include "api/auth.h"
#include "api/body.h"
#include "api/people_fields.h"

static void put_principal(struct json *j, const struct principal *who)
{
    char id[API_OWNER_BYTES];
    json_key(j, "principal");
    json_obj(j);
    json_kstr(j, "id", api_owner(who, id));
    json_kcstr(j, "name", who->name);
    json_kcstr(j, "kind", who->kind == PEOPLE_LOCAL ? "local" : "key");
    json_kcstr(j, "scope", people_scope_name(who->scope));
    json_obj_end(j);
}

static void respond_session(struct http_exchange *x, const struct principal *who, const char *csrf)
{
    struct buf body = buf_make(4096);
    struct json j = json_to(&body);
    json_obj(&j);
    json_kbool(&j, "signed_in", who != NULL);
    if (who) {
        json_kcstr(&j, "csrf", csrf);
        put_principal(&j, who);
    }
    json_obj_end(&j);
    http_add_header(x, "Cache-Control", STR("no-store"));
    respond_json(x, 200, &body);
    buf_free(&body);
}

void handle_session(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    struct auth auth;
    struct api_error e;
    if (auth_check(a, x, true, &auth, &e) && e.status != 401)
        respond_error(a, x, &e); /* too many failures, out of memory */
    else
        respond_session(x, auth.who, auth.csrf);
}

static void set_cookie(struct http_exchange *x, const char *value, uint32_t seconds)
{
    char line[200];
    snprintf(line, sizeof line, AUTH_COOKIE "=%s; HttpOnly; SameSite=Strict; Path=/; Max-Age=%u", value, seconds);
    http_add_header(x, "Set-Cookie", str_of(line));
}

static int begin(struct api *a, struct http_exchange *x, const struct session_fields *f, struct people_session *ret, struct api_error *e)
{
    char address[AUTH_ADDRESS_BYTES];
    uint32_t wait_s = 0;
    struct people_visitor v = auth_visitor(x, address);
    if (!f->link.len == !f->key.len)
        return api_error_set(e, 400, "invalid_value", "link", "Either 'link' or 'key' signs in");
    if (!a->c.people)
        return api_error_set(e, 501, "no_store", NULL, "This server keeps no keys and no sessions");
    int r = f->link.len ? people_session_from_link(a->c.people, f->link, &v, ret, &wait_s)
                        : people_session_from_key(a->c.people, f->key, &v, ret, &wait_s);
    if (r == ERR_DENIED && f->link.len)
        return api_error_set(e, 401, "bad_link", NULL,
                             "This link has been used or has expired: `hearth open` makes a new one on the machine that hearth runs on");
    return r ? auth_refuse(x, r, wait_s, e) : OK;
}

void handle_session_begin(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    struct api_error e;
    struct session_fields f;
    struct people_session made;
    int r = people_parse_session(http_request(x)->body, a->c.json_depth_max, &f, &e);
    if (!r) {
        r = begin(a, x, &f, &made, &e);
        json_decref(f.root);
    }
    if (r) {
        respond_error(a, x, &e);
        return;
    }
    set_cookie(x, made.cookie, a->c.session_s);
    respond_session(x, made.who, made.csrf);
}

void handle_session_end(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    struct str header = http_header(x, "Cookie");
    for (struct str cookie; a->c.people && auth_next_cookie(&header, &cookie);)
        people_session_end(a->c.people, cookie);
    set_cookie(x, "", 0);
    http_respond(x, 204, NULL, (struct str){0});
}

/* Only the owner: whoever has a key signs in by it. */
void handle_link(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    struct api_error e;
    const struct principal *who = api_principal(x);
    char secret[PEOPLE_SECRET_MAX];
    struct str host = http_header(x, "Host");
    if (who->kind != PEOPLE_LOCAL) {
        api_error_set(&e, 403, "owner_only", NULL, "Only the owner makes links: a key signs in as it is");
        respond_error(a, x, &e);
        return;
    }
    if (!a->c.people || !host.len || people_link_create(a->c.people, who, secret)) {
        api_error_set(&e, host.len ? 503 : 400, NULL, NULL, "%s",
                      host.len ? "No link could be made" : "A link needs the server's name: send a Host header");
        respond_error(a, x, &e);
        return;
    }
    struct buf body = buf_make(4096), url = buf_make(1024);
    struct json j = json_to(&body);
    buf_printf(&url, "http://" STR_FMT "/#link=%s", STR_ARG(host), secret);
    json_obj(&j);
    json_kstr(&j, "url", buf_str(&url));
    json_kint(&j, "expires_ms", clock_wall_ms(a->c.clock) + PEOPLE_LINK_S * INT64_C(1000));
    json_obj_end(&j);
    http_add_header(x, "Cache-Control", STR("no-store"));
    respond_json(x, 201, &body);
    buf_free(&body);
    buf_free(&url);
}
