#include "net/date.h"

#include <stdio.h>
#include <time.h>

struct str date_text(struct date_cache *c, int64_t now_s)
{
    /* strftime would follow the locale, and the header is English. */
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (now_s != c->second || !c->text[0]) {
        time_t t = (time_t)now_s;
        struct tm tm = {0};
        gmtime_r(&t, &tm);
        snprintf(c->text, sizeof c->text, "%s, %02u %s %04u %02u:%02u:%02u GMT", days[tm.tm_wday % 7], (unsigned)tm.tm_mday % 100u,
                 months[tm.tm_mon % 12], (unsigned)(tm.tm_year + 1900) % 10000u, (unsigned)tm.tm_hour % 100u, (unsigned)tm.tm_min % 100u,
                 (unsigned)tm.tm_sec % 100u);
        c->second = now_s;
    }
    return str_from(c->text, 29);
}
