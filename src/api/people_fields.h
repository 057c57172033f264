/* The bodies of /api/session and /api/keys. Pure functions over bytes. */
#ifndef API_PEOPLE_FIELDS_H
#define API_PEOPLE_FIELDS_H

#include <jansson.h>

#include "api/fields.h"
#include "people/people.h"

/* Strings point into `root`, which the caller lets go after success. On failure *ret is untouched. */
struct session_fields {
    json_t *root;
    struct str link, key;
};
int people_parse_session(struct str body, size_t depth_max, struct session_fields *ret, struct api_error *e);

struct key_fields {
    json_t *root;
    struct str name;
    enum people_scope scope;
    int64_t expires_ms;
    bool has_limits;
    struct people_limits limits; /* those that are not named: as `defaults` says */
};
int people_parse_key(struct str body, size_t depth_max, const struct people_limits *defaults, struct key_fields *ret, struct api_error *e);

const char *people_scope_name(enum people_scope s);

extern const struct field session_rows[], key_rows[], limit_rows[];
extern const size_t n_session_rows, n_key_rows, n_limit_rows;

#endif
