#include "skill/when_parts.h"

#include "skill/holiday.h"
#include "skill/number.h"

/* ---- helpers */

static int64_t today(const struct saying *s)
{
    return civil_days(s->now.year, s->now.month, s->now.day);
}

bool when_put_date(struct when *w, int64_t day)
{
    if (w->has_date)
        return w->date == day;
    w->has_date = true;
    w->date = day;
    return true;
}

bool when_put_tod(struct when *w, int hour, int minute, bool bare)
{
    if (w->has_tod || hour > 24 || minute > 59 || hour < 0)
        return false;
    w->has_tod = true;
    w->bare = bare && hour <= 12 && hour >= 1;
    w->tod_s = hour * 3600 + minute * 60;
    return true;
}

static bool put_part(struct when *w, enum when_part p)
{
    if (w->part && w->part != p)
        return false;
    w->part = p;
    return true;
}

static int whole(struct str s, int otherwise)
{
    double v;
    if (s.len > 3 && str_ieq(str_head(s, 2), STR("oh"))) /* seven oh five */
        s = str_skip(s, 3);
    return s.len && number_parse(s, &v) && v >= 0 && v < 1e6 && v == (int)v ? (int)v : otherwise;
}

static bool is(struct str s, const char *word)
{
    return str_ieq(s, str_of(word));
}

static bool starts(struct str s, const char *word)
{
    return s.len >= strlen(word) && str_ieq(str_head(s, strlen(word)), str_of(word));
}

static enum when_part part_of(struct str s)
{
    static const struct {
        const char *word;
        enum when_part part;
    } parts[] = {{"morning", PART_MORNING},     {"早", PART_MORNING},      {"上午", PART_MORNING},   {"清晨", PART_MORNING},
                 {"noon", PART_NOON},           {"midday", PART_NOON},     {"中午", PART_NOON},      {"正午", PART_NOON},
                 {"afternoon", PART_AFTERNOON}, {"下午", PART_AFTERNOON},  {"午后", PART_AFTERNOON}, {"evening", PART_EVENING},
                 {"night", PART_EVENING},       {"tonight", PART_EVENING}, {"晚", PART_EVENING},     {"傍晚", PART_EVENING},
                 {"夜", PART_EVENING},          {"凌晨", PART_DAWN},       {"半夜", PART_DAWN},      {"午夜", PART_MIDNIGHT}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (starts(s, parts[i].word))
            return parts[i].part;
    return PART_NONE;
}

/* ---- dates, English */

static bool near_day(const struct saying *s, const struct rx_match *m, struct when *w)
{
    static const struct {
        const char *word;
        int days;
    } days[] = {{"today", 0},
                {"tonight", 0},
                {"tomorrow", 1},
                {"tomorow", 1},
                {"tmrw", 1},
                {"tmr", 1},
                {"yesterday", -1},
                {"the day after tomorrow", 2},
                {"day after tomorrow", 2},
                {"the day before yesterday", -2},
                {"day before yesterday", -2},
                {"今", 0},
                {"明", 1},
                {"后天", 2},
                {"后日", 2},
                {"大后天", 3},
                {"昨", -1},
                {"前天", -2},
                {"大前天", -3}};
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        if (!is(m->group[1], days[i].word) && !(days[i].word[0] < 0 && strlen(days[i].word) == 3 && starts(m->group[1], days[i].word)))
            continue;
        if (is(m->group[1], "tonight") && !put_part(w, PART_EVENING))
            return false;
        enum when_part p = m->group[2].len                    ? part_of(m->group[2])
                           : str_ends(m->group[1], STR("早")) ? PART_MORNING
                           : str_ends(m->group[1], STR("晚")) ? PART_EVENING
                                                              : PART_NONE;
        return when_put_date(w, today(s) + days[i].days) && (!p || put_part(w, p));
    }
    return false;
}

/* this|next|last weekday; alone the next one after today. */
static bool weekday(const struct saying *s, const struct rx_match *m, struct when *w)
{
    int d = weekday_of(m->group[2]);
    int64_t t = today(s), monday = t - civil_weekday(t);
    if (d < 0)
        return false;
    int64_t coming = t + (d - civil_weekday(t) + 6) % 7 + 1, past = t - (civil_weekday(t) - d + 6) % 7 - 1;
    struct str how = m->group[1];
    int64_t day = is(how, "next") ? monday + 7 + d : is(how, "last") || is(how, "past") ? past : coming;
    if (w->week) { /* Friday next week; next week on Friday */
        day = monday + 7 * w->week + d;
        w->has_date = false;
        w->week = 0;
        w->week_only = false;
    }
    return when_put_date(w, day);
}

