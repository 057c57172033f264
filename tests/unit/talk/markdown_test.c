/* Markdown out and in again, without a store: what comes back is compared with what went out. */
#include "../check.h"
#include "base/rng.h"
#include "talk/import.h"
#include "talk/markdown.h"

enum { MESSAGES_MAX = 8 };

struct sample {
    struct talk_conversation c;
    struct talk_message m[MESSAGES_MAX];
    size_t n;
};

static const char *const ids[MESSAGES_MAX] = {"m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7"};

static void add(struct sample *s, enum talk_role role, struct str content)
{
    struct talk_message *m = &s->m[s->n];
    *m = (struct talk_message){.id = str_of(ids[s->n]), .role = role, .content = content, .created_ms = 1700000000000 + (int64_t)s->n};
    if (s->n)
        m->parent = str_of(ids[s->n - 1]);
    s->c.leaf = m->id;
    s->n++;
}

static struct sample new_sample(const char *title)
{
    return (struct sample){.c = {.id = STR("c"),
                                 .title = str_of(title),
                                 .system = STR(""),
                                 .settings = STR("{}"),
                                 .created_ms = 1600000000000,
                                 .updated_ms = 1600000000001}};
}

static void write_sample(const struct sample *s, struct buf *out)
{
    struct arena a = arena_make(1 << 20);
    struct err e;
    assert_int_equal(markdown_put(out, &s->c, s->m, s->n, &a, &e), OK);
    assert_false(out->failed);
    arena_free(&a);
}

static json_t *parse(struct str text)
{
    json_t *list = NULL;
    struct err e = {0};
    if (markdown_parse(text, &list, &e))
        fail_msg("%s in:\n" STR_FMT, e.text, STR_ARG(text));
    return list;
}

static void same(const char *what, struct str is, struct str should)
{
    if (!str_eq(is, should))
        fail_msg("%s is '" STR_FMT "', not '" STR_FMT "'", what, STR_ARG(is), STR_ARG(should));
}

static void same_message(const struct talk_message *is, const struct talk_message *should)
{
    assert_int_equal(is->role, should->role);
    assert_int_equal(is->state, should->state);
    assert_int_equal(is->rating, should->rating);
    assert_int_equal(is->created_ms, should->created_ms);
    assert_int_equal(is->has_usage, should->has_usage);
    assert_int_equal(is->usage.completion_tokens, should->usage.completion_tokens);
    same("content", is->content, should->content);
    same("model", is->model, should->model);
    same("error", is->error, should->error);
    assert_int_equal(is->n_attachments, should->n_attachments);
    for (size_t i = 0; i < is->n_attachments; i++) {
        same("name", is->attachments[i].name, should->attachments[i].name);
        same("text", is->attachments[i].text, should->attachments[i].text);
        assert_int_equal(is->attachments[i].tokens, should->attachments[i].tokens);
    }
    assert_int_equal(is->n_calls, should->n_calls);
    for (size_t i = 0; i < is->n_calls; i++) {
        same("call's id", is->calls[i].id, should->calls[i].id);
        same("call's name", is->calls[i].name, should->calls[i].name);
        same("call's text", is->calls[i].text, should->calls[i].text);
    }
}

static void same_sample(json_t *v, const struct sample *s)
{
    struct arena a = arena_make(1 << 20);
    struct import_tree t;
    struct err e = {0};
    if (import_hearth(v, 0, &a, &t, &e))
        fail_msg("%s", e.text);
    same("title", t.c.title, s->c.title);
    same("folder", t.c.folder, s->c.folder);
    same("system", t.c.system, s->c.system);
    same("settings", t.c.settings, s->c.settings);
    assert_int_equal(t.c.created_ms, s->c.created_ms);
    assert_int_equal(t.c.updated_ms, s->c.updated_ms);
    assert_int_equal(t.n, s->n);
    for (size_t i = 0; i < s->n; i++) {
        assert_int_equal(t.parents[i], (int)i - 1);
        same_message(&t.messages[i], &s->m[i]);
    }
    arena_free(&a);
}

static void round_trip(const struct sample *s)
{
    struct buf out = buf_make(8 << 20);
    write_sample(s, &out);
    json_t *list = parse(buf_str(&out));
    assert_int_equal(json_array_size(list), 1);
    same_sample(json_array_get(list, 0), s);
    json_decref(list);
    buf_free(&out);
}

