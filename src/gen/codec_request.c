#include <float.h>

#include "gen/codec.h"
#include "gen/codec_messages.h"

/* `owner` is opaque, a hash or a name. */
enum { OWNER_BYTES_MAX = 256 };

/* Loops over arrays end at n, which is 0 after a failure, so a wrong frame costs no time. */
static void code_tool_calls(struct coder *c, struct gen_message *m)
{
    code_array(c, &m->tool_calls, &m->n_tool_calls, GEN_TOOL_CALLS_MAX, sizeof *m->tool_calls, 3 * 4);
    for (size_t i = 0; i < m->n_tool_calls && !c->failed; i++) {
        struct gen_tool_call *call = (struct gen_tool_call *)&m->tool_calls[i];
        code_text(c, &call->id, GEN_NAME_BYTES_MAX);
        code_text(c, &call->name, GEN_NAME_BYTES_MAX);
        code_text(c, &call->arguments, GEN_TEXT_BYTES_MAX);
    }
}

static void code_messages(struct coder *c, struct gen_request *m)
{
    code_array(c, &m->messages, &m->n_messages, GEN_MESSAGES_MAX, sizeof *m->messages, 1 + 5 * 4);
    for (size_t i = 0; i < m->n_messages && !c->failed; i++) {
        struct gen_message *message = (struct gen_message *)&m->messages[i];
        code_enum(c, &message->role, GEN_ROLE_COUNT);
        code_text(c, &message->content, GEN_TEXT_BYTES_MAX);
        code_text(c, &message->reasoning, GEN_TEXT_BYTES_MAX);
        code_text(c, &message->name, GEN_NAME_BYTES_MAX);
        code_text(c, &message->tool_call_id, GEN_NAME_BYTES_MAX);
        code_tool_calls(c, message);
    }
}

static void code_tools(struct coder *c, struct gen_request *m)
{
    code_array(c, &m->tools, &m->n_tools, GEN_TOOLS_MAX, sizeof *m->tools, 3 * 4 + 1);
    for (size_t i = 0; i < m->n_tools && !c->failed; i++) {
        struct gen_tool *tool = (struct gen_tool *)&m->tools[i];
        code_text(c, &tool->name, GEN_NAME_BYTES_MAX);
        code_text(c, &tool->description, GEN_TEXT_BYTES_MAX);
        code_text(c, &tool->parameters, GEN_TEXT_BYTES_MAX);
        code_bool(c, &tool->strict);
    }
    code_enum(c, &m->tool_choice, GEN_TOOLS_CHOICE_COUNT);
    code_text(c, &m->tool_choice_name, GEN_NAME_BYTES_MAX);
    code_bool(c, &m->parallel_tool_calls);
}

static void code_thinking(struct coder *c, struct gen_request *m)
{
    code_enum(c, &m->thinking, GEN_THINK_COUNT);
    code_u32(c, &m->think_budget);
    code_text(c, &m->reasoning_effort, GEN_NAME_BYTES_MAX);
    code_text(c, &m->template_kwargs, GEN_TEXT_BYTES_MAX);
}

static void code_sampling(struct coder *c, struct gen_sampling *m)
{
    /* What makes sense of a value is the engine's to say, with a sentence; here it only has to be a number. */
    code_f32(c, &m->temperature, -FLT_MAX, FLT_MAX);
    code_u32(c, &m->top_k);
    code_f32(c, &m->top_p, -FLT_MAX, FLT_MAX);
    code_f32(c, &m->min_p, -FLT_MAX, FLT_MAX);
    code_f32(c, &m->repeat_penalty, -FLT_MAX, FLT_MAX);
    code_f32(c, &m->presence_penalty, -FLT_MAX, FLT_MAX);
    code_f32(c, &m->frequency_penalty, -FLT_MAX, FLT_MAX);
    code_u32(c, &m->repeat_last_n);
    code_u64(c, &m->seed);
    code_bool(c, &m->has_seed);
}

static void code_stops(struct coder *c, struct gen_request *m)
{
    code_array(c, &m->stops, &m->n_stops, GEN_STOPS_MAX, sizeof *m->stops, 4);
    for (size_t i = 0; i < m->n_stops && !c->failed; i++)
        code_text(c, (struct str *)&m->stops[i], GEN_STOP_BYTES_MAX);
}

static void code_biases(struct coder *c, struct gen_request *m)
{
    code_array(c, &m->biases, &m->n_biases, GEN_BIASES_MAX, sizeof *m->biases, 4 + 4);
    for (size_t i = 0; i < m->n_biases && !c->failed; i++) {
        struct gen_bias *bias = (struct gen_bias *)&m->biases[i];
        code_u32(c, &bias->token);
        code_f32(c, &bias->bias, -FLT_MAX, FLT_MAX);
    }
}

void code_request(struct coder *c, void *message)
{
    struct gen_request *m = message;
    code_u64(c, &m->id);
    code_enum(c, &m->kind, GEN_TOKENS + 1);
    code_bytes(c, &m->owner, OWNER_BYTES_MAX);
    code_i32(c, &m->priority);
    code_u32(c, &m->deadline_ms);
    code_u32(c, &m->credit);
    code_messages(c, m);
    code_bool(c, &m->continue_last);
    code_text(c, &m->prompt, GEN_TEXT_BYTES_MAX);
    code_u32s(c, &m->prompt_tokens, &m->n_prompt_tokens, GEN_PROMPT_TOKENS_MAX);
    code_tools(c, m);
    code_thinking(c, m);
    code_enum(c, &m->format, GEN_FORMAT_COUNT);
    code_text(c, &m->format_text, GEN_TEXT_BYTES_MAX);
    code_u32(c, &m->n_choices);
    code_u32(c, &m->max_tokens);
    code_sampling(c, &m->sampling);
    code_stops(c, m);
    code_biases(c, m);
    code_bool(c, &m->logprobs);
    code_u32(c, &m->top_logprobs);
    code_bool(c, &m->echo);
    code_bool(c, &m->ignore_eos);
    if (m->n_choices < 1 || m->n_choices > GEN_CHOICES_MAX || m->top_logprobs > GEN_TOP_LOGPROBS_MAX)
        coder_wrong(c);
}
