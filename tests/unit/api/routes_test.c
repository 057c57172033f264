/* Which address answers what, and who may call. */
#include "api/fields.h"
#include "api/internal.h"
#include "api/openapi.h"
#include "fake.h"
#include "sys/mem.h"

static void health_is_always_well(void **state)
{
    struct fake *f = *state;
    f->rt.n_models = 0;
    struct http_exchange *x = fake_request(f, "GET", "/health", NULL, NULL);
    assert_int_equal(x->status, 200);
    assert_string_equal(buf_cstr(&x->body), "{\"status\":\"ok\"}");
    assert_string_equal(x->content_type, "application/json");
    assert_int_equal(fake_request(f, "HEAD", "/health", NULL, NULL)->status, 200);
}

static void unknown_paths_are_404(void **state)
{
    static const char *const paths[] = {"/nothing", "/v1", "/v1/models/", "/health/", "/HEALTH", "/v1/chat/completions/x", "//"};
    struct fake *f = *state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct http_exchange *x = fake_request(f, "GET", paths[i], NULL, NULL);
        assert_int_equal(x->status, 404);
        assert_has(x, "\"type\":\"invalid_request_error\"");
        assert_has(x, "\"code\":\"not_found\"");
    }
    assert_int_equal(fake_request(f, "POST", "/nothing", NULL, "{}")->status, 404);
}

static void other_methods_are_405(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = fake_request(f, "GET", "/v1/chat/completions", NULL, NULL);
    assert_int_equal(x->status, 405);
    assert_string_equal(fake_header(x, "Allow"), "POST");
    x = fake_request(f, "DELETE", "/health", NULL, NULL);
    assert_int_equal(x->status, 405);
    assert_string_equal(fake_header(x, "Allow"), "GET, HEAD");
    x = fake_request(f, "OPTIONS", "/v1/models", NULL, NULL); /* without an Origin it is no preflight */
    assert_int_equal(x->status, 405);
}

static void hosts(void **state)
{
    static const struct {
        const char *host;
        int status;
    } rows[] = {
        {"localhost", 200},
        {"LOCALHOST:8080", 200},
        {"127.0.0.1", 200},
        {"192.168.1.7:80", 200},
        {"[::1]", 200},
        {"[2001:db8::1]:80", 200},
        {"my.box:1", 200},
        {"MY.BOX", 200},
        {"evil.example", 421},
        {"localhost.evil.example", 421},
        {"127.0.0.1.evil", 421},
        {"::1", 421},
        {"[::1", 421},
        {"[]", 421},
        {"", 421},
        {":80", 421},
        {"localhost:", 421},
        {"localhost:x", 421},
        {"localhost:70000", 421},
        {"0x7f.1", 421},
        {"localhost@evil", 421},
        {"127.1", 421},
        {"[127.0.0.1]", 421},
        {"[::1]x", 421},
    };
    static const struct str allowed[] = {{"my.box", 6}};
    struct fake *f = *state;
    f->config.hosts = allowed;
    f->config.n_hosts = 1;
    fake_reconfigure(f);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char header[100];
        snprintf(header, sizeof header, "Host: %s\n", rows[i].host);
        struct http_exchange *x = fake_request(f, "GET", "/health", header, NULL);
        if (x->status != rows[i].status)
            print_error("%s\n", header);
        assert_int_equal(x->status, rows[i].status);
    }
    struct http_exchange *x = fake_request(f, "GET", "/health", "Host: evil.example\n", NULL);
    assert_has(x, "server.hosts");
    assert_has(x, "\"code\":\"foreign_host\"");
}

static void origins(void **state)
{
    static const struct {
        const char *headers;
        int status;
    } rows[] = {
        {"Host: localhost:8080\nOrigin: http://localhost:8080\n", 200},
        {"Host: localhost:8080\nOrigin: https://localhost:8080\n", 200},
        {"Host: localhost:8080\nOrigin: http://localhost:9090\n", 403},
        {"Host: localhost:8080\nOrigin: http://127.0.0.1:8080\n", 403},
        {"Host: localhost\nOrigin: https://evil.example\n", 403},
        {"Host: localhost\nOrigin: null\n", 403},
        {"Host: localhost\nOrigin: \n", 403},
        {"Host: localhost\nOrigin: ftp://localhost\n", 403},
        {"Host: localhost\nOrigin: https://app.example\n", 200},
        {"Host: localhost\nOrigin: https://app.example:444\n", 403},
        {"Origin: http://\n", 403},
    };
    static const struct str allowed[] = {{"https://app.example", 19}, {"null", 4}};
    struct fake *f = *state;
    f->config.origins = allowed;
    f->config.n_origins = 2;
    fake_reconfigure(f);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_exchange *x = fake_request(f, "GET", "/v1/models", rows[i].headers, NULL);
        if (x->status != rows[i].status)
            print_error("%s\n", rows[i].headers);
        assert_int_equal(x->status, rows[i].status);
        assert_int_equal(fake_header(x, "Access-Control-Allow-Origin") != NULL, x->status == 200 && i > 2);
    }
}

