/* Objects: a graph whose node (i, c) stands before property i with c properties written. Optional ones can be passed over; what is not
 * declared comes at the end, and its name is never a declared one. c is counted no further than somebody asks for. */
#include "engine/grammar/dfa.h"
#include "engine/grammar/schema.h"

enum { PROPERTIES_MAX = 2000, NODES_MAX = 40000 };

struct member {
    struct str name;
    json_t *schema; /* NULL: anything */
    bool required;
};
struct members {
    struct member *all;
    uint32_t n, n_required, min, max;
    uint32_t counted; /* c is 0 … counted; counted stands for "or more" unless it is max */
    json_t *more;     /* schema of further ones; NULL: anything */
    bool has_more;
};

static bool is_required(json_t *plain, const char *name)
{
    json_t *v;
    size_t i;
    json_array_foreach(json_object_get(plain, "required"), i, v) if (!strcmp(json_string_value(v), name)) return true;
    return false;
}

/* A required property that nobody declares is an additional one that must be there. */
static void add_undeclared(json_t *plain, json_t *declared, struct members *m)
{
    json_t *v;
    size_t i;
    json_array_foreach(json_object_get(plain, "required"), i, v)
    {
        struct str name = str_from(json_string_value(v), json_string_length(v));
        bool known = json_object_getn(declared, name.ptr, name.len) != NULL;
        for (uint32_t k = 0; k < m->n && !known; k++)
            known = str_eq(m->all[k].name, name);
        if (!known)
            m->all[m->n++] = (struct member){name, m->more, true};
    }
}

static bool read_members(struct schema *s, json_t *plain, const struct place *at, struct members *m)
{
    json_t *declared = json_object_get(plain, "properties"), *more = json_object_get(plain, "additionalProperties"), *v;
    const char *name;
    size_t len, most = json_object_size(declared) + json_array_size(json_object_get(plain, "required"));
    *m = (struct members){.more = more, .has_more = more ? !json_is_false(more) : !json_object_size(declared)};
    if (!schema_count(s, plain, "minProperties", at, 0, &m->min) || !schema_count(s, plain, "maxProperties", at, GRAMMAR_MANY, &m->max))
        return false;
    if (most > PROPERTIES_MAX) {
        schema_refuse(s, ERR_LIMIT, at, "properties", "at most %d can be enforced", PROPERTIES_MAX);
        return false;
    }
    m->all = build_alloc(s->b, most, sizeof *m->all);
    if (!m->all)
        return false;
    json_object_keylen_foreach(declared, name, len, v) m->all[m->n++] = (struct member){str_from(name, len), v, is_required(plain, name)};
    add_undeclared(plain, declared, m);
    for (uint32_t i = 0; i < m->n; i++)
        m->n_required += m->all[i].required;
    /* Two further ones may have the same name, so only one of them surely counts. */
    if (m->has_more && m->min > m->n_required + 1) {
        schema_refuse(s, ERR_UNSUPPORTED, at, "minProperties",
                      "with further properties at most one more than the required ones can be enforced");
        return false;
    }
    m->counted = m->max != GRAMMAR_MANY ? m->max : m->min > 1 ? m->min : 1;
    return true;
}

static grammar_expr member_expr(struct schema *s, const struct member *p, const struct place *at)
{
    struct grammar_builder *b = s->b;
    struct place list = {at, "properties", 0}, here = {&list, p->name.ptr, 0};
    grammar_expr value = p->schema ? schema_compile(s, p->schema, &here) : json_value_expr(b);
    return build_rule_of(b, grammar_seq(b, (grammar_expr[]){json_literal_expr(b, p->name), json_colon_expr(b), value}, 3));
}

/* Any name but the declared ones. */
static grammar_expr other_name(struct schema *s, const struct members *m)
{
    struct grammar_builder *b = s->b;
    if (!m->n)
        return json_string_expr(b, 0, GRAMMAR_MANY);
    struct str *names = build_alloc(b, m->n, sizeof *names);
    for (uint32_t i = 0; names && i < m->n; i++)
        names[i] = m->all[i].name;
    const struct dfa *declared = names ? dfa_of_words(b, names, m->n) : NULL;
    grammar_expr quote = grammar_literal(b, STR("\""));
    return grammar_seq(b, (grammar_expr[]){quote, dfa_expr(b, declared ? dfa_not(b, declared) : NULL, true), quote}, 3);
}

static grammar_expr more_expr(struct schema *s, const struct members *m, const struct place *at)
{
    struct grammar_builder *b = s->b;
    struct place here = {at, "additionalProperties", 0};
    grammar_expr value = m->more ? schema_compile(s, m->more, &here) : json_value_expr(b);
    return build_rule_of(b, grammar_seq(b, (grammar_expr[]){other_name(s, m), json_colon_expr(b), value}, 3));
}

struct writing {
    struct grammar_builder *b;
    struct graph *g;
    const struct members *m;
};

static uint32_t node(const struct writing *w, uint32_t property, uint32_t count)
{
    return property * (w->m->counted + 1) + count;
}

/* One property, from every count that allows another one. */
static void write_member(struct writing *w, uint32_t property, grammar_expr x, bool stay)
{
    const struct members *m = w->m;
    grammar_expr behind = build_seq2(w->b, json_comma_expr(w->b), x);
    for (uint32_t c = 0; c <= m->counted; c++) {
        if (c == m->max)
            break;
        uint32_t to = c < m->counted ? c + 1 : c;
        graph_edge(w->b, w->g, node(w, property, c), node(w, property + !stay, to), c ? behind : x);
    }
}

static grammar_expr write_members(struct schema *s, const struct members *m, const struct place *at)
{
    struct grammar_builder *b = s->b;
    struct writing w = {b, graph_make(b), m};
    grammar_expr nothing = grammar_literal(b, STR(""));
    for (uint32_t i = 0; i <= m->n; i++)
        for (uint32_t c = 0; c <= m->counted; c++)
            graph_node(b, w.g, i == m->n && c >= m->min);
    for (uint32_t i = 0; i < m->n && !b->err.code; i++) {
        if (!json_is_false(m->all[i].schema))
            write_member(&w, i, member_expr(s, &m->all[i], at), false);
        for (uint32_t c = 0; c <= m->counted && !m->all[i].required; c++)
            graph_edge(b, w.g, node(&w, i, c), node(&w, i + 1, c), nothing);
    }
    if (m->has_more)
        write_member(&w, m->n, more_expr(s, m, at), true);
    return graph_expr(b, w.g);
}

grammar_expr schema_object(struct schema *s, json_t *plain, const struct place *at)
{
    struct members m;
    struct grammar_builder *b = s->b;
    if (!read_members(s, plain, at, &m) || m.min > m.max)
        return GRAMMAR_NEVER;
    if (!m.n && m.has_more && !m.more && !m.min && m.max == GRAMMAR_MANY)
        return json_object_expr(b);
    if ((uint64_t)(m.n + 1) * ((uint64_t)m.counted + 1) > NODES_MAX)
        return schema_refuse(s, ERR_LIMIT, at, "maxProperties", "so many properties cannot be counted");
    grammar_expr gap = json_break_expr(b);
    grammar_expr parts[] = {grammar_literal(b, STR("{")), gap, write_members(s, &m, at), gap, grammar_literal(b, STR("}"))};
    return grammar_seq(b, parts, 5);
}
