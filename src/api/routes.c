#include "api/internal.h"

/* A request without a body needs none; some clients send a few bytes all the same. */
enum { NO_BODY = 4096 };

/* clang-format off */
const struct route api_routes[] = {
    {"GET",  "/health",              handle_health,     SCOPE_OPEN, NO_BODY, "the program runs: always 200"},
    {"POST", "/v1/chat/completions", handle_chat,       SCOPE_USER, 0,       "the next message of a conversation"},
    {"POST", "/v1/completions",      handle_completion, SCOPE_USER, 0,       "the continuation of a text"},
    {"GET",  "/v1/models",           handle_models,     SCOPE_USER, NO_BODY, "the models there are"},
    {"GET",  "/v1/models/{model*}",  handle_model,      SCOPE_USER, NO_BODY, "one model"},
    {"POST", "/tokenize",            handle_tokenize,   SCOPE_USER, 0,       "the tokens of a text"},
    {"POST", "/detokenize",          handle_detokenize, SCOPE_USER, 0,       "the text of tokens"},
    {"GET",  "/ready",               handle_ready,      SCOPE_OPEN, NO_BODY, "200 when requests are welcome, 503 while loading the first model or stopping"},
    {"GET",  "/version",             handle_version,    SCOPE_OPEN, NO_BODY, "the program's version"},
    {"GET",  "/api/status",          handle_status,     SCOPE_USER, NO_BODY, "what the page shows: version, models folder, models and their states"},
    {"GET",  "/",                    handle_root,       SCOPE_OPEN, NO_BODY, "the web page"},
};
/* clang-format on */
const size_t api_n_routes = sizeof api_routes / sizeof *api_routes;

/* One segment of the path, which must not be empty, or all that is left of it for "{name*}". */
static struct str take_argument(struct str pattern, struct str path)
{
    bool tail = str_ends(pattern, STR("*}"));
    ptrdiff_t slash = tail ? -1 : str_chr(path, '/');
    return slash < 0 ? path : str_head(path, (size_t)slash);
}

static bool path_matches(const char *text, struct str path, struct route_args *ret)
{
    struct str pattern = str_of(text);
    size_t n = 0;
    while (pattern.len && path.len) {
        if (pattern.ptr[0] != '{') {
            if (pattern.ptr[0] != path.ptr[0])
                return false;
            pattern = str_skip(pattern, 1);
            path = str_skip(path, 1);
            continue;
        }
        size_t end = (size_t)str_chr(pattern, '}') + 1;
        struct str argument = take_argument(str_head(pattern, end), path);
        if (!argument.len || n == ROUTE_ARGS_MAX)
            return false;
        ret->at[n++] = argument;
        pattern = str_skip(pattern, end);
        path = str_skip(path, argument.len);
    }
    return !pattern.len && !path.len;
}

const struct route *route_find(struct str method, struct str path, struct route_args *ret_args, bool *ret_known)
{
    if (str_eq(method, STR("HEAD")))
        method = STR("GET");
    for (const struct route *r = api_routes; r < api_routes + api_n_routes; r++) {
        struct route_args args = {0};
        if (!path_matches(r->path, path, &args))
            continue;
        *ret_known = true;
        if (str_eq(method, str_of(r->method))) {
            *ret_args = args;
            return r;
        }
    }
    return NULL;
}

void route_methods(struct str path, struct buf *out)
{
    for (const struct route *r = api_routes; r < api_routes + api_n_routes; r++) {
        struct route_args args;
        if (path_matches(r->path, path, &args))
            buf_printf(out, "%s%s", out->len ? ", " : "", strcmp(r->method, "GET") ? r->method : "GET, HEAD");
    }
}
