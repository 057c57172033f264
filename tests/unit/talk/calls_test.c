/* Calls of tools and their results, as rows, as what a model is told, and as settings. */
#include "fixture.h"

#include "talk/exchange.h"
#include "talk/settings.h"
#include "talk/tool_settings.h"

static const struct talk_call calls[] = {
    {{"c1", 2}, {"weather", 7}, {"{\"city\":\"Oslo\"}", 15}},
    {{"c2", 2}, {"time", 4}, {"{}", 2}},
    {{"c3", 2}, {"time", 4}, {"{\"zone\":\"CE", 11}}, /* the answer ended here */
};

struct post {
    struct str conversation;
    struct talk_post p;
    struct talk_message m;
    struct talk_task task;
};

static int do_post(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    struct post *c = ctx;
    c->p.answer = true;
    c->p.default_model = STR("tiny");
    return talk_post(db, ME, c->conversation, &c->p, f->now_ms++, &f->arena, &c->m, &c->task, e);
}

static int give(struct fixture *f, struct str conversation, const struct talk_call *results, size_t n, struct post *ret)
{
    *ret = (struct post){.conversation = conversation, .p = {.results = results, .n_results = n}};
    return with_db(f, do_post, ret);
}

static void results_go_back_to_the_model(void **state)
{
    struct fixture *f = *state;
    struct talk_conversation c = new_conversation(f, ME, "t");
    struct talk_task t = ask(f, ME, c.id, NULL, "Weather and time?");
    end_with_calls(f, &t, calls, 3, TALK_LENGTH);
    const struct talk_call results[] = {{.id = STR("c2"), .text = STR("noon")}, {.id = STR("c1"), .text = STR("rain")}};
    struct post p;
    assert_int_equal(give(f, c.id, results, 2, &p), OK);

    /* question · the two whole calls · a message for each result, in the order of the calls */
    assert_int_equal(p.task.n_messages, 4);
    const struct gen_message *m = p.task.messages;
    assert_int_equal(m[1].role, GEN_ROLE_ASSISTANT);
    assert_int_equal(m[1].n_tool_calls, 2);
    assert_str(m[1].tool_calls[0].arguments, "{\"city\":\"Oslo\"}");
    assert_str(m[1].tool_calls[1].name, "time");
    assert_int_equal(m[2].role, GEN_ROLE_TOOL);
    assert_str(m[2].content, "rain");
    assert_str(m[2].tool_call_id, "c1");
    assert_str(m[2].name, "weather");
    assert_str(m[3].content, "noon");

    end_answer(f, &p.task, "It rains at noon.", TALK_DONE);
    struct talk_message *all;
    c = get_conversation(f, ME, c.id);
    assert_int_equal(get_messages(f, &c, &all), 4);
    assert_int_equal(all[1].n_calls, 3);
    assert_str(all[1].calls[2].text, "{\"zone\":\"CE");
    assert_int_equal(all[2].role, TALK_TOOL);
    assert_str(all[2].calls[0].name, "weather");
    assert_str(all[2].calls[0].text, "rain");
    check_index(f);
}

static void results_must_be_those_of_the_calls(void **state)
{
    struct fixture *f = *state;
    struct talk_conversation c = new_conversation(f, ME, "t");
    const struct talk_call both[] = {{.id = STR("c1"), .text = STR("")}, {.id = STR("c2")}}, other = {.id = STR("x")};
    const struct talk_call twice[] = {both[0], both[0]}, more[] = {both[0], both[1], other};
    struct post p;
    assert_int_equal(give(f, c.id, both, 2, &p), ERR_INVAL); /* nothing was asked for */
    struct talk_task t = ask(f, ME, c.id, NULL, "q");
    assert_int_equal(give(f, c.id, both, 2, &p), ERR_AGAIN);
    end_with_calls(f, &t, calls, 2, TALK_DONE);
    assert_int_equal(give(f, c.id, both, 1, &p), ERR_INVAL);
    assert_non_null(strstr(f->err.text, "'c2' of time"));
    assert_int_equal(give(f, c.id, twice, 2, &p), ERR_INVAL);
    assert_int_equal(give(f, c.id, more, 3, &p), ERR_INVAL);
    assert_int_equal(give(f, c.id, both, 2, &p), OK);
    end_answer(f, &p.task, "done", TALK_DONE);
    assert_int_equal(give(f, c.id, both, 2, &p), ERR_INVAL); /* the last answer has no calls */
}

