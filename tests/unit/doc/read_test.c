/* Through the host and a confined child, as the program does it: this test is its own host. */
#include "fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "doc/frame.h"
#include "doc/host.h"

static struct doc_reader *reader;

static int setup(void **state)
{
    (void)state;
    struct err e;
    /* A child under a sanitizer is slow to begin. */
    const struct doc_limits limits = {.file_bytes_max = 4 << 20, .text_bytes_max = 4 << 20, .time_ms = 20000};
    return doc_reader_create(&limits, &reader, &e);
}

static int teardown(void **state)
{
    (void)state;
    doc_reader_free(reader);
    return 0;
}

static void expect(const char *name, struct str bytes, int code, const char *words)
{
    struct seen s;
    see_read(&s, reader, name, bytes);
    if (s.code != code)
        fail_msg("%s: %d (%s) and not %d", name, s.code, s.code ? s.err.text : "", code);
    if (code && !strstr(s.err.text, words))
        fail_msg("%s: \"%s\" does not say \"%s\"", name, s.err.text, words);
    if (!code && *words)
        assert_has(&s, words);
    see_free(&s);
}

static void test_kinds(void **state)
{
    static const struct {
        const char *name, *bytes;
        enum doc_kind kind;
    } cases[] = {
        {"notes.md", "# Title\n\nHello world.\n", DOC_MARKDOWN},
        {"page", "<!doctype html><p>Hello world.", DOC_HTML},
        {"x.py", "print('Hello world.')\n", DOC_CODE},
        {"README", "Hello world.\n", DOC_TEXT},
        {"t.csv", "a,b\nHello world.,2\n", DOC_CSV},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct seen s;
        see_read(&s, reader, cases[i].name, str_of(cases[i].bytes));
        if (s.code)
            fail_msg("%s: %s", cases[i].name, s.err.text);
        assert_int_equal(s.info.kind, cases[i].kind);
        assert_int_equal(s.info.file_bytes, strlen(cases[i].bytes));
        assert_int_equal(s.info.text_bytes, s.text.len);
        assert_has(&s, "Hello world.");
        see_free(&s);
    }
    assert_string_equal(doc_reader_weakness(reader), "");
}

static void test_what_is_refused(void **state)
{
    (void)state;
    struct buf large = buf_make(8 << 20);
    assert_int_equal(buf_reserve(&large, 5 << 20), OK);
    memset(large.ptr, 'x', 5 << 20);
    large.len = 5 << 20;
    expect("a.out",
           STR("\x7f"
               "ELF\2\1\1\0"),
           ERR_UNSUPPORTED, "program");
    expect("a.bin", STR("data\0with zeros\0\0\0"), ERR_UNSUPPORTED, "NUL");
    expect("a.zip", STR("PK\x03\x04 something"), ERR_UNSUPPORTED, "zip");
    expect("a.doc", STR("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), ERR_DENIED, "protected");
    expect("large.txt", buf_str(&large), ERR_LIMIT, "larger than 4 MB");
    expect("bad.gz", STR("\x1f\x8b\x08 nonsense, and so on"), ERR_CORRUPT, "gzip");
    expect("empty.txt", STR(""), OK, "");
    buf_free(&large);
}

/* Encodings that need tables from the disk are the reason why the child may open some files. */
static void test_gb18030_in_the_child(void **state)
{
    (void)state;
    expect("gb.txt", STR("\xd5\xe2\xca\xc7\xd2\xbb\xb8\xf6\xb2\xe2\xca\xd4\xa1\xa3"), OK, "这是一个测试。");
}

static void test_a_lost_host_is_started_again(void **state)
{
    (void)state;
    expect("a.txt", STR("first"), OK, "first");
    kill(reader_host(reader), SIGKILL);
    struct seen s;
    see_read(&s, reader, "b.txt", STR("second"));
    assert_int_equal(s.code, ERR_IO);
    see_free(&s);
    expect("c.txt", STR("third"), OK, "third");
}

static int stop_at_first(void *ctx, const struct doc_chunk *c)
{
    (void)c;
    ++*(int *)ctx;
    return ERR_CANCELED;
}

static int touch_it(void *ctx, const struct doc_chunk *c)
{
    (void)c;
    return pwrite(*(int *)ctx, "y", 1, 0) == 1 ? OK : ERR_IO;
}

static void test_stopping_and_changing(void **state)
{
    (void)state;
    char path[] = "/tmp/doc_test.XXXXXX";
    int fd = mkstemp(path), n = 0;
    struct doc_info info;
    struct err e;
    assert_true(fd >= 0);
    unlink(path);
    for (int i = 0; i < 20000; i++)
        assert_int_equal(write(fd, "A sentence of fifty bytes that is written often. \n", 50), 50);
    assert_int_equal(doc_read(reader, fd, STR("x.txt"), stop_at_first, &n, &info, &e), ERR_CANCELED);
    assert_int_equal(n, 1);
    assert_int_equal(doc_read(reader, fd, STR("x.txt"), touch_it, &fd, &info, &e), ERR_AGAIN);
    close(fd);
}

/* ---- what a child that was taken over could send */

static int frame_code(struct str bytes)
{
    struct frame f;
    size_t len;
    int r = frame_take(bytes, &f, &len);
    return r ? r : len ? OK : ERR_AGAIN;
}

static void test_hostile_frames(void **state)
{
    (void)state;
    struct buf b = buf_make(1 << 16);
    char long_text[DOC_CHUNK_BYTES_MAX + 1];
    memset(long_text, 'x', sizeof long_text);
    const struct frame cases[] = {
        {.kind = FRAME_CHUNK, .chunk = {.text = STR("fine\n"), .line = 1}},
        {.kind = FRAME_CHUNK, .chunk = {.text = STR("\xff"), .line = 1}},
        {.kind = FRAME_CHUNK, .chunk = {.text = STR("a\0b"), .line = 1}},
        {.kind = FRAME_CHUNK, .chunk = {.text = STR("\x1b[0m"), .line = 1}},
        {.kind = FRAME_CHUNK, .chunk = {.text = STR("no line")}},
        {.kind = FRAME_CHUNK, .chunk = {.line = 1}},
        {.kind = FRAME_CHUNK, .chunk = {.text = {long_text, sizeof long_text}, .line = 1}},
        {.kind = FRAME_CHUNK, .chunk = {.text = STR("x"), .heading = STR("two\nlines"), .line = 1}},
        {.kind = FRAME_DONE, .info = {.kind = DOC_KIND_COUNT}},
        {.kind = FRAME_DONE, .info = {.title = "\x01"}},
        {.kind = FRAME_FAILED, .code = 5},
        {.kind = FRAME_FAILED, .code = -9999},
        {.kind = 77},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_clear(&b);
        frame_put(&b, &cases[i]);
        int got = frame_code(buf_str(&b));
        if (got != (i ? ERR_CORRUPT : OK))
            fail_msg("frame %zu: %d", i, got);
    }
    buf_clear(&b);
    frame_put(&b, &cases[0]);
    for (size_t n = 0; n < b.len; n++)
        assert_int_equal(frame_code(str_head(buf_str(&b), n)), ERR_AGAIN);
    assert_int_equal(frame_code(STR("\xff\xff\xff\xff")), ERR_CORRUPT);
    assert_int_equal(frame_code(STR("\0\0\0\0")), ERR_CORRUPT);
    buf_free(&b);
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], DOC_HOST_VERB))
        _exit(doc_host());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_gb18030_in_the_child),
        cmocka_unit_test(test_a_lost_host_is_started_again),
        cmocka_unit_test(test_stopping_and_changing),
        cmocka_unit_test(test_hostile_frames),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
