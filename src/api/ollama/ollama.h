/* Ollama's API: /api/chat, /api/generate and what lists and loads models, as https://docs.ollama.com/api describes it. Bodies become the
 * same requests as OpenAI's, by tables of fields; answers are lines of JSON (application/x-ndjson). */
#ifndef API_OLLAMA_OLLAMA_H
#define API_OLLAMA_OLLAMA_H

#include "api/generation.h"

/* What the tables of chat and generate fill. */
struct ollama_request {
    struct api_request api; /* first, since common readers take it for the whole */
    struct str prompt, system;
    bool raw, has_messages;
};

/* No messages, or an empty prompt: the model is only to be loaded (ret->gen has neither). A name's ":latest" is gone. */
api_parse_fn ollama_parse_chat, ollama_parse_generate;
bool ollama_only_loads(const struct api_request *r);

extern const struct field ollama_common_fields[], ollama_chat_fields[], ollama_generate_fields[], ollama_option_fields[],
    ollama_model_fields[], ollama_pull_fields[];
extern const size_t ollama_n_common_fields, ollama_n_chat_fields, ollama_n_generate_fields, ollama_n_option_fields, ollama_n_model_fields,
    ollama_n_pull_fields;
/* "options": an object of ollama_option_fields; the target begins with an api_request. */
int ollama_read_options(struct field_reader *fr, const struct field *f, json_t *v, void *target);
int ollama_read_messages(struct field_reader *fr, const struct field *f, json_t *v, void *target);

/* The name without ":latest", which every model here has. */
struct str ollama_model_name(struct str name);
/* The bodies that only name a model, as `model` or by its older name `name`. */
int ollama_parse_model(struct str body, size_t depth_max, const struct field *rows, size_t n, json_t **ret_root, struct str *ret_name,
                       bool *ret_stream, struct api_error *e);

extern const struct shape ollama_chat, ollama_generate;
/* "2026-01-02T03:04:05.678Z" */
void ollama_put_time(struct json *j, const char *key, int64_t wall_ms);
/* {"error": "sentence"} */
void ollama_put_error(const struct api_error *e, struct buf *out);

#endif
