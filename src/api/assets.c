/* The web page's files, which lie in the program. */
#include "api/internal.h"

void assets_page_headers(struct http_exchange *x)
{
    static const struct {
        const char *name, *value;
    } rows[] = {
        {"Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
                                    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        http_add_header(x, rows[i].name, str_of(rows[i].value));
}

/* One element of a list like "gzip;q=0, deflate". A quality of 0 is a refusal. */
static bool element_is(struct str element, struct str wanted)
{
    struct str name, quality = {0};
    str_split(&element, ';', &name);
    if (!str_ieq(str_trim(name), wanted))
        return false;
    quality = str_trim(element);
    double q = 1;
    if (str_starts(quality, STR("q=")) || str_starts(quality, STR("Q=")))
        str_to_f64(str_skip(quality, 2), &q);
    return q > 0;
}

static bool list_has(struct str list, struct str wanted)
{
    for (struct str element; str_split(&list, ',', &element);)
        if (element_is(element, wanted))
            return true;
    return false;
}

/* If-None-Match: a list of tags, compared weakly, or "*". */
static bool tag_matches(struct str list, struct str tag)
{
    for (struct str element; str_split(&list, ',', &element);) {
        element = str_trim(element);
        if (str_starts(element, STR("W/")))
            element = str_skip(element, 2);
        if (str_eq(element, tag) || str_eq(element, STR("*")))
            return true;
    }
    return false;
}

static const struct api_asset *find(const struct api *a, struct str path)
{
    path = str_skip(path, 1); /* its '/' */
    if (!path.len)
        path = STR("index.html");
    for (size_t i = 0; i < a->c.n_assets; i++)
        if (str_eq(path, str_of(a->c.assets[i].path)))
            return &a->c.assets[i];
    return NULL;
}

static void send_asset(struct api *a, struct http_exchange *x, const struct api_asset *f)
{
    struct str accepted = http_header(x, "Accept-Encoding");
    bool gzip_ok = list_has(accepted, STR("gzip")) || list_has(accepted, STR("*"));
    if (f->gzip && !gzip_ok) {
        struct api_error e;
        api_error_set(&e, 406, "not_acceptable", NULL, "This file is there in gzip only: send Accept-Encoding: gzip");
        respond_error(a, x, &e);
        return;
    }
    assets_page_headers(x);
    http_add_header(x, "Vary", STR("Accept-Encoding"));
    http_add_header(x, "Cache-Control", f->immutable ? STR("public, max-age=31536000, immutable") : STR("no-cache"));
    if (f->etag)
        http_add_header(x, "ETag", str_of(f->etag));
    if (f->etag && tag_matches(http_header(x, "If-None-Match"), str_of(f->etag))) {
        http_respond(x, 304, NULL, (struct str){0});
        return;
    }
    bool small = !f->gzip && f->gz.len && gzip_ok;
    if (f->gzip || small)
        http_add_header(x, "Content-Encoding", STR("gzip"));
    http_respond(x, 200, f->content_type, small ? f->gz : f->body);
}

bool assets_serve(struct api *a, struct http_exchange *x, struct str path)
{
    const struct api_asset *f = find(a, path);
    if (f)
        send_asset(a, x, f);
    return f;
}

void handle_root(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    if (assets_serve(a, x, STR("/")))
        return;
    assets_page_headers(x);
    http_respond(x, 200, "text/plain; charset=utf-8",
                 STR("This is hearth, built without its web page (it needs npm when it is built).\n\n"
                     "Programs talk to it as to OpenAI, at /v1:\n\n"
                     "    curl -d '{\"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}]}' \\\n"
                     "         http://ADDRESS/v1/chat/completions\n\n"
                     "GET /v1/models lists the models, GET /api/status says where to put one.\n"));
}
