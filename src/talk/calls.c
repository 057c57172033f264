/* Calls of tools and their results as one column of a message: [[id, name, text], …]. */
#include <jansson.h>

#include "base/json.h"
#include "talk/talk.h"

struct str talk_calls_text(const struct talk_call *c, size_t n, struct arena *a)
{
    if (!n)
        return (struct str){"", 0};
    struct buf b = buf_make((size_t)8 * TALK_CONTENT_BYTES_MAX);
    struct json j = json_to(&b);
    json_arr(&j);
    for (size_t i = 0; i < n; i++) {
        json_arr(&j);
        json_str(&j, c[i].id);
        json_str(&j, c[i].name);
        json_str(&j, c[i].text);
        json_arr_end(&j);
    }
    json_arr_end(&j);
    struct str text = b.failed ? (struct str){0} : arena_dup(a, buf_str(&b));
    buf_free(&b);
    return text;
}

static bool read_part(json_t *call, size_t i, struct arena *a, struct str *ret, int *rc)
{
    json_t *v = json_array_get(call, i);
    if (!json_is_string(v)) {
        *rc = ERR_CORRUPT;
        return false;
    }
    *ret = arena_dup(a, str_from(json_string_value(v), json_string_length(v)));
    if (!ret->ptr)
        *rc = ERR_NOMEM;
    return ret->ptr != NULL;
}

int talk_calls_of(struct str text, struct arena *a, const struct talk_call **ret, size_t *ret_n)
{
    if (!text.len)
        return OK;
    json_t *root = json_loadb(text.ptr, text.len, JSON_ALLOW_NUL, NULL);
    size_t n = json_array_size(root);
    int rc = n && n <= GEN_TOOL_CALLS_MAX ? OK : ERR_CORRUPT;
    struct talk_call *calls = rc ? NULL : arena_calloc(a, n, sizeof *calls);
    if (!rc && !calls)
        rc = ERR_NOMEM;
    for (size_t i = 0; i < n && !rc; i++) {
        json_t *one = json_array_get(root, i);
        if (read_part(one, 0, a, &calls[i].id, &rc) && read_part(one, 1, a, &calls[i].name, &rc))
            read_part(one, 2, a, &calls[i].text, &rc);
    }
    json_decref(root);
    if (rc)
        return rc;
    *ret = calls;
    *ret_n = n;
    return OK;
}

bool talk_call_whole(const struct talk_call *c)
{
    json_t *v = c->text.len ? json_loadb(c->text.ptr, c->text.len, JSON_ALLOW_NUL, NULL) : NULL;
    bool whole = json_is_object(v);
    json_decref(v);
    return whole;
}
