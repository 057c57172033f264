/* What is asked of an encoder, and what comes back: vectors of texts, or scores of documents for a query. Plain messages with an
 * encoded form, as in gen/request.h. */
#ifndef GEN_EMBED_H
#define GEN_EMBED_H

#include "gen/request.h"

enum {
    GEN_EMBED_INPUTS_MAX = 2048,
    GEN_EMBED_TOKENS_MAX = 1 << 20,  /* of one request */
    GEN_EMBED_VALUES_MAX = 16 << 20, /* of one answer */
};

/* What a loaded model does. */
enum gen_model_kind { GEN_MODEL_WRITES, GEN_MODEL_EMBEDS, GEN_MODEL_RANKS, GEN_MODEL_KIND_COUNT };

struct gen_input {
    struct str text;
    const uint32_t *tokens; /* not NULL: these as they are, and text is empty */
    size_t n_tokens;
};

struct gen_embed {
    uint64_t id;
    bool rank;     /* the first input is the query, the others are documents */
    bool truncate; /* texts that are too long are cut; otherwise they are refused */
    const struct gen_input *inputs;
    size_t n_inputs; /* 1 … GEN_EMBED_INPUTS_MAX, of a ranking one more */
};

struct gen_vectors {
    uint64_t id;
    uint32_t width;      /* of a vector; 1 for scores */
    uint32_t tokens;     /* that were read */
    const float *values; /* vectors of length 1, one after the other; or scores from 0 to 1 */
    size_t n_values;
    const uint32_t *each; /* tokens of each vector's text, or of each score's pair; may be absent */
    size_t n_each;
};

#endif
