#include "engine/grammar/schema.h"

enum { PREFIX_MAX = 1000 };

struct items {
    uint32_t min, max, n_prefix;
    json_t *prefix, *rest;
};

static bool read_items(struct schema *s, json_t *plain, const struct place *at, struct items *ret)
{
    *ret = (struct items){.prefix = json_object_get(plain, "prefixItems"), .rest = json_object_get(plain, "items")};
    if (!schema_count(s, plain, "minItems", at, 0, &ret->min) || !schema_count(s, plain, "maxItems", at, GRAMMAR_MANY, &ret->max))
        return false;
    ret->n_prefix = (uint32_t)json_array_size(ret->prefix);
    if (json_is_false(ret->rest) && ret->max > ret->n_prefix)
        ret->max = ret->n_prefix;
    if (json_is_true(json_object_get(plain, "uniqueItems")) && ret->max > 1) {
        schema_refuse(s, ERR_UNSUPPORTED, at, "uniqueItems", "different items can be enforced only for arrays of at most one");
        return false;
    }
    if (ret->n_prefix > PREFIX_MAX) {
        schema_refuse(s, ERR_LIMIT, at, "prefixItems", "at most %d can be enforced", PREFIX_MAX);
        return false;
    }
    if (ret->n_prefix > ret->max)
        ret->n_prefix = ret->max;
    return true;
}

static grammar_expr rest_of(struct schema *s, const struct items *it, const struct place *at)
{
    struct place here = {at, "items", 0};
    return it->rest ? schema_compile(s, it->rest, &here) : json_value_expr(s->b);
}

/* Node i has seen i items; the rest is a repetition behind the last of them. */
static grammar_expr with_prefix(struct schema *s, const struct items *it, const struct place *at)
{
    struct grammar_builder *b = s->b;
    struct place list = {at, "prefixItems", 0};
    struct graph *g = graph_make(b);
    uint32_t from = graph_node(b, g, it->min == 0);
    for (uint32_t i = 0; i < it->n_prefix && !b->err.code; i++) {
        struct place here = {&list, NULL, i};
        grammar_expr item = schema_compile(s, json_array_get(it->prefix, i), &here);
        uint32_t to = graph_node(b, g, i + 1 >= it->min);
        graph_edge(b, g, from, to, i ? build_seq2(b, json_comma_expr(b), item) : item);
        from = to;
    }
    if (it->max > it->n_prefix) {
        uint32_t min = it->min > it->n_prefix ? it->min - it->n_prefix : 0,
                 max = it->max == GRAMMAR_MANY ? it->max : it->max - it->n_prefix;
        grammar_expr more = build_seq2(b, json_comma_expr(b), rest_of(s, it, at));
        graph_edge(b, g, from, graph_node(b, g, true), grammar_repeat(b, more, min, max));
    }
    grammar_expr gap = json_break_expr(b);
    grammar_expr parts[] = {grammar_literal(b, STR("[")), gap, graph_expr(b, g), gap, grammar_literal(b, STR("]"))};
    return grammar_seq(b, parts, 5);
}

grammar_expr schema_array(struct schema *s, json_t *plain, const struct place *at)
{
    struct items it;
    if (!read_items(s, plain, at, &it) || it.min > it.max)
        return GRAMMAR_NEVER;
    if (it.n_prefix)
        return with_prefix(s, &it, at);
    if (!it.rest && !it.min && it.max == GRAMMAR_MANY)
        return json_array_expr(s->b);
    return json_list_expr(s->b, '[', ']', it.max ? rest_of(s, &it, at) : GRAMMAR_NEVER, it.min, it.max);
}
