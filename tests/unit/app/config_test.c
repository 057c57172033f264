#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../check.h"
#include "app/config.h"
#include "sys/mem.h"

static int setup(void **state)
{
    static struct config c;
    *state = &c;
    return config_init(&c, LANG_EN, NULL);
}

static int teardown(void **state)
{
    config_deinit(*state);
    return 0;
}

static void assert_prints(const struct config *c, const char *line)
{
    struct buf b = buf_make(64 << 10);
    config_print(c, &b);
    if (str_find(buf_str(&b), str_of(line), 0) < 0)
        fail_msg("\"%s\" is not in:\n%s", line, buf_cstr(&b));
    buf_free(&b);
}

static void defaults_are_valid(void **state)
{
    struct config *c = *state;
    assert_string_equal(c->server.host, "127.0.0.1");
    assert_int_equal(c->server.port, 8765);
    assert_int_equal(c->server.http.header_bytes_max, 32 << 10);
    assert_int_equal(c->server.http.header_ms_max, 10000);
    assert_int_equal(c->server.http.drain_ms_max, 10000);
    assert_int_equal(c->server.hosts.n, 0);
    assert_false(c->engine.deterministic);
    assert_int_equal(c->log.level, 1);
    assert_int_equal(config_cpu(c).len, 0);
    assert_prints(c, "  port: 8765                                # default\n");
}

static void later_sources_win_in_any_order(void **state)
{
    struct config *c = *state;
    const char *const env[] = {"PATH=/bin", "HEARTH_SERVER_PORT=2", "HEARTH_ENGINE_THREADS=3", "HEARTH_LANG=en", NULL};
    assert_int_equal(config_set_option(c, STR("server.port"), STR("3"), NULL), OK);
    assert_int_equal(config_read_env(c, env, NULL), OK);
    assert_int_equal(config_read_yaml(c, "h.yaml", STR("# x\nserver:\n  port: 1\n  host: ::1\n"), NULL), OK);
    assert_int_equal(c->server.port, 3);
    assert_int_equal(c->engine.threads, 3);
    assert_string_equal(c->server.host, "::1");
    assert_prints(c, "  port: 3                                   # command line\n");
    assert_prints(c, "  threads: 3                                # HEARTH_ENGINE_THREADS\n");
    assert_prints(c, "  host: \"::1\"                               # h.yaml:4\n");
}

static void an_outranked_value_is_still_checked(void **state)
{
    struct config *c = *state;
    struct err e;
    assert_int_equal(config_set_option(c, STR("server.port"), STR("3"), NULL), OK);
    assert_int_equal(config_read_yaml(c, "h.yaml", STR("server:\n  port: x\n"), &e), ERR_INVAL);
    assert_int_equal(config_set_option(c, STR("server.host"), STR("h"), NULL), OK);
    assert_int_equal(config_read_yaml(c, "h.yaml", STR("server:\n  host: \"\\x01\"\n"), &e), ERR_INVAL);
    assert_string_equal(c->server.host, "h");
}

static void environment(void **state)
{
    struct config *c = *state;
    struct err e;
    assert_int_equal(config_read_env(c, (const char *const[]){"HEARTH_SERVER_PROT=1", NULL}, &e), ERR_INVAL);
    assert_string_equal(e.text, "environment variable HEARTH_SERVER_PROT sets nothing; did you mean HEARTH_SERVER_PORT?");
    assert_int_equal(config_read_env(c, (const char *const[]){"HEARTH_SERVER_PORT=one", NULL}, &e), ERR_INVAL);
    assert_string_equal(e.text, "HEARTH_SERVER_PORT: server.port: expected a whole number from 0 to 65535, found \"one\"");
    assert_int_equal(
        config_read_env(c, (const char *const[]){"HEARTH_SERVER_HOSTS=a.example, b.example", "HEARTH_FOO=1", "HEARTH_SHARED_DATA=x", NULL},
                        &e),
        OK);
    assert_int_equal(c->server.hosts.n, 2);
    assert_true(str_eq(c->server.hosts.items[1], STR("b.example")));
    assert_int_equal(config_read_env(c, NULL, &e), OK);
}

static void the_cpu_alias(void **state)
{
    struct config *c = *state;
    assert_int_equal(config_read_env(c, (const char *const[]){"HEARTH_CPU=scalar", NULL}, NULL), OK);
    assert_true(str_eq(config_cpu(c), STR("scalar")));
    assert_int_equal(config_read_env(c, (const char *const[]){"HEARTH_ENGINE_CPU=avx2", "HEARTH_CPU=scalar", NULL}, NULL), OK);
    assert_true(str_eq(config_cpu(c), STR("avx2")));
    assert_int_equal(config_read_env(c, (const char *const[]){"HEARTH_CPU=8086", NULL}, NULL), OK); /* the regular name rules */
    struct config d;
    struct err e;
    assert_int_equal(config_init(&d, LANG_EN, NULL), OK);
    assert_int_equal(config_read_env(&d, (const char *const[]){"HEARTH_CPU=8086", NULL}, &e), ERR_INVAL);
    assert_int_equal(config_read_env(&d, (const char *const[]){"HEARTH_CPU=", NULL}, &e), OK);
    config_deinit(&d);
}

