/* hearth serve: the wiring of store, people, loop, runtime, api and HTTP server, and its orderly end.
 *
 *   start ──► running ──signal──► draining ──all answered, or drain_time_max──► ended
 *                                    └──────────second signal─────────────────────▲   (exit 130)
 */
#include <arpa/inet.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/assets.h"
#include "app/browser.h"
#include "app/home.h"
#include "app/library.h"
#include "app/paths.h"
#include "app/session.h"
#include "app/term.h"
#include "app/text.h"
#include "assistant/assistant.h"
#include "observe/journal.h"
#include "runtime/runtime.h"
#include "sys/peer.h"
#include "talk/answer.h"

struct serve {
    struct app *app;
    struct loop *loop;
    struct store *store;
    struct people *people;
    struct runtime *runtime;
    struct answers *answers;
    struct cache *cache;
    struct journal *journal;
    char journal_dir[PATH_MAX];
    struct assistant *assistant;
    struct library library;
    struct api *api;
    struct http_server *http;
    char keep_dir[PATH_MAX];
    uint8_t keep_key[32];
    struct str chosen; /* name of the model that is loaded at start, or empty */
    const char *extra_models[2];
    bool draining, cut;
};

static void raise_file_limit(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files))
        return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files); /* a refusal leaves fewer connections, and connections_max still holds */
}

/* A default model from outside of the folder joins the catalogue; one in it goes by its name. */
static int choose_model(struct serve *s, struct err *e)
{
    const char *wanted = s->app->config.models.chosen, *path;
    struct stat in_folder, found;
    if (!*wanted)
        return OK;
    int r = model_path(s->app, wanted, &path, e);
    if (r)
        return r;
    s->chosen = model_name_of(path);
    struct buf same = buf_make(8192);
    buf_printf(&same, "%s/" STR_FMT ".gguf", s->app->models_dir, STR_ARG(s->chosen));
    if (stat(buf_cstr(&same), &in_folder) || stat(path, &found) || in_folder.st_ino != found.st_ino || in_folder.st_dev != found.st_dev)
        s->extra_models[0] = path;
    buf_free(&same);
    return OK;
}

/* What models have read is kept beside the database, sealed under a key that is good for nothing else. */
static void keep_prefixes(struct serve *s, struct gen_load *load)
{
    const struct config *c = &s->app->config;
    int n = snprintf(s->keep_dir, sizeof s->keep_dir, "%s/prefix", s->app->store_dir);
    if (!s->store || !c->engine.prefix_disk || n < 0 || (size_t)n >= sizeof s->keep_dir)
        return;
    store_subkey(s->store, "prefix cache", s->keep_key);
    load->keep_dir = str_of(s->keep_dir);
    load->keep_key = str_from(s->keep_key, sizeof s->keep_key);
    load->keep_bytes_max = c->engine.prefix_disk;
    load->keep_day_bytes_max = c->engine.prefix_disk_day;
}

static int start_runtime(struct serve *s, struct err *e)
{
    const struct config *c = &s->app->config;
    struct runtime_config rc = {
        .models_dir = s->app->models_dir,
        .extra_models = s->extra_models,
        .models_loaded_max = c->models.loaded_max,
        .idle_unload_s = (c->models.idle_unload_ms + 999) / 1000,
        .defaults = session_load(s->app, ""),
        .cpu = config_cpu(c),
        .log = &s->app->log,
        .clock = s->app->clock,
    };
    keep_prefixes(s, &rc.defaults);
    return runtime_create(s->loop, &rc, &s->runtime, e);
}

static bool beyond_this_machine(const char *host)
{
    union {
        struct sockaddr_storage any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } a = {0};
    if (inet_pton(AF_INET, host, &a.v4.sin_addr) == 1)
        a.any.ss_family = AF_INET;
    else if (inet_pton(AF_INET6, host, &a.v6.sin6_addr) == 1)
        a.any.ss_family = AF_INET6;
    else
        return strcmp(host, "localhost") != 0;
    return !peer_is_loopback(&a.any);
}

static bool has_valid_key(struct serve *s)
{
    const struct people_key *keys;
    size_t n = people_keys(s->people, &keys);
    int64_t now_ms = clock_wall_ms(s->app->clock);
    for (size_t i = 0; i < n; i++)
        if (!keys[i].revoked && (!keys[i].expires_ms || keys[i].expires_ms > now_ms))
            return true;
    return false;
}

