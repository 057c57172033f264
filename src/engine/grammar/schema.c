#include "engine/grammar/schema.h"

#include <stdarg.h>
#include <stdio.h>

enum { WORK_MAX = 20000 /* schemas that are compiled or made */ };

/* Places */

static void write_place(const struct place *at, struct buf *out)
{
    if (!at)
        return;
    write_place(at->up, out);
    if (!at->up) {
        buf_puts(out, at->key ? at->key : "");
        return;
    }
    if (!at->key) {
        buf_printf(out, "/%zu", at->index);
        return;
    }
    buf_putc(out, '/');
    for (const char *c = at->key; *c; c++) {
        if (*c == '~' || *c == '/')
            buf_puts(out, *c == '~' ? "~0" : "~1");
        else
            buf_putc(out, *c);
    }
}

grammar_expr schema_refuse(struct schema *s, int code, const struct place *at, const char *keyword, const char *fmt, ...)
{
    char why[300];
    struct buf path = buf_make(4096);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    write_place(at, &path);
    if (keyword)
        buf_printf(&path, "/%s", keyword);
    build_fail(s->b, code, "%.150s: %s", path.len ? buf_cstr(&path) : "the schema", why);
    buf_free(&path);
    return GRAMMAR_NEVER;
}

json_t *schema_keep(struct schema *s, json_t *made)
{
    if (++s->work > WORK_MAX) {
        build_fail(s->b, ERR_LIMIT, "the schema is too large: its references and unions multiply to too many schemas");
        json_decref(made);
        return NULL;
    }
    if (!made || json_array_append_new(s->kept, made)) {
        build_fail(s->b, ERR_NOMEM, "not enough memory to compile the schema");
        return NULL;
    }
    return made;
}

bool schema_count(struct schema *s, json_t *plain, const char *keyword, const struct place *at, uint32_t otherwise, uint32_t *ret)
{
    json_t *v = json_object_get(plain, keyword);
    *ret = otherwise;
    if (!v)
        return true;
    double n = json_number_value(v);
    if (!json_is_number(v) || n < 0 || n != (double)(int64_t)n) {
        schema_refuse(s, ERR_INVAL, at, keyword, "it must be a whole number, 0 or more");
        return false;
    }
    if (n > s->b->limits.repeat_max) {
        schema_refuse(s, ERR_LIMIT, at, keyword, "at most %u can be enforced", s->b->limits.repeat_max);
        return false;
    }
    *ret = (uint32_t)n;
    return true;
}

/* Types */

static const struct {
    const char *name;
    uint32_t mask;
} types[] = {{"null", TYPE_NULL},     {"boolean", TYPE_BOOLEAN}, {"integer", TYPE_INTEGER}, {"number", TYPE_NUMBER},
             {"string", TYPE_STRING}, {"array", TYPE_ARRAY},     {"object", TYPE_OBJECT}};

static uint32_t type_named(const json_t *v)
{
    for (size_t i = 0; json_is_string(v) && i < sizeof types / sizeof *types; i++)
        if (!strcmp(types[i].name, json_string_value(v)))
            return types[i].mask;
    return 0;
}

bool schema_types(struct schema *s, json_t *plain, const struct place *at, uint32_t *ret)
{
    json_t *v = json_object_get(plain, "type"), *one;
    size_t i;
    uint32_t mask = type_named(v);
    if (!v)
        mask = TYPE_ANY;
    json_array_foreach(v, i, one)
    {
        if (!type_named(one)) {
            mask = 0;
            break;
        }
        mask |= type_named(one);
    }
    if (!mask) {
        schema_refuse(s, ERR_INVAL, at, "type", "it must be a type's name, or an array of such names");
        return false;
    }
    if (json_is_true(json_object_get(plain, "nullable")))
        mask |= TYPE_NULL;
    *ret = mask;
    return true;
}

uint32_t schema_type_of(const json_t *v)
{
    switch (json_typeof(v)) {
    case JSON_OBJECT: return TYPE_OBJECT;
    case JSON_ARRAY: return TYPE_ARRAY;
    case JSON_STRING: return TYPE_STRING;
    case JSON_NULL: return TYPE_NULL;
    case JSON_TRUE:
    case JSON_FALSE: return TYPE_BOOLEAN;
    case JSON_INTEGER: return TYPE_INTEGER;
    default: return json_real_value(v) == (double)(int64_t)json_real_value(v) ? TYPE_INTEGER : TYPE_NUMBER;
    }
}

/* Plain schemas */

/* Values of an enum that its type allows. What else constrains them has been refused. */
static grammar_expr values(struct schema *s, json_t *plain, uint32_t mask, const struct place *at)
{
    json_t *list = json_object_get(plain, "enum"), *only = json_object_get(plain, "const"), *v;
    size_t i, n = 0;
    grammar_expr *all = build_alloc(s->b, list ? json_array_size(list) : 1, sizeof *all);
    if (!all)
        return GRAMMAR_NEVER;
    if (!list)
        all[n++] = schema_type_of(only) & (mask & TYPE_NUMBER ? mask | TYPE_INTEGER : mask) ? json_const_expr(s->b, only) : GRAMMAR_NEVER;
    json_array_foreach(list, i, v)
    {
        bool typed = schema_type_of(v) & (mask & TYPE_NUMBER ? mask | TYPE_INTEGER : mask);
        if (typed && (!only || schema_equal(v, only)))
            all[n++] = json_const_expr(s->b, v);
    }
    return n ? grammar_alt(s->b, all, n) : schema_refuse(s, ERR_UNSUPPORTED, at, list ? "enum" : "const", "no value of it has the type");
}

