/* Who may call at all: looked at before a body is read.
 *
 * The server has no password on a person's own machine, so two attacks from the web matter. A foreign page may let its
 * visitor's browser send requests here: browsers then say where they come from in Origin, and only the server's own pages and
 * listed ones pass. And a foreign name may be made to resolve to 127.0.0.1 (DNS rebinding), which makes the attacker's page the
 * same origin: but then the name stands in Host, and only localhost, IP literals, which nobody can rebind, and listed names
 * pass. Programs other than browsers send no Origin and are not hindered. */
#include <arpa/inet.h>
#include <stdio.h>

#include "api/internal.h"

static const struct principal everybody = {PEOPLE_OWNER, PEOPLE_LOCAL, PEOPLE_ADMIN, "owner"};

const struct principal *api_principal(const struct http_exchange *x)
{
    return http_user(x);
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

static bool is_ip_literal(struct str name)
{
    char text[64];
    struct in6_addr address; /* the larger of both */
    bool v6 = name.len > 2 && name.ptr[0] == '[' && name.ptr[name.len - 1] == ']';
    if (v6)
        name = str_from(name.ptr + 1, name.len - 2);
    return str_copy(text, sizeof text, name) && strlen(text) == name.len && inet_pton(v6 ? AF_INET6 : AF_INET, text, &address) == 1;
}

bool gate_host_ok(const struct api *a, struct str host)
{
    struct str name;
    if (!split_port(host, &name) || !name.len)
        return false;
    if (str_ieq(name, STR("localhost")) || is_ip_literal(name))
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

int api_gate(void *ctx, struct http_exchange *x, size_t *body_bytes_max)
{
    const struct api *a = ctx;
    const struct http_request *q = http_request(x);
    struct str host = http_header(x, "Host"), origin = http_header(x, "Origin");
    struct route_args args;
    /* HTTP/1.0 has no Host; browsers do not speak it. */
    if (host.ptr && !gate_host_ok(a, host))
        return 421;
    if (origin.ptr && !gate_origin_same(origin, host) && !gate_origin_listed(a, origin))
        return 403;
    bool known = false;
    const struct route *r = route_find(q->method, q->path, &args, &known);
    size_t limit = r ? r->body_bytes_max : 4096;
    if (limit && limit < *body_bytes_max)
        *body_bytes_max = limit;
    if (r && r->scope != SCOPE_OPEN)
        http_set_user(x, &everybody);
    return 0;
}
