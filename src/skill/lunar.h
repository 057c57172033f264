/* The Chinese calendar, computed: new moons (Meeus, Astronomical Algorithms, chapter 49) and the sun's longitude (chapter 25), as days of
 * Chinese time. Good for 1900–2100; a term within minutes of midnight may be a day off, and no festival until 2050 is so close. */
#ifndef SKILL_LUNAR_H
#define SKILL_LUNAR_H

#include "base/str.h"

struct lunar {
    int year, month, day; /* the year is the Gregorian one in which it begins */
    bool leap;            /* a leap month */
};
/* The day number (civil.h) of a day of the Chinese calendar; false: there is none such. A leap month is not asked for. */
bool lunar_day(int year, int month, int day, int64_t *ret);
bool lunar_of_day(int64_t day, struct lunar *ret);
/* The day in the Gregorian year on which the sun's longitude reaches `degrees`: 15 is Qingming, 270 the winter solstice. */
int64_t solar_term(int year, int degrees);

#endif
