#include "messages.h"

#include <stdlib.h>

const enum gen_frame_type frame_types[] = {
    GEN_FRAME_LOAD,       GEN_FRAME_REQUEST,  GEN_FRAME_CANCEL, GEN_FRAME_CREDIT,   GEN_FRAME_TOKENIZE,
    GEN_FRAME_DETOKENIZE, GEN_FRAME_TEMPLATE, GEN_FRAME_LOADED, GEN_FRAME_PROGRESS, GEN_FRAME_EVENT,
    GEN_FRAME_TOKENS,     GEN_FRAME_BYTES,    GEN_FRAME_FAILED, GEN_FRAME_EMBED,    GEN_FRAME_VECTORS,
};
const size_t n_frame_types = sizeof frame_types / sizeof *frame_types;

struct source {
    struct rng *r;
    struct arena *a;
};

static uint64_t below(struct source *s, uint64_t n)
{
    return rng_u64(s->r) % n;
}
static uint32_t u32(struct source *s)
{
    return (uint32_t)rng_u64(s->r);
}
static bool flip(struct source *s)
{
    return below(s, 2);
}
static float real(struct source *s)
{
    return (float)(rng_f64(s->r) * 200 - 100);
}
static float unit(struct source *s)
{
    return (float)rng_f64(s->r);
}

static void *items(struct source *s, size_t n, size_t size)
{
    void *p = arena_calloc(s->a, n, size);
    if (!p)
        abort();
    return p;
}

static struct str bytes(struct source *s, size_t max)
{
    size_t n = below(s, max + 1);
    char *p = items(s, n, 1);
    for (size_t i = 0; i < n; i++)
        p[i] = (char)u32(s);
    return str_from(p, n);
}

static struct str text(struct source *s, size_t max)
{
    static const char *const chars[] = {"a", " ", "\n", "é", "漢", "🙂", "\"", "\x01"};
    char *p = items(s, max + 4, 1);
    size_t n = 0;
    for (size_t want = below(s, max + 1);;) {
        struct str c = str_of(chars[below(s, sizeof chars / sizeof *chars)]);
        if (n + c.len > want)
            return str_from(p, n);
        memcpy(p + n, c.ptr, c.len);
        n += c.len;
    }
}

static uint32_t *u32s(struct source *s, size_t n)
{
    uint32_t *p = items(s, n, sizeof *p);
    for (size_t i = 0; i < n; i++)
        p[i] = u32(s);
    return p;
}

static struct str *strs(struct source *s, size_t n, size_t max, bool utf8)
{
    struct str *p = items(s, n, sizeof *p);
    for (size_t i = 0; i < n; i++)
        p[i] = utf8 ? text(s, max) : bytes(s, max);
    return p;
}

static struct gen_sampling sampling(struct source *s)
{
    return (struct gen_sampling){
        .temperature = real(s),
        .top_k = u32(s),
        .top_p = unit(s),
        .min_p = unit(s),
        .repeat_penalty = real(s),
        .presence_penalty = real(s),
        .frequency_penalty = real(s),
        .repeat_last_n = u32(s),
        .seed = rng_u64(s->r),
        .has_seed = flip(s),
    };
}

static struct gen_message message(struct source *s)
{
    struct gen_message m = {
        .role = (enum gen_role)below(s, GEN_ROLE_COUNT),
        .content = text(s, 300),
        .reasoning = text(s, 50),
        .name = text(s, 20),
        .tool_call_id = text(s, 20),
        .n_tool_calls = below(s, 3),
    };
    struct gen_tool_call *calls = items(s, m.n_tool_calls, sizeof *calls);
    for (size_t i = 0; i < m.n_tool_calls; i++)
        calls[i] = (struct gen_tool_call){text(s, 20), text(s, 20), text(s, 90)};
    m.tool_calls = calls;
    return m;
}

static const struct gen_tool *tools(struct source *s, size_t n)
{
    struct gen_tool *p = items(s, n, sizeof *p);
    for (size_t i = 0; i < n; i++)
        p[i] = (struct gen_tool){text(s, 20), text(s, 90), text(s, 90), flip(s)};
    return p;
}

