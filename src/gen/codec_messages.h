/* The descriptions of all messages, for the table in codec.c. `m` is the member of struct gen_frame. */
#ifndef GEN_CODEC_MESSAGES_H
#define GEN_CODEC_MESSAGES_H

#include "gen/coder.h"

typedef void code_fn(struct coder *c, void *m);

code_fn code_request, code_event, code_embed, code_vectors;
code_fn code_load, code_loaded, code_progress, code_cancel, code_credit, code_failed;
code_fn code_tokenize, code_tokens, code_detokenize, code_bytes_answer;

#endif
