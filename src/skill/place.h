/* Names of places as time zones: cities of the zone table and of a table of our own in both languages, countries, abbreviations. */
#ifndef SKILL_PLACE_H
#define SKILL_PLACE_H

#include "base/err.h"
#include "skill/iso.h"
#include "skill/tz.h"

struct places; /* read only */
/* From zone.tab in the folder of time zones. `iso` may be NULL: then countries are not known by name. */
int places_load(const char *zoneinfo, const struct iso *iso, struct places **ret, struct err *e);
void places_free(struct places *p); /* NULL is fine */
/* An IANA name; false: no such place. */
bool place_zone(const struct places *p, struct str name, char ret[TZ_NAME_MAX]);
/* The country of a zone, "DE"; false: none. */
bool place_country(const struct places *p, struct str zone, char ret[3]);

#endif
