#include "api/pulls.h"

#include <stdio.h>
#include <stdlib.h>

#include "sys/mem.h"

enum { TICK_MS = 250, TOKEN_BYTES_MAX = 4096 };

struct pulls {
    struct api *api;
    struct timer *timer;
    struct link all;
    size_t n;
    uint64_t next_id;
};

static void tick(void *ctx);

struct pulls *pulls_create(struct api *a)
{
    struct pulls *p = a->c.loop ? calloc(1, sizeof *p) : NULL;
    if (!p)
        return NULL;
    *p = (struct pulls){.api = a, .next_id = 1};
    link_init(&p->all);
    if (timer_create_in(a->c.loop, tick, p, &p->timer)) {
        free(p);
        return NULL;
    }
    pulls_find_unfinished(p, a);
    return p;
}

static void pull_free(struct pull *p)
{
    followers_forget(p);
    link_del(&p->link);
    p->owner->n--;
    pthread_mutex_destroy(&p->lock);
    free(p->name);
    free(p->revision);
    free(p->token);
    free(p->sha256);
    free(p);
}

void pulls_free(struct pulls *p)
{
    if (!p)
        return;
    for (struct link *i = p->all.next; i != &p->all; i = i->next)
        atomic_store_explicit(&link_of(i, struct pull, link)->cancel, true, memory_order_relaxed);
    while (!link_empty(&p->all)) {
        struct pull *one = link_of(p->all.next, struct pull, link);
        if (!one->joined)
            pthread_join(one->thread, NULL);
        pull_free(one);
    }
    timer_free(p->timer);
    free(p);
}

/* ---- the thread */

static void on_progress(void *ctx, const struct pull_progress *news)
{
    struct pull *p = ctx;
    pthread_mutex_lock(&p->lock);
    p->progress = *news;
    p->version++;
    pthread_mutex_unlock(&p->lock);
}

static int on_accept(void *ctx, struct str head, struct err *e)
{
    (void)ctx;
    return pull_accepts_head(head, e);
}

static int on_check(void *ctx, const char *path, struct err *e)
{
    (void)ctx;
    return pull_accepts_file(path, e);
}

/* The request's token, else the file's, else the environment's. The file is read each time, so that a new token counts at once. */
static char *choose_token(const struct pull *p)
{
    const struct api_config *c = &p->owner->api->c;
    char *text = NULL;
    size_t len = 0;
    if (p->token)
        return str_dup(str_of(p->token));
    if (c->hub_token_file && *c->hub_token_file && !file_read(c->hub_token_file, TOKEN_BYTES_MAX, &text, &len, NULL)) {
        char *token = str_dup(str_trim(str_from(text, len)));
        free(text);
        return token;
    }
    return c->hub_token ? str_dup(str_of(c->hub_token)) : NULL;
}

