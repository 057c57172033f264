/* Numbers as Python prints them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/jinja/run.h"

/* The fewest digits that read back: "d.ddde±xx" into dst. */
static void shortest(double f, char *dst, size_t cap)
{
    for (int digits = 0; digits < 17; digits++) {
        snprintf(dst, cap, "%.*e", digits, f);
        if (strtod(dst, NULL) == f)
            return;
    }
}

struct str number_repr(double f, char dst[NUMBER_BYTES_MAX])
{
    char e[64], digits[32];
    size_t n = 0, at = 0;
    if (isnan(f) || isinf(f))
        return isnan(f) ? STR("nan") : f < 0 ? STR("-inf") : STR("inf");
    shortest(f, e, sizeof e);
    const char *p = e;
    bool minus = *p == '-';
    for (p += minus; *p && *p != 'e'; p++)
        if (*p != '.')
            digits[n++] = *p;
    int exponent = *p ? (int)strtol(p + 1, NULL, 10) : 0;
    if (minus)
        dst[at++] = '-';
    if (exponent < -4 || exponent >= 16) {
        at += (size_t)snprintf(dst + at, NUMBER_BYTES_MAX - at, "%c%s%.*se%c%02d", digits[0], n > 1 ? "." : "", (int)n - 1, digits + 1,
                               exponent < 0 ? '-' : '+', abs(exponent));
        return str_from(dst, at);
    }
    int point = exponent + 1, last = (int)n > point ? (int)n : point; /* digits before the point; all digits */
    if (point <= 0)
        at += (size_t)snprintf(dst + at, NUMBER_BYTES_MAX - at, "0.%.*s", -point, "0000");
    for (int i = 0; i < last; i++) {
        if (i && i == point)
            dst[at++] = '.';
        dst[at++] = i < (int)n ? digits[i] : '0';
    }
    if ((int)n <= point) {
        dst[at++] = '.';
        dst[at++] = '0';
    }
    return str_from(dst, at);
}
