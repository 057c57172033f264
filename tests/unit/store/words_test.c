/* Text as words, and what FTS5 finds through them. */
#include "fixture.h"

#include "store/words.h"

static int put(void *ctx, struct str token, size_t begin, size_t end, bool beside)
{
    struct buf *b = ctx;
    (void)begin;
    (void)end;
    if (b->len)
        buf_putc(b, beside ? '+' : ' ');
    buf_put(b, token);
    return OK;
}

static void expect(const char *text, enum words_mode mode, const char *want)
{
    struct buf b = buf_make(10000);
    assert_int_equal(words_cut(str_of(text), mode, put, &b), OK);
    assert_str(buf_str(&b), want);
    buf_free(&b);
}

static void texts_are_cut_into_folded_words_and_pairs(void **state)
{
    (void)state;
    static const struct {
        const char *text, *stored, *asked;
    } rows[] = {
        {"", "", ""},
        {"  ,. !", "", ""},
        {"Hello, World 42!", "hello world 42", "hello world 42"},
        {"don't state-of-the-art", "don t state of the art", "don t state of the art"},
        {"Ünïcödé STRASSE Straße İstanbul", "unicode strasse strasse istanbul", "unicode strasse strasse istanbul"},
        {"u\xcc\x88 A\xcc\x8a", "u a", "u a"}, /* marks of their own */
        {"Ёлка Йод άλφα", "елка иод αλφα", "елка иод αλφα"},
        {"कि हिन्दी", "कि हिन्दी", "कि हिन्दी"}, /* vowel signs stay */
        {"ＡＢＣ１２ ﬁne", "abc12 fine", "abc12 fine"},
        {"中", "中", "中"},
        {"公园", "公园+公 园", "公园"},
        {"今天天气", "今天+今 天天+天 天气+天 气", "今天 天天 天气"},
        {"用Python写", "用 python 写", "用 python 写"},
        {"今天hello", "今天+今 天 hello", "今天 天 hello"},
        {"今天。明天", "今天+今 天 明天+明 天", "今天 天 明天"},
        {"ひらがなテスト", "ひら+ひ らが+ら がな+が なテ+な テス+テ スト+ス ト", "ひら らが がな なテ テス スト"},
        {"ｶﾅ", "カナ+カ ナ", "カナ"}, /* half width */
        {"한국어 검색", "한국+한 국어+국 어 검색+검 색", "한국 국어 어 검색"},
        {"\xf0\xa0\x80\x80\xf0\xa0\x80\x81", "\xf0\xa0\x80\x80\xf0\xa0\x80\x81+\xf0\xa0\x80\x80 \xf0\xa0\x80\x81",
         "\xf0\xa0\x80\x80\xf0\xa0\x80\x81"},
        {"a\xff"
         "b \xe4\xbd",
         "a b", "a b"}, /* not UTF-8 */
        {"😀 ok 😀", "ok", "ok"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        expect(rows[i].text, WORDS_TEXT, rows[i].stored);
        expect(rows[i].text, WORDS_QUERY, rows[i].asked);
    }
}

struct span {
    const char *text;
    size_t last, tokens;
};

static int in_order(void *ctx, struct str token, size_t begin, size_t end, bool beside)
{
    struct span *s = ctx;
    assert_true(begin < end && end <= strlen(s->text));
    assert_true(begin >= s->last || beside);
    assert_true(token.len > 0 && token.len <= WORDS_TOKEN_MAX);
    s->last = begin;
    s->tokens++;
    return OK;
}

static void long_words_are_cut_and_places_are_in_order(void **state)
{
    (void)state;
    static char text[20000];
    memset(text, 'x', sizeof text - 1);
    struct span s = {.text = text};
    words_cut(str_of(text), WORDS_TEXT, in_order, &s);
    assert_int_equal(s.tokens, 1);
    for (size_t i = 0; i + 4 < sizeof text; i += 3)
        memcpy(text + i, "天", 3);
    text[sizeof text - 2] = text[sizeof text - 3] = ' ';
    s = (struct span){.text = text};
    words_cut(str_of(text), WORDS_TEXT, in_order, &s);
    assert_true(s.tokens > 13000);
}

static int stop(void *ctx, struct str token, size_t begin, size_t end, bool beside)
{
    (void)token;
    (void)begin;
    (void)end;
    (void)beside;
    return ++*(int *)ctx == 2 ? ERR_FULL : OK;
}

static void a_caller_may_end_it(void **state)
{
    (void)state;
    int n = 0;
    assert_int_equal(words_cut(STR("a b c d"), WORDS_TEXT, stop, &n), ERR_FULL);
    assert_int_equal(n, 2);
}

/* ---- through FTS5 */

struct query {
    struct str match;
    char ids[100];
};

static int find(struct store_db *db, void *ctx, struct err *e)
{
    struct query *q = ctx;
    struct store_stmt *st = db_prepare(db, "SELECT rowid FROM words WHERE words MATCH ?1 ORDER BY rowid");
    db_bind_str(st, 1, q->match);
    int r;
    size_t n = 0;
    q->ids[0] = 0;
    while ((r = db_step(db, st, e)) == 1)
        n += (size_t)snprintf(q->ids + n, sizeof q->ids - n, "%s%lld", n ? " " : "", (long long)db_int(st, 0));
    return r;
}

static void expect_found(struct store *s, const char *text, bool typing, const char *ids)
{
    struct buf b = buf_make(10000);
    struct err e = {0};
    assert_int_equal(words_match(str_of(text), typing, &b), OK);
    struct query q = {.match = buf_str(&b)};
    if (!b.len)
        assert_string_equal(ids, "");
    else if (store_read(s, find, &q, &e))
        fail_msg("\"%s\": %s", buf_cstr(&b), e.text);
    else if (strcmp(q.ids, ids) != 0)
        fail_msg("\"%s\" found \"%s\", not \"%s\"", buf_cstr(&b), q.ids, ids);
    buf_free(&b);
}

static void searches_find_what_people_mean(void **state)
{
    (void)state;
    struct fixture f;
    fixture_make(&f);
    struct store *s = fixture_open(&f);
    add_note(s, "1", "今天天气很好，我们去公园散步");
    add_note(s, "2", "日本語の全文検索テスト");
    add_note(s, "3", "The quick brown Fox, naïve café");
    add_note(s, "4", "用Python写一个公共函数");
    add_note(s, "5", "foxes AND NEAR(x) \"quoted\" words*");
    static const struct {
        const char *text;
        bool typing;
        const char *ids;
    } rows[] = {
        {"公园", false, "1"},           {"天气很好", false, "1"},   {"公", false, "1 4"},       {"园", false, "1"},
        {"公园 今天", false, "1"},      {"公好", false, ""},        {"全文検索", false, "2"},   {"fox", false, "3"},
        {"fox", true, "3 5"},           {"CAFE naive", false, "3"}, {"quick fox", false, "3"},  {"fox quick", false, "3"},
        {"python", false, "4"},         {"用python写", false, "4"}, {"python写一", false, "4"}, {"公", true, "1 4"},
        {"\"quoted\"", false, "5"},     {"AND", false, "5"},        {"NEAR(x", false, "5"},     {"words*", false, "5"},
        {"body: x", false, ""},         {"-x", false, "5"},         {"() \" ^ *", false, ""},   {"", true, ""},
        {"天气很好，我们", false, "1"}, {"散步", true, "1"},        {"qui bro", true, ""},      {"quick bro", true, "3"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_found(s, rows[i].text, rows[i].typing, rows[i].ids);
    store_free(s);
    fixture_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_cut_into_folded_words_and_pairs),
        cmocka_unit_test(long_words_are_cut_and_places_are_in_order),
        cmocka_unit_test(a_caller_may_end_it),
        cmocka_unit_test(searches_find_what_people_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
