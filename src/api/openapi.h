/* What the routes table does not say about an address: its body, its query, its answer. From it come the OpenAPI file and a part
 * of docs/API.md. */
#ifndef API_OPENAPI_H
#define API_OPENAPI_H

#include "api/fields.h"

enum { OPENAPI_PARTS_MAX = 2, OPENAPI_QUERIES_MAX = 5 };

struct openapi_fields {
    const struct field *rows;
    const size_t *n;
};
struct openapi_query {
    const char *name, *type, *about; /* type: of JSON schema */
};
struct openapi_row {
    const char *method, *path;
    struct openapi_fields body[OPENAPI_PARTS_MAX];
    const char *required;    /* fields of the body, separated by blanks; or NULL */
    const char *body_schema; /* instead of body: a name among openapi_schemas */
    struct openapi_query query[OPENAPI_QUERIES_MAX];
    int status;               /* of success; 0: 200 */
    const char *answer;       /* a name among openapi_schemas; NULL: some object */
    const char *content_type; /* NULL: JSON */
};
extern const struct openapi_row openapi_rows[];
extern const size_t openapi_n_rows;

struct openapi_schema {
    const char *name, *json;
};
extern const struct openapi_schema openapi_schemas[];
extern const size_t openapi_n_schemas;

/* The whole document. */
void openapi_write(const char *version, struct buf *out);

#endif
