#include <stdio.h>
#include <stdlib.h>

#include "../check.h"
#include "app/config.h"

/* A text, and what the sentence says about it; NULL: it is accepted. */
static const struct {
    const char *yaml, *error;
} cases[] = {
    {"", NULL},
    {"# nothing but a comment\n", NULL},
    {"---\n", NULL},
    {"server:\n", NULL},
    {"server:\n  # port: 1\nlog:\n  level: debug\n", NULL},
    {"server: {port: 9000, host: \"::1\"}\n", NULL},
    {"\xef\xbb\xbfserver:\n  port: 9000\n", NULL},
    {"server:\n  hosts: one.example\n", NULL},
    {"server:\n  hosts: [one.example, two.example]\n  origins: []\n", NULL},
    {"models:\n  dir: ''\n", NULL},

    {"server:\n  prot: 9000\n", "f.yaml:2:3: unknown setting \"prot\" in \"server\"; did you mean \"port\"?"},
    {"server:\n  zzzzzzzz: 9000\n", "f.yaml:2:3: unknown setting \"zzzzzzzz\" in \"server\"; `hearth config --docs` lists all"},
    {"sever:\n  port: 9000\n", "f.yaml:1:1: unknown section \"sever\"; did you mean \"server\"?"},
    {"wonderland:\n  port: 1\n", "f.yaml:1:1: unknown section \"wonderland\"; there are server, limits, models, engine, store, "},
    {"server:\n  port: many\n", "f.yaml:2:9: server.port: expected a whole number from 0 to 65535, found \"many\""},
    {"server:\n  port: 65536\n", "f.yaml:2:9: server.port: expected a whole number from 0 to 65535, found \"65536\""},
    {"server:\n  port: -1\n", "found \"-1\""},
    {"server:\n  port: 99999999999999999999999999\n", "f.yaml:2:9: server.port: expected a whole number"},
    {"server:\n  port: \"9000\"\n",
     "f.yaml:2:9: server.port: expected a whole number from 0 to 65535, found a text in quotes (write it without)"},
    {"server:\n  port:\n", "f.yaml:2:8: server.port: expected a whole number from 0 to 65535, found nothing"},
    {"server:\n  host: ~\n", "found nothing"},
    {"server:\n  port: [1]\n", "f.yaml:2:9: server.port: expected a whole number from 0 to 65535, found a list"},
    {"server:\n  port: {a: 1}\n", "f.yaml:2:9: server.port: expected a whole number from 0 to 65535, found a section"},
    {"server:\n  hosts: [[a]]\n", "f.yaml:2:11: server.hosts: expected a list"},
    {"server:\n  hosts: [{a: b}]\n", "found a section"},
    {"server:\n  hosts: [\"\"]\n", "f.yaml:2:"},
    {"engine:\n  deterministic: yes\n", "f.yaml:2:18: engine.deterministic: expected true or false, found \"yes\""},
    {"engine:\n  cpu: sse9\n",
     "f.yaml:2:8: engine.cpu: expected one of auto, scalar, avx2, avxvnni, avx512, amx, neon, dotprod, i8mm, found \"sse9\""},
    {"engine:\n  kv_memory: 1T\n", "expected a size from 0 to 1024G, such as 512M or 2G, found \"1T\""},
    {"engine:\n  kv_memory: 99999999999G\n", "engine.kv_memory: expected a size"},
    {"engine:\n  kv_memory: 512 M\n", "found \"512 M\""},
    {"server:\n  header_time_max: 10\n",
     "server.header_time_max: expected a time from 100ms to 1h, such as 500ms, 10s, 5m or 1h, found \"10\""},
    {"server:\n  header_time_max: 99ms\n", "found \"99ms\""},
    {"server:\n  host: \"a\\tb\"\n", "server.host: expected a text of at most 4096 bytes without control characters, found \"a?b\""},
    {"server:\n  port: 1\n  host: x\n  port: 2\n", "f.yaml:4:3: \"port\" stands here a second time"},
    {"server:\n  port: 1\nlog:\n  level: info\nserver:\n  host: x\n", "f.yaml:5:1: \"server\" stands here a second time"},
    {"server: 5\n", "f.yaml:1:9: section \"server\" should hold settings, such as \"host: …\", indented below it"},
    {"- server\n", "f.yaml:1:1: expected sections such as \"server:\""},
    {"just text\n", "f.yaml:1:1: expected sections"},
    {"server:\n  host: &a x\n", "f.yaml:2:9: anchors (&) and aliases (*) are not accepted here"},
    {"server:\n  host: *a\n", "f.yaml:2:9: anchors (&) and aliases (*)"},
    {"server: &a\n  port: 1\n", "anchors (&)"},
    {"server:\n  host: !!str x\n", "f.yaml:2:9: tags (!) are not accepted here"},
    {"server:\n  ? [a]\n  : b\n", "f.yaml:2:5: expected the name of a setting here"},
    {"server:\n\tport: 1\n", "f.yaml:2:1: a tab stands where YAML allows only spaces"},
    {"log:\n  level: info # 水\n\tx: 1\n", "f.yaml:3:1: a tab stands"},
    {"server:\n  port: 1\n host: x\n", "not valid YAML"},
    {"server: {port: 1\n", "not valid YAML"},
    {"server:\n  host: \"x\n", "not valid YAML"},
    {"server:\n  port: 1\n---\nlog:\n", "f.yaml:3:1: a second document begins here"},
    {"log:\n  format: \xff\n", "f.yaml:2:11: this byte is not UTF-8"},
    {"\xff\xfes\x00", "f.yaml:1:1: this byte is not UTF-8"},
};

