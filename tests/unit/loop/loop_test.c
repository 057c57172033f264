/* Posts, timers, signals and work. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../check.h"
#include "loop/loop.h"

struct fixture {
    struct loop *loop;
    struct timer *timer;
    int n, stop_at;
    char order[64];
};

static void make(struct fixture *f)
{
    *f = (struct fixture){0};
    assert_int_equal(loop_create(&f->loop, NULL), OK);
}

static void count_up(void *ctx)
{
    struct fixture *f = ctx;
    if (++f->n == f->stop_at)
        loop_stop(f->loop);
}

static void a_loop_without_anything_ends(void **state)
{
    (void)state;
    struct fixture f;
    make(&f);
    assert_int_equal(loop_run(f.loop), OK);
    loop_free(f.loop);
    loop_free(NULL);
}

static void posts_before_the_run_are_run(void **state)
{
    (void)state;
    struct fixture f;
    make(&f);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(loop_post(f.loop, count_up, &f), OK);
    loop_run(f.loop);
    assert_int_equal(f.n, 1000);
    loop_free(f.loop);
}

static void posts_are_bounded(void **state)
{
    (void)state;
    struct fixture f;
    make(&f);
    for (int i = 0; i < LOOP_POSTS_MAX; i++)
        assert_int_equal(loop_post(f.loop, count_up, &f), OK);
    assert_int_equal(loop_post(f.loop, count_up, &f), ERR_FULL);
    loop_run(f.loop);
    assert_int_equal(f.n, LOOP_POSTS_MAX);
    assert_int_equal(loop_post(f.loop, count_up, &f), OK); /* dropped by loop_free */
    loop_free(f.loop);
    assert_int_equal(f.n, LOOP_POSTS_MAX);
}

enum { THREADS = 4, POSTS = 5000 };

static void *post_many(void *ctx)
{
    struct fixture *f = ctx;
    for (int i = 0; i < POSTS; i++)
        while (loop_post(f->loop, count_up, f))
            usleep(100);
    return NULL;
}

static void nothing(void *ctx)
{
    (void)ctx;
}

static void posts_come_from_many_threads(void **state)
{
    (void)state;
    struct fixture f;
    pthread_t threads[THREADS];
    make(&f);
    f.stop_at = THREADS * POSTS;
    assert_int_equal(timer_create_in(f.loop, nothing, NULL, &f.timer), OK);
    timer_start(f.timer, 1000000, 0); /* something must keep the loop alive */
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, post_many, &f), 0);
    loop_run(f.loop);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(f.n, THREADS * POSTS);
    loop_free(f.loop);
}

static void post_again(void *ctx)
{
    struct fixture *f = ctx;
    if (++f->n < 100)
        assert_int_equal(loop_post(f->loop, post_again, f), OK);
    else
        loop_stop(f->loop);
}

static void a_post_may_post(void **state)
{
    (void)state;
    struct fixture f;
    make(&f);
    assert_int_equal(timer_create_in(f.loop, nothing, NULL, &f.timer), OK);
    timer_start(f.timer, 1000000, 0);
    loop_post(f.loop, post_again, &f);
    loop_run(f.loop);
    assert_int_equal(f.n, 100);
    loop_free(f.loop);
}

static void a_stop_before_the_run_counts(void **state)
{
    (void)state;
    struct fixture f;
    make(&f);
    assert_int_equal(timer_create_in(f.loop, count_up, &f, &f.timer), OK);
    timer_start(f.timer, 0, 0);
    loop_stop(f.loop);
    loop_run(f.loop);
    assert_int_equal(f.n, 0);
    loop_run(f.loop); /* and only once */
    assert_int_equal(f.n, 1);
    loop_free(f.loop);
}

struct mark {
    struct fixture *f;
    char c;
};

static void mark(void *ctx)
{
    struct mark *m = ctx;
    m->f->order[m->f->n++] = m->c;
}

static void timers_fire_in_order(void **state)
{
    (void)state;
    struct fixture f;
    struct timer *t[4];
    make(&f);
    struct mark marks[] = {{&f, 'c'}, {&f, 'a'}, {&f, 'b'}, {&f, 'x'}};
    for (int i = 0; i < 4; i++)
        assert_int_equal(timer_create_in(f.loop, mark, &marks[i], &t[i]), OK);
    timer_start(t[0], 1, 0);
    timer_start(t[0], 30, 0); /* starting again moves it */
    timer_start(t[1], 5, 0);
    timer_start(t[2], 15, 0);
    timer_start(t[3], 10, 0);
    timer_stop(t[3]);
    loop_run(f.loop);
    assert_string_equal(f.order, "abc");
    timer_start(t[3], 0, 0);
    timer_free(t[3]);
    timer_free(NULL);
    loop_run(f.loop);
    assert_string_equal(f.order, "abc");
    loop_free(f.loop);
}

static void free_at_five(void *ctx)
{
    struct fixture *f = ctx;
    if (++f->n == 5)
        timer_free(f->timer);
}

static void a_timer_repeats_until_it_is_freed(void **state)
{
    (void)state;
    struct fixture f;
    make(&f);
    assert_int_equal(timer_create_in(f.loop, free_at_five, &f, &f.timer), OK);
    timer_start(f.timer, 0, 1);
    loop_run(f.loop);
    assert_int_equal(f.n, 5);
    loop_free(f.loop);
}

static void on_signal(void *ctx, int signum)
{
    struct fixture *f = ctx;
    f->n = signum;
    loop_stop(f->loop);
}

