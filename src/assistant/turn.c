/* One turn: from the request's last message to an answer. */
#include <stdlib.h>

#include "assistant/internal.h"
#include "skill/clean.h"
#include "skill/things.h"

/* "1", or "1/user" of a client that names its users: things belong to the principal. */
static int64_t owner_of(struct str s)
{
    int64_t n = 0;
    ptrdiff_t slash = str_chr(s, '/');
    str_to_i64(slash < 0 ? s : str_head(s, (size_t)slash), &n);
    return n;
}

static struct str last_said(const struct gen_request *r)
{
    for (size_t i = r->n_messages; i-- > 0;)
        if (r->messages[i].role == GEN_ROLE_USER)
            return r->messages[i].content;
    return (struct str){0};
}

static struct str last_answer(const struct gen_request *r)
{
    for (size_t i = r->n_messages; i-- > 0;)
        if (r->messages[i].role == GEN_ROLE_ASSISTANT)
            return r->messages[i].content;
    return (struct str){0};
}

/* ---- carrying out, on a worker thread */

/* What the assistant answers itself. */
static int answer_dialogue(struct turn *t, const struct intent *i, struct store_db *db, struct err *e)
{
    struct str last = last_answer(&t->request);
    if (!strcmp(i->skill->name, "repeat"))
        buf_put(&t->answer, last.len ? last : t->zh ? STR("我还没有说过什么。") : STR("I haven't said anything yet."));
    else if (!strcmp(i->skill->name, "kb_ask"))
        return look_up(t, db, intent_text(i, "query"), e);
    else /* reading files is the owner's to begin, and takes minutes: the command shows how far it is */
        buf_printf(&t->answer,
                   t->zh ? "在终端运行 `hearth kb add " STR_FMT "`，它会显示进度；加好之后就可以问我。"
                         : "Run `hearth kb add " STR_FMT "` in a terminal: it shows how far it is. Then ask me.",
                   STR_ARG(str_eq(intent_text(i, "what"), STR("manual")) ? STR("/usr/share/man") : intent_text(i, "what")));
    return t->answer.failed;
}

static int run_all(struct turn *t, struct store_db *db, struct err *e)
{
    int r = OK;
    struct str undone;
    buf_clear(&t->answer);
    if (t->act == DIALOGUE_CORRECTS && db) /* the wrong one goes, the right one comes: two steps of one transaction */
        r = things_undo_of(db, t->owner, t->meaning.intents[0].skill->name, &t->arena, &undone, e);
    for (size_t i = 0; !r && i < t->meaning.n; i++) {
        const struct intent *in = &t->meaning.intents[i];
        struct skill_call c = {.env = t->b->a->env,
                               .facts = &t->facts,
                               .owner = t->owner,
                               .now_ms = t->now_ms,
                               .zh = t->zh,
                               .intent = in,
                               .db = db,
                               .arena = &t->arena,
                               .out = &t->answer,
                               .e = e};
        if (i)
            buf_puts(&t->answer, "\n\n");
        r = in->skill->fn ? in->skill->fn(&c) : answer_dialogue(t, in, db, e);
    }
    return r;
}

static int run_in_store(struct store_db *db, void *ctx, struct err *e)
{
    return run_all(ctx, db, e);
}

static void run_alone(void *ctx)
{
    struct turn *t = ctx;
    t->code = run_all(t, NULL, &t->err);
}

static void finish(struct turn *t, int code, const struct err *e)
{
    if (code || t->answer.failed) {
        turn_fail(t, GEN_FAULT_INTERNAL, code && e->text[0] ? e->text : err_text(code ? code : t->answer.failed));
        return;
    }
    turn_text(t, buf_str(&t->answer));
    turn_done(t);
}

static void after_store(void *ctx, int code, const struct err *e)
{
    struct turn *t = ctx;
    if (!code && t->job.write)
        due_refresh(t->b->a->due);
    finish(t, code, e);
}

static void after_alone(void *ctx, bool canceled)
{
    struct turn *t = ctx;
    if (canceled)
        turn_fail(t, GEN_FAULT_BUSY, "the server is stopping");
    else
        finish(t, t->code, &t->err);
}

static int carry_out(struct turn *t)
{
    struct assistant *a = t->b->a;
    unsigned flags = 0;
    for (size_t i = 0; i < t->meaning.n; i++)
        flags |= t->meaning.intents[i].skill->flags;
    if (!(flags & SKILL_STORE) || !a->c.store)
        return loop_work(a->c.loop, run_alone, after_alone, t);
    t->job =
        (struct store_job){.store = a->c.store, .write = (flags & SKILL_WRITES) != 0, .fn = run_in_store, .done = after_store, .ctx = t};
    return store_job(a->c.loop, &t->job);
}

/* ---- what needs no thread: a sentence */

static void say_sentence(void *ctx)
{
    struct turn *t = ctx;
    turn_text(t, buf_str(&t->answer));
    turn_done(t);
}

static int answer_sentence(struct turn *t)
{
    return loop_post(t->b->a->c.loop, say_sentence, t);
}

int turn_start(struct turn *t)
{
    struct assistant *a = t->b->a;
    struct str said = last_said(&t->request);
    t->now_ms = clock_wall_ms(a->c.clock);
    t->owner = owner_of(t->request.owner);
    t->zh = has_han(said);
    facts_gather(a, &t->arena, &t->facts);
    t->act = dialogue_read(a->env, &t->request, t->now_ms, &t->arena, &t->meaning);
    if (!t->meaning.n && *t->b->model)
        return turn_hand_over(t);
    if (!t->meaning.n) {
        honest_answer(t, said, &t->answer);
        return answer_sentence(t);
    }
    const struct slot_def *missing = t->meaning.intents[t->meaning.n - 1].missing;
    if (missing) {
        buf_puts(&t->answer, t->zh ? missing->ask_zh : missing->ask_en);
        return answer_sentence(t);
    }
    return carry_out(t);
}
