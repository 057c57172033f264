/* JSON Schema (draft 2020-12) to expressions: what the files schema*.c share.
 *
 *   source ──check──▶ normalise: $ref, allOf, anyOf, oneOf ──▶ plain schemas, of which one must hold ──▶ expressions by type
 *
 * A plain schema has none of those four keywords; merging two of them gives one that holds where both hold. In a plain schema "pattern"
 * and "format" may be arrays, all of which hold; sources with such arrays are refused when they are checked.
 *
 * Objects are written in the order in which their properties are declared. Without "additionalProperties" an object that declares
 * properties has no others: narrower than the standard, as everything that is written still is valid. */
#ifndef ENGINE_GRAMMAR_SCHEMA_H
#define ENGINE_GRAMMAR_SCHEMA_H

#include "engine/grammar/format.h"
#include "engine/grammar/json.h"

enum schema_type {
    TYPE_NULL = 1,
    TYPE_BOOLEAN = 2,
    TYPE_INTEGER = 4,
    TYPE_NUMBER = 8, /* integers included */
    TYPE_STRING = 16,
    TYPE_ARRAY = 32,
    TYPE_OBJECT = 64,
    TYPE_ANY = 127 & ~4,
};

/* Where in the source: a step of a JSON pointer and what is above it. */
struct place {
    const struct place *up;
    const char *key; /* NULL: index; of the root: the pointer so far, perhaps "" */
    size_t index;
};

struct schema {
    struct grammar_builder *b;
    json_t *root;
    json_t *kept; /* array: schemas that were made on the way */
    json_t *refs; /* object: pointer → number of its rule */
    uint32_t depth, work;
};

/* Records the refusal of a keyword (may be NULL) at a place; returns GRAMMAR_NEVER. */
grammar_expr schema_refuse(struct schema *s, int code, const struct place *at, const char *keyword, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* schema.c */
grammar_expr schema_compile(struct schema *s, json_t *source, const struct place *at);
bool schema_types(struct schema *s, json_t *plain, const struct place *at, uint32_t *ret); /* a mask of schema_type */
json_t *schema_keep(struct schema *s, json_t *made); /* takes the reference; NULL when memory is out */
/* A keyword as a count; `otherwise` when it is absent. False: it is no count (the refusal is recorded). */
bool schema_count(struct schema *s, json_t *plain, const char *keyword, const struct place *at, uint32_t otherwise, uint32_t *ret);

/* schema_check.c: false (and a refusal) for what is no schema or has keywords that cannot be enforced. */
bool schema_check(struct schema *s, json_t *source, const struct place *at);
bool schema_is_composed(json_t *source);                  /* it has $ref, allOf, anyOf or oneOf */
bool schema_is_only(json_t *source, const char *keyword); /* beside it nothing that constrains */

/* schema_ref.c: the schema that $ref names, or NULL and a refusal. Borrowed. */
json_t *schema_resolve(struct schema *s, const char *ref, const struct place *at);

/* schema_merge.c */
/* The plain schemas of which one must hold: an array that is kept. NULL after a refusal. */
json_t *schema_normalise(struct schema *s, json_t *source, const struct place *at);
/* schema_disjoint.c: no value can be valid for both. False also when that is not known. */
bool schema_disjoint(struct schema *s, json_t *x, json_t *y, const struct place *at, uint32_t depth);
/* Of one plain schema, the const included: borrowed values in an array, or NULL when it has neither enum nor const. */
bool schema_equal(const json_t *x, const json_t *y); /* as JSON Schema compares: 1 is 1.0 */
uint32_t schema_type_of(const json_t *v);

/* By type, of plain schemas. */
grammar_expr schema_string(struct schema *s, json_t *plain, const struct place *at);
grammar_expr schema_number(struct schema *s, json_t *plain, bool integer, const struct place *at);
grammar_expr schema_array(struct schema *s, json_t *plain, const struct place *at);
grammar_expr schema_object(struct schema *s, json_t *plain, const struct place *at);
/* schema_format.c: a pattern of the whole text, or NULL when the format is unknown. */
const char *schema_format_pattern(const char *name);

#endif
