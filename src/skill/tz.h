/* Time zones from the system's tzdata: a reader of TZif files (RFC 8536, versions 2 and 3), since setenv("TZ") is a process' own and no
 * thread's. Also the POSIX rule at a file's end, for times after its last transition. */
#ifndef SKILL_TZ_H
#define SKILL_TZ_H

#include "base/err.h"
#include "skill/civil.h"

enum { TZ_NAME_MAX = 64, TZ_FILE_BYTES_MAX = 64 << 10 };
struct tz; /* read only once it is made */

/* `dir` is /usr/share/zoneinfo. ERR_NOENT: no such zone (a name with "..", or one that is no file); ERR_CORRUPT. "UTC" needs no file. */
int tz_load(const char *dir, struct str name, struct tz **ret, struct err *e);
/* The same of bytes; what a fuzzer feeds. */
int tz_parse(struct str bytes, struct str name, struct tz **ret, struct err *e);
void tz_free(struct tz *z); /* NULL is fine */
const char *tz_name(const struct tz *z);
/* Seconds east of UTC at `utc_s`; *ret_abbreviation (may be NULL) lives as long as the zone. */
int tz_offset(const struct tz *z, int64_t utc_s, const char **ret_abbreviation);
struct civil tz_local(const struct tz *z, int64_t utc_s);
/* Of a local time that comes twice the first, of one that is skipped the time as far after the gap's beginning. */
int64_t tz_utc(const struct tz *z, struct civil local);
/* The zone of this machine: TZ's value when it names one, /etc/timezone, or where /etc/localtime points; else "UTC". */
struct str tz_system_name(const char *root, const char *env, char text[TZ_NAME_MAX]);

#endif
