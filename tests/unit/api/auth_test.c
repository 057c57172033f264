/* Who asks: keys, sessions, the local owner; with real people on a store of their own. */
#include "fake.h"

#include <ftw.h>
#include <unistd.h>

#include "api/auth.h"
#include "store/store.h"

static const struct str listed[] = {{"https://notes.example", 21}};

struct home {
    struct fake *f;
    char root[64], dir[80], key_file[80];
    struct loop *loop;
    struct store *store;
    struct people *people;
    char secret[PEOPLE_SECRET_MAX], admin[PEOPLE_SECRET_MAX]; /* of two keys */
    char cookie[200], csrf[100];                              /* header lines of the owner's session */
};

static void made(void *ctx, int code, const struct err *e, const struct people_key *key, const char *secret)
{
    (void)e;
    (void)key;
    assert_int_equal(code, OK);
    str_copy(ctx, PEOPLE_SECRET_MAX, str_of(secret));
}

static void until(struct home *h, const char *filled)
{
    for (int i = 0; i < 1000 && !*filled; i++) {
        struct timer *t;
        assert_int_equal(timer_create_in(h->loop, (loop_fn *)loop_stop, h->loop, &t), OK);
        timer_start(t, 5, 0);
        loop_run(h->loop);
        timer_free(t);
    }
    assert_true(*filled);
}

static void add_key(struct home *h, const char *name, enum people_scope scope, char *secret)
{
    struct people_limits limits = {2, 0, 0};
    struct people_new_key k = {.name = str_of(name), .scope = scope, .limits = &limits};
    assert_int_equal(people_key_create(h->people, &k, made, secret, NULL), OK);
    until(h, secret);
}

static void sign_in(struct home *h)
{
    char link[PEOPLE_SECRET_MAX], body[200];
    assert_int_equal(people_link_create(h->people, people_local(h->people), link), OK);
    snprintf(body, sizeof body, "{\"link\":\"%s\"}", link);
    struct http_exchange *x = fake_request(h->f, "POST", "/api/session", "Sec-Fetch-Site: same-origin\n", body);
    assert_int_equal(x->status, 200);
    const char *set = fake_header(x, "Set-Cookie");
    assert_non_null(set);
    assert_non_null(strstr(set, "; HttpOnly; SameSite=Strict; Path=/; Max-Age=3600"));
    snprintf(h->cookie, sizeof h->cookie, "Sec-Fetch-Site: same-origin\nCookie: %.*s\n", (int)strcspn(set, ";"), set);
    const char *csrf = strstr(buf_cstr(&x->body), "\"csrf\":\"");
    assert_non_null(csrf);
    snprintf(h->csrf, sizeof h->csrf, "X-CSRF-Token: %.43s\n", csrf + 8);
}

