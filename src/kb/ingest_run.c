/* A job's thread and its workers.
 *
 *   counting: the paths are walked once for the totals, which costs little beside the rest
 *   reading:  they are walked again; files go through a short queue to the workers
 *   tidying:  documents below the paths whose files are gone are forgotten; then kb_tend, until nothing is due
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kb/ingest_internal.h"

enum { PAGE = 200 };

static bool canceled(const struct ingest *job)
{
    return atomic_load_explicit(&job->cancel, memory_order_relaxed);
}

static void lock(struct ingest *job)
{
    pthread_mutex_lock(&job->lock);
}

static void unlock(struct ingest *job)
{
    job->version++;
    pthread_mutex_unlock(&job->lock);
}

void ingest_note_problem(struct ingest *job, struct str path, bool passed_over, const char *sentence)
{
    lock(job);
    *(passed_over ? &job->news.passed_over : &job->news.failed) += 1;
    char *copy = job->n_problems < INGEST_PROBLEMS_MAX ? str_dup(path) : NULL;
    if (copy) {
        struct ingest_problem_row *row = &job->problems[job->n_problems++];
        row->path = copy;
        str_copy(row->sentence, sizeof row->sentence, str_of(sentence));
    }
    unlock(job);
}

static void fail(struct ingest *job, const struct err *e)
{
    lock(job);
    if (job->news.state != INGEST_FAILED)
        str_copy(job->news.error, sizeof job->news.error, str_of(e->text));
    job->news.state = INGEST_FAILED;
    unlock(job);
    atomic_store_explicit(&job->cancel, true, memory_order_relaxed);
}

/* ---- workers */

static bool take_entry(struct ingest *job, struct ingest_entry *ret)
{
    lock(job);
    while (!job->n_queued && !job->closed)
        pthread_cond_wait(&job->moved, &job->lock);
    bool some = job->n_queued > 0;
    if (some) {
        *ret = job->queue[job->head];
        job->head = (job->head + 1) % INGEST_QUEUE;
        job->n_queued--;
        pthread_cond_broadcast(&job->moved);
        size_t over = strlen(ret->path) >= sizeof job->news.current ? strlen(ret->path) - sizeof job->news.current + 1 : 0;
        while ((ret->path[over] & 0xc0) == 0x80) /* not within a character */
            over++;
        str_copy(job->news.current, sizeof job->news.current, str_of(ret->path + over));
    }
    unlock(job);
    return some;
}

/* A moving rate: of the last seconds, so that the time left follows what files are like now. */
static void note_rate(struct ingest *job)
{
    struct ingest_news *n = &job->news;
    int64_t now = clock_wall_ms(job->all->c.clock), passed = now - job->rate_at_ms;
    if (passed < 1000)
        return;
    double lately = (double)(n->bytes_done - job->rate_bytes) * 1000 / (double)passed;
    n->rate_bps = n->rate_bps > 0 ? 0.7 * n->rate_bps + 0.3 * lately : lately;
    n->left_s =
        n->rate_bps > 0 && n->bytes_total >= n->bytes_done ? (int64_t)((double)(n->bytes_total - n->bytes_done) / n->rate_bps) + 1 : -1;
    job->rate_at_ms = now;
    job->rate_bytes = n->bytes_done;
}

static void note_done(struct ingest *job, const struct ingest_entry *entry, int code, enum ingest_result result,
                      const struct doc_info *info)
{
    lock(job);
    struct ingest_news *n = &job->news;
    n->files_done++;
    n->bytes_done += (uint64_t)entry->st.st_size;
    if (!code) {
        uint64_t *const counts[] = {[INGEST_ADDED] = &n->added, [INGEST_REPLACED] = &n->replaced, [INGEST_UNCHANGED] = &n->unchanged};
        *counts[result] += 1;
        if (result != INGEST_UNCHANGED) {
            n->text_bytes += info->text_bytes;
            n->chunks += info->n_chunks;
        }
    }
    note_rate(job);
    unlock(job);
}

