#include "api/embed_request.h"

#include <stdio.h>

#include "api/body.h"
#include "api/request.h"

enum { WIDTH_MAX = 65536 };

static int bad_count(struct field_reader *fr, const char *name, size_t n)
{
    return api_error_set(fr->error, 400, "invalid_value", name, "'%s' has %zu entries, but must have 1 to %d", name, n,
                         GEN_EMBED_INPUTS_MAX);
}

static int read_one(struct field_reader *fr, const char *name, json_t *v, struct gen_input *ret)
{
    if (json_is_string(v) && json_string_length(v)) {
        ret->text = field_str(v);
        return OK;
    }
    if (json_is_array(v) && json_array_size(v))
        return api_read_token_ids(fr, name, v, &ret->tokens, &ret->n_tokens);
    if (json_is_string(v) || json_is_array(v))
        return api_error_set(fr->error, 400, "invalid_value", name, "'%s' is empty", name);
    return field_wrong(fr, name, "a string or an array of token ids", v);
}

static int read_input(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_embed *r = target;
    bool many = json_is_array(v) && !json_is_integer(json_array_get(v, 0));
    size_t n = many ? json_array_size(v) : 1;
    if (!n || n > GEN_EMBED_INPUTS_MAX)
        return bad_count(fr, f->name, n);
    struct gen_input *inputs = field_array(fr, n, sizeof *inputs);
    if (!inputs)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        char name[32];
        snprintf(name, sizeof name, many ? "%s[%zu]" : "%s", f->name, i);
        int rc = read_one(fr, name, many ? json_array_get(v, i) : v, &inputs[i]);
        if (rc)
            return rc;
    }
    r->gen.inputs = inputs;
    r->gen.n_inputs = n;
    return OK;
}

/* Texts, or objects with one. */
static int read_documents(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_rerank *r = target;
    size_t n = json_array_size(v);
    if (!json_is_array(v))
        return field_wrong(fr, f->name, f->type, v);
    if (!n || n > GEN_EMBED_INPUTS_MAX)
        return bad_count(fr, f->name, n);
    struct gen_input *inputs = field_array(fr, n + 1, sizeof *inputs);
    if (!inputs)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        json_t *one = json_array_get(v, i), *text = json_is_object(one) ? json_object_get(one, "text") : one;
        char name[32];
        snprintf(name, sizeof name, "documents[%zu]", i);
        if (!json_is_string(text))
            return field_wrong(fr, name, "a string, or an object with a string 'text'", one);
        inputs[i + 1].text = field_str(text);
    }
    r->gen.inputs = inputs;
    r->gen.n_inputs = n + 1;
    return OK;
}

