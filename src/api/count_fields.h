/* The body of POST /api/count. */
#ifndef API_COUNT_FIELDS_H
#define API_COUNT_FIELDS_H

#include "api/fields.h"

struct count_body {
    struct str text, model;
};
extern const struct field api_count_fields[];
extern const size_t api_n_count_fields;

#endif
