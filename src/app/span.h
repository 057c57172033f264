/* Times as people write them on the command line. */
#ifndef APP_SPAN_H
#define APP_SPAN_H

#include "base/str.h"

/* "30d", "12h", "90m" as milliseconds. */
bool span_read(struct str text, int64_t *ret_ms);
/* A span before now, or a local date: "2h", "2026-11-27", "2026-11-27 09:30". */
bool span_read_since(struct str text, int64_t now_ms, int64_t *ret_ms);

#endif
