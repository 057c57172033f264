#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/rng.h"
#include "base/strmap.h"
#include "base/utf8.h"
#include "base/wire.h"

static void assert_str(struct str got, const char *want)
{
    assert_int_equal(got.len, strlen(want));
    assert_memory_equal(got.len ? got.ptr : "", want, got.len);
}

static void err_keeps_whole_characters(void **state)
{
    (void)state;
    struct err e;
    char longer[2000];
    for (size_t i = 0; i + 3 < sizeof longer; i += 3)
        memcpy(longer + i, "水", 4);
    assert_int_equal(err_set(&e, ERR_INVAL, "x%s", longer), ERR_INVAL);
    assert_true(utf8_valid(e.text, strlen(e.text), NULL));
    assert_true(strlen(e.text) > sizeof e.text - 5);
    err_set(&e, ERR_IO, "cause");
    assert_int_equal(err_prefix(&e, ERR_INVAL, "file %d", 7), ERR_IO);
    assert_string_equal(e.text, "file 7: cause");
    assert_int_equal(err_set(NULL, ERR_NOMEM, "nobody listens"), ERR_NOMEM);
    assert_string_equal(err_name(ERR_NOMEM), "NOMEM");
    assert_string_equal(err_name(12345), "UNKNOWN");
}

static void str_numbers(void **state)
{
    (void)state;
    uint64_t u = 7;
    int64_t i = 7;
    double f = 7;
    assert_int_equal(str_to_u64(STR("18446744073709551615"), &u), OK);
    assert_true(u == UINT64_MAX);
    u = 7;
    assert_int_equal(str_to_u64(STR("18446744073709551616"), &u), ERR_LIMIT);
    assert_int_equal(str_to_u64(STR(""), &u), ERR_INVAL);
    assert_int_equal(str_to_u64(STR("1 "), &u), ERR_INVAL);
    assert_true(u == 7);
    assert_int_equal(str_to_i64(STR("-9223372036854775808"), &i), OK);
    assert_true(i == INT64_MIN);
    assert_int_equal(str_to_i64(STR("9223372036854775808"), &i), ERR_LIMIT);
    assert_int_equal(str_to_f64(STR("-2.5e3"), &f), OK);
    assert_true(f == -2500);
    assert_int_equal(str_to_f64(STR("1e999"), &f), ERR_LIMIT);
    assert_int_equal(str_to_f64(STR("nan"), &f), ERR_LIMIT);
    assert_int_equal(str_to_f64(STR("1x"), &f), ERR_INVAL);
    assert_int_equal(str_to_f64(STR(" 1"), &f), ERR_INVAL);
}

static void str_search(void **state)
{
    (void)state;
    assert_int_equal(str_find(STR("abcabc"), STR("ca"), 0), 2);
    assert_int_equal(str_find(STR("abcabc"), STR("bc"), 2), 4);
    assert_int_equal(str_find(STR("abc"), STR("abcd"), 0), -1);
    assert_int_equal(str_find(STR("abc"), STR(""), 3), 3);
    assert_int_equal(str_find(STR("abc"), STR(""), 4), -1);
    assert_str(str_trim(STR(" \t a b\r\n")), "a b");
    assert_str(str_trim(STR("  ")), "");
    struct str s = STR("a,,b"), head;
    assert_true(str_split(&s, ',', &head));
    assert_str(head, "a");
    assert_true(str_split(&s, ',', &head));
    assert_str(head, "");
    assert_true(str_split(&s, ',', &head));
    assert_str(head, "b");
    assert_false(str_split(&s, ',', &head));
    assert_true(str_ieq(STR("Content-TYPE"), STR("content-type")));
    char small[4];
    assert_false(str_copy(small, sizeof small, STR("abcdef")));
    assert_string_equal(small, "abc");
}

