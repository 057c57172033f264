/* Schemas that must hold together become one, and unions are multiplied out: every source becomes a list of plain schemas.
 *
 * What two schemas say about one property or item is not merged here, but put into an allOf, which is merged when it is compiled: so
 * recursion costs nothing until it is followed. */
#include "engine/grammar/schema.h"

enum { ALTERNATIVES_MAX = 256, NORMALISE_DEPTH_MAX = 32 };

/* How two values of a keyword become one. */
enum how { SMALLER, LARGER, BOTH_LISTS, BOTH_SCHEMAS, UNION, EITHER, SAME, BY_ITSELF };

static const struct {
    const char *name;
    enum how how;
} rules[] = {
    {"maxLength", SMALLER},
    {"maxItems", SMALLER},
    {"maxProperties", SMALLER},
    {"maximum", SMALLER},
    {"minLength", LARGER},
    {"minItems", LARGER},
    {"minProperties", LARGER},
    {"minimum", LARGER},
    {"pattern", BOTH_LISTS},
    {"exclusiveMaximum", SMALLER},
    {"exclusiveMinimum", LARGER},
    {"format", BOTH_LISTS},
    {"required", UNION},
    {"uniqueItems", EITHER},
    {"multipleOf", SAME},
    {"items", BY_ITSELF},
    {"type", BY_ITSELF},
    {"enum", BY_ITSELF},
    {"const", BY_ITSELF},
    {"properties", BY_ITSELF},
    {"nullable", BY_ITSELF},
    {"prefixItems", BY_ITSELF},
    {"additionalProperties", BY_ITSELF},
};

static json_t *out_of_memory(struct schema *s)
{
    build_fail(s->b, ERR_NOMEM, "not enough memory to compile the schema");
    return NULL;
}

static json_t *cannot(struct schema *s, const struct place *at, const char *keyword)
{
    schema_refuse(s, ERR_UNSUPPORTED, at, keyword, "two schemas that must hold together say different things here, and cannot be made one");
    return NULL;
}

bool schema_equal(const json_t *x, const json_t *y)
{
    return json_is_number(x) && json_is_number(y) ? json_number_value(x) == json_number_value(y) : json_equal(x, y);
}

/* New references all. */

static json_t *all_of(json_t *x, json_t *y)
{
    if (!x || !y || json_is_true(x) || json_is_true(y))
        return json_incref(!x || json_is_true(x) ? (y ? y : x) : x);
    if (json_is_false(x) || json_is_false(y))
        return json_false();
    return json_pack("{s:[O,O]}", "allOf", x, y);
}

static json_t *both_lists(json_t *x, json_t *y)
{
    json_t *list = json_is_array(x) ? json_copy(x) : json_pack("[O]", x);
    if (json_is_array(y))
        json_array_extend(list, y);
    else
        json_array_append(list, y);
    return list;
}

static json_t *union_of(json_t *x, json_t *y)
{
    json_t *list = json_copy(x), *v, *w;
    size_t i, k;
    json_array_foreach(y, i, v)
    {
        bool found = false;
        json_array_foreach(x, k, w) found |= json_equal(v, w);
        if (!found)
            json_array_append(list, v);
    }
    return list;
}

static json_t *merge_simple(struct schema *s, enum how how, const char *name, json_t *x, json_t *y, const struct place *at)
{
    switch (how) {
    case SMALLER: return json_incref(json_number_value(x) < json_number_value(y) ? x : y);
    case LARGER: return json_incref(json_number_value(x) > json_number_value(y) ? x : y);
    case BOTH_LISTS: return both_lists(x, y);
    case UNION: return union_of(x, y);
    case EITHER: return json_boolean(json_is_true(x) || json_is_true(y));
    default: return schema_equal(x, y) ? json_incref(x) : cannot(s, at, name);
    }
}

/* The types that both allow, as names; null when both may be null. */
static bool merge_types(struct schema *s, json_t *x, json_t *y, json_t *out, const struct place *at)
{
    static const char *const names[] = {"null", "boolean", "integer", "number", "string", "array", "object"};
    uint32_t a, b;
    if (!schema_types(s, x, at, &a) || !schema_types(s, y, at, &b))
        return false;
    a |= a & TYPE_NUMBER ? TYPE_INTEGER : 0;
    b |= b & TYPE_NUMBER ? TYPE_INTEGER : 0;
    uint32_t both = a & b;
    json_t *list = json_array();
    for (uint32_t i = 0; i < 7; i++)
        if (both >> i & 1)
            json_array_append_new(list, json_string(names[i]));
    json_object_set_new(out, "type", list);
    return both != 0;
}