static void *run(void *ctx)
{
    struct pull *p = ctx;
    const struct api_config *c = &p->owner->api->c;
    struct err e = {0};
    char file[HUB_FILE_MAX + 1] = "", *token = choose_token(p);
    bool already;
    struct pull_request q = {.hub = {.address = c->hub && *c->hub ? c->hub : PULL_HUB, .token = token, .cancel = &p->cancel},
                             .name = str_of(p->name),
                             .revision = p->revision,
                             .sha256 = p->sha256,
                             .dir = c->models_dir,
                             .cancel = &p->cancel,
                             .check = on_check,
                             .accept = on_accept,
                             .progress = on_progress,
                             .ctx = p};
    int rc = pull_run(&q, file, &already, &e);
    free(token);
    pthread_mutex_lock(&p->lock);
    p->code = atomic_load_explicit(&p->cancel, memory_order_relaxed) && rc ? ERR_CANCELED : rc;
    p->err = e;
    memcpy(p->file, file, sizeof file);
    p->over = true;
    p->version++;
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* ---- the loop */

static void ended(struct pull *p)
{
    const struct log *log = p->owner->api->c.log;
    pthread_join(p->thread, NULL);
    p->joined = true;
    if (p->code)
        log_event(log, p->code == ERR_CANCELED ? LOG_INFO : LOG_WARN, "pull ended", F_CSTR("name", p->name), F_CSTR("reason", p->err.text));
    else
        log_event(log, LOG_INFO, "model pulled", F_CSTR("name", p->name), F_CSTR("file", p->file));
    runtime_rescan(p->owner->api->c.runtime);
    free(p->token);
    p->token = NULL;
    if (!p->code)
        pulls_forget_file(p->owner, str_of(p->file));
}

static void tick(void *ctx)
{
    struct pulls *all = ctx;
    bool running = false;
    for (struct link *i = all->all.next; i != &all->all; i = i->next) {
        struct pull *p = link_of(i, struct pull, link);
        if (p->joined)
            continue;
        pthread_mutex_lock(&p->lock);
        bool over = p->over, news = p->version != p->told;
        p->told = p->version;
        pthread_mutex_unlock(&p->lock);
        running |= !over;
        if (over)
            ended(p); /* may take others out of the list, but not this one */
        if (over || news)
            followers_tell(p, over);
    }
    if (!running)
        timer_stop(all->timer);
}

static void forget_oldest(struct pulls *all)
{
    for (struct link *i = all->all.next; i != &all->all && all->n >= PULLS_KEPT; i = i->next) {
        struct pull *p = link_of(i, struct pull, link);
        if (!p->joined || !link_empty(&p->followers))
            continue;
        i = i->prev;
        pull_free(p);
    }
}

static char *copy(const char *s)
{
    return s ? str_dup(str_of(s)) : NULL;
}

/* One of the list, without its thread. */
static struct pull *pull_make(struct pulls *all, const struct pull *like)
{
    struct pull *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    *p = (struct pull){.owner = all, .id = all->next_id++, .progress.eta_s = -1};
    p->name = copy(like->name);
    p->revision = copy(like->revision);
    p->token = copy(like->token);
    p->sha256 = copy(like->sha256);
    pthread_mutex_init(&p->lock, NULL);
    link_init(&p->followers);
    link_add(&all->all, &p->link);
    all->n++;
    if (p->name)
        return p;
    pull_free(p);
    return NULL;
}

void pulls_remember(struct pulls *all, const struct pull *was, struct str sha256)
{
    struct pull *p = pull_make(all, was);
    if (!p)
        return;
    p->sha256 = sha256.len ? str_dup(sha256) : NULL;
    p->progress = was->progress;
    p->code = ERR_CANCELED;
    p->over = p->joined = true;
    memcpy(p->file, was->file, sizeof p->file);
}

void pulls_forget_file(struct pulls *all, struct str file)
{
    for (struct link *i = all->all.next, *next; i != &all->all; i = next) {
        struct pull *p = link_of(i, struct pull, link);
        next = i->next;
        if (p->joined && p->code == ERR_CANCELED && link_empty(&p->followers) && str_eq(str_of(p->file), file))
            pull_free(p);
    }
}

/* One that was left of the same name gives way. The digest that it was begun with is still wanted: without it there would be no telling
 * whether what is there belongs to what comes. */
static char *supersede(struct pulls *all, const char *name)
{
    char *sha256 = NULL;
    for (struct link *i = all->all.next, *next; i != &all->all; i = next) {
        struct pull *p = link_of(i, struct pull, link);
        next = i->next;
        if (!p->joined || p->code != ERR_CANCELED || !link_empty(&p->followers) || strcmp(p->name, name) != 0)
            continue;
        free(sha256);
        sha256 = p->sha256;
        p->sha256 = NULL;
        pull_free(p);
    }
    return sha256;
}

int pulls_start(struct pulls *all, const struct pull *wanted, struct pull **ret, struct err *e)
{
    size_t running = 0;
    for (struct pull *p = pulls_first(all); p; p = pulls_next(p)) {
        if (p->joined)
            continue;
        running++;
        if (!strcmp(p->name, wanted->name)) {
            *ret = p;
            return OK;
        }
    }
    if (running >= PULLS_AT_ONCE)
        return err_set(e, ERR_FULL, "%d models are being loaded already: wait for one, or cancel it", PULLS_AT_ONCE);
    forget_oldest(all);
    struct pull *p = pull_make(all, wanted);
    if (!p)
        return err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    char *sha256 = supersede(all, p->name);
    if (!p->sha256 && str_find(str_of(p->name), STR("://"), 0) >= 0) { /* the hub's own names bring theirs */
        p->sha256 = sha256;
        sha256 = NULL;
    }
    free(sha256);
    if (pthread_create(&p->thread, NULL, run, p)) {
        pull_free(p);
        return err_set(e, ERR_NOMEM, "no thread could be started");
    }
    timer_start(all->timer, TICK_MS, TICK_MS);
    *ret = p;
    return OK;
}

void pulls_cancel(struct pull *p)
{
    if (p->joined && link_empty(&p->followers))
        pull_free(p);
    else
        atomic_store_explicit(&p->cancel, true, memory_order_relaxed);
}

struct pull *pulls_first(struct pulls *all)
{
    return link_empty(&all->all) ? NULL : link_of(all->all.next, struct pull, link);
}

struct pull *pulls_next(struct pull *p)
{
    return p->link.next == &p->owner->all ? NULL : link_of(p->link.next, struct pull, link);
}

struct pull *pulls_find(struct pulls *all, struct str id)
{
    uint64_t number;
    if (str_to_u64(id, &number))
        return NULL;
    for (struct pull *p = pulls_first(all); p; p = pulls_next(p))
        if (p->id == number)
            return p;
    return NULL;
}

/* ---- JSON */

static const char *state_name(const struct pull *p)
{
    static const char *const names[] = {[PULL_RESOLVING] = "resolving", [PULL_LOADING] = "downloading", [PULL_CHECKING] = "checking"};
    if (!p->joined) /* the end is told when the catalogue knows the model */
        return names[p->progress.state];
    return !p->code ? "done" : p->code == ERR_CANCELED ? "canceled" : "failed";
}

struct pull_news pull_news_of(struct pull *p)
{
    pthread_mutex_lock(&p->lock);
    struct pull_news n = {p->progress, state_name(p), p->joined && p->code};
    pthread_mutex_unlock(&p->lock);
    return n;
}

static void put_known(struct json *j, const char *key, bool known, int64_t value)
{
    json_key(j, key);
    if (known)
        json_int(j, value);
    else
        json_nil(j);
}

void pull_put(struct json *j, struct pull *p)
{
    char id[24];
    pthread_mutex_lock(&p->lock);
    const struct pull_progress *g = &p->progress;
    struct str file = str_of(p->file);
    snprintf(id, sizeof id, "%llu", (unsigned long long)p->id);
    json_obj(j);
    json_kcstr(j, "id", id);
    json_kcstr(j, "name", p->name);
    json_kcstr(j, "state", state_name(p));
    json_kuint(j, "bytes_done", g->done);
    put_known(j, "bytes_total", g->total > 0, (int64_t)g->total);
    json_kuint(j, "rate_bps", p->joined ? 0 : g->rate_bps);
    put_known(j, "eta_s", !p->joined && g->eta_s >= 0, g->eta_s);
    json_kcstr(j, "error", p->joined && p->code && p->code != ERR_CANCELED ? p->err.text : NULL);
    json_key(j, "model");
    if (p->joined && !p->code)
        json_str(j, str_head(file, file.len - (sizeof ".gguf" - 1)));
    else
        json_nil(j);
    json_obj_end(j);
    pthread_mutex_unlock(&p->lock);
}