static void utf8_follows_unicode(void **state)
{
    (void)state;
    static const char *const bad[] = {"\x80",  "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80",
                                      "a\xff", "\xe6\xb0"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(utf8_valid(bad[i], strlen(bad[i]), NULL));
    assert_true(utf8_valid("plain ascii, then 水 and 🦙", strlen("plain ascii, then 水 and 🦙"), NULL));
    size_t at = 99;
    assert_false(utf8_valid("12345678\xff", 9, &at));
    assert_int_equal(at, 8);
    for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
        char b[4];
        uint32_t back = 0;
        int n = utf8_encode(cp, b);
        if (cp >= 0xd800 && cp <= 0xdfff) {
            assert_int_equal(n, 0);
            continue;
        }
        if (utf8_decode(b, (size_t)n, &back) != n || back != cp)
            fail_msg("U+%04X does not come back", cp);
        for (int cut = 1; cut < n; cut++)
            if (utf8_decode(b, (size_t)cut, &back) != 0 || utf8_complete_prefix(b, (size_t)cut) != 0)
                fail_msg("U+%04X cut to %d bytes is not seen as incomplete", cp, cut);
    }
    assert_int_equal(utf8_complete_prefix("ab\xe6\xb0", 4), 2);
    assert_int_equal(utf8_complete_prefix("ab\xe6\xb0\xb4", 5), 5);
    assert_int_equal(utf8_complete_prefix("ab\xff", 3), 3);
    assert_int_equal(utf8_complete_prefix("\x80\x80\x80\x80", 4), 4);
}

static void buf_has_a_maximum(void **state)
{
    (void)state;
    struct buf b = buf_make(1000);
    for (int i = 0; i < 100; i++)
        assert_int_equal(buf_puts(&b, "0123456789"), OK);
    assert_int_equal(buf_putc(&b, 'x'), ERR_LIMIT);
    assert_int_equal(b.len, 1000);
    assert_int_equal(buf_put(&b, STR("")), ERR_LIMIT);
    buf_clear(&b);
    assert_int_equal(buf_printf(&b, "%0600d", 1), OK);
    assert_int_equal(buf_printf(&b, "%0600d", 1), ERR_LIMIT);
    assert_int_equal(b.len, 600);
    buf_clear(&b);
    buf_puts(&b, "abcdef");
    buf_consume(&b, 2);
    assert_str(buf_str(&b), "cdef");
    assert_string_equal(buf_cstr(&b), "cdef");
    buf_consume(&b, 99);
    assert_int_equal(b.len, 0);
    buf_free(&b);
}

static void arena_is_bounded_and_aligned(void **state)
{
    (void)state;
    struct arena a = arena_make(1 << 20);
    size_t given = 0;
    for (size_t n = 1;; n = n * 7 % 4001) {
        uint8_t *p = arena_alloc(&a, n);
        if (!p)
            break;
        assert_int_equal((uintptr_t)p % 16, 0);
        memset(p, 0xab, n);
        given += n;
    }
    assert_true(given > (1 << 19));
    assert_null(arena_calloc(&a, SIZE_MAX / 2, 4));
    arena_free(&a);
    uint64_t *z = arena_calloc(&a, 1000, 8);
    for (int i = 0; i < 1000; i++)
        assert_true(z[i] == 0);
    assert_string_equal(arena_dup(&a, STR("hello")).ptr, "hello");
    arena_free(&a);
}

static void reader_never_passes_its_end(void **state)
{
    (void)state;
    struct buf b = buf_make(100);
    write_u8(&b, 7);
    write_u32(&b, 0xdeadbeef);
    write_f64(&b, 2.5);
    write_str(&b, STR("abc"));
    struct reader r = reader_of(b.ptr, b.len);
    assert_int_equal(read_u8(&r), 7);
    assert_true(read_u32(&r) == 0xdeadbeef);
    assert_true(read_f64(&r) == 2.5);
    assert_str(read_str(&r), "abc");
    assert_false(r.bad);
    assert_int_equal(read_u8(&r), 0);
    assert_true(r.bad);
    for (size_t cut = 0; cut < b.len; cut++) {
        r = reader_of(b.ptr, cut);
        read_u8(&r), read_u32(&r), read_f64(&r), read_str(&r);
        assert_true(r.bad);
    }
    buf_free(&b);
}

