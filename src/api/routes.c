#include "api/internal.h"

/* A request without a body needs none; some clients send a few bytes all the same. */
enum { NO_BODY = 4096 };

/* clang-format off */
const struct route api_routes[] = {
    {"GET",  "/health",              handle_health,     NO_BODY, "the program runs: always 200"},
    {"POST", "/v1/chat/completions", handle_chat,       0,       "the next message of a conversation"},
    {"POST", "/v1/completions",      handle_completion, 0,       "the continuation of a text"},
    {"GET",  "/v1/models",           handle_models,     NO_BODY, "the models there are"},
    {"GET",  "/v1/models/*",         handle_model,      NO_BODY, "one model"},
    {"POST", "/tokenize",            handle_tokenize,   0,       "the tokens of a text"},
    {"POST", "/detokenize",          handle_detokenize, 0,       "the text of tokens"},
    {"GET",  "/ready",               handle_ready,      NO_BODY, "200 when requests are welcome, 503 while loading the first model or stopping"},
    {"GET",  "/version",             handle_version,    NO_BODY, "the program's version"},
    {"GET",  "/api/status",          handle_status,     NO_BODY, "what the page shows: version, models folder, models and their states"},
    {"GET",  "/",                    handle_root,       NO_BODY, "the web page"},
};
/* clang-format on */
const size_t api_n_routes = sizeof api_routes / sizeof *api_routes;

static bool path_matches(const char *pattern, struct str path, struct str *ret_rest)
{
    struct str p = str_of(pattern);
    bool open = str_ends(p, STR("*"));
    struct str head = str_head(p, p.len - open);
    if (open ? path.len <= head.len || !str_starts(path, head) : !str_eq(path, head))
        return false;
    *ret_rest = str_skip(path, head.len);
    return true;
}

const struct route *route_find(struct str method, struct str path, struct str *ret_rest, bool *ret_known)
{
    if (str_eq(method, STR("HEAD")))
        method = STR("GET");
    for (const struct route *r = api_routes; r < api_routes + api_n_routes; r++) {
        struct str rest;
        if (!path_matches(r->path, path, &rest))
            continue;
        *ret_known = true;
        if (str_eq(method, str_of(r->method))) {
            *ret_rest = rest;
            return r;
        }
    }
    return NULL;
}

void route_methods(struct str path, struct buf *out)
{
    for (const struct route *r = api_routes; r < api_routes + api_n_routes; r++) {
        struct str rest;
        if (path_matches(r->path, path, &rest))
            buf_printf(out, "%s%s", out->len ? ", " : "", strcmp(r->method, "GET") ? r->method : "GET, HEAD");
    }
}