static bool week(const struct saying *s, const struct rx_match *m, struct when *w)
{
    int64_t t = today(s);
    int n = is(m->group[1], "next") || starts(m->group[1], "下") ? 1 : is(m->group[1], "last") || starts(m->group[1], "上") ? -1 : 0;
    if (starts(m->group[1], "下下"))
        n = 2;
    if (w->has_date && !w->week_only) { /* Friday next week: the weekday came first */
        int64_t monday = t - civil_weekday(t);
        if (w->date < t || w->date > t + 7)
            return false;
        w->date = monday + 7 * n + civil_weekday(w->date);
        return true;
    }
    w->week = n;
    w->week_only = true;
    return when_put_date(w, t + 7 * n);
}

static bool weekend(const struct saying *s, const struct rx_match *m, struct when *w)
{
    int64_t t = today(s), monday = t - civil_weekday(t), saturday = monday + 5;
    if (is(m->group[1], "next") || starts(m->group[1], "下"))
        saturday += 7;
    else if (is(m->group[1], "last") || starts(m->group[1], "上"))
        saturday -= 7;
    else if (saturday < t)
        saturday += 7;
    return when_put_date(w, saturday);
}

/* A day and month: the year given, or the next to come. */
static bool day_month(const struct saying *s, struct when *w, int day, int month, int year)
{
    bool given = year > 0;
    if (given && year < 100)
        year += 2000;
    if (!given) {
        year = s->now.year;
        int64_t t = today(s);
        if (day == 29 && month == 2) {
            while (!civil_valid(year, 2, 29) || civil_days(year, 2, 29) < t)
                year++;
        } else if (civil_valid(year, month, day) && civil_days(year, month, day) < t) {
            year++;
        }
        w->yearless = true;
    }
    return civil_valid(year, month, day) && when_put_date(w, civil_days(year, month, day));
}

static bool day_then_month(const struct saying *s, const struct rx_match *m, struct when *w)
{
    int day = ordinal_of(m->group[1]);
    if (!day)
        day = whole(m->group[1], 0);
    return day > 0 && day_month(s, w, day, month_of(m->group[2]), whole(m->group[3], 0));
}

static bool month_then_day(const struct saying *s, const struct rx_match *m, struct when *w)
{
    int day = ordinal_of(m->group[2]);
    if (!day)
        day = whole(m->group[2], 0);
    return day > 0 && day_month(s, w, day, month_of(m->group[1]), whole(m->group[3], 0));
}

static bool iso_date(const struct saying *s, const struct rx_match *m, struct when *w)
{
    return day_month(s, w, whole(m->group[3], 0), whole(m->group[2], 0), whole(m->group[1], 0));
}

/* 25.12.[2026], and 12/25[/2026] unless only the other order is a date. */
static bool dotted_date(const struct saying *s, const struct rx_match *m, struct when *w)
{
    return day_month(s, w, whole(m->group[1], 0), whole(m->group[2], 0), whole(m->group[3], 0));
}

static bool slashed_date(const struct saying *s, const struct rx_match *m, struct when *w)
{
    int a = whole(m->group[1], 0), b = whole(m->group[2], 0);
    return day_month(s, w, a > 12 ? a : b, a > 12 ? b : a, whole(m->group[3], 0));
}

/* The next month that has the day, from today on. */
static bool month_day(const struct saying *s, struct when *w, int day, int months)
{
    struct civil c = s->now;
    if (day < 1 || day > 31)
        return false;
    if (months)
        c = civil_add_months(civil_of_days(civil_days(c.year, c.month, 1)), months);
    else if (day < c.day)
        c = civil_add_months(civil_of_days(civil_days(c.year, c.month, 1)), 1);
    for (int i = 0; i < 12 && !civil_valid(c.year, c.month, day); i++)
        c = civil_add_months(civil_of_days(civil_days(c.year, c.month, 1)), 1);
    return when_put_date(w, civil_days(c.year, c.month, day));
}

static bool the_ordinal(const struct saying *s, const struct rx_match *m, struct when *w)
{
    return month_day(s, w, ordinal_of(m->group[1]), m->group[2].len && starts(m->group[2], "next") ? 1 : 0);
}