static void other_handler(void *ctx, int signum)
{
    (void)signum;
    ((struct fixture *)ctx)->n = -1;
}

static void signals_come_on_the_loop(void **state)
{
    (void)state;
    struct fixture f;
    make(&f);
    assert_int_equal(loop_on_signal(f.loop, SIGUSR1, other_handler, &f), OK);
    assert_int_equal(loop_on_signal(f.loop, SIGUSR1, on_signal, &f), OK); /* the last one has it */
    assert_int_equal(loop_on_signal(f.loop, SIGKILL, on_signal, &f), ERR_INVAL);
    loop_run(f.loop); /* waiting for a signal keeps no loop alive */
    assert_int_equal(f.n, 0);
    assert_int_equal(timer_create_in(f.loop, nothing, NULL, &f.timer), OK);
    timer_start(f.timer, 1000000, 0);
    kill(getpid(), SIGUSR1);
    loop_run(f.loop);
    assert_int_equal(f.n, SIGUSR1);
    loop_free(f.loop);
}

struct job {
    atomic_int *release;
    atomic_int ran;
    int done, canceled;
};

static void run_job(void *ctx)
{
    struct job *j = ctx;
    while (j->release && !*j->release)
        usleep(1000);
    j->ran++;
}

static void done_job(void *ctx, bool canceled)
{
    struct job *j = ctx;
    j->done++;
    j->canceled += canceled;
}

static void work_runs_elsewhere_and_ends_here(void **state)
{
    (void)state;
    struct fixture f;
    struct job j = {0};
    make(&f);
    for (int i = 0; i < 50; i++)
        assert_int_equal(loop_work(f.loop, run_job, done_job, &j), OK);
    assert_int_equal(j.done, 0);
    loop_run(f.loop);
    assert_int_equal(j.ran, 50);
    assert_int_equal(j.done, 50);
    assert_int_equal(j.canceled, 0);
    loop_free(f.loop);
}

static void *release_later(void *release)
{
    usleep(20000);
    *(atomic_int *)release = 1;
    return NULL;
}

static void work_is_bounded_and_canceled(void **state)
{
    (void)state;
    struct fixture f;
    atomic_int release = 0;
    struct job j = {.release = &release};
    pthread_t thread;
    make(&f);
    for (int i = 0; i < LOOP_WORK_MAX; i++)
        assert_int_equal(loop_work(f.loop, run_job, done_job, &j), OK);
    assert_int_equal(loop_work(f.loop, run_job, done_job, &j), ERR_FULL);
    assert_int_equal(pthread_create(&thread, NULL, release_later, &release), 0);
    loop_free(f.loop); /* waits for what runs */
    pthread_join(thread, NULL);
    assert_int_equal(j.done, LOOP_WORK_MAX);
    assert_true(j.canceled > 0);
    assert_int_equal(j.ran + j.canceled, LOOP_WORK_MAX);
}

struct pipe_watch {
    struct watch *watch;
    struct loop *loop;
    int fds[2];
    int reads, writes;
};

static void on_pipe(void *ctx, int events)
{
    struct pipe_watch *p = ctx;
    char byte;
    p->writes += (events & WATCH_WRITE) != 0;
    if (!(events & WATCH_READ)) {
        assert_int_equal(watch_set(p->watch, WATCH_READ), OK);
        return;
    }
    p->reads++;
    if (read(p->fds[0], &byte, 1) == 1 && p->reads < 2) {
        assert_int_equal(write(p->fds[1], "y", 1), 1);
        return;
    }
    watch_close(p->watch); /* within its own call */
    p->watch = NULL;
    loop_stop(p->loop);
}

static void a_watch_tells_when_a_descriptor_is_ready(void **state)
{
    (void)state;
    struct pipe_watch p = {0};
    assert_int_equal(loop_create(&p.loop, NULL), OK);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p.fds), 0);
    assert_int_equal(watch_open(p.loop, p.fds[0], on_pipe, &p, &p.watch), OK);
    assert_int_equal(watch_set(p.watch, WATCH_READ | WATCH_WRITE), OK);
    assert_int_equal(watch_set(p.watch, WATCH_WRITE), OK);
    assert_int_equal(write(p.fds[1], "x", 1), 1);
    loop_run(p.loop);
    assert_int_equal(p.writes, 1);
    assert_int_equal(p.reads, 2);
    watch_close(NULL);
    assert_true(watch_open(p.loop, 1 << 20, on_pipe, &p, &p.watch) < 0);
    assert_int_equal(watch_open(p.loop, p.fds[0], on_pipe, &p, &p.watch), OK); /* one that is left to loop_free */
    loop_free(p.loop);
    close(p.fds[0]);
    close(p.fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loop_without_anything_ends),
        cmocka_unit_test(posts_before_the_run_are_run),
        cmocka_unit_test(posts_are_bounded),
        cmocka_unit_test(posts_come_from_many_threads),
        cmocka_unit_test(a_post_may_post),
        cmocka_unit_test(a_stop_before_the_run_counts),
        cmocka_unit_test(timers_fire_in_order),
        cmocka_unit_test(a_timer_repeats_until_it_is_freed),
        cmocka_unit_test(signals_come_on_the_loop),
        cmocka_unit_test(a_watch_tells_when_a_descriptor_is_ready),
        cmocka_unit_test(work_runs_elsewhere_and_ends_here),
        cmocka_unit_test(work_is_bounded_and_canceled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
