/* Which rows the next pass computes.
 *
 * Sequences are looked at in order of rank (priority, then turn of the owner, then arrival, then choice). Each that can run gets one row
 * for its new token, or a part of its prompt as long as this step's prompt rows last; and the blocks for it. When the cache has no more,
 * blocks are taken back: from parked sequences first, then from the lowest in rank, but only from below the one that asks. Since rows are
 * given out from the top, no sequence that has rows in this step loses its blocks.
 *
 * Why it cannot stand still: the highest sequence that is not parked can take every block there is, and the context is
 * never longer than the whole cache. */
#include "engine/engine_impl.h"
#include "engine/keep.h"
#include "tensor/few.h"

/* Walking */

static bool seq_runs(const struct seq *s)
{
    return s->state == SEQ_LIVE && !request_parked(s->rq) && !s->rq->dead;
}

static bool ranks_above(const struct seq *a, const struct seq *b)
{
    return a->rq == b->rq ? a->choice < b->choice : request_before(a->rq, b->rq);
}

/* May b lose its blocks so that a can run? */
static bool may_preempt(const struct seq *a, const struct seq *b)
{
    return b != a && (request_parked(b->rq) || ranks_above(a, b));
}

/* Blocks: those that `s` could take from others, and whether someone holds blocks that it could not. */
static uint32_t held_by_others(const struct engine *en, const struct seq *s, bool *ret_must_wait)
{
    uint32_t n = 0;
    *ret_must_wait = false;
    for (const struct request *r = en->active.first; r; r = r->next)
        for (uint32_t i = 0; i < r->n_seqs; i++) {
            const struct seq *o = &r->seqs[i];
            if (o == s || !o->table.n)
                continue;
            if (may_preempt(s, o))
                n += o->table.n;
            else
                *ret_must_wait = true;
        }
    return n;
}

static struct seq *victim_of(const struct engine *en, const struct seq *s, bool parked)
{
    for (struct request *r = en->active.last; r; r = r->prev)
        for (uint32_t i = r->n_seqs; request_parked(r) == parked && i-- > 0;)
            if (r->seqs[i].table.n && may_preempt(s, &r->seqs[i]))
                return &r->seqs[i];
    return NULL;
}

static bool preempt_one(struct engine *en, const struct seq *s)
{
    struct seq *v = victim_of(en, s, true);
    if (!v)
        v = victim_of(en, s, false);
    if (v)
        seq_drop_blocks(en, v);
    return v;
}

/* Beginning: at first, and again after losing its blocks. Waits until the whole text has room, so that two sequences which
 * do not fit together do not read their texts in turns. */
static bool begin(struct engine *en, struct seq *s)
{
    struct request *r = s->rq;
    bool must_wait;
    s->n_kv = kv_prefix_find(en->kv, r->owner, s->tokens, s->len, &s->table, &s->chain);
    s->n_indexed = s->table.n;
    uint32_t need = (s->len + KV_BLOCK_TOKENS - 1) / KV_BLOCK_TOKENS - s->table.n;
    if (need > kv_available(en->kv) + held_by_others(en, s, &must_wait) && must_wait) {
        seq_drop_blocks(en, s);
        return false;
    }
    keep_begin(s);
    if (!r->cached_known) { /* one token is computed in any case */
        r->cached_known = true;
        r->n_cached = s->n_kv < r->n_prompt ? s->n_kv : r->n_prompt - 1;
    }
    return true;
}

static bool take_blocks(struct engine *en, struct seq *s, uint32_t end)
{
    while (kv_table_reserve(en->kv, &s->table, s->n_kv, end))
        if (!preempt_one(en, s)) {
            bool must_wait;
            held_by_others(en, s, &must_wait);
            if (must_wait)
                return false;
            /* Alone, within the context, and still no block: the machine has no memory left. */
            if (seq_generated(s))
                event_end_text(en, s, GEN_FINISH_LENGTH);
            else
                event_fail(en, s->rq, GEN_FAULT_MEMORY, "not enough memory for the prompt");
            return false;
        }
    return true;
}

/* Prompt rows of this step that a request may still have: no owner gets more than its share. */
static uint32_t prompt_share(const struct engine *en, const struct request *r, uint32_t left)
{
    uint32_t used = 0;
    for (const struct request *o = en->active.first; o && en->owner_rows_max < left; o = o->next)
        used += str_eq(o->owner, r->owner) ? o->prompt_rows : 0;
    uint32_t share = en->owner_rows_max > used ? en->owner_rows_max - used : 0;
    return share < left ? share : left;
}

_Static_assert((int)DRAFT_ROWS_MAX <= (int)FEW_ROWS_MAX, "guesses stay where kernels are exact");

