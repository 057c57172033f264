/* Random valid frames of every type, and their comparison field by field (not by their encoded form, which would not
 * notice a field that both directions forget). */
#ifndef TESTS_GEN_MESSAGES_H
#define TESTS_GEN_MESSAGES_H

#include "base/rng.h"
#include "gen/codec.h"

extern const enum gen_frame_type frame_types[];
extern const size_t n_frame_types;

/* Everything it points at comes from the arena. Every field gets a value that is not zero at times. */
void frame_random(struct rng *r, struct arena *a, enum gen_frame_type type, struct gen_frame *ret);
bool frame_equal(const struct gen_frame *a, const struct gen_frame *b);

#endif