static void preflight_of_a_listed_origin(void **state)
{
    static const struct str allowed[] = {{"https://app.example", 19}};
    struct fake *f = *state;
    f->config.origins = allowed;
    f->config.n_origins = 1;
    fake_reconfigure(f);
    struct http_exchange *x =
        fake_request(f, "OPTIONS", "/v1/chat/completions",
                     "Host: localhost\nOrigin: https://app.example\nAccess-Control-Request-Headers: authorization\n", NULL);
    assert_int_equal(x->status, 204);
    assert_string_equal(fake_header(x, "Access-Control-Allow-Origin"), "https://app.example");
    assert_string_equal(fake_header(x, "Access-Control-Allow-Methods"), "POST");
    assert_string_equal(fake_header(x, "Access-Control-Allow-Headers"), "authorization");
    x = fake_request(f, "OPTIONS", "/v1/chat/completions", "Host: localhost\nOrigin: https://evil.example\n", NULL);
    assert_int_equal(x->status, 403);
    assert_null(fake_header(x, "Access-Control-Allow-Origin"));
}

static void body_limits(void **state)
{
    struct fake *f = *state;
    fake_request(f, "GET", "/health", NULL, NULL);
    size_t limit = 1 << 20;
    assert_int_equal(api_gate(f->api, &f->x, &limit), 0);
    assert_int_equal(limit, 4096);
    limit = 100;
    assert_int_equal(api_gate(f->api, &f->x, &limit), 0);
    assert_int_equal(limit, 100); /* never more than the server allows */
    fake_request(f, "POST", "/v1/completions", NULL, "{}");
    limit = 1 << 20;
    assert_int_equal(api_gate(f->api, &f->x, &limit), 0);
    assert_int_equal(limit, 1 << 20);
    char *large = calloc(1, 5001);
    memset(large, ' ', 5000);
    struct http_exchange *x = fake_request(f, "POST", "/nothing", NULL, large);
    assert_int_equal(x->status, 413);
    assert_has(x, "\"code\":\"body_too_large\"");
    assert_has(x, "The server's own sentence");
    free(large);
}

static void models_are_listed(void **state)
{
    static const struct gen_loaded info = {
        .quant = {"Q8_0", 4}, .arch = {"llama", 5}, .context_tokens = 512, .params = 7, .warning = {"slow", 4}};
    struct fake *f = *state;
    f->rt.n_models = 2;
    f->rt.models[0].info = &info;
    f->rt.models[1] = (struct model_entry){.name = STR("broken \"one\""), .state = MODEL_FAILED, .failure = "it is text"};
    struct http_exchange *x = fake_request(f, "GET", "/v1/models", NULL, NULL);
    assert_int_equal(x->status, 200);
    assert_has(x, "{\"object\":\"list\",\"data\":[{\"id\":\"tiny\",\"object\":\"model\",\"created\":1600000000,\"owned_by\":\"local\","
                  "\"state\":\"ready\"");
    assert_has(x, "\"quant\":\"Q8_0\",\"arch\":\"llama\",\"chat_format\":null,\"kind\":\"writes\",\"context\":512");
    assert_has(x, "{\"id\":\"broken \\\"one\\\"\"");
    assert_has(x, "\"context\":null");
    assert_has(x, "\"failure\":\"it is text\",\"warning\":null");
    assert_has(x, "\"failure\":null,\"warning\":\"slow\"");

    x = fake_request(f, "GET", "/v1/models/broken \"one\"", NULL, NULL);
    assert_int_equal(x->status, 200);
    assert_has(x, "\"state\":\"failed\"");
    x = fake_request(f, "GET", "/v1/models/../etc/passwd", NULL, NULL);
    assert_int_equal(x->status, 404);
    assert_has(x, "\"param\":\"model\",\"code\":\"model_not_found\"");

    x = fake_request(f, "GET", "/api/status", NULL, NULL);
    assert_has(x, "{\"version\":\"1.2.3\",\"models_dir\":\"/models\",\"default_model\":null,\"models\":[{\"id\":\"tiny\"");
    assert_has(x, "],\"memory\":{\"total_bytes\":");
    f->rt.n_models = 1;
    assert_has(fake_request(f, "GET", "/api/status", NULL, NULL), "\"default_model\":\"tiny\"");
    f->rt.n_models = 0;
    assert_has(fake_request(f, "GET", "/v1/models", NULL, NULL), "\"data\":[]");
}

