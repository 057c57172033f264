#include "fixture.h"

#include "talk/settings.h"

static void conversation_has_what_was_said(void **state)
{
    struct fixture *f = *state;
    struct talk_conversation c = new_conversation(f, ME, "");
    struct talk_task t = ask(f, ME, c.id, NULL, "What is the capital of France?");
    assert_int_equal(t.answer.state, TALK_WRITING);
    assert_str(t.model, "tiny");
    assert_int_equal(t.n_messages, 1);
    assert_str(t.messages[0].content, "What is the capital of France?");
    end_answer(f, &t, "Paris.", TALK_DONE);

    c = get_conversation(f, ME, c.id);
    assert_str(c.title, "What is the capital of France?");
    assert_int_equal(c.messages, 2);
    assert_true(str_eq(c.leaf, t.answer.id));
    struct talk_message *m;
    assert_int_equal(get_messages(f, &c, &m), 2);
    assert_int_equal(m[0].role, TALK_USER);
    assert_null(m[0].parent.ptr);
    assert_true(str_eq(m[1].parent, m[0].id));
    assert_str(m[1].content, "Paris.");
    assert_int_equal(m[1].state, TALK_DONE);
    assert_int_equal(m[0].id.len, TALK_ID_LEN);
    assert_false(str_eq(m[0].id, m[1].id));
}

static void edit_branches(void **state)
{
    struct fixture *f = *state;
    struct talk_conversation c = new_conversation(f, ME, "t");
    struct talk_task first = ask(f, ME, c.id, NULL, "one");
    end_answer(f, &first, "answer one", TALK_DONE);
    struct talk_task second = ask(f, ME, c.id, NULL, "two");
    end_answer(f, &second, "answer two", TALK_DONE);
    assert_int_equal(second.n_messages, 3);

    /* "two" is edited: the new message has the same parent, and the old branch is whole. */
    char parent[TALK_ID_LEN + 1];
    str_copy(parent, sizeof parent, first.answer.id);
    struct talk_task edited = ask(f, ME, c.id, parent, "two, better");
    end_answer(f, &edited, "answer two, better", TALK_DONE);
    assert_int_equal(edited.n_messages, 3);
    assert_str(edited.messages[2].content, "two, better");
    c = get_conversation(f, ME, c.id);
    assert_int_equal(c.messages, 6);
    assert_true(str_eq(c.leaf, edited.answer.id));

    /* The first message edited: a new root. */
    struct talk_task root = ask(f, ME, c.id, "", "one, better");
    assert_int_equal(root.n_messages, 1);
    assert_str(root.messages[0].content, "one, better");
    end_answer(f, &root, "", TALK_FAILED);
    struct talk_message *m;
    c = get_conversation(f, ME, c.id);
    assert_int_equal(get_messages(f, &c, &m), 8);
    assert_str(m[3].content, "answer two");
    check_index(f);
}

struct again_call {
    int64_t owner;
    struct str conversation;
    struct talk_again g;
    struct talk_task task;
};

static int do_again(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    struct again_call *c = ctx;
    return talk_again(db, c->owner, c->conversation, &c->g, f->now_ms++, &f->arena, &c->task, e);
}

static void regenerate_and_continue(void **state)
{
    struct fixture *f = *state;
    struct talk_conversation c = new_conversation(f, ME, "t");
    struct talk_task t = ask(f, ME, c.id, NULL, "tell me");
    end_answer(f, &t, "Once upon", TALK_LENGTH);

    struct again_call g = {.owner = ME, .conversation = c.id, .g = {.continued = t.answer.id}};
    assert_int_equal(with_db(f, do_again, &g), OK);
    assert_true(g.task.continued);
    assert_true(str_eq(g.task.answer.id, t.answer.id));
    assert_str(g.task.answer.content, "Once upon");
    assert_int_equal(g.task.n_messages, 2);
    assert_str(g.task.messages[1].content, "Once upon");
    /* While it is being written nobody may continue it, and the index does not have it. */
    assert_int_equal(with_db(f, do_again, &g), ERR_AGAIN);
    assert_int_equal(find(f, ME, "once").n, 0);
    end_answer(f, &g.task, "Once upon a time", TALK_DONE);
    assert_int_equal(find(f, ME, "once time").n, 1);
    check_index(f);

    struct again_call r = {.owner = ME, .conversation = c.id, .g = {.parent = t.answer.parent}};
    assert_int_equal(with_db(f, do_again, &r), OK);
    assert_false(r.task.continued);
    assert_true(str_eq(r.task.answer.parent, t.answer.parent));
    end_answer(f, &r.task, "Another", TALK_DONE);
    assert_int_equal(get_conversation(f, ME, c.id).messages, 3);

    /* Not what it must be. */
    struct again_call user = {.owner = ME, .conversation = c.id, .g = {.continued = t.answer.parent}};
    assert_int_equal(with_db(f, do_again, &user), ERR_INVAL);
    struct again_call assistant = {.owner = ME, .conversation = c.id, .g = {.parent = t.answer.id}};
    assert_int_equal(with_db(f, do_again, &assistant), ERR_INVAL);
    say(f, ME, c.id, NULL, "next");
    struct again_call inner = {.owner = ME, .conversation = c.id, .g = {.continued = r.task.answer.id}};
    assert_int_equal(with_db(f, do_again, &inner), ERR_INVAL);
}