static void everything_comes_back(void **state)
{
    (void)state;
    const struct talk_attachment files[] = {
        {STR("a*b`.md"), STR("```\n# x\n```\n"), 12, 7},
        {STR("空.txt"), STR(""), 0, -1},
        {STR("c"), STR("no end\n\n<!-- hearth:x -->"), 9, -1},
    };
    struct sample s = new_sample("A --> \"title\" <b>\nof two lines");
    s.c.folder = STR("folder");
    s.c.system = STR("## You\n\nare a pirate\n");
    s.c.settings = STR("{\"temperature\":0.5000}");
    add(&s, TALK_USER, STR("question"));
    s.m[0].attachments = files;
    s.m[0].n_attachments = 3;
    add(&s, TALK_ASSISTANT, STR("an answer"));
    s.m[1].model = STR("m (x)");
    s.m[1].rating = -1;
    s.m[1].has_usage = true;
    s.m[1].usage.completion_tokens = 3;
    add(&s, TALK_USER, STR(""));
    add(&s, TALK_ASSISTANT, STR(""));
    s.m[3].state = TALK_FAILED;
    s.m[3].error = STR("It broke -->\n*badly*");
    static const struct talk_call calls[] = {{{"c1", 2}, {"look", 4}, {"{\"at\":\"-->\\n\"}", 14}}, {{"c2", 2}, {"see", 3}, {"{}", 2}}};
    static const struct talk_call results[] = {{{"c1", 2}, {"look", 4}, {"**\n<!-- hearth:message {} -->\n", 30}}};
    add(&s, TALK_ASSISTANT, STR("text\n"));
    s.m[4].calls = calls;
    s.m[4].n_calls = 2;
    add(&s, TALK_TOOL, STR(""));
    s.m[5].calls = results;
    s.m[5].n_calls = 1;
    round_trip(&s);
}

/* Whatever a line can do to a reader of lines. */
static const char *const pieces[] = {
    "",
    "\n",
    "\n\n",
    "\n\n\n",
    "\r\n",
    "\r",
    "```\n",
    "````",
    "~~~\n",
    "# Title\n",
    "## You\n\n",
    "## Assistant\n",
    "---\n\n",
    "*x*\n",
    "<!-- hearth:message {\"role\":\"user\"} -->\n",
    "\n<!-- hearth:conversation {\"version\":1} -->\n",
    "\\<!-- hearth:system -->",
    "\n\\\\<!-- hearth:",
    "<!-- hearth",
    " <!-- hearth:error {} -->\n",
    "-->",
    "中文，标题\n",
    ("\xe2\x80\xae"
     "bidi"),
    "\x1b[31m",
    "\\",
    "\\\n",
    "\t",
    "text",
    "{\"a\":1}\n",
};

static void any_texts_come_back(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 7);
    for (int round = 0; round < 2000; round++) {
        struct buf text[MESSAGES_MAX];
        struct talk_attachment file = {STR("f"), {0}, 0, -1};
        struct sample s = new_sample("t");
        for (size_t i = 0; i < MESSAGES_MAX; i++) {
            text[i] = buf_make(4096);
            for (uint64_t k = rng_u64(&rng) % 6; k; k--)
                buf_puts(&text[i], pieces[rng_u64(&rng) % (sizeof pieces / sizeof *pieces)]);
        }
        s.c.system = buf_str(&text[0]);
        file.text = buf_str(&text[1]);
        for (size_t i = 2; i < MESSAGES_MAX; i++)
            add(&s, i & 1 ? TALK_ASSISTANT : TALK_USER, buf_str(&text[i]));
        s.m[2].attachments = &file;
        s.m[2].n_attachments = round & 1;
        round_trip(&s);
        for (size_t i = 0; i < MESSAGES_MAX; i++)
            buf_free(&text[i]);
    }
}

static void an_editor_may_change_line_ends(void **state)
{
    (void)state;
    struct sample s = new_sample("t");
    const struct talk_attachment file = {STR("f"), STR("a\nb"), 3, -1};
    add(&s, TALK_USER, STR("one\n\n<!-- hearth:x\ntwo\n"));
    s.m[0].attachments = &file;
    s.m[0].n_attachments = 1;
    add(&s, TALK_ASSISTANT, STR("three"));
    struct buf out = buf_make(1 << 20), crlf = buf_make(1 << 20);
    write_sample(&s, &out);
    for (size_t i = 0; i < out.len; i++) {
        if (out.ptr[i] == '\n')
            buf_putc(&crlf, '\r');
        buf_putc(&crlf, out.ptr[i]);
    }
    json_t *list = parse(buf_str(&crlf));
    same_sample(json_array_get(list, 0), &s);
    json_decref(list);
    list = parse(str_trim(buf_str(&out))); /* and it may cut the end */
    same_sample(json_array_get(list, 0), &s);
    json_decref(list);
    buf_free(&out);
    buf_free(&crlf);
}

