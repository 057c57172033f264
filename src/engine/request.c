#include <math.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "engine/prompt.h"
#include "engine/seq.h"

enum { REQUEST_BYTES_MAX = 1 << 30, THINK_END_TOKENS_MAX = 256 };

/* Lists */

bool request_before(const struct request *a, const struct request *b)
{
    if (a->priority != b->priority)
        return a->priority > b->priority;
    return a->turn != b->turn ? a->turn < b->turn : a->arrival < b->arrival;
}

void request_insert(struct request_list *l, struct request *r)
{
    struct request *after = l->last;
    while (after && request_before(r, after))
        after = after->prev;
    r->prev = after;
    r->next = after ? after->next : l->first;
    *(after ? &after->next : &l->first) = r;
    *(r->next ? &r->next->prev : &l->last) = r;
    l->n++;
}

void request_remove(struct request_list *l, struct request *r)
{
    *(r->prev ? &r->prev->next : &l->first) = r->next;
    *(r->next ? &r->next->prev : &l->last) = r->prev;
    r->prev = r->next = NULL;
    l->n--;
}

/* Checking */

static bool between(float v, float lo, float hi)
{
    return v >= lo && v <= hi;
} /* false for what is not a number */

static const char *check_sampling(const struct gen_sampling *s, const char **ret_param)
{
    const struct {
        const char *param;
        float value, lo, hi;
        const char *sentence;
    } rule[] = {
        {"temperature", s->temperature, 0, 100, "temperature must be between 0 and 100"},
        {"top_p", s->top_p, 0, 1, "top_p must be between 0 and 1"},
        {"min_p", s->min_p, 0, 1, "min_p must be between 0 and 1"},
        {"repeat_penalty", s->repeat_penalty, 0.01f, 100, "repeat_penalty must be between 0.01 and 100"},
        {"presence_penalty", s->presence_penalty, -100, 100, "presence_penalty must be between -100 and 100"},
        {"frequency_penalty", s->frequency_penalty, -100, 100, "frequency_penalty must be between -100 and 100"},
    };
    for (size_t i = 0; i < sizeof rule / sizeof *rule; i++)
        if (!between(rule[i].value, rule[i].lo, rule[i].hi)) {
            *ret_param = rule[i].param;
            return rule[i].sentence;
        }
    return NULL;
}

static int refuse(struct refusal *w, enum gen_fault fault, const char *param, const char *sentence)
{
    w->fault = fault;
    w->param = param;
    return err_set(&w->why, ERR_INVAL, "%s", sentence);
}

static int out_of_memory(struct refusal *w)
{
    refuse(w, GEN_FAULT_MEMORY, "", "not enough memory for this request");
    return ERR_NOMEM;
}

static int check(const struct gen_request *g, const struct model *m, struct refusal *w)
{
    const char *param = "", *wrong = check_sampling(&g->sampling, &param);
    uint32_t n_vocab = vocab_size(m->vocab);
    if (!wrong && g->kind == GEN_CHAT && g->template_kwargs.len && !m->template) {
        param = "chat_template_kwargs";
        wrong = "the model has no chat template that could take variables";
    }
    if (wrong)
        return refuse(w, GEN_FAULT_REQUEST, param, wrong);
    if (prompt_check_tools(g, &w->why)) {
        w->param = "tools";
        return ERR_INVAL;
    }
    if (!g->n_choices || g->n_choices > GEN_CHOICES_MAX)
        return refuse(w, GEN_FAULT_REQUEST, "n", "n must be between 1 and 16");
    if (g->top_logprobs > GEN_TOP_LOGPROBS_MAX)
        return refuse(w, GEN_FAULT_REQUEST, "top_logprobs", "top_logprobs must be at most 20");
    if (g->n_stops > GEN_STOPS_MAX)
        return refuse(w, GEN_FAULT_REQUEST, "stop", "at most 16 stop strings");
    for (size_t i = 0; i < g->n_stops; i++)
        if (!g->stops[i].len || g->stops[i].len > GEN_STOP_BYTES_MAX)
            return refuse(w, GEN_FAULT_REQUEST, "stop", "a stop string must have 1 to 256 bytes");
    if (g->n_biases > GEN_BIASES_MAX)
        return refuse(w, GEN_FAULT_REQUEST, "logit_bias", "at most 1024 logit biases");
    for (size_t i = 0; i < g->n_biases; i++)
        if (g->biases[i].token >= n_vocab || !between(g->biases[i].bias, -1e6f, 1e6f))
            return refuse(w, GEN_FAULT_REQUEST, "logit_bias",
                          "logit_bias names a token that the vocabulary does not have, or a bias out of range");
    return OK;
}

/* The prompt as tokens */