static int start_people(struct serve *s, struct err *e)
{
    const struct config *c = &s->app->config;
    const char *host = c->server.host;
    if (beyond_this_machine(host) && !c->server.insecure_http)
        return err_set(e, ERR_DENIED, T(s->app->lang, SERVE_INSECURE), host);
    struct people_config pc = {
        .clock = s->app->clock,
        .log = &s->app->log,
        .limits = {c->limits.requests_per_minute, c->limits.concurrent, c->limits.tokens_per_day},
        .session_s = c->limits.session_ms / 1000,
    };
    int r = home_open(s->app, &s->store, e);
    pc.store = s->store;
    if (!r)
        r = people_create(s->loop, &pc, &s->people, e);
    if (!r && beyond_this_machine(host) && !has_valid_key(s))
        r = err_set(e, ERR_DENIED, T(s->app->lang, SERVE_NO_KEY), host);
    return r;
}

static int start_journal(struct serve *s, struct err *e)
{
    const struct config *c = &s->app->config;
    struct journal_config jc = {
        .dir = s->journal_dir,
        .clock = s->app->clock,
        .log = &s->app->log,
        .flush_ms = c->journal.flush_ms,
        .keep_days = c->journal.keep_days,
        .bytes_max = c->journal.size,
        .content = c->journal.content,
    };
    if (!c->journal.enabled)
        return OK;
    home_journal(s->app, s->store, s->journal_dir, sizeof s->journal_dir, jc.key);
    int r = journal_open(&jc, &s->journal, e);
    explicit_bzero(jc.key, sizeof jc.key);
    return r;
}

/* A key's name as it is now. */
static struct str name_of_owner(const struct serve *s, int64_t id)
{
    const struct people_key *keys;
    size_t n = people_keys(s->people, &keys);
    if (id == PEOPLE_OWNER)
        return str_of(people_local(s->people)->name);
    for (size_t i = 0; i < n; i++)
        if (keys[i].id == id)
            return str_of(keys[i].name);
    return (struct str){0};
}

/* Answers of conversations outlive the requests that asked for them. */
static void on_answer_over(void *ctx, int64_t owner, const struct talk_message *m, enum talk_state state, uint32_t took_ms)
{
    static const enum journal_end ends[] = {[TALK_DONE] = JOURNAL_DONE,
                                            [TALK_LENGTH] = JOURNAL_DONE,
                                            [TALK_STOPPED] = JOURNAL_LEFT,
                                            [TALK_FAILED] = JOURNAL_FAILED,
                                            [TALK_INTERRUPTED] = JOURNAL_FAILED};
    struct serve *s = ctx;
    journal_add(s->journal, &(struct journal_event){
                                .time_ms = clock_wall_ms(s->app->clock) - took_ms,
                                .owner = owner,
                                .who = name_of_owner(s, owner),
                                .what = STR("answer"),
                                .subject = m->model,
                                .end = (size_t)state < sizeof ends / sizeof *ends ? ends[state] : JOURNAL_FAILED,
                                .took_ms = took_ms,
                                .first_ms = m->has_usage && m->usage.first_ms > 0 ? (uint32_t)m->usage.first_ms : 0,
                                .tokens_in = m->has_usage ? m->usage.prompt_tokens : 0,
                                .tokens_cached = m->has_usage ? m->usage.cached_tokens : 0,
                                .tokens_out = m->has_usage ? m->usage.completion_tokens : 0,
                            });
}

static int start_answers(struct serve *s, struct err *e)
{
    const struct config *c = &s->app->config;
    struct answers_config ac = {
        .loop = s->loop,
        .store = s->store,
        .runtime = s->runtime,
        .people = s->people,
        .clock = s->app->clock,
        .log = &s->app->log,
        .max_tokens_default = c->api.max_tokens_default,
        .retention_days = c->store.retention_days,
        .over = on_answer_over,
        .over_ctx = s,
    };
    return answers_create(&ac, &s->answers, e);
}

static int start_cache(struct serve *s, struct err *e)
{
    const struct config *c = &s->app->config;
    char password[PASSPHRASE_BYTES_MAX] = "";
    struct cache_config cc = {
        .loop = s->loop,
        .log = &s->app->log,
        .bytes_max = c->cache.memory,
        .redis = str_of(c->cache.redis),
        .redis_timeout_ms = c->cache.redis_timeout_ms,
        .redis_ttl_ms = c->cache.redis_keep_ms,
    };
    int r = *c->cache.redis_password_file ? home_passphrase(s->app, c->cache.redis_password_file, password, e) : OK;
    cc.redis_password = str_of(password);
    store_subkey(s->store, "cache", cc.key);
    r = r ? r : cache_create(&cc, &s->cache, e);
    explicit_bzero(cc.key, sizeof cc.key);
    explicit_bzero(password, sizeof password);
    return r;
}

