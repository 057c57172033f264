#include "api/body.h"

#include "base/utf8.h"

enum { OBJECT_VALUES = 5 }; /* an object, even an empty one, costs jansson as much as so many other values */

/* Nesting and number of values, without understanding more than strings and brackets. What is wrong in other ways is
 * jansson's to say. */
static int check_size(struct str body, size_t depth_max, struct api_error *e)
{
    size_t depth = 0, values = 0;
    bool in_string = false;
    for (size_t i = 0; i < body.len; i++) {
        char c = body.ptr[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
            continue;
        }
        if (c == '"')
            in_string = true;
        else if (c == '[' || c == '{')
            depth++, values += c == '{' ? OBJECT_VALUES : 1;
        else if (c == ']' || c == '}')
            depth -= depth > 0;
        else if (c == ',')
            values++;
        if (depth > depth_max)
            return api_error_set(e, 400, "json_too_deep", NULL, "The JSON is nested more than %zu levels deep (byte %zu)", depth_max, i);
        if (values > BODY_VALUES_MAX)
            return api_error_set(e, 400, "json_too_large", NULL, "The JSON has more than %d values", BODY_VALUES_MAX);
    }
    return OK;
}

int body_parse(struct str body, size_t depth_max, json_t **ret, struct api_error *e)
{
    size_t bad;
    if (!str_trim(body).len)
        return api_error_set(e, 400, "invalid_json", NULL, "The body is empty, but a JSON object is expected");
    if (!utf8_valid(body.ptr, body.len, &bad))
        return api_error_set(e, 400, "invalid_utf8", NULL, "The body is not valid UTF-8: byte %zu is wrong", bad);
    int rc = check_size(body, depth_max, e);
    if (rc)
        return rc;

    json_error_t je = {0};
    json_t *root = json_loadb(body.ptr, body.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &je);
    /* jansson calls it a syntax error when memory ends within a token: a second look tells the two apart, so that a client is
     * not blamed for it. */
    if (!root)
        root = json_loadb(body.ptr, body.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &je);
    if (!root && (json_error_code(&je) == json_error_out_of_memory || !je.text[0]))
        return api_error_nomem(e);
    if (!root)
        return api_error_set(e, 400, "invalid_json", NULL, "The body is not valid JSON: line %d, column %d (byte %d): %s", je.line,
                             je.column, je.position, je.text);
    if (!json_is_object(root)) {
        json_decref(root);
        return api_error_set(e, 400, "invalid_json", NULL, "The body is a JSON array, but an object is expected");
    }
    *ret = root;
    return OK;
}
