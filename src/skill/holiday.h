/* Public holidays of some countries, and days with a name everywhere. All are computed: by date, by Easter, by weekday, by the Chinese
 * calendar. */
#ifndef SKILL_HOLIDAY_H
#define SKILL_HOLIDAY_H

#include "base/str.h"

/* The names that holiday_named knows, as a pattern. */
#define HOLIDAY_NAMES                                                                                                                                                                         \
    "christmas eve|christmas(?: day)?|xmas|boxing day|new year'?s eve|new year'?s(?: day)?|new year|easter monday|easter(?: sunday)?|"                                                        \
    "good friday|palm sunday|ash wednesday|whit monday|pentecost|ascension(?: day)?|corpus christi|halloween|thanksgiving(?: day)?|"                                                          \
    "valentine'?s(?: day)?|(?:st\\.? |saint )patrick'?s(?: day)?|independence day|labou?r day|may day|memorial day|martin luther king(?: "                                                    \
    "jr)?(?: day)?|mlk day|"                                                                                                                                                                  \
    "veterans'? day|columbus day|presidents'? day|juneteenth|mother'?s day|father'?s day|german unity day|reformation day|bastille "                                                          \
    "day|epiphany|"                                                                                                                                                                           \
    "all saints'?(?: day)?|chinese new year|lunar new year|spring festival|mid-?autumn(?: festival)?|dragon boat(?: festival)?|"                                                              \
    "lantern festival|qingming(?: festival)?|tomb[- ]sweeping day|qixi|double ninth(?: festival)?|april fools'?(?: day)?|black "                                                              \
    "friday|cyber monday|"                                                                                                                                                                    \
    "groundhog day|guy fawkes(?: night)?|earth day|winter solstice|summer solstice|chinese national day|"                                                                                     \
    "春节|大年初一|年初一|除夕|大年三十|年三十|元宵节?|清明节?|端午节?|七夕节?|中元节|中秋节?|重阳节?|腊八节?|小年|冬至|夏至|国庆节?|"     \
    "五一(?:劳动节)?|劳动节|元旦节?|圣诞节?|平安夜|"                                                                                                                         \
    "情人节|三八(?:妇女)?节|妇女节|植树节|愚人节|青年节|五四(?:青年节)?|儿童节|六一(?:儿童节)?|建党节|建军节|教师节|复活节|感恩节|万圣节|" \
    "母亲节|父亲节|光棍节|双十一"

/* Day number (civil.h) of a named day: in `year`, or (0) the next from `today` on. Case does not matter. */
bool holiday_named(struct str name, int year, int64_t today, int64_t *ret);

struct holiday {
    const char *en, *zh;
    int64_t day;
};
enum { HOLIDAYS_MAX = 32 };
/* The public holidays of a country (ISO 3166) in a year, in order; 0: this country is not in the table. */
size_t holidays_of(const char country[2], int year, struct holiday ret[HOLIDAYS_MAX]);
/* "CN DE US": those in the table. */
extern const char holiday_countries[];

#endif
