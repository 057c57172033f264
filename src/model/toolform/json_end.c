/* Where a JSON value ends. Nothing else is checked: a grammar has made it valid, or its reader will say that it is not. Depth is
 * counted, not recursed into. */
#include "model/toolform/impl.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* True: the value is complete with this byte. */
static bool take(struct toolform_json *j, char c)
{
    if (j->in_string) {
        bool quote = c == '"' && !j->escaped;
        j->escaped = c == '\\' && !j->escaped;
        j->in_string = !quote;
        return quote && !j->depth;
    }
    if (c == '"')
        j->in_string = true;
    else if (c == '{' || c == '[')
        j->depth++;
    else if ((c == '}' || c == ']') && j->depth)
        return !--j->depth;
    return false;
}

size_t toolform_json_take(struct toolform_json *j, struct str s, bool *ret_ended)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (j->scalar && (is_space(c) || c == ',' || c == '}' || c == ']')) {
            *ret_ended = true;
            return i;
        }
        if (!j->begun && !is_space(c)) {
            j->begun = true;
            j->scalar = c != '{' && c != '[' && c != '"';
        }
        if (j->begun && take(j, c)) {
            *ret_ended = true;
            return i + 1;
        }
    }
    *ret_ended = false;
    return s.len;
}
