/* One atomic word, the gate, is the whole protocol of loops:
 *
 *     bits 31 … 10  generation: counts loops, so that a worker joins each loop at most once
 *     bit  9        open: a loop is running and may be joined
 *     bits 8 … 0    workers that are inside
 *
 *   caller  writes the job, opens the gate, works, closes the gate, waits until nobody is inside
 *   worker  waits for an open gate of a new generation, enters (+1), works, leaves (−1)
 *
 * The job is written only while the gate is closed and nobody is inside, and is read only inside: so it needs no lock.
 * A worker that sleeps through a loop is not waited for: its items are done by those who are awake.
 *
 * Whoever waits spins for SPIN_NS (a sleep and a wake-up cost about 50 µs on a virtual machine, a token has some 200 loops)
 * and then sleeps on the gate by futex. With more threads than processors, spinning would only keep others from working,
 * so it is left out.
 *
 * A team is a loop of one item for each thread, in which nobody can take a second one, since all meet before the first. A meeting
 * counts those who came; the last one sets the count back and begins the next round, which is what the others wait for. */
#include "sys/pool.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MAX = 256, INSIDE = 0x1ff, OPEN = 0x200, GENERATION = 0x400, SPIN_NS = 60000 };
enum { WAKE_WORKERS = 1, WAKE_CALLER = 2 }; /* futex bitsets */

struct worker {
    struct pool *pool;
    pthread_t thread;
    int id;
};

struct pool {
    pool_fn *fn;
    void *arg;
    size_t n_items;
    int n_threads, n_started; /* n_started: workers whose thread exists */
    bool may_spin;
    /* Apart: `next` changes with every item, and those who wait look at the gate. */
    _Alignas(64) atomic_size_t next;
    _Alignas(64) _Atomic uint32_t gate;
    _Atomic uint32_t sleepers; /* workers in futex_wait, or about to be */
    atomic_bool caller_sleeps, stop;
    _Alignas(64) _Atomic uint32_t came; /* to the meeting of this round */
    _Alignas(64) _Atomic uint32_t round;
    _Atomic uint32_t dozers; /* of this meeting, in futex_wait, or about to be */
    struct worker workers[];
};

static void futex_wait(_Atomic uint32_t *word, uint32_t seen, uint32_t who)
{
    syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, seen, NULL, NULL, who);
}

static void futex_wake(_Atomic uint32_t *word, int n, uint32_t who)
{
    syscall(SYS_futex, word, FUTEX_WAKE_BITSET_PRIVATE, n, NULL, NULL, who);
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static bool joinable(uint32_t gate, uint32_t last)
{
    return gate & OPEN && (gate ^ last) >= GENERATION;
}
static bool deserted(uint32_t gate, uint32_t unused)
{
    (void)unused;
    return !(gate & INSIDE);
}

/* Spins until `ready` or the time is over; the last gate seen. Acquire: what the other side wrote before is seen. */
static uint32_t spin(struct pool *p, bool (*ready)(uint32_t gate, uint32_t last), uint32_t last)
{
    uint32_t gate = atomic_load_explicit(&p->gate, memory_order_acquire);
    if (!p->may_spin)
        return gate;
    for (uint64_t end = 0; !ready(gate, last);) {
        for (int i = 0; i < 8 && !ready(gate, last); i++) {
            relax();
            gate = atomic_load_explicit(&p->gate, memory_order_acquire);
        }
        uint64_t now = now_ns();
        if (!end)
            end = now + SPIN_NS;
        else if (now >= end)
            break;
    }
    return gate;
}

static void work(struct pool *p, int thread)
{
    /* Relaxed: only the number matters; the items' data is ordered by the gate. */
    for (size_t i; (i = atomic_fetch_add_explicit(&p->next, 1, memory_order_relaxed)) < p->n_items;)
        p->fn(p->arg, i, thread);
}

/* Release: the items' results are seen by the caller. The last one out of a closed gate wakes a sleeping caller. */
static void leave(struct pool *p)
{
    uint32_t gate = atomic_fetch_sub(&p->gate, 1) - 1;
    if (!(gate & (OPEN | INSIDE)) && atomic_load(&p->caller_sleeps))
        futex_wake(&p->gate, 1, WAKE_CALLER);
}

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    struct pool *p = w->pool;
    uint32_t last = 0; /* the generation served last */
    while (!atomic_load_explicit(&p->stop, memory_order_relaxed)) {
        uint32_t gate = spin(p, joinable, last);
        if (joinable(gate, last)) {
            if (!atomic_compare_exchange_strong(&p->gate, &gate, gate + 1))
                continue;
            last = gate & ~(uint32_t)(GENERATION - 1);
            work(p, w->id);
            leave(p);
            continue;
        }
        /* Announced before the kernel compares the gate (all sequentially consistent): either the caller sees a sleeper,
         * or the kernel sees the gate that the caller has changed. */
        atomic_fetch_add(&p->sleepers, 1);
        if (!atomic_load(&p->stop))
            futex_wait(&p->gate, gate, WAKE_WORKERS);
        atomic_fetch_sub(&p->sleepers, 1);
    }
    return NULL;
}

static int processors(cpu_set_t *set)
{
    CPU_ZERO(set);
    return sched_getaffinity(0, sizeof *set, set) ? 1 : CPU_COUNT(set);
}

/* Worker `id` on the processor of that number among those allowed; the first is left to the caller, who is not bound. Without it
 * the scheduler wakes workers where the caller runs and leaves them there, two taking turns beside an idle processor. */
