#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/worker.h"

struct worker_thread {
    pthread_t thread;
    int fd;
    struct worker_config config;
};

static void *run(void *arg)
{
    struct worker_thread *w = arg;
    worker_run(w->fd, &w->config);
    return NULL;
}

int worker_thread_start(int fd, const struct worker_config *c, struct worker_thread **ret, struct err *e)
{
    struct worker_thread *w = malloc(sizeof *w);
    if (!w) {
        close(fd);
        return err_set(e, ERR_NOMEM, "no memory for a worker");
    }
    *w = (struct worker_thread){.fd = fd, .config = *c};
    /* Signals are the other threads' business: they would wake the worker for nothing. Its pool inherits this. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = pthread_create(&w->thread, NULL, run, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r) {
        close(fd);
        free(w);
        return err_set(e, ERR_NOMEM, "cannot start a thread for the model (%s)", strerror(r));
    }
    *ret = w;
    return OK;
}

void worker_thread_join(struct worker_thread *w)
{
    if (!w)
        return;
    pthread_join(w->thread, NULL);
    free(w);
}
