/* Can two plain schemas hold for the same value? The proofs that real schemas need: other types, other constants, or an object with a
 * property that tells them apart. */
#include "engine/grammar/schema.h"

enum { DISJOINT_DEPTH_MAX = 6 };

/* The types that are possible, lists of values considered. */
static uint32_t possible_types(struct schema *s, json_t *x, const struct place *at)
{
    uint32_t mask, listed = 0;
    json_t *only = json_object_get(x, "const"), *list = json_object_get(x, "enum"), *v;
    size_t i;
    if (!schema_types(s, x, at, &mask))
        return 0;
    mask |= mask & TYPE_NUMBER ? TYPE_INTEGER : 0;
    if (only)
        return mask & schema_type_of(only);
    if (!list)
        return mask;
    json_array_foreach(list, i, v) listed |= schema_type_of(v);
    return mask & listed;
}

static bool has_value(json_t *x, const json_t *v)
{
    json_t *only = json_object_get(x, "const"), *list = json_object_get(x, "enum"), *one;
    size_t i;
    if (only && !schema_equal(only, v))
        return false;
    if (!list)
        return true;
    json_array_foreach(list, i, one) if (schema_equal(one, v)) return true;
    return false;
}

static bool values_apart(json_t *x, json_t *y)
{
    json_t *only = json_object_get(x, "const"), *list = json_object_get(x, "enum"), *v;
    size_t i;
    bool listed = json_object_get(y, "const") || json_object_get(y, "enum");
    if (!listed || (!only && !list))
        return false;
    if (only)
        return !has_value(y, only);
    json_array_foreach(list, i, v) if (has_value(x, v) && has_value(y, v)) return false;
    return true;
}

static bool sources_apart(struct schema *s, json_t *x, json_t *y, const struct place *at, uint32_t depth)
{
    json_t *xs = schema_normalise(s, x, at), *ys = xs ? schema_normalise(s, y, at) : NULL, *a, *b;
    size_t i, k;
    if (!ys)
        return false;
    json_array_foreach(xs, i, a)
        json_array_foreach(ys, k, b) if (!json_is_false(a) && !json_is_false(b) && !schema_disjoint(s, a, b, at, depth)) return false;
    return true;
}

/* A property that x wants and that y has otherwise, or not at all. */
static bool told_apart(struct schema *s, json_t *x, json_t *y, const struct place *at, uint32_t depth)
{
    json_t *name, *p = json_object_get(x, "properties"), *q = json_object_get(y, "properties");
    size_t i;
    json_array_foreach(json_object_get(x, "required"), i, name)
    {
        json_t *mine = json_object_get(p, json_string_value(name)), *other = json_object_get(q, json_string_value(name));
        if (!other)
            other = json_object_get(y, "additionalProperties");
        if (json_is_false(other) || (mine && other && sources_apart(s, mine, other, at, depth + 1)))
            return true;
    }
    return false;
}

bool schema_disjoint(struct schema *s, json_t *x, json_t *y, const struct place *at, uint32_t depth)
{
    if (depth > DISJOINT_DEPTH_MAX || s->b->err.code)
        return false;
    if (json_is_boolean(x) || json_is_boolean(y))
        return json_is_false(x) || json_is_false(y);
    uint32_t both = possible_types(s, x, at) & possible_types(s, y, at);
    if (!both || values_apart(x, y))
        return !s->b->err.code;
    return both == TYPE_OBJECT && (told_apart(s, x, y, at, depth) || told_apart(s, y, x, at, depth));
}
