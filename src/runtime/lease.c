#include "runtime/lease.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

/* Numbers as in a bakery: everyone draws one and waits until it is called. Holders are few, so all may be woken. */
struct lease {
    pthread_mutex_t lock;
    pthread_cond_t called;
    uint64_t next, now; /* the number drawn next, and the one that holds the lease */
};

int lease_create(struct lease **ret)
{
    struct lease *l = calloc(1, sizeof *l);
    if (!l)
        return ERR_NOMEM;
    pthread_mutex_init(&l->lock, NULL); /* neither can fail on Linux with default attributes */
    pthread_cond_init(&l->called, NULL);
    *ret = l;
    return OK;
}

void lease_free(struct lease *l)
{
    if (!l)
        return;
    pthread_cond_destroy(&l->called);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

void lease_take(struct lease *l)
{
    if (!l)
        return;
    pthread_mutex_lock(&l->lock);
    uint64_t mine = l->next++;
    while (l->now != mine)
        pthread_cond_wait(&l->called, &l->lock);
    pthread_mutex_unlock(&l->lock);
}

void lease_give(struct lease *l)
{
    if (!l)
        return;
    pthread_mutex_lock(&l->lock);
    l->now++;
    pthread_cond_broadcast(&l->called);
    pthread_mutex_unlock(&l->lock);
}
