/* Both levels together: keys, and a real Redis that stops, dies, lies and comes back. */
#include "../check.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/cache/internal.h"

enum { WATCHDOG_MS = 30000, TURN_MS = 2, TIMEOUT_MS = 100 };

struct fixture {
    char dir[64], socket[100], url[120];
    struct loop *loop;
    struct cache *cache;
    struct timer *turn;
    bool (*until)(struct fixture *f);
    unsigned turns;
    pid_t redis; /* 0: none runs */
    /* the last question */
    bool answered;
    struct buf value; /* of its first key */
    bool found;
    size_t n_found;
};

/* ---- the loop, until something holds */

static void on_turn(void *ctx)
{
    struct fixture *f = ctx;
    if (f->until(f))
        loop_stop(f->loop);
}

static void run_until(struct fixture *f, bool (*until)(struct fixture *f))
{
    f->until = until;
    alarm(WATCHDOG_MS / 1000);
    timer_start(f->turn, 0, TURN_MS);
    loop_run(f->loop);
    timer_stop(f->turn);
    alarm(0);
}

static bool is_ready(struct fixture *f)
{
    return cache_counts(f->cache).redis_ready;
}
static bool is_not_ready(struct fixture *f)
{
    return !is_ready(f);
}
static bool some_turns(struct fixture *f)
{
    return ++f->turns % 50 == 0;
}
static bool is_answered(struct fixture *f)
{
    return f->answered;
}
static bool all_is_sent(struct fixture *f)
{
    return link_empty(&f->cache->sealing);
}

/* ---- what a test begins and ends with */

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/hearth-cache-XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    snprintf(f->socket, sizeof f->socket, "%s/socket", f->dir);
    snprintf(f->url, sizeof f->url, "unix://%s?db=1", f->socket);
    f->value = buf_make(8 << 20);
    *state = f;
    return loop_create(&f->loop, NULL) || timer_create_in(f->loop, on_turn, f, &f->turn);
}

static void end_redis(struct fixture *f)
{
    if (f->redis) {
        kill(f->redis, SIGCONT);
        kill(f->redis, SIGKILL);
        waitpid(f->redis, NULL, 0);
    }
    f->redis = 0;
    unlink(f->socket);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    cache_free(f->cache);
    timer_free(f->turn);
    loop_free(f->loop);
    end_redis(f);
    rmdir(f->dir);
    buf_free(&f->value);
    free(f);
    return 0;
}

static bool start_redis(struct fixture *f, const char *password)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    f->redis = fork();
    if (!f->redis) {
        dup2(null, 1);
        dup2(null, 2);
        if (chdir(f->dir))
            _exit(126);
        execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", f->socket, "--save", "", "--appendonly", "no",
               "--requirepass", password, (char *)NULL);
        _exit(127);
    }
    close(null);
    for (int i = 0; i < 5000 && access(f->socket, F_OK); i++) {
        if (waitpid(f->redis, NULL, WNOHANG)) {
            f->redis = 0;
            return false;
        }
        usleep(2000);
    }
    return true;
}

#define want_redis(f)                                                                \
    do {                                                                             \
        if (!start_redis((f), "")) {                                                 \
            print_message("no redis-server here: `tools/setup test` installs it\n"); \
            skip();                                                                  \
        }                                                                            \
    } while (0)

static void open_cache(struct fixture *f, size_t bytes_max, const char *password)
{
    struct cache_config c = {.loop = f->loop,
                             .bytes_max = bytes_max,
                             .key = {7},
                             .redis = str_of(f->url),
                             .redis_password = str_of(password),
                             .redis_timeout_ms = TIMEOUT_MS,
                             .redis_ttl_ms = 60000};
    struct err e = {0};
    cache_free(f->cache);
    f->cache = NULL;
    assert_int_equal(cache_create(&c, &f->cache, &e), OK);
}

/* ---- questions */

static const struct cache_space space = {"test", 1};

static struct cache_key key_of(struct fixture *f, const char *text)
{
    struct cache_key k;
    struct str part = str_of(text);
    assert_int_equal(cache_key(f->cache, &space, 1, &part, 1, &k), OK);
    return k;
}

static void on_values(void *ctx, const struct str *values, size_t n)
{
    struct fixture *f = ctx;
    assert_false(f->answered);
    f->answered = true;
    f->n_found = 0;
    for (size_t i = 0; values && i < n; i++)
        f->n_found += values[i].ptr != NULL;
    f->found = values && values[0].ptr;
    if (f->found)
        buf_put(&f->value, values[0]);
}