static int setup(void **state)
{
    static const struct store_schema *const schemas[] = {&people_schema};
    struct home *h = calloc(1, sizeof *h);
    void *fake;
    fake_setup(&fake);
    h->f = fake;
    snprintf(h->root, sizeof h->root, "/tmp/hearth-auth-XXXXXX");
    assert_non_null(mkdtemp(h->root));
    snprintf(h->dir, sizeof h->dir, "%s/store", h->root);
    snprintf(h->key_file, sizeof h->key_file, "%s/key", h->root);
    struct store_config sc = {.dir = h->dir, .key_file = h->key_file, .schemas = schemas, .n_schemas = 1, .clock = &clock_system};
    struct people_config pc = {.clock = h->f->config.clock, .session_s = 3600};
    assert_int_equal(loop_create(&h->loop, NULL), OK);
    assert_int_equal(store_open(&sc, &h->store, NULL), OK);
    pc.store = h->store;
    assert_int_equal(people_create(h->loop, &pc, &h->people, NULL), OK);
    h->f->config.people = h->people;
    h->f->config.session_s = 3600;
    h->f->config.origins = listed;
    h->f->config.n_origins = 1;
    fake_reconfigure(h->f);
    add_key(h, "laptop", PEOPLE_USER, h->secret);
    add_key(h, "boss", PEOPLE_ADMIN, h->admin);
    sign_in(h);
    *state = h;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static int teardown(void **state)
{
    struct home *h = *state;
    void *fake = h->f;
    fake_end(&h->f->x, true); /* what it has running is released; the clock is the fake's */
    people_free(h->people);
    loop_free(h->loop);
    store_free(h->store);
    fake_teardown(&fake);
    nftw(h->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(h);
    return 0;
}

static int get(struct home *h, const char *path, const char *headers)
{
    return fake_request(h->f, "GET", path, headers, NULL)->status;
}

/* Status and code of a refusal. */
static void refused(struct home *h, const char *method, const char *path, const char *headers, int status, const char *code)
{
    struct http_exchange *x = fake_request(h->f, method, path, headers, NULL);
    if (x->status != status || !strstr(buf_cstr(&x->body), code))
        fail_msg("%s %s\n%s-> %d %s, not %d %s", method, path, headers ? headers : "", x->status, buf_cstr(&x->body), status, code);
}

static void who_is_at_the_other_end(void **state)
{
    struct home *h = *state;
    const struct {
        struct peer peer;
        int status;
    } rows[] = {
        {{true, true, geteuid()}, 200}, {{true, true, 0}, 200},   {{true, true, geteuid() + 1}, 401}, {{true, false, geteuid()}, 401},
        {{true, false, 0}, 401},        {{false, false, 0}, 401}, {{false, true, geteuid()}, 401},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        h->f->x.peer = rows[i].peer;
        assert_int_equal(get(h, "/v1/models", NULL), rows[i].status);
        assert_int_equal(get(h, "/api/keys", "Authorization: Bearer none\n"), rows[i].status);
        assert_int_equal(get(h, "/health", NULL), 200);
        assert_int_equal(get(h, "/api/session", NULL), 200);
        assert_int_equal(get(h, "/", NULL), 200);
        assert_int_equal(get(h, "/nothing", NULL), 404);
    }
}

static void the_kernel_is_asked_once_a_connection(void **state)
{
    struct home *h = *state;
    assert_int_equal(get(h, "/health", NULL), 200);
    assert_true(h->f->x.note == 0); /* who asks for nothing is not looked up */
    assert_int_equal(get(h, "/v1/models", NULL), 200);
    assert_true(h->f->x.note != 0);
    h->f->x.peer = (struct peer){0}; /* would be refused if it were asked again */
    size_t limit = 4096;
    assert_int_equal(api_gate(h->f->api, &h->f->x, &limit), 0);
}

static void browsers_are_not_the_owner(void **state)
{
    struct home *h = *state;
    refused(h, "GET", "/v1/models", "Host: localhost\nOrigin: http://localhost\n", 401, "sign_in");
    refused(h, "GET", "/v1/models", "Sec-Fetch-Site: same-origin\n", 401, "sign_in");
    refused(h, "GET", "/v1/models", "Sec-Fetch-Site: none\n", 401, "sign_in");
    refused(h, "GET", "/v1/models", "X-Forwarded-For: 10.0.0.1\n", 401, "sign_in");
    static const char *const signs[] = {
        "Forwarded: for=10.0.0.1\n",     "X-Real-IP: 10.0.0.1\n",        "Via: 1.1 proxy\n",     "X-Forwarded-Proto: https\n",
        "X-Forwarded-Host: a.example\n", "Referer: http://a.example/\n", "Host: 0.0.0.0:8765\n", "Host: [::]:8765\n",
        "Host: [::ffff:0.0.0.0]\n"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        refused(h, "GET", "/v1/models", signs[i], 401, "sign_in");
    assert_int_equal(get(h, "/v1/models", "Host: 127.0.0.1:8765\nSec-Fetch-Mode: cors\n"), 200); /* Node's fetch */
    assert_int_equal(get(h, "/v1/models", "Sec-Fetch-Site: cross-site\nOrigin: https://notes.example\n"), 200);
    assert_non_null(fake_header(&h->f->x, "Access-Control-Allow-Origin"));
    h->f->x.peer.uid = geteuid() + 1;
    refused(h, "GET", "/v1/models", "Origin: https://notes.example\n", 401, "sign_in");
    assert_non_null(fake_header(&h->f->x, "Access-Control-Allow-Origin")); /* the page may read why */
    assert_non_null(fake_header(&h->f->x, "WWW-Authenticate"));
}

static void keys(void **state)
{
    struct home *h = *state;
    char line[200];
    h->f->x.peer = (struct peer){0};
    const char *const forms[][2] = {{"Authorization: Bearer ", "\n"},
                                    {"authorization: bearer   ", "  \n"},
                                    {"x-api-key: ", "\n"},
                                    {"X-Api-Key:  ", " \n"}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        snprintf(line, sizeof line, "%s%s%s", forms[i][0], h->secret, forms[i][1]);
        assert_int_equal(get(h, "/v1/models", line), 200);
        assert_string_equal(api_principal(&h->f->x)->name, "laptop");
        refused(h, "GET", "/api/keys", line, 403, "admin_only");
        snprintf(line, sizeof line, "%s%s%s", forms[i][0], h->admin, forms[i][1]);
        assert_int_equal(get(h, "/api/keys", line), 200);
        assert_int_equal(api_principal(&h->f->x)->scope, PEOPLE_ADMIN);
        refused(h, "POST", "/api/links", line, 403, "owner_only");
    }
    snprintf(line, sizeof line, "Authorization: Basic %s\n", h->secret);
    refused(h, "GET", "/v1/models", line, 401, "sign_in");
    h->secret[30] ^= 1;
    snprintf(line, sizeof line, "Authorization: Bearer %s\n", h->secret);
    refused(h, "GET", "/v1/models", line, 401, "invalid_api_key");
    h->f->x.peer = (struct peer){true, true, geteuid()}; /* a wrong key is wrong also here */
    refused(h, "GET", "/v1/models", line, 401, "invalid_api_key");
    h->f->x.peer = (struct peer){0};
    for (int i = 0; i < 5; i++)
        refused(h, "GET", "/v1/models", line, 401, "invalid_api_key");
    refused(h, "GET", "/v1/models", line, 429, "too_many_failures");
    assert_string_equal(fake_header(&h->f->x, "Retry-After"), "1");
    refused(h, "GET", "/api/session", line, 429, "too_many_failures");
    snprintf(line, sizeof line, "Authorization: Bearer %s\n", h->admin);
    assert_int_equal(get(h, "/v1/models", line), 200); /* a right one is heard all the same */
}

static void sessions(void **state)
{
    struct home *h = *state;
    char line[400];
    assert_int_equal(get(h, "/api/keys", h->cookie), 200);
    assert_int_equal(api_principal(&h->f->x)->id, PEOPLE_OWNER);
    assert_int_equal(fake_request(h->f, "HEAD", "/v1/models", h->cookie, NULL)->status, 200);
    snprintf(line, sizeof line, "Host: localhost:1\n%s", h->cookie);
    refused(h, "POST", "/api/links", line, 403, "csrf");
    snprintf(line, sizeof line, "Host: localhost:1\n%s%s", h->cookie, h->csrf);
    struct http_exchange *x = fake_request(h->f, "POST", "/api/links", line, NULL);
    assert_int_equal(x->status, 201);
    assert_has(x, "\"url\":\"http://localhost:1/#link=");
    snprintf(line, sizeof line, "Host: localhost:1\n%sX-CSRF-Token: \n", h->cookie);
    refused(h, "POST", "/api/links", line, 403, "csrf");
    snprintf(line, sizeof line, "Host: localhost:1\n%s%s", h->cookie, h->csrf);
    line[strlen(line) - 3] ^= 1;
    refused(h, "POST", "/api/links", line, 403, "csrf");

    h->f->x.peer.uid = geteuid() + 1; /* somebody has stolen it */
    refused(h, "GET", "/api/keys", h->cookie, 401, "sign_in");
    h->f->x.peer = (struct peer){0};
    refused(h, "GET", "/api/keys", h->cookie, 401, "sign_in");
    h->f->x.peer = (struct peer){true, true, geteuid()};
    snprintf(line, sizeof line, "%s%s", h->cookie, h->csrf);
    assert_int_equal(fake_request(h->f, "DELETE", "/api/session", line, NULL)->status, 204);
    assert_non_null(strstr(fake_header(&h->f->x, "Set-Cookie"), "hearth_session=;"));
    refused(h, "GET", "/api/keys", h->cookie, 401, "sign_in");
}

static void cookies_count_on_the_own_page(void **state)
{
    struct home *h = *state;
    char line[400], *cookie = strchr(h->cookie, '\n') + 1;
    const struct {
        const char *headers;
        int status;
    } rows[] = {
        {"Host: localhost\nOrigin: http://localhost\n", 200},
        {"Host: localhost\nSec-Fetch-Site: same-origin\nOrigin: http://localhost\n", 200},
        {"Sec-Fetch-Site: none\n", 200},
        {"Sec-Fetch-Site: same-site\n", 401},
        {"Sec-Fetch-Site: cross-site\n", 401},
        {"Sec-Fetch-Site: \n", 401},
        {"Host: localhost\nOrigin: http://localhost:2\n", 403},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(line, sizeof line, "%s%s", rows[i].headers, cookie);
        assert_int_equal(get(h, "/v1/models", line), rows[i].status);
    }
    snprintf(line, sizeof line, "Sec-Fetch-Site: none\n%s%s", cookie, h->csrf);
    refused(h, "DELETE", "/api/session", line, 401, "sign_in"); /* typed addresses only read */
}

static void limits_have_headers(void **state)
{
    struct home *h = *state;
    char line[200];
    static const char body[] = "{\"prompt\":\"a\"}";
    snprintf(line, sizeof line, "Authorization: Bearer %s\n", h->secret);
    struct http_exchange *x = fake_request(h->f, "POST", "/v1/completions", line, body);
    assert_string_equal(fake_header(x, "x-ratelimit-limit-requests"), "2");
    assert_string_equal(fake_header(x, "x-ratelimit-remaining-requests"), "1");
    assert_string_equal(fake_header(x, "x-ratelimit-reset-requests"), "30s");
    assert_str(h->f->rt.tickets[0].q.owner, "2");
    fake_request(h->f, "POST", "/v1/completions", line, body);
    x = fake_request(h->f, "POST", "/v1/completions", line, body);
    assert_int_equal(x->status, 429);
    assert_has(x, "rate_limit_exceeded");
    assert_string_equal(fake_header(x, "Retry-After"), "30");
    assert_string_equal(fake_header(x, "x-ratelimit-remaining-requests"), "0");
    assert_int_equal(h->f->rt.n_tickets, 2);
    x = fake_request(h->f, "POST", "/v1/completions", NULL, body);
    assert_null(fake_header(x, "x-ratelimit-limit-requests"));
    assert_int_equal(h->f->rt.n_tickets, 3);
}

/* ---- headers alone */

static void bearer_tokens(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"Bearer abc", "abc"},
        {"bearer abc", "abc"},
        {"  BEARER   abc  ", "abc"},
        {"Bearer\tabc", "abc"},
        {"Bearer a b", "a b"},
        {"Bearer ", ""},
        {"Bearer", ""},
        {"", ""},
        {"Basic abc", ""},
        {"Bearerabc", ""},
        {"abc", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_str(auth_bearer(str_of(rows[i][0])), rows[i][1]);
    assert_int_equal(auth_bearer((struct str){0}).len, 0);
}

static void cookie_values(void **state)
{
    (void)state;
    static const struct {
        const char *header, *all; /* found ones, each followed by '|' */
    } rows[] = {
        {"hearth_session=a", "a|"},
        {"x=1; hearth_session=a; y=2; hearth_session=b", "a|b|"},
        {"hearth_session=\"a\"", "a|"},
        {"hearth_session=\"", "\"|"},
        {" hearth_session = a ", "a|"},
        {"hearth_session=a=b", "a=b|"},
        {"hearth_session=", ""},
        {"hearth_session", ""},
        {"Hearth_Session=a;xhearth_session=b;hearth_sessionx=c", ""},
        {"", ""},
        {";;;=;", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str rest = str_of(rows[i].header), cookie;
        struct buf found = buf_make(100);
        while (auth_next_cookie(&rest, &cookie))
            if (cookie.len)
                buf_printf(&found, STR_FMT "|", STR_ARG(cookie));
        assert_str(buf_str(&found), rows[i].all);
        buf_free(&found);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(who_is_at_the_other_end),
        T(the_kernel_is_asked_once_a_connection),
        T(browsers_are_not_the_owner),
        T(keys),
        T(sessions),
        T(cookies_count_on_the_own_page),
        T(limits_have_headers),
        cmocka_unit_test(bearer_tokens),
        cmocka_unit_test(cookie_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
