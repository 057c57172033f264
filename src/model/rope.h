/* Rotary position embeddings of a model: how far each pair of a head turns from one position to the next. */
#ifndef MODEL_ROPE_H
#define MODEL_ROPE_H

#include "model/model.h"

/* ret[n_rot / 2]: θᵢ = base^(-2i / n_rot), scaled as the file says, in radians a position. `context_tokens`: how long texts may
 * become, since some models have other factors for long ones. `window`: for layers with a window, whose base may be another. */
void rope_frequencies(const struct model *m, uint32_t context_tokens, bool window, float *ret);

#endif
