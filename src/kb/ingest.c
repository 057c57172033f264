#include "kb/ingest.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kb/ingest_internal.h"
#include "sys/cpu.h"

enum { TICK_MS = 250 };

const char *const ingest_state_names[INGEST_STATE_COUNT] = {
    [INGEST_COUNTING] = "counting", [INGEST_READING] = "reading",   [INGEST_TIDYING] = "tidying",
    [INGEST_DONE] = "done",         [INGEST_CANCELED] = "canceled", [INGEST_FAILED] = "failed",
};

/* ---- life */

static void tick(void *ctx);

int ingests_create(const struct ingest_config *c, struct ingests **ret, struct err *e)
{
    struct cpu_info cpu;
    struct ingests *all = calloc(1, sizeof *all);
    if (!all)
        return err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    *all = (struct ingests){.c = *c, .next_id = 1};
    if (timer_create_in(c->loop, tick, all, &all->timer)) {
        free(all);
        return err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    }
    if (!all->c.workers) {
        cpu_detect(&cpu);
        all->c.workers = (uint32_t)cpu.n_logical;
    }
    if (all->c.workers > INGEST_WORKERS_MAX)
        all->c.workers = INGEST_WORKERS_MAX;
    link_init(&all->all);
    link_init(&all->embeds);
    pthread_mutex_init(&all->embed_lock, NULL);
    pthread_cond_init(&all->embed_done, NULL);
    *ret = all;
    return OK;
}

void ingests_listen(struct ingests *all, void (*changed)(void *ctx, struct ingest *job, bool over), void *ctx)
{
    all->c.changed = changed;
    all->c.ctx = ctx;
}

static void job_free(struct ingest *job)
{
    if (job->started && !job->joined)
        pthread_join(job->thread, NULL);
    for (size_t i = 0; job->problems && i < job->n_problems; i++)
        free(job->problems[i].path);
    for (size_t i = 0; job->paths && i < job->n_paths; i++)
        free(job->paths[i]);
    link_del(&job->link);
    pthread_mutex_destroy(&job->lock);
    pthread_cond_destroy(&job->moved);
    free(job->problems);
    free(job->paths);
    free(job);
}

void ingests_free(struct ingests *all)
{
    if (!all)
        return;
    for (struct link *i = all->all.next; i != &all->all; i = i->next)
        ingest_cancel(link_of(i, struct ingest, link));
    ingest_embed_close(all);
    while (!link_empty(&all->all)) {
        job_free(link_of(all->all.next, struct ingest, link));
        all->n--;
    }
    timer_free(all->timer);
    pthread_mutex_destroy(&all->embed_lock);
    pthread_cond_destroy(&all->embed_done);
    free(all);
}

/* ---- the loop */

static void tick(void *ctx)
{
    struct ingests *all = ctx;
    bool running = false;
    for (struct link *i = all->all.next, *next; i != &all->all; i = next) {
        struct ingest *job = link_of(i, struct ingest, link);
        next = i->next;
        if (job->joined)
            continue;
        pthread_mutex_lock(&job->lock);
        bool over = job->over, news = job->version != job->told;
        job->told = job->version;
        pthread_mutex_unlock(&job->lock);
        running |= !over;
        if (over) {
            pthread_join(job->thread, NULL);
            job->joined = true;
        }
        if (news && all->c.changed)
            all->c.changed(all->c.ctx, job, over);
    }
    if (!running)
        timer_stop(all->timer);
}

static size_t running(const struct ingests *all)
{
    size_t n = 0;
    for (struct link *i = all->all.next; i != &all->all; i = i->next)
        n += !link_of(i, struct ingest, link)->joined;
    return n;
}

/* The oldest that has ended makes room. */
static void forget_old(struct ingests *all)
{
    for (struct link *i = all->all.next, *next; i != &all->all && all->n >= INGEST_JOBS_KEPT; i = next) {
        struct ingest *job = link_of(i, struct ingest, link);
        next = i->next;
        if (job->joined) {
            job_free(job);
            all->n--;
        }
    }
}

static int copy_request(struct ingest *job, const struct ingest_request *q)
{
    job->news.who = q->who;
    job->paths = calloc(q->n_paths ? q->n_paths : 1, sizeof *job->paths);
    job->problems = calloc(INGEST_PROBLEMS_MAX, sizeof *job->problems);
    if (!job->paths || !job->problems || !str_copy(job->news.collection, sizeof job->news.collection, q->collection))
        return ERR_NOMEM;
    for (size_t i = 0; i < q->n_paths; i++, job->n_paths++) {
        struct str path = q->paths[i];
        while (path.len > 1 && path.ptr[path.len - 1] == '/')
            path.len--;
        if (!(job->paths[i] = str_dup(path)))
            return ERR_NOMEM;
    }
    return OK;
}

