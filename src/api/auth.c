#include "api/auth.h"

#include <stdio.h>
#include <unistd.h>

#include "sys/peer.h"

/* Browsers send all cookies of a name, and pages of other ports can set more of them. */
enum { COOKIES_MAX = 4 };

/* ---- headers */

struct str auth_bearer(struct str header)
{
    const struct str scheme = STR("Bearer");
    header = str_trim(header);
    if (header.len <= scheme.len || !str_ieq(str_head(header, scheme.len), scheme) || !strchr(" \t", header.ptr[scheme.len]))
        return (struct str){0};
    return str_trim(str_skip(header, scheme.len));
}

bool auth_next_cookie(struct str *header, struct str *ret)
{
    for (struct str pair, name; str_split(header, ';', &pair);) {
        struct str value = pair;
        str_split(&value, '=', &name);
        if (!value.ptr || !str_eq(str_trim(name), STR(AUTH_COOKIE)))
            continue;
        value = str_trim(value);
        if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
            value = str_from(value.ptr + 1, value.len - 2);
        *ret = value;
        return true;
    }
    return false;
}

/* ---- the connection */

enum { NOTE_MADE = 1, NOTE_LOOPBACK = 2, NOTE_KNOWN = 4, NOTE_UID_SHIFT = 8 };

static struct peer peer_behind(struct http_exchange *x)
{
    uint64_t *note = http_note(x);
    if (!*note) {
        struct peer p;
        peer_of(http_socket(x), &p);
        *note = NOTE_MADE | (p.loopback ? NOTE_LOOPBACK : 0) | (p.known ? NOTE_KNOWN : 0) | (uint64_t)p.uid << NOTE_UID_SHIFT;
    }
    return (struct peer){*note & NOTE_LOOPBACK, *note & NOTE_KNOWN, (uid_t)(*note >> NOTE_UID_SHIFT)};
}

struct people_visitor auth_visitor(struct http_exchange *x, char address[AUTH_ADDRESS_BYTES])
{
    struct peer p = peer_behind(x);
    struct str text = str_of(http_request(x)->peer);
    ptrdiff_t colon = str_rchr(text, ':');
    if (colon >= 0)
        text = str_head(text, (size_t)colon);
    if (text.len >= 2 && text.ptr[0] == '[')
        text = str_from(text.ptr + 1, text.len - 2);
    str_copy(address, AUTH_ADDRESS_BYTES, text);
    return (struct people_visitor){address, !p.loopback ? PEOPLE_ELSEWHERE : p.known ? (int64_t)p.uid : PEOPLE_UNKNOWN};
}

static bool has_any(const struct http_exchange *x, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (http_header(x, names[i]).ptr)
            return true;
    return false;
}

/* A page that is shown in a browser of this machine is not its user. Listed origins count as programs. Browsers keep Sec-Fetch-Site from
 * addresses that they do not trust, of which one leads here (0.0.0.0, gate_host_unspecified). */
static bool is_browser(const struct api *a, const struct http_exchange *x)
{
    static const char *const signs[] = {"Sec-Fetch-Site", "Referer"}; /* Node's fetch sends Sec-Fetch-Mode, too */
    struct str origin = http_header(x, "Origin");
    if (origin.ptr)
        return !gate_origin_listed(a, origin);
    return has_any(x, signs, sizeof signs / sizeof *signs) || gate_host_unspecified(http_header(x, "Host"));
}

/* Then the process at the other end is not who asks. */
static bool is_forwarded(const struct http_exchange *x)
{
    static const char *const signs[] = {"X-Forwarded-For",   "Forwarded",        "X-Real-IP",
                                        "X-Forwarded-Proto", "X-Forwarded-Host", "Via",
                                        "X-Client-IP",       "True-Client-IP",   "CF-Connecting-IP",
                                        "X-Forwarded-Server"};
    return has_any(x, signs, sizeof signs / sizeof *signs);
}

static bool is_local_owner(const struct api *a, struct http_exchange *x)
{
    if (is_browser(a, x) || is_forwarded(x))
        return false;
    struct peer p = peer_behind(x);
    return p.loopback && p.known && (p.uid == geteuid() || p.uid == 0);
}

