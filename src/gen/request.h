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
    GEN_TOOLS_MAX = 128,
    GEN_TOOL_CALLS_MAX = 128,      /* of one message or answer */
    GEN_NAME_BYTES_MAX = 256,      /* names and ids of tools, calls and speakers */
    GEN_TEXT_BYTES_MAX = 64 << 20, /* of one request, all texts together */
};

enum gen_role { GEN_ROLE_SYSTEM, GEN_ROLE_USER, GEN_ROLE_ASSISTANT, GEN_ROLE_TOOL, GEN_ROLE_COUNT };

/* A tool that the model may ask to be called. */
struct gen_tool {
    struct str name, description;
    struct str parameters; /* JSON Schema text; empty: takes no arguments */
    bool strict;           /* asked for by the client; arguments are held to the schema either way */
};

/* A call that the model has asked for. */
struct gen_tool_call {
    struct str id, name;
    struct str arguments; /* JSON text of an object */
};

struct gen_message {
    enum gen_role role;
    struct str content;
    struct str reasoning;                   /* of an assistant; templates decide whether the model sees it again */
    struct str name;                        /* of the tool whose result this is, or of the speaker; may be empty */
    struct str tool_call_id;                /* of a tool's result: which call it answers */
    const struct gen_tool_call *tool_calls; /* of an assistant */
    size_t n_tool_calls;
};

enum gen_tool_choice {
    GEN_TOOLS_AUTO,     /* the model decides; a call that it begins is held to its schema */
    GEN_TOOLS_NONE,     /* no call, though tools may be shown */
    GEN_TOOLS_REQUIRED, /* at least one call */
    GEN_TOOLS_NAMED,    /* exactly the tool tool_choice_name */
    GEN_TOOLS_CHOICE_COUNT,
};

/* What an answer's text must be. */
enum gen_format {
    GEN_FORMAT_TEXT,   /* anything */
    GEN_FORMAT_JSON,   /* a JSON object */
    GEN_FORMAT_SCHEMA, /* JSON that is valid for the JSON Schema in format_text */
    GEN_FORMAT_REGEX,  /* matches format_text as a whole */
    GEN_FORMAT_CHOICE, /* one of the strings of the JSON array format_text */
    GEN_FORMAT_GBNF,   /* a sentence of the grammar format_text */
    GEN_FORMAT_COUNT,
};

enum gen_thinking {
    GEN_THINK_DEFAULT, /* as the model's template has it */
    GEN_THINK_ON,
    GEN_THINK_OFF,
    GEN_THINK_COUNT,
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

    /* of GEN_CHAT only */
    const struct gen_tool *tools;
    size_t n_tools;
    enum gen_tool_choice tool_choice;
    struct str tool_choice_name; /* of GEN_TOOLS_NAMED */
    bool parallel_tool_calls;    /* more than one call in an answer */
    enum gen_thinking thinking;
    uint32_t think_budget;       /* tokens after which thinking is ended; 0: no limit of its own */
    struct str reasoning_effort; /* for templates: "low", "medium", "high" …; may be empty */
    struct str template_kwargs;  /* JSON text of an object: further variables of the template; may be empty */

    enum gen_format format;
    struct str format_text; /* schema, regular expression, grammar, or a JSON array of strings */

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

/* One choice, default sampling, unlimited credit, calls in parallel. */
void gen_request_init(struct gen_request *r, enum gen_kind kind);

#endif
