/* What the files of the engine share: the engine itself. One thread at a time. */
#ifndef ENGINE_ENGINE_IMPL_H
#define ENGINE_ENGINE_IMPL_H

#include <pthread.h>

#include "engine/constrain.h"
#include "engine/forward.h"
#include "engine/seq.h"

struct engine {
    struct engine_config c;
    const struct model *m;
    struct pool *pool;
    const struct kernels *kn;
    uint32_t context_tokens, places_max; /* places: sequences that hold memory, parked ones included */
    struct kv *kv;
    struct keep *keep; /* NULL: nothing is kept on disk */
    struct err warning;
    struct forward *forward;
    struct request_list queue, active;
    uint64_t arrivals, turn; /* turn: of the request that began last */
    /* the step that runs */
    struct forward_row *rows; /* [prefill_chunk + sequences_max + DRAFT_ROWS_MAX] */
    struct seq **sampled;     /* [sequences_max] those that get a token */
    uint32_t n_rows, n_outs, n_sampled, n_prompt_rows;
    uint32_t owner_rows_max;             /* prompt rows that one owner may have */
    uint32_t guess_rows;                 /* rows that the step will have, guesses so far included; 0: it does not guess */
    struct draft_cost step_cost;         /* of steps without prompt rows */
    double prompt_row_ns;                /* what a prompt's token has cost lately; 0 until one was read */
    struct sample_scratch **scratch;     /* [threads] */
    struct constraint *constraints;      /* compiled formats, those of open requests and a few kept */
    struct grammar_vocab *grammar_vocab; /* made beside everything else once the model is loaded (constrain_open) */
    pthread_t preparer;                  /* makes it */
    bool preparing;                      /* that thread has not been waited for */
    uint64_t *masks;                     /* [threads][words] */
    /* an event on its way */
    struct gen_token *ev_tokens;    /* [OUTTEXT_HELD_MAX] */
    struct gen_alternative *ev_top; /* [OUTTEXT_HELD_MAX][GEN_TOP_LOGPROBS_MAX] */
    struct buf ev_bytes;
    uint64_t prompt_tokens, decoded_tokens, steps, guessed, guesses_held;
};

/* schedule.c: which rows the next pass computes. Fills rows, n_rows, n_prompt_rows, sampled, n_outs; may send echoes and end a sequence
 * that no memory is left for. */
void schedule_step(struct engine *en);
/* How long that pass took: the next ones are cut so that none takes longer than it should. */
void schedule_took(struct engine *en, uint64_t ns);
/* Before it is queued: its place among those of other owners. */
void schedule_turn(struct engine *en, struct request *r);
/* Moves requests from the queue to free places. */
void schedule_admit(struct engine *en);
/* Tells those in the queue where they stand, when that has changed. */
void schedule_tell_positions(struct engine *en);
bool schedule_runnable(const struct engine *en);

/* events.c: sends, and keeps the books of credit and endings. */
void event_warning(struct engine *en, const struct request *r, const char *text);
void event_prefill(struct engine *en, const struct seq *s);
void event_queued(struct engine *en, struct request *r, uint32_t position);
void event_echo(struct engine *en, struct seq *s);
/* Sends a release unless it is empty, and drops it from the stream. */
void event_text(struct engine *en, struct seq *s, const struct outtext_release *rel);
/* Ends a sequence: DONE, and its blocks are let go. */
void event_done(struct engine *en, struct seq *s, enum gen_finish reason, const struct str *stop);
/* The same for all choices that have not ended. `flush`: text that was held back goes out first, if there is credit. */
void event_done_all(struct engine *en, struct request *r, enum gen_finish reason, bool flush);
/* Ends a sequence that can go no further: held text, then DONE. */
void event_end_text(struct engine *en, struct seq *s, enum gen_finish reason);
/* Ends the whole request. `id` alone is enough for one that has not begun. */
void event_error(struct engine *en, uint64_t id, enum gen_fault fault, const char *param, const char *message);
void event_fail(struct engine *en, struct request *r, enum gen_fault fault, const char *message);

/* seq.c */
/* Lets a sequence's blocks go; what they held is computed again when it runs next. */
void seq_drop_blocks(struct engine *en, struct seq *s);
/* Positions below `end` are computed: indexes the blocks that became full. */
void seq_computed(struct engine *en, struct seq *s, uint32_t end);
/* The prompt of choice 0 is read: the other choices share its blocks and go on by themselves. */
void seq_fork_choices(struct engine *en, struct request *r);
/* Takes the tokens that were sampled: text, events, and perhaps the end. */
void seq_accept(struct engine *en, struct seq *s);

#endif