static void the_model_of_the_settings_is_the_default(void **state)
{
    struct fake *f = *state;
    f->rt.models[1] = (struct model_entry){.name = STR("other"), .state = MODEL_COLD};
    f->rt.n_models = 2;
    assert_has(fake_request(f, "GET", "/api/status", NULL, NULL), "\"default_model\":null");
    f->config.start_model = STR("tiny");
    fake_reconfigure(f);
    assert_has(fake_request(f, "GET", "/api/status", NULL, NULL), "\"default_model\":\"tiny\"");
}

static void ready_follows_the_first_model(void **state)
{
    struct fake *f = *state;
    assert_int_equal(fake_request(f, "GET", "/ready", NULL, NULL)->status, 200);
    f->rt.n_models = 0; /* an empty folder is no reason to restart a server */
    assert_int_equal(fake_request(f, "GET", "/ready", NULL, NULL)->status, 200);
    f->rt.n_models = 1;
    f->config.start_model = STR("tiny");
    fake_reconfigure(f);
    f->rt.models[0].state = MODEL_LOADING;
    struct http_exchange *x = fake_request(f, "GET", "/ready", NULL, NULL);
    assert_int_equal(x->status, 503);
    assert_string_equal(fake_header(x, "Retry-After"), "3");
    f->rt.models[0].state = MODEL_FAILED;
    f->rt.models[0].failure = "it is text";
    x = fake_request(f, "GET", "/ready", NULL, NULL);
    assert_int_equal(x->status, 503);
    assert_has(x, "it is text");
    f->rt.models[0].state = MODEL_READY;
    assert_int_equal(fake_request(f, "GET", "/ready", NULL, NULL)->status, 200);
    f->rt.n_models = 0;
    assert_int_equal(fake_request(f, "GET", "/ready", NULL, NULL)->status, 503);
    f->rt.n_models = 1;
    api_drain(f->api);
    assert_int_equal(fake_request(f, "GET", "/ready", NULL, NULL)->status, 503);
    assert_int_equal(fake_request(f, "GET", "/health", NULL, NULL)->status, 200);
}

static void version_is_told(void **state)
{
    struct fake *f = *state;
    assert_has(fake_request(f, "GET", "/version", NULL, NULL), "\"version\":\"1.2.3\"");
}

static void root_without_a_page_explains(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = fake_request(f, "GET", "/", NULL, NULL);
    assert_int_equal(x->status, 200);
    assert_has(x, "/v1/chat/completions");
    assert_non_null(fake_header(x, "Content-Security-Policy"));
}

