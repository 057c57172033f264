#include "observe/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "observe/files.h"
#include "store/folder.h"
#include "store/secret.h"

enum { ENOUGH_BYTES = 256 << 10, LEVEL = 3, DAY_MS = 24 * 3600 * 1000, KEPT_BYTES = 64 << 10 };

struct journal {
    struct journal_config c;
    char *dir;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t more, written;
    /* under the lock */
    struct buf queue;
    uint64_t lost, lost_written; /* the second: of those, what an event has told */
    uint64_t added, done;        /* events; done: written, or given up */
    bool stopping, hurry;
    /* the thread's own */
    struct segment head;
    int fd;                  /* -1: none is open */
    uint32_t number, packed; /* of this file; of the last that is known to be packed */
    uint64_t plain_bytes;
    bool told; /* that it cannot be written */
};

/* ---- files */

static void close_file(struct journal *j)
{
    if (j->fd >= 0)
        close(j->fd);
    j->fd = -1;
}

static int open_file(struct journal *j)
{
    char path[JOURNAL_PATH_BYTES];
    struct buf head = buf_make(SEGMENT_HEAD_BYTES * 4);
    int r = segment_begin(&j->head, 0, clock_wall_ms(j->c.clock), &head);
    journal_file_path(j->dir, j->number + 1, "", path, sizeof path);
    j->fd = r ? -1 : open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (j->fd >= 0 || errno == EEXIST)
        j->number++; /* a number that is taken is passed over the next time */
    r = r ? r : j->fd < 0 ? ERR_IO : journal_write_all(j->fd, buf_str(&head));
    buf_free(&head);
    j->plain_bytes = 0;
    if (r)
        close_file(j);
    else
        (void)path_sync(j->dir, NULL);
    return r;
}

static void remove_file(struct journal *j, uint32_t number)
{
    char path[JOURNAL_PATH_BYTES];
    journal_file_path(j->dir, number, "", path, sizeof path);
    unlink(path);
}

static bool too_old(const struct journal *j, uint32_t number)
{
    struct segment head;
    if (!j->c.keep_days || journal_file_head(j->dir, number, &head))
        return false;
    /* A file holds at most one day: all of it is that old when its beginning is a day older. */
    return clock_wall_ms(j->c.clock) - head.created_ms > ((int64_t)j->c.keep_days + 1) * DAY_MS;
}

/* Complete files are packed, and the oldest go; never the one that is open. */
static void tidy(struct journal *j)
{
    struct journal_files files;
    uint64_t bytes = 0;
    if (journal_files_list(j->dir, &files))
        return;
    for (size_t i = 0; i < files.n; i++) {
        uint32_t n = files.at[i].number;
        if (n > j->packed && (n != j->number || j->fd < 0) && journal_file_pack(j->dir, n, j->c.key) == OK)
            j->packed = n;
    }
    journal_files_free(&files);
    if (journal_files_list(j->dir, &files))
        return;
    for (size_t i = 0; i < files.n; i++)
        bytes += files.at[i].bytes;
    for (size_t i = 0; i < files.n && (files.at[i].number != j->number || j->fd < 0); i++) {
        bool over = j->c.bytes_max && bytes > j->c.bytes_max;
        if (!over && !too_old(j, files.at[i].number))
            break;
        remove_file(j, files.at[i].number);
        bytes -= files.at[i].bytes;
    }
    journal_files_free(&files);
}

/* ---- the thread */

static bool day_has_ended(const struct journal *j)
{
    return j->fd >= 0 && clock_wall_ms(j->c.clock) / DAY_MS != j->head.created_ms / DAY_MS;
}

static int write_block(struct journal *j, struct str events)
{
    struct buf out = buf_make(SEGMENT_BLOCK_BYTES_MAX * 2);
    int r = j->fd < 0 ? open_file(j) : OK;
    if (!r)
        r = segment_put(&j->head, j->c.key, events, LEVEL, &out);
    if (!r)
        r = journal_write_all(j->fd, buf_str(&out));
    if (r)
        close_file(j); /* a half-written block may stand there: the next one begins another file */
    j->plain_bytes += events.len;
    buf_free(&out);
    return r;
}

/* What has gathered, with the number of those that did not fit. */
static void add_lost(const struct journal *j, uint64_t count, struct buf *batch)
{
    struct journal_event e = {.time_ms = clock_wall_ms(j->c.clock), .end = JOURNAL_LOST, .count = count};
    struct buf one = buf_make(JOURNAL_EVENT_BYTES_MAX);
    journal_event_put(&one, &e);
    batch->max = SEGMENT_BLOCK_BYTES_MAX;
    segment_add_event(batch, buf_str(&one));
    buf_free(&one);
}

static void tell(struct journal *j, int r)
{
    if (r && !j->told)
        log_event(j->c.log, LOG_ERROR, "the journal cannot be written", F_CSTR("folder", j->dir), F_CSTR("reason", err_text(r)));
    j->told = r != OK;
}

static int write_batch(struct journal *j, struct buf *batch, uint64_t lost)
{
    if (day_has_ended(j) || j->plain_bytes >= JOURNAL_ROTATE_BYTES) {
        close_file(j);
        tidy(j);
    }
    if (lost)
        add_lost(j, lost, batch);
    int r = write_block(j, buf_str(batch));
    tell(j, r);
    return r;
}

