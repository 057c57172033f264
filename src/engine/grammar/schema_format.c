/* Formats as patterns of the whole text. Each admits only what the standard it comes from admits, and not all of that: an internationalised
 * host or a quoted mailbox is never written. */
#include <string.h>

#include "engine/grammar/schema.h"

#define TWO(from, to)  "(?:" from "|" to ")"
#define MONTH_DAY      "(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
#define LEAP_YEAR      "(?:[0-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
#define DATE           TWO("[0-9]{4}-" MONTH_DAY, LEAP_YEAR "-02-29")
#define HOUR           "(?:[01][0-9]|2[0-3])"
#define ZONE           "(?:Z|[+-]" HOUR ":[0-5][0-9])"
#define TIME           HOUR ":[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?" ZONE
#define BYTE           "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
#define IPV4           BYTE "(?:\\." BYTE "){3}"
#define H16            "[0-9a-fA-F]{1,4}"
#define LABEL          "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,20}[a-zA-Z0-9])?"
#define HOST           LABEL "(?:\\." LABEL "){0,6}"
#define PATH_CHARACTER "(?:[a-zA-Z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
#define URI \
    "[a-zA-Z][a-zA-Z0-9+.-]{0,15}://" HOST "(?::[0-9]{1,4})?(?:/" PATH_CHARACTER "*)*(?:\\?" PATH_CHARACTER "*)?(?:#" PATH_CHARACTER "*)?"

static const struct {
    const char *name, *pattern;
} formats[] = {
    {"date", DATE},
    {"time", TIME},
    {"date-time", DATE "T" TIME},
    {"duration",
     "P(?:[0-9]{1,6}W|(?:[0-9]{1,6}Y)?(?:[0-9]{1,6}M)?[0-9]{1,6}D(?:T[0-9]{1,6}H)?|T[0-9]{1,6}H(?:[0-9]{1,6}M(?:[0-9]{1,6}S)?)?)"},
    {"uuid", "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"},
    {"email", "[a-zA-Z0-9_+-]{1,30}(?:\\.[a-zA-Z0-9_+-]{1,20}){0,3}@" LABEL "(?:\\." LABEL "){1,4}"},
    {"hostname", HOST},
    {"ipv4", IPV4},
    {"ipv6", "(?:" H16 ":){7}" H16 "|::(?:" H16 "(?::" H16 "){0,5})?|" H16 "(?::" H16 "){0,2}::" H16 "(?::" H16 "){0,2}"},
    {"uri", URI},
    {"uri-reference", TWO(URI, "/" PATH_CHARACTER "*(?:/" PATH_CHARACTER "*)*")},
    {"iri", URI},
    {"json-pointer", "(?:/(?:[a-zA-Z0-9_.-]|~0|~1)*)*"},
};

const char *schema_format_pattern(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (!strcmp(formats[i].name, name))
            return formats[i].pattern;
    return NULL;
}