struct again {
    struct str conversation;
    struct talk_again g;
    struct talk_task task;
};

static int do_again(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    struct again *c = ctx;
    return talk_again(db, ME, c->conversation, &c->g, f->now_ms++, &f->arena, &c->task, e);
}

static void results_are_answered_again_but_calls_not_continued(void **state)
{
    struct fixture *f = *state;
    struct talk_conversation c = new_conversation(f, ME, "t");
    struct talk_task t = ask(f, ME, c.id, NULL, "q");
    end_with_calls(f, &t, calls, 1, TALK_DONE);
    struct again on = {.conversation = c.id, .g = {.continued = t.answer.id, .default_model = STR("m")}};
    assert_int_equal(with_db(f, do_again, &on), ERR_INVAL);
    const struct talk_call result = {.id = STR("c1"), .text = STR("sun")};
    struct post p;
    assert_int_equal(give(f, c.id, &result, 1, &p), OK);
    end_answer(f, &p.task, "one", TALK_DONE);
    struct again r = {.conversation = c.id, .g = {.parent = p.m.id, .default_model = STR("m")}};
    assert_int_equal(with_db(f, do_again, &r), OK);
    assert_int_equal(r.task.n_messages, 3);
    assert_str(r.task.messages[2].content, "sun");
}

struct copy {
    struct buf text;
    struct str id;
    enum talk_format format;
};

static int do_export(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    (void)f;
    struct copy *c = ctx;
    talk_export_begin(c->format, &c->text);
    int rc = talk_export_one(db, ME, c->id, c->format, &c->text, e);
    talk_export_end(c->format, &c->text);
    return rc;
}

static int do_import(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    struct copy *c = ctx;
    struct talk_import *i;
    bool left = true;
    int rc = talk_import_open(buf_str(&c->text), &i, e);
    while (!rc && left)
        rc = talk_import_some(db, OTHER, i, f->now_ms++, 100, &left, e);
    if (!rc)
        assert_int_equal(talk_import_result(i)->conversations, 1);
    talk_import_free(i);
    return rc;
}

static void both_exports_keep_calls(void **state)
{
    struct fixture *f = *state;
    for (int format = TALK_JSON; format <= TALK_MARKDOWN; format++) {
        struct talk_conversation c = new_conversation(f, ME, format ? "b" : "a");
        struct talk_task t = ask(f, ME, c.id, NULL, "q");
        end_with_calls(f, &t, calls, 2, TALK_DONE);
        const struct talk_call results[] = {{.id = STR("c1"), .text = STR("line\n<b>\n")}, {.id = STR("c2")}};
        struct post p;
        assert_int_equal(give(f, c.id, results, 2, &p), OK);
        end_answer(f, &p.task, "done", TALK_DONE);
        struct copy x = {.text = buf_make(1 << 20), .id = c.id, .format = (enum talk_format)format};
        if (with_db(f, do_export, &x) || with_db(f, do_import, &x))
            fail_msg("%s", f->err.text);
        struct talk_conversation copy =
            get_conversation(f, OTHER, list(f, OTHER, (struct talk_query){.q = format ? STR("b") : STR("a"), .limit = 1}).items[0].id);
        struct talk_message *m;
        assert_int_equal(get_messages(f, &copy, &m), 4);
        assert_int_equal(m[1].n_calls, 2);
        assert_str(m[1].calls[0].text, "{\"city\":\"Oslo\"}");
        assert_int_equal(m[2].role, TALK_TOOL);
        assert_str(m[2].calls[0].text, "line\n<b>\n");
        assert_str(m[2].calls[1].name, "time");
        buf_free(&x.text);
    }
}

