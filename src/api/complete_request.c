/* POST /v1/completions: prompts. */
#include <stdio.h>

#include "api/body.h"
#include "api/request.h"

#define AT(member) offsetof(struct api_request, member)

static int too_many(struct field_reader *fr, size_t n)
{
    return api_error_set(fr->error, 400, "invalid_value", "prompt", "'prompt' has %zu prompts, but must have 1 to %d", n, API_PROMPTS_MAX);
}

static int read_one_prompt(struct field_reader *fr, const char *name, json_t *v, struct api_prompt *ret)
{
    if (json_is_string(v)) {
        ret->text = field_str(v);
        return OK;
    }
    if (!json_is_array(v))
        return field_wrong(fr, name, "a string or an array of token ids", v);
    if (!json_array_size(v))
        return api_error_set(fr->error, 400, "invalid_value", name, "'%s' has no tokens", name);
    return api_read_token_ids(fr, name, v, &ret->tokens, &ret->n_tokens);
}

/* A string, an array of strings, an array of token ids, or an array of such arrays. */
static int read_prompt(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_request *r = target;
    bool many = json_is_array(v) && !json_is_integer(json_array_get(v, 0));
    size_t n = many ? json_array_size(v) : 1;
    if (!json_is_string(v) && !json_is_array(v))
        return field_wrong(fr, f->name, f->type, v);
    if (!n || n > API_PROMPTS_MAX)
        return too_many(fr, n);
    struct api_prompt *prompts = field_array(fr, n, sizeof *prompts);
    if (!prompts)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        char name[32] = "prompt";
        if (many)
            snprintf(name, sizeof name, "prompt[%zu]", i);
        int rc = read_one_prompt(fr, name, many ? json_array_get(v, i) : v, &prompts[i]);
        if (rc)
            return rc;
    }
    r->prompts = prompts;
    r->n_prompts = n;
    return OK;
}

static int read_logprobs(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_request *r = target;
    if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > GEN_TOP_LOGPROBS_MAX)
        return field_wrong(fr, f->name, f->type, v);
    r->gen.logprobs = true;
    r->gen.top_logprobs = (uint32_t)json_integer_value(v);
    return OK;
}

static int read_suffix(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    (void)target;
    if (!json_is_string(v))
        return field_wrong(fr, f->name, f->type, v);
    return json_string_length(v) ? field_unsupported(fr, f->name, "text cannot be filled in between yet") : OK;
}

/* clang-format off */
const struct field api_completion_fields[] = {
    {.name = "prompt", .kind = FIELD_OTHER, .read = read_prompt, .type = "a string, an array of strings, an array of token ids or an array of such arrays", .about = "what is to be continued"},
    {.name = "logprobs", .kind = FIELD_OTHER, .read = read_logprobs, .type = "an integer from 0 to 20", .about = "the log-probabilities of each token and of so many likeliest ones in its place"},
    {.name = "echo", .kind = FIELD_BOOL, .at = AT(gen.echo), .about = "begin the answer with the prompt"},
    {.name = "best_of", .kind = FIELD_U32, .min = 1, .max = GEN_CHOICES_MAX, .at = AT(best_of), .about = "only the value of n"},
    {.name = "suffix", .kind = FIELD_OTHER, .read = read_suffix, .type = "a string", .about = "only empty"},
};
/* clang-format on */
const size_t api_n_completion_fields = sizeof api_completion_fields / sizeof *api_completion_fields;

static int check(struct field_reader *fr, const struct api_request *r)
{
    if (!r->n_prompts)
        return api_error_set(fr->error, 400, "missing_field", "prompt", "'prompt' is missing");
    if (r->best_of && r->best_of != r->gen.n_choices)
        return field_unsupported(fr, "best_of", "every answer is returned; it can only be the value of 'n'");
    if (r->n_prompts * r->gen.n_choices > API_ANSWERS_MAX)
        return api_error_set(fr->error, 400, "invalid_value", "n", "%zu prompts with %u answers each are more than %d answers",
                             r->n_prompts, r->gen.n_choices, API_ANSWERS_MAX);
    return OK;
}

int api_parse_completion(struct str body, size_t depth_max, struct arena *a, struct api_request *ret, struct api_error *e)
{
    struct field_reader fr = {.arena = a, .error = e};
    struct api_request r = {0};
    gen_request_init(&r.gen, GEN_COMPLETE);
    int rc = body_parse(body, depth_max, &r.root, e);
    if (!rc)
        rc = api_read_common(&fr, &r);
    if (!rc)
        rc = fields_read(&fr, api_completion_fields, api_n_completion_fields, "", r.root, &r);
    if (!rc)
        rc = check(&fr, &r);
    if (rc) {
        api_request_deinit(&r);
        return rc;
    }
    r.gen.max_tokens = r.max_tokens;
    *ret = r;
    return OK;
}
