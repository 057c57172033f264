/* Through the host and a confined child, as the program does it: this test is its own host. */
#include "fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* ---- PDF, written by hand: a page for each text. `encrypted`: with a password that is not empty. */

static void put_object(struct buf *b, size_t *offsets, int n, const char *body)
{
    offsets[n] = b->len;
    buf_printf(b, "%d 0 obj\n%s\nendobj\n", n, body);
}

static void make_pdf(struct buf *b, const char *const *pages, int n_pages, bool encrypted)
{
    size_t offsets[64] = {0};
    char body[600], kids[200] = "";
    int n = 3;
    *b = buf_make(1 << 16);
    buf_puts(b, "%PDF-1.4\n");
    put_object(b, offsets, 1, "<< /Type /Catalog /Pages 2 0 R >>");
    put_object(b, offsets, 3, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
    for (int i = 0; i < n_pages; i++) {
        char stream[200];
        snprintf(stream, sizeof stream, "BT /F 12 Tf 72 700 Td (%s) Tj ET", pages[i]);
        snprintf(body, sizeof body, "<< /Length %zu >>\nstream\n%s\nendstream", strlen(stream), stream);
        put_object(b, offsets, ++n, body);
        snprintf(body, sizeof body,
                 "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R /Resources << /Font << /F 3 0 R >> >> >>", n);
        put_object(b, offsets, ++n, body);
        snprintf(kids + strlen(kids), sizeof kids - strlen(kids), "%d 0 R ", n);
    }
    snprintf(body, sizeof body, "<< /Type /Pages /Kids [%s] /Count %d >>", kids, n_pages);
    put_object(b, offsets, 2, body);
    size_t xref = b->len;
    buf_printf(b, "xref\n0 %d\n0000000000 65535 f \n", n + 1);
    for (int i = 1; i <= n; i++)
        buf_printf(b, "%010zu 00000 n \n", offsets[i]);
    buf_printf(
        b, "trailer << /Size %d /Root 1 0 R %s >>\nstartxref\n%zu\n%%%%EOF\n", n + 1,
        encrypted
            ? "/ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 "
              "/O <000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f> "
              "/U <202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f> >>"
            : "",
        xref);
}

static void test_pdf(void **state)
{
    static const char *const pages[] = {"Words of the first page.", "", "On the third page."};
    (void)state;
    struct buf pdf;
    struct seen s;
    make_pdf(&pdf, pages, 3, false);
    see_read(&s, reader, "report.pdf", buf_str(&pdf));
    if (s.code == ERR_UNSUPPORTED) { /* tools/setup test installs it */
        print_message("pdftotext is not installed\n");
        skip();
    }
    if (s.code)
        fail_msg("%s", s.err.text);
    assert_int_equal(s.info.kind, DOC_PDF);
    assert_int_equal(s.info.n_pages, 3);
    assert_has(&s, "Words of the first page.");
    assert_has(&s, "On the third page.");
    assert_int_equal(s.chunks[0].page, 1);
    see_free(&s);
    expect("cut.pdf", str_head(buf_str(&pdf), 30), ERR_CORRUPT, "damaged PDF");
    buf_free(&pdf);
    make_pdf(&pdf, pages, 3, true);
    expect("secret.pdf", buf_str(&pdf), ERR_DENIED, "PDF with a password");
    buf_free(&pdf);
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
    assert_int_equal(doc_read(reader, fd, STR("x.txt"), &(const struct doc_events){.chunk = stop_at_first}, &n, &info, &e), ERR_CANCELED);
    assert_int_equal(n, 1);
    assert_int_equal(doc_read(reader, fd, STR("x.txt"), &(const struct doc_events){.chunk = touch_it}, &fd, &info, &e), ERR_AGAIN);
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
        {.kind = FRAME_INFO, .info = {.kind = DOC_KIND_COUNT}},
        {.kind = FRAME_INFO, .info = {.title = "\x01"}},
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
        cmocka_unit_test(test_pdf),
        cmocka_unit_test(test_a_lost_host_is_started_again),
        cmocka_unit_test(test_stopping_and_changing),
        cmocka_unit_test(test_hostile_frames),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
