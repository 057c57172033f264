/* What the files of this room share: the knowledge base itself. */
#ifndef KB_INTERNAL_H
#define KB_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "kb/rows.h"
#include "tensor/ops.h"

struct kb {
    struct store *store;
    const struct clock *clock;
    struct kb_limits limits;
    /* Counted up after a commit (release), so that who reads it (acquire) before a search finds what was committed. */
    _Atomic uint64_t changes;
    pthread_mutex_t training; /* held by who trains a dictionary */
    pthread_mutex_t mutex;    /* of what follows */
    struct dictionary *dictionaries;
    const struct kernels *kernels;
    pthread_rwlock_t codes_lock; /* of the codes: written by who takes in what is new (codes.h) */
    struct codes *codes;
};

void dictionaries_free(struct kb *kb);

static inline void kb_changed(struct kb *kb)
{
    atomic_fetch_add_explicit(&kb->changes, 1, memory_order_release);
}

#endif