static void json_is_always_valid(void **state)
{
    (void)state;
    struct buf b = buf_make(4096);
    struct json j = json_to(&b);
    json_obj(&j);
    json_kcstr(&j, "a\"b", "line\nquote\" back\\ ctrl\x01 水");
    json_key(&j, "list");
    json_arr(&j);
    json_int(&j, -5);
    json_num(&j, NAN, 3);
    json_num(&j, 1.25, 2);
    json_str(&j, STR("\xff\xc3"));
    json_arr(&j);
    json_arr_end(&j);
    json_obj(&j);
    json_obj_end(&j);
    json_cstr(&j, NULL);
    json_arr_end(&j);
    json_kbool(&j, "t", true);
    json_obj_end(&j);
    assert_string_equal(buf_cstr(&b), "{\"a\\\"b\":\"line\\nquote\\\" back\\\\ ctrl\\u0001 "
                                      "水\",\"list\":[-5,null,1.25,\"\xef\xbf\xbd\xef\xbf\xbd\",[],{},null],\"t\":true}");
    buf_clear(&b);
    j = json_to(&b);
    for (int i = 0; i < 100; i++)
        json_arr(&j);
    assert_int_equal(b.failed, ERR_LIMIT);
    buf_free(&b);
}

static void strmap_finds_what_was_put(void **state)
{
    (void)state;
    enum { N = 20000 };
    static char keys[N][8];
    struct strmap m;
    assert_int_equal(strmap_init(&m, N), OK);
    for (uint32_t i = 0; i < N; i++) {
        snprintf(keys[i], sizeof keys[i], "k%u", i);
        assert_int_equal(strmap_put(&m, str_of(keys[i]), i), OK);
    }
    assert_int_equal(strmap_put(&m, STR("k77"), 1), ERR_EXISTS);
    for (uint32_t i = 0, v; i < N; i++) {
        assert_true(strmap_get(&m, str_of(keys[i]), &v));
        assert_int_equal(v, i);
    }
    uint32_t v = 5;
    assert_false(strmap_get(&m, STR("absent"), &v));
    assert_int_equal(v, 5);
    assert_int_equal(strmap_put(&m, STR(""), 42), OK);
    assert_true(strmap_get(&m, STR(""), &v));
    assert_int_equal(v, 42);
    strmap_deinit(&m);
}

static void rng_repeats_and_spreads(void **state)
{
    (void)state;
    struct rng a, b;
    rng_seed(&a, 1);
    rng_seed(&b, 1);
    double sum = 0;
    for (int i = 0; i < 100000; i++) {
        double x = rng_f64(&a);
        assert_true(x == rng_f64(&b));
        assert_true(x >= 0 && x < 1);
        sum += x;
    }
    assert_true(fabs(sum / 100000 - 0.5) < 0.01);
    uint64_t e[4] = {0};
    assert_int_equal(rng_entropy(e, sizeof e), OK);
    assert_true(e[0] || e[1] || e[2] || e[3]);
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(err_keeps_whole_characters),
        cmocka_unit_test(str_numbers),
        cmocka_unit_test(str_search),
        cmocka_unit_test(utf8_follows_unicode),
        cmocka_unit_test(buf_has_a_maximum),
        cmocka_unit_test(arena_is_bounded_and_aligned),
        cmocka_unit_test(reader_never_passes_its_end),
        cmocka_unit_test(json_is_always_valid),
        cmocka_unit_test(strmap_finds_what_was_put),
        cmocka_unit_test(rng_repeats_and_spreads),
        cmocka_unit_test(log_cannot_be_forged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