static struct cache_get *ask_only(struct fixture *f, const char *text)
{
    struct cache_key k = key_of(f, text);
    struct cache_get *g;
    f->answered = f->found = false;
    buf_clear(&f->value);
    cache_get(f->cache, &k, 1, on_values, f, &g);
    assert_true(!g == f->answered);
    return g;
}

static bool ask(struct fixture *f, const char *text)
{
    if (ask_only(f, text))
        run_until(f, is_answered);
    assert_true(f->answered);
    return f->found;
}

/* What was put has arrived: Redis has answered something that was asked behind it. */
static void settle(struct fixture *f)
{
    run_until(f, all_is_sent);
    if (is_ready(f))
        ask(f, "nothing that was ever put");
}

static void put(struct fixture *f, const char *text, const char *value)
{
    struct cache_key k = key_of(f, text);
    cache_put(f->cache, &k, str_of(value));
    settle(f);
}

/* ---- keys and memory */

static void keys_tell_owners_spaces_and_parts_apart(void **state)
{
    struct fixture *f = *state;
    struct cache_space a = {"a", 5}, b = {"b", 5};
    struct str ab[] = {STR("x"), STR("y")}, joined[] = {STR("xy"), STR("")}, moved[] = {STR(""), STR("xy")};
    struct cache_key keys[8];
    open_cache(f, 1 << 20, "");
    assert_int_equal(cache_key(f->cache, &a, 1, ab, 2, &keys[0]), OK);
    assert_int_equal(cache_key(f->cache, &a, 2, ab, 2, &keys[1]), OK); /* another owner */
    assert_int_equal(cache_key(f->cache, &b, 1, ab, 2, &keys[2]), OK); /* another kind */
    assert_int_equal(cache_key(f->cache, &a, 1, joined, 2, &keys[3]), OK);
    assert_int_equal(cache_key(f->cache, &a, 1, moved, 2, &keys[4]), OK);
    assert_int_equal(cache_key(f->cache, &a, 1, ab, 1, &keys[5]), OK);
    cache_space_renew(&a);
    assert_int_equal(cache_key(f->cache, &a, 1, ab, 2, &keys[6]), OK); /* documents have changed */
    for (int i = 0; i < 7; i++)
        for (int j = 0; j < i; j++)
            assert_memory_not_equal(&keys[i], &keys[j], sizeof keys[0]);
    a.generation = 5;
    assert_int_equal(cache_key(f->cache, &a, 1, ab, 2, &keys[7]), OK);
    assert_memory_equal(&keys[7], &keys[0], sizeof keys[0]);
    assert_true(cache_space_random("a").generation != cache_space_random("a").generation);
}

static void without_redis_memory_is_enough(void **state)
{
    struct fixture *f = *state;
    open_cache(f, 1 << 20, ""); /* nobody listens at the address */
    assert_false(ask(f, "q"));
    put(f, "q", "answer");
    assert_true(ask(f, "q"));
    assert_str(buf_str(&f->value), "answer");
    struct cache_counts n = cache_counts(f->cache);
    assert_true(n.asked == 2 && n.memory_hits == 1 && !n.redis_hits && n.entries == 1 && n.redis && !n.redis_ready);
}

static void addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host;
        bool local;
        unsigned port, db;
    } good[] = {
        {"redis://localhost", "localhost", false, 6379, 0},     {"redis://10.0.0.1:7000/3", "10.0.0.1", false, 7000, 3},
        {"redis://[::1]:7000/", "::1", false, 7000, 0},         {"redis://h/2", "h", false, 6379, 2},
        {"unix:///run/r.sock?db=4", "/run/r.sock", true, 0, 4}, {"/run/r.sock", "/run/r.sock", true, 0, 0},
    };
    static const char *const bad[] = {"",
                                      "redis://",
                                      "redis://:7000",
                                      "redis://h:0",
                                      "redis://h:65536",
                                      "redis://h:x",
                                      "redis://h/x",
                                      "redis://h/99999",
                                      "redis://[::1",
                                      "redis://u:p@h:1",
                                      "rediss://h",
                                      "http://h",
                                      "unix://relative",
                                      "/",
                                      "/a?db=x",
                                      "redis://[::1]7000"};
    struct redis_address a;
    struct err e;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(redis_address_parse(str_of(good[i].text), &a, &e), OK);
        assert_string_equal(a.host, good[i].host);
        assert_true(a.local == good[i].local && a.port == good[i].port && a.db == good[i].db);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(redis_address_parse(str_of(bad[i]), &a, &e), ERR_INVAL);
    char longest[400];
    memset(longest, 'a', sizeof longest);
    memcpy(longest, "redis://", 8);
    assert_int_equal(redis_address_parse(str_from(longest, sizeof longest), &a, &e), ERR_INVAL);
}

