#include "fixture.h"

static void said(struct fixture *f, const char *title, const char *text)
{
    say(f, ME, new_conversation(f, ME, title).id, NULL, text);
}

static void words_beginnings_and_pairs(void **state)
{
    struct fixture *f = *state;
    said(f, "walk", "我们明天去颐和园散步，好吗？");
    said(f, "wind", "The Zéphyr blew over the hills");
    static const struct {
        const char *words;
        size_t n;
    } rows[] = {{"散步", 1},         {"颐和园", 1}, {"和散", 0}, {"zeph", 1}, {"ZEPHYR hills", 1},
                {"hills zephyr", 1}, {"eph", 0},    {"walk", 1}, {"吗", 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (find(f, ME, rows[i].words).n != rows[i].n)
            fail_msg("%s: %zu found", rows[i].words, find(f, ME, rows[i].words).n);
    static const char *const odd[] = {"\"", "a OR", "NEAR(", "*", "((", "AND", "\xff", "-", "title:x", "^a"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        find(f, ME, odd[i]);
}

static void snippets_mark_what_was_found(void **state)
{
    struct fixture *f = *state;
    said(f, "t", "The zephyr blew");
    said(f, "u", "我们明天去颐和园散步，好吗？");
    assert_str(find(f, ME, "zeph").items[0].snippet, "The \x02zephyr\x03 blew");
    assert_str(find(f, ME, "颐和园").items[0].snippet, "我们明天去\x02颐和园\x03散步，好吗？");
}

static void best_first_and_relaxed(void **state)
{
    struct fixture *f = *state;
    said(f, "other", "about the moon");
    said(f, "moon", "nothing");
    struct talk_page page = find(f, ME, "moon");
    assert_int_equal(page.n, 2);
    assert_str(page.items[0].title, "moon");
    assert_int_equal(find(f, ME, "moon unheard").n, 2); /* a word that is nowhere is dropped */
}

static void pages_neither_miss_nor_repeat(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 7; i++)
        said(f, "t", "moon");
    size_t n = 0;
    struct talk_query q = {.limit = 3};
    for (int pages = 0; pages < 5; pages++) {
        struct talk_page page = list(f, ME, q);
        assert_int_equal(page.total, 7);
        n += page.n;
        if (!page.next.ptr)
            break;
        q.before = page.next;
    }
    assert_int_equal(n, 7);
    q = (struct talk_query){.q = STR("moon"), .limit = 3};
    struct talk_page first = list(f, ME, q);
    q.before = first.next;
    struct talk_page second = list(f, ME, q);
    assert_int_equal(first.total, 7);
    assert_false(str_eq(first.items[0].id, second.items[0].id));
}

static void titles_come_from_first_messages(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *text, *title;
    } rows[] = {
        {"# Hello **big** `world`", "Hello big world"},
        {"\n\n> - What is this? And that?", "What is this?"},
        {"See [the page](http://x/y) please", "See the page please"},
        {"```c\nint x;\n```\nWhy?", "int x;"},
        {"你好。今天天气怎么样？", "你好"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_str(talk_title_of(str_of(rows[i].text), &f->arena), rows[i].title);
    struct str title =
        talk_title_of(STR("word word word word word word word word word word word word word word word word word word word"), &f->arena);
    assert_true(str_ends(title, STR("word…")));
    assert_true(title.len <= TALK_TITLE_CHARS + 2);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(words_beginnings_and_pairs),    TEST(snippets_mark_what_was_found),    TEST(best_first_and_relaxed),
        TEST(pages_neither_miss_nor_repeat), TEST(titles_come_from_first_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
