/* The items of an answer, built as its events come, whether it is streamed or not: so both say the same in the same order.
 *
 *   output_item.added [ content_part.added ] delta* done [ content_part.done ] output_item.done        for each item */
#include <stdio.h>

#include "api/responses/internal.h"

/* clang-format off */
static const struct kind {
    const char *prefix, *type, *part, *delta, *done, *text_key;
} kinds[] = {
    [ITEM_REASONING] = {"rs_",  "reasoning",     "reasoning_text", "response.reasoning_text.delta",          "response.reasoning_text.done",          "text"},
    [ITEM_MESSAGE]   = {"msg_", "message",       "output_text",    "response.output_text.delta",             "response.output_text.done",             "text"},
    [ITEM_CALL]      = {"fc_",  "function_call", NULL,             "response.function_call_arguments.delta", "response.function_call_arguments.done", "arguments"},
};
/* clang-format on */

static void put_id(struct json *j, const char *key, const struct generation *g)
{
    const struct responses_output *o = g->own;
    char id[API_ID_BYTES + 16];
    snprintf(id, sizeof id, "%s%s_%u", kinds[o->kind].prefix, g->id + sizeof RESPONSES_PREFIX - 1, o->index);
    json_kcstr(j, key, id);
}

static void put_part(struct json *j, enum item_kind kind, struct str text)
{
    json_obj(j);
    json_kcstr(j, "type", kinds[kind].part);
    json_kstr(j, "text", text);
    if (kind == ITEM_MESSAGE) {
        json_key(j, "annotations");
        json_arr(j);
        json_arr_end(j);
        json_key(j, "logprobs");
        json_arr(j);
        json_arr_end(j);
    }
    json_obj_end(j);
}

static void put_content(struct json *j, const struct responses_output *o, bool whole)
{
    if (o->kind == ITEM_REASONING) {
        json_key(j, "summary");
        json_arr(j);
        json_arr_end(j);
    } else {
        json_kcstr(j, "role", "assistant");
    }
    json_key(j, "content");
    json_arr(j);
    if (whole)
        put_part(j, o->kind, buf_str(&o->text));
    json_arr_end(j);
}

/* The item that is open; without its text when it has only begun. */
static void put_item(struct json *j, const struct generation *g, const char *status)
{
    const struct responses_output *o = g->own;
    bool whole = strcmp(status, "in_progress") != 0;
    json_obj(j);
    put_id(j, "id", g);
    json_kcstr(j, "type", kinds[o->kind].type);
    json_kcstr(j, "status", status);
    if (o->kind == ITEM_CALL) {
        json_kstr(j, "call_id", buf_str(&o->call));
        json_kstr(j, "name", buf_str(&o->name));
        json_kstr(j, "arguments", whole ? buf_str(&o->text) : (struct str){0});
    } else {
        put_content(j, o, whole);
    }
    json_obj_end(j);
}

/* ---- events */

struct json responses_event_open(struct generation *g, const char *type)
{
    struct responses_output *o = g->own;
    buf_printf(&g->scratch, "event: %s\ndata: ", type);
    struct json j = json_to(&g->scratch);
    json_obj(&j);
    json_kcstr(&j, "type", type);
    json_kuint(&j, "sequence_number", o->sequence++);
    return j;
}

void responses_event_close(struct generation *g, struct json *j)
{
    json_obj_end(j);
    buf_puts(&g->scratch, "\n\n");
}

static void event_item(struct generation *g, const char *type, const char *status)
{
    const struct responses_output *o = g->own;
    struct json j = responses_event_open(g, type);
    json_kuint(&j, "output_index", o->index);
    json_key(&j, "item");
    put_item(&j, g, status);
    responses_event_close(g, &j);
}

/* An event about the text of the open item. */
static struct json event_of_text(struct generation *g, const char *type)
{
    const struct responses_output *o = g->own;
    struct json j = responses_event_open(g, type);
    put_id(&j, "item_id", g);
    json_kuint(&j, "output_index", o->index);
    if (kinds[o->kind].part)
        json_kuint(&j, "content_index", 0);
    return j;
}

static void event_part(struct generation *g, const char *type, struct str text)
{
    const struct responses_output *o = g->own;
    if (!kinds[o->kind].part)
        return;
    struct json j = event_of_text(g, type);
    json_key(&j, "part");
    put_part(&j, o->kind, text);
    responses_event_close(g, &j);
}

static void event_text(struct generation *g, const char *type, const char *key, struct str text)
{
    const struct responses_output *o = g->own;
    struct json j = event_of_text(g, type);
    json_kstr(&j, key, text);
    if (o->kind == ITEM_MESSAGE) {
        json_key(&j, "logprobs");
        json_arr(&j);
        json_arr_end(&j);
    }
    if (o->kind == ITEM_CALL && !strcmp(key, "arguments"))
        json_kstr(&j, "name", buf_str(&o->name));
    responses_event_close(g, &j);
}

/* ---- items */

void responses_close_item(struct generation *g, const char *status)
{
    struct responses_output *o = g->own;
    if (o->kind == ITEM_NONE)
        return;
    if (g->stream) {
        event_text(g, kinds[o->kind].done, kinds[o->kind].text_key, buf_str(&o->text));
        event_part(g, "response.content_part.done", buf_str(&o->text));
        event_item(g, "response.output_item.done", status);
    }
    if (o->done.len)
        buf_putc(&o->done, ',');
    struct json j = json_to(&o->done);
    put_item(&j, g, status);
    o->kind = ITEM_NONE;
    o->index++;
}

static void open_item(struct generation *g, enum item_kind kind, struct str call, struct str name)
{
    struct responses_output *o = g->own;
    responses_close_item(g, "completed");
    o->kind = kind;
    buf_clear(&o->text);
    buf_clear(&o->call);
    buf_clear(&o->name);
    buf_put(&o->call, call);
    buf_put(&o->name, name);
    if (!g->stream)
        return;
    event_item(g, "response.output_item.added", "in_progress");
    event_part(g, "response.content_part.added", (struct str){0});
}

static void go_on(struct generation *g, struct str text)
{
    struct responses_output *o = g->own;
    buf_put(&o->text, text);
    if (g->stream && text.len)
        event_text(g, kinds[o->kind].delta, "delta", text);
    const struct buf *all[] = {&o->text, &o->done, &o->call, &o->name};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i]->failed) {
            answer_too_large(g, all[i]->failed);
            return;
        }
    if (g->stream)
        stream_send(g);
}

void responses_text(struct generation *g, uint32_t choice, struct str text)
{
    const struct responses_output *o = g->own;
    (void)choice;
    if (o->kind != ITEM_MESSAGE)
        open_item(g, ITEM_MESSAGE, (struct str){0}, (struct str){0});
    go_on(g, text);
}

void responses_reasoning(struct generation *g, uint32_t choice, struct str text)
{
    const struct responses_output *o = g->own;
    (void)choice;
    if (o->kind != ITEM_REASONING)
        open_item(g, ITEM_REASONING, (struct str){0}, (struct str){0});
    go_on(g, text);
}

void responses_call(struct generation *g, uint32_t choice, const struct gen_event *ev)
{
    const struct responses_output *o = g->own;
    (void)choice;
    if (ev->tool_call.name.len)
        open_item(g, ITEM_CALL, ev->tool_call.id, ev->tool_call.name);
    if (o->kind == ITEM_CALL)
        go_on(g, ev->tool_call.arguments);
}
