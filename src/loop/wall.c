/* A timer by the wall clock: a timerfd of CLOCK_REALTIME, which also ends when somebody sets the clock (TFD_TIMER_CANCEL_ON_SET), and
 * which rings after a suspended machine has woken up, since that clock has gone on meanwhile. */
#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "loop/internal.h"

struct wall_timer {
    uv_poll_t poll;
    int fd;
    loop_fn *fn;
    void *ctx;
};

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct wall_timer *t = poll->data;
    uint64_t times;
    /* ECANCELED: the clock was set; whoever asked looks again what time it is. */
    if (read(t->fd, &times, sizeof times) < 0 && errno != ECANCELED)
        return;
    t->fn(t->ctx);
}

int wall_timer_create(struct loop *l, loop_fn *fn, void *ctx, struct wall_timer **ret)
{
    struct wall_timer *t = calloc(1, sizeof *t);
    if (!t)
        return ERR_NOMEM;
    t->fn = fn;
    t->ctx = ctx;
    t->fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (t->fd < 0 || uv_poll_init(&l->uv, &t->poll, t->fd)) {
        if (t->fd >= 0)
            close(t->fd);
        free(t);
        return ERR_IO;
    }
    t->poll.data = t;
    uv_poll_start(&t->poll, UV_READABLE, on_readable);
    uv_unref((uv_handle_t *)&t->poll); /* alone it does not keep the loop */
    *ret = t;
    return OK;
}

void wall_timer_set(struct wall_timer *t, int64_t at_ms)
{
    struct itimerspec when = {.it_value = {.tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000}};
    if (at_ms == INT64_MAX)
        when = (struct itimerspec){0};
    else if (at_ms <= 0)
        when.it_value = (struct timespec){0, 1};
    timerfd_settime(t->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL);
}

static void on_closed(uv_handle_t *handle)
{
    struct wall_timer *t = handle->data;
    close(t->fd);
    free(t);
}

void wall_timer_free(struct wall_timer *t)
{
    if (t)
        uv_close((uv_handle_t *)&t->poll, on_closed);
}