/* Guesses what follows the new token, where that pays and costs nobody anything: no block is taken from others for it. */
static void guess(struct engine *en, struct seq *s)
{
    struct request *r = s->rq;
    uint32_t room = s->cap - s->len - 1, credit = r->credit - r->credit_step;
    if (!en->guess_rows || en->guess_rows >= DRAFT_ROWS_MAX || s->n_rows != 1)
        return;
    uint32_t most = room < DRAFT_MAX ? room : DRAFT_MAX;
    most = credit < most ? credit : most;
    most = draft_length(&en->step_cost, &s->luck, en->guess_rows, most);
    s->n_guess = draft_lookup(s->tokens, s->len, most, s->guess);
    s->n_guess = constrain_guesses(s, s->guess, s->n_guess);
    if (s->n_guess && kv_table_reserve(en->kv, &s->table, s->n_kv, s->len + s->n_guess))
        s->n_guess = 0;
    s->n_rows += s->n_guess;
    en->guess_rows += s->n_guess;
    en->n_outs += s->n_guess;
    r->credit_step += s->n_guess;
}

static void plan(struct engine *en, struct seq *s, uint32_t *prefill_left)
{
    struct request *r = s->rq;
    s->n_rows = s->n_guess = 0;
    s->samples = false;
    if (!seq_runs(s))
        return;
    if (s->echo && r->credit_step < r->credit)
        event_echo(en, s);
    if (s->echo || !seq_runs(s) || (!s->table.n && !begin(en, s)))
        return;
    if (s->len - s->n_kv > 1 && keep_restore(en, s))
        return;
    uint32_t from = seq_from(s), want = s->len - from, take = want;
    uint32_t share = want > 1 ? prompt_share(en, r, *prefill_left) : 1;
    take = take < share ? take : share;
    bool may_sample = en->n_sampled < en->c.sequences_max && r->credit_step < r->credit;
    if (take == want && !may_sample)
        take--;
    if (!take || !take_blocks(en, s, from + take))
        return;
    if (want > 1) {
        *prefill_left -= take;
        r->prompt_rows += take;
    }
    s->n_rows = take;
    s->samples = take == want;
    if (s->samples) {
        r->credit_step++;
        s->out = en->n_outs++;
        en->sampled[en->n_sampled++] = s;
        guess(en, s);
    }
}

static void add_rows(struct engine *en, const struct seq *s)
{
    uint32_t from = seq_from(s), known = s->n_rows - s->n_guess;
    for (uint32_t i = 0; i < s->n_rows; i++)
        en->rows[en->n_rows++] = (struct forward_row){
            .token = i < known ? s->tokens[from + i] : s->guess[i - known],
            .pos = from + i,
            .blocks = s->table.blocks,
            .out = s->samples && i + 1 >= known ? s->out + i + 1 - known : FORWARD_NO_OUT,
            .store = from + i >= s->n_kv,
        };
}

/* How long a step may take: with others waiting for their next token, and alone, where it is the wait of a cancel. */
enum { STEP_MS_SHARED = 150, STEP_MS_ALONE = 600, PROMPT_ROWS_MIN = 16, PROMPT_ROWS_FIRST = 32 };

/* The rows of a step that only writes, one for each sequence that runs; 0: something is read as well. Guesses go with such steps alone:
 * what they cost is known there, and a step with prompt rows is long enough. */
static uint32_t rows_of_writing(const struct engine *en)
{
    uint32_t n = 0;
    for (const struct request *r = en->active.first; r; r = r->next)
        for (uint32_t i = 0; i < r->n_seqs; i++) {
            const struct seq *s = &r->seqs[i];
            if (seq_runs(s) && (!s->table.n || s->len - seq_from(s) > 1))
                return 0;
            n += seq_runs(s);
        }
    return n;
}

static bool reads_prompt(const struct request *r)
{
    for (uint32_t i = 0; i < r->n_seqs; i++)
        if (seq_runs(&r->seqs[i]) && r->seqs[i].len - r->seqs[i].n_kv > 1)
            return true;
    return false;
}

/* Prompt rows of a step are divided among the owners whose prompts are being read; a lone one has them all. */
static uint32_t owner_rows(const struct engine *en, uint32_t rows)
{
    uint32_t owners = 0;
    for (const struct request *r = en->active.first; r; r = r->next) {
        bool counted = !reads_prompt(r);
        for (const struct request *o = en->active.first; o != r && !counted; o = o->next)
            counted = str_eq(o->owner, r->owner) && reads_prompt(o);
        owners += !counted;
    }
    return owners > 1 ? (rows + owners - 1) / owners : rows;
}

static bool someone_writes(const struct engine *en)
{
    for (const struct request *r = en->active.first; r; r = r->next)
        for (uint32_t i = 0; i < r->n_seqs; i++)
            if (seq_runs(&r->seqs[i]) && r->seqs[i].table.n && r->seqs[i].len - seq_from(&r->seqs[i]) == 1)
                return true;
    return false;
}

