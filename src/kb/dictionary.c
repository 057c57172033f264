#include "kb/dictionary.h"

#include <stdlib.h>
#include <zstd.h>

#include "kb/block.h"

struct dictionary {
    int64_t n;
    struct dictionary *next;
    size_t holders;
    ZSTD_CDict *packing; /* under kb->mutex until it is made */
    ZSTD_DDict *unpacking;
    struct kb *kb;
    size_t len;
    char data[];
};

static void dictionary_free(struct dictionary *d)
{
    ZSTD_freeCDict(d->packing);
    ZSTD_freeDDict(d->unpacking);
    free(d);
}

static struct dictionary *find(struct kb *kb, int64_t n)
{
    struct dictionary *d = kb->dictionaries;
    while (d && d->n != n)
        d = d->next;
    return d;
}

static int load(struct kb *kb, struct store_db *db, int64_t n, struct dictionary **ret, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT data FROM kb_dictionaries WHERE n = ?1");
    db_bind_int(st, 1, n);
    int rc = db_step(db, st, e);
    if (rc < 0)
        return rc;
    if (!rc)
        return err_set(e, ERR_CORRUPT, "Dictionary %lld of compressed texts is missing; restore a backup", (long long)n);
    struct str data = db_str(st, 0);
    struct dictionary *d = calloc(1, sizeof *d + data.len);
    if (!d)
        return row_no_memory(e);
    d->n = n;
    d->kb = kb;
    d->len = data.len;
    memcpy(d->data, data.ptr, data.len);
    d->unpacking = ZSTD_createDDict(d->data, d->len);
    if (!d->unpacking) {
        dictionary_free(d);
        return row_no_memory(e);
    }
    *ret = d;
    return OK;
}

/* Two threads may load the same one at once; the second one's copy goes. */
int dictionary_hold(struct kb *kb, struct store_db *db, int64_t n, const struct dictionary **ret, struct err *e)
{
    struct dictionary *loaded = NULL;
    pthread_mutex_lock(&kb->mutex);
    struct dictionary *d = find(kb, n);
    if (!d) {
        pthread_mutex_unlock(&kb->mutex);
        int rc = load(kb, db, n, &loaded, e);
        if (rc)
            return rc;
        pthread_mutex_lock(&kb->mutex);
        d = find(kb, n);
    }
    if (!d) {
        d = loaded;
        d->next = kb->dictionaries;
        kb->dictionaries = d;
        loaded = NULL;
    }
    d->holders++;
    pthread_mutex_unlock(&kb->mutex);
    if (loaded)
        dictionary_free(loaded);
    *ret = d;
    return OK;
}

/* The last ones that were used stay: most searches need the same few. */
enum { IDLE_MAX = 8 };

static struct dictionary *unlink_idle(struct kb *kb)
{
    size_t idle = 0;
    struct dictionary **last = NULL;
    for (struct dictionary **at = &kb->dictionaries; *at; at = &(*at)->next)
        if (!(*at)->holders) {
            idle++;
            last = at;
        }
    if (idle <= IDLE_MAX)
        return NULL;
    struct dictionary *d = *last;
    *last = d->next;
    return d;
}

void dictionary_release(struct kb *kb, const struct dictionary *held)
{
    if (!held)
        return;
    pthread_mutex_lock(&kb->mutex);
    find(kb, held->n)->holders--;
    struct dictionary *gone = unlink_idle(kb);
    pthread_mutex_unlock(&kb->mutex);
    if (gone)
        dictionary_free(gone);
}

void dictionaries_free(struct kb *kb)
{
    while (kb->dictionaries) {
        struct dictionary *d = kb->dictionaries;
        kb->dictionaries = d->next;
        dictionary_free(d);
    }
}

int64_t dictionary_number(const struct dictionary *d)
{
    return d->n;
}

const struct ZSTD_CDict_s *dictionary_for_packing(const struct dictionary *held)
{
    pthread_mutex_lock(&held->kb->mutex);
    struct dictionary *d = find(held->kb, held->n);
    if (!d->packing)
        d->packing = ZSTD_createCDict(d->data, d->len, BLOCK_LEVEL);
    const ZSTD_CDict *packing = d->packing;
    pthread_mutex_unlock(&held->kb->mutex);
    return packing;
}

const struct ZSTD_DDict_s *dictionary_for_unpacking(const struct dictionary *d)
{
    return d->unpacking;
}