static int encode(const struct model *m, uint32_t context_tokens, const struct gen_request *g, const struct clock *clock,
                  struct tokens *out, struct refusal *w)
{
    int rc = OK;
    switch (g->kind) {
    case GEN_CHAT:
        rc = prompt_chat(m, g, clock, out, &w->why);
        w->param = "messages";
        break;
    case GEN_COMPLETE:
        /* A completion's prompt is raw: whoever writes one means <|im_start|> when writing it. Conversations with text from
         * others go through GEN_CHAT, where that cannot happen. */
        rc = vocab_encode(m->vocab, g->prompt, (struct vocab_encode_options){.add_special = true, .parse_special = true}, out);
        break;
    case GEN_TOKENS:
        for (size_t i = 0; i < g->n_prompt_tokens && !rc; i++)
            rc = g->prompt_tokens[i] < vocab_size(m->vocab) ? tokens_push(out, g->prompt_tokens[i]) : ERR_INVAL;
        break;
    default: rc = ERR_INVAL;
    }
    if (rc == ERR_NOMEM)
        return out_of_memory(w);
    if (rc == ERR_LIMIT) {
        w->fault = GEN_FAULT_CONTEXT;
        w->param = g->kind == GEN_CHAT ? "messages" : "prompt";
        return err_set(&w->why, ERR_LIMIT, "the prompt has more than %d tokens, the context holds %u", GEN_PROMPT_TOKENS_MAX,
                       context_tokens);
    }
    if (rc && !w->why.code)
        return refuse(w, GEN_FAULT_REQUEST, "prompt", "the prompt has tokens that the vocabulary does not have");
    if (!rc && !out->len)
        return refuse(w, GEN_FAULT_REQUEST, "prompt", "the prompt is empty");
    return rc;
}

/* Copying */

static bool copy_str(struct arena *a, struct str s, struct str *ret)
{
    *ret = arena_dup(a, s);
    return ret->ptr;
}

/* The request's stops and those of the chat format. */
static bool copy_stops(struct request *r, const struct model *m, const struct gen_request *g)
{
    const char *const *more = g->kind == GEN_CHAT ? chat_format_stops(m->chat) : NULL;
    size_t n = g->n_stops;
    for (size_t i = 0; more && more[i]; i++)
        n++;
    r->stops = arena_calloc(&r->arena, n, sizeof *r->stops);
    for (; r->stops && r->n_stops < n; r->n_stops++) {
        size_t i = r->n_stops;
        if (!copy_str(&r->arena, i < g->n_stops ? g->stops[i] : str_of(more[i - g->n_stops]), &r->stops[i]))
            return false;
    }
    return r->stops;
}

static bool copy_biases(struct request *r, const struct gen_request *g)
{
    r->n_biases = g->n_biases;
    r->biases = arena_calloc(&r->arena, g->n_biases, sizeof *r->biases);
    if (r->biases && g->n_biases)
        memcpy(r->biases, g->biases, g->n_biases * sizeof *r->biases);
    return r->biases;
}

/* The prompt's text as the answer's first part: what was sent, if that is text, or what its tokens say. */
static bool copy_echo(struct request *r, const struct model *m, const struct gen_request *g, const struct tokens *prompt)
{
    if (!g->echo)
        return true;
    if (g->kind == GEN_COMPLETE && utf8_valid(g->prompt.ptr, g->prompt.len, NULL))
        return copy_str(&r->arena, g->prompt, &r->echo_text);
    struct buf text = buf_make(GEN_TEXT_BYTES_MAX);
    struct detok d;
    detok_init(&d, m->vocab, true, false);
    for (size_t i = 0; i < prompt->len; i++)
        detok_push(&d, prompt->ptr[i], &text);
    detok_flush(&d, &text);
    bool ok = !text.failed && copy_str(&r->arena, buf_str(&text), &r->echo_text);
    buf_free(&text);
    return ok;
}

/* SentencePiece writes " Hello" as an answer's first word. In a conversation that space belongs to nobody, unless
 * a format asked for it. */
static bool begins_a_text(const struct gen_request *g)
{
    return g->kind == GEN_CHAT && !g->continue_last && g->format == GEN_FORMAT_TEXT;
}

