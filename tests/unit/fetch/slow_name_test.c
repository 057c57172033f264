/* A name whose lookup hangs: a transfer that is canceled meanwhile ends, and the lookup is left behind. */
#include <netdb.h>
#include <pthread.h>
#include <time.h>

#include "../check.h"
#include "fetch/transfer.h"

static atomic_bool asked, release, waited_in_vain;

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){0, ms * 1000000}, NULL);
}

/* Stands before the C library's, for libcurl as well. Hangs until the test is over, but not for ever. */
int getaddrinfo(const char *restrict name, const char *restrict service, const struct addrinfo *restrict hints,
                struct addrinfo **restrict ret)
{
    (void)name;
    (void)service;
    (void)hints;
    (void)ret;
    atomic_store(&asked, true);
    for (int i = 0; i < 1000 && !atomic_load(&release); i++)
        pause_ms(10);
    atomic_store(&waited_in_vain, !atomic_load(&release));
    return EAI_FAIL;
}

static void *cancel_when_asked(void *cancel)
{
    while (!atomic_load(&asked))
        pause_ms(5);
    atomic_store((atomic_bool *)cancel, true);
    return NULL;
}

static void test_canceled_while_a_name_is_looked_up(void **state)
{
    (void)state;
    static atomic_bool cancel;
    struct err e = {0};
    struct transfer *t;
    pthread_t thread;
    assert_int_equal(transfer_create(&t, &e), OK);
    assert_int_equal(pthread_create(&thread, NULL, cancel_when_asked, &cancel), 0);
    struct transfer_request q = {.url = "http://slow.test/", .cancel = &cancel};
    assert_int_equal(transfer_run(t, &q, &e), ERR_CANCELED);
    transfer_free(t);
    assert_false(atomic_load(&waited_in_vain));
    atomic_store(&release, true);
    pthread_join(thread, NULL);
    pause_ms(50); /* the lookup's thread ends before the program does */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_canceled_while_a_name_is_looked_up)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
