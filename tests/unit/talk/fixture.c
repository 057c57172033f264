#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

static void open_store(struct fixture *f)
{
    static const struct store_schema *const schemas[] = {&talk_schema};
    struct store_config c = {.dir = f->dir, .key_file = f->key, .schemas = schemas, .n_schemas = 1, .clock = &clock_system};
    if (store_open(&c, &f->store, &f->err))
        fail_msg("%s", f->err.text);
}

int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    str_copy(f->dir, sizeof f->dir, STR("/tmp/hearth-talk-XXXXXX"));
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->key, sizeof f->key, "%s.key", f->dir);
    f->arena = arena_make(TALK_READ_BYTES_MAX);
    f->now_ms = 1700000000000;
    assert_int_equal(loop_create(&f->loop, &f->err), OK);
    open_store(f);
    *state = f;
    return 0;
}

int fixture_teardown(void **state)
{
    static const char *const files[] = {"hearth.db", "hearth.db-wal", "hearth.db-shm", "hearth.db-journal", "lock", "hearth.lock"};
    struct fixture *f = *state;
    char path[200];
    loop_free(f->loop);
    store_free(f->store);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", f->dir, files[i]);
        unlink(path);
    }
    rmdir(f->dir);
    unlink(f->key);
    arena_free(&f->arena);
    free(f);
    return 0;
}

void fixture_reopen(struct fixture *f)
{
    store_free(f->store);
    open_store(f);
}

struct run {
    struct fixture *f;
    body_fn *fn;
    void *ctx;
};

static int run(struct store_db *db, void *ctx, struct err *e)
{
    struct run *r = ctx;
    return r->fn(r->f, db, r->ctx, e);
}

int with_db(struct fixture *f, body_fn *fn, void *ctx)
{
    struct run r = {f, fn, ctx};
    f->err = (struct err){0};
    return store_write(f->store, run, &r, &f->err);
}

static void must(struct fixture *f, int rc)
{
    if (rc)
        fail_msg("%s: %s", err_name(rc), f->err.text);
}

struct call {
    int64_t owner;
    struct str id;
    const char *text, *parent;
    bool answer;
    struct talk_conversation conversation;
    struct talk_message message, *messages;
    size_t n;
    struct talk_task task;
    struct talk_end end;
    struct talk_query query;
    struct talk_page page;
};

static int do_create(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    struct call *c = ctx;
    struct talk_patch p = {.title = str_of(c->text)};
    return talk_create(db, c->owner, &p, f->now_ms++, &f->arena, &c->conversation, e);
}

struct talk_conversation new_conversation(struct fixture *f, int64_t owner, const char *title)
{
    struct call c = {.owner = owner, .text = title};
    must(f, with_db(f, do_create, &c));
    return c.conversation;
}

static int do_post(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    struct call *c = ctx;
    struct talk_post p = {.content = str_of(c->text), .answer = c->answer, .default_model = STR("tiny")};
    p.has_parent = c->parent != NULL;
    p.parent = c->parent && *c->parent ? str_of(c->parent) : (struct str){0};
    return talk_post(db, c->owner, c->id, &p, f->now_ms++, &f->arena, &c->message, &c->task, e);
}

static struct call post(struct fixture *f, int64_t owner, struct str conversation, const char *parent, const char *text, bool answer)
{
    struct call c = {.owner = owner, .id = conversation, .text = text, .parent = parent, .answer = answer};
    must(f, with_db(f, do_post, &c));
    return c;
}

struct talk_message say(struct fixture *f, int64_t owner, struct str conversation, const char *parent, const char *text)
{
    return post(f, owner, conversation, parent, text, false).message;
}

struct talk_task ask(struct fixture *f, int64_t owner, struct str conversation, const char *parent, const char *text)
{
    return post(f, owner, conversation, parent, text, true).task;
}

static int do_end(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    struct call *c = ctx;
    return talk_write_end(db, c->task.answer.n, &c->end, f->now_ms++, e);
}

void end_answer(struct fixture *f, const struct talk_task *t, const char *text, enum talk_state state)
{
    struct call c = {.task = *t, .end = {.state = state, .text = str_of(text), .reasoning = STR("Hm.")}};
    must(f, with_db(f, do_end, &c));
}

void end_with_calls(struct fixture *f, const struct talk_task *t, const struct talk_call *calls, size_t n, enum talk_state state)
{
    struct call c = {.task = *t, .end = {.state = state, .calls = calls, .n_calls = n}};
    must(f, with_db(f, do_end, &c));
}

static int do_get(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    struct call *c = ctx;
    return talk_get(db, c->owner, c->id, &f->arena, &c->conversation, e);
}

struct talk_conversation get_conversation(struct fixture *f, int64_t owner, struct str id)
{
    struct call c = {.owner = owner, .id = id};
    must(f, with_db(f, do_get, &c));
    return c.conversation;
}

static int do_messages(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    struct call *c = ctx;
    return talk_messages(db, &c->conversation, true, &f->arena, &c->messages, &c->n, e);
}

size_t get_messages(struct fixture *f, const struct talk_conversation *conversation, struct talk_message **ret)
{
    struct call c = {.conversation = *conversation};
    must(f, with_db(f, do_messages, &c));
    *ret = c.messages;
    return c.n;
}

static int do_list(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    struct call *c = ctx;
    return talk_list(db, c->owner, &c->query, &f->arena, &c->page, e);
}

struct talk_page list(struct fixture *f, int64_t owner, struct talk_query q)
{
    struct call c = {.owner = owner, .query = q};
    must(f, with_db(f, do_list, &c));
    return c.page;
}

struct talk_page find(struct fixture *f, int64_t owner, const char *words)
{
    return list(f, owner, (struct talk_query){.q = str_of(words), .limit = 50});
}

static int do_check(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    (void)f;
    (void)ctx;
    int rc = db_exec(db, "INSERT INTO messages_text (messages_text) VALUES ('integrity-check')", e);
    return rc ? rc : db_exec(db, "INSERT INTO titles_text (titles_text, rank) VALUES ('integrity-check', 1)", e);
}

void check_index(struct fixture *f)
{
    must(f, with_db(f, do_check, NULL));
}
