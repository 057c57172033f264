/* How much an owner keeps: whatever is done, the sum that triggers keep is the sum of the rows. */
#include "fixture.h"

#include <stdio.h>

enum { ROW = 300 };

/* Counted anew, another way than by the triggers. */
static int64_t count(struct store_db *db, int64_t owner, struct err *e)
{
    static const char *const each[] = {
        "SELECT sum(300 + length(CAST(title || system || settings AS BLOB))) FROM conversations WHERE owner = ?1",
        ("SELECT sum(300 + length(CAST(content || coalesce(reasoning, '') || coalesce(calls, '') AS BLOB)) * (state <> 1)) FROM messages "
         "JOIN conversations c ON "
         "c.n = conversation"
         " WHERE owner = ?1"),
        "SELECT sum(300 + length(CAST(text AS BLOB))) FROM attachments t JOIN conversations c ON c.n = t.conversation WHERE owner = ?1",
        "SELECT sum(300 + length(CAST(system || settings AS BLOB))) FROM presets WHERE owner = ?1",
    };
    int64_t bytes = 0;
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        struct store_stmt *st = db_prepare(db, each[i]);
        db_bind_int(st, 1, owner);
        assert_int_equal(db_step(db, st, e), 1);
        bytes += db_int(st, 0);
    }
    return bytes;
}

struct sum {
    int64_t owner;
    uint64_t bytes;
};

static int do_compare(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    (void)f;
    struct sum *s = ctx;
    int rc = talk_holding(db, s->owner, &s->bytes, e);
    if (!rc)
        assert_int_equal(s->bytes, count(db, s->owner, e));
    return rc;
}

static uint64_t held(struct fixture *f, int64_t owner)
{
    struct sum s = {.owner = owner};
    if (with_db(f, do_compare, &s))
        fail_msg("%s", f->err.text);
    return s.bytes;
}

static int with_attachment(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    const struct talk_attachment file = {STR("f"), STR("twelve bytes"), 12, -1};
    const struct talk_post p = {.content = STR("look"), .attachments = &file, .n_attachments = 1};
    struct talk_message m;
    return talk_post(db, ME, *(struct str *)ctx, &p, f->now_ms++, &f->arena, &m, NULL, e);
}

static int continue_it(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    struct talk_task *t = ctx;
    const struct talk_again g = {.continued = t->answer.id, .default_model = STR("m")};
    return talk_again(db, ME, t->conversation, &g, f->now_ms++, &f->arena, t, e);
}

static int rename_it(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    const struct talk_patch p = {.title = STR("茶"), .system = STR("be brief"), .settings = STR("{\"seed\":1}")};
    struct talk_conversation c;
    return talk_update(db, ME, *(struct str *)ctx, &p, &f->arena, &c, e);
}

static int make_presets(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    (void)ctx;
    struct talk_preset a = {.name = STR("a"), .system = STR("x"), .settings = STR("{}")}, b = a, longer = {.system = STR("longer")}, made;
    b.name = STR("b");
    assert_int_equal(talk_preset_create(db, ME, &a, &f->arena, &made, e), OK);
    assert_int_equal(talk_preset_update(db, ME, made.id, &longer, &f->arena, &made, e), OK);
    assert_int_equal(talk_preset_create(db, ME, &b, &f->arena, &made, e), OK);
    return talk_preset_delete(db, ME, made.id, e);
}

static int delete_it(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    (void)f;
    return talk_delete(db, ME, *(struct str *)ctx, e);
}

static int delete_all(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    (void)f;
    return talk_delete_some(db, ME, 100, ctx, e);
}