static bool end_of(const struct saying *s, const struct rx_match *m, struct when *w)
{
    struct civil c = s->now;
    if (is(m->group[1], "year") || starts(m->group[1], "年"))
        return when_put_date(w, civil_days(c.year, 12, 31));
    return when_put_date(w, civil_days(c.year, c.month, civil_month_days(c.year, c.month)));
}

static bool next_month(const struct saying *s, const struct rx_match *m, struct when *w)
{
    struct civil c = civil_add_months(s->now, is(m->group[1], "year") || starts(m->group[1], "明年") ? 12 : 1);
    return when_put_date(w, civil_days(c.year, c.month, c.day));
}

static bool named(const struct saying *s, const struct rx_match *m, struct when *w)
{
    int64_t day;
    struct str name = m->group[2], y = m->group[1].len ? m->group[1] : m->group[3];
    int year = is(y, "next year") || starts(y, "明年")   ? s->now.year + 1
               : is(y, "last year") || starts(y, "去年") ? s->now.year - 1
               : is(y, "this year") || starts(y, "今年") ? s->now.year
               : starts(y, "后年")                       ? s->now.year + 2
                                                         : whole(str_ends(y, STR("年")) ? str_head(y, y.len - 3) : y, 0);
    w->yearless = !year;
    return holiday_named(name, year, today(s), &day) && when_put_date(w, day);
}

/* ---- times of day */

static bool clock_colon(const struct saying *s, const struct rx_match *m, struct when *w)
{
    (void)s;
    int h = whole(m->group[1], 99), min = whole(m->group[2], 99);
    char half = m->group[3].len ? (char)(m->group[3].ptr[0] | 32) : 0;
    if (half && (h > 12 || !h))
        return false;
    bool bare = !half && m->group[1].len && m->group[1].ptr[0] != '0' && h <= 12 && h >= 1;
    return when_put_tod(w, half == 'p' ? h % 12 + 12 : half == 'a' ? h % 12 : h, min, bare);
}

static bool clock_half(const struct saying *s, const struct rx_match *m, struct when *w)
{
    (void)s;
    int h = whole(m->group[1], 99), min = m->group[2].len ? whole(m->group[2], 99) : 0;
    if (h > 12 || !h)
        return false;
    return when_put_tod(w, (m->group[3].ptr[0] | 32) == 'p' ? h % 12 + 12 : h % 12, min, false);
}

static bool clock_bare(const struct saying *s, const struct rx_match *m, struct when *w)
{
    (void)s;
    int h = whole(m->group[1], 99), min = m->group[2].len ? whole(m->group[2], 99) : 0;
    return h <= 24 && when_put_tod(w, h, min, true);
}

/* half past seven, half seven, quarter to five, ten past eight */
static bool clock_past(const struct saying *s, const struct rx_match *m, struct when *w)
{
    (void)s;
    int minutes = starts(m->group[1], "half") ? 30 : str_find(m->group[1], STR("quarter"), 0) >= 0 ? 15 : whole(m->group[1], 99);
    int h = whole(m->group[3], 99);
    bool to = is(m->group[2], "to") || is(m->group[2], "till") || is(m->group[2], "before");
    if (h > 12 || h < 1 || minutes > 59)
        return false;
    if (to)
        h = h == 1 ? 12 : h - 1;
    char half = m->group[4].len ? (char)(m->group[4].ptr[0] | 32) : 0;
    if (half)
        h = half == 'p' ? h % 12 + 12 : h % 12;
    return when_put_tod(w, h, to ? 60 - minutes : minutes, !half);
}

static bool part_alone(const struct saying *s, const struct rx_match *m, struct when *w)
{
    enum when_part p = part_of(m->group[2].len ? m->group[2] : m->group[1]);
    if (!p)
        return false;
    if (starts(m->group[1], "this") && !when_put_date(w, today(s)))
        return false;
    return put_part(w, p);
}

static bool noon(const struct saying *s, const struct rx_match *m, struct when *w)
{
    (void)s;
    bool mid = is(m->group[1], "midnight") || str_eq(m->group[1], STR("半夜十二点")) || str_eq(m->group[1], STR("午夜")) ||
               str_eq(m->group[1], STR("零点"));
    if (mid) {
        w->part = PART_MIDNIGHT;
        return when_put_tod(w, 24, 0, false);
    }
    return when_put_tod(w, 12, 0, false);
}

/* ---- Chinese */