/* Settings that change what a text's vector is, in the last digits or where it is cut. */
static uint64_t cache_generation(const struct config *c)
{
    char text[200];
    int n = snprintf(text, sizeof text, "%s %u %u %d", HEARTH_VERSION, c->engine.context, c->engine.cpu, c->engine.deterministic);
    return str_hash(str_from(text, (size_t)n));
}

static int start_assistant(struct serve *s, struct err *e)
{
    struct assistant_config ac = {
        .loop = s->loop,
        .runtime = s->runtime,
        .store = s->store,
        .kb = s->library.kb,
        .clock = s->app->clock,
        .log = &s->app->log,
        .version = HEARTH_VERSION,
        .models_dir = s->app->models_dir,
        .data_dir = s->app->store_dir,
    };
    return assistant_create(&ac, &s->assistant, e);
}

static int start_api(struct serve *s, struct err *e)
{
    const struct config *c = &s->app->config;
    struct api_config ac = {
        .runtime = s->runtime,
        .people = s->people,
        .loop = s->loop,
        .store = s->store,
        .answers = s->answers,
        .due = assistant_due(s->assistant),
        .kb = s->library.kb,
        .ingests = s->library.ingests,
        .cache = s->cache,
        .journal = s->journal,
        .cache_generation = cache_generation(c),
        .log = &s->app->log,
        .clock = s->app->clock,
        .assets = app_assets,
        .n_assets = app_assets_count,
        .version = HEARTH_VERSION,
        .models_dir = s->app->models_dir,
        .hub = c->models.hub,
        .hub_token = getenv("HF_TOKEN"),
        .hub_token_file = c->models.hub_token_file,
        .hosts = c->server.hosts.items,
        .n_hosts = c->server.hosts.n,
        .origins = c->server.origins.items,
        .n_origins = c->server.origins.n,
        .json_depth_max = c->api.json_depth_max,
        .max_tokens_default = c->api.max_tokens_default,
        .retry_after_s = (c->api.retry_after_ms + 999) / 1000,
        .start_model = s->chosen,
        .session_s = c->limits.session_ms / 1000,
        .stored_bytes_max = c->limits.stored_bytes,
    };
    if (s->journal) {
        ac.journal_dir = s->journal_dir;
        store_subkey(s->store, HOME_JOURNAL_KEY, ac.journal_key);
    }
    return api_create(&ac, &s->api, e);
}

static int start_http(struct serve *s, struct err *e)
{
    const struct config *c = &s->app->config;
    struct http_config hc = {
        .limits = c->server.http,
        .handler = api_handle,
        .gate = api_gate,
        .error_body = api_error_body,
        .refusal_body = api_refusal_body,
        .ended = api_ended,
        .ctx = s->api,
        .log = &s->app->log,
    };
    int r = http_server_create(s->loop, &hc, &s->http, e);
    return r ? r : http_server_listen(s->http, c->server.host, (uint16_t)c->server.port, e);
}

static void on_drained(void *ctx)
{
    struct serve *s = ctx;
    loop_stop(s->loop);
}

static void on_signal(void *ctx, int signum)
{
    struct serve *s = ctx;
    if (s->draining) {
        s->cut = true;
        loop_stop(s->loop);
        return;
    }
    s->draining = true;
    log_event(&s->app->log, LOG_INFO, "stopping", F_INT("signal", signum), F_INT("connections", http_server_connections(s->http)));
    api_drain(s->api);
    http_server_drain(s->http, on_drained, s);
}

/* Where a browser on this machine finds it: an address for all interfaces is no address to open. */
static void put_address(const struct serve *s, struct buf *out)
{
    const char *host = s->app->config.server.host;
    bool any = !strcmp(host, "0.0.0.0") || !strcmp(host, "::") || !*host, v6 = strchr(host, ':') != NULL;
    buf_printf(out, "http://%s%s%s:%u/", v6 && !any ? "[" : "", any ? "127.0.0.1" : host, v6 && !any ? "]" : "",
               (unsigned)http_server_port(s->http));
}

/* The page's address with a link that signs a browser in, once. */
static void put_link(const struct serve *s, struct buf *out)
{
    char secret[PEOPLE_SECRET_MAX];
    put_address(s, out);
    if (!people_link_create(s->people, people_local(s->people), secret))
        buf_printf(out, "#link=%s", secret);
}

static void show_address(const struct serve *s)
{
    const struct app *a = s->app;
    struct buf link = buf_make(1024);
    put_link(s, &link);
    printf(T(a->lang, SERVE_ADDRESS), buf_cstr(&link));
    printf(T(a->lang, SERVE_LINK_HINT), PEOPLE_LINK_S / 60);
    fflush(stdout);
    if (a->config.server.open_browser == OPEN_BROWSER_AUTO && a->out_tty && browser_there())
        browser_open(buf_cstr(&link));
    buf_free(&link);
}

