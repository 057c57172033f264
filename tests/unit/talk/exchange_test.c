#include "fixture.h"

#include "talk/exchange.h"

struct file {
    int64_t owner;
    const char *json;
    struct talk_import_result result;
    struct buf out;
    enum talk_format format;
};

static int do_import(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    struct file *file = ctx;
    struct talk_import *i;
    bool left = true;
    int rc = talk_import_open(str_of(file->json), &i, e);
    if (rc)
        return rc;
    while (!rc && left)
        rc = talk_import_some(db, file->owner, i, f->now_ms++, 2, &left, e);
    file->result = *talk_import_result(i);
    talk_import_free(i);
    return rc;
}

static int do_export(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    (void)f;
    struct file *file = ctx;
    struct talk_export x = {.format = file->format};
    int rc = OK;
    while (!rc && !x.ended)
        rc = talk_export_some(db, file->owner, &x, 1, &file->out, e);
    return rc;
}

static struct talk_import_result import(struct fixture *f, int64_t owner, const char *json)
{
    struct file file = {.owner = owner, .json = json};
    if (with_db(f, do_import, &file))
        fail_msg("%s", f->err.text);
    return file.result;
}

static void export_comes_back_whole(void **state)
{
    struct fixture *f = *state;
    struct talk_conversation c = new_conversation(f, ME, "one");
    struct talk_task t = ask(f, ME, c.id, NULL, "q1");
    end_answer(f, &t, "a \"quoted\"\nanswer", TALK_STOPPED);
    say(f, ME, c.id, "", "q1, edited");
    say(f, ME, new_conversation(f, ME, "two").id, NULL, "alone");
    struct file out = {.owner = ME, .out = buf_make(1 << 20)};
    assert_int_equal(with_db(f, do_export, &out), OK);
    assert_int_equal(import(f, ME, buf_cstr(&out.out)).conversations, 0); /* they are here already */

    struct talk_import_result r = import(f, OTHER, buf_cstr(&out.out));
    assert_int_equal(r.conversations, 2);
    assert_int_equal(r.messages, 4);
    assert_int_equal(import(f, OTHER, buf_cstr(&out.out)).n_skipped, 2);
    struct talk_page page = find(f, OTHER, "edited");
    assert_int_equal(page.n, 1);
    struct talk_conversation copy = get_conversation(f, OTHER, page.items[0].id);
    struct talk_message *m;
    assert_int_equal(get_messages(f, &copy, &m), 3);
    assert_str(m[1].content, "a \"quoted\"\nanswer");
    assert_str(m[1].reasoning, "Hm.");
    assert_null(m[0].reasoning.ptr);
    assert_int_equal(m[1].state, TALK_STOPPED);
    assert_true(str_eq(m[1].parent, m[0].id));
    assert_null(m[2].parent.ptr);
    assert_true(str_eq(copy.leaf, m[2].id));
    check_index(f);
    buf_free(&out.out);
}

static void chatgpt_keeps_branches_and_drops_tools(void **state)
{
    struct fixture *f = *state;
    static const char json[] =
        "[{\"title\":\"T\",\"create_time\":1700000000.5,\"conversation_id\":\"c1\",\"current_node\":\"tool\",\"mapping\":{"
        "\"late\":{\"parent\":\"user\",\"message\":{\"author\":{\"role\":\"assistant\"},\"content\":{\"parts\":[\"B\",\"C\"]}}},"
        "\"root\":{\"parent\":null,\"message\":null},"
        "\"sys\":{\"parent\":\"root\",\"message\":{\"author\":{\"role\":\"system\"},\"content\":{\"parts\":[\"hidden\"]}}},"
        "\"user\":{\"parent\":\"sys\",\"message\":{\"author\":{\"role\":\"user\"},\"create_time\":1700000001,\"content\":{\"parts\":[\"A\"]"
        "}}},"
        "\"tool\":{\"parent\":\"user\",\"message\":{\"author\":{\"role\":\"tool\"},\"content\":{\"text\":\"x\"}}},"
        "\"end\":{\"parent\":\"tool\",\"message\":{\"author\":{\"role\":\"assistant\"},\"metadata\":{\"model_slug\":\"g\"},"
        "\"content\":{\"content_type\":\"code\",\"language\":\"c\",\"text\":\"x;\"}}}}}]";
    struct talk_import_result r = import(f, ME, json);
    assert_int_equal(r.conversations, 1);
    assert_int_equal(r.messages, 3);
    assert_int_equal(import(f, ME, json).n_skipped, 1);
    struct talk_conversation c = get_conversation(f, ME, list(f, ME, (struct talk_query){.limit = 1}).items[0].id);
    struct talk_message *m;
    assert_int_equal(get_messages(f, &c, &m), 3);
    assert_str(m[0].content, "A");
    assert_int_equal(m[0].created_ms, 1700000001000);
    assert_str(m[1].content, "B\n\nC");
    assert_true(str_eq(m[1].parent, m[0].id));
    assert_str(m[2].content, "```c\nx;\n```");
    assert_true(str_eq(m[2].parent, m[0].id)); /* the tool between them is gone */
    assert_str(m[2].model, "g");
    assert_true(str_eq(c.leaf, m[0].id));
    assert_int_equal(c.created_ms, 1700000000500);
}

