/* What strangers send before they are anybody: Authorization and Cookie headers, and the JSON of /api/session and /api/keys. */
#include <stdint.h>
#include <stdlib.h>

#include "api/auth.h"
#include "api/people_fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool within(struct str part, struct str whole)
{
    return !part.len || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static void check_headers(struct str header)
{
    struct str token = auth_bearer(header), rest = header, cookie;
    if (!within(token, header) || str_trim(token).len != token.len)
        abort();
    people_looks_like_key(token);
    size_t n = 0;
    while (auth_next_cookie(&rest, &cookie)) {
        if (!within(cookie, header) || str_chr(cookie, ';') >= 0)
            abort();
        n++;
    }
    if (n > header.len / (sizeof AUTH_COOKIE - 1))
        abort();
}

/* A refusal is always a 400 (or a lack of memory) with a sentence. */
static void check_error(int r, const struct api_error *e)
{
    if (!r == !!e->status || (r && e->status != 400 && e->status != 503) || (r && !e->message[0]))
        abort();
}

static void check_bodies(struct str body)
{
    struct api_error e = {0};
    struct session_fields s;
    int r = people_parse_session(body, 16, &s, &e);
    check_error(r, &e);
    if (!r)
        json_decref(s.root);

    struct people_limits defaults = {1, 2, 3};
    struct key_fields k;
    e = (struct api_error){0};
    r = people_parse_key(body, 16, &defaults, &k, &e);
    check_error(r, &e);
    if (r)
        return;
    if (k.expires_ms < 0 || k.limits.tokens_per_day > INT64_MAX || (!k.has_limits && k.limits.concurrent_max != 2))
        abort();
    json_decref(k.root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = str_from(data, size);
    check_headers(bytes);
    check_bodies(bytes);
    return 0;
}