static bool constrained_beside_values(json_t *plain)
{
    const char *key;
    json_t *v;
    json_object_foreach(plain, key, v)
    {
        (void)v;
        if (strcmp(key, "type") != 0 && strcmp(key, "enum") != 0 && strcmp(key, "const") != 0 && strcmp(key, "nullable") != 0)
            return true;
    }
    return false;
}

static grammar_expr by_types(struct schema *s, json_t *plain, uint32_t mask, const struct place *at)
{
    grammar_expr all[8];
    size_t n = 0;
    if (mask & TYPE_OBJECT)
        all[n++] = schema_object(s, plain, at);
    if (mask & TYPE_ARRAY)
        all[n++] = schema_array(s, plain, at);
    if (mask & TYPE_STRING)
        all[n++] = schema_string(s, plain, at);
    if (mask & (TYPE_NUMBER | TYPE_INTEGER))
        all[n++] = schema_number(s, plain, !(mask & TYPE_NUMBER), at);
    if (mask & TYPE_BOOLEAN)
        all[n++] = build_alt2(s->b, grammar_literal(s->b, STR("true")), grammar_literal(s->b, STR("false")));
    if (mask & TYPE_NULL)
        all[n++] = grammar_literal(s->b, STR("null"));
    return grammar_alt(s->b, all, n);
}

static grammar_expr compile_plain(struct schema *s, json_t *plain, const struct place *at)
{
    uint32_t mask;
    if (json_is_false(plain))
        return GRAMMAR_NEVER;
    if (json_is_true(plain) || !json_object_size(plain))
        return json_value_expr(s->b);
    if (!schema_types(s, plain, at, &mask))
        return GRAMMAR_NEVER;
    if (!json_object_get(plain, "enum") && !json_object_get(plain, "const"))
        return by_types(s, plain, mask, at);
    if (constrained_beside_values(plain))
        return schema_refuse(s, ERR_UNSUPPORTED, at, json_object_get(plain, "enum") ? "enum" : "const",
                             "beside a list of values only 'type' can be enforced");
    return values(s, plain, mask, at);
}

/* Sources */

static grammar_expr compile_ref(struct schema *s, const char *ref, const struct place *at)
{
    json_t *known = json_object_get(s->refs, ref);
    if (known)
        return (grammar_expr)json_integer_value(known);
    json_t *target = schema_resolve(s, ref, at);
    grammar_expr rule = target ? build_named_rule(s->b, str_of(ref)) : GRAMMAR_NEVER;
    if (!target || json_object_set_new(s->refs, ref, json_integer(rule)))
        return GRAMMAR_NEVER;
    struct place there = {NULL, *ref == '#' ? ref + 1 : ref, 0};
    grammar_define(s->b, rule, schema_compile(s, target, &there));
    return rule;
}

static grammar_expr compile_union(struct schema *s, json_t *branches, const char *keyword, const struct place *at)
{
    struct place list = {at, keyword, 0};
    size_t n = json_array_size(branches);
    grammar_expr *all = build_alloc(s->b, n, sizeof *all);
    for (size_t i = 0; all && i < n && !s->b->err.code; i++) {
        struct place here = {keyword ? &list : at, NULL, i};
        all[i] = schema_compile(s, json_array_get(branches, i), keyword ? &here : at);
    }
    return all ? grammar_alt(s->b, all, n) : GRAMMAR_NEVER;
}

static grammar_expr compile_normalised(struct schema *s, json_t *source, const struct place *at)
{
    json_t *plain = schema_normalise(s, source, at);
    size_t n = json_array_size(plain);
    grammar_expr *all = plain ? build_alloc(s->b, n, sizeof *all) : NULL;
    for (size_t i = 0; all && i < n && !s->b->err.code; i++)
        all[i] = compile_plain(s, json_array_get(plain, i), at);
    return all ? grammar_alt(s->b, all, n) : GRAMMAR_NEVER;
}

static grammar_expr compile_source(struct schema *s, json_t *source, const struct place *at)
{
    if (!schema_check(s, source, at))
        return GRAMMAR_NEVER;
    if (schema_is_only(source, "$ref"))
        return compile_ref(s, json_string_value(json_object_get(source, "$ref")), at);
    if (schema_is_only(source, "anyOf"))
        return compile_union(s, json_object_get(source, "anyOf"), "anyOf", at);
    return compile_normalised(s, source, at);
}

grammar_expr schema_compile(struct schema *s, json_t *source, const struct place *at)
{
    if (s->b->err.code)
        return GRAMMAR_NEVER;
    if (++s->depth > s->b->limits.nesting_max)
        return schema_refuse(s, ERR_LIMIT, at, NULL, "schemas are nested too deeply");
    if (++s->work > WORK_MAX)
        return schema_refuse(s, ERR_LIMIT, at, NULL, "the schema is too large");
    grammar_expr x = compile_source(s, source, at);
    s->depth--;
    return x;
}

grammar_expr schema_expr(struct grammar_builder *b, struct str text)
{
    struct schema s = {.b = b, .root = json_parse_source(b, text, "schema"), .kept = json_array(), .refs = json_object()};
    struct place top = {NULL, "", 0};
    grammar_expr x = GRAMMAR_NEVER;
    if (!s.kept || !s.refs)
        build_fail(b, ERR_NOMEM, "not enough memory to compile the schema");
    if (s.root)
        x = schema_compile(&s, s.root, &top);
    json_decref(s.refs);
    json_decref(s.kept);
    json_decref(s.root);
    return x;
}