static void options(void **state)
{
    struct config *c = *state;
    struct err e;
    assert_int_equal(config_set_option(c, STR("engine.kv_memory"), STR("1536M"), &e), OK);
    assert_true(c->engine.kv_memory == (uint64_t)1536 << 20);
    assert_int_equal(config_set_option(c, STR("engine.deterministic"), STR("true"), &e), OK);
    assert_true(c->engine.deterministic);
    assert_int_equal(config_set_option(c, STR("models.idle_unload"), STR("5m"), &e), OK);
    assert_int_equal(c->models.idle_unload_ms, 300000);
    assert_int_equal(config_set_option(c, STR("server.prot"), STR("1"), &e), ERR_INVAL);
    assert_string_equal(e.text, "unknown setting --server.prot; did you mean --server.port?");
    assert_int_equal(config_set_option(c, STR("no"), STR("1"), &e), ERR_INVAL);
    assert_string_equal(e.text, "unknown setting --no; `hearth config --docs` lists all");
    assert_prints(c, "kv_memory: 1536M ");
    assert_prints(c, "idle_unload: 5m ");
    assert_prints(c, "drain_time_max: 10s ");
}

static void what_is_printed_is_read_again(void **state)
{
    struct config *c = *state, d;
    struct buf first = buf_make(64 << 10), second = buf_make(64 << 10);
    assert_int_equal(config_set_option(c, STR("models.dir"), STR("/a \"quoted\" \\ # path: x"), NULL), OK);
    assert_int_equal(config_set_option(c, STR("server.hosts"), STR("a,b"), NULL), OK);
    for (size_t i = 0; i < settings_count; i++)
        c->origin[i] = (struct config_origin){0};
    config_print(c, &first);
    assert_int_equal(config_init(&d, LANG_EN, NULL), OK);
    struct err e = {0};
    if (config_read_yaml(&d, "again", buf_str(&first), &e))
        fail_msg("%s", e.text);
    for (size_t i = 0; i < settings_count; i++)
        d.origin[i] = (struct config_origin){0};
    config_print(&d, &second);
    assert_string_equal(buf_cstr(&first), buf_cstr(&second));
    config_deinit(&d);
    buf_free(&first);
    buf_free(&second);
}

static void a_file_that_is_missing_or_too_large(void **state)
{
    struct config *c = *state;
    struct err e = {0};
    assert_int_not_equal(config_read_file(c, "/nonexistent/hearth.yaml", &e), OK);
    assert_true(str_find(str_of(e.text), STR("/nonexistent/hearth.yaml"), 0) >= 0);
    char path[] = "/tmp/hearth-config-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, CONFIG_FILE_BYTES_MAX + 1), 0);
    assert_int_equal(config_read_file(c, path, &e), ERR_LIMIT);
    assert_true(str_find(str_of(e.text), STR("larger than 1024 KB"), 0) >= 0);
    close(fd);
    unlink(path);
}

/* Every limit of the server has a setting: one without would be 0 here. */
static void no_limit_of_the_server_is_forgotten(void **state)
{
    struct config *c = *state;
    assert_memory_equal(&c->server.http, &http_limits_default, sizeof http_limits_default);
}

/* docs/SETTINGS.md is `hearth config --docs > docs/SETTINGS.md`. */
static void the_documentation_is_current(void **state)
{
    (void)state;
    struct buf want = buf_make(1 << 20);
    char *got;
    size_t len;
    struct err e = {0};
    config_docs(&want);
    assert_int_equal(want.failed, OK);
    if (file_read(SOURCE_DIR "/docs/SETTINGS.md", 1 << 20, &got, &len, &e))
        fail_msg("%s", e.text);
    if (!str_eq(buf_str(&want), str_from(got, len)))
        fail_msg("docs/SETTINGS.md is not what `hearth config --docs` prints");
    free(got);
    buf_free(&want);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(defaults_are_valid),
        TEST(later_sources_win_in_any_order),
        TEST(an_outranked_value_is_still_checked),
        TEST(environment),
        TEST(the_cpu_alias),
        TEST(options),
        TEST(what_is_printed_is_read_again),
        TEST(a_file_that_is_missing_or_too_large),
        TEST(the_documentation_is_current),
        TEST(no_limit_of_the_server_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