static bool han_weekday(const struct saying *s, const struct rx_match *m, struct when *w)
{
    int d = weekday_of(m->group[2]);
    int64_t t = today(s), monday = t - civil_weekday(t);
    struct str how = m->group[1];
    if (d < 0)
        return false;
    if (starts(how, "下下") || starts(how, "上上"))
        return when_put_date(w, monday + (starts(how, "下") ? 14 : -14) + d);
    if (starts(how, "下") || starts(how, "上"))
        return when_put_date(w, monday + (starts(how, "下") ? 7 : -7) + d);
    return when_put_date(w, t + (d - civil_weekday(t) + 6) % 7 + 1);
}

static int year_word(const struct saying *s, struct str y)
{
    if (!y.len)
        return 0;
    if (starts(y, "今年"))
        return s->now.year;
    if (starts(y, "明年"))
        return s->now.year + 1;
    if (starts(y, "后年"))
        return s->now.year + 2;
    if (starts(y, "去年"))
        return s->now.year - 1;
    return whole(str_head(y, y.len - 3), -1);
}

static bool han_date(const struct saying *s, const struct rx_match *m, struct when *w)
{
    return day_month(s, w, whole(m->group[3], 0), month_of(m->group[2]), year_word(s, m->group[1]));
}

static bool han_month_day(const struct saying *s, const struct rx_match *m, struct when *w)
{
    struct str how = m->group[1];
    int months = starts(how, "下下") ? 2 : starts(how, "下") ? 1 : starts(how, "上") ? -1 : 0;
    return month_day(s, w, whole(m->group[2], 0), months);
}

static bool han_clock(const struct saying *s, const struct rx_match *m, struct when *w)
{
    (void)s;
    int h = whole(m->group[2], 99), min = 0;
    struct str part = m->group[1], rest = m->group[3];
    if (h > 24)
        return false;
    if (starts(rest, "半"))
        min = 30;
    else if (str_ends(rest, STR("刻")))
        min = 15 * whole(str_head(rest, rest.len - 3), 1);
    else if (rest.len)
        min = whole(str_ends(rest, STR("分"))            ? str_head(rest, rest.len - 3)
                    : starts(rest, "零") && rest.len > 3 ? str_skip(rest, 3)
                                                         : rest,
                    99);
    if (part.len) {
        enum when_part p = part_of(part);
        if ((str_eq(part, STR("半夜")) || str_eq(part, STR("晚上")) || str_eq(part, STR("午夜"))) && h == 12) {
            w->part = PART_MIDNIGHT;
            return when_put_tod(w, 24, min, false);
        }
        if (p && !put_part(w, p))
            return false;
    }
    return when_put_tod(w, h, min, true);
}

static bool han_to_clock(const struct saying *s, const struct rx_match *m, struct when *w)
{
    (void)s;
    int min = str_ends(m->group[2], STR("刻")) ? 15 * whole(str_head(m->group[2], m->group[2].len - 3), 1) : whole(m->group[2], 99);
    int h = whole(m->group[3], 99);
    enum when_part p = m->group[1].len ? part_of(m->group[1]) : PART_NONE;
    return h >= 1 && h <= 24 && min < 60 && (!p || put_part(w, p)) && when_put_tod(w, h == 1 ? 12 : h - 1, 60 - min, true);
}

/* clang-format off */
#define H12 "(\\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
#define MIN_WORD "(oh[- ](?:one|two|three|four|five|six|seven|eight|nine)|ten|fifteen|twenty(?:[- ]five)?|thirty(?:[- ]five)?|forty(?:[- ]five)?|fifty(?:[- ]five)?)"
#define PART_EN "morning|afternoon|evening|night"
#define PART_ZH "凌晨|清晨|早上|早晨|清早|上午|中午|正午|午后|下午|傍晚|晚上|晚间|夜里|半夜|午夜|今晚"
#define HAN_N "[零〇一二两三四五六七八九十\\d]{1,4}"

