/* Chunks: a partition of the text whose pieces end where sentences do, and know their place. */
#include "fixture.h"

#include <stdlib.h>

#include "base/rng.h"
#include "base/utf8.h"

static void repeat(struct buf *b, const char *what, size_t times)
{
    for (size_t i = 0; i < times; i++)
        buf_puts(b, what);
}

static void test_short_text_is_one_chunk(void **state)
{
    (void)state;
    struct seen s;
    see_parsed(&s, DOC_TEXT, STR("One line.\nAnother.\n"));
    assert_int_equal(s.n, 1);
    assert_int_equal(s.chunks[0].line, 1);
    assert_int_equal(s.chunks[0].page, 0);
    assert_string_equal(s.chunks[0].heading, "");
    see_free(&s);
    see_parsed(&s, DOC_TEXT, STR(""));
    assert_int_equal(s.n, 0);
    see_free(&s);
}

/* Every chunk but the last ends behind a full stop and its space. */
static void test_ends_of_sentences(void **state)
{
    static const struct {
        const char *sentence, *end;
    } cases[] = {
        {"The quick brown fox, e.g. this one, jumps over 3.14 lazy dogs \"at once.\" ", "once.\" "},
        {"敏捷的棕色狐狸跳过了懒狗，版本为3.14。", "。"},
        {"他说：“今天天气很好！”", "”"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b = buf_make(1 << 20);
        struct seen s;
        repeat(&b, cases[i].sentence, 200);
        see_parsed(&s, DOC_TEXT, buf_str(&b));
        assert_true(s.n > 5);
        for (size_t k = 0; k + 1 < s.n; k++) {
            assert_true(s.chunks[k].text.len >= DOC_CHUNK_BYTES_MIN);
            if (!str_ends(s.chunks[k].text, str_of(cases[i].end)))
                fail_msg("a chunk ends with \"" STR_FMT "\"", STR_ARG(str_skip(s.chunks[k].text, s.chunks[k].text.len - 30)));
        }
        see_free(&s);
        buf_free(&b);
    }
}

static void test_paragraphs_before_sentences(void **state)
{
    (void)state;
    struct buf b = buf_make(1 << 20);
    struct seen s;
    for (int i = 0; i < 20; i++) {
        repeat(&b, "A sentence of some words. ", 28); /* 728 bytes */
        buf_puts(&b, "\n\n");
    }
    see_parsed(&s, DOC_TEXT, buf_str(&b));
    assert_int_equal(s.n, 20);
    for (size_t i = 0; i < s.n; i++)
        assert_int_equal(s.chunks[i].line, 1 + 2 * i);
    see_free(&s);
    buf_free(&b);
}

/* No spaces, no ends: characters of three bytes are never split (see fixture.c), nor is much white space a trap. */
static void test_nothing_to_cut_at(void **state)
{
    static const char *const pieces[] = {"x", "漢", "😀", " ", "\n", "\t \n", "a b\n\n\n\n\n\n\n\n\n"};
    (void)state;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct buf b = buf_make(1 << 20);
        struct seen s;
        repeat(&b, pieces[i], 5001);
        see_parsed(&s, DOC_TEXT, buf_str(&b));
        assert_true(s.n >= b.len / DOC_CHUNK_BYTES_MAX);
        assert_int_equal(s.text.len, b.len);
        see_free(&s);
        buf_free(&b);
    }
}

/* Any mixture of what matters to the cutter is partitioned (the fixture checks it). */
static void test_random_mixtures(void **state)
{
    static const char *const pieces[] = {"word ", "。", "！",    ". ",  "\n",    "\n\n",  "# Head\n", "## Two\n", "漢字",
                                         "”",     ")",  "e.g. ", "   ", "```\n", "===\n", "\r\n",     "é"};
    (void)state;
    struct rng rng;
    rng_seed(&rng, 7);
    for (int round = 0; round < 60; round++) {
        struct buf b = buf_make(1 << 20);
        struct seen s;
        for (int i = 0; i < 2000; i++)
            buf_puts(&b, pieces[rng_u64(&rng) % (sizeof pieces / sizeof *pieces)]);
        see_parsed(&s, DOC_MARKDOWN, buf_str(&b));
        assert_int_equal(s.code, OK);
        see_free(&s);
        buf_free(&b);
    }
}

static void test_headings(void **state)
{
    (void)state;
    struct buf b = buf_make(1 << 20);
    struct seen s;
    buf_puts(&b, "# Handbook\n\n## Installing ##\n\n");
    repeat(&b, "How it is installed. ", 30);
    buf_puts(&b, "\n\n### From packages\n\n");
    repeat(&b, "Packages make it easy. ", 80);
    buf_puts(&b, "\n\n```sh\n# no heading\n```\n\nUsing\n-----\n\n");
    repeat(&b, "How it is used. ", 40);
    buf_puts(&b, "\n# Index\n\nWords.\n");
    see_parsed(&s, DOC_MARKDOWN, buf_str(&b));
    assert_string_equal(s.info.title, "Handbook");
    assert_string_equal(see_chunk(&s, "How it is installed")->heading, "Handbook › Installing");
    assert_string_equal(see_chunk(&s, "Packages make")->heading, "Handbook › Installing › From packages");
    assert_string_equal(see_chunk(&s, "# no heading")->heading, "Handbook › Installing › From packages");
    assert_string_equal(see_chunk(&s, "How it is used")->heading, "Handbook › Using");
    assert_string_equal(see_chunk(&s, "Words.")->heading, "Index");
    assert_true(str_starts(see_chunk(&s, "Words.")->text, STR("# Index")));
    assert_true(str_starts(see_chunk(&s, "How it is used")->text, STR("Using\n-----")));
    assert_int_equal(see_chunk(&s, "How it is used")->line, 15);
    see_free(&s);
    buf_free(&b);
}

/* Sections of a few words stay together instead of becoming crumbs, but never across a chapter. */
static void test_crumbs(void **state)
{
    (void)state;
    struct seen s;
    see_parsed(&s, DOC_MARKDOWN, STR("# A\n\n## One\nfew\n\n## Two\nwords\n\n# B\n\nmore\n"));
    assert_int_equal(s.n, 2);
    assert_string_equal(s.chunks[0].heading, "A › One");
    assert_string_equal(s.chunks[1].heading, "B");
    see_free(&s);
}

static void test_csv_rows(void **state)
{
    (void)state;
    struct buf b = buf_make(1 << 20);
    struct seen s;
    buf_puts(&b, "name,city,year\n");
    for (int i = 0; i < 300; i++)
        buf_printf(&b, "Person %d,\"Some. Town\",%d\n", i, 1900 + i);
    see_parsed(&s, DOC_CSV, buf_str(&b));
    assert_true(s.n > 5);
    for (size_t i = 0; i < s.n; i++) {
        assert_string_equal(s.chunks[i].heading, "name,city,year");
        assert_true(str_ends(s.chunks[i].text, STR("\n"))); /* rows are whole */
    }
    assert_true(see_chunk(&s, "Person 299,")->line <= 301);
    see_free(&s);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_short_text_is_one_chunk),
        cmocka_unit_test(test_ends_of_sentences),
        cmocka_unit_test(test_paragraphs_before_sentences),
        cmocka_unit_test(test_nothing_to_cut_at),
        cmocka_unit_test(test_random_mixtures),
        cmocka_unit_test(test_headings),
        cmocka_unit_test(test_crumbs),
        cmocka_unit_test(test_csv_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