static struct gen_request request(struct source *s)
{
    struct gen_request m = {
        .id = rng_u64(s->r),
        .kind = (enum gen_kind)below(s, 3),
        .owner = bytes(s, 40),
        .priority = (int32_t)u32(s),
        .deadline_ms = u32(s),
        .credit = u32(s),
        .n_messages = below(s, 6),
        .continue_last = flip(s),
        .prompt = text(s, 200),
        .n_prompt_tokens = below(s, 50),
        .n_tools = below(s, 4),
        .tool_choice = (enum gen_tool_choice)below(s, GEN_TOOLS_CHOICE_COUNT),
        .tool_choice_name = text(s, 20),
        .parallel_tool_calls = flip(s),
        .thinking = (enum gen_thinking)below(s, GEN_THINK_COUNT),
        .think_budget = u32(s),
        .reasoning_effort = text(s, 9),
        .template_kwargs = text(s, 60),
        .format = (enum gen_format)below(s, GEN_FORMAT_COUNT),
        .format_text = text(s, 60),
        .n_choices = 1 + (uint32_t)below(s, GEN_CHOICES_MAX),
        .max_tokens = u32(s),
        .sampling = sampling(s),
        .n_stops = below(s, GEN_STOPS_MAX + 1),
        .n_biases = below(s, 9),
        .logprobs = flip(s),
        .top_logprobs = (uint32_t)below(s, GEN_TOP_LOGPROBS_MAX + 1),
        .echo = flip(s),
        .ignore_eos = flip(s),
    };
    struct gen_message *messages = items(s, m.n_messages, sizeof *messages);
    for (size_t i = 0; i < m.n_messages; i++)
        messages[i] = message(s);
    m.tools = tools(s, m.n_tools);
    struct gen_bias *biases = items(s, m.n_biases, sizeof *biases);
    for (size_t i = 0; i < m.n_biases; i++)
        biases[i] = (struct gen_bias){u32(s), real(s)};
    m.messages = messages;
    m.biases = biases;
    m.prompt_tokens = u32s(s, m.n_prompt_tokens);
    m.stops = strs(s, m.n_stops, GEN_STOP_BYTES_MAX, true);
    return m;
}

static const struct gen_token *tokens(struct source *s, size_t n)
{
    struct gen_token *p = items(s, n, sizeof *p);
    for (size_t i = 0; i < n; i++) {
        p[i] = (struct gen_token){.token = u32(s), .logprob = real(s), .bytes = bytes(s, 9), .n_top = below(s, GEN_TOP_LOGPROBS_MAX + 1)};
        struct gen_alternative *top = items(s, p[i].n_top, sizeof *top);
        for (size_t k = 0; k < p[i].n_top; k++)
            top[k] = (struct gen_alternative){u32(s), real(s), bytes(s, 9)};
        p[i].top = top;
    }
    return p;
}

static struct gen_event event(struct source *s)
{
    struct gen_event m = {.id = rng_u64(s->r), .choice = (uint32_t)below(s, GEN_CHOICES_MAX)};
    m.type = (enum gen_event_type)below(s, GEN_EVENT_TYPE_COUNT);
    switch (m.type) {
    case GEN_QUEUED: m.queued.position = u32(s); break;
    case GEN_LOADING: m.loading.progress = unit(s); break;
    case GEN_PREFILL:
        m.prefill.done = u32(s);
        m.prefill.total = u32(s);
        m.prefill.cached = u32(s);
        break;
    case GEN_TEXT:
    case GEN_REASONING:
        m.text.text = text(s, 60);
        m.text.n_tokens = below(s, 4);
        m.text.tokens = tokens(s, m.text.n_tokens);
        break;
    case GEN_DONE:
        m.done.reason = (enum gen_finish)below(s, GEN_FINISH_COUNT);
        m.done.stop = text(s, 20);
        m.done.usage = (struct gen_usage){u32(s), u32(s), u32(s), u32(s)};
        m.done.timings = (struct gen_timings){unit(s), unit(s), unit(s)};
        break;
    case GEN_WARNING: m.warning.text = text(s, 60); break;
    case GEN_TOOL_CALL:
        m.tool_call.index = (uint32_t)below(s, GEN_TOOL_CALLS_MAX);
        m.tool_call.id = text(s, 20);
        m.tool_call.name = text(s, 20);
        m.tool_call.arguments = text(s, 60);
        break;
    default:
        m.error.fault = (enum gen_fault)below(s, GEN_FAULT_COUNT);
        m.error.message = text(s, 200);
        m.error.param = text(s, 20);
    }
    return m;
}

