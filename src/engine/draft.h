/* Speculation without a second model: what followed the last time the text stood like this is tried again.
 *
 * A step that decodes one token reads all weights; a step that checks k guessed tokens behind it reads them once as well, and
 * costs little more as long as memory is the wall. Guesses come from the text itself (prompt lookup; A. Saxena, 2023): the
 * latest earlier place where the last few tokens stood, and what came after. Each position is sampled from the model's own
 * probabilities as if there were no guess, with the same random numbers; a guess that equals the sample has saved
 * a step, the first that does not ends the run. So the text does not change at all: up to DRAFT_ROWS_MAX rows are computed as one
 * alone would be (tensor/ops.h).
 *
 * Whether it pays is measured, not assumed: the time of steps by their rows, and for each sequence how often guesses hold. A run
 * of k guesses that hold with probability p each gives 1 + p + … + p^k tokens; it is tried when that, over the time of a step
 * with k more rows, beats the step without. */
#ifndef ENGINE_DRAFT_H
#define ENGINE_DRAFT_H

#include <stdbool.h>
#include <stdint.h>

enum {
    DRAFT_MAX = 6,      /* guesses a step, of one sequence */
    DRAFT_ROWS_MAX = 7, /* rows of a step that guesses: with more, arithmetic is the wall, and some kernels are no longer exact */
};

/* What steps have cost lately. */
struct draft_cost {
    float ns[DRAFT_ROWS_MAX + 1]; /* by number of rows; 0: not seen yet */
};
void draft_cost_learn(struct draft_cost *c, uint32_t rows, uint64_t ns);

/* How well guesses of one sequence hold. */
struct draft_luck {
    float p;        /* 0 … 1 */
    uint32_t pause; /* steps until the next try */
    uint32_t lost;  /* tries in a row that gave nothing: each doubles the pause */
};
void draft_luck_init(struct draft_luck *l);
void draft_luck_learn(struct draft_luck *l, uint32_t guessed, uint32_t held);

/* How many guesses are worth it, at most `most`, for one sequence of a step that has `rows` rows without them. Counts the pause down. */
uint32_t draft_length(const struct draft_cost *c, struct draft_luck *l, uint32_t rows, uint32_t most);

/* Up to `most` tokens that may follow tokens[0 … n); returns how many. */
uint32_t draft_lookup(const uint32_t *tokens, uint32_t n, uint32_t most, uint32_t *ret);

#endif