/* ---- sessions */

static bool same_origin(const struct http_exchange *x, bool reading)
{
    struct str origin = http_header(x, "Origin"), site = http_header(x, "Sec-Fetch-Site");
    if (origin.ptr && !gate_origin_same(origin, http_header(x, "Host")))
        return false;
    /* "none": typed by the person; other ports of this host are "same-site" only. */
    return !site.ptr || str_eq(site, STR("same-origin")) || (reading && str_eq(site, STR("none")));
}

/* False: no cookie of a session. */
static bool find_session(struct api *a, struct http_exchange *x, struct auth *ret)
{
    struct str header = http_header(x, "Cookie"), cookie;
    char address[AUTH_ADDRESS_BYTES];
    if (!header.len)
        return false;
    struct people_visitor v = auth_visitor(x, address);
    for (int i = 0; i < COOKIES_MAX && auth_next_cookie(&header, &cookie); i++)
        if (!people_by_cookie(a->c.people, cookie, &v, &ret->who, ret->csrf)) {
            ret->by_cookie = true;
            return true;
        }
    return false;
}

/* ---- refusals */

int auth_refuse(struct http_exchange *x, int code, uint32_t wait_s, struct api_error *e)
{
    char seconds[16];
    if (code == ERR_AGAIN) {
        snprintf(seconds, sizeof seconds, "%u", wait_s);
        http_add_header(x, "Retry-After", str_of(seconds));
        api_error_set(e, 429, "too_many_failures", NULL, "Too many wrong keys came from there: wait %u seconds", wait_s);
    } else if (code == ERR_DENIED) {
        http_add_header(x, "WWW-Authenticate", STR("Bearer"));
        api_error_set(e, 401, "invalid_api_key", NULL,
                      "This key is unknown, has expired or was revoked: whoever runs the server makes one with `hearth keys add NAME`");
    } else if (code == ERR_FULL) {
        api_error_set(e, 503, "server_busy", NULL, "Too much waits to be written: try again in a moment");
    } else {
        api_error_nomem(e);
    }
    return ERR_DENIED;
}

static int ask_sign_in(struct http_exchange *x, struct api_error *e)
{
    http_add_header(x, "WWW-Authenticate", STR("Bearer"));
    api_error_set(e, 401, "sign_in", NULL,
                  "Sign in first: open the link that `hearth open` prints, or send a key (`hearth keys add NAME`) as "
                  "`Authorization: Bearer KEY`");
    return ERR_DENIED;
}

static int check_key(struct api *a, struct http_exchange *x, struct str key, struct auth *ret, struct api_error *e)
{
    char address[AUTH_ADDRESS_BYTES];
    uint32_t wait_s = 0;
    struct people_visitor v = auth_visitor(x, address);
    int r = people_by_key(a->c.people, key, &v, &ret->who, &wait_s);
    return r ? auth_refuse(x, r, wait_s, e) : OK;
}

int auth_check(struct api *a, struct http_exchange *x, bool reading, struct auth *ret, struct api_error *e)
{
    static const struct principal everybody = {PEOPLE_OWNER, PEOPLE_LOCAL, PEOPLE_ADMIN, "owner"};
    *ret = (struct auth){0};
    if (!a->c.people) {
        ret->who = &everybody;
        return OK;
    }
    struct str key = auth_bearer(http_header(x, "Authorization"));
    if (!key.len)
        key = str_trim(http_header(x, "x-api-key"));
    if (key.len && (people_looks_like_key(key) || !is_local_owner(a, x)))
        return check_key(a, x, key, ret, e);
    if (!key.len && same_origin(x, reading) && find_session(a, x, ret)) {
        if (reading || people_same_secret(http_header(x, "X-CSRF-Token"), str_of(ret->csrf)))
            return OK;
        ret->who = NULL;
        api_error_set(e, 403, "csrf", NULL, "The request lacks the token of its session (X-CSRF-Token): load the page again");
        return ERR_DENIED;
    }
    if (!is_local_owner(a, x))
        return ask_sign_in(x, e);
    ret->who = people_local(a->c.people);
    return OK;
}