const struct part when_parts[] = {
    {"(today|tonight|tomorr?ow|tmrw|tmr|yesterday|(?:the )?day after tomorrow|(?:the )?day before yesterday)\\b(?:'s)?(?: (" PART_EN "))?\\b", near_day, false},
    {"(?:(?:on )?(?:the )?(this|next|last|past|coming|upcoming) )?(" WEEKDAY_EN ")", weekday, false},
    {"(this|next|last) week\\b", week, false},
    {"(?:at |on |over )?(?:the )?(this |next |last )?weekend\\b", weekend, false},
    {"(?:the )?(\\d{1,2}|" ORDINAL_EN ")(?: day)?(?: of)? (" MONTH_EN ")(?:,? (\\d{4})\\b)?", day_then_month, false},
    {"(" MONTH_EN ") (?:the )?(\\d{1,2}(?!\\d|:)|" ORDINAL_EN ")(?:st|nd|rd|th)?(?:,? (\\d{4})\\b)?", month_then_day, false},
    {"(\\d{4})[-/](\\d{1,2})[-/](\\d{1,2})\\b", iso_date, false},
    {"(\\d{1,2})\\.(\\d{1,2})\\.(?:(\\d{4}|\\d{2})\\b)?", dotted_date, false},
    {"(\\d{1,2})/(\\d{1,2})(?:/(\\d{4}|\\d{2}))?\\b", slashed_date, false},
    {"(?:on )?the (" ORDINAL_EN ")(?: of (this month|next month|the month))?", the_ordinal, false},
    {"(?:at |by )?(?:the )?end of (?:the |this )?(month|year)\\b", end_of, false},
    {"(?:in |by )?next (month|year)\\b", next_month, false},
    {"((?:今|明|后|去)年|\\d{4}年)?的?(" HOLIDAY_NAMES ")(?: (?:of |in )?(\\d{4}|next year|this year|last year))?", named, false},
    {"(\\d{1,2})[:.h](\\d{2})(?!\\d|\\.|%)(?: ?([ap])\\.?m?\\.?(?![a-z]))?", clock_colon, false},
    {H12 "(?:[ :]" MIN_WORD ")? ?([ap])\\.?m\\.?(?![a-z])", clock_half, false},
    {H12 " ?o'?clock\\b", clock_bare, false},
    {"(?:at|by|until|till|before|around|about|to|for) " H12 "(?:[ :]" MIN_WORD ")?(?= |$|,|\\n)(?! ?(?:%|percent|seconds?|minutes?|mins?|hours?|days?|weeks?|months?|years?|people|of|items?|more|x|times)\\b)", clock_bare, false},
    {H12 " " MIN_WORD "(?= |$|,|\\n)(?! ?(?:seconds?|minutes?|mins?|hours?|days?)\\b)", clock_bare, false},
    {"(half|(?:a )?quarter|" NUMBER_EN "(?: minutes?)?) (past|to|after|till|before) " H12 "(?: ?([ap])\\.?m\\.?(?![a-z]))?(?= |$|,|\\n)", clock_past, false},
    {"(half)( |-)" H12 "(?= |$|,|\\n)", clock_past, false},
    {"(?:at )?(noon|midday|midnight)\\b", noon, false},
    {"(?:in the |at |during the )?(this |)?(" PART_EN ")\\b", part_alone, false},
    {"(大后天|大前天|今[天日儿早晚]|明[天日儿早晚]|后天|后日|昨[天日儿晚]|前天)", near_day, false},
    {"(下下|上上|这|本|下|上)?个?((?:周|星期|礼拜)[一二三四五六日天])", han_weekday, false},
    {"(这|本|下|上)?个?周末", weekend, false},
    {"(这|本|下下|下|上)个?(?:周|星期|礼拜)(?![一二三四五六日天末])", week, false},
    {"((?:今|明|后|去)年|\\d{4}年|[零〇一二三四五六七八九]{4}年)?的?(" HAN_N "月(?:份)?)(" HAN_N ")[日号]?(?!个)", han_date, false},
    {"(这个?月|本月|下下个?月|下个?月|上个?月)?的?(" HAN_N ")[号日](?!线|楼|店)", han_month_day, false},
    {"(月底|年底|月末|年末)", end_of, false},
    {"(下个?月|明年)(?![\\d一二三四五六七八九十的])", next_month, false},
    {"(半夜十二点|午夜|零点(?!\\d|[一二三四五六七八九十]))", noon, false},
    {"(" PART_ZH ")?的?(" HAN_N ")(?:点钟?|时)(?!间|候)(整|半|" HAN_N "分|[一二三]刻|零?" HAN_N "(?![号个天]))?", han_clock, false},
    {"(" PART_ZH ")差(" HAN_N "分|一刻)到?(" HAN_N ")点", han_to_clock, false},
    {"(" PART_ZH ")", part_alone, false},
};
/* clang-format on */
const size_t n_when_parts = sizeof when_parts / sizeof *when_parts;
