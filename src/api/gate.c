/* Who may call at all: looked at before a body is read.
 *
 * Two attacks from the web matter before anybody asks for a key. A foreign page may let its visitor's browser send requests here:
 * browsers then say where they come from in Origin, and only the server's own pages and listed ones pass. And a foreign name may be
 * made to resolve to 127.0.0.1 (DNS rebinding), which makes the attacker's page the same origin: but then the name stands in
 * Host, and only localhost, IP literals, which nobody can rebind, and listed names pass. Programs other than browsers send no
 * Origin and are not hindered. Then the route says whether it wants to know who asks (auth.h). */
#include <arpa/inet.h>
#include <stdio.h>

#include "api/auth.h"
#include "api/visit.h"

const struct principal *api_principal(const struct http_exchange *x)
{
    const struct visit *v = visit_of(x);
    return v && v->known ? &v->who : NULL;
}

struct str api_owner(const struct principal *who, char text[API_OWNER_BYTES])
{
    return str_from(text, (size_t)snprintf(text, API_OWNER_BYTES, "%lld", (long long)who->id));
}

/* Without its port. False when what follows the name is not a port. */
static bool split_port(struct str host, struct str *ret_name)
{
    ptrdiff_t end = str_starts(host, STR("[")) ? str_chr(host, ']') + 1 : str_chr(host, ':');
    if (end < 0)
        end = (ptrdiff_t)host.len;
    *ret_name = str_head(host, (size_t)end);
    struct str port = str_skip(host, (size_t)end);
    uint64_t number;
    return !port.len || (port.ptr[0] == ':' && !str_to_u64(str_skip(port, 1), &number) && number <= 65535);
}

static bool is_ip_literal(struct str name, struct in6_addr *ret)
{
    char text[64];
    bool v6 = name.len > 2 && name.ptr[0] == '[' && name.ptr[name.len - 1] == ']';
    if (v6)
        name = str_from(name.ptr + 1, name.len - 2);
    *ret = (struct in6_addr){0}; /* the larger of both */
    return str_copy(text, sizeof text, name) && strlen(text) == name.len && inet_pton(v6 ? AF_INET6 : AF_INET, text, ret) == 1;
}

bool gate_host_unspecified(struct str host)
{
    struct str name;
    struct in6_addr address;
    if (!split_port(host, &name) || !is_ip_literal(name, &address))
        return false;
    return IN6_IS_ADDR_UNSPECIFIED(&address) || (IN6_IS_ADDR_V4MAPPED(&address) && !address.s6_addr32[3]);
}

bool gate_host_ok(const struct api *a, struct str host)
{
    struct str name;
    struct in6_addr address;
    if (!split_port(host, &name) || !name.len)
        return false;
    if (str_ieq(name, STR("localhost")) || is_ip_literal(name, &address))
        return true;
    for (size_t i = 0; i < a->c.n_hosts; i++)
        if (str_ieq(name, a->c.hosts[i]))
            return true;
    return false;
}

bool gate_origin_listed(const struct api *a, struct str origin)
{
    for (size_t i = 0; i < a->c.n_origins; i++)
        if (str_ieq(origin, a->c.origins[i]) && !str_eq(origin, STR("null")))
            return true;
    return false;
}

bool gate_origin_same(struct str origin, struct str host)
{
    static const struct str schemes[] = {{"http://", 7}, {"https://", 8}};
    for (size_t i = 0; i < 2; i++)
        if (host.len && str_starts(origin, schemes[i]) && str_ieq(str_skip(origin, schemes[i].len), host))
            return true;
    return false;
}

/* ---- the gate */

static int refuse(struct api *a, struct http_exchange *x, const struct route *r, const struct api_error *e)
{
    struct visit *v = visit_of(x) ? visit_of(x) : visit_begin(a, x, r);
    if (v)
        v->refusal = *e;
    return e->status;
}

void api_refusal_body(void *ctx, struct http_exchange *x, int status, struct buf *out)
{
    const struct visit *v = visit_of(x);
    if (!v || v->refusal.status != status) {
        api_error_body(ctx, x, status, NULL, out);
        return;
    }
    note_reason(x, v->refusal.code);
    respond_put_error(x, &v->refusal, out);
}

static int check_sender(const struct api *a, const struct http_exchange *x, struct api_error *e)
{
    struct str host = http_header(x, "Host"), origin = http_header(x, "Origin");
    /* HTTP/1.0 has no Host; browsers do not speak it. */
    if (host.ptr && !gate_host_ok(a, host))
        return api_error_set(e, 421, "foreign_host", NULL,
                             "This server does not answer to that name: the person who runs it can list the name in server.hosts");
    if (origin.ptr && !gate_origin_same(origin, host) && !gate_origin_listed(a, origin))
        return api_error_set(e, 403, "foreign_origin", NULL,
                             "Pages of this origin may not call: the person who runs the server can list it in server.origins");
    return OK;
}

static int check_principal(struct api *a, struct http_exchange *x, const struct route *r, struct api_error *e)
{
    struct str method = http_request(x)->method;
    struct visit *v = visit_begin(a, x, r);
    struct auth auth;
    if (!v)
        return api_error_nomem(e);
    int rc = auth_check(a, x, str_eq(method, STR("GET")) || str_eq(method, STR("HEAD")), &auth, e);
    if (rc)
        return rc;
    v->who = *auth.who; /* people's may be gone before the body has come */
    v->known = true;
    if (r->scope == SCOPE_ADMIN && v->who.scope != PEOPLE_ADMIN)
        return api_error_set(e, 403, "admin_only", NULL, "Only the owner and keys of scope admin may do this");
    return OK;
}

/* The page behind this Origin is another one that may call, and has to be told so, also with a refusal. */
static void allow_origin(const struct api *a, struct http_exchange *x)
{
    struct str origin = http_header(x, "Origin");
    if (!origin.ptr || !gate_origin_listed(a, origin))
        return;
    http_add_header(x, "Access-Control-Allow-Origin", origin);
    http_add_header(x, "Vary", STR("Origin"));
}

int api_gate(void *ctx, struct http_exchange *x, size_t *body_bytes_max)
{
    struct api *a = ctx;
    const struct http_request *q = http_request(x);
    struct route_args args;
    struct api_error e;
    bool known = false;
    const struct route *r = route_find(q->method, q->path, &args, &known);
    size_t limit = r ? r->body_bytes_max : 4096;
    if (limit && limit < *body_bytes_max)
        *body_bytes_max = limit;
    if (check_sender(a, x, &e))
        return refuse(a, x, r, &e);
    allow_origin(a, x);
    if (r && r->scope != SCOPE_OPEN && check_principal(a, x, r, &e))
        return refuse(a, x, r, &e);
    return 0;
}
