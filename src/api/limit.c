/* The limits of principals, as OpenAI's headers tell them. */
#include <stdio.h>

#include "api/internal.h"

static void put_number(struct http_exchange *x, const char *name, uint64_t v)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)v);
    http_add_header(x, name, str_of(text));
}

/* "90s": clients read it as a duration. */
static void put_seconds(struct http_exchange *x, const char *name, uint32_t s)
{
    char text[16];
    snprintf(text, sizeof text, "%us", s);
    http_add_header(x, name, str_of(text));
}

static void put_headers(struct http_exchange *x, const struct people_allowance *l)
{
    if (l->limit_requests) {
        put_number(x, "x-ratelimit-limit-requests", l->limit_requests);
        put_number(x, "x-ratelimit-remaining-requests", l->remaining_requests);
        put_seconds(x, "x-ratelimit-reset-requests", l->reset_requests_s);
    }
    if (l->limit_tokens) {
        put_number(x, "x-ratelimit-limit-tokens", l->limit_tokens);
        put_number(x, "x-ratelimit-remaining-tokens", l->remaining_tokens);
        put_seconds(x, "x-ratelimit-reset-tokens", l->reset_tokens_s);
    }
}

bool limit_admit(struct api *a, struct http_exchange *x)
{
    struct people_allowance l = {0};
    if (!a->c.people)
        return true;
    int r = people_admit(a->c.people, api_principal(x), &l);
    put_headers(x, &l);
    if (!r)
        return true;
    struct api_error e;
    put_number(x, "Retry-After", l.retry_after_s);
    api_error_set(&e, 429, "rate_limit_exceeded", NULL, "%s", l.reason);
    respond_error(a, x, &e);
    return false;
}

void limit_release(struct api *a, int64_t principal, uint64_t tokens)
{
    if (a->c.people)
        people_release(a->c.people, principal, tokens);
}
