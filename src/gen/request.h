/* What is asked of a model, as one plain message: no shared pointers, an encoded form (gen/codec.h), so that the engine
 * may live in a thread or in another process. All slices and arrays are borrowed from whoever made the request; the
 * receiver of an encoded request owns them through its arena. */
#ifndef GEN_REQUEST_H
#define GEN_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Bounds that every producer and the decoder enforce. */
enum {
    GEN_MESSAGES_MAX = 4096,
    GEN_STOPS_MAX = 16,
    GEN_STOP_BYTES_MAX = 256,
    GEN_BIASES_MAX = 1024,
    GEN_CHOICES_MAX = 16,
    GEN_TOP_LOGPROBS_MAX = 20,
    GEN_PROMPT_TOKENS_MAX = 1 << 20,
    GEN_TEXT_BYTES_MAX = 64 << 20, /* of one request, all texts together */
};

enum gen_role { GEN_ROLE_SYSTEM, GEN_ROLE_USER, GEN_ROLE_ASSISTANT, GEN_ROLE_TOOL, GEN_ROLE_COUNT };

struct gen_message {
    enum gen_role role;
    struct str content;
};

enum gen_kind {
    GEN_CHAT,     /* messages, rendered by the model's own chat format */
    GEN_COMPLETE, /* prompt text as it is, with the tokenizer's begin token when the model wants one */
    GEN_TOKENS,   /* prompt_tokens as they are */
};

struct gen_bias {
    uint32_t token;
    float bias; /* added to the logit */
};

struct gen_sampling {
    float temperature;      /* 0: greedy */
    uint32_t top_k;         /* 0: off */
    float top_p;            /* 1: off */
    float min_p;            /* 0: off */
    float repeat_penalty;   /* 1: off; over the last repeat_last_n tokens */
    float presence_penalty; /* 0: off; OpenAI's definition, over the generated tokens */
    float frequency_penalty;
    uint32_t repeat_last_n;
    uint64_t seed;
    bool has_seed; /* otherwise the engine draws one */
};
extern const struct gen_sampling gen_sampling_default;

struct gen_request {
    uint64_t id; /* chosen by the sender, unique among its open requests */
    enum gen_kind kind;
    struct str owner;     /* whose prefix cache this may share; opaque */
    int32_t priority;     /* higher first */
    uint32_t deadline_ms; /* from arrival at the engine; 0: none */
    uint32_t credit;      /* events of text that may be sent before more credit comes; see gen/event.h */

    const struct gen_message *messages;
    size_t n_messages;
    bool continue_last; /* the last message is an assistant's that is to be continued, not a closed turn */
    struct str prompt;
    const uint32_t *prompt_tokens;
    size_t n_prompt_tokens;

    uint32_t n_choices;  /* 1 … GEN_CHOICES_MAX */
    uint32_t max_tokens; /* of each choice; 0: what the context leaves */
    struct gen_sampling sampling;
    const struct str *stops;
    size_t n_stops;
    const struct gen_bias *biases;
    size_t n_biases;
    bool logprobs;
    uint32_t top_logprobs; /* 0 … GEN_TOP_LOGPROBS_MAX */
    bool echo;             /* the prompt's text comes first */
    bool ignore_eos;       /* for measuring */
};

/* One choice, default sampling, unlimited credit. */
void gen_request_init(struct gen_request *r, enum gen_kind kind);

#endif