static bool make_seq(struct request *r, uint32_t choice, const struct model *m, uint32_t context_tokens, const struct gen_request *g,
                     const struct tokens *prompt)
{
    struct seq *s = &r->seqs[choice];
    *s = (struct seq){.rq = r, .choice = choice, .state = choice ? SEQ_FORK : SEQ_LIVE, .echo = g->echo, .len = r->n_prompt};
    s->cap = r->max_tokens < context_tokens - r->n_prompt ? r->n_prompt + r->max_tokens : context_tokens;
    s->tokens = arena_alloc(&r->arena, s->cap * sizeof *s->tokens);
    s->table.cap = (s->cap + KV_BLOCK_TOKENS - 1) / KV_BLOCK_TOKENS;
    s->table.blocks = arena_alloc(&r->arena, s->table.cap * sizeof *s->table.blocks);
    if (!s->tokens || !s->table.blocks || !prompt->ptr)
        return false;
    memcpy(s->tokens, prompt->ptr, r->n_prompt * sizeof *s->tokens);
    rng_seed(&s->rng, r->sampling.seed + choice);
    draft_luck_init(&s->luck);
    if (outtext_init(&s->stream, m->vocab, begins_a_text(g), r->stops, r->n_stops, r->logprobs, &r->arena))
        return false;
    bool calls = prompt_offers_tools(g), thinks = toolform_texts(m->toolform)->think_open.len;
    if (g->kind == GEN_CHAT && (calls || thinks))
        outtext_parse(&s->stream, m->toolform, calls, prompt_ends_thinking(m, prompt));
    return true;
}

/* How thinking is bounded and shown. */
static bool copy_thinking(struct request *r, const struct model *m, const struct gen_request *g)
{
    uint64_t seed = g->id;
    rng_entropy(&seed, sizeof seed);
    rng_seed(&r->ids, seed);
    r->hides_thinking = prompt_thinks_not(g);
    r->think_budget = prompt_think_budget(g);
    if (r->think_budget == UINT32_MAX || g->kind != GEN_CHAT)
        return true;
    struct tokens end = tokens_make(THINK_END_TOKENS_MAX);
    bool ok = !prompt_think_end(m, &end);
    r->think_end = ok ? arena_alloc(&r->arena, end.len * sizeof *r->think_end) : NULL;
    ok = ok && r->think_end;
    if (ok && end.len)
        memcpy(r->think_end, end.ptr, end.len * sizeof *r->think_end);
    r->n_think_end = ok ? (uint32_t)end.len : 0;
    tokens_free(&end);
    return ok;
}

static void copy_settings(struct request *r, const struct gen_request *g, const struct tokens *prompt, uint32_t context_tokens)
{
    r->id = g->id;
    r->priority = g->priority;
    r->credit = g->credit;
    r->sampling = g->sampling;
    r->logprobs = g->logprobs;
    r->top_logprobs = g->top_logprobs;
    r->ignore_eos = g->ignore_eos;
    r->n_prompt = (uint32_t)prompt->len;
    r->n_seqs = g->n_choices;
    r->position = UINT32_MAX;
    r->max_tokens = g->max_tokens ? g->max_tokens : context_tokens;
    if (!r->sampling.has_seed && rng_entropy(&r->sampling.seed, sizeof r->sampling.seed))
        r->sampling.seed = g->id; /* no entropy: better the same answer twice than none */
}

static bool copy_all(struct request *r, const struct model *m, uint32_t context_tokens, const struct gen_request *g,
                     const struct tokens *prompt)
{
    copy_settings(r, g, prompt, context_tokens);
    r->seqs = arena_calloc(&r->arena, r->n_seqs, sizeof *r->seqs);
    if (!r->seqs || !copy_str(&r->arena, g->owner, &r->owner) || !copy_stops(r, m, g) || !copy_biases(r, g) ||
        !copy_echo(r, m, g, prompt) || !copy_thinking(r, m, g))
        return false;
    for (uint32_t i = 0; i < r->n_seqs; i++)
        if (!make_seq(r, i, m, context_tokens, g, prompt))
            return false;
    return true;
}

struct request *request_create(const struct model *m, uint32_t context_tokens, const struct gen_request *g, const struct clock *clock,
                               struct refusal *w)
{
    struct tokens prompt = tokens_make(GEN_PROMPT_TOKENS_MAX);
    struct request *r = NULL;
    *w = (struct refusal){.fault = GEN_FAULT_REQUEST, .param = ""};
    if (check(g, m, w) || encode(m, context_tokens, g, clock, &prompt, w))
        goto out;
    if (prompt.len >= context_tokens) {
        w->fault = GEN_FAULT_CONTEXT;
        w->param = g->kind == GEN_CHAT ? "messages" : "prompt";
        err_set(&w->why, ERR_LIMIT, "the prompt has %zu tokens, and this model's context holds %u with at least one for the answer",
                prompt.len, context_tokens);
        goto out;
    }
    r = calloc(1, sizeof *r);
    if (r)
        r->arena = arena_make(REQUEST_BYTES_MAX);
    if (!r || !copy_all(r, m, context_tokens, g, &prompt)) {
        out_of_memory(w);
        request_free(r);
        r = NULL;
    }
out:
    tokens_free(&prompt);
    return r;
}

void request_free(struct request *r)
{
    if (!r)
        return;
    for (uint32_t i = 0; r->seqs && i < r->n_seqs; i++)
        outtext_deinit(&r->seqs[i].stream);
    arena_free(&r->arena);
    free(r);
}
