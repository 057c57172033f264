/* What an answer's text must be: from a request's format to the mask that sampling gets.
 *
 * Compiled grammars and their masks are kept for the next request that asks for the same; requests share them by count. Each sequence has a
 * state of its own, which advances with every token that is sampled. While a model thinks nothing is constrained.
 *
 * Sampling stays exact: where only the likeliest allowed tokens count (temperature 0, top-k) they are asked for one by one, and a mask is
 * made only when too many are refused, which gives the same; otherwise every token is drawn under the mask, since top-p and min-p count
 * within what is allowed. A mask of a new place in a grammar costs a walk through the whole vocabulary, some milliseconds.
 *
 * Calls are the engine's thread's, but constrain_sample, which is the pool's, one thread a sequence. */
#ifndef ENGINE_CONSTRAIN_H
#define ENGINE_CONSTRAIN_H

#include "engine/grammar/grammar.h"
#include "engine/sample.h"

struct engine;
struct request;
struct seq;
struct refusal;
struct constraint;

/* Begins to make the vocabulary's trie, in a thread of its own: it takes about a tenth of a second for a large one, which no step should
 * wait for. */
void constrain_open(struct engine *en);
/* Compiles what g asks for, or finds it, and puts every sequence at its beginning. Nothing happens for GEN_FORMAT_TEXT. ERR_*, with *why
 * filled: the request is refused. */
int constrain_request(struct engine *en, struct request *r, const struct gen_request *g, struct refusal *why);
/* When the request ends; copes with one that was never constrained. */
void constrain_release(struct request *r);
/* What is kept for later, and the vocabulary's trie. No request is open any more. */
void constrain_close(struct engine *en);

/* Of guessed tokens, how many the format allows. */
uint32_t constrain_guesses(const struct seq *s, const uint32_t *tokens, uint32_t n);
/* sample_token for one that may be constrained; the sequence's state advances. ERR_INVAL: no token of the model can go on with the text;
 * ERR_LIMIT: the grammar is too ambiguous, or the text nested too deeply, to be followed. */
int constrain_sample(struct engine *en, struct seq *s, int thread, struct sample_in *in, struct sample_out *ret);
/* Nothing may follow what was sampled last. */
bool constrain_finished(const struct seq *s);

#endif