static json_t *values_of(json_t *x)
{
    json_t *only = json_object_get(x, "const"), *list = json_object_get(x, "enum");
    return only ? json_pack("[O]", only) : json_incref(list);
}

/* The values that both list; false: there are none. */
static bool merge_values(json_t *x, json_t *y, json_t *out)
{
    json_t *a = values_of(x), *b = values_of(y), *v, *w, *both = json_array();
    size_t i, k;
    json_array_foreach(a, i, v)
    {
        bool found = !b;
        json_array_foreach(b, k, w) found |= schema_equal(v, w);
        if (found)
            json_array_append(both, v);
    }
    if (!a && b)
        json_array_extend(both, b);
    bool any = json_array_size(both) > 0 || (!a && !b);
    if (a || b)
        json_object_set(out, "enum", both);
    json_decref(both);
    json_decref(a);
    json_decref(b);
    return any;
}

/* A property that only one of them names is an additional one of the other. */
static void merge_properties(json_t *x, json_t *y, json_t *out)
{
    json_t *p = json_object_get(x, "properties"), *q = json_object_get(y, "properties"), *v, *all = json_object();
    json_t *more_x = json_object_get(x, "additionalProperties"), *more_y = json_object_get(y, "additionalProperties");
    const char *name;
    json_object_foreach(p, name, v)
    {
        json_t *other = json_object_get(q, name);
        json_object_set_new(all, name, all_of(v, other ? other : more_y));
    }
    json_object_foreach(q, name, v) if (!json_object_get(p, name)) json_object_set_new(all, name, all_of(v, more_x));
    if (p || q)
        json_object_set(out, "properties", all);
    json_decref(all);
    if (more_x || more_y)
        json_object_set_new(out, "additionalProperties", all_of(more_x, more_y));
}

static void merge_items(json_t *x, json_t *y, json_t *out)
{
    json_t *p = json_object_get(x, "prefixItems"), *q = json_object_get(y, "prefixItems"), *all = json_array();
    json_t *rest_x = json_object_get(x, "items"), *rest_y = json_object_get(y, "items");
    size_t n = json_array_size(p) > json_array_size(q) ? json_array_size(p) : json_array_size(q);
    for (size_t i = 0; i < n; i++) {
        json_t *a = i < json_array_size(p) ? json_array_get(p, i) : rest_x, *b = i < json_array_size(q) ? json_array_get(q, i) : rest_y;
        json_array_append_new(all, all_of(a, b));
    }
    if (p || q)
        json_object_set(out, "prefixItems", all);
    json_decref(all);
    if (rest_x || rest_y)
        json_object_set_new(out, "items", all_of(rest_x, rest_y));
}

/* A plain schema that holds where both hold; false when nothing can. NULL after a refusal. Kept. */
static json_t *merge(struct schema *s, json_t *x, json_t *y, const struct place *at)
{
    if (json_is_boolean(x) || json_is_boolean(y))
        return json_is_false(x) || json_is_true(y) ? x : y;
    json_t *out = schema_keep(s, json_object());
    if (!out)
        return NULL;
    if (!merge_types(s, x, y, out, at) || !merge_values(x, y, out))
        return s->b->err.code ? NULL : json_false();
    merge_properties(x, y, out);
    merge_items(x, y, out);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        json_t *a = json_object_get(x, rules[i].name), *b = json_object_get(y, rules[i].name);
        if (rules[i].how == BY_ITSELF || (!a && !b))
            continue;
        json_t *v = a && b ? merge_simple(s, rules[i].how, rules[i].name, a, b, at) : json_incref(a ? a : b);
        if (!v)
            return NULL;
        json_object_set_new(out, rules[i].name, v);
    }
    return out;
}

static json_t *product(struct schema *s, json_t *xs, json_t *ys, const struct place *at)
{
    json_t *all = schema_keep(s, json_array()), *x, *y;
    size_t i, k;
    if (all && json_array_size(xs) * json_array_size(ys) > ALTERNATIVES_MAX) {
        schema_refuse(s, ERR_LIMIT, at, NULL, "its unions multiply to more than %d alternatives", ALTERNATIVES_MAX);
        return NULL;
    }
    json_array_foreach(xs, i, x) json_array_foreach(ys, k, y)
    {
        json_t *both = all ? merge(s, x, y, at) : NULL;
        if (!both)
            return NULL;
        if (!json_is_false(both))
            json_array_append(all, both);
    }
    return all;
}

