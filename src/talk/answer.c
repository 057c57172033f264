#include "talk/answer.h"

#include <stdio.h>
#include <stdlib.h>

#include "talk/answer_internal.h"
#include "talk/rows.h"
#include "talk/settings.h"

/* ---- telling */

void answer_free(struct answer *a)
{
    buf_free(&a->text);
    buf_free(&a->reasoning);
    buf_free(&a->arguments);
    arena_free(&a->arena);
    free(a);
}

static void let_go(struct answer *a)
{
    if (a->busy || a->saving || a->news.phase != ANSWER_OVER || !link_empty(&a->listeners))
        return;
    link_del(&a->link);
    if (a->set)
        a->set->n--;
    answer_free(a);
}

/* A listener may take itself out while it hears. */
static void tell(struct answer *a)
{
    a->busy++;
    for (struct link *i = a->listeners.next, *next; i != &a->listeners; i = next) {
        next = i->next;
        struct answer_listener *l = link_of(i, struct answer_listener, link);
        l->heard(l, a);
    }
    a->busy--;
}

static void enter(struct answer *a, enum answer_phase phase)
{
    a->news.phase = phase;
    a->news.version++;
}

const struct answer_news *answer_news(const struct answer *a)
{
    return &a->news;
}

struct str answer_so_far(const struct answer *a)
{
    return a->text.len ? buf_str(&a->text) : (struct str){"", 0};
}

struct str answer_thoughts(const struct answer *a)
{
    return a->reasoning.len ? buf_str(&a->reasoning) : (struct str){"", 0};
}

size_t answer_n_calls(const struct answer *a)
{
    return a->n_calls;
}

struct talk_call answer_call(const struct answer *a, size_t i)
{
    const struct answer_call *c = &a->calls[i];
    size_t end = i + 1 < a->n_calls ? c[1].begin : a->arguments.len;
    struct str text = str_head(str_skip(row_text(buf_str(&a->arguments)), c->begin), end - c->begin);
    return (struct talk_call){c->id, c->name, row_text(text)};
}

int answer_calls(const struct answer *a, struct arena *arena, const struct talk_call **ret, size_t *ret_n)
{
    struct talk_call *calls = arena_calloc(arena, a->n_calls, sizeof *calls);
    if (!calls)
        return ERR_NOMEM;
    for (size_t i = 0; i < a->n_calls; i++)
        calls[i] = answer_call(a, i);
    *ret = calls;
    *ret_n = a->n_calls;
    return OK;
}

const struct talk_message *answer_message(const struct answer *a)
{
    return &a->message;
}

int answer_listen(struct answer *a, struct answer_listener *l)
{
    size_t n = 0;
    for (struct link *i = a->listeners.next; i != &a->listeners; i = i->next)
        n++;
    if (n >= ANSWER_LISTENERS_MAX)
        return ERR_FULL;
    l->of = a;
    link_add(&a->listeners, &l->link);
    return OK;
}

void answer_unlisten(struct answer_listener *l)
{
    struct answer *a = l->of;
    if (!a)
        return;
    l->of = NULL;
    link_del(&l->link);
    let_go(a);
}

/* ---- the end */

/* What an answer that was stopped has cost is not told: then what was seen of it counts. */
static void release(struct answer *a)
{
    const struct talk_usage *u = &a->message.usage;
    uint64_t tokens = a->message.has_usage ? (uint64_t)u->prompt_tokens + u->completion_tokens : a->news.done + a->news.pieces;
    if (a->admitted && a->set->c.people)
        people_release(a->set->c.people, a->owner, tokens);
    a->admitted = false;
}

static void tell_over(const struct answer *a)
{
    const struct answers_config *c = &a->set->c;
    uint64_t took_ms = (clock_ns(c->clock) - a->begin_ns) / 1000000;
    if (c->over)
        c->over(c->over_ctx, a->owner, &a->message, a->end_state, took_ms < UINT32_MAX ? (uint32_t)took_ms : UINT32_MAX);
}

void answer_saved(struct answer *a)
{
    a->message.content = answer_so_far(a);
    a->message.reasoning = answer_thoughts(a);
    answer_calls(a, &a->arena, &a->message.calls, &a->message.n_calls);
    a->message.state = a->end_state;
    enter(a, ANSWER_OVER);
    tell(a);
    let_go(a);
}

static void finish(struct answer *a, enum talk_state state, struct str error)
{
    struct ticket *t = a->ticket;
    if (a->news.phase >= ANSWER_SAVING)
        return;
    a->ticket = NULL;
    a->end_state = state;
    a->message.error = error.len ? arena_dup(&a->arena, error) : (struct str){0};
    enter(a, ANSWER_SAVING);
    if (t)
        runtime_cancel(t);
    release(a);
    tell_over(a);
    answer_save(a);
}