/* clang-format off */
#define AT(member) offsetof(struct api_embed, member)
const struct field api_embed_fields[] = {
    {.name = "model", .kind = FIELD_STR, .max = API_NAME_BYTES_MAX, .at = AT(model), .about = "a model that makes embeddings"},
    {.name = "input", .kind = FIELD_OTHER, .read = read_input, .type = "a string, an array of strings, an array of token ids or an array of such arrays", .about = "the texts, at most 2048"},
    {.name = "dimensions", .kind = FIELD_U32, .min = 1, .max = WIDTH_MAX, .at = AT(dimensions), .about = "only so many numbers of each vector, its length made 1 again"},
    {.name = "encoding_format", .kind = FIELD_STR, .max = 16, .at = AT(encoding_format), .about = "float (the default), or base64: 32-bit floats, little-endian"},
    {.name = "truncate", .kind = FIELD_BOOL, .at = AT(gen.truncate), .about = "cut texts that are too long for the model rather than refuse them (false)"},
};
const struct field api_ollama_embed_fields[] = {
    {.name = "model", .kind = FIELD_STR, .max = API_NAME_BYTES_MAX, .at = AT(model), .about = "a model that makes embeddings, with or without \":latest\""},
    {.name = "input", .kind = FIELD_OTHER, .read = read_input, .type = "a string or an array of strings", .about = "the texts, at most 2048"},
    {.name = "prompt", .kind = FIELD_OTHER, .read = read_input, .type = "a string", .about = "the older name of input"},
    {.name = "dimensions", .kind = FIELD_U32, .min = 1, .max = WIDTH_MAX, .at = AT(dimensions), .about = "only so many numbers of each vector, its length made 1 again"},
    {.name = "truncate", .kind = FIELD_BOOL, .at = AT(gen.truncate), .about = "cut texts that are too long for the model rather than refuse them (true)"},
    {.name = "options", .kind = FIELD_IGNORED, .about = "none of them changes a vector"},
    {.name = "keep_alive", .kind = FIELD_IGNORED, .about = "how long models stay loaded is the server's setting"},
};
#undef AT
#define AT(member) offsetof(struct api_rerank, member)
const struct field api_rerank_fields[] = {
    {.name = "model", .kind = FIELD_STR, .max = API_NAME_BYTES_MAX, .at = AT(model), .about = "a reranker (a cross-encoder)"},
    {.name = "query", .kind = FIELD_STR, .max = GEN_TEXT_BYTES_MAX, .at = AT(query), .about = "what is looked for"},
    {.name = "documents", .kind = FIELD_OTHER, .read = read_documents, .type = "an array of strings, or of objects with 'text'", .about = "what is scored, at most 2048"},
    {.name = "top_n", .kind = FIELD_U32, .min = 1, .max = GEN_EMBED_INPUTS_MAX, .at = AT(top_n), .about = "only so many results, the best"},
    {.name = "return_documents", .kind = FIELD_BOOL, .at = AT(return_documents), .about = "with the text of each document (false)"},
    {.name = "truncate", .kind = FIELD_BOOL, .at = AT(gen.truncate), .about = "cut documents that are too long for the model rather than refuse them (false)"},
};
#undef AT
/* clang-format on */
const size_t api_n_embed_fields = sizeof api_embed_fields / sizeof *api_embed_fields;
const size_t api_n_ollama_embed_fields = sizeof api_ollama_embed_fields / sizeof *api_ollama_embed_fields;
const size_t api_n_rerank_fields = sizeof api_rerank_fields / sizeof *api_rerank_fields;

static int missing(struct api_error *e, const char *name)
{
    return api_error_set(e, 400, "missing_field", name, "'%s' is missing", name);
}

static int check_format(struct api_embed *r, struct api_error *e)
{
    r->base64 = str_eq(r->encoding_format, STR("base64"));
    if (r->base64 || !r->encoding_format.len || str_eq(r->encoding_format, STR("float")))
        return OK;
    return api_error_set(e, 400, "invalid_value", "encoding_format", "'encoding_format' must be float or base64");
}

static int parse_embed(struct str body, size_t depth_max, const struct field *rows, size_t n, struct api_embed r, struct arena *a,
                       struct api_embed *ret, struct api_error *e)
{
    struct field_reader fr = {.arena = a, .error = e};
    int rc = body_parse(body, depth_max, &r.root, e);
    rc = rc ? rc : fields_read(&fr, rows, n, "", r.root, &r);
    if (!rc && !r.gen.n_inputs)
        rc = missing(e, "input");
    rc = rc ? rc : check_format(&r, e);
    if (rc) {
        json_decref(r.root);
        return rc;
    }
    *ret = r;
    return OK;
}

int api_parse_embed(struct str body, size_t depth_max, struct arena *a, struct api_embed *ret, struct api_error *e)
{
    return parse_embed(body, depth_max, api_embed_fields, api_n_embed_fields, (struct api_embed){0}, a, ret, e);
}

int api_parse_ollama_embed(struct str body, size_t depth_max, struct arena *a, struct api_embed *ret, struct api_error *e)
{
    return parse_embed(body, depth_max, api_ollama_embed_fields, api_n_ollama_embed_fields, (struct api_embed){.gen.truncate = true}, a,
                       ret, e);
}

int api_parse_rerank(struct str body, size_t depth_max, struct arena *a, struct api_rerank *ret, struct api_error *e)
{
    struct field_reader fr = {.arena = a, .error = e};
    struct api_rerank r = {.gen.rank = true};
    int rc = body_parse(body, depth_max, &r.root, e);
    rc = rc ? rc : fields_read(&fr, api_rerank_fields, api_n_rerank_fields, "", r.root, &r);
    if (!rc && !r.query.len)
        rc = r.query.ptr ? api_error_set(e, 400, "invalid_value", "query", "'query' is empty") : missing(e, "query");
    if (!rc && !r.gen.n_inputs)
        rc = missing(e, "documents");
    if (rc) {
        json_decref(r.root);
        return rc;
    }
    ((struct gen_input *)r.gen.inputs)[0].text = r.query;
    *ret = r;
    return OK;
}
