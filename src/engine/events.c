#include "engine/engine_impl.h"

enum { CALL_ID_LEN = 9 };

static void send(struct engine *en, struct gen_event *ev)
{
    if (en->c.emit)
        en->c.emit(en->c.emit_ctx, ev);
}

static void spend_credit(struct request *r)
{
    if (r->credit != GEN_CREDIT_UNLIMITED && r->credit)
        r->credit--;
}

static float ms_between(uint64_t from, uint64_t to)
{
    return from && to > from ? (float)((double)(to - from) * 1e-6) : 0;
}

void event_warning(struct engine *en, const struct request *r, const char *text)
{
    send(en, &(struct gen_event){.id = r->id, .type = GEN_WARNING, .warning = {str_of(text)}});
}

void event_queued(struct engine *en, struct request *r, uint32_t position)
{
    if (r->position == position)
        return;
    r->position = position;
    send(en, &(struct gen_event){.id = r->id, .type = GEN_QUEUED, .queued = {position}});
}

void event_prefill(struct engine *en, const struct seq *s)
{
    const struct request *r = s->rq;
    uint32_t done = s->n_kv < r->n_prompt ? s->n_kv : r->n_prompt;
    send(en, &(struct gen_event){.id = r->id, .type = GEN_PREFILL, .prefill = {done, r->n_prompt, r->n_cached}});
}

void event_echo(struct engine *en, struct seq *s)
{
    s->echo = false;
    if (!s->rq->echo_text.len)
        return;
    spend_credit(s->rq);
    send(en, &(struct gen_event){.id = s->rq->id, .choice = s->choice, .type = GEN_TEXT, .text = {.text = s->rq->echo_text}});
}

/* Bytes of tokens are gathered in one buffer that may move while it grows, so slices first hold offsets. */

static struct str gather_piece(struct engine *en, uint32_t token)
{
    size_t at = en->ev_bytes.len;
    vocab_piece(en->m->vocab, token, true, &en->ev_bytes);
    return (struct str){(const char *)at, en->ev_bytes.len - at};
}

static void settle(const struct engine *en, struct str *s)
{
    s->ptr = en->ev_bytes.ptr ? en->ev_bytes.ptr + (size_t)s->ptr : NULL;
}

static void gather_tokens(struct engine *en, const struct outtext_held *held, size_t n)
{
    buf_clear(&en->ev_bytes);
    for (size_t i = 0; i < n; i++) {
        const struct sample_out *o = &held[i].out;
        struct gen_alternative *top = en->ev_top + i * GEN_TOP_LOGPROBS_MAX;
        en->ev_tokens[i] = (struct gen_token){o->token, o->logprob, gather_piece(en, o->token), top, o->n_top};
        for (uint32_t k = 0; k < o->n_top; k++)
            top[k] = (struct gen_alternative){o->top[k].token, o->top[k].logprob, gather_piece(en, o->top[k].token)};
    }
    for (size_t i = 0; i < n; i++) {
        settle(en, &en->ev_tokens[i].bytes);
        for (uint32_t k = 0; k < held[i].out.n_top; k++)
            settle(en, &en->ev_top[i * GEN_TOP_LOGPROBS_MAX + k].bytes);
    }
}

static void event_reasoning(struct engine *en, struct seq *s, struct str text)
{
    if (!text.len || s->rq->hides_thinking)
        return;
    spend_credit(s->rq);
    send(en, &(struct gen_event){.id = s->rq->id, .choice = s->choice, .type = GEN_REASONING, .text = {.text = text}});
}

