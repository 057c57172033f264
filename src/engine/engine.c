#include "engine/engine_impl.h"

#include <stdlib.h>

#include "engine/keep.h"

enum { CHUNK_MAX = 1 << 16, SEQUENCES_MAX = 1 << 12, PARKED_FACTOR = 4, EVENT_BYTES_MAX = 64 << 20 };

/* Making one */

void engine_config_init(struct engine_config *c)
{
    *c = (struct engine_config){
        .kv_bytes_max = 1ull << 30,
        .sequences_max = 16,
        .queue_max = 64,
        .prefill_chunk = 256,
        .speculate = true,
        .clock = &clock_system,
    };
}

static int choose_context(struct engine *en, struct err *e)
{
    uint64_t holds = (uint64_t)en->kv->n_total * KV_BLOCK_TOKENS, wanted = en->c.context_tokens;
    if (wanted > holds)
        return err_set(
            e, ERR_NOMEM,
            "a context of %u tokens needs %llu MB of KV cache, its limit is %llu MB: raise the limit or ask for a shorter context",
            en->c.context_tokens, (unsigned long long)(wanted * kv_block_bytes(&en->kv->shape) / KV_BLOCK_TOKENS >> 20) + 1,
            (unsigned long long)(en->c.kv_bytes_max >> 20));
    if (!wanted)
        wanted = en->m->hp.n_ctx_train && en->m->hp.n_ctx_train < holds ? en->m->hp.n_ctx_train : holds;
    en->context_tokens = wanted < GEN_PROMPT_TOKENS_MAX ? (uint32_t)wanted : GEN_PROMPT_TOKENS_MAX;
    return OK;
}

static int make_scratch(struct engine *en)
{
    int threads = pool_threads(en->pool);
    en->rows = calloc((size_t)en->c.prefill_chunk + en->c.sequences_max + DRAFT_ROWS_MAX, sizeof *en->rows);
    en->sampled = calloc(en->c.sequences_max, sizeof *en->sampled);
    en->ev_tokens = calloc(OUTTEXT_HELD_MAX, sizeof *en->ev_tokens);
    en->ev_top = calloc((size_t)OUTTEXT_HELD_MAX * GEN_TOP_LOGPROBS_MAX, sizeof *en->ev_top);
    en->scratch = calloc((size_t)threads, sizeof(struct sample_scratch *));
    if (!en->rows || !en->sampled || !en->ev_tokens || !en->ev_top || !en->scratch)
        return ERR_NOMEM;
    for (int i = 0; i < threads; i++)
        if (sample_scratch_create(vocab_size(en->m->vocab), &en->scratch[i]))
            return ERR_NOMEM;
    return OK;
}

static struct kv_shape shape_of(const struct model *m, bool q8)
{
    return (struct kv_shape){m->hp.n_layers, m->hp.n_kv_heads, m->hp.d_head_k, m->hp.d_head_v, q8};
}

uint64_t engine_kv_bytes_per_token(const struct model *m, bool cache_q8)
{
    struct kv_shape shape = shape_of(m, cache_q8);
    return kv_block_bytes(&shape) / KV_BLOCK_TOKENS;
}

static int make_parts(struct engine *en, struct err *e)
{
    struct kv_shape shape = shape_of(en->m, en->c.cache_q8);
    int rc = kv_create(&shape, en->c.kv_bytes_max, &en->kv, e);
    if (!rc)
        rc = choose_context(en, e);
    uint32_t outs_max = en->c.sequences_max + DRAFT_ROWS_MAX;
    struct forward_limits limits = {en->c.prefill_chunk + outs_max, outs_max, en->context_tokens};
    if (!rc)
        rc = forward_create(en->m, en->pool, en->kn, en->kv, &limits, &en->forward, e);
    if (!rc && make_scratch(en))
        rc = err_set(e, ERR_NOMEM, "no memory for the sampling of %u sequences", en->c.sequences_max);
    if (!rc)
        keep_open(en);
    if (!rc)
        constrain_open(en);
    return rc;
}

int engine_create(const struct model *m, struct pool *pool, const struct kernels *kn, const struct engine_config *c, struct engine **ret,
                  struct err *e)
{
    if (!c->sequences_max || c->sequences_max > SEQUENCES_MAX || !c->prefill_chunk || c->prefill_chunk > CHUNK_MAX)
        return err_set(e, ERR_INVAL, "sequences_max must be 1 to %d and prefill_chunk 1 to %d", SEQUENCES_MAX, CHUNK_MAX);
    struct engine *en = calloc(1, sizeof *en);
    if (!en)
        return err_set(e, ERR_NOMEM, "no memory for the engine");
    *en = (struct engine){
        .c = *c, .m = m, .pool = pool, .kn = c->deterministic ? kernels_exact(kn) : kn, .ev_bytes = buf_make(EVENT_BYTES_MAX)};
    en->places_max = c->sequences_max * PARKED_FACTOR > GEN_CHOICES_MAX ? c->sequences_max * PARKED_FACTOR : GEN_CHOICES_MAX;
    int rc = make_parts(en, e);
    if (rc) {
        engine_free(en);
        return rc;
    }
    *ret = en;
    return OK;
}

