#include "app/span.h"

#include <time.h>

bool span_read(struct str text, int64_t *ret_ms)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'d', 86400000}, {'h', 3600000}, {'m', 60000}};
    uint64_t n;
    if (text.len < 2 || str_to_u64(str_head(text, text.len - 1), &n) || !n || n > 100000)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (text.ptr[text.len - 1] == units[i].unit) {
            *ret_ms = (int64_t)n * units[i].ms;
            return true;
        }
    return false;
}

static bool read_date(struct str text, int64_t *ret_ms)
{
    static const char *const forms[] = {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"};
    char copy[32];
    if (!str_copy(copy, sizeof copy, text))
        return false;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct tm tm = {.tm_isdst = -1};
        const char *end = strptime(copy, forms[i], &tm);
        time_t s = end && !*end ? mktime(&tm) : -1;
        if (s < 0)
            continue;
        *ret_ms = (int64_t)s * 1000;
        return true;
    }
    return false;
}

bool span_read_since(struct str text, int64_t now_ms, int64_t *ret_ms)
{
    int64_t span_ms;
    if (!span_read(text, &span_ms))
        return read_date(text, ret_ms);
    *ret_ms = now_ms > span_ms ? now_ms - span_ms : 0;
    return true;
}