static struct gen_load load(struct source *s)
{
    struct gen_load m = {.path = text(s, 200),
                         .context_tokens = u32(s),
                         .kv_bytes_max = rng_u64(s->r),
                         .sequences_max = u32(s),
                         .queue_max = u32(s),
                         .prefill_chunk = u32(s),
                         .batch_wait_us = u32(s),
                         .threads = u32(s),
                         .deterministic = flip(s),
                         .no_speculation = flip(s),
                         .cache_q8 = flip(s)};
    if (flip(s)) {
        m.keep_dir = text(s, 100);
        m.keep_key = STR("\xffkey of 32 bytes, its first is n");
        m.chat_template_file = text(s, 50);
        m.keep_bytes_max = rng_u64(s->r);
        m.keep_day_bytes_max = rng_u64(s->r);
    }
    return m;
}

static struct gen_loaded loaded(struct source *s)
{
    return (struct gen_loaded){text(s, 90),      text(s, 20),
                               text(s, 16),      text(s, 16),
                               text(s, 90),      rng_u64(s->r),
                               rng_u64(s->r),    rng_u64(s->r),
                               u32(s),           u32(s),
                               u32(s),           u32(s),
                               u32(s),           (enum gen_model_kind)below(s, GEN_MODEL_KIND_COUNT),
                               below(s, 2) != 0, below(s, 2) != 0,
                               below(s, 2) != 0};
}

static struct gen_tokens answer_tokens(struct source *s)
{
    struct gen_tokens m = {.id = rng_u64(s->r), .n_tokens = below(s, 40)};
    m.tokens = u32s(s, m.n_tokens);
    m.pieces = flip(s) && m.n_tokens ? strs(s, m.n_tokens, 12, false) : NULL;
    return m;
}

static struct gen_embed embed(struct source *s)
{
    struct gen_embed m = {.id = rng_u64(s->r), .rank = flip(s), .truncate = flip(s), .n_inputs = 2 + below(s, 5)};
    struct gen_input *inputs = arena_calloc(s->a, m.n_inputs, sizeof *inputs);
    for (size_t i = 0; inputs && i < m.n_inputs; i++) {
        if (flip(s)) {
            inputs[i].text = text(s, 40);
            continue;
        }
        inputs[i].n_tokens = 1 + below(s, 9);
        inputs[i].tokens = u32s(s, inputs[i].n_tokens);
    }
    m.inputs = inputs;
    return m;
}

static struct gen_vectors vectors(struct source *s)
{
    struct gen_vectors m = {.id = rng_u64(s->r), .width = 1 + (uint32_t)below(s, 5), .tokens = u32(s)};
    m.n_values = m.width * below(s, 4);
    float *values = arena_calloc(s->a, m.n_values, sizeof *values);
    for (size_t i = 0; values && i < m.n_values; i++)
        values[i] = unit(s);
    m.values = values;
    m.n_each = flip(s) ? m.n_values / m.width : 0;
    m.each = m.n_each ? u32s(s, m.n_each) : NULL;
    return m;
}

void frame_random(struct rng *r, struct arena *a, enum gen_frame_type type, struct gen_frame *ret)
{
    struct source s = {r, a};
    memset(ret, 0, sizeof *ret);
    ret->type = type;
    switch (type) {
    case GEN_FRAME_LOAD: ret->load = load(&s); break;
    case GEN_FRAME_TEMPLATE:
    case GEN_FRAME_REQUEST: ret->request = request(&s); break;
    case GEN_FRAME_CANCEL: ret->cancel.id = rng_u64(r); break;
    case GEN_FRAME_CREDIT: ret->credit = (struct gen_credit){rng_u64(r), u32(&s)}; break;
    case GEN_FRAME_TOKENIZE: ret->tokenize = (struct gen_tokenize){rng_u64(r), bytes(&s, 300), flip(&s), flip(&s), flip(&s)}; break;
    case GEN_FRAME_DETOKENIZE:
        ret->detokenize = (struct gen_detokenize){.id = rng_u64(r), .n_tokens = below(&s, 60)};
        ret->detokenize.tokens = u32s(&s, ret->detokenize.n_tokens);
        break;
    case GEN_FRAME_EMBED: ret->embed = embed(&s); break;
    case GEN_FRAME_VECTORS: ret->vectors = vectors(&s); break;
    case GEN_FRAME_LOADED: ret->loaded = loaded(&s); break;
    case GEN_FRAME_PROGRESS: ret->progress = unit(&s); break;
    case GEN_FRAME_EVENT: ret->event = event(&s); break;
    case GEN_FRAME_TOKENS: ret->tokens = answer_tokens(&s); break;
    case GEN_FRAME_BYTES: ret->bytes = (struct gen_bytes){rng_u64(r), bytes(&s, 300)}; break;
    case GEN_FRAME_FAILED: ret->failed = (struct gen_failed){rng_u64(r), (enum gen_fault)below(&s, GEN_FAULT_COUNT), text(&s, 300)}; break;
    }
}

