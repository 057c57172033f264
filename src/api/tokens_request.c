/* POST /tokenize, /detokenize and /api/count. */
#include "api/body.h"
#include "api/request.h"

static int read_text(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_tokenize *r = target;
    if (!json_is_string(v))
        return field_wrong(fr, f->name, f->type, v);
    r->text = field_str(v);
    return OK;
}

static int read_tokens(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_detokenize *r = target;
    if (!json_is_array(v))
        return field_wrong(fr, f->name, f->type, v);
    r->has_tokens = true;
    return api_read_token_ids(fr, f->name, v, &r->tokens, &r->n_tokens);
}

/* clang-format off */
#define AT(member) offsetof(struct api_tokenize, member)
const struct field api_tokenize_fields[] = {
    {.name = "model", .kind = FIELD_STR, .max = API_NAME_BYTES_MAX, .at = AT(model), .about = "without it the default model's vocabulary is used"},
    {.name = "content", .kind = FIELD_OTHER, .read = read_text, .type = "a string", .about = "the text"},
    {.name = "text", .kind = FIELD_OTHER, .read = read_text, .type = "a string", .about = "another name of content"},
    {.name = "add_special", .kind = FIELD_BOOL, .at = AT(add_special), .about = "with the begin and end tokens that the model wants (false)"},
    {.name = "parse_special", .kind = FIELD_BOOL, .at = AT(parse_special), .about = "the text of special tokens becomes these tokens (true)"},
    {.name = "with_pieces", .kind = FIELD_BOOL, .at = AT(with_pieces), .about = "with the text of each token (false)"},
};
const struct field api_count_fields[] = {
    {.name = "text", .kind = FIELD_STR, .max = API_COUNT_BYTES_MAX, .at = AT(text), .about = "the text"},
    {.name = "model", .kind = FIELD_STR, .max = API_NAME_BYTES_MAX, .at = AT(model), .about = "whose vocabulary counts; without it the default model's"},
};
#undef AT
#define AT(member) offsetof(struct api_detokenize, member)
const struct field api_detokenize_fields[] = {
    {.name = "model", .kind = FIELD_STR, .max = API_NAME_BYTES_MAX, .at = AT(model), .about = "without it the default model's vocabulary is used"},
    {.name = "tokens", .kind = FIELD_OTHER, .read = read_tokens, .type = "an array of token ids", .about = "the tokens"},
};
#undef AT
/* clang-format on */
const size_t api_n_tokenize_fields = sizeof api_tokenize_fields / sizeof *api_tokenize_fields;
const size_t api_n_count_fields = sizeof api_count_fields / sizeof *api_count_fields;
const size_t api_n_detokenize_fields = sizeof api_detokenize_fields / sizeof *api_detokenize_fields;

/* `text`: the name of the field that must be there. */
static int parse_text(struct str body, size_t depth_max, struct arena *a, const struct field *rows, size_t n, const char *text,
                      bool parse_special, struct api_tokenize *ret, struct api_error *e)
{
    struct field_reader fr = {.arena = a, .error = e};
    struct api_tokenize r = {.parse_special = parse_special};
    int rc = body_parse(body, depth_max, &r.root, e);
    if (!rc)
        rc = fields_read(&fr, rows, n, "", r.root, &r);
    if (!rc && !r.text.ptr)
        rc = api_error_set(e, 400, "missing_field", text, "'%s' is missing", text);
    if (rc) {
        json_decref(r.root);
        return rc;
    }
    *ret = r;
    return OK;
}

int api_parse_tokenize(struct str body, size_t depth_max, struct arena *a, struct api_tokenize *ret, struct api_error *e)
{
    return parse_text(body, depth_max, a, api_tokenize_fields, api_n_tokenize_fields, "content", true, ret, e);
}

int api_parse_count(struct str body, size_t depth_max, struct arena *a, struct api_tokenize *ret, struct api_error *e)
{
    return parse_text(body, depth_max, a, api_count_fields, api_n_count_fields, "text", false, ret, e);
}

int api_parse_detokenize(struct str body, size_t depth_max, struct arena *a, struct api_detokenize *ret, struct api_error *e)
{
    struct field_reader fr = {.arena = a, .error = e};
    struct api_detokenize r = {0};
    int rc = body_parse(body, depth_max, &r.root, e);
    if (!rc)
        rc = fields_read(&fr, api_detokenize_fields, api_n_detokenize_fields, "", r.root, &r);
    if (!rc && !r.has_tokens)
        rc = api_error_set(e, 400, "missing_field", "tokens", "'tokens' is missing");
    if (rc) {
        json_decref(r.root);
        return rc;
    }
    *ret = r;
    return OK;
}
