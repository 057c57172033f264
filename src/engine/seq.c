#include "engine/keep.h"

#include "engine/engine_impl.h"

void seq_drop_blocks(struct engine *en, struct seq *s)
{
    kv_table_drop(en->kv, &s->table);
    s->n_kv = s->n_indexed = s->n_linked = 0;
    s->chain = 0;
}

void seq_computed(struct engine *en, struct seq *s, uint32_t end)
{
    if (end > s->n_kv)
        s->n_kv = end;
    while (!s->index_off && s->n_indexed < s->n_kv / KV_BLOCK_TOKENS) {
        const uint32_t *tokens = s->tokens + (size_t)s->n_indexed * KV_BLOCK_TOKENS;
        uint64_t serial = kv_prefix_add(en->kv, s->rq->owner, s->chain, tokens, &s->table, s->n_indexed);
        if (!serial) {
            s->index_off = true;
            return;
        }
        s->chain = serial;
        s->n_indexed++;
    }
    keep_note(en, s);
}

void seq_fork_choices(struct engine *en, struct request *r)
{
    const struct seq *first = &r->seqs[0];
    for (uint32_t i = 1; i < r->n_seqs; i++) {
        struct seq *s = &r->seqs[i];
        if (s->state != SEQ_FORK)
            continue;
        s->state = SEQ_LIVE;
        kv_table_share(en->kv, &s->table, &first->table);
        s->n_kv = first->n_kv;
        s->n_indexed = first->n_indexed;
        s->chain = first->chain;
        s->index_off = first->index_off;
    }
}

/* Thinking that has used up its budget: its end is written in place of what was sampled. What was guessed beyond is void. */
static void bound_thinking(struct seq *s)
{
    struct request *r = s->rq;
    if (!outtext_thinks(&s->stream)) {
        s->n_forced = 0;
        return;
    }
    uint32_t left = s->stream.n_reasoning < r->think_budget ? r->think_budget - s->stream.n_reasoning : 0;
    if (!left && s->n_forced < r->n_think_end) {
        s->sample[0] = (struct sample_out){.token = r->think_end[s->n_forced++]};
        left = 1;
    }
    if (left && s->n_sampled > left)
        s->n_sampled = left;
}

/* `finished`: its format allows nothing more. */
static void accept_one(struct engine *en, struct seq *s, const struct sample_out *sample, bool finished)
{
    struct request *r = s->rq;
    s->tokens[s->len++] = sample->token;
    en->decoded_tokens++;
    if (vocab_is_end(en->m->vocab, sample->token) && (!r->ignore_eos || s->grammar)) {
        event_end_text(en, s, GEN_FINISH_STOP);
        return;
    }
    struct outtext_release rel;
    if (outtext_push(&s->stream, sample, &rel)) {
        event_fail(en, r, GEN_FAULT_MEMORY, "not enough memory for the answer's text");
    } else if (rel.stop) {
        event_text(en, s, &rel);
        event_done(en, s, GEN_FINISH_STOP, rel.stop);
    } else if (finished || s->len == s->cap) {
        event_end_text(en, s, finished ? GEN_FINISH_STOP : GEN_FINISH_LENGTH);
    } else {
        event_text(en, s, &rel);
    }
}

static void fail_sampling(struct engine *en, struct request *r, int rc)
{
    if (rc == ERR_CORRUPT)
        event_fail(en, r, GEN_FAULT_MODEL, "the model computes values that are not numbers: its file is damaged");
    else if (rc == ERR_INVAL)
        event_fail(en, r, GEN_FAULT_MODEL, "this model has no token that could go on with a text of the format that was asked for");
    else if (rc == ERR_LIMIT)
        event_fail(en, r, GEN_FAULT_REQUEST,
                   "the format that was asked for is too ambiguous, or the text too deeply nested, to be followed");
    else
        event_fail(en, r, GEN_FAULT_MEMORY, "not enough memory to follow the format that was asked for");
}

void seq_accept(struct engine *en, struct seq *s)
{
    struct request *r = s->rq;
    if (s->sample_rc) {
        fail_sampling(en, r, s->sample_rc);
        return;
    }
    s->last_ns = clock_ns(en->c.clock);
    if (!s->first_ns)
        s->first_ns = s->last_ns;
    draft_luck_learn(&s->luck, s->n_guess, s->n_sampled - 1);
    en->guessed += s->n_guess;
    en->guesses_held += s->n_sampled - 1;
    bool finished = constrain_finished(s);
    bound_thinking(s);
    for (uint32_t i = 0; i < s->n_sampled && s->state == SEQ_LIVE && !r->dead; i++) {
        if (i) /* the guess held, so what was computed for it is the text's */
            seq_computed(en, s, s->len);
        accept_one(en, s, &s->sample[i], finished && i + 1 == s->n_sampled);
    }
}