/* ---- comparison */
#define SAME(field)         (a->field == b->field)
#define SAME_STR(field)     str_eq(a->field, b->field)
#define SAME_U32S(field, n) (SAME(n) && (!a->n || !memcmp(a->field, b->field, a->n * sizeof(uint32_t))))

static bool same_sampling(const struct gen_sampling *a, const struct gen_sampling *b)
{
    return SAME(temperature) && SAME(top_k) && SAME(top_p) && SAME(min_p) && SAME(repeat_penalty) && SAME(presence_penalty) &&
           SAME(frequency_penalty) && SAME(repeat_last_n) && SAME(seed) && SAME(has_seed);
}

static bool same_message(const struct gen_message *a, const struct gen_message *b)
{
    bool same = SAME(role) && SAME_STR(content) && SAME_STR(reasoning) && SAME_STR(name) && SAME_STR(tool_call_id) && SAME(n_tool_calls);
    for (size_t i = 0; same && i < a->n_tool_calls; i++)
        same = SAME_STR(tool_calls[i].id) && SAME_STR(tool_calls[i].name) && SAME_STR(tool_calls[i].arguments);
    return same;
}

static bool same_tools(const struct gen_request *a, const struct gen_request *b)
{
    bool same = SAME(n_tools) && SAME(tool_choice) && SAME_STR(tool_choice_name) && SAME(parallel_tool_calls);
    for (size_t i = 0; same && i < a->n_tools; i++)
        same = SAME_STR(tools[i].name) && SAME_STR(tools[i].description) && SAME_STR(tools[i].parameters) && SAME(tools[i].strict);
    return same;
}

static bool same_request(const struct gen_request *a, const struct gen_request *b)
{
    bool same = SAME(id) && SAME(kind) && SAME_STR(owner) && SAME(priority) && SAME(deadline_ms) && SAME(credit) && SAME(n_messages) &&
                SAME(continue_last) && SAME_STR(prompt) && SAME_U32S(prompt_tokens, n_prompt_tokens) && SAME(n_choices) &&
                SAME(max_tokens) && same_sampling(&a->sampling, &b->sampling) && SAME(n_stops) && SAME(n_biases) && SAME(logprobs) &&
                SAME(top_logprobs) && SAME(echo) && SAME(ignore_eos) && same_tools(a, b) && SAME(thinking) && SAME(think_budget) &&
                SAME_STR(reasoning_effort) && SAME_STR(template_kwargs) && SAME(format) && SAME_STR(format_text);
    for (size_t i = 0; same && i < a->n_messages; i++)
        same = same_message(&a->messages[i], &b->messages[i]);
    for (size_t i = 0; same && i < a->n_stops; i++)
        same = SAME_STR(stops[i]);
    for (size_t i = 0; same && i < a->n_biases; i++)
        same = SAME(biases[i].token) && SAME(biases[i].bias);
    return same;
}

static bool same_token(const struct gen_token *a, const struct gen_token *b)
{
    bool same = SAME(token) && SAME(logprob) && SAME_STR(bytes) && SAME(n_top);
    for (size_t i = 0; same && i < a->n_top; i++)
        same = SAME(top[i].token) && SAME(top[i].logprob) && SAME_STR(top[i].bytes);
    return same;
}

static bool same_event(const struct gen_event *a, const struct gen_event *b)
{
    if (!(SAME(id) && SAME(choice) && SAME(type)))
        return false;
    bool same;
    switch (a->type) {
    case GEN_QUEUED: return SAME(queued.position);
    case GEN_LOADING: return SAME(loading.progress);
    case GEN_PREFILL: return SAME(prefill.done) && SAME(prefill.total) && SAME(prefill.cached);
    case GEN_TEXT:
    case GEN_REASONING:
        same = SAME_STR(text.text) && SAME(text.n_tokens);
        for (size_t i = 0; same && i < a->text.n_tokens; i++)
            same = same_token(&a->text.tokens[i], &b->text.tokens[i]);
        return same;
    case GEN_DONE:
        return SAME(done.reason) && SAME_STR(done.stop) && SAME(done.usage.prompt_tokens) && SAME(done.usage.cached_tokens) &&
               SAME(done.usage.completion_tokens) && SAME(done.usage.reasoning_tokens) && SAME(done.timings.queue_ms) &&
               SAME(done.timings.prefill_ms) && SAME(done.timings.decode_ms);
    case GEN_WARNING: return SAME_STR(warning.text);
    case GEN_TOOL_CALL: return SAME(tool_call.index) && SAME_STR(tool_call.id) && SAME_STR(tool_call.name) && SAME_STR(tool_call.arguments);
    default: return SAME(error.fault) && SAME_STR(error.message) && SAME_STR(error.param);
    }
}

