#include "engine/grammar/format.h"

#include "engine/grammar/dfa.h"
#include "engine/grammar/json.h"

static grammar_expr json_expr(struct grammar_builder *b, struct str text)
{
    (void)text;
    return json_object_expr(b);
}

static grammar_expr regex_expr(struct grammar_builder *b, struct str text)
{
    return dfa_expr(b, regex_dfa(b, text, false), false);
}

static grammar_expr choices_of(struct grammar_builder *b, const json_t *array)
{
    size_t n = json_array_size(array);
    if (!n)
        return build_fail(b, ERR_INVAL, "the choices must be an array of at least one string");
    grammar_expr *all = build_alloc(b, n, sizeof *all);
    for (size_t i = 0; all && i < n; i++) {
        const json_t *v = json_array_get(array, i);
        if (!json_is_string(v) || !json_string_length(v))
            return build_fail(b, ERR_INVAL, "choice %zu must be a string that is not empty", i);
        all[i] = grammar_literal(b, str_from(json_string_value(v), json_string_length(v)));
    }
    return all ? grammar_alt(b, all, n) : GRAMMAR_NEVER;
}

static grammar_expr choice_expr(struct grammar_builder *b, struct str text)
{
    json_t *array = json_parse_source(b, text, "list of choices");
    grammar_expr x = array ? choices_of(b, array) : GRAMMAR_NEVER;
    json_decref(array);
    return x;
}

static grammar_expr (*const compilers[GEN_FORMAT_COUNT])(struct grammar_builder *b, struct str text) = {
    [GEN_FORMAT_JSON] = json_expr,     [GEN_FORMAT_SCHEMA] = schema_expr, [GEN_FORMAT_REGEX] = regex_expr,
    [GEN_FORMAT_CHOICE] = choice_expr, [GEN_FORMAT_GBNF] = gbnf_expr,
};

grammar_expr grammar_format(struct grammar_builder *b, enum gen_format f, struct str text)
{
    if (b->err.code)
        return GRAMMAR_NEVER;
    if ((unsigned)f >= GEN_FORMAT_COUNT || !compilers[f])
        return build_fail(b, ERR_INVAL, "there is no grammar of this kind");
    return compilers[f](b, text);
}

int grammar_compile(enum gen_format f, struct str text, const struct grammar_limits *l, struct grammar **ret, struct err *e)
{
    struct grammar_builder *b;
    if (grammar_builder_create(l, &b))
        return err_set(e, ERR_NOMEM, "not enough memory to compile the grammar");
    int rc = grammar_build(b, grammar_format(b, f, text), ret, e);
    grammar_builder_free(b);
    return rc;
}
