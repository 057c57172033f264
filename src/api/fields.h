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
    FIELD_BOOL,  /* bool */
    FIELD_U32,   /* uint32_t, min … max */
    FIELD_F32,   /* float, min … max */
    FIELD_STR,   /* struct str into the JSON value, at most max bytes */
    FIELD_OTHER, /* whatever `read` makes of it */
};

struct field_reader {
    struct arena *arena; /* for arrays; strings stay where jansson has them */
    struct api_error *error;
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

/* OK, ERR_INVAL (r->error says which field and why) or ERR_NOMEM. `prefix` stands before names in errors ("" at the top). */
int fields_read(struct field_reader *r, const struct field *rows, size_t n, const char *prefix, json_t *object, void *target);

/* "'NAME' must be WANTED, but is a string" as a 400 for that param. */
int field_wrong(struct field_reader *r, const char *name, const char *wanted, const json_t *got);
/* A field that is known, but cannot be honoured: better refused than ignored. */
int field_unsupported(struct field_reader *r, const char *name, const char *why);
struct str field_str(const json_t *v);
/* Room for n elements in the arena, or NULL and a 503. */
void *field_array(struct field_reader *r, size_t n, size_t size);
/* The type and range of a row, for people: "number, 0 to 2". */
void field_describe(const struct field *f, struct buf *out);

#endif
