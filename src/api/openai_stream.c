/* The streams of OpenAI's chat and completions: server-sent events, each one JSON chunk. */
#include "api/generation.h"

/* The parts of a chunk around its choice. The head was rendered once: it is the same for each token. */
static struct json chunk_open(struct generation *g)
{
    buf_clear(&g->scratch);
    buf_puts(&g->scratch, "data: ");
    buf_put(&g->scratch, g->head);
    return json_to(&g->scratch);
}

static void chunk_send(struct generation *g)
{
    buf_puts(&g->scratch, "\n\n");
    stream_send(g);
}

/* The chunk's one choice: what stands around its delta. */
static struct json choice_open(struct generation *g, uint32_t index)
{
    struct json j = chunk_open(g);
    json_obj(&j);
    json_kuint(&j, "index", index);
    return j;
}

static void choice_send(struct generation *g, uint32_t index, struct json *j, const char *finish)
{
    struct choice *c = &g->choices[index];
    json_key(j, "logprobs");
    if (c->logprobs.part[0].len)
        logprobs_write(&c->logprobs, g->shape->logprobs, j);
    else
        json_nil(j);
    json_kcstr(j, "finish_reason", finish);
    json_obj_end(j);
    buf_puts(&g->scratch, g->include_usage ? "],\"usage\":null}" : "]}");
    chunk_send(g);
}

static void send_delta(struct generation *g, uint32_t index, const char *key, struct str text, bool first)
{
    struct json j = choice_open(g, index);
    g->shape->openai->put_delta(&j, key, text, first);
    choice_send(g, index, &j, NULL);
}

/* `{"id":…,"choices":[`, to which each chunk adds its choice and the closing brackets. */
static bool render_head(struct generation *g)
{
    struct buf b = buf_make(65536);
    struct json j = json_to(&b);
    json_obj(&j);
    openai_put_head(&j, g, g->shape->openai->chunk_object);
    json_key(&j, "choices");
    json_arr(&j);
    const char *head = b.failed ? NULL : str_dup(buf_str(&b));
    g->head = str_of(head);
    buf_free(&b);
    return head;
}

bool openai_begin(struct generation *g)
{
    if (!render_head(g))
        return false;
    for (uint32_t i = 0; g->shape->openai->has_role && i < g->n_choices && g->x && !g->over; i++)
        send_delta(g, i, "content", (struct str){0}, true);
    return true;
}

void openai_text(struct generation *g, uint32_t choice, struct str text)
{
    send_delta(g, choice, "content", text, false);
}

void openai_reasoning(struct generation *g, uint32_t choice, struct str text)
{
    send_delta(g, choice, "reasoning_content", text, false);
}

void openai_tool_call(struct generation *g, uint32_t choice, const struct gen_event *ev)
{
    struct json j = choice_open(g, choice);
    json_key(&j, "delta");
    json_obj(&j);
    json_key(&j, "tool_calls");
    json_arr(&j);
    json_obj(&j);
    json_kuint(&j, "index", ev->tool_call.index);
    if (ev->tool_call.name.len) {
        json_kstr(&j, "id", ev->tool_call.id);
        json_kcstr(&j, "type", "function");
    }
    json_key(&j, "function");
    json_obj(&j);
    if (ev->tool_call.name.len)
        json_kstr(&j, "name", ev->tool_call.name);
    json_kstr(&j, "arguments", ev->tool_call.arguments);
    json_obj_end(&j);
    json_obj_end(&j);
    json_arr_end(&j);
    json_obj_end(&j);
    choice_send(g, choice, &j, NULL);
}

void openai_done(struct generation *g, uint32_t choice)
{
    struct json j = choice_open(g, choice);
    g->shape->openai->put_end(&j);
    choice_send(g, choice, &j, shape_finish(g->choices[choice].reason));
}

static void send_usage(struct generation *g)
{
    struct buf *b = &g->scratch;
    chunk_open(g);
    buf_puts(b, "]");
    struct json j = {.out = b, .depth = 1, .has_items = 2}; /* within the object that the head opened */
    openai_put_usage(&j, g);
    json_obj_end(&j);
    chunk_send(g);
}

void openai_complete(struct generation *g)
{
    if (g->include_usage)
        send_usage(g);
    buf_clear(&g->scratch);
    buf_puts(&g->scratch, "data: [DONE]");
    if (g->x)
        chunk_send(g);
}

void openai_put_error(const struct generation *g, const struct api_error *e, struct buf *out)
{
    (void)g;
    buf_puts(out, "data: ");
    api_error_write(e, out);
    buf_puts(out, "\n\n");
}

void sse_put_alive(const struct generation *g, const struct gen_event *ev, struct buf *out)
{
    (void)g;
    if (ev->type == GEN_QUEUED)
        buf_printf(out, ": queued at %u\n\n", ev->queued.position);
    else if (ev->type == GEN_LOADING)
        buf_printf(out, ": loading %.0f %%\n\n", (double)ev->loading.progress * 100);
    else
        buf_printf(out, ": read %u of %u\n\n", ev->prefill.done, ev->prefill.total);
}
