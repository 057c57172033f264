/* The Gregorian calendar without time zones. Days count from 1970-01-01; weekdays from Monday, 0. */
#ifndef SKILL_CIVIL_H
#define SKILL_CIVIL_H

#include "base/str.h"

struct civil {
    int year, month, day;     /* 1–12, 1–31 */
    int hour, minute, second; /* of that day */
};

int64_t civil_days(int year, int month, int day);
/* Date of a day number; the time of day is 0. */
struct civil civil_of_days(int64_t days);
int civil_weekday(int64_t days);
int civil_month_days(int year, int month);
bool civil_valid(int year, int month, int day);
/* Keeps the day, or takes the month's last when it has no such day. */
struct civil civil_add_months(struct civil c, int months);
/* Seconds since 1970 as if the date were UTC, and back. */
int64_t civil_seconds(struct civil c);
struct civil civil_of_seconds(int64_t s);
/* "2026-12-25", "2026-12-25T07:00" or with ":30" when there are seconds. */
enum { CIVIL_TEXT_MAX = 40 };
struct str civil_date_text(struct civil c, char text[CIVIL_TEXT_MAX]);
struct str civil_text(struct civil c, char text[CIVIL_TEXT_MAX]);
/* Either of them back; *ret_has_time may be NULL. */
bool civil_parse(struct str s, struct civil *ret, bool *ret_has_time);
/* Names: weekday 0–6, month 1–12, in English or Chinese. */
const char *civil_weekday_name(int weekday, bool zh);
const char *civil_month_name(int month, bool zh);

#endif