/* ---- a real Redis */

static void what_redis_keeps_is_found_again_and_says_nothing(void **state)
{
    struct fixture *f = *state;
    want_redis(f);
    open_cache(f, 1 << 20, "");
    run_until(f, is_ready);
    put(f, "q", "a phrase that nobody else may read, a phrase that nobody else may read");
    put(f, "empty", "");
    open_cache(f, 1 << 20, ""); /* a new process: its memory is empty */
    run_until(f, is_ready);
    assert_true(ask(f, "q"));
    assert_str(buf_str(&f->value), "a phrase that nobody else may read, a phrase that nobody else may read");
    assert_int_equal(cache_counts(f->cache).redis_hits, 1);
    assert_true(ask(f, "q")); /* now from memory */
    assert_int_equal(cache_counts(f->cache).redis_hits, 1);
    assert_true(ask(f, "empty"));
    assert_int_equal(f->value.len, 0);
    assert_false(ask(f, "nobody has asked this"));
}

struct raw {
    struct fixture *f;
    struct buf bytes;
};

static void on_raw(void *ctx, const struct str *values, size_t n)
{
    struct raw *r = ctx;
    assert_true(values && n == 1);
    buf_put(&r->bytes, values[0]);
    r->f->answered = true;
}

static void what_was_changed_there_is_not_there(void **state)
{
    struct fixture *f = *state;
    struct raw raw = {f, buf_make(10000)};
    struct redis_get *g;
    char name[FAR_NAME_BYTES];
    want_redis(f);
    open_cache(f, 1 << 20, "");
    run_until(f, is_ready);
    put(f, "a", "a phrase that nobody else may read");
    put(f, "b", "another");
    struct cache_key a = key_of(f, "a"), b = key_of(f, "b");
    far_name(&a, name);
    struct str key = str_from(name, sizeof name);
    f->answered = false;
    assert_int_equal(redis_get(f->cache->redis, &key, 1, on_raw, &raw, &g), OK);
    run_until(f, is_answered);
    assert_true(raw.bytes.len > BLOB_EXTRA_BYTES);
    assert_int_equal(str_find(buf_str(&raw.bytes), STR("phrase"), 0), -1);
    far_name(&b, name); /* a's value under b's key, and one that was cut */
    redis_set(f->cache->redis, str_from(name, sizeof name), buf_str(&raw.bytes), 60000);
    far_name(&a, name);
    redis_set(f->cache->redis, str_from(name, sizeof name), str_head(buf_str(&raw.bytes), raw.bytes.len - 1), 60000);
    settle(f);
    open_cache(f, 1 << 20, "");
    run_until(f, is_ready);
    assert_false(ask(f, "a"));
    assert_false(ask(f, "b"));
    assert_true(is_ready(f));
    buf_free(&raw.bytes);
}

static void a_redis_that_stops_costs_one_time_out_and_comes_back(void **state)
{
    struct fixture *f = *state;
    want_redis(f);
    open_cache(f, 1 << 20, "");
    run_until(f, is_ready);
    put(f, "q", "answer");
    kill(f->redis, SIGSTOP);
    assert_non_null(ask_only(f, "new")); /* this one waits … */
    run_until(f, is_answered);
    assert_false(f->found);
    assert_false(is_ready(f));
    for (int i = 0; i < 100; i++) { /* … and no other */
        char text[20];
        snprintf(text, sizeof text, "new %d", i);
        assert_null(ask_only(f, text));
        put(f, text, "answer");
    }
    assert_true(ask(f, "q"));
    kill(f->redis, SIGCONT);
    run_until(f, is_ready);
    put(f, "later", "answer");
    open_cache(f, 1 << 20, "");
    run_until(f, is_ready);
    assert_true(ask(f, "later"));
}

static void a_redis_that_dies_is_done_without(void **state)
{
    struct fixture *f = *state;
    want_redis(f);
    open_cache(f, 1 << 20, "");
    run_until(f, is_ready);
    ask_only(f, "asked while it dies");
    kill(f->redis, SIGKILL);
    waitpid(f->redis, NULL, 0);
    f->redis = 0;
    if (!f->answered)
        run_until(f, is_answered);
    run_until(f, is_not_ready);
    assert_null(ask_only(f, "after it"));
    unlink(f->socket);
    assert_true(start_redis(f, ""));
    run_until(f, is_ready);
    assert_false(ask(f, "after it"));
}