static uint64_t count_events(struct str events)
{
    struct str one;
    uint64_t n = 0;
    while (segment_next(&events, &one))
        n++;
    return n;
}

/* Until there is something, and then until it has waited long enough. Holds the lock. */
static void await(struct journal *j)
{
    struct timespec until;
    while (!j->queue.len && j->lost == j->lost_written && !j->stopping && !j->hurry)
        pthread_cond_wait(&j->more, &j->lock);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += j->c.flush_ms / 1000;
    until.tv_nsec += (long)(j->c.flush_ms % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (j->queue.len < ENOUGH_BYTES && !j->stopping && !j->hurry)
        if (pthread_cond_timedwait(&j->more, &j->lock, &until))
            break;
}

static void *run(void *ctx)
{
    struct journal *j = ctx;
    struct buf batch = buf_make(JOURNAL_QUEUE_BYTES_MAX);
    tidy(j);
    pthread_mutex_lock(&j->lock);
    for (bool stopping = false; !stopping;) {
        await(j);
        struct buf swap = j->queue;
        j->queue = batch;
        batch = swap;
        uint64_t lost = j->lost - j->lost_written, added = j->added;
        j->lost_written = j->lost;
        stopping = j->stopping;
        j->hurry = false;
        pthread_mutex_unlock(&j->lock);
        uint64_t unwritten = count_events(buf_str(&batch));
        bool failed = (batch.len || lost) && write_batch(j, &batch, lost);
        buf_clear(&batch);
        batch.max = JOURNAL_QUEUE_BYTES_MAX;
        if (batch.cap > KEPT_BYTES)
            buf_free(&batch);
        pthread_mutex_lock(&j->lock);
        if (failed) { /* told when it can be written again */
            j->lost += unwritten;
            j->lost_written -= lost;
        }
        j->done = added;
        pthread_cond_broadcast(&j->written);
    }
    pthread_mutex_unlock(&j->lock);
    close_file(j);
    buf_free(&batch);
    return NULL;
}

/* ---- from outside */

static void journal_free(struct journal *j)
{
    if (!j)
        return;
    pthread_mutex_destroy(&j->lock);
    pthread_cond_destroy(&j->more);
    pthread_cond_destroy(&j->written);
    buf_free(&j->queue);
    secret_wipe(j->c.key, sizeof j->c.key);
    free(j->dir);
    free(j);
}

static struct journal *journal_new(const struct journal_config *c)
{
    pthread_condattr_t steady;
    struct journal *j = calloc(1, sizeof *j);
    if (!j)
        return NULL;
    j->c = *c;
    j->fd = -1;
    j->dir = str_dup(str_of(c->dir));
    j->queue = buf_make(JOURNAL_QUEUE_BYTES_MAX);
    pthread_mutex_init(&j->lock, NULL);
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&j->more, &steady);
    pthread_cond_init(&j->written, NULL);
    pthread_condattr_destroy(&steady);
    if (j->dir)
        return j;
    journal_free(j);
    return NULL;
}

int journal_open(const struct journal_config *c, struct journal **ret, struct err *e)
{
    struct journal_files files;
    struct journal *j = journal_new(c);
    if (!j)
        return err_set(e, ERR_NOMEM, "out of memory for the journal");
    int r = folder_make(c->dir, e);
    if (!r && (r = journal_files_list(c->dir, &files)))
        err_set(e, r, "%s cannot be read", c->dir);
    if (!r) {
        j->number = files.n ? files.at[files.n - 1].number : 0;
        journal_files_free(&files);
        if (pthread_create(&j->thread, NULL, run, j))
            r = err_set(e, ERR_NOMEM, "no thread for the journal");
    }
    if (r) {
        journal_free(j);
        return r;
    }
    *ret = j;
    return OK;
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    pthread_mutex_lock(&j->lock);
    j->stopping = true;
    pthread_cond_signal(&j->more);
    pthread_mutex_unlock(&j->lock);
    pthread_join(j->thread, NULL);
    journal_free(j);
}

void journal_add(struct journal *j, const struct journal_event *e)
{
    if (!j)
        return;
    struct journal_event plain = *e;
    struct buf one = buf_make(JOURNAL_EVENT_BYTES_MAX);
    if (!j->c.content)
        plain.content = (struct str){0};
    journal_event_put(&one, &plain);
    pthread_mutex_lock(&j->lock);
    size_t before = j->queue.len;
    segment_add_event(&j->queue, buf_str(&one));
    if (one.failed || j->queue.failed) {
        j->queue.failed = OK;
        j->queue.len = before;
        j->lost++;
    }
    j->added++;
    if (!before || (before < ENOUGH_BYTES && j->queue.len >= ENOUGH_BYTES))
        pthread_cond_signal(&j->more);
    pthread_mutex_unlock(&j->lock);
    buf_free(&one);
}

bool journal_wants_content(const struct journal *j)
{
    return j && j->c.content;
}

uint64_t journal_lost(struct journal *j)
{
    pthread_mutex_lock(&j->lock);
    uint64_t n = j->lost;
    pthread_mutex_unlock(&j->lock);
    return n;
}

void journal_flush(struct journal *j)
{
    pthread_mutex_lock(&j->lock);
    for (uint64_t added = j->added; j->done < added;) {
        j->hurry = true;
        pthread_cond_signal(&j->more);
        pthread_cond_wait(&j->written, &j->lock);
    }
    pthread_mutex_unlock(&j->lock);
}
