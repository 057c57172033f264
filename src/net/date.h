/* The Date header (RFC 9110 §5.6.7), formatted once a second. */
#ifndef NET_DATE_H
#define NET_DATE_H

#include "base/str.h"

struct date_cache {
    int64_t second;
    char text[40]; /* "Sun, 06 Nov 1994 08:49:37 GMT" */
};

/* The time of now_s (seconds since 1970 UTC); lives in the cache until the next call. */
struct str date_text(struct date_cache *c, int64_t now_s);

#endif
