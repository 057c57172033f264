/* The body of POST /completion. */
#include "api/body.h"
#include "api/llama/llama.h"

#define AT(member) offsetof(struct api_request, member)

enum { LAST_N_MAX = 65536 };

static int read_prompt(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_request *r = target;
    if (json_is_string(v)) {
        r->gen.prompt = field_str(v);
        return OK;
    }
    if (!json_array_size(v) || !json_is_integer(json_array_get(v, 0)))
        return field_wrong(fr, f->name, f->type, v);
    r->gen.kind = GEN_TOKENS;
    return api_read_token_ids(fr, f->name, v, &r->gen.prompt_tokens, &r->gen.n_prompt_tokens);
}

/* -1: without end. */
static int read_n_predict(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_request *r = target;
    json_int_t n = json_integer_value(v);
    if (!json_is_integer(v) || n < -1 || n == 0 || n > INT32_MAX)
        return field_wrong(fr, f->name, f->type, v);
    r->gen.max_tokens = n > 0 ? (uint32_t)n : 0;
    return OK;
}

static int read_repeat_last_n(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_request *r = target;
    json_int_t n = json_integer_value(v);
    if (!json_is_integer(v) || n < -1 || n > LAST_N_MAX)
        return field_wrong(fr, f->name, f->type, v);
    r->gen.sampling.repeat_last_n = n < 0 ? LAST_N_MAX : (uint32_t)n;
    return OK;
}

/* -1: any. */
static int read_seed(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    return json_is_integer(v) && json_integer_value(v) == -1 ? OK : api_read_seed(fr, f, v, target);
}

static int read_grammar(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_request *r = target;
    if (!json_is_string(v))
        return field_wrong(fr, f->name, f->type, v);
    if (json_string_length(v))
        r->gen.format = GEN_FORMAT_GBNF;
    r->gen.format_text = field_str(v);
    return OK;
}

static int read_schema(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_request *r = target;
    if (!json_is_object(v))
        return field_wrong(fr, f->name, f->type, v);
    if (!json_object_size(v))
        return OK;
    if (r->gen.format != GEN_FORMAT_TEXT)
        return field_unsupported(fr, f->name, "there is a grammar already");
    r->gen.format = GEN_FORMAT_SCHEMA;
    return field_json(fr, v, &r->gen.format_text);
}

/* Kinds of sampling that there are none of here: only the value that switches them off. */
static int read_off(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    (void)target;
    return json_is_number(v) && json_number_value(v) >= f->min && json_number_value(v) <= f->max
               ? OK
               : field_unsupported(fr, f->name, "it is not there; leave it out");
}

#define SAMPLING(field, k, lo, hi, text)                                                                           \
    {                                                                                                              \
        .name = #field, .kind = FIELD_##k, .min = (lo), .max = (hi), .at = AT(gen.sampling.field), .about = (text) \
    }
#define OFF(field, value)                                                                                          \
    {                                                                                                              \
        .name = #field, .kind = FIELD_OTHER, .read = read_off, .min = (value), .max = (value), .type = "a number", \
        .about = "only " #value ", which is off"                                                                   \
    }
#define IGNORED(field, text)                                   \
    {                                                          \
        .name = #field, .kind = FIELD_IGNORED, .about = (text) \
    }