static void a_password(void **state)
{
    struct fixture *f = *state;
    if (!start_redis(f, "open sesame"))
        skip();
    open_cache(f, 1 << 20, "open sesame");
    run_until(f, is_ready);
    put(f, "q", "answer");
    open_cache(f, 1 << 20, "wrong");
    assert_false(ask(f, "q"));
    run_until(f, some_turns);
    assert_false(is_ready(f));
}

static void questions_that_are_canceled_hear_nothing(void **state)
{
    struct fixture *f = *state;
    want_redis(f);
    open_cache(f, 1 << 20, "");
    run_until(f, is_ready);
    cache_cancel(ask_only(f, "q"));
    assert_false(ask(f, "q")); /* answered behind it */
    assert_non_null(ask_only(f, "q"));
    cache_free(f->cache); /* with a question on its way */
    f->cache = NULL;
    assert_false(f->answered);
}

static void many_keys_at_once(void **state)
{
    struct fixture *f = *state;
    enum { N = CACHE_KEYS_MAX };
    struct cache_key *keys = calloc(N, sizeof *keys);
    struct cache_get *g;
    char text[32], value[2048];
    memset(value, 'v', sizeof value);
    want_redis(f);
    open_cache(f, 0, "");
    run_until(f, is_ready);
    for (int i = 0; i < N; i++) {
        snprintf(text, sizeof text, "key %d", i);
        keys[i] = key_of(f, text);
        cache_put(f->cache, &keys[i], str_from(value, i % 2 ? sizeof value : 0));
        if (i % 500 == 0)
            run_until(f, all_is_sent);
    }
    run_until(f, all_is_sent);
    f->answered = false;
    cache_get(f->cache, keys, N, on_values, f, &g);
    assert_non_null(g);
    run_until(f, is_answered);
    assert_true(f->n_found > N / 2); /* some may have met a bound on their way */
    free(keys);
}

/* ---- a server that is not Redis */

struct liar {
    int fd;
    const char *says;
    size_t times;
};

static void *lie(void *ctx)
{
    struct liar *l = ctx;
    for (int fd; (fd = accept(l->fd, NULL, NULL)) >= 0;) {
        for (size_t i = 0; i < l->times; i++)
            if (send(fd, l->says, strlen(l->says), MSG_NOSIGNAL) < 0)
                break;
        char rest[256];
        while (read(fd, rest, sizeof rest) > 0) {
        }
        close(fd);
    }
    return NULL;
}

static void servers_that_lie_are_left(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *says;
        size_t times;
    } lies[] = {{"HTTP/1.1 400 Bad Request\r\n\r\n", 1},
                {"$99999999999999999999\r\n", 1},
                {"*2147483647\r\n", 1},
                {"*-7\r\n", 1},
                {"-ERR no\r\n", 3},
                {"$500000000\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxx", 100000},
                {"", 1},
                {"*1\r\n", 100},
                {"+PONG\r\n*3\r\n$1\r\na\r\n", 1}};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct sockaddr_un a = {.sun_family = AF_UNIX};
        struct liar l = {socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), lies[i].says, lies[i].times};
        pthread_t thread;
        str_copy(a.sun_path, sizeof a.sun_path, str_of(f->socket));
        assert_int_equal(bind(l.fd, (struct sockaddr *)&a, sizeof a), 0);
        assert_int_equal(listen(l.fd, 8), 0);
        assert_int_equal(pthread_create(&thread, NULL, lie, &l), 0);
        open_cache(f, 1 << 20, "");
        run_until(f, some_turns);
        assert_false(ask(f, "q"));
        put(f, "q", "answer");
        assert_true(ask(f, "q"));
        cache_free(f->cache);
        f->cache = NULL;
        shutdown(l.fd, SHUT_RDWR);
        pthread_join(thread, NULL);
        close(l.fd);
        unlink(f->socket);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keys_tell_owners_spaces_and_parts_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(without_redis_memory_is_enough, setup, teardown),
        cmocka_unit_test(addresses),
        cmocka_unit_test_setup_teardown(what_redis_keeps_is_found_again_and_says_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_changed_there_is_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(a_redis_that_stops_costs_one_time_out_and_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(a_redis_that_dies_is_done_without, setup, teardown),
        cmocka_unit_test_setup_teardown(a_password, setup, teardown),
        cmocka_unit_test_setup_teardown(questions_that_are_canceled_hear_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(many_keys_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(servers_that_lie_are_left, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