static int post_into(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    struct talk_message m;
    struct talk_post p = {.content = STR("x"), .has_parent = false};
    return talk_post(db, ME, *(struct str *)ctx, &p, f->now_ms++, &f->arena, &m, NULL, e);
}

static void nothing_follows_a_growing_answer(void **state)
{
    struct fixture *f = *state;
    struct talk_conversation c = new_conversation(f, ME, "t");
    struct talk_task t = ask(f, ME, c.id, NULL, "one");
    assert_int_equal(with_db(f, post_into, &c.id), ERR_AGAIN);
    assert_int_equal(get_conversation(f, ME, c.id).messages, 2); /* nothing of it was stored */
    end_answer(f, &t, "done", TALK_DONE);
    assert_int_equal(with_db(f, post_into, &c.id), OK);
}

static void attachments_are_read_with_their_message(void **state)
{
    struct fixture *f = *state;
    struct talk_attachment files[] = {{.name = STR("a\"b.txt"), .text = STR("alpha\n"), .tokens = 3},
                                      {.name = STR("b"), .text = STR("beta"), .tokens = -1}};
    struct talk_message m = {.content = STR("Compare."), .attachments = files, .n_attachments = 2};
    assert_str(talk_render(&m, &f->arena), "<file name=\"a_b.txt\">\nalpha\n</file>\n\n<file name=\"b\">\nbeta\n</file>\n\nCompare.");
}

static int do_recover(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    (void)f;
    return talk_recover(db, ctx, e);
}

static int write_part(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    (void)f;
    return talk_write_text(db, *(int64_t *)ctx, STR("half of"), e);
}

static void what_a_crash_left_is_interrupted(void **state)
{
    struct fixture *f = *state;
    struct talk_conversation c = new_conversation(f, ME, "t");
    struct talk_task t = ask(f, ME, c.id, NULL, "one");
    int64_t n = -1;
    assert_int_equal(with_db(f, write_part, &t.answer.n), OK);
    fixture_reopen(f);
    assert_int_equal(with_db(f, do_recover, &n), OK);
    assert_int_equal(n, 1);
    struct talk_message *m;
    c = get_conversation(f, ME, c.id);
    assert_int_equal(get_messages(f, &c, &m), 2);
    assert_int_equal(m[1].state, TALK_INTERRUPTED);
    assert_str(m[1].content, "half of");
    assert_int_equal(find(f, ME, "half").n, 1);
    /* A writer that comes too late changes nothing. */
    end_answer(f, &t, "late", TALK_DONE);
    get_messages(f, &c, &m);
    assert_str(m[1].content, "half of");
    check_index(f);
}

struct owner_call {
    struct str conversation, message;
};

static int foreign(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    struct owner_call *c = ctx;
    struct talk_conversation conversation;
    struct talk_message m;
    struct talk_patch patch = {.title = STR("mine now")};
    struct talk_post post = {.content = STR("x")};
    struct talk_again again = {.parent = c->message};
    struct talk_task task;
    assert_int_equal(talk_get(db, OTHER, c->conversation, &f->arena, &conversation, e), ERR_NOENT);
    assert_int_equal(talk_update(db, OTHER, c->conversation, &patch, &f->arena, &conversation, e), ERR_NOENT);
    assert_int_equal(talk_message(db, OTHER, c->conversation, c->message, &f->arena, &m, e), ERR_NOENT);
    assert_int_equal(talk_rate(db, OTHER, c->conversation, c->message, 1, e), ERR_NOENT);
    assert_int_equal(talk_post(db, OTHER, c->conversation, &post, 1, &f->arena, &m, NULL, e), ERR_NOENT);
    assert_int_equal(talk_again(db, OTHER, c->conversation, &again, 1, &f->arena, &task, e), ERR_NOENT);
    assert_int_equal(talk_delete(db, OTHER, c->conversation, e), ERR_NOENT);
    return OK;
}

static int crossing(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    struct owner_call *c = ctx;
    struct talk_message m;
    return talk_message(db, OTHER, c->conversation, c->message, &f->arena, &m, e);
}

static int foreign_preset(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    (void)ctx;
    struct talk_preset p = {.name = STR("p"), .system = STR("s")}, made, *all;
    size_t n = 9;
    assert_int_equal(talk_preset_create(db, ME, &p, &f->arena, &made, e), OK);
    assert_int_equal(talk_preset_create(db, ME, &p, &f->arena, &made, e), ERR_EXISTS);
    assert_int_equal(talk_presets(db, OTHER, &f->arena, &all, &n, e), OK);
    assert_int_equal(n, 0);
    assert_int_equal(talk_presets(db, ME, &f->arena, &all, &n, e), OK);
    assert_int_equal(n, 1);
    assert_int_equal(talk_preset_update(db, OTHER, all[0].id, &p, &f->arena, &made, e), ERR_NOENT);
    assert_int_equal(talk_preset_delete(db, OTHER, all[0].id, e), ERR_NOENT);
    p = (struct talk_preset){.system = STR("t")};
    assert_int_equal(talk_preset_update(db, ME, all[0].id, &p, &f->arena, &made, e), OK);
    assert_str(made.name, "p");
    assert_str(made.system, "t");
    assert_int_equal(talk_preset_delete(db, ME, all[0].id, e), OK);
    return OK;
}

