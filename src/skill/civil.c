/* Day numbers by eras of 400 years: the year begins in March, so that the leap day is its last. */
#include "skill/civil.h"

#include <stdio.h>

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t civil_days(int year, int month, int day)
{
    int64_t y = year - (month <= 2), era = floor_div(y, 400), of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct civil civil_of_days(int64_t days)
{
    int64_t z = days + 719468, era = floor_div(z, 146097), of_era = z - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100), m = (5 * of_year + 2) / 153;
    int month = (int)(m < 10 ? m + 3 : m - 9);
    return (struct civil){(int)(year + era * 400) + (month <= 2), month, (int)(of_year - (153 * m + 2) / 5 + 1), 0, 0, 0};
}

int civil_weekday(int64_t days)
{
    return (int)(days + 3 - floor_div(days + 3, 7) * 7);
}

int civil_month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

bool civil_valid(int year, int month, int day)
{
    return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= civil_month_days(year, month);
}

struct civil civil_add_months(struct civil c, int months)
{
    int64_t m = (int64_t)c.year * 12 + c.month - 1 + months;
    c.year = (int)floor_div(m, 12);
    c.month = (int)(m - (int64_t)c.year * 12) + 1;
    int last = civil_month_days(c.year, c.month);
    c.day = c.day < last ? c.day : last;
    return c;
}

int64_t civil_seconds(struct civil c)
{
    return civil_days(c.year, c.month, c.day) * 86400 + c.hour * 3600 + c.minute * 60 + c.second;
}

struct civil civil_of_seconds(int64_t s)
{
    int64_t days = floor_div(s, 86400);
    int rest = (int)(s - days * 86400);
    struct civil c = civil_of_days(days);
    c.hour = rest / 3600;
    c.minute = rest / 60 % 60;
    c.second = rest % 60;
    return c;
}

struct str civil_date_text(struct civil c, char text[CIVIL_TEXT_MAX])
{
    return str_from(text, (size_t)snprintf(text, CIVIL_TEXT_MAX, "%04d-%02d-%02d", c.year, c.month, c.day));
}

struct str civil_text(struct civil c, char text[CIVIL_TEXT_MAX])
{
    int n = snprintf(text, CIVIL_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d", c.year, c.month, c.day, c.hour, c.minute);
    if (c.second)
        n += snprintf(text + n, (size_t)(CIVIL_TEXT_MAX - n), ":%02d", c.second);
    return str_from(text, (size_t)n);
}

/* n digits at s.ptr[at]. */
static bool take(struct str s, size_t at, size_t n, int *ret)
{
    int v = 0;
    if (at + n > s.len)
        return false;
    for (size_t i = at; i < at + n; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        v = v * 10 + (s.ptr[i] - '0');
    }
    *ret = v;
    return true;
}

static bool at_is(struct str s, size_t at, char c)
{
    return at < s.len && s.ptr[at] == c;
}

bool civil_parse(struct str s, struct civil *ret, bool *ret_has_time)
{
    struct civil c = {0};
    bool time = at_is(s, 10, 'T'), ok = take(s, 0, 4, &c.year) && at_is(s, 4, '-') && take(s, 5, 2, &c.month) && at_is(s, 7, '-') &&
                                        take(s, 8, 2, &c.day) && civil_valid(c.year, c.month, c.day);
    if (ok && time)
        ok = take(s, 11, 2, &c.hour) && at_is(s, 13, ':') && take(s, 14, 2, &c.minute) && c.hour < 24 && c.minute < 60 &&
             (s.len == 16 || (s.len == 19 && at_is(s, 16, ':') && take(s, 17, 2, &c.second) && c.second < 60));
    if (!ok || (!time && s.len != 10))
        return false;
    *ret = c;
    if (ret_has_time)
        *ret_has_time = time;
    return true;
}

const char *civil_weekday_name(int weekday, bool zh)
{
    static const char *const en[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
    static const char *const han[] = {"星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"};
    return (zh ? han : en)[weekday];
}

const char *civil_month_name(int month, bool zh)
{
    static const char *const en[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};
    static const char *const han[] = {"1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"};
    return (zh ? han : en)[month - 1];
}
