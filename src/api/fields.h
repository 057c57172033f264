/* Reading a JSON object by a table of its fields.
 *
 * A row names a field, its type, its range and where its value goes; parsing, the sentences of refusals and the
 * documentation all come from the row. Fields without a row are ignored, null counts as absent, and a value of the wrong
 * type or out of range is refused by name. */
#ifndef API_FIELDS_H
#define API_FIELDS_H

#include <jansson.h>

#include "api/error.h"
#include "base/arena.h"

enum field_kind {
    FIELD_BOOL,    /* bool */
    FIELD_U32,     /* uint32_t, min … max */
    FIELD_F32,     /* float, min … max */
    FIELD_STR,     /* struct str into the JSON value, at most max bytes */
    FIELD_OTHER,   /* whatever `read` makes of it */
    FIELD_IGNORED, /* anything: it changes nothing, and `about` says why */
    FIELD_REFUSED, /* refused, and `about` says why; but false, "", [] and {} ask for nothing and may stand */
};

struct field_reader {
    struct arena *arena; /* for arrays; strings stay where jansson has them */
    struct api_error *error;
    char prefix[80]; /* what stands before names in errors: "" at the top, "options." within options */
};

struct field {
    const char *name;
    enum field_kind kind;
    double min, max;
    size_t at; /* offset of the value in the target */
    int (*read)(struct field_reader *r, const struct field *f, json_t *v, void *target);
    const char *type; /* of FIELD_OTHER, for the documentation */
    const char *about;
};

/* OK, ERR_INVAL (r->error says which field and why) or ERR_NOMEM. `prefix` goes behind r->prefix while this runs. */
int fields_read(struct field_reader *r, const struct field *rows, size_t n, const char *prefix, json_t *object, void *target);

/* "'NAME' must be WANTED, but is a string" as a 400 for that param. */
int field_wrong(struct field_reader *r, const char *name, const char *wanted, const json_t *got);
/* A field that is known, but cannot be honoured: better refused than ignored. */
int field_unsupported(struct field_reader *r, const char *name, const char *why);
/* "'NAME' is missing" */
int field_missing(struct field_reader *r, const char *name);
struct str field_str(const json_t *v);
/* A value as JSON text, in the arena. */
int field_json(struct field_reader *r, const json_t *v, struct str *ret);
/* The texts one after the other, in the arena when there are several. */
int field_join(struct field_reader *r, const struct str *texts, size_t n, struct str *ret);
/* An array of at most max elements, each read by `one` into an element of `size` zeroed bytes. `name` is what it is called in errors; `one`
 * gets "name[i]". */
typedef int field_element_fn(struct field_reader *r, const char *name, json_t *v, void *element);
int field_list(struct field_reader *r, const char *name, json_t *v, size_t max, size_t size, field_element_fn *one, void **ret,
               size_t *ret_n);
/* Room for n elements in the arena, or NULL and a 503. */
void *field_array(struct field_reader *r, size_t n, size_t size);
/* The type and range of a row, for people: "number, 0 to 2". */
void field_describe(const struct field *f, struct buf *out);

#endif
