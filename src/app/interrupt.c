#include "app/interrupt.h"

#include <signal.h>
#include <stddef.h>

static atomic_bool flag; /* relaxed: it carries nothing but itself */
static volatile sig_atomic_t term;

static void on_signal(int signum)
{
    if (signum == SIGTERM)
        term = 1;
    atomic_store_explicit(&flag, true, memory_order_relaxed);
}

/* No SA_RESTART: a blocking read returns EINTR. Linux delivers to the main thread first, which is the one that reads. */
static void watch(unsigned flags)
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = (int)flags};
    sigemptyset(&sa.sa_mask);
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
}

void interrupt_watch(void)
{
    watch(SA_RESETHAND);
}

bool interrupted(void)
{
    return atomic_load_explicit(&flag, memory_order_relaxed);
}

const atomic_bool *interrupt_flag(void)
{
    return &flag;
}

void interrupt_again(void)
{
    if (!terminated())
        atomic_store_explicit(&flag, false, memory_order_relaxed);
    watch(0);
}

bool terminated(void)
{
    return term != 0;
}