static void note_remarks(struct ingest *job, const char *path, const struct doc_info *info)
{
    static const struct {
        unsigned note;
        const char *sentence;
    } remarks[] = {{DOC_NOTE_MIXED, "went in; its lines are in several encodings"},
                   {DOC_NOTE_REPLACED, "went in; some of its bytes are no text"},
                   {DOC_NOTE_PARTS, "went in without parts of it: attachments, pictures or chapters"}};
    for (size_t i = 0; i < sizeof remarks / sizeof *remarks; i++)
        if (info->notes & remarks[i].note) {
            lock(job);
            char *copy = job->n_problems < INGEST_PROBLEMS_MAX ? str_dup(str_of(path)) : NULL;
            if (copy) {
                struct ingest_problem_row *row = &job->problems[job->n_problems++];
                row->path = copy;
                str_copy(row->sentence, sizeof row->sentence, str_of(remarks[i].sentence));
            }
            unlock(job);
        }
}

static void do_entry(struct ingest *job, struct ingest_worker *w, struct ingest_entry *entry)
{
    enum ingest_result result = INGEST_UNCHANGED;
    struct doc_info info = {0};
    struct err e = {0};
    int r = canceled(job) ? ERR_CANCELED : ingest_file(w, entry->fd, str_of(entry->path), &entry->st, &result, &info, NULL, &e);
    if (r != ERR_CANCELED || !canceled(job)) {
        note_done(job, entry, r, result, &info);
        if (r)
            ingest_note_problem(job, str_of(entry->path), r == ERR_UNSUPPORTED, e.text[0] ? e.text : err_text(r));
        else if (result != INGEST_UNCHANGED)
            note_remarks(job, entry->path, &info);
    }
    close(entry->fd);
    free(entry->path);
}

static void *work(void *ctx)
{
    struct ingest *job = ctx;
    struct ingest_worker w = {.all = job->all,
                              .who = job->news.who,
                              .collection = str_of(job->news.collection),
                              .encoder = job->encoder,
                              .dims = job->dims,
                              .cancel = &job->cancel};
    struct ingest_entry entry;
    struct err e;
    if (doc_reader_create(&job->all->c.doc, &w.reader, &e))
        fail(job, &e);
    while (take_entry(job, &entry)) {
        if (w.reader) {
            do_entry(job, &w, &entry);
        } else {
            close(entry.fd);
            free(entry.path);
        }
    }
    doc_reader_free(w.reader);
    return NULL;
}

/* ---- walking */

static int count_file(void *ctx, int fd, struct str path, const struct stat *st)
{
    struct ingest *job = ctx;
    (void)path;
    close(fd);
    lock(job);
    job->news.files_total++;
    job->news.bytes_total += (uint64_t)st->st_size;
    unlock(job);
    return canceled(job) ? ERR_CANCELED : OK;
}

static int queue_file(void *ctx, int fd, struct str path, const struct stat *st)
{
    struct ingest *job = ctx;
    struct ingest_entry entry = {fd, str_dup(path), *st};
    if (!entry.path) {
        close(fd);
        return ERR_NOMEM;
    }
    lock(job);
    while (job->n_queued == INGEST_QUEUE)
        pthread_cond_wait(&job->moved, &job->lock);
    job->queue[(job->head + job->n_queued++) % INGEST_QUEUE] = entry;
    pthread_cond_broadcast(&job->moved);
    unlock(job);
    return canceled(job) ? ERR_CANCELED : OK;
}

static int note_skipped(void *ctx, struct str path, const char *why)
{
    ingest_note_problem(ctx, path, true, why);
    return OK;
}

static void walk_paths(struct ingest *job, const struct walk_events *ev, bool report)
{
    const struct ingest_config *c = &job->all->c;
    for (size_t i = 0; i < job->n_paths && !canceled(job); i++) {
        struct err e = {0};
        int fd, r = walk_open(c->roots, c->n_roots, str_of(job->paths[i]), &fd, &e);
        if (!r) {
            r = walk_from(fd, str_of(job->paths[i]), &c->walk, ev, job, &e);
            close(fd);
        }
        if (r && r != ERR_CANCELED && report)
            ingest_note_problem(job, str_of(job->paths[i]), false, e.text[0] ? e.text : err_text(r));
    }
}

/* ---- what is gone */

struct listing {
    const struct ingest *job;
    struct arena arena;
    struct kb_list q;
    struct kb_page page;
};

static int list(struct store_db *db, void *ctx, struct err *e)
{
    struct listing *l = ctx;
    return kb_document_list(db, l->job->news.who, &l->q, &l->arena, &l->page, e);
}

/* Only below what was asked for: "/a/b" and "/a/b/…", not "/a/bc". */
static bool belongs(struct str source, struct str path)
{
    return str_starts(source, path) && (source.len == path.len || source.ptr[path.len] == '/' || str_eq(path, STR("/")));
}

