/* Requests and their sequences, as the engine keeps them.
 *
 * A request owns one arena, from which its prompt, its stop strings and its sequences come; a sequence is one choice. What a
 * sequence has to compute is always "the tokens from n_kv on": a new prompt, one new token, or, after its blocks were taken
 * away, all of it again. The last token is computed in any case, since its logits choose the next one; when its K and V are
 * there already (a shared prompt), they are not stored again.
 *
 *   tokens   [0 ............ n_prompt ............ len)
 *   K and V  [0 ....... n_kv)                              n_kv ≤ len
 *
 *   a request    queued ──(a place)──▶ active ──(every choice has ended, or an error)──▶ gone
 *   choice 0                           LIVE: reads the prompt, then answers ──▶ ENDED
 *   the others                         FORK: wait ──(prompt read: share its blocks)──▶ LIVE: answer ──▶ ENDED
 *
 * A live sequence is parked while its request has no credit. It may lose its blocks and read its tokens again. */
#ifndef ENGINE_SEQ_H
#define ENGINE_SEQ_H

#include "base/arena.h"
#include "engine/draft.h"
#include "engine/engine.h"
#include "engine/kv.h"
#include "engine/kv_disk.h"
#include "engine/outtext.h"

enum seq_state {
    SEQ_FORK, /* waits for choice 0 to read the prompt */
    SEQ_LIVE,
    SEQ_ENDED,
};

struct request;
struct constraint;
struct grammar_state;

struct seq {
    struct request *rq;
    uint32_t choice;
    enum seq_state state;
    uint32_t *tokens; /* [cap] */
    uint32_t len, cap, n_kv;
    struct kv_table table;
    uint32_t n_indexed; /* blocks of the table that are in the prefix index */
    uint64_t chain;     /* serial of the last of them */
    bool index_off;     /* memory was out; this sequence is not indexed further */
    bool may_restore;   /* more of the text may be on disk */
    uint32_t n_linked;  /* blocks that `link` names; see kv_disk.h */
    struct kv_link link;
    bool echo; /* the prompt's text is still to be sent */
    struct rng rng;
    struct outtext stream;
    struct grammar_state *grammar; /* owned; NULL: any text. See constrain.h */
    uint64_t first_ns, last_ns;    /* of the first and the last token chosen */
    struct draft_luck luck;
    /* in the step that runs */
    uint32_t n_rows; /* guesses included */
    bool samples;
    uint32_t out; /* its first row of logits; one more for each guess */
    uint32_t n_guess, guess[DRAFT_MAX];
    uint32_t n_sampled; /* 1, and one more for each guess that held */
    uint32_t n_forced;  /* of think_end, so far */
    int sample_rc;
    struct sample_out sample[DRAFT_MAX + 1];
};

struct request {
    struct request *prev, *next; /* in its list, by rank: priority, then turn, then arrival */
    struct arena arena;
    uint64_t id, arrival; /* arrival: a running number */
    uint64_t turn;        /* of its owner: see schedule_turn */
    struct str owner, echo_text;
    int32_t priority;
    uint32_t prompt_rows;                         /* given in the step that runs */
    uint32_t credit, credit_step;                 /* credit_step: of it, promised in the step that runs */
    uint64_t arrived_ns, started_ns, deadline_ns; /* 0: not yet, none */
    uint32_t n_prompt, n_cached, max_tokens;
    uint32_t position; /* last told while queued; UINT32_MAX: never */
    bool cached_known; /* n_cached is the first reading's, not a later one's */
    struct gen_sampling sampling;
    struct str *stops;
    size_t n_stops;
    struct gen_bias *biases;
    size_t n_biases;
    struct constraint *constraint;   /* counted; NULL: none */
    bool logprobs, ignore_eos, dead; /* dead: ended by an error */
    bool hides_thinking;
    uint32_t think_budget; /* tokens; UINT32_MAX: none */
    uint32_t *think_end;   /* [n_think_end] what ends thinking, when the budget is used up */
    uint32_t n_think_end;
    struct rng ids; /* of tool calls; not the seed's: ids must not come again */
    uint32_t top_logprobs;
    uint32_t n_seqs, n_ended;
    struct seq *seqs; /* [n_seqs] */
};

struct request_list {
    struct request *first, *last;
    uint32_t n;
};
void request_insert(struct request_list *l, struct request *r); /* behind those of its rank */
void request_remove(struct request_list *l, struct request *r);
/* a goes before b */
bool request_before(const struct request *a, const struct request *b);

/* What a wrong request is told. */
struct refusal {
    enum gen_fault fault;
    const char *param;
    struct err why;
};
/* A checked copy with its prompt as tokens; NULL and *ret_why otherwise. The sequences have no blocks yet. */
struct request *request_create(const struct model *m, uint32_t context_tokens, const struct gen_request *g, const struct clock *clock,
                               struct refusal *ret_why);
/* Its blocks must have been dropped. NULL is fine. */
void request_free(struct request *r);

/* No credit, so nothing of it takes part. */
static inline bool request_parked(const struct request *r)
{
    return !r->credit;
}
static inline bool request_over(const struct request *r)
{
    return r->dead || r->n_ended == r->n_seqs;
}
static inline uint32_t seq_generated(const struct seq *s)
{
    return s->len - s->rq->n_prompt;
}
/* The first position of the next pass. */
static inline uint32_t seq_from(const struct seq *s)
{
    return s->n_kv < s->len ? s->n_kv : s->len - 1;
}

#endif