#define HEAD      "<!-- hearth:conversation {\"version\":1} -->\n# T\n\n"
#define USER      "<!-- hearth:message {\"role\":\"user\"} -->\n## You\n\n"
#define FILE_MARK "<!-- hearth:attachment {\"name\":\"n\"} -->\n"

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *wrong;
    } cases[] = {
        {"# Notes\n\nof mine\n", "Line 1 of the Markdown: an export of hearth's"},
        {"\n\n  words", "Line 3 of the Markdown: an export of hearth's"},
        {USER "x", "Line 1 of the Markdown: the mark of a conversation"},
        {"<!-- hearth:conversation {\"version\":2} -->\n", "later version"},
        {"<!-- hearth:conversation -->\n", "later version"},
        {"<!-- hearth:conversation {\"version\":1}\n", "Line 1 of the Markdown: a mark that ends with"},
        {"<!-- hearth:conversation [1] -->\n", "Line 1 of the Markdown: an object of JSON"},
        {"<!-- hearth:conversation {\"version\":1 -->\n", "Line 1 of the Markdown: an object of JSON"},
        {HEAD "lost words\n", "Line 4 of the Markdown: a mark"},
        {HEAD "<!-- hearth:poem -->\n", "Line 4 of the Markdown: the mark of a message or conversation"},
        {HEAD "<!-- hearth:message {\"role\":\"system\"} -->\n## You\n\nx", "Line 4 of the Markdown: a message whose \"role\""},
        {HEAD "<!-- hearth:message {\"role\":7} -->\n## You\n\nx", "Line 4 of the Markdown: a message whose \"role\""},
        {HEAD "<!-- hearth:message {\"role\":\"user\"} -->\nwords", "Line 5 of the Markdown: a heading"},
        {HEAD "<!-- hearth:message {\"role\":\"user\"} -->\n## You\nwords", "Line 6 of the Markdown: an empty line"},
        {HEAD "<!-- hearth:error {\"text\":\"x\"} -->\n*x*", "Line 4 of the Markdown: a message's mark"},
        {HEAD USER "x\n\n<!-- hearth:system -->\n## System\n\nx", "Line 9 of the Markdown: a message's mark"},
        {HEAD USER "x\n\n<!-- hearth:error {} -->\n*x*", "Line 9 of the Markdown: an error's mark"},
        {HEAD USER "x\n\n" FILE_MARK "*n*\n", "Line 9 of the Markdown: the mark of a message"},
        {HEAD USER FILE_MARK, "Line 8 of the Markdown: an attachment"},
        {HEAD USER FILE_MARK "n\n", "Line 8 of the Markdown: the attachment's name"},
        {HEAD USER FILE_MARK "*n*\n\nwords\n", "Line 10 of the Markdown: a fence"},
        {HEAD USER FILE_MARK "*n*\n\n```\nwords\n", "Line 12 of the Markdown: the end of the attachment's fence"},
        {HEAD USER FILE_MARK "*n*\n\n```\n" USER, "Line 11 of the Markdown: the end of the attachment's fence"},
        {HEAD USER "x\ny\xff", "Line 8 of the Markdown: text in UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *list = NULL;
        struct err e = {0};
        assert_int_equal(markdown_parse(str_of(cases[i].text), &list, &e), ERR_INVAL);
        if (!strstr(e.text, cases[i].wrong))
            fail_msg("case %zu: '%s', not '%s'", i, e.text, cases[i].wrong);
        assert_null(list);
    }
}

static void marks_cannot_say_more_than_they_may(void **state)
{
    (void)state;
    json_t *list =
        parse(STR("<!-- hearth:conversation "
                  "{\"version\":1,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"leaf\":\"9\",\"system\":\"s\"} -->\n"
                  "<!-- hearth:message "
                  "{\"role\":\"user\",\"id\":7,\"parent\":\"0\",\"content\":\"x\",\"error\":\"e\",\"attachments\":[{\"name\":\"n\"}]} -->\n"
                  "## You\n\nwords"));
    struct sample s = new_sample("");
    add(&s, TALK_USER, STR("words"));
    s.m[0].created_ms = s.c.created_ms = s.c.updated_ms = 1;
    json_t *v = json_array_get(list, 0);
    json_object_set_new(v, "created_ms", json_integer(1));
    same_sample(v, &s);
    json_decref(list);
}

static void sizes_are_bounded(void **state)
{
    (void)state;
    struct buf b = buf_make(64 << 20);
    struct err e;
    json_t *list = NULL;
    buf_puts(&b, HEAD USER);
    for (size_t i = 0; i < (9 << 20) / 16; i++)
        buf_puts(&b, "sixteen bytes..\n");
    assert_int_equal(markdown_parse(buf_str(&b), &list, &e), ERR_INVAL);
    assert_non_null(strstr(e.text, "Line 7 of the Markdown: the text that begins here is longer than 8 MB"));
    buf_clear(&b);
    buf_puts(&b, "<!-- hearth:conversation {\"version\":1,\"x\":[1");
    for (size_t i = 0; i < TALK_IMPORT_VALUES_MAX; i++)
        buf_puts(&b, ",1");
    buf_puts(&b, "]} -->\n");
    assert_int_equal(markdown_parse(buf_str(&b), &list, &e), ERR_LIMIT);
    assert_null(list);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_comes_back),
        cmocka_unit_test(any_texts_come_back),
        cmocka_unit_test(an_editor_may_change_line_ends),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(marks_cannot_say_more_than_they_may),
        cmocka_unit_test(sizes_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