void answer_stop(struct answer *a)
{
    finish(a, TALK_STOPPED, (struct str){0});
}

/* ---- what the runtime says */

static void on_queued(struct answer *a, const struct gen_event *ev)
{
    a->news.position = ev->queued.position;
    enter(a, ANSWER_QUEUED);
}

static void on_loading(struct answer *a, const struct gen_event *ev)
{
    a->news.progress = ev->loading.progress;
    enter(a, ANSWER_LOADING);
}

static void on_prefill(struct answer *a, const struct gen_event *ev)
{
    a->news.done = ev->prefill.done;
    a->news.total = ev->prefill.total;
    enter(a, ANSWER_READING);
}

static float ms_since(const struct answer *a, uint64_t begin_ns)
{
    return (float)((double)(clock_ns(a->set->c.clock) - begin_ns) * 1e-6);
}

/* The first of its tokens, or a further one. */
static void count_piece(struct answer *a)
{
    if (a->news.phase != ANSWER_WRITES) {
        a->message.usage.first_ms = a->news.first_ms = ms_since(a, a->begin_ns);
        enter(a, ANSWER_WRITES);
    }
    a->news.pieces++;
    a->news.decode_ms = ms_since(a, a->begin_ns) - a->news.first_ms;
}

static void on_text(struct answer *a, const struct gen_event *ev)
{
    if (!ev->text.text.len)
        return;
    count_piece(a);
    if (a->text.len + ev->text.text.len > TALK_CONTENT_BYTES_MAX)
        finish(a, TALK_LENGTH, STR("The answer has become as long as a message can be"));
    else if (buf_put(&a->text, ev->text.text))
        finish(a, TALK_FAILED, STR("The server is out of memory for this answer"));
    else
        a->dirty = true;
}

/* Thinking is kept for whoever wants to look; more than a message may hold is not. */
static void on_reasoning(struct answer *a, const struct gen_event *ev)
{
    if (!ev->text.text.len)
        return;
    count_piece(a);
    if (a->reasoning.len + ev->text.text.len <= TALK_CONTENT_BYTES_MAX)
        buf_put(&a->reasoning, ev->text.text);
}

static bool begin_call(struct answer *a, const struct gen_event *ev)
{
    struct answer_call c = {arena_dup(&a->arena, ev->tool_call.id), arena_dup(&a->arena, ev->tool_call.name), a->arguments.len};
    if (a->n_calls == GEN_TOOL_CALLS_MAX || !c.id.ptr || !c.name.ptr)
        return false;
    a->calls[a->n_calls++] = c;
    return true;
}

static void on_tool_call(struct answer *a, const struct gen_event *ev)
{
    count_piece(a);
    bool first = ev->tool_call.index >= a->n_calls;
    if (a->arguments.len + ev->tool_call.arguments.len > TALK_CONTENT_BYTES_MAX)
        finish(a, TALK_LENGTH, STR("The answer has become as long as a message can be"));
    else if ((first && !begin_call(a, ev)) || buf_put(&a->arguments, ev->tool_call.arguments))
        finish(a, TALK_FAILED, STR("The server is out of memory for this answer"));
}

static void on_done(struct answer *a, const struct gen_event *ev)
{
    static const enum talk_state states[GEN_FINISH_COUNT] = {
        [GEN_FINISH_STOP] = TALK_DONE,       [GEN_FINISH_LENGTH] = TALK_LENGTH,   [GEN_FINISH_CANCELED] = TALK_INTERRUPTED,
        [GEN_FINISH_DEADLINE] = TALK_LENGTH, [GEN_FINISH_TOOL_CALLS] = TALK_DONE,
    };
    a->ticket = NULL; /* gone with its last event */
    a->message.has_usage = true;
    a->message.usage.prompt_tokens = ev->done.usage.prompt_tokens;
    a->message.usage.cached_tokens = ev->done.usage.cached_tokens;
    a->message.usage.completion_tokens = ev->done.usage.completion_tokens;
    a->message.usage.decode_ms = ev->done.timings.decode_ms;
    finish(a, (unsigned)ev->done.reason < GEN_FINISH_COUNT ? states[ev->done.reason] : TALK_FAILED, (struct str){0});
}

static void on_error(struct answer *a, const struct gen_event *ev)
{
    a->ticket = NULL;
    finish(a, TALK_FAILED, ev->error.message.len ? ev->error.message : STR("The model could not answer"));
}

