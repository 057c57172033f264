#include "api/request.h"

#include <stdio.h>

#include "gen/event.h"

#define AT(member) offsetof(struct api_request, member)

/* "stop": a string, or an array of them. */
int api_read_stop(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_request *r = target;
    size_t n = json_is_array(v) ? json_array_size(v) : 1;
    if (!json_is_string(v) && !json_is_array(v))
        return field_wrong(fr, f->name, f->type, v);
    if (n > GEN_STOPS_MAX)
        return api_error_set(fr->error, 400, "invalid_value", f->name, "'%s' has %zu strings, but at most %d are possible", f->name, n,
                             GEN_STOPS_MAX);
    struct str *stops = field_array(fr, n, sizeof *stops);
    if (!stops)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        json_t *one = json_is_array(v) ? json_array_get(v, i) : v;
        char name[64];
        snprintf(name, sizeof name, json_is_array(v) ? "%s[%zu]" : "%s", f->name, i);
        if (!json_is_string(one))
            return field_wrong(fr, name, "a string", one);
        stops[i] = field_str(one);
        if (!stops[i].len || stops[i].len > GEN_STOP_BYTES_MAX)
            return api_error_set(fr->error, 400, "invalid_value", name, "'%s' has %zu bytes, but must have 1 to %d", name, stops[i].len,
                                 GEN_STOP_BYTES_MAX);
    }
    r->gen.stops = stops;
    r->gen.n_stops = n;
    return OK;
}

/* "logit_bias": {"token id": bias}. */
static int read_bias(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_request *r = target;
    if (!json_is_object(v))
        return field_wrong(fr, f->name, f->type, v);
    size_t n = json_object_size(v), i = 0;
    if (n > GEN_BIASES_MAX)
        return api_error_set(fr->error, 400, "invalid_value", f->name, "'logit_bias' names %zu tokens, but at most %d are possible", n,
                             GEN_BIASES_MAX);
    struct gen_bias *biases = field_array(fr, n, sizeof *biases);
    if (!biases)
        return ERR_NOMEM;
    const char *key;
    json_t *one;
    json_object_foreach(v, key, one)
    {
        uint64_t token;
        if (str_to_u64(str_of(key), &token) || token > INT32_MAX)
            return api_error_set(fr->error, 400, "invalid_value", f->name, "'logit_bias' has the key '%.40s', which is not a token id",
                                 key);
        if (!json_is_number(one) || json_number_value(one) < -100 || json_number_value(one) > 100) {
            char name[64];
            snprintf(name, sizeof name, "logit_bias.%.40s", key);
            return field_wrong(fr, name, "a number from -100 to 100", one);
        }
        biases[i++] = (struct gen_bias){(uint32_t)token, (float)json_number_value(one)};
    }
    r->gen.biases = biases;
    r->gen.n_biases = n;
    return OK;
}

int api_read_seed(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_request *r = target;
    if (!json_is_integer(v))
        return field_wrong(fr, f->name, f->type, v);
    r->gen.sampling.seed = (uint64_t)json_integer_value(v);
    r->gen.sampling.has_seed = true;
    return OK;
}

static int read_stream_options(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    static const struct field rows[] = {{.name = "include_usage", .kind = FIELD_BOOL, .at = AT(include_usage)}};
    if (!json_is_object(v))
        return field_wrong(fr, f->name, f->type, v);
    return fields_read(fr, rows, 1, "stream_options.", v, target);
}

#define SAMPLING(field, k, lo, hi, text)                                                                           \
    {                                                                                                              \
        .name = #field, .kind = FIELD_##k, .min = (lo), .max = (hi), .at = AT(gen.sampling.field), .about = (text) \
    }

