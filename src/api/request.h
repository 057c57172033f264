/* What a body asks for: the translation of OpenAI's JSON into gen's messages. Pure functions over bytes. */
#ifndef API_REQUEST_H
#define API_REQUEST_H

#include <jansson.h>

#include "api/fields.h"
#include "gen/request.h"

enum {
    API_PROMPTS_MAX = 32,     /* of one completion request */
    API_ANSWERS_MAX = 128,    /* prompts times choices */
    API_USER_BYTES_MAX = 200, /* with the principal before it, within what gen allows an owner */
    API_NAME_BYTES_MAX = 256,
    API_COUNT_BYTES_MAX = 32 << 20,
};

struct api_prompt {
    struct str text;
    const uint32_t *tokens; /* not NULL: a prompt of tokens, and text is empty */
    size_t n_tokens;
};

struct api_request {
    json_t *root;           /* owns the strings; api_request_deinit lets it go */
    struct gen_request gen; /* a completion's prompt is not in it: see api_request_for_prompt */
    struct str model;       /* "": the default one */
    bool stream, include_usage;
    uint32_t max_tokens, max_completion_tokens; /* as sent; the second one wins */
    uint32_t best_of;
    const struct api_prompt *prompts; /* of a completion */
    size_t n_prompts;
    bool hides_reasoning; /* of a chat */
    bool stores;          /* of a response */
};

/* Strings of *ret point into the parsed JSON, arrays into the arena; the body's bytes are no longer needed. On failure *ret is
 * untouched. */
typedef int api_parse_fn(struct str body, size_t depth_max, struct arena *a, struct api_request *ret, struct api_error *e);
api_parse_fn api_parse_chat, api_parse_completion;
void api_request_deinit(struct api_request *r);
/* The message for one of a completion's prompts. */
struct gen_request api_request_for_prompt(const struct api_request *r, size_t prompt);

struct api_tokenize {
    json_t *root;
    struct str model, text;
    bool add_special, parse_special, with_pieces;
};
int api_parse_tokenize(struct str body, size_t depth_max, struct arena *a, struct api_tokenize *ret, struct api_error *e);

/* A text and a model: how many tokens, and nothing else. */
int api_parse_count(struct str body, size_t depth_max, struct arena *a, struct api_tokenize *ret, struct api_error *e);

struct api_detokenize {
    json_t *root;
    struct str model;
    const uint32_t *tokens;
    size_t n_tokens;
    bool has_tokens;
};
int api_parse_detokenize(struct str body, size_t depth_max, struct arena *a, struct api_detokenize *ret, struct api_error *e);

/* ---- between the files of this parser */

/* What chat and completion requests have in common: model, stream, sampling, limits, stops, biases … */
extern const struct field api_common_fields[], api_chat_fields[], api_completion_fields[], api_tokenize_fields[], api_count_fields[],
    api_detokenize_fields[];
extern const size_t api_n_common_fields, api_n_chat_fields, api_n_completion_fields, api_n_tokenize_fields, api_n_count_fields,
    api_n_detokenize_fields;
/* Reads the common fields and what belongs to them; `r->root` is set. */
int api_read_common(struct field_reader *fr, struct api_request *r);
/* Rows of other tables whose target begins with an api_request. */
int api_read_stop(struct field_reader *fr, const struct field *f, json_t *v, void *target);
int api_read_seed(struct field_reader *fr, const struct field *f, json_t *v, void *target);
/* A text of any length into the struct str at f->at. */
int api_read_text(struct field_reader *fr, const struct field *f, json_t *v, void *target);
/* format_request.c: readers of fields that say what an answer must be like. */
int api_read_response_format(struct field_reader *fr, const struct field *f, json_t *v, void *target);
int api_read_schema(struct field_reader *fr, const struct field *f, json_t *v, void *target);
int api_read_regex(struct field_reader *fr, const struct field *f, json_t *v, void *target);
int api_read_choice(struct field_reader *fr, const struct field *f, json_t *v, void *target);
int api_read_grammar(struct field_reader *fr, const struct field *f, json_t *v, void *target);
/* An array of token ids; a 400 that names the element otherwise. */
int api_read_token_ids(struct field_reader *fr, const char *name, json_t *array, const uint32_t **ret, size_t *ret_n);

#endif