static void on_event(void *ctx, const struct gen_event *ev)
{
    static void (*const handlers[GEN_EVENT_TYPE_COUNT])(struct answer *, const struct gen_event *) = {
        [GEN_QUEUED] = on_queued, [GEN_LOADING] = on_loading, [GEN_PREFILL] = on_prefill,     [GEN_TEXT] = on_text,
        [GEN_DONE] = on_done,     [GEN_ERROR] = on_error,     [GEN_REASONING] = on_reasoning, [GEN_TOOL_CALL] = on_tool_call,
    };
    struct answer *a = ctx;
    if (a->news.phase >= ANSWER_SAVING || (unsigned)ev->type >= GEN_EVENT_TYPE_COUNT || !handlers[ev->type])
        return;
    a->busy++;
    handlers[ev->type](a, ev);
    tell(a);
    a->busy--;
    let_go(a);
}

/* ---- the beginning */

static int submit(struct answer *a, const struct talk_task *t, struct err *e)
{
    struct gen_request q;
    struct arena arena = arena_make((size_t)4 * TALK_SETTINGS_BYTES_MAX);
    char owner[24];
    gen_request_init(&q, GEN_CHAT);
    int rc = talk_settings_apply(t->settings, &arena, &q, e);
    /* Who demands calls wants them of an answer to a person, and an answer after them. */
    if (q.tool_choice == GEN_TOOLS_REQUIRED && t->n_messages && t->messages[t->n_messages - 1].role == GEN_ROLE_TOOL)
        q.tool_choice = GEN_TOOLS_AUTO;
    q.messages = t->messages;
    q.n_messages = t->n_messages;
    q.continue_last = t->continued;
    q.owner = str_from(owner, (size_t)snprintf(owner, sizeof owner, "%lld", (long long)t->owner));
    if (!q.max_tokens)
        q.max_tokens = a->set->c.max_tokens_default;
    const struct model_entry *m = rc ? NULL : runtime_find(a->set->c.runtime, t->model);
    if (!rc && !m)
        rc = t->model.len
                 ? err_set(e, ERR_NOENT, "There is no model called " STR_FMT ": choose another one", STR_ARG(str_head(t->model, 200)))
                 : err_set(e, ERR_NOENT, "No model is chosen, and none is the default one");
    if (!rc)
        a->message.model = arena_dup(&a->arena, m->name);
    if (!rc)
        rc = runtime_submit(a->set->c.runtime, m->name, &q, on_event, a, &a->ticket, e);
    arena_free(&arena);
    return rc;
}

static bool copy_message(struct answer *a, const struct talk_task *t)
{
    a->message = t->answer;
    a->message.id = arena_dup(&a->arena, t->answer.id);
    a->message.parent = t->answer.parent.ptr ? arena_dup(&a->arena, t->answer.parent) : (struct str){0};
    a->message.model = arena_dup(&a->arena, t->model);
    a->message.error = (struct str){0};
    a->message.content = (struct str){"", 0};
    a->conversation = arena_dup(&a->arena, t->conversation);
    buf_put(&a->text, t->answer.content);
    buf_put(&a->reasoning, t->answer.reasoning);
    a->message.reasoning = (struct str){0};
    return a->message.id.ptr && a->message.model.ptr && a->conversation.ptr && !a->text.failed;
}

int answers_start(struct answers *s, const struct talk_task *t, struct answer **ret)
{
    struct answer *a = calloc(1, sizeof *a);
    struct err e = {0};
    if (!a)
        return ERR_NOMEM;
    a->arena = arena_make(256 << 10);
    a->text = buf_make((size_t)TALK_CONTENT_BYTES_MAX + 1);
    a->reasoning = buf_make((size_t)TALK_CONTENT_BYTES_MAX + 1);
    a->arguments = buf_make((size_t)TALK_CONTENT_BYTES_MAX + 1);
    a->owner = t->owner;
    a->set = s;
    a->begin_ns = clock_ns(s->c.clock);
    link_init(&a->listeners);
    link_init(&a->link);
    if (!copy_message(a, t)) {
        answer_free(a);
        return ERR_NOMEM;
    }
    a->message.has_usage = false;
    a->message.usage = (struct talk_usage){0};
    a->message.n_attachments = a->message.n_calls = 0;
    a->admitted = true;
    link_add(&s->all, &a->link);
    s->n++;
    int rc = submit(a, t, &e);
    if (rc)
        finish(a, TALK_FAILED, str_of(e.text[0] ? e.text : err_text(rc)));
    answers_tick(s);
    *ret = a;
    return OK;
}