static void free_list(struct engine *en, struct request_list *l)
{
    while (l->first) {
        struct request *r = l->first;
        request_remove(l, r);
        for (uint32_t i = 0; i < r->n_seqs; i++)
            seq_drop_blocks(en, &r->seqs[i]);
        constrain_release(r);
        request_free(r);
    }
}

void engine_free(struct engine *en)
{
    if (!en)
        return;
    free_list(en, &en->queue);
    free_list(en, &en->active);
    constrain_close(en);
    for (int i = 0; en->scratch && i < pool_threads(en->pool); i++)
        sample_scratch_free(en->scratch[i]);
    free(en->scratch);
    free(en->rows);
    free(en->sampled);
    free(en->ev_tokens);
    free(en->ev_top);
    buf_free(&en->ev_bytes);
    keep_close(en);
    forward_free(en->forward);
    kv_free(en->kv);
    free(en);
}

const char *engine_warning(const struct engine *en)
{
    return en->warning.text;
}

uint32_t engine_context_tokens(const struct engine *en)
{
    return en->context_tokens;
}

/* Requests come and go */

static struct request *find_in(const struct request_list *l, uint64_t id)
{
    struct request *r = l->first;
    while (r && r->id != id)
        r = r->next;
    return r;
}

static struct request *find_request(struct engine *en, uint64_t id, struct request_list **ret_list)
{
    struct request *r = find_in(&en->active, id);
    *ret_list = r ? &en->active : &en->queue;
    return r ? r : find_in(&en->queue, id);
}

static void forget(struct request_list *l, struct request *r)
{
    constrain_release(r);
    request_remove(l, r);
    request_free(r);
}

/* Places and memory that became free are used: by those who wait, or by the system. */
static void settle(struct engine *en)
{
    schedule_admit(en);
    schedule_tell_positions(en);
    if (!en->active.n)
        kv_trim(en->kv);
}

static void refuse(struct engine *en, uint64_t id, const struct refusal *why)
{
    event_error(en, id, why->fault, why->param, why->why.text);
}

void engine_submit(struct engine *en, const struct gen_request *g)
{
    struct refusal why = {.fault = GEN_FAULT_REQUEST, .param = "id"};
    struct request_list *in;
    if (find_request(en, g->id, &in)) {
        err_set(&why.why, ERR_EXISTS, "a request with the id %llu is open already", (unsigned long long)g->id);
        refuse(en, g->id, &why);
        return;
    }
    struct request *r = request_create(en->m, en->context_tokens, g, en->c.clock, &why);
    struct err warning = why.why; /* of one that was taken all the same */
    if (r && constrain_request(en, r, g, &why)) {
        constrain_release(r);
        request_free(r);
        r = NULL;
    }
    if (!r) {
        refuse(en, g->id, &why);
        return;
    }
    r->arrival = en->arrivals++;
    r->arrived_ns = clock_ns(en->c.clock);
    if (g->deadline_ms)
        r->deadline_ns = r->arrived_ns + g->deadline_ms * 1000000ull;
    if (warning.text[0])
        event_warning(en, r, warning.text);
    schedule_turn(en, r);
    request_insert(&en->queue, r);
    schedule_admit(en);
    if (en->queue.n > en->c.queue_max && find_in(&en->queue, g->id)) {
        forget(&en->queue, r);
        why = (struct refusal){.fault = GEN_FAULT_BUSY, .param = ""};
        err_set(&why.why, ERR_FULL, "%u requests are waiting already; try again later", en->c.queue_max);
        refuse(en, g->id, &why);
    }
    schedule_tell_positions(en);
}

void engine_cancel(struct engine *en, uint64_t id)
{
    struct request_list *l;
    struct request *r = find_request(en, id, &l);
    if (!r)
        return;
    event_done_all(en, r, GEN_FINISH_CANCELED, false);
    forget(l, r);
    settle(en);
}

void engine_credit(struct engine *en, uint64_t id, uint32_t events)
{
    struct request_list *l;
    struct request *r = find_request(en, id, &l);
    if (!r || r->credit == GEN_CREDIT_UNLIMITED)
        return;
    if (events == GEN_CREDIT_UNLIMITED)
        r->credit = events;
    else if (__builtin_add_overflow(r->credit, events, &r->credit) || r->credit == GEN_CREDIT_UNLIMITED)
        r->credit = GEN_CREDIT_UNLIMITED - 1; /* "unlimited" has to be said */
}

