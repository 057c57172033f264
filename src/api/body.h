/* From a request's bytes to a JSON object, or to a 400 that says where the bytes went wrong. */
#ifndef API_BODY_H
#define API_BODY_H

#include <jansson.h>

#include "api/error.h"
#include "base/str.h"

/* More values than any honest request has (the longest prompt of tokens, and some); jansson spends about 40 bytes on each. */
enum { BODY_VALUES_MAX = (1 << 20) + 65536 };

/* UTF-8, nesting and number of values are checked before jansson sees the bytes. A field that stands twice is refused: two
 * readers of such a text could disagree about what it says. The caller owns *ret (json_decref). */
int body_parse(struct str body, size_t depth_max, json_t **ret, struct api_error *e);

#endif