static void pin(pthread_t thread, const cpu_set_t *allowed, int id)
{
    for (int cpu = 0, n = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, allowed) || n++ < id)
            continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        pthread_setaffinity_np(thread, sizeof one, &one); /* refused: it is as fast as without */
        return;
    }
}

int pool_create(int n_threads, struct pool **ret, struct err *e)
{
    if (n_threads < 1 || n_threads > THREADS_MAX)
        return err_set(e, ERR_INVAL, "a pool of %d threads: give 1 to %d", n_threads, THREADS_MAX);
    struct pool *p = NULL;
    size_t size = sizeof *p + (size_t)n_threads * sizeof *p->workers;
    if (posix_memalign((void **)&p, 64, size))
        return err_set(e, ERR_NOMEM, "no memory for a pool of %d threads", n_threads);
    memset(p, 0, size);
    p->n_threads = n_threads;
    cpu_set_t allowed;
    int n_processors = processors(&allowed);
    p->may_spin = n_threads <= n_processors;
    for (int i = 1; i < n_threads; i++) {
        struct worker *w = &p->workers[i];
        *w = (struct worker){.pool = p, .id = i};
        if (pthread_create(&w->thread, NULL, worker_main, w)) {
            pool_free(p);
            return err_set(e, ERR_LIMIT, "the system refuses thread %d of %d", i + 1, n_threads);
        }
        p->n_started = i;
        if (n_threads == n_processors)
            pin(w->thread, &allowed, i);
    }
    *ret = p;
    return OK;
}

void pool_free(struct pool *p)
{
    if (!p)
        return;
    atomic_store(&p->stop, true);
    atomic_fetch_add(&p->gate, GENERATION); /* stays closed; those who are about to sleep see a changed word */
    futex_wake(&p->gate, THREADS_MAX, WAKE_WORKERS);
    for (int i = 1; i <= p->n_started; i++)
        pthread_join(p->workers[i].thread, NULL);
    free(p);
}

int pool_threads(const struct pool *p)
{
    return p->n_threads;
}

/* Closes the gate and waits until the last worker has left. */
static void finish(struct pool *p)
{
    uint32_t gate = atomic_fetch_and(&p->gate, ~(uint32_t)OPEN);
    if (!(gate & INSIDE))
        return;
    gate = spin(p, deserted, 0);
    if (!(gate & INSIDE))
        return;
    atomic_store(&p->caller_sleeps, true);
    while ((gate = atomic_load(&p->gate)) & INSIDE)
        futex_wait(&p->gate, gate, WAKE_CALLER);
    atomic_store(&p->caller_sleeps, false);
}

void pool_run(struct pool *p, size_t n_items, pool_fn *fn, void *arg)
{
    if (n_items <= 1 || p->n_threads == 1) {
        for (size_t i = 0; i < n_items; i++)
            fn(arg, i, 0);
        return;
    }
    p->fn = fn;
    p->arg = arg;
    p->n_items = n_items;
    atomic_store_explicit(&p->next, 0, memory_order_relaxed);
    /* Nobody is inside and the gate is closed, so a plain sum changes generation and opens; release publishes the job. */
    atomic_store(&p->gate, ((atomic_load(&p->gate) & ~(uint32_t)(GENERATION - 1)) + GENERATION) | OPEN);
    if (atomic_load(&p->sleepers))
        futex_wake(&p->gate, n_items > THREADS_MAX ? THREADS_MAX : (int)n_items - 1, WAKE_WORKERS);
    work(p, 0);
    finish(p);
}

/* Waits for the end of a round, as spin does for the gate. */
static bool spin_round(struct pool *p, uint32_t round)
{
    for (uint64_t end = 0; p->may_spin;) {
        for (int i = 0; i < 32; i++) {
            if (atomic_load_explicit(&p->round, memory_order_acquire) != round)
                return true;
            relax();
        }
        uint64_t now = now_ns();
        if (!end)
            end = now + SPIN_NS;
        else if (now >= end)
            break;
    }
    return false;
}

void pool_meet(struct pool *p)
{
    if (p->n_threads == 1)
        return;
    /* Relaxed: the round that this thread is in cannot end before it has come. */
    uint32_t round = atomic_load_explicit(&p->round, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&p->came, 1, memory_order_acq_rel) + 1 == (uint32_t)p->n_threads) {
        atomic_store_explicit(&p->came, 0, memory_order_relaxed);
        /* Sequentially consistent with the dozers' counting, as in worker_main. */
        atomic_store(&p->round, round + 1);
        if (atomic_load(&p->dozers))
            futex_wake(&p->round, THREADS_MAX, WAKE_WORKERS);
        return;
    }
    if (spin_round(p, round))
        return;
    atomic_fetch_add(&p->dozers, 1);
    while (atomic_load(&p->round) == round)
        futex_wait(&p->round, round, WAKE_WORKERS);
    atomic_fetch_sub(&p->dozers, 1);
}

struct team {
    struct pool *pool;
    pool_team_fn *fn;
    void *arg;
};

static void team_item(void *arg, size_t item, int thread)
{
    (void)item;
    const struct team *t = arg;
    pool_meet(t->pool);
    t->fn(t->arg, thread);
}

void pool_team(struct pool *p, pool_team_fn *fn, void *arg)
{
    struct team t = {p, fn, arg};
    pool_run(p, (size_t)p->n_threads, team_item, &t);
}