/* Each must be below a root. One that is not there is no mistake: what was there of it is to be forgotten. */
static int check_paths(const struct ingests *all, const struct ingest_request *q, struct err *e)
{
    if (!q->n_paths || q->n_paths > INGEST_PATHS_MAX)
        return err_set(e, ERR_INVAL, "between 1 and %d paths can be added at once", INGEST_PATHS_MAX);
    for (size_t i = 0; i < q->n_paths; i++) {
        int fd, r = q->paths[i].len && q->paths[i].ptr[0] == '/' ? walk_open(all->c.roots, all->c.n_roots, q->paths[i], &fd, e)
                                                                 : err_set(e, ERR_INVAL, "is no absolute path");
        if (!r)
            close(fd);
        else if (r != ERR_NOENT)
            return err_prefix(e, r, STR_FMT, STR_ARG(str_head(q->paths[i], 200)));
    }
    return OK;
}

int ingest_start(struct ingests *all, const struct ingest_request *q, struct ingest **ret, struct err *e)
{
    int r = check_paths(all, q, e);
    if (r)
        return r;
    if (running(all) >= INGEST_JOBS_AT_ONCE)
        return err_set(e, ERR_FULL, "%d jobs are adding documents already; wait for one of them to end", INGEST_JOBS_AT_ONCE);
    forget_old(all);
    struct ingest *job = calloc(1, sizeof *job);
    if (!job)
        return err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    *job = (struct ingest){.all = all, .version = 1};
    job->news = (struct ingest_news){.id = all->next_id++, .started_ms = clock_wall_ms(all->c.clock), .left_s = -1};
    job->rate_at_ms = job->news.started_ms;
    link_init(&job->link);
    pthread_mutex_init(&job->lock, NULL);
    pthread_cond_init(&job->moved, NULL);
    ingest_encoder(all, job->encoder);
    if (copy_request(job, q) || pthread_create(&job->thread, NULL, ingest_run, job)) {
        job_free(job);
        return err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    }
    job->started = true;
    link_add(&all->all, &job->link);
    all->n++;
    timer_start(all->timer, TICK_MS, TICK_MS);
    *ret = job;
    return OK;
}

void ingest_cancel(struct ingest *job)
{
    atomic_store_explicit(&job->cancel, true, memory_order_relaxed);
}

bool ingest_is_over(const struct ingest *job)
{
    return job->joined;
}

struct ingest *ingest_first(struct ingests *all)
{
    return link_empty(&all->all) ? NULL : link_of(all->all.next, struct ingest, link);
}

struct ingest *ingest_next(struct ingest *job)
{
    return job->link.next == &job->all->all ? NULL : link_of(job->link.next, struct ingest, link);
}

struct ingest *ingest_find(struct ingests *all, struct str id)
{
    uint64_t n;
    for (struct ingest *job = str_to_u64(id, &n) ? NULL : ingest_first(all); job; job = ingest_next(job))
        if (job->news.id == n)
            return job;
    return NULL;
}

/* ---- news */

void ingest_news_of(struct ingest *job, struct ingest_news *ret)
{
    pthread_mutex_lock(&job->lock);
    *ret = job->news;
    ret->n_problems = job->n_problems;
    pthread_mutex_unlock(&job->lock);
}

bool ingest_problem(struct ingest *job, size_t i, struct arena *a, struct str *ret_path, struct str *ret_sentence)
{
    pthread_mutex_lock(&job->lock);
    bool there = i < job->n_problems;
    if (there) {
        *ret_path = arena_dup(a, str_of(job->problems[i].path));
        *ret_sentence = arena_dup(a, str_of(job->problems[i].sentence));
    }
    pthread_mutex_unlock(&job->lock);
    return there && ret_path->ptr && ret_sentence->ptr;
}

static void put_problems(struct json *j, struct ingest *job)
{
    struct arena a = arena_make(4 << 20);
    struct str path, sentence;
    json_key(j, "problems");
    json_arr(j);
    for (size_t i = 0; ingest_problem(job, i, &a, &path, &sentence); i++) {
        json_obj(j);
        json_kstr(j, "path", path);
        json_kstr(j, "reason", sentence);
        json_obj_end(j);
    }
    json_arr_end(j);
    arena_free(&a);
}

void ingest_put(struct json *j, struct ingest *job)
{
    struct ingest_news n;
    char id[24];
    ingest_news_of(job, &n);
    snprintf(id, sizeof id, "%llu", (unsigned long long)n.id);
    const struct {
        const char *name;
        uint64_t value;
    } counts[] = {
        {"files_total", n.files_total},
        {"files_done", n.files_done},
        {"bytes_total", n.bytes_total},
        {"bytes_done", n.bytes_done},
        {"text_bytes", n.text_bytes},
        {"chunks", n.chunks},
        {"added", n.added},
        {"replaced", n.replaced},
        {"unchanged", n.unchanged},
        {"removed", n.removed},
        {"failed", n.failed},
        {"passed_over", n.passed_over},
    };
    json_obj(j);
    json_kcstr(j, "id", id);
    json_kcstr(j, "collection", n.collection);
    json_kcstr(j, "state", ingest_state_names[n.state]);
    json_kint(j, "started_ms", n.started_ms);
    json_kint(j, "ended_ms", n.ended_ms);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        json_kuint(j, counts[i].name, counts[i].value);
    json_knum(j, "rate_bps", n.rate_bps, 0);
    json_kint(j, "eta_s", n.left_s);
    json_kcstr(j, "current", n.current);
    if (n.error[0])
        json_kcstr(j, "error", n.error);
    put_problems(j, job);
    json_obj_end(j);
}
