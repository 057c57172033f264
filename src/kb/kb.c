#include "kb/kb.h"

#include <stdlib.h>

#include "kb/codes.h"
#include "kb/internal.h"

const struct kb_limits kb_limits_default = {
    .collections_max = 1000,
    .documents_max = 1000000,
    .document_bytes_max = 256 << 20,
};

/* Nobody is adding at the start: what is in that state was left behind by a kill. So were dictionaries that no block uses any more,
 * which kb_tend leaves alone while a put might hold one. */
static int clear_leftovers(struct store_db *db, void *ctx, struct err *e)
{
    static const char *const each[] = {
        "UPDATE kb_documents SET state = 2 WHERE state = 1",
        "DELETE FROM kb_dictionaries WHERE n NOT IN (SELECT dictionary FROM kb_collections)"
        " AND NOT EXISTS (SELECT 1 FROM kb_blocks b WHERE b.dictionary = kb_dictionaries.n)",
    };
    (void)ctx;
    int rc = OK;
    for (size_t i = 0; i < sizeof each / sizeof *each && !rc; i++)
        rc = db_exec(db, each[i], e);
    return rc;
}

static int choose_kernels(struct kb *kb, struct str wanted, struct err *e)
{
    struct cpu_info cpu;
    enum cpu_level level;
    cpu_detect(&cpu);
    int rc = cpu_choose(&cpu, wanted, &level, e);
    if (!rc)
        kb->kernels = kernels_for(level);
    return rc;
}

int kb_open(const struct kb_config *c, struct kb **ret, struct err *e)
{
    struct kb *kb = calloc(1, sizeof *kb);
    if (!kb)
        return row_no_memory(e);
    pthread_mutex_init(&kb->mutex, NULL);
    pthread_mutex_init(&kb->training, NULL);
    pthread_rwlock_init(&kb->codes_lock, NULL);
    kb->store = c->store;
    kb->clock = c->clock;
    kb->limits = (struct kb_limits){
        .collections_max = c->limits.collections_max ? c->limits.collections_max : kb_limits_default.collections_max,
        .documents_max = c->limits.documents_max ? c->limits.documents_max : kb_limits_default.documents_max,
        .document_bytes_max = c->limits.document_bytes_max ? c->limits.document_bytes_max : kb_limits_default.document_bytes_max,
    };
    int rc = choose_kernels(kb, c->cpu, e);
    if (!rc)
        rc = store_write(kb->store, clear_leftovers, NULL, e);
    if (rc) {
        kb_close(kb);
        return rc;
    }
    *ret = kb;
    return OK;
}

void kb_close(struct kb *kb)
{
    if (!kb)
        return;
    codes_free(kb);
    pthread_rwlock_destroy(&kb->codes_lock);
    dictionaries_free(kb);
    pthread_mutex_destroy(&kb->mutex);
    pthread_mutex_destroy(&kb->training);
    free(kb);
}

uint64_t kb_changes(const struct kb *kb)
{
    return atomic_load_explicit(&kb->changes, memory_order_acquire);
}
