/* Which keywords there are, and what becomes of them. A keyword that is not here is refused: it may be a constraint with a typing error
 * in its name. Names that begin with x- are notes by custom. */
#include "engine/grammar/schema.h"

enum fate {
    ENFORCED,
    NOTE,    /* constrains nothing */
    REFUSED, /* it does, and cannot be enforced */
};
enum value { ANYTHING, STRING, NUMBER, SCHEMA, SCHEMAS, SCHEMA_MAP, STRINGS, BOOLEAN, LIST };

static const struct keyword {
    const char *name;
    enum fate fate;
    enum value value;
} keywords[] = {
    {"type", ENFORCED, ANYTHING},
    {"enum", ENFORCED, LIST},
    {"const", ENFORCED, ANYTHING},
    {"nullable", ENFORCED, BOOLEAN},
    {"$ref", ENFORCED, STRING},
    {"allOf", ENFORCED, SCHEMAS},
    {"anyOf", ENFORCED, SCHEMAS},
    {"oneOf", ENFORCED, SCHEMAS},
    {"properties", ENFORCED, SCHEMA_MAP},
    {"required", ENFORCED, STRINGS},
    {"additionalProperties", ENFORCED, SCHEMA},
    {"minProperties", ENFORCED, NUMBER},
    {"maxProperties", ENFORCED, NUMBER},
    {"items", ENFORCED, SCHEMA},
    {"prefixItems", ENFORCED, SCHEMAS},
    {"minItems", ENFORCED, NUMBER},
    {"maxItems", ENFORCED, NUMBER},
    {"uniqueItems", ENFORCED, BOOLEAN},
    {"minLength", ENFORCED, NUMBER},
    {"maxLength", ENFORCED, NUMBER},
    {"pattern", ENFORCED, STRING},
    {"format", ENFORCED, STRING},
    {"minimum", ENFORCED, NUMBER},
    {"maximum", ENFORCED, NUMBER},
    {"exclusiveMinimum", ENFORCED, NUMBER},
    {"exclusiveMaximum", ENFORCED, NUMBER},
    {"multipleOf", ENFORCED, NUMBER},
    {"title", NOTE, ANYTHING},
    {"description", NOTE, ANYTHING},
    {"default", NOTE, ANYTHING},
    {"examples", NOTE, ANYTHING},
    {"example", NOTE, ANYTHING},
    {"deprecated", NOTE, ANYTHING},
    {"readOnly", NOTE, ANYTHING},
    {"writeOnly", NOTE, ANYTHING},
    {"discriminator", NOTE, ANYTHING},
    {"contentEncoding", NOTE, ANYTHING},
    {"contentMediaType", NOTE, ANYTHING},
    {"contentSchema", NOTE, ANYTHING},
    {"$comment", NOTE, ANYTHING},
    {"$schema", NOTE, ANYTHING},
    {"$id", NOTE, ANYTHING},
    {"$anchor", NOTE, ANYTHING},
    {"$defs", NOTE, ANYTHING},
    {"definitions", NOTE, ANYTHING},
    {"not", REFUSED, ANYTHING},
    {"if", REFUSED, ANYTHING},
    {"then", REFUSED, ANYTHING},
    {"else", REFUSED, ANYTHING},
    {"patternProperties", REFUSED, ANYTHING},
    {"propertyNames", REFUSED, ANYTHING},
    {"dependentRequired", REFUSED, ANYTHING},
    {"dependentSchemas", REFUSED, ANYTHING},
    {"dependencies", REFUSED, ANYTHING},
    {"unevaluatedProperties", REFUSED, ANYTHING},
    {"unevaluatedItems", REFUSED, ANYTHING},
    {"additionalItems", REFUSED, ANYTHING},
    {"contains", REFUSED, ANYTHING},
    {"minContains", REFUSED, ANYTHING},
    {"maxContains", REFUSED, ANYTHING},
    {"$dynamicRef", REFUSED, ANYTHING},
    {"$dynamicAnchor", REFUSED, ANYTHING},
    {"$recursiveRef", REFUSED, ANYTHING},
    {"$recursiveAnchor", REFUSED, ANYTHING},
    {"$vocabulary", REFUSED, ANYTHING},
};

static const char *const wanted[] = {
    [STRING] = "a string",
    [NUMBER] = "a number",
    [SCHEMA] = "a schema",
    [SCHEMAS] = "an array of at least one schema",
    [SCHEMA_MAP] = "an object of schemas",
    [STRINGS] = "an array of strings",
    [BOOLEAN] = "true or false",
    [LIST] = "an array of at least one value",
};

static const struct keyword *find(const char *name)
{
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (!strcmp(keywords[i].name, name))
            return &keywords[i];
    return NULL;
}

static bool is_schema(const json_t *v)
{
    return json_is_object(v) || json_is_boolean(v);
}

static bool all_are(const json_t *array, bool schemas)
{
    size_t i;
    json_t *v;
    json_array_foreach(array, i, v) if (schemas ? !is_schema(v) : !json_is_string(v)) return false;
    return json_is_array(array);
}

static bool fits(const json_t *v, enum value value)
{
    const char *key;
    json_t *one;
    switch (value) {
    case STRING: return json_is_string(v);
    case NUMBER: return json_is_number(v);
    case SCHEMA: return is_schema(v);
    case SCHEMAS: return json_array_size(v) && all_are(v, true);
    case STRINGS: return all_are(v, false);
    case BOOLEAN: return json_is_boolean(v);
    case LIST: return json_array_size(v) > 0;
    case SCHEMA_MAP: json_object_foreach((json_t *)v, key, one) if (!is_schema(one)) return false; return json_is_object(v);
    case ANYTHING: break;
    }
    return true;
}

static bool check_keyword(struct schema *s, const char *name, const json_t *v, const struct place *at)
{
    const struct keyword *k = find(name);
    if (!k && !strncmp(name, "x-", 2))
        return true;
    if (!k) {
        schema_refuse(s, ERR_UNSUPPORTED, at, name, "this keyword is not known, so it cannot be enforced");
        return false;
    }
    if (k->fate == REFUSED) {
        schema_refuse(s, ERR_UNSUPPORTED, at, name, "this keyword cannot be enforced");
        return false;
    }
    if (!fits(v, k->value)) {
        schema_refuse(s, ERR_INVAL, at, name, "it must be %s", wanted[k->value]);
        return false;
    }
    return true;
}

bool schema_check(struct schema *s, json_t *source, const struct place *at)
{
    const char *name;
    json_t *v;
    if (!is_schema(source)) {
        schema_refuse(s, ERR_INVAL, at, NULL, "a schema must be an object, true or false");
        return false;
    }
    json_object_foreach(source, name, v) if (!check_keyword(s, name, v, at)) return false;
    return true;
}

bool schema_is_composed(json_t *source)
{
    return json_object_get(source, "$ref") || json_object_get(source, "allOf") || json_object_get(source, "anyOf") ||
           json_object_get(source, "oneOf");
}

bool schema_is_only(json_t *source, const char *keyword)
{
    const char *name;
    json_t *v;
    bool has = false;
    json_object_foreach(source, name, v)
    {
        const struct keyword *k = find(name);
        (void)v;
        if (!strcmp(name, keyword))
            has = true;
        else if (k && k->fate == ENFORCED)
            return false;
    }
    return has;
}
