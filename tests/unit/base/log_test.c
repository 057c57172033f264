#include <unistd.h>

#include "../check.h"
#include "base/log.h"

static int64_t fixed_wall(void *ctx)
{
    (void)ctx;
    return 1700000000123;
}

static void log_to_pipe(struct log *log, char *got, size_t cap, const char *event)
{
    int fd[2];
    assert_int_equal(pipe(fd), 0);
    log->fd = fd[1];
    log_event(log, LOG_INFO, event, F_CSTR("who", "a\nb"), F_INT("n", -3), F_NUM("x", 0.5), F_BOOL("ok", true));
    log_event(log, LOG_DEBUG, "too quiet");
    close(fd[1]);
    ssize_t n = read(fd[0], got, cap - 1);
    assert_true(n > 0);
    got[n] = 0;
    close(fd[0]);
}

static void log_cannot_be_forged(void **state)
{
    (void)state;
    const struct clock clock = {.wall_ms = fixed_wall};
    struct log log = {.level = LOG_INFO, .clock = &clock};
    char got[1000];
    log_to_pipe(&log, got, sizeof got, "hello there");
    assert_string_equal(got, "2023-11-14T22:13:20.123Z info  hello there who=\"a\\nb\" n=-3 x=0.500 ok=true\n");
    log.json = true;
    log_to_pipe(&log, got, sizeof got, "hello");
    assert_string_equal(got, "{\"time\":\"2023-11-14T22:13:20.123Z\",\"level\":\"info\",\"event\":\"hello\",\"who\":\"a\\nb\",\"n\":-3,"
                             "\"x\":0.500,\"ok\":true}\n");
}

static void log_drops_what_is_too_long(void **state)
{
    (void)state;
    static char longer[20000];
    memset(longer, 'x', sizeof longer - 1);
    const struct clock clock = {.wall_ms = fixed_wall};
    struct log log = {.level = LOG_INFO, .clock = &clock};
    char got[1000] = "";
    int fd[2];
    assert_int_equal(pipe(fd), 0);
    log.fd = fd[1];
    log_event(&log, LOG_WARN, "it happened", F_CSTR("value", longer)); /* the event at least */
    log_event(NULL, LOG_ERROR, "nobody listens");
    close(fd[1]);
    assert_true(read(fd[0], got, sizeof got - 1) > 0);
    close(fd[0]);
    assert_string_equal(got, "2023-11-14T22:13:20.123Z warn  it happened\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_cannot_be_forged),
        cmocka_unit_test(log_drops_what_is_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