static void the_sum_is_that_of_the_rows(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(held(f, ME), 0);
    struct talk_conversation c = new_conversation(f, ME, "one"), two = new_conversation(f, ME, "");
    assert_int_equal(held(f, ME), 2 * (ROW + 2) + 3);
    say(f, ME, two.id, NULL, "水");
    assert_int_equal(with_db(f, with_attachment, &two.id), OK);
    uint64_t before = held(f, ME);
    struct talk_task t = ask(f, ME, c.id, NULL, "question");
    assert_int_equal(held(f, ME), before + 2 * ROW + 8);
    end_answer(f, &t, "an answer", TALK_STOPPED);
    assert_int_equal(held(f, ME), before + 2 * ROW + 17 + 3); /* and what was thought: "Hm." */
    assert_int_equal(with_db(f, continue_it, &t), OK);
    held(f, ME);
    end_answer(f, &t, "an answer that went on", TALK_DONE);
    held(f, ME);
    struct talk_task calling = ask(f, ME, c.id, NULL, "call");
    const struct talk_call call = {STR("i"), STR("n"), STR("{}")};
    end_with_calls(f, &calling, &call, 1, TALK_DONE);
    held(f, ME);
    assert_int_equal(with_db(f, rename_it, &c.id), OK);
    assert_int_equal(with_db(f, make_presets, NULL), OK);
    before = held(f, ME);
    assert_int_equal(held(f, OTHER), 0);
    say(f, OTHER, new_conversation(f, OTHER, "theirs").id, NULL, "words");
    assert_int_equal(held(f, ME), before);
    assert_true(held(f, OTHER) > 2 * ROW);
    assert_int_equal(with_db(f, delete_it, &two.id), OK);
    assert_true(held(f, ME) < before);
    bool left;
    assert_int_equal(with_db(f, delete_all, &left), OK);
    assert_int_equal(held(f, ME), ROW + 8); /* the preset */
}

/* As if no migration but the first had ever run. */
static int undo(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    static const char *const tables[] = {"message", "attachment", "conversation", "preset"};
    (void)f;
    (void)ctx;
    char sql[200];
    int rc = OK;
    for (size_t i = 0; i < sizeof tables / sizeof *tables && !rc; i++) {
        snprintf(sql, sizeof sql, "DROP TRIGGER %s_in; DROP TRIGGER %s_out; DROP TRIGGER IF EXISTS %s_on;", tables[i], tables[i],
                 tables[i]);
        rc = db_exec(db, sql, e);
    }
    return rc ? rc
              : db_exec(db,
                        "DROP TABLE holdings; ALTER TABLE conversations DROP COLUMN bytes; ALTER TABLE messages DROP COLUMN reasoning; "
                        "ALTER TABLE messages DROP COLUMN calls; "
                        "UPDATE store_schema SET version = 1",
                        e);
}

/* What was there before there was a sum. */
static void an_older_store_is_counted(void **state)
{
    struct fixture *f = *state;
    struct talk_conversation c = new_conversation(f, ME, "one");
    assert_int_equal(with_db(f, with_attachment, &c.id), OK);
    struct talk_task t = ask(f, ME, c.id, NULL, "question");
    end_answer(f, &t, "水", TALK_DONE);
    say(f, OTHER, new_conversation(f, OTHER, "two").id, NULL, "x");
    assert_int_equal(with_db(f, make_presets, NULL), OK);
    uint64_t mine = held(f, ME), others = held(f, OTHER);
    if (with_db(f, undo, NULL))
        fail_msg("%s", f->err.text);
    fixture_reopen(f);
    assert_int_equal(held(f, ME), mine - 3); /* it had no place for what was thought: "Hm." */
    assert_int_equal(held(f, OTHER), others);
}

static int grow(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    uint64_t before;
    struct talk_conversation c;
    const struct talk_patch p = {.title = STR("t")};
    int rc = talk_holding(db, ME, &before, e);
    if (!rc)
        rc = talk_create(db, ME, &p, f->now_ms++, &f->arena, &c, e);
    return rc ? rc : talk_held(db, ME, before, *(uint64_t *)ctx, e);
}

static void what_is_too_much_is_undone(void **state)
{
    struct fixture *f = *state;
    uint64_t max = 2 * (ROW + 3);
    assert_int_equal(with_db(f, grow, &max), OK);
    assert_int_equal(with_db(f, grow, &max), OK);
    assert_int_equal(with_db(f, grow, &max), ERR_QUOTA);
    assert_non_null(strstr(f->err.text, "delete some"));
    assert_int_equal(held(f, ME), max);
    assert_int_equal(list(f, ME, (struct talk_query){.limit = 10}).n, 2);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {TEST(the_sum_is_that_of_the_rows), TEST(an_older_store_is_counted),
                                       TEST(what_is_too_much_is_undone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
