#include "engine/grammar/dfa.h"
#include "engine/grammar/schema.h"

/* Cuts *all with one more language. */
static void cut(struct schema *s, const struct dfa **all, const struct dfa *one)
{
    *all = *all && one ? dfa_and(s->b, *all, one) : one;
}

/* The first refusal of a pattern's own compiler gets the place in front. */
static const struct dfa *pattern(struct schema *s, json_t *v, const char *keyword, const struct place *at)
{
    struct str text = str_from(json_string_value(v), json_string_length(v));
    const char *known = strcmp(keyword, "format") != 0 ? NULL : schema_format_pattern(text.ptr);
    if (!strcmp(keyword, "format") && !known) {
        schema_refuse(s, ERR_UNSUPPORTED, at, keyword, "the format '%.40s' is not known, so it cannot be enforced", text.ptr);
        return NULL;
    }
    const struct dfa *d = regex_dfa(s->b, known ? str_of(known) : text, !known);
    if (s->b->err.code) {
        struct err why = s->b->err;
        s->b->err.code = OK;
        schema_refuse(s, why.code, at, keyword, "%s", why.text);
    }
    return d;
}

static void cut_all(struct schema *s, json_t *plain, const char *keyword, const struct place *at, const struct dfa **all)
{
    json_t *v = json_object_get(plain, keyword), *one;
    size_t i;
    if (json_is_string(v))
        cut(s, all, pattern(s, v, keyword, at));
    json_array_foreach(v, i, one)
    {
        if (s->b->err.code)
            return;
        cut(s, all, pattern(s, one, keyword, at));
    }
}

grammar_expr schema_string(struct schema *s, json_t *plain, const struct place *at)
{
    uint32_t min, max;
    const struct dfa *all = NULL;
    if (!schema_count(s, plain, "minLength", at, 0, &min) || !schema_count(s, plain, "maxLength", at, GRAMMAR_MANY, &max))
        return GRAMMAR_NEVER;
    if (min > max)
        return GRAMMAR_NEVER;
    cut_all(s, plain, "pattern", at, &all);
    cut_all(s, plain, "format", at, &all);
    if (s->b->err.code)
        return GRAMMAR_NEVER;
    if (!all)
        return json_string_expr(s->b, min, max);
    if (min || max != GRAMMAR_MANY)
        cut(s, &all, dfa_of_length(s->b, min, max));
    if (s->b->err.code) {
        struct err why = s->b->err;
        s->b->err.code = OK;
        return schema_refuse(s, why.code, at, "pattern", "%s", why.text);
    }
    grammar_expr quote = grammar_literal(s->b, STR("\""));
    return grammar_seq(s->b, (grammar_expr[]){quote, dfa_expr(s->b, all, true), quote}, 3);
}
