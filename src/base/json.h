/* A JSON writer into a bounded buffer. Parsing is jansson's; writing happens once a token, so it is direct.
 *
 * Commas are the writer's care. Strings may be any bytes: what is not UTF-8 goes out as U+FFFD, so that the result is
 * always valid JSON. Depth is bounded by JSON_DEPTH_MAX; going deeper sets the buffer's failure. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"

enum { JSON_DEPTH_MAX = 64 };

struct json {
    struct buf *out;
    uint64_t has_items; /* one bit a level: something stands before, so a comma is needed */
    int depth;
    bool after_key;
};

static inline struct json json_to(struct buf *out)
{
    return (struct json){.out = out};
}
void json_obj(struct json *j);     /* { */
void json_obj_end(struct json *j); /* } */
void json_arr(struct json *j);
void json_arr_end(struct json *j);
void json_key(struct json *j, const char *key);
void json_str(struct json *j, struct str s);
void json_cstr(struct json *j, const char *s); /* NULL writes null */
void json_int(struct json *j, int64_t v);
void json_uint(struct json *j, uint64_t v);
void json_num(struct json *j, double v, int decimals); /* not finite writes null */
void json_bool(struct json *j, bool v);
void json_nil(struct json *j); /* null; not called json_null, which is a name of jansson's */
/* Bytes that are JSON already. */
void json_raw(struct json *j, struct str s);

/* key and value in one call */
void json_kstr(struct json *j, const char *key, struct str s);
void json_kcstr(struct json *j, const char *key, const char *s);
void json_kint(struct json *j, const char *key, int64_t v);
void json_kuint(struct json *j, const char *key, uint64_t v);
void json_knum(struct json *j, const char *key, double v, int decimals);
void json_kbool(struct json *j, const char *key, bool v);

#endif