static int read_settings(struct fixture *f, const char *json, struct str *ret)
{
    json_t *v = json_loads(json, 0, NULL);
    assert_non_null(v);
    int rc = talk_settings_read(v, &f->arena, ret, &f->err);
    json_decref(v);
    return rc;
}

static void tools_are_read_in_their_forms(void **state)
{
    struct fixture *f = *state;
    struct str s;
    static const char json[] =
        "{\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a\",\"description\":\"d\",\"parameters\":{\"type\":\"object\"}}},"
        "{\"name\":\"b\",\"input_schema\":{\"z\":1,\"a\":2}},{\"name\":\"c\",\"inputSchema\":{}},{\"name\":\"d\"}],"
        "\"tool_choice\":\"required\",\"schema\":{\"type\":\"integer\"},\"thinking\":false,\"think_budget\":9}";
    assert_int_equal(read_settings(f, json, &s), OK);
    struct gen_request q;
    gen_request_init(&q, GEN_CHAT);
    assert_int_equal(talk_settings_apply(s, &f->arena, &q, &f->err), OK);
    assert_int_equal(q.n_tools, 4);
    assert_str(q.tools[0].description, "d");
    assert_str(q.tools[0].parameters, "{\"type\":\"object\"}");
    assert_str(q.tools[1].parameters, "{\"z\":1,\"a\":2}"); /* in its own order */
    assert_str(q.tools[2].parameters, "{}");
    assert_int_equal(q.tools[3].parameters.len, 0);
    assert_int_equal(q.tool_choice, GEN_TOOLS_REQUIRED);
    assert_int_equal(q.format, GEN_FORMAT_SCHEMA);
    assert_str(q.format_text, "{\"type\":\"integer\"}");
    assert_int_equal(q.thinking, GEN_THINK_OFF);
    assert_int_equal(q.think_budget, 9);

    /* A demand without tools would be refused for ever. */
    assert_int_equal(read_settings(f, "{\"tools\":[],\"tool_choice\":\"required\"}", &s), OK);
    assert_int_equal(talk_settings_apply(s, &f->arena, &q, &f->err), OK);
    assert_int_equal(q.tool_choice, GEN_TOOLS_AUTO);
}

static void wrong_tools_are_named(void **state)
{
    static const char *const wrong[][2] = {
        {"{\"tools\":{}}", "'settings.tools'"},
        {"{\"tools\":[1]}", "'settings.tools[0]'"},
        {"{\"tools\":[{\"name\":\"a\"},{\"function\":{}}]}", "'settings.tools[1].name'"},
        {"{\"tools\":[{\"name\":\"a b\"}]}", "'settings.tools[0].name'"},
        {"{\"tools\":[{\"name\":\"a\"},{\"name\":\"a\"}]}", "'settings.tools[1].name'"},
        {"{\"tools\":[{\"name\":\"a\",\"description\":1}]}", "'settings.tools[0].description'"},
        {"{\"tools\":[{\"name\":\"a\",\"parameters\":[]}]}", "'settings.tools[0].parameters'"},
        {"{\"tool_choice\":\"a\"}", "'settings.tool_choice'"},
        {"{\"schema\":\"x\"}", "'settings.schema'"},
        {"{\"thinking\":1}", "'settings.thinking'"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct str s;
        assert_int_equal(read_settings(f, wrong[i][0], &s), ERR_INVAL);
        assert_ptr_equal(strstr(f->err.text, wrong[i][1]), f->err.text);
    }
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(results_go_back_to_the_model),
        TEST(results_must_be_those_of_the_calls),
        TEST(results_are_answered_again_but_calls_not_continued),
        TEST(both_exports_keep_calls),
        TEST(tools_are_read_in_their_forms),
        TEST(wrong_tools_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
