/* What an answer's text must be: from a request's format to the mask that sampling gets.
 *
 * Compiled grammars and their masks are kept for the next request that asks for the same; requests share them by count. Each sequence has a
 * state of its own, which advances with every token that is sampled. While a model thinks nothing is constrained.
 *
 * Sampling stays exact: with temperature 0 the likeliest token is tried first and a mask made only when it is refused, which gives the
 * same; otherwise every token is drawn under the mask, since top-k, top-p and min-p count within what is allowed.
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
