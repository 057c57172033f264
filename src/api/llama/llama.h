/* llama-server's own addresses: /completion, /props, /slots, /infill, as its README describes them. */
#ifndef API_LLAMA_LLAMA_H
#define API_LLAMA_LLAMA_H

#include "api/generation.h"

api_parse_fn llama_parse;
/* The first row is the prompt's. */
extern const struct field llama_fields[], infill_fields[];
extern const size_t llama_n_fields, infill_n_fields;
extern const struct shape llama_shape;

#endif