/* Others learn where we are: a verb that finds the data folder in use, and a `hearth chat` that has started us, which named a
 * descriptor in HEARTH_ANNOUNCE_FD. */
static void announce(const struct serve *s)
{
    const char *name = getenv("HEARTH_ANNOUNCE_FD");
    uint64_t fd;
    struct buf line = buf_make(512);
    put_address(s, &line);
    if (store_announce(s->store, buf_cstr(&line)))
        log_event(&s->app->log, LOG_WARN, "announcing", F_CSTR("error", "other verbs will not find this server"));
    buf_putc(&line, '\n');
    if (name && !str_to_u64(str_of(name), &fd) && fd > STDERR_FILENO && fd <= INT_MAX) {
        if (write((int)fd, line.ptr, line.len) < 0)
            log_event(&s->app->log, LOG_WARN, "announcing", F_CSTR("error", "the one who asked has gone"));
        close((int)fd);
    }
    buf_free(&line);
}

static void greet(const struct serve *s)
{
    const struct app *a = s->app;
    enum lang l = a->lang;
    const struct model_entry *models;
    size_t n = runtime_models(s->runtime, &models);
    struct buf address = buf_make(512);
    put_address(s, &address);
    printf("%shearth %s%s\n\n", a->out_color ? "\033[1m" : "", HEARTH_VERSION, a->out_color ? "\033[0m" : "");
    if (n)
        printf(T(l, SERVE_MODELS), T(l, SERVE_LABEL_MODELS), n, a->models_dir);
    else
        printf(T(l, SERVE_NO_MODELS), T(l, SERVE_LABEL_MODELS), a->models_dir);
    const struct model_entry *chosen = s->chosen.len ? runtime_find(s->runtime, s->chosen) : NULL;
    if (chosen)
        printf(T(l, SERVE_LOADING), T(l, SERVE_LABEL_DEFAULT), STR_ARG(chosen->name), bytes_text(chosen->file_bytes).text);
    if (beyond_this_machine(a->config.server.host))
        printf(T(l, SERVE_OPEN), a->config.server.host);
    show_address(s);
    log_event(&a->log, LOG_INFO, "listening", F_CSTR("address", buf_cstr(&address)), F_INT("models", n));
    buf_free(&address);
}

static int start(struct serve *s, struct err *e)
{
    int r = choose_model(s, e);
    make_folders(s->app->models_dir, NULL); /* a place to put a model; without it the catalogue is empty */
    if (!r)
        r = loop_create(&s->loop, e);
    if (!r)
        r = start_people(s, e);
    if (!r)
        r = start_runtime(s, e);
    if (!r)
        r = start_journal(s, e);
    if (!r)
        r = start_answers(s, e);
    if (!r)
        r = start_cache(s, e);
    if (!r)
        r = library_open(s->app, s->store, s->loop, s->runtime, &s->library, e);
    if (!r)
        r = start_assistant(s, e);
    if (!r)
        r = start_api(s, e);
    if (!r)
        r = start_http(s, e);
    if (!r)
        r = loop_on_signal(s->loop, SIGTERM, on_signal, s);
    if (!r)
        r = loop_on_signal(s->loop, SIGINT, on_signal, s);
    if (!r)
        r = loop_on_signal(s->loop, SIGHUP, on_signal, s); /* the terminal was closed */
    if (!r && s->chosen.len)
        r = runtime_load(s->runtime, s->chosen, e);
    return r;
}

static void stop(struct serve *s)
{
    /* Loading or computing may hold the workers for a moment: from here on a signal ends the process at once. */
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    http_server_free(s->http);
    api_free(s->api);
    assistant_leave_kb(s->assistant);
    library_close(&s->library);
    cache_free(s->cache);
    answers_free(s->answers);
    runtime_free(s->runtime);
    people_free(s->people);
    assistant_stop(s->assistant);
    loop_free(s->loop);
    journal_close(s->journal);
    assistant_free(s->assistant);
    store_free(s->store);
}

int verb_serve(struct app *a)
{
    struct serve s = {.app = a};
    struct err e = {0};
    raise_file_limit();
    int r = start(&s, &e);
    if (!r) {
        announce(&s);
        greet(&s);
        r = loop_run(s.loop);
        err_set(&e, r, "%s", err_text(r));
        log_event(&a->log, LOG_INFO, "stopped");
    }
    stop(&s);
    if (r)
        return complain(a, "%s", e.text[0] ? e.text : err_text(r));
    return s.cut ? EXIT_INTERRUPTED : EXIT_OK;
}
