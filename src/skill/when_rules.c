/* Recurrences: "every weekday", "every other Friday", "on the last day of each month", 每周一三五, 每隔两天. */
#include "skill/number.h"
#include "skill/when_parts.h"

static bool begin(struct when *w, char freq, int interval)
{
    if (w->has_rule)
        return false;
    w->has_rule = true;
    w->freq = freq;
    w->interval = interval;
    return true;
}

static unsigned days_in(struct str s)
{
    unsigned bits = 0;
    struct str words = s, word;
    while (str_split(&words, ' ', &word)) {
        while (word.len && word.ptr[word.len - 1] == ',')
            word.len--;
        int d = word.len >= 3 ? weekday_of(word) : -1;
        if (d >= 0 && (unsigned char)word.ptr[0] < 0x80)
            bits |= 1u << d;
    }
    return bits;
}

static bool every_days(const struct saying *s, const struct rx_match *m, struct when *w)
{
    (void)s;
    unsigned days = days_in(m->group[2]);
    if (!days || !begin(w, 'W', m->group[1].len && !str_ieq(str_trim(m->group[1]), STR("single")) ? 2 : 1))
        return false;
    w->weekdays = days;
    return true;
}

static char freq_of(struct str unit)
{
    static const struct {
        const char *name;
        char freq;
    } units[] = {{"min", 'm'},     {"hour", 'h'},      {"h", 'h'},    {"day", 'D'},       {"dai", 'D'},   {"night", 'D'}, {"morning", 'D'},
                 {"evening", 'D'}, {"afternoon", 'D'}, {"week", 'W'}, {"fortnight", 'W'}, {"month", 'M'}, {"year", 'Y'},  {"annual", 'Y'},
                 {"分", 'm'},      {"小时", 'h'},      {"钟头", 'h'}, {"天", 'D'},        {"日", 'D'},    {"早", 'D'},    {"晚", 'D'},
                 {"周", 'W'},      {"星期", 'W'},      {"礼拜", 'W'}, {"个月", 'M'},      {"月", 'M'},    {"年", 'Y'}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (unit.len >= strlen(units[i].name) && str_ieq(str_head(unit, strlen(units[i].name)), str_of(units[i].name)))
            return units[i].freq;
    return 0;
}

static bool every_unit(const struct saying *s, const struct rx_match *m, struct when *w)
{
    (void)s;
    double n = 1;
    struct str count = str_trim(m->group[1]), unit = m->group[2];
    if (str_ieq(count, STR("other")) || str_ieq(count, STR("second")))
        n = 2;
    else if (count.len && !str_ieq(count, STR("single")) && !number_parse(count, &n))
        return false;
    char freq = freq_of(unit);
    if (n == 0.5 && freq == 'h') {
        freq = 'm';
        n = 30;
    }
    if (str_ieq(str_head(unit, 9), STR("fortnight")))
        n *= 2;
    if (!freq || n < 1 || n > 1000 || n != (int)n || !begin(w, freq, (int)n))
        return false;
    w->part = str_ieq(unit, STR("morning"))                                  ? PART_MORNING
              : str_ieq(unit, STR("afternoon"))                              ? PART_AFTERNOON
              : str_ieq(unit, STR("evening")) || str_ieq(unit, STR("night")) ? PART_EVENING
                                                                             : w->part;
    return true;
}

static bool every_weekday(const struct saying *s, const struct rx_match *m, struct when *w)
{
    (void)s;
    bool end = str_find(m->all, STR("end"), 0) >= 0 || str_find(m->all, STR("末"), 0) >= 0;
    if (!begin(w, 'W', 1))
        return false;
    w->weekdays = end ? 0x60 : 0x1f;
    return true;
}

static bool monthly_day(const struct saying *s, const struct rx_match *m, struct when *w)
{
    (void)s;
    int day = ordinal_of(m->group[1]);
    if (!day || !begin(w, 'M', 1))
        return false;
    w->month_day = day;
    return true;
}

static bool monthly_weekday(const struct saying *s, const struct rx_match *m, struct when *w)
{
    (void)s;
    int nth = ordinal_of(m->group[1]), d = weekday_of(m->group[2]);
    if (!nth || nth > 5 || d < 0 || !begin(w, 'M', 1))
        return false;
    w->nth = nth;
    w->weekdays = 1u << d;
    return true;
}

static bool yearly(const struct saying *s, const struct rx_match *m, struct when *w)
{
    struct when date = {0};
    if (!when_read(s, m->group[1], &date) || !date.has_date || !begin(w, 'Y', 1))
        return false;
    return when_put_date(w, date.date);
}

/* ---- Chinese */

static bool han_every(const struct saying *s, const struct rx_match *m, struct when *w)
{
    (void)s;
    double n = 1;
    bool apart = str_find(m->group[1], STR("隔"), 0) >= 0;
    if (m->group[2].len && !number_parse(m->group[2], &n))
        return false;
    char freq = freq_of(m->group[3]);
    if (n == 0.5 && freq == 'h') {
        freq = 'm';
        n = 30;
    }
    if (apart && !m->group[2].len) /* 隔天, 每隔一天: every second one */
        n = 2;
    else if (apart && n == 1 && freq != 'h' && freq != 'm')
        n = 2;
    if (!freq || n < 1 || n > 1000 || n != (int)n || !begin(w, freq, (int)n))
        return false;
    if (str_find(m->group[3], STR("早"), 0) >= 0)
        w->part = PART_MORNING;
    if (str_find(m->group[3], STR("晚"), 0) >= 0)
        w->part = PART_EVENING;
    return true;
}

static bool han_days(const struct saying *s, const struct rx_match *m, struct when *w)
{
    (void)s;
    static const char *const days[] = {"一", "二", "三", "四", "五", "六", "日"};
    int first = -1, last = -1;
    unsigned bits = 0;
    struct str t = m->group[2];
    for (size_t i = 0; i + 3 <= t.len;) {
        struct str c = str_from(t.ptr + i, 3);
        if (str_eq(c, STR("到")) || str_eq(c, STR("至")))
            first = last;
        for (int d = 0; d < 7; d++) {
            if (!str_eq(c, str_of(days[d])) && !(d == 6 && str_eq(c, STR("天"))))
                continue;
            for (int k = first >= 0 ? first : d; k <= d; k++)
                bits |= 1u << k;
            first = -1;
            last = d;
        }
        i += (unsigned char)t.ptr[i] < 0x80 ? 1 : 3;
    }
    bool apart = str_find(m->group[1], STR("隔"), 0) >= 0 || str_find(m->group[1], STR("两"), 0) >= 0;
    if (!bits || !begin(w, 'W', apart ? 2 : 1))
        return false;
    w->weekdays = bits;
    return true;
}

static bool han_monthly(const struct saying *s, const struct rx_match *m, struct when *w)
{
    (void)s;
    double n = -1;
    if (m->group[1].len && (!number_parse(m->group[1], &n) || n < 1 || n > 31))
        return false;
    if (!begin(w, 'M', 1))
        return false;
    w->month_day = (int)n;
    return true;
}

static bool han_monthly_weekday(const struct saying *s, const struct rx_match *m, struct when *w)
{
    (void)s;
    double n = -1;
    int d = weekday_of(m->group[2]);
    if ((m->group[1].len && (!number_parse(m->group[1], &n) || n < 1 || n > 5)) || d < 0 || !begin(w, 'M', 1))
        return false;
    w->nth = (int)n;
    w->weekdays = 1u << d;
    return true;
}

/* clang-format off */
#define EVERY "(?:on )?(?:every|each)"
#define DAYS "(" WEEKDAY_EN "(?:(?:,? and |, ?| )" WEEKDAY_EN ")*)"
const struct part when_rules[] = {
    {EVERY " (?:single )?(?:week|work(?:ing)? ?)day(?: (?:of the week))?s?\\b|(?:on )?(?:weekdays|workdays|working days)\\b|(?:monday|mon)(?: to | through |-)(?:friday|fri)\\b", every_weekday, false},
    {EVERY " weekend\\b|(?:on |at )?weekends\\b", every_weekday, false},
    {EVERY " (other |second )?" DAYS, every_days, false},
    {"(?:on )?()((?:mon|tues|wednes|thurs|fri|satur|sun)days(?:(?:,? and |, ?)(?:mon|tues|wednes|thurs|fri|satur|sun)days)*)\\b", every_days, false},
    {"weekly (?:on )?()" DAYS, every_days, false},
    {"()" DAYS " (?:every week|weekly)\\b", every_days, false},
    {EVERY " (single |other |second |" NUMBER_EN " )?(min(?:ute)?s?|hours?|days?|nights?|mornings?|evenings?|afternoons?|weeks?|fortnights?|months?|years?)\\b", every_unit, false},
    {"()(daily|hourly|weekly|monthly|yearly|annually|fortnightly)\\b", every_unit, false},
    {"(?:on )?(?:the )?(" ORDINAL_EN ")(?: day)?(?: of)? (?:every|each|the) month\\b", monthly_day, false},
    {EVERY " month on (?:the|its) (" ORDINAL_EN ")(?: day)?", monthly_day, false},
    {"monthly on (?:the|its) (" ORDINAL_EN ")(?: day)?", monthly_day, false},
    {EVERY " (" ORDINAL_EN ")(?: day)?(?: of the month)?(?! \\w+day)", monthly_day, false},
    {"(?:on )?(?:the )?(?:every |each )?(" ORDINAL_EN ") (" WEEKDAY_EN ")(?: of| in)? (?:every|each|the) month", monthly_weekday, false},
    {EVERY " (" ORDINAL_EN ") (" WEEKDAY_EN ") of the month", monthly_weekday, false},
    {EVERY " year on (?:the )?(.{3,30}?)(?=$|,|\\n| at | to )", yearly, false},
    {EVERY " ((?:\\d{1,2}|" ORDINAL_EN ")(?: of)? " MONTH_EN "|" MONTH_EN " (?:\\d{1,2}|" ORDINAL_EN "))", yearly, false},
    {"(每)个?(?:工作日|上班日)|工作日|平日", every_weekday, false},
    {"每个?周末", every_weekday, false},
    {"(每隔一|每两|每二|隔|每)个?((?:周|星期|礼拜)[一二三四五六日天](?:[到至、和及跟,， ]?(?:周|星期|礼拜)?[一二三四五六日天])*)", han_days, false},
    {"(每隔|每|隔)(\\d+|[一二两三四五六七八九十半]+)?个?(分钟|小时|钟头|天|日|早上?|晚上?|周|星期|礼拜|月|年)(?![\\d一二三四五六七八九十的最第末]|份)", han_every, false},
    {"每个?月的?(\\d{1,2}|[一二三四五六七八九十]+)[号日]", han_monthly, false},
    {"每个?月的?()最后一[天日]|每个?月底", han_monthly, false},
    {"每个?月的?第([一二三四五\\d])个((?:周|星期|礼拜)[一二三四五六日天])", han_monthly_weekday, false},
    {"每个?月的?()最后一个((?:周|星期|礼拜)[一二三四五六日天])", han_monthly_weekday, false},
    {"每年的?((?:\\d{1,2}|[一二三四五六七八九十]+)月(?:\\d{1,2}|[一二三四五六七八九十]+)[号日])", yearly, false},
};
/* clang-format on */
const size_t n_when_rules = sizeof when_rules / sizeof *when_rules;
