/* Recurrence: as much of RFC 5545's RRULE as people say. */
#include <stdio.h>

#include "skill/when.h"

static const char day_names[7][3] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
static const struct {
    char freq;
    const char *name;
} freqs[] = {{'m', "MINUTELY"}, {'h', "HOURLY"}, {'D', "DAILY"}, {'W', "WEEKLY"}, {'M', "MONTHLY"}, {'Y', "YEARLY"}};

struct str when_rule(const struct when *w, char text[RULE_TEXT_MAX])
{
    struct buf b = buf_make(RULE_TEXT_MAX);
    for (size_t i = 0; i < sizeof freqs / sizeof *freqs; i++)
        if (freqs[i].freq == w->freq)
            buf_printf(&b, "FREQ=%s", freqs[i].name);
    if (w->interval > 1)
        buf_printf(&b, ";INTERVAL=%d", w->interval);
    if (w->month_day)
        buf_printf(&b, ";BYMONTHDAY=%d", w->month_day);
    for (int d = 0, n = 0; d < 7; d++) {
        if (!(w->weekdays >> d & 1))
            continue;
        buf_puts(&b, n++ ? "," : ";BYDAY=");
        if (w->nth)
            buf_printf(&b, "%d", w->nth);
        buf_puts(&b, day_names[d]);
    }
    str_copy(text, RULE_TEXT_MAX, buf_str(&b));
    buf_free(&b);
    return str_of(text);
}

static bool parse_days(struct str v, struct rule *r)
{
    struct str one;
    while (str_split(&v, ',', &one)) {
        int64_t nth = 0;
        if (one.len < 2 || (one.len > 2 && str_to_i64(str_head(one, one.len - 2), &nth)) || nth < -1 || nth > 5)
            return false;
        size_t d = 0;
        while (d < 7 && !str_eq(str_skip(one, one.len - 2), str_of(day_names[d])))
            d++;
        if (d == 7)
            return false;
        r->weekdays |= 1u << d;
        r->nth = (int)nth;
    }
    return r->weekdays != 0;
}

static bool parse_part(struct str key, struct str v, struct rule *r)
{
    int64_t n = 0;
    if (str_eq(key, STR("FREQ"))) {
        for (size_t i = 0; i < sizeof freqs / sizeof *freqs; i++)
            if (str_eq(v, str_of(freqs[i].name)))
                r->freq = freqs[i].freq;
        return r->freq != 0;
    }
    if (str_eq(key, STR("BYDAY")))
        return parse_days(v, r);
    if (str_to_i64(v, &n))
        return false;
    if (str_eq(key, STR("INTERVAL"))) {
        r->interval = (int)n;
        return n >= 1 && n <= 1000;
    }
    r->month_day = (int)n;
    return str_eq(key, STR("BYMONTHDAY")) && n >= -1 && n <= 31 && n != 0;
}

bool rule_parse(struct str text, struct rule *ret)
{
    struct rule r = {.interval = 1};
    struct str part, key;
    while (str_split(&text, ';', &part)) {
        if (!str_split(&part, '=', &key) || !part.ptr || !parse_part(key, part, &r))
            return false;
    }
    if (!r.freq)
        return false;
    *ret = r;
    return true;
}

/* ---- the next time */

static bool day_fits(const struct rule *r, struct civil first, int64_t day)
{
    struct civil c = civil_of_days(day);
    int64_t begin = civil_days(first.year, first.month, first.day);
    int weekday = civil_weekday(day), last = civil_month_days(c.year, c.month);
    int64_t months = (int64_t)(c.year - first.year) * 12 + c.month - first.month;
    bool listed = !r->weekdays || r->weekdays >> weekday & 1;
    switch (r->freq) {
    case 'D': return listed && (day - begin) % r->interval == 0;
    case 'W': /* weeks begin on Monday */
        return (r->weekdays ? listed : weekday == civil_weekday(begin)) &&
               ((day - weekday) - (begin - civil_weekday(begin))) / 7 % r->interval == 0;
    case 'M':
        if (months % r->interval)
            return false;
        if (r->weekdays)
            return listed && (r->nth < 0 ? c.day + 7 > last : !r->nth || (c.day - 1) / 7 + 1 == r->nth);
        if (r->month_day)
            return c.day == (r->month_day < 0 ? last : r->month_day);
        return c.day == (first.day > last ? last : first.day);
    default:
        return c.month == first.month && (c.day == first.day || (first.day == 29 && first.month == 2 && c.day == last)) &&
               (c.year - first.year) % r->interval == 0;
    }
}

bool rule_next(const struct rule *r, struct civil first, struct civil after, struct civil *ret)
{
    int64_t begin = civil_seconds(first), now = civil_seconds(after);
    int64_t step = r->freq == 'm' ? 60 : r->freq == 'h' ? 3600 : 0;
    if (step) {
        step *= r->interval;
        *ret = civil_of_seconds(begin > now ? begin : begin + ((now - begin) / step + 1) * step);
        return true;
    }
    int64_t day = civil_days(after.year, after.month, after.day), first_day = civil_days(first.year, first.month, first.day);
    int64_t tod = begin - first_day * 86400;
    if (day < first_day)
        day = first_day;
    for (int64_t end = day + 366 * 10; day < end; day++) {
        if (day * 86400 + tod <= now || !day_fits(r, first, day))
            continue;
        *ret = civil_of_seconds(day * 86400 + tod);
        return true;
    }
    return false;
}

/* ---- in words */

static void say_days(const struct rule *r, bool zh, struct buf *out)
{
    static const char *const han[] = {"一", "二", "三", "四", "五", "六", "日"};
    if (r->weekdays == 0x1f && !r->nth) {
        buf_puts(out, zh ? "每个工作日" : "every weekday");
        return;
    }
    buf_puts(out, zh ? r->freq == 'M' ? "每月第" : "每周" : "every ");
    if (r->nth)
        buf_printf(out, zh ? "%d个星期" : "%d. ", r->nth);
    for (int d = 0, n = 0; d < 7; d++)
        if (r->weekdays >> d & 1)
            buf_printf(out, "%s%s", n++ ? zh ? "、" : ", " : "", zh ? han[d] : civil_weekday_name(d, false));
    if (r->freq == 'M' && !zh)
        buf_puts(out, " of the month");
}

void rule_say(const struct rule *r, bool zh, struct buf *out)
{
    static const struct {
        char freq;
        const char *en, *ens, *zh, *one;
    } names[] = {{'m', "minute", "minutes", "分钟", "分钟"}, {'h', "hour", "hours", "小时", "小时"}, {'D', "day", "days", "天", "天"},
                 {'W', "week", "weeks", "周", "周"},         {'M', "month", "months", "个月", "月"}, {'Y', "year", "years", "年", "年"}};
    if (r->weekdays && r->interval <= 1) {
        say_days(r, zh, out);
        return;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i].freq != r->freq)
            continue;
        if (r->interval > 1)
            buf_printf(out, zh ? "每%d%s" : "every %d %s", r->interval, zh ? names[i].zh : names[i].ens);
        else
            buf_printf(out, zh ? "每%s" : "every %s", zh ? names[i].one : names[i].en);
    }
    if (r->month_day > 0)
        buf_printf(out, zh ? "%d日" : " on day %d", r->month_day);
    else if (r->month_day < 0)
        buf_puts(out, zh ? "最后一天" : " on its last day");
}