static bool same_loaded(const struct gen_loaded *a, const struct gen_loaded *b)
{
    return SAME_STR(name) && SAME_STR(arch) && SAME_STR(quant) && SAME_STR(chat_format) && SAME_STR(warning) && SAME(params) &&
           SAME(file_bytes) && SAME(kv_bytes_per_token) && SAME(context_tokens) && SAME(context_trained) && SAME(vocab) && SAME(layers) &&
           SAME(width) && SAME(kind) && SAME(knows_tools) && SAME(thinks) && SAME(infills);
}

static bool same_tokens(const struct gen_tokens *a, const struct gen_tokens *b)
{
    bool same = SAME(id) && SAME_U32S(tokens, n_tokens) && !a->pieces == !b->pieces;
    for (size_t i = 0; same && a->pieces && i < a->n_tokens; i++)
        same = SAME_STR(pieces[i]);
    return same;
}

static bool same_embed(const struct gen_embed *a, const struct gen_embed *b)
{
    bool same = SAME(id) && SAME(rank) && SAME(truncate) && SAME(n_inputs);
    for (size_t i = 0; same && i < a->n_inputs; i++)
        same = SAME_STR(inputs[i].text) && SAME_U32S(inputs[i].tokens, inputs[i].n_tokens);
    return same;
}

static bool same_vectors(const struct gen_vectors *a, const struct gen_vectors *b)
{
    return SAME(id) && SAME(width) && SAME(tokens) && SAME(n_values) && (!a->n_values || !memcmp(a->values, b->values, a->n_values * 4)) &&
           SAME_U32S(each, n_each);
}

bool frame_equal(const struct gen_frame *a, const struct gen_frame *b)
{
    if (!SAME(type))
        return false;
    switch (a->type) {
    case GEN_FRAME_LOAD:
        return SAME_STR(load.path) && SAME(load.context_tokens) && SAME(load.kv_bytes_max) && SAME(load.sequences_max) &&
               SAME(load.queue_max) && SAME(load.prefill_chunk) && SAME(load.batch_wait_us) && SAME(load.threads) &&
               SAME(load.deterministic) && SAME(load.no_speculation) && SAME(load.cache_q8) && SAME_STR(load.keep_dir) &&
               SAME_STR(load.keep_key) && SAME(load.keep_bytes_max) && SAME(load.keep_day_bytes_max) && SAME_STR(load.chat_template_file);
    case GEN_FRAME_TEMPLATE:
    case GEN_FRAME_REQUEST: return same_request(&a->request, &b->request);
    case GEN_FRAME_CANCEL: return SAME(cancel.id);
    case GEN_FRAME_CREDIT: return SAME(credit.id) && SAME(credit.events);
    case GEN_FRAME_TOKENIZE:
        return SAME(tokenize.id) && SAME_STR(tokenize.text) && SAME(tokenize.add_special) && SAME(tokenize.parse_special) &&
               SAME(tokenize.with_pieces);
    case GEN_FRAME_DETOKENIZE: return SAME(detokenize.id) && SAME_U32S(detokenize.tokens, detokenize.n_tokens);
    case GEN_FRAME_EMBED: return same_embed(&a->embed, &b->embed);
    case GEN_FRAME_VECTORS: return same_vectors(&a->vectors, &b->vectors);
    case GEN_FRAME_LOADED: return same_loaded(&a->loaded, &b->loaded);
    case GEN_FRAME_PROGRESS: return SAME(progress);
    case GEN_FRAME_EVENT: return same_event(&a->event, &b->event);
    case GEN_FRAME_TOKENS: return same_tokens(&a->tokens, &b->tokens);
    case GEN_FRAME_BYTES: return SAME(bytes.id) && SAME_STR(bytes.bytes);
    case GEN_FRAME_FAILED: return SAME(failed.id) && SAME(failed.fault) && SAME_STR(failed.message);
    }
    return false;
}