static void nobody_sees_anothers(void **state)
{
    struct fixture *f = *state;
    struct talk_conversation c = new_conversation(f, ME, "secret plans");
    struct talk_message m = say(f, ME, c.id, NULL, "a secret word");
    struct talk_conversation theirs = new_conversation(f, OTHER, "their own");
    struct owner_call call = {c.id, m.id};
    assert_int_equal(with_db(f, foreign, &call), OK);
    assert_int_equal(list(f, OTHER, (struct talk_query){.limit = 10}).n, 1);
    assert_int_equal(list(f, OTHER, (struct talk_query){.limit = 10}).total, 1);
    assert_int_equal(find(f, OTHER, "secret").n, 0);
    assert_int_equal(find(f, ME, "secret").n, 1);
    /* Another's message is none of one's own conversation. */
    struct owner_call crossed = {theirs.id, m.id};
    assert_int_equal(with_db(f, crossing, &crossed), ERR_NOENT);
    assert_int_equal(with_db(f, foreign_preset, NULL), OK);
}

static int erase_mine(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    (void)f;
    return talk_delete_some(db, ME, 2, ctx, e);
}

static int erase_old(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    bool left;
    (void)f;
    return talk_delete_older(db, *(int64_t *)ctx, 100, &left, e);
}

static void erased_is_gone(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 3; i++)
        say(f, ME, new_conversation(f, ME, "kept").id, NULL, "erase me");
    say(f, OTHER, new_conversation(f, OTHER, "kept").id, NULL, "leave me");
    bool left = false;
    assert_int_equal(with_db(f, erase_mine, &left), OK);
    assert_true(left);
    assert_int_equal(with_db(f, erase_mine, &left), OK);
    assert_false(left);
    assert_int_equal(find(f, ME, "erase").n, 0);
    assert_int_equal(list(f, ME, (struct talk_query){.limit = 10}).n, 0);
    assert_int_equal(find(f, OTHER, "leave").n, 1);
    check_index(f);

    int64_t cutoff = f->now_ms;
    say(f, ME, new_conversation(f, ME, "young").id, NULL, "young");
    assert_int_equal(with_db(f, erase_old, &cutoff), OK);
    assert_int_equal(list(f, OTHER, (struct talk_query){.limit = 10}).n, 0);
    assert_int_equal(list(f, ME, (struct talk_query){.limit = 10}).n, 1);
    check_index(f);
}

static struct str settings_of(struct fixture *f, const char *json, int want)
{
    struct str s = {0};
    json_t *v = json_loads(json, 0, NULL);
    assert_int_equal(talk_settings_read(v, &f->arena, &s, &f->err), want);
    json_decref(v);
    return s;
}

static void settings_are_checked_and_applied(void **state)
{
    struct fixture *f = *state;
    struct str s = settings_of(
        f, "{\"temperature\": 0.5, \"top_k\": 7, \"seed\": 42, \"stop\": [\"a\"], \"max_tokens\": 9, \"other\": 1, \"top_p\": null}", OK);
    struct gen_request q;
    gen_request_init(&q, GEN_CHAT);
    assert_int_equal(talk_settings_apply(s, &f->arena, &q, &f->err), OK);
    assert_true(q.sampling.temperature > 0.49f && q.sampling.temperature < 0.51f);
    assert_int_equal(q.sampling.top_k, 7);
    assert_true(q.sampling.has_seed && q.sampling.seed == 42);
    assert_int_equal(q.max_tokens, 9);
    assert_int_equal(q.n_stops, 1);
    assert_true(q.sampling.top_p == gen_sampling_default.top_p);
    assert_int_equal(str_find(s, STR("other"), 0), -1);
    settings_of(f, "{\"temperature\": 3}", ERR_INVAL);
    assert_non_null(strstr(f->err.text, "settings.temperature"));
    settings_of(f, "{\"top_k\": 1.5}", ERR_INVAL);
    settings_of(f, "{\"stop\": \"x\"}", ERR_INVAL);
    settings_of(f, "{\"stop\": [\"\"]}", ERR_INVAL);
    settings_of(f, "[]", ERR_INVAL);
    assert_int_equal(talk_settings_apply(STR("nonsense"), &f->arena, &q, &f->err), ERR_CORRUPT);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(conversation_has_what_was_said),
        TEST(edit_branches),
        TEST(regenerate_and_continue),
        TEST(nothing_follows_a_growing_answer),
        TEST(attachments_are_read_with_their_message),
        TEST(what_a_crash_left_is_interrupted),
        TEST(nobody_sees_anothers),
        TEST(erased_is_gone),
        TEST(settings_are_checked_and_applied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
