/* $ref within the same document: "#", and "#/…" as a JSON pointer (RFC 6901) in a URI's fragment. */
#include "engine/grammar/schema.h"

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char low = (char)(c | 32);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* %41 to A, in place. */
static size_t unescape_uri(char *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        bool coded = text[i] == '%' && i + 2 < len && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0;
        text[n++] = coded ? (char)(hex(text[i + 1]) * 16 + hex(text[i + 2])) : text[i];
        i += coded ? 2 : 0;
    }
    return n;
}

/* ~0 and ~1, in place. */
static size_t unescape_pointer(char *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        bool coded = text[i] == '~' && i + 1 < len && (text[i + 1] == '0' || text[i + 1] == '1');
        text[n++] = coded ? (text[i + 1] == '0' ? '~' : '/') : text[i];
        i += coded;
    }
    return n;
}

static json_t *step(json_t *at, struct str name)
{
    uint64_t i;
    if (json_is_array(at))
        return str_to_u64(name, &i) ? NULL : json_array_get(at, i);
    return json_object_getn(at, name.ptr ? name.ptr : "", name.len);
}

json_t *schema_resolve(struct schema *s, const char *ref, const struct place *at)
{
    if (strcmp(ref, "#") != 0 && strncmp(ref, "#/", 2) != 0) {
        schema_refuse(s, ERR_UNSUPPORTED, at, "$ref", "only references within the schema (#/…) can be followed");
        return NULL;
    }
    struct str copy = arena_dup(&s->b->arena, str_of(ref + 1));
    if (!copy.ptr) {
        build_fail(s->b, ERR_NOMEM, "not enough memory to compile the schema");
        return NULL;
    }
    char *text = (char *)copy.ptr;
    struct str rest = str_from(text, unescape_uri(text, copy.len)), name;
    json_t *found = s->root;
    rest = str_skip(rest, 1);
    while (found && copy.len && str_split(&rest, '/', &name)) {
        size_t n = unescape_pointer((char *)name.ptr, name.len);
        found = step(found, str_from(name.ptr, n));
    }
    if (!found)
        schema_refuse(s, ERR_INVAL, at, "$ref", "it leads to nothing in the schema");
    return found;
}