/* Steps of about equal size: unpacking the weights costs the same for the few rows that a last step would have. */
static uint32_t evenly(const struct engine *en, uint32_t most)
{
    uint64_t unread = 0;
    for (const struct request *r = en->active.first; r; r = r->next)
        for (uint32_t i = 0; i < r->n_seqs; i++)
            if (seq_runs(&r->seqs[i]) && r->seqs[i].len - r->seqs[i].n_kv > 1)
                unread += r->seqs[i].len - r->seqs[i].n_kv;
    uint64_t steps = (unread + most - 1) / most;
    return steps > 1 ? (uint32_t)((unread + steps - 1) / steps) : most;
}

/* Prompt rows of the next step: prefill_chunk, or less where the model is large for this machine. The text does not depend on it. */
static uint32_t prompt_rows(const struct engine *en)
{
    uint32_t most = en->c.prefill_chunk, least = most < PROMPT_ROWS_MIN ? most : PROMPT_ROWS_MIN;
    if (en->prompt_row_ns <= 0)
        return most < PROMPT_ROWS_FIRST ? most : PROMPT_ROWS_FIRST;
    double fit = (someone_writes(en) ? STEP_MS_SHARED : STEP_MS_ALONE) * 1e6 / en->prompt_row_ns;
    return evenly(en, fit >= most ? most : fit <= least ? least : (uint32_t)fit);
}

void schedule_took(struct engine *en, uint64_t ns)
{
    if (!en->n_prompt_rows)
        draft_cost_learn(&en->step_cost, en->n_rows, ns);
    if (en->n_prompt_rows < PROMPT_ROWS_MIN)
        return; /* reading the weights is then most of it, and says nothing about more rows */
    double row_ns = (double)(ns ? ns : 1) / en->n_rows;
    en->prompt_row_ns = en->prompt_row_ns > 0 ? 0.5 * (en->prompt_row_ns + row_ns) : row_ns;
}

void schedule_step(struct engine *en)
{
    uint32_t most = prompt_rows(en), prefill_left = most;
    en->n_rows = en->n_outs = en->n_sampled = 0;
    en->guess_rows = en->c.speculate ? rows_of_writing(en) : 0;
    en->owner_rows_max = owner_rows(en, most);
    for (struct request *r = en->active.first; r; r = r->next) {
        r->credit_step = r->prompt_rows = 0;
        for (uint32_t i = 0; i < r->n_seqs; i++)
            plan(en, &r->seqs[i], &prefill_left);
    }
    en->n_prompt_rows = most - prefill_left;
    for (struct request *r = en->active.first; r; r = r->next)
        for (uint32_t i = 0; i < r->n_seqs; i++)
            add_rows(en, &r->seqs[i]);
}

/* Places */

/* A slow reader's sequences keep their place in memory, not among those that run. */
static bool has_place(const struct engine *en, const struct request *head)
{
    uint32_t open = 0, running = 0;
    for (const struct request *r = en->active.first; r; r = r->next) {
        uint32_t n = r->n_seqs - r->n_ended;
        open += n;
        running += request_parked(r) ? 0 : n;
    }
    return (!running || running + head->n_seqs <= en->c.sequences_max) && (!open || open + head->n_seqs <= en->places_max);
}

/* Owners take turns (start-time fair queueing; Goyal, Vin and Cheng, 1996): an owner's next request comes one turn after its last, but
 * never before the turn that is running. So a single request does not wait for all that another owner has sent before. */
void schedule_turn(struct engine *en, struct request *r)
{
    const struct request_list *const lists[] = {&en->queue, &en->active};
    r->turn = en->turn;
    for (size_t i = 0; i < 2; i++)
        for (const struct request *o = lists[i]->first; o; o = o->next)
            if (str_eq(o->owner, r->owner) && o->turn >= r->turn)
                r->turn = o->turn + 1;
}

void schedule_admit(struct engine *en)
{
    for (struct request *r; (r = en->queue.first) && has_place(en, r);) {
        request_remove(&en->queue, r);
        request_insert(&en->active, r);
        en->turn = r->turn > en->turn ? r->turn : en->turn;
        r->started_ns = clock_ns(en->c.clock);
    }
}

void schedule_tell_positions(struct engine *en)
{
    uint32_t position = 0;
    for (struct request *r = en->queue.first; r; r = r->next)
        event_queued(en, r, position++);
}

bool schedule_runnable(const struct engine *en)
{
    for (const struct request *r = en->active.first; r; r = r->next)
        for (uint32_t i = 0; i < r->n_seqs; i++)
            if (seq_runs(&r->seqs[i]))
                return true;
    return false;
}