/* Gone is what is not there. What cannot be looked at, because a disk is not mounted or a folder is locked, may come back. */
static bool is_gone(struct str source)
{
    char path[KB_SOURCE_BYTES_MAX + 1];
    struct stat st;
    return str_copy(path, sizeof path, source) && lstat(path, &st) && (errno == ENOENT || errno == ENOTDIR);
}

static int forget_gone(struct ingest *job, struct str path, struct err *e)
{
    char after[KB_SOURCE_BYTES_MAX * 2 + 64] = "";
    struct listing l = {.job = job};
    int r = OK;
    do {
        l.arena = arena_make(KB_READ_BYTES_MAX);
        l.q = (struct kb_list){.collection = str_of(job->news.collection), .below = path, .after = str_of(after), .limit = PAGE};
        r = store_read(job->all->c.store, list, &l, e);
        for (size_t i = 0; !r && i < l.page.n && !canceled(job); i++) {
            if (!belongs(l.page.items[i].source, path) || !is_gone(l.page.items[i].source))
                continue;
            r = kb_forget(job->all->c.kb, job->news.who, l.page.items[i].id, e);
            r = r == ERR_NOENT ? OK : r;
            lock(job);
            job->news.removed += !r;
            unlock(job);
        }
        if (r || !l.page.next.ptr || !str_copy(after, sizeof after, l.page.next))
            after[0] = 0;
        arena_free(&l.arena);
    } while (!r && after[0] && !canceled(job));
    return r;
}

static void tidy(struct ingest *job)
{
    struct err e = {0};
    bool more = true;
    for (size_t i = 0; i < job->n_paths && !canceled(job); i++)
        if (forget_gone(job, str_of(job->paths[i]), &e))
            ingest_note_problem(job, str_of(job->paths[i]), false, e.text);
    while (more && !canceled(job))
        if (kb_tend(job->all->c.kb, &more, &e))
            break; /* only space and speed depend on it */
}

/* ---- all of it */

static void set_state(struct ingest *job, enum ingest_state state)
{
    lock(job);
    if (job->news.state != INGEST_FAILED)
        job->news.state = state;
    unlock(job);
}

/* The encoder is asked once for its dimensions, which also loads it. Without one the documents are found by words. */
static void prepare_vectors(struct ingest *job)
{
    const struct str probe = STR("x");
    float *values = NULL;
    uint32_t dims = 0;
    struct err e = {0};
    if (!job->encoder[0])
        return;
    int r = ingest_embed(job->all, job->encoder, &probe, 1, &values, &dims, &e);
    free(values);
    if (!r && dims && dims <= KB_DIMS_MAX && dims % KB_DIMS_STEP == 0) {
        job->dims = dims;
        return;
    }
    if (r != ERR_CANCELED)
        log_event(job->all->c.log, LOG_WARN, "documents go in without vectors", F_CSTR("encoder", job->encoder),
                  F_CSTR("reason", r ? e.text : "its vectors have a length that cannot be kept"));
    job->encoder[0] = 0;
}

static void read_all(struct ingest *job)
{
    static const struct walk_events events = {queue_file, note_skipped};
    pthread_t threads[INGEST_WORKERS_MAX];
    uint32_t n = 0;
    while (n < job->all->c.workers && !pthread_create(&threads[n], NULL, work, job))
        n++;
    if (n)
        walk_paths(job, &events, true);
    else
        fail(job, &(struct err){ERR_NOMEM, "no thread can be started"});
    lock(job);
    job->closed = true;
    pthread_cond_broadcast(&job->moved);
    unlock(job);
    while (n)
        pthread_join(threads[--n], NULL);
}

void *ingest_run(void *ctx)
{
    static const struct walk_events counting = {count_file, NULL};
    struct ingest *job = ctx;
    walk_paths(job, &counting, false);
    prepare_vectors(job);
    set_state(job, INGEST_READING);
    read_all(job);
    if (!canceled(job)) {
        set_state(job, INGEST_TIDYING);
        tidy(job);
    }
    set_state(job, canceled(job) ? INGEST_CANCELED : INGEST_DONE);
    lock(job);
    job->news.ended_ms = clock_wall_ms(job->all->c.clock);
    job->news.left_s = 0;
    job->over = true;
    unlock(job);
    return NULL;
}
