/* JSON as values. Texts stay where they are. */
#include "model/jinja/run.h"

enum { JSON_LEVELS_MAX = 128 };

static struct value text_of(const struct run *r, const json_t *j)
{
    struct text t = text_plain(str_from(json_string_value(j), json_string_length(j)));
    for (size_t i = 0; i < r->input->n_trusted; i++)
        if (r->input->trusted[i] == j)
            t.mask = TEXT_OWN;
    return v_text(t);
}

static bool list_from(struct run *r, const json_t *j, unsigned depth, struct value *ret)
{
    struct list *l = list_new(r, SHAPE_LIST);
    struct value v;
    for (size_t i = 0; l && i < json_array_size(j); i++)
        if (!value_from_json(r, json_array_get(j, i), depth, &v) || !list_push(r, l, v))
            return false;
    *ret = v_list(l);
    return l;
}

static bool dict_from(struct run *r, const json_t *j, unsigned depth, struct value *ret)
{
    struct dict *d = dict_new(r);
    struct value v;
    /* jansson's iterator wants an object that is not constant, and does not change it */
    json_t *object = (json_t *)(uintptr_t)j;
    for (void *it = json_object_iter(object); d && it; it = json_object_iter_next(object, it)) {
        struct value key = v_text(text_plain(str_of(json_object_iter_key(it))));
        if (!value_from_json(r, json_object_iter_value(it), depth, &v) || !dict_put(r, d, key, v))
            return false;
    }
    *ret = v_dict(d);
    return d;
}

bool value_from_json(struct run *r, const json_t *j, unsigned depth, struct value *ret)
{
    if (depth > JSON_LEVELS_MAX)
        return run_fail(r, ERR_LIMIT, "the variables are nested more than %d levels deep", JSON_LEVELS_MAX);
    switch (json_typeof(j)) {
    case JSON_OBJECT: return dict_from(r, j, depth + 1, ret);
    case JSON_ARRAY: return list_from(r, j, depth + 1, ret);
    case JSON_STRING: *ret = text_of(r, j); return true;
    case JSON_INTEGER: *ret = v_int(json_integer_value(j)); return true;
    case JSON_REAL: *ret = v_float(json_real_value(j)); return true;
    case JSON_NULL: *ret = v_none(); return true;
    default: *ret = v_bool(json_is_true(j)); return true;
    }
}
