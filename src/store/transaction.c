/* Transactions: one writer behind a mutex, and up to READERS_MAX readers, opened when they are first needed. */
#include "store/internal.h"

/* ---- readers */

static int take_reader(struct store *s, struct store_db **ret, struct err *e)
{
    pthread_mutex_lock(&s->mutex);
    while (!s->idle && s->n_readers == READERS_MAX)
        pthread_cond_wait(&s->reader_idle, &s->mutex);
    struct store_db *db = s->idle;
    if (db)
        s->idle = db->next;
    else
        s->n_readers++;
    pthread_mutex_unlock(&s->mutex);
    if (db) {
        *ret = db;
        return OK;
    }
    int r = connect_open(s->vfs, s->path, CONNECT_READER, ret, e);
    if (r) {
        pthread_mutex_lock(&s->mutex);
        s->n_readers--;
        pthread_cond_signal(&s->reader_idle);
        pthread_mutex_unlock(&s->mutex);
    }
    return r;
}

static void give_reader(struct store *s, struct store_db *db)
{
    pthread_mutex_lock(&s->mutex);
    db->next = s->idle;
    s->idle = db;
    pthread_cond_signal(&s->reader_idle);
    pthread_mutex_unlock(&s->mutex);
}

/* ---- transactions */

static const char sql_begin_read[] = "BEGIN";
static const char sql_begin_write[] = "BEGIN IMMEDIATE";
static const char sql_commit[] = "COMMIT";
static const char sql_rollback[] = "ROLLBACK";

static int run(struct store_db *db, store_fn *fn, void *ctx, struct err *e)
{
    int r = db_run(db, db_prepare(db, db->writes ? sql_begin_write : sql_begin_read), e);
    if (r)
        return r;
    r = fn(db, ctx, e);
    connect_reset(db);
    if (!r)
        r = db_run(db, db_prepare(db, sql_commit), e);
    /* Errors such as a full disk may have rolled back already. */
    if (r && !sqlite3_get_autocommit(db->db))
        db_run(db, db_prepare(db, sql_rollback), NULL);
    return r;
}

/* The log would grow for ever: after CHECKPOINT_PAGES its pages are put into the database, as far as no reader still needs them;
 * at CHECKPOINT_PAGES_MAX (64 MB) readers are waited for. What fails here is tried again after the next transaction, and no
 * transaction depends on it. */
static int on_commit(void *ctx, sqlite3 *db, const char *name, int pages)
{
    (void)ctx;
    if (pages >= CHECKPOINT_PAGES)
        sqlite3_wal_checkpoint_v2(db, name, pages >= CHECKPOINT_PAGES_MAX ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE, NULL,
                                  NULL);
    return SQLITE_OK;
}

int store_read(struct store *s, store_fn *fn, void *ctx, struct err *e)
{
    struct store_db *db = NULL;
    int r = take_reader(s, &db, e);
    if (r)
        return r;
    r = run(db, fn, ctx, e);
    give_reader(s, db);
    return r;
}

int store_write(struct store *s, store_fn *fn, void *ctx, struct err *e)
{
    pthread_mutex_lock(&s->writing);
    sqlite3_wal_hook(s->writer->db, on_commit, NULL);
    int r = run(s->writer, fn, ctx, e);
    pthread_mutex_unlock(&s->writing);
    return r;
}

/* ---- jobs */

static void run_job(void *ctx)
{
    struct store_job *j = ctx;
    j->code = j->write ? store_write(j->store, j->fn, j->ctx, &j->err) : store_read(j->store, j->fn, j->ctx, &j->err);
}

static void job_done(void *ctx, bool canceled)
{
    struct store_job *j = ctx;
    if (canceled)
        j->code = err_set(&j->err, ERR_CANCELED, "%s", err_text(ERR_CANCELED));
    j->done(j->ctx, j->code, &j->err);
}

int store_job(struct loop *l, struct store_job *j)
{
    j->code = OK;
    j->err = (struct err){0};
    return loop_work(l, run_job, job_done, j);
}
