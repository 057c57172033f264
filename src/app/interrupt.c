#include "app/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t flag;

static void on_signal(int signum)
{
    (void)signum;
    flag = 1;
}

void interrupt_watch(void)
{
    /* No SA_RESTART: a blocking read returns EINTR. Linux delivers to the main thread first, which is the one that reads. */
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&sa.sa_mask);
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
}

bool interrupted(void)
{
    return flag != 0;
}