/* A step */

static void expire(struct engine *en, struct request_list *l, uint64_t now)
{
    for (struct request *r = l->first, *next; r; r = next) {
        next = r->next;
        if (!r->deadline_ns || now < r->deadline_ns)
            continue;
        event_done_all(en, r, GEN_FINISH_DEADLINE, true);
        forget(l, r);
    }
}

/* The i-th new token of a sequence's step; all before it were guessed right and stand in its text. */
static void sample_at(struct engine *en, struct seq *s, uint32_t i, int thread)
{
    const struct request *r = s->rq;
    struct sample_in in = {
        .logits = forward_logits(en->forward, s->out + i),
        /* An embedding may be padded beyond the vocabulary; those rows mean nothing. */
        .n_vocab = vocab_size(en->m->vocab),
        .sampling = &r->sampling,
        .biases = r->biases,
        .n_biases = r->n_biases,
        .tokens = s->tokens,
        .n_tokens = s->len + i,
        .n_prompt = r->n_prompt,
        .logprobs = r->logprobs,
        .n_top = r->top_logprobs,
        .rng = &s->rng,
    };
    s->sample_rc = constrain_sample(en, s, thread, &in, &s->sample[i]);
}

static void sample_item(void *arg, size_t item, int thread)
{
    struct engine *en = arg;
    struct seq *s = en->sampled[item];
    s->n_sampled = 0;
    do {
        uint32_t i = s->n_sampled++;
        sample_at(en, s, i, thread);
        if (s->sample_rc || i == s->n_guess || s->sample[i].token != s->guess[i])
            return;
        s->tokens[s->len + i] = s->guess[i]; /* for the penalties of the next; below cap, as guess() saw to */
    } while (true);
}

/* What was computed is taken in: blocks that became full, prompts that were read, tokens that were chosen. */
static void advance(struct engine *en, struct seq *s)
{
    struct request *r = s->rq;
    if (!s->n_rows || s->state != SEQ_LIVE || r->dead)
        return;
    seq_computed(en, s, seq_from(s) + s->n_rows - s->n_guess);
    if (!seq_generated(s)) {
        en->prompt_tokens += s->n_rows;
        if (!s->choice)
            event_prefill(en, s);
    }
    if (!s->choice && s->n_kv >= r->n_prompt)
        seq_fork_choices(en, r);
    if (s->samples)
        seq_accept(en, s);
}

static void sweep(struct engine *en)
{
    for (struct request *r = en->active.first, *next; r; r = next) {
        next = r->next;
        if (request_over(r))
            forget(&en->active, r);
    }
}

enum engine_state engine_step(struct engine *en)
{
    uint64_t now = clock_ns(en->c.clock);
    expire(en, &en->queue, now);
    expire(en, &en->active, now);
    schedule_admit(en);
    schedule_step(en);
    if (en->n_rows) {
        forward_run(en->forward, en->rows, en->n_rows, en->n_outs);
        if (en->n_sampled)
            pool_run(en->pool, en->n_sampled, sample_item, en);
        schedule_took(en, clock_ns(en->c.clock) - now);
        en->steps++;
        for (struct request *r = en->active.first; r; r = r->next)
            for (uint32_t i = 0; i < r->n_seqs; i++)
                advance(en, &r->seqs[i]);
    }
    sweep(en);
    settle(en);
    return schedule_runnable(en) ? ENGINE_BUSY : ENGINE_IDLE;
}

/* Looking at it */

static uint64_t earliest(const struct request_list *l, uint64_t so_far)
{
    for (const struct request *r = l->first; r; r = r->next)
        if (r->deadline_ns && (!so_far || r->deadline_ns < so_far))
            so_far = r->deadline_ns;
    return so_far;
}

bool engine_idle_work(struct engine *en)
{
    return keep_write(en);
}

uint64_t engine_next_deadline_ns(const struct engine *en)
{
    return earliest(&en->active, earliest(&en->queue, 0));
}

void engine_stats(const struct engine *en, struct engine_stats *ret)
{
    *ret = (struct engine_stats){
        .queued = en->queue.n,
        .kv_blocks_used = en->kv->n_used,
        .kv_blocks_total = en->kv->n_total,
        .prompt_tokens = en->prompt_tokens,
        .decoded_tokens = en->decoded_tokens,
        .steps = en->steps,
        .guessed = en->guessed,
        .guesses_held = en->guesses_held,
        .kv_bytes = kv_bytes(en->kv),
    };
    for (const struct request *r = en->active.first; r; r = r->next)
        *(request_parked(r) ? &ret->parked : &ret->running) += r->n_seqs - r->n_ended;
}