static void hostile_files_do_no_harm(void **state)
{
    struct fixture *f = *state;
    struct talk_import_result r =
        import(f, ME,
               "[{\"mapping\":{\"a\":{\"parent\":\"b\",\"message\":{\"author\":{\"role\":\"user\"},\"content\":{\"parts\":[\"1\"]}}},"
               "\"b\":{\"parent\":\"a\",\"message\":{\"author\":{\"role\":\"user\"},\"content\":{\"parts\":[\"2\"]}}}}},"
               "7,{\"mapping\":{}},{\"mapping\":[],\"title\":{}}]");
    assert_int_equal(r.conversations, 1);
    assert_int_equal(r.messages, 2);
    assert_int_equal(r.n_skipped, 3);
    static const char *const bad[] = {"",
                                      "{",
                                      "[]",
                                      "{}",
                                      "7",
                                      "# Notes",
                                      "[[1]]",
                                      "{\"format\":\"hearth.conversations\",\"version\":2,\"conversations\":[]}",
                                      "{\"conversations\":[{}]}",
                                      "[{\"mapping\":\"\\ud800\"}]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct file file = {.owner = ME, .json = bad[i]};
        assert_int_equal(with_db(f, do_import, &file), ERR_INVAL);
        assert_true(f->err.text[0]);
    }
    check_index(f);
}

static void markdown_comes_back(void **state)
{
    struct fixture *f = *state;
    struct talk_conversation c = new_conversation(f, ME, "one");
    struct talk_task t = ask(f, ME, c.id, NULL, "q1\r\n## Assistant\n\n<!-- hearth:message");
    end_answer(f, &t, "```md\n# 标题\n```\n", TALK_STOPPED);
    say(f, ME, new_conversation(f, ME, "two").id, NULL, "alone");
    struct file out = {.owner = ME, .out = buf_make(1 << 20), .format = TALK_MARKDOWN};
    assert_int_equal(with_db(f, do_export, &out), OK);
    assert_int_equal(import(f, ME, buf_cstr(&out.out)).n_skipped, 2); /* they are here already */
    assert_int_equal(import(f, OTHER, buf_cstr(&out.out)).conversations, 2);
    assert_int_equal(import(f, OTHER, buf_cstr(&out.out)).n_skipped, 2);
    struct talk_conversation copy = get_conversation(f, OTHER, find(f, OTHER, "标题").items[0].id);
    struct talk_message *m;
    assert_int_equal(get_messages(f, &copy, &m), 2);
    assert_str(m[0].content, "q1\r\n## Assistant\n\n<!-- hearth:message");
    assert_str(m[1].content, "```md\n# 标题\n```\n");
    assert_int_equal(m[1].state, TALK_STOPPED);
    assert_true(str_eq(m[1].parent, m[0].id));
    check_index(f);
    buf_free(&out.out);
}

static void markdown_has_the_branch_that_is_shown(void **state)
{
    struct fixture *f = *state;
    struct talk_conversation c = new_conversation(f, ME, "a\nb");
    say(f, ME, c.id, NULL, "left out");
    say(f, ME, c.id, "", "shown");
    struct file out = {.owner = ME, .out = buf_make(1 << 20), .format = TALK_MARKDOWN};
    assert_int_equal(with_db(f, do_export, &out), OK);
    assert_non_null(strstr(buf_cstr(&out.out), "# a b\n"));
    assert_non_null(strstr(buf_cstr(&out.out), "## You\n\nshown\n"));
    assert_null(strstr(buf_cstr(&out.out), "left out"));
    buf_free(&out.out);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(export_comes_back_whole), TEST(chatgpt_keeps_branches_and_drops_tools), TEST(hostile_files_do_no_harm),
        TEST(markdown_comes_back),     TEST(markdown_has_the_branch_that_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