/* clang-format off */
const struct field llama_fields[] = {
    {.name = "prompt", .kind = FIELD_OTHER, .read = read_prompt, .type = "a string or an array of token ids", .about = "what is to be continued; several prompts: /v1/completions"},
    {.name = "model", .kind = FIELD_STR, .max = API_NAME_BYTES_MAX, .at = AT(model), .about = "without it the default model answers"},
    {.name = "stream", .kind = FIELD_BOOL, .at = AT(stream), .about = "send the answer in pieces, as server-sent events"},
    {.name = "n_predict", .kind = FIELD_OTHER, .read = read_n_predict, .type = "an integer: -1 or more than 0", .about = "the most tokens of the answer; -1: what the context leaves"},
    SAMPLING(temperature, F32, 0, 2, "0 takes the likeliest token always; higher is livelier"),
    SAMPLING(top_k, U32, 0, INT32_MAX, "choose among the k likeliest tokens; 0: off"),
    SAMPLING(top_p, F32, 0, 1, "choose among the likeliest tokens that together have this probability; 1: off"),
    SAMPLING(min_p, F32, 0, 1, "leave out tokens less likely than this share of the likeliest one; 0: off"),
    SAMPLING(repeat_penalty, F32, 0.01, 10, "divides the score of recent tokens; 1: off"),
    {.name = "repeat_last_n", .kind = FIELD_OTHER, .read = read_repeat_last_n, .type = "an integer from -1 to 65536", .about = "how many tokens count as recent; -1: as many as possible"},
    SAMPLING(presence_penalty, F32, -2, 2, "against tokens that were generated already"),
    SAMPLING(frequency_penalty, F32, -2, 2, "against tokens, for each time they were generated"),
    {.name = "seed", .kind = FIELD_OTHER, .read = read_seed, .type = "an integer", .about = "the same seed, request and model give the same answer; -1: any"},
    {.name = "stop", .kind = FIELD_OTHER, .read = api_read_stop, .type = "an array of strings", .about = "texts that end an answer; they are not part of it"},
    {.name = "ignore_eos", .kind = FIELD_BOOL, .at = AT(gen.ignore_eos), .about = "go on after the end-of-text token"},
    {.name = "grammar", .kind = FIELD_OTHER, .read = read_grammar, .type = "a string", .about = "GBNF that the answer must be a sentence of"},
    {.name = "json_schema", .kind = FIELD_OTHER, .read = read_schema, .type = "an object", .about = "JSON Schema that the answer must be valid for"},
    OFF(typical_p, 1), OFF(mirostat, 0), OFF(dynatemp_range, 0), OFF(dry_multiplier, 0), OFF(xtc_probability, 0), OFF(top_n_sigma, -1), OFF(n_indent, 0), OFF(n_probs, 0),
    IGNORED(cache_prompt, "beginnings of prompts are always remembered"),
    IGNORED(id_slot, "sequences have no slots"),
    IGNORED(n_keep, "texts are never cut to fit: what does not fit is refused"),
    IGNORED(min_keep, "at least one token is always left"),
    IGNORED(timings_per_token, "timings come at the end"),
    IGNORED(samplers, "the order is fixed: penalties, top_k, top_p, min_p, temperature"),
    IGNORED(mirostat_tau, "of mirostat"),
    IGNORED(mirostat_eta, "of mirostat"),
    {.name = "logit_bias", .kind = FIELD_REFUSED, .about = "/v1/completions has it"},
    {.name = "image_data", .kind = FIELD_REFUSED, .about = "the models here read only text"},
    {.name = "lora", .kind = FIELD_REFUSED, .about = "there are no adapters"},
    {.name = "return_tokens", .kind = FIELD_REFUSED, .about = "POST /tokenize tells them"},
    {.name = "response_fields", .kind = FIELD_REFUSED, .about = "all fields are shown"},
};
/* clang-format on */
const size_t llama_n_fields = sizeof llama_fields / sizeof *llama_fields;

int llama_parse(struct str body, size_t depth_max, struct arena *a, struct api_request *ret, struct api_error *e)
{
    struct field_reader fr = {.arena = a, .error = e};
    struct api_request r = {0};
    gen_request_init(&r.gen, GEN_COMPLETE);
    int rc = body_parse(body, depth_max, &r.root, e);
    if (!rc)
        rc = fields_read(&fr, llama_fields, llama_n_fields, "", r.root, &r);
    if (!rc && !r.gen.prompt.ptr && !r.gen.n_prompt_tokens)
        rc = field_missing(&fr, "prompt");
    if (rc) {
        api_request_deinit(&r);
        return rc;
    }
    *ret = r;
    return OK;
}