static void accepts_and_refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct config c;
        struct err e = {0};
        assert_int_equal(config_init(&c, LANG_EN, &e), OK);
        int r = config_read_yaml(&c, "f.yaml", str_of(cases[i].yaml), &e);
        if (!cases[i].error ? r != OK : !r || str_find(str_of(e.text), str_of(cases[i].error), 0) < 0)
            fail_msg("%s\n  gave %d: %s\n  expected: %s", cases[i].yaml, r, e.text, cases[i].error ? cases[i].error : "acceptance");
        config_deinit(&c);
    }
}

/* `head`, then n times `piece`: refused without depth, time or memory that grows with it. */
static void refuse_repeated(const char *head, const char *piece, size_t n, const char *error)
{
    struct buf b = buf_make(4 << 20);
    buf_puts(&b, head);
    for (size_t i = 0; i < n; i++)
        buf_puts(&b, piece);
    struct config c;
    struct err e = {0};
    assert_int_equal(config_init(&c, LANG_EN, &e), OK);
    assert_int_not_equal(config_read_yaml(&c, "f.yaml", buf_str(&b), &e), OK);
    if (str_find(str_of(e.text), str_of(error), 0) < 0)
        fail_msg("got: %s", e.text);
    config_deinit(&c);
    buf_free(&b);
}

static void bounds_hold(void **state)
{
    (void)state;
    refuse_repeated("server: ", "[", 100000, "section \"server\" should hold settings");
    refuse_repeated("server:\n  hosts: ", "[", 100000, "server.hosts: expected a list");
    refuse_repeated("", "{", 100000, "expected");
    refuse_repeated("server:\n  hosts:\n", "  - a\n", 65, "server.hosts: expected a list of at most 64 texts");
    refuse_repeated("server:\n  host: ", "a", 4097, "expected a text of at most 4096 bytes");
    refuse_repeated("#", "a", 1 << 20, "f.yaml: the file is larger than 1024 KB");
}

static void speaks_chinese(void **state)
{
    (void)state;
    struct config c;
    struct err e = {0};
    assert_int_equal(config_init(&c, LANG_ZH, &e), OK);
    assert_int_equal(config_read_yaml(&c, "f.yaml", STR("server:\n  prot: 1\n"), &e), ERR_INVAL);
    assert_string_equal(e.text, "f.yaml:2:3: “prot”不是“server”中的设置；是否想写“port”？");
    config_deinit(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_and_refuses),
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(speaks_chinese),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
