#include <float.h>

#include "gen/codec.h"
#include "gen/codec_messages.h"

/* Tokens that one text event may end with: a long prompt that is echoed with its probabilities goes out in pieces. */
enum { EVENT_TOKENS_MAX = 1 << 16, PIECE_BYTES_MAX = 1 << 16, SENTENCE_BYTES_MAX = 1 << 16 };

static void code_alternatives(struct coder *c, struct gen_token *m)
{
    code_array(c, &m->top, &m->n_top, GEN_TOP_LOGPROBS_MAX, sizeof *m->top, 4 + 4 + 4);
    for (size_t i = 0; i < m->n_top && !c->failed; i++) {
        struct gen_alternative *top = (struct gen_alternative *)&m->top[i];
        code_u32(c, &top->token);
        code_f32(c, &top->logprob, -FLT_MAX, FLT_MAX);
        code_bytes(c, &top->bytes, PIECE_BYTES_MAX);
    }
}

static void code_text_event(struct coder *c, struct gen_event *m)
{
    code_text(c, &m->text.text, GEN_TEXT_BYTES_MAX);
    code_array(c, &m->text.tokens, &m->text.n_tokens, EVENT_TOKENS_MAX, sizeof *m->text.tokens, 4 + 4 + 4 + 4);
    for (size_t i = 0; i < m->text.n_tokens && !c->failed; i++) {
        struct gen_token *token = (struct gen_token *)&m->text.tokens[i];
        code_u32(c, &token->token);
        code_f32(c, &token->logprob, -FLT_MAX, FLT_MAX);
        code_bytes(c, &token->bytes, PIECE_BYTES_MAX);
        code_alternatives(c, token);
    }
}

static void code_queued(struct coder *c, struct gen_event *m)
{
    code_u32(c, &m->queued.position);
}
static void code_loading(struct coder *c, struct gen_event *m)
{
    code_f32(c, &m->loading.progress, 0, 1);
}

static void code_prefill(struct coder *c, struct gen_event *m)
{
    code_u32(c, &m->prefill.done);
    code_u32(c, &m->prefill.total);
    code_u32(c, &m->prefill.cached);
}

static void code_tool_call(struct coder *c, struct gen_event *m)
{
    code_u32(c, &m->tool_call.index);
    if (m->tool_call.index >= GEN_TOOL_CALLS_MAX)
        coder_wrong(c);
    code_text(c, &m->tool_call.id, GEN_NAME_BYTES_MAX);
    code_text(c, &m->tool_call.name, GEN_NAME_BYTES_MAX);
    code_text(c, &m->tool_call.arguments, GEN_TEXT_BYTES_MAX);
}

static void code_done(struct coder *c, struct gen_event *m)
{
    code_enum(c, &m->done.reason, GEN_FINISH_COUNT);
    code_text(c, &m->done.stop, GEN_STOP_BYTES_MAX);
    code_u32(c, &m->done.usage.prompt_tokens);
    code_u32(c, &m->done.usage.cached_tokens);
    code_u32(c, &m->done.usage.completion_tokens);
    code_u32(c, &m->done.usage.reasoning_tokens);
    code_f32(c, &m->done.timings.queue_ms, 0, FLT_MAX);
    code_f32(c, &m->done.timings.prefill_ms, 0, FLT_MAX);
    code_f32(c, &m->done.timings.decode_ms, 0, FLT_MAX);
}

static void code_error(struct coder *c, struct gen_event *m)
{
    code_enum(c, &m->error.fault, GEN_FAULT_COUNT);
    code_text(c, &m->error.message, SENTENCE_BYTES_MAX);
    code_text(c, &m->error.param, SENTENCE_BYTES_MAX);
}

static void code_warning(struct coder *c, struct gen_event *m)
{
    code_text(c, &m->warning.text, SENTENCE_BYTES_MAX);
}

static void (*const code_type[GEN_EVENT_TYPE_COUNT])(struct coder *c, struct gen_event *m) = {
    [GEN_QUEUED] = code_queued,        [GEN_LOADING] = code_loading,     [GEN_PREFILL] = code_prefill,
    [GEN_TEXT] = code_text_event,      [GEN_DONE] = code_done,           [GEN_ERROR] = code_error,
    [GEN_REASONING] = code_text_event, [GEN_TOOL_CALL] = code_tool_call, [GEN_WARNING] = code_warning,
};

void code_event(struct coder *c, void *message)
{
    struct gen_event *m = message;
    code_u64(c, &m->id);
    code_u32(c, &m->choice);
    if (m->choice >= GEN_CHOICES_MAX)
        coder_wrong(c);
    code_enum(c, &m->type, GEN_EVENT_TYPE_COUNT);
    if (!c->failed)
        code_type[m->type](c, m);
}