static void assets_are_served(void **state)
{
    static const struct api_asset assets[] = {
        {.path = "index.html", .content_type = "text/html; charset=utf-8", .etag = "\"a\"", .body = {"<p>", 3}, .gz = {"GZ", 2}},
        {.path = "assets/app.js", .content_type = "text/javascript", .etag = "\"b\"", .body = {"PK", 2}, .gzip = true, .immutable = true},
    };
    struct fake *f = *state;
    f->config.assets = assets;
    f->config.n_assets = 2;
    fake_reconfigure(f);
    struct http_exchange *x = fake_request(f, "GET", "/", NULL, NULL);
    assert_string_equal(buf_cstr(&x->body), "<p>");
    assert_string_equal(x->content_type, "text/html; charset=utf-8");
    assert_string_equal(fake_header(x, "Cache-Control"), "no-cache");
    assert_string_equal(fake_header(x, "ETag"), "\"a\"");
    assert_null(fake_header(x, "Content-Encoding"));
    assert_non_null(strstr(fake_header(x, "Content-Security-Policy"), "default-src 'none'"));
    assert_string_equal(buf_cstr(&fake_request(f, "GET", "/index.html", NULL, NULL)->body), "<p>");

    x = fake_request(f, "GET", "/", "Accept-Encoding: br, gzip;q=0.5\n", NULL);
    assert_string_equal(buf_cstr(&x->body), "GZ");
    assert_string_equal(fake_header(x, "Content-Encoding"), "gzip");
    x = fake_request(f, "GET", "/", "Accept-Encoding: gzip;q=0, identity\n", NULL);
    assert_string_equal(buf_cstr(&x->body), "<p>");

    assert_int_equal(fake_request(f, "GET", "/", "If-None-Match: \"z\", W/\"a\"\n", NULL)->status, 304);
    assert_int_equal(fake_request(f, "GET", "/", "If-None-Match: \"z\"\n", NULL)->status, 200);

    x = fake_request(f, "GET", "/assets/app.js", "Accept-Encoding: gzip\n", NULL);
    assert_string_equal(buf_cstr(&x->body), "PK");
    assert_non_null(strstr(fake_header(x, "Cache-Control"), "immutable"));
    assert_int_equal(fake_request(f, "GET", "/assets/app.js", NULL, NULL)->status, 406);
    assert_int_equal(fake_request(f, "GET", "/assets/../index.html", NULL, NULL)->status, 404);
    assert_int_equal(fake_request(f, "POST", "/assets/app.js", NULL, "")->status, 404);
}

static void the_tables_describe_themselves(void **state)
{
    (void)state;
    struct buf out = buf_make(1 << 20);
    api_describe(&out);
    assert_int_equal(out.failed, OK);
    assert_null(strstr(buf_cstr(&out), "(null)"));
    /* docs/API.md is `hearth help --api > docs/API.md`. */
    char *got;
    size_t len;
    struct err e = {0};
    if (file_read(SOURCE_DIR "/docs/API.md", 1 << 20, &got, &len, &e))
        fail_msg("%s", e.text);
    if (!str_eq(buf_str(&out), str_from(got, len)))
        fail_msg("docs/API.md is not what `hearth help --api` prints");
    free(got);
    buf_free(&out);
}

/* The table of a field's meaning is there, as `put_fields` writes its lines. */
static void check_documented(const char *doc, const struct openapi_row *row)
{
    for (size_t part = 0; part < OPENAPI_PARTS_MAX && row->body[part].rows; part++)
        for (size_t i = 0; i < *row->body[part].n; i++) {
            const struct field *f = &row->body[part].rows[i];
            struct buf line = buf_make(4096);
            buf_printf(&line, "| `%s` | ", f->name);
            field_describe(f, &line);
            buf_printf(&line, " | %s |\n", f->about);
            if (!strstr(doc, buf_cstr(&line)))
                fail_msg("%s %s: docs/API.md does not say: %s", row->method, row->path, buf_cstr(&line));
            buf_free(&line);
        }
}

static const struct openapi_row *row_of(const struct route *r)
{
    for (size_t i = 0; i < openapi_n_rows; i++)
        if (!strcmp(openapi_rows[i].method, r->method) && !strcmp(openapi_rows[i].path, r->path))
            return &openapi_rows[i];
    return NULL;
}

/* Every address that takes a body says which fields it has, those that are ignored or refused among them and why. */
static void every_field_is_documented(void **state)
{
    (void)state;
    struct buf doc = buf_make(1 << 20);
    api_describe(&doc);
    for (size_t i = 0; i < openapi_n_rows; i++)
        check_documented(buf_cstr(&doc), &openapi_rows[i]);
    for (size_t i = 0; i < api_n_routes; i++) {
        const struct route *r = &api_routes[i];
        const struct openapi_row *row = row_of(r);
        bool writes = !strcmp(r->method, "POST") || !strcmp(r->method, "PATCH");
        if (writes && r->body_bytes_max != 4096 && !(row && (row->body[0].rows || row->body_schema)))
            fail_msg("%s %s takes a body, but no table of its fields is in openapi_rows", r->method, r->path);
    }
    buf_free(&doc);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(health_is_always_well),
        T(unknown_paths_are_404),
        T(other_methods_are_405),
        T(hosts),
        T(origins),
        T(preflight_of_a_listed_origin),
        T(body_limits),
        T(models_are_listed),
        T(the_model_of_the_settings_is_the_default),
        T(ready_follows_the_first_model),
        T(version_is_told),
        T(root_without_a_page_explains),
        T(assets_are_served),
        T(the_tables_describe_themselves),
        T(every_field_is_documented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
