/* The loop itself, and the one door that other threads have into it: posts and stop.
 *
 * A post is put into an array under a mutex and the loop is woken by uv_async when the array was empty; the loop takes
 * the whole array at once and leaves an empty one. Thousands of posts a second (tokens) therefore cost a short lock each
 * and one wake-up a batch. The wake-up handle does not keep the loop alive: a loop with nothing but posts ends. */
#include <signal.h>
#include <stdlib.h>

#include "loop/internal.h"

enum { POSTS_FIRST = 64, POSTS_KEPT = 4096 };

int err_of_uv(int uv)
{
    static const struct {
        int uv, err;
    } table[] = {
        {UV_ENOMEM, ERR_NOMEM},    {UV_ENOBUFS, ERR_NOMEM}, {UV_EINVAL, ERR_INVAL},       {UV_ENOENT, ERR_NOENT},
        {UV_EMFILE, ERR_LIMIT},    {UV_ENFILE, ERR_LIMIT},  {UV_ECANCELED, ERR_CANCELED}, {UV_ETIMEDOUT, ERR_TIMEOUT},
        {UV_EACCES, ERR_DENIED},   {UV_EPERM, ERR_DENIED},  {UV_EPIPE, ERR_CLOSED},       {UV_ECONNRESET, ERR_CLOSED},
        {UV_ENOTCONN, ERR_CLOSED}, {UV_EOF, ERR_CLOSED},    {UV_EAGAIN, ERR_AGAIN},       {UV_EADDRINUSE, ERR_EXISTS},
    };
    if (uv >= 0)
        return OK;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].uv == uv)
            return table[i].err;
    return ERR_IO;
}

static void run_posts(struct loop *l)
{
    pthread_mutex_lock(&l->lock);
    struct posts batch = l->incoming;
    l->incoming = (struct posts){0};
    pthread_mutex_unlock(&l->lock);

    for (size_t i = 0; i < batch.len; i++)
        batch.items[i].fn(batch.items[i].ctx);

    /* Give the array back for the next batch, unless a burst has made it large or another one has come meanwhile. */
    pthread_mutex_lock(&l->lock);
    if (!l->incoming.items && batch.cap <= POSTS_KEPT) {
        l->incoming = (struct posts){.items = batch.items, .cap = batch.cap};
        batch.items = NULL;
    }
    pthread_mutex_unlock(&l->lock);
    free(batch.items);
}

static void on_wake(uv_async_t *wake)
{
    struct loop *l = wake->data;
    run_posts(l);
    if (atomic_load_explicit(&l->stopping, memory_order_acquire))
        uv_stop(&l->uv);
}

int loop_create(struct loop **ret, struct err *e)
{
    struct loop *l = calloc(1, sizeof *l);
    if (!l)
        return err_set(e, ERR_NOMEM, "no memory for the event loop");
    int r = uv_loop_init(&l->uv);
    if (r) {
        free(l);
        return err_set(e, err_of_uv(r), "cannot start the event loop: %s", uv_strerror(r));
    }
    r = uv_async_init(&l->uv, &l->wake, on_wake);
    if (r) {
        uv_loop_close(&l->uv);
        free(l);
        return err_set(e, err_of_uv(r), "cannot start the event loop: %s", uv_strerror(r));
    }
    l->wake.data = l;
    uv_unref((uv_handle_t *)&l->wake);
    pthread_mutex_init(&l->lock, NULL);
    link_init(&l->streams);
    link_init(&l->listeners);
    link_init(&l->timers);
    link_init(&l->signals);
    link_init(&l->works);
    link_init(&l->watches);
    /* libuv writes with write(2): without this, a client that goes away would end the process. */
    signal(SIGPIPE, SIG_IGN);
    *ret = l;
    return OK;
}

static void close_all(struct loop *l)
{
    while (l->listeners.next != &l->listeners)
        listener_close((struct listener *)(void *)l->listeners.next);
    for (struct link *i = l->streams.next, *next; i != &l->streams; i = next) {
        next = i->next; /* a stream leaves the ring when it is closed, not when it is asked to */
        stream_close((struct stream *)(void *)i, true);
    }
    while (l->timers.next != &l->timers)
        timer_free((struct timer *)(void *)l->timers.next);
    while (l->watches.next != &l->watches)
        watch_close((struct watch *)(void *)l->watches.next);
    signals_close(l);
    works_cancel(l);
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    pthread_mutex_lock(&l->lock);
    l->closed = true;
    pthread_mutex_unlock(&l->lock);
    uv_close((uv_handle_t *)&l->wake, NULL);
    /* Close callbacks may still make new things; go on until nothing is left. */
    do {
        close_all(l);
        uv_run(&l->uv, UV_RUN_DEFAULT);
    } while (uv_loop_close(&l->uv) == UV_EBUSY);
    free(l->incoming.items);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

int loop_run(struct loop *l)
{
    run_posts(l); /* those that came before would not keep the loop alive */
    if (!atomic_exchange_explicit(&l->stopping, false, memory_order_acq_rel))
        uv_run(&l->uv, UV_RUN_DEFAULT);
    atomic_store_explicit(&l->stopping, false, memory_order_release);
    return OK;
}

void loop_stop(struct loop *l)
{
    /* Release: what the caller did before is seen by the thread that returns from loop_run. */
    atomic_store_explicit(&l->stopping, true, memory_order_release);
    uv_async_send(&l->wake);
}

uint64_t loop_now_ms(const struct loop *l)
{
    return uv_now(&l->uv);
}

static int posts_grow(struct posts *p)
{
    size_t cap = p->cap ? p->cap * 2 : POSTS_FIRST;
    struct post *items = realloc(p->items, cap * sizeof *items);
    if (!items)
        return ERR_NOMEM;
    p->items = items;
    p->cap = cap;
    return OK;
}

int loop_post(struct loop *l, loop_fn *fn, void *ctx)
{
    int r = OK;
    pthread_mutex_lock(&l->lock);
    struct posts *p = &l->incoming;
    if (l->closed)
        r = ERR_CLOSED;
    else if (p->len == LOOP_POSTS_MAX)
        r = ERR_FULL;
    else if (p->len == p->cap)
        r = posts_grow(p);
    if (!r) {
        p->items[p->len++] = (struct post){fn, ctx};
        if (p->len == 1)
            uv_async_send(&l->wake); /* under the lock: loop_free cannot have closed it yet */
    }
    pthread_mutex_unlock(&l->lock);
    return r;
}