/* clang-format off */
const struct field api_common_fields[] = {
    {.name = "model", .kind = FIELD_STR, .max = API_NAME_BYTES_MAX, .at = AT(model), .about = "the model's name as /v1/models lists it; without it the default model answers"},
    {.name = "stream", .kind = FIELD_BOOL, .at = AT(stream), .about = "send the answer in pieces, as server-sent events"},
    {.name = "stream_options", .kind = FIELD_OTHER, .read = read_stream_options, .type = "an object", .about = "include_usage: a last event with usage and timings"},
    {.name = "max_tokens", .kind = FIELD_U32, .min = 1, .max = INT32_MAX, .at = AT(max_tokens), .about = "the most tokens of each answer"},
    {.name = "n", .kind = FIELD_U32, .min = 1, .max = GEN_CHOICES_MAX, .at = AT(gen.n_choices), .about = "how many answers to the same prompt"},
    {.name = "stop", .kind = FIELD_OTHER, .read = api_read_stop, .type = "a string or an array of strings", .about = "texts that end an answer; they are not part of it"},
    {.name = "seed", .kind = FIELD_OTHER, .read = api_read_seed, .type = "an integer", .about = "the same seed, request and model give the same answer"},
    SAMPLING(temperature, F32, 0, 2, "0 takes the likeliest token always; higher is livelier"),
    SAMPLING(top_k, U32, 0, INT32_MAX, "choose among the k likeliest tokens; 0: off"),
    SAMPLING(top_p, F32, 0, 1, "choose among the likeliest tokens that together have this probability; 1: off"),
    SAMPLING(min_p, F32, 0, 1, "leave out tokens less likely than this share of the likeliest one; 0: off"),
    SAMPLING(presence_penalty, F32, -2, 2, "against tokens that were generated already"),
    SAMPLING(frequency_penalty, F32, -2, 2, "against tokens, for each time they were generated"),
    {.name = "repetition_penalty", .kind = FIELD_F32, .min = 0.01, .max = 10, .at = AT(gen.sampling.repeat_penalty), .about = "divides the score of recent tokens; 1: off"},
    SAMPLING(repeat_penalty, F32, 0.01, 10, "another name of repetition_penalty"),
    SAMPLING(repeat_last_n, U32, 0, 65536, "how many tokens count as recent"),
    {.name = "logit_bias", .kind = FIELD_OTHER, .read = read_bias, .type = "an object of token ids and numbers from -100 to 100", .about = "added to the scores of these tokens"},
    {.name = "user", .kind = FIELD_STR, .max = API_USER_BYTES_MAX, .at = AT(gen.owner), .about = "prompt prefixes are shared only between requests of the same user"},
    {.name = "ignore_eos", .kind = FIELD_BOOL, .at = AT(gen.ignore_eos), .about = "go on after the end-of-text token, for measuring"},
    {.name = "response_format", .kind = FIELD_OTHER, .read = api_read_response_format, .type = "an object with a type", .about = "text, json_object, or json_schema with json_schema.schema: the answer is valid for it, or the request is refused with the place that cannot be enforced"},
    {.name = "json_schema", .kind = FIELD_OTHER, .read = api_read_schema, .type = "a JSON Schema", .about = "the schema by itself"},
    {.name = "guided_json", .kind = FIELD_OTHER, .read = api_read_schema, .type = "a JSON Schema", .about = "another name of json_schema"},
    {.name = "regex", .kind = FIELD_OTHER, .read = api_read_regex, .type = "a regular expression", .about = "the whole answer matches it; ECMAScript's syntax without references, lookaround and word borders"},
    {.name = "guided_regex", .kind = FIELD_OTHER, .read = api_read_regex, .type = "a regular expression", .about = "another name of regex"},
    {.name = "choice", .kind = FIELD_OTHER, .read = api_read_choice, .type = "an array of strings", .about = "the answer is one of them"},
    {.name = "guided_choice", .kind = FIELD_OTHER, .read = api_read_choice, .type = "an array of strings", .about = "another name of choice"},
    {.name = "grammar", .kind = FIELD_OTHER, .read = api_read_grammar, .type = "a string", .about = "the answer follows this grammar, in llama-server's GBNF"},
    {.name = "guided_grammar", .kind = FIELD_OTHER, .read = api_read_grammar, .type = "a string", .about = "another name of grammar"},
};
/* clang-format on */
const size_t api_n_common_fields = sizeof api_common_fields / sizeof *api_common_fields;

int api_read_common(struct field_reader *fr, struct api_request *r)
{
    return fields_read(fr, api_common_fields, api_n_common_fields, "", r->root, r);
}

int api_read_token_ids(struct field_reader *fr, const char *name, json_t *array, const uint32_t **ret, size_t *ret_n)
{
    size_t n = json_array_size(array);
    if (n > GEN_PROMPT_TOKENS_MAX)
        return api_error_set(fr->error, 400, "invalid_value", name, "'%s' has %zu tokens, but at most %d are possible", name, n,
                             GEN_PROMPT_TOKENS_MAX);
    uint32_t *tokens = field_array(fr, n, sizeof *tokens);
    if (!tokens)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        json_t *one = json_array_get(array, i);
        if (!json_is_integer(one) || json_integer_value(one) < 0 || json_integer_value(one) > INT32_MAX) {
            char element[96];
            snprintf(element, sizeof element, "%s[%zu]", name, i);
            return field_wrong(fr, element, "a token id", one);
        }
        tokens[i] = (uint32_t)json_integer_value(one);
    }
    *ret = tokens;
    *ret_n = n;
    return OK;
}

void api_request_deinit(struct api_request *r)
{
    json_decref(r->root); /* NULL is fine */
    r->root = NULL;
}

struct gen_request api_request_for_prompt(const struct api_request *r, size_t prompt)
{
    struct gen_request g = r->gen;
    if (prompt >= r->n_prompts)
        return g;
    const struct api_prompt *p = &r->prompts[prompt];
    g.kind = p->tokens ? GEN_TOKENS : GEN_COMPLETE;
    g.prompt = p->text;
    g.prompt_tokens = p->tokens;
    g.n_prompt_tokens = p->n_tokens;
    return g;
}