static json_t *normalise(struct schema *s, json_t *source, const struct place *at, uint32_t depth);

/* Without notes and the four keywords. */
static json_t *plain_part(struct schema *s, json_t *source)
{
    json_t *out = schema_keep(s, json_object());
    for (size_t i = 0; out && i < sizeof rules / sizeof *rules; i++) {
        json_t *v = json_object_get(source, rules[i].name);
        if (v)
            json_object_set(out, rules[i].name, v);
    }
    return out;
}

/* The alternatives of all branches. */
static json_t *branches_of(struct schema *s, json_t *branches, const char *keyword, const struct place *at, uint32_t depth)
{
    struct place list = {at, keyword, 0};
    json_t *all = schema_keep(s, json_array()), *v;
    size_t i;
    json_array_foreach(branches, i, v)
    {
        struct place here = {&list, NULL, i};
        json_t *one = all ? normalise(s, v, &here, depth + 1) : NULL;
        if (!one)
            return NULL;
        json_array_extend(all, one);
        if (json_array_size(all) > ALTERNATIVES_MAX) {
            schema_refuse(s, ERR_LIMIT, at, keyword, "it has more than %d alternatives", ALTERNATIVES_MAX);
            return NULL;
        }
    }
    return all;
}

/* Exactly one branch must hold: that can be promised only where no two can hold at once. */
static json_t *one_of(struct schema *s, json_t *so_far, json_t *branches, const struct place *at, uint32_t depth)
{
    struct place list = {at, "oneOf", 0};
    json_t *all = schema_keep(s, json_array()), *sets = schema_keep(s, json_array()), *v, *x, *y;
    size_t i, k, m;
    json_array_foreach(branches, i, v)
    {
        struct place here = {&list, NULL, i};
        json_t *one = all && sets ? normalise(s, v, &here, depth + 1) : NULL;
        if (one)
            one = product(s, so_far, one, at);
        if (!one)
            return NULL;
        for (k = 0; k < json_array_size(all); k++)
            json_array_foreach(one, m, y)
            {
                x = json_array_get(all, k);
                if (schema_disjoint(s, x, y, at, 0))
                    continue;
                schema_refuse(s, ERR_UNSUPPORTED, at, "oneOf",
                              "branches %d and %zu may both hold, so 'exactly one' cannot be enforced; anyOf can be",
                              (int)json_integer_value(json_array_get(sets, k)), i);
                return NULL;
            }
        json_array_foreach(one, m, y)
        {
            json_array_append(all, y);
            json_array_append_new(sets, json_integer((json_int_t)i));
        }
    }
    return all;
}

static json_t *add_all_of(struct schema *s, json_t *all, json_t *parts, const struct place *at, uint32_t depth)
{
    struct place list = {at, "allOf", 0};
    json_t *v;
    size_t i;
    json_array_foreach(parts, i, v)
    {
        struct place here = {&list, NULL, i};
        json_t *one = all ? normalise(s, v, &here, depth + 1) : NULL;
        all = one ? product(s, all, one, at) : NULL;
    }
    return all;
}

static json_t *normalise(struct schema *s, json_t *source, const struct place *at, uint32_t depth)
{
    if (depth > NORMALISE_DEPTH_MAX) {
        schema_refuse(s, ERR_LIMIT, at, NULL, "references and unions lead into each other without end");
        return NULL;
    }
    if (!schema_check(s, source, at))
        return NULL;
    json_t *all = schema_keep(s, json_array()), *part = json_is_boolean(source) ? source : plain_part(s, source);
    json_t *ref = json_object_get(source, "$ref"), *any = json_object_get(source, "anyOf"), *one = json_object_get(source, "oneOf");
    if (!all || !part || json_array_append(all, part))
        return s->b->err.code ? NULL : out_of_memory(s);
    if (ref) {
        json_t *target = schema_resolve(s, json_string_value(ref), at);
        json_t *there = target ? normalise(s, target, at, depth + 1) : NULL;
        all = there ? product(s, all, there, at) : NULL;
    }
    all = add_all_of(s, all, json_object_get(source, "allOf"), at, depth);
    if (all && any) {
        json_t *branches = branches_of(s, any, "anyOf", at, depth);
        all = branches ? product(s, all, branches, at) : NULL;
    }
    return all && one ? one_of(s, all, one, at, depth) : all;
}

json_t *schema_normalise(struct schema *s, json_t *source, const struct place *at)
{
    return normalise(s, source, at, 0);
}