/* Nine letters and digits, as Mistral's templates want them; all others take anything. */
static struct str call_id(struct request *r, char id[CALL_ID_LEN])
{
    static const char chars[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (size_t i = 0; i < CALL_ID_LEN; i++)
        id[i] = chars[rng_u64(&r->ids) % (sizeof chars - 1)];
    return str_from(id, CALL_ID_LEN);
}

static void event_calls(struct engine *en, struct seq *s, const struct toolform_out *calls)
{
    char id[CALL_ID_LEN];
    for (size_t i = 0; calls && i < calls->n_pieces; i++) {
        const struct toolform_piece *p = &calls->pieces[i];
        struct str bytes = str_from(calls->bytes.ptr + p->at, p->len);
        struct gen_event ev = {.id = s->rq->id, .choice = s->choice, .type = GEN_TOOL_CALL, .tool_call = {.index = p->call}};
        if (p->begins) {
            ev.tool_call.id = call_id(s->rq, id);
            ev.tool_call.name = bytes;
        } else {
            ev.tool_call.arguments = bytes;
        }
        spend_credit(s->rq);
        send(en, &ev);
    }
}

static void event_release(struct engine *en, struct seq *s, const struct outtext_release *rel)
{
    if (!rel->text.len && !rel->n_tokens)
        return;
    struct gen_event ev = {.id = s->rq->id, .choice = s->choice, .type = GEN_TEXT, .text = {.text = rel->text}};
    if (rel->n_tokens) {
        gather_tokens(en, s->stream.held, rel->n_tokens);
        ev.text.tokens = en->ev_tokens;
        ev.text.n_tokens = rel->n_tokens;
    }
    spend_credit(s->rq);
    send(en, &ev);
}

void event_text(struct engine *en, struct seq *s, const struct outtext_release *rel)
{
    event_reasoning(en, s, rel->reasoning);
    event_release(en, s, rel);
    event_calls(en, s, rel->calls);
    outtext_drop(&s->stream, rel);
}

void event_done(struct engine *en, struct seq *s, enum gen_finish reason, const struct str *stop)
{
    struct request *r = s->rq;
    seq_drop_blocks(en, s);
    s->state = SEQ_ENDED;
    r->n_ended++;
    uint64_t now = clock_ns(en->c.clock);
    struct gen_event ev = {.id = r->id, .choice = s->choice, .type = GEN_DONE};
    ev.done.reason = reason;
    ev.done.stop = stop ? *stop : (struct str){0};
    ev.done.usage = (struct gen_usage){.prompt_tokens = r->n_prompt,
                                       .cached_tokens = r->n_cached,
                                       .completion_tokens = seq_generated(s),
                                       .reasoning_tokens = s->stream.n_reasoning};
    ev.done.timings = (struct gen_timings){
        .queue_ms = ms_between(r->arrived_ns, r->started_ns ? r->started_ns : now),
        .prefill_ms = ms_between(r->started_ns, s->first_ns ? s->first_ns : now),
        .decode_ms = ms_between(s->first_ns, s->last_ns),
    };
    send(en, &ev);
}

void event_end_text(struct engine *en, struct seq *s, enum gen_finish reason)
{
    struct outtext_release rel;
    if (outtext_end(&s->stream, &rel) == OK)
        event_text(en, s, &rel);
    if (reason == GEN_FINISH_STOP && outtext_has_calls(&s->stream))
        reason = GEN_FINISH_TOOL_CALLS;
    event_done(en, s, reason, NULL);
}

void event_done_all(struct engine *en, struct request *r, enum gen_finish reason, bool flush)
{
    for (uint32_t i = 0; i < r->n_seqs && !r->dead; i++) {
        struct seq *s = &r->seqs[i];
        if (s->state == SEQ_ENDED)
            continue;
        if (flush && r->credit)
            event_end_text(en, s, reason);
        else
            event_done(en, s, reason, NULL);
    }
}

void event_error(struct engine *en, uint64_t id, enum gen_fault fault, const char *param, const char *message)
{
    send(en, &(struct gen_event){.id = id, .type = GEN_ERROR, .error = {fault, str_of(message), str_of(param)}});
}

void event_fail(struct engine *en, struct request *r, enum gen_fault fault, const char *message)
{
    for (uint32_t i = 0; i < r->n_seqs; i++)
        seq_drop_blocks(en, &r->seqs[i]);
    r->dead = true;
    event_error(en, r->id, fault, "", message);
}
