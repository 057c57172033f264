#include <stdio.h>

#include "skill/fns.h"
#include "skill/holiday.h"
#include "skill/lunar.h"
#include "skill/tz.h"

static int64_t today_of(const struct skill_call *c)
{
    struct civil now = tz_local(c->env->home, c->now_ms / 1000);
    return civil_days(now.year, now.month, now.day);
}

static void put_date(const struct skill_call *c, int64_t day)
{
    struct civil d = civil_of_days(day);
    const char *weekday = civil_weekday_name(civil_weekday(day), c->zh);
    if (c->zh)
        buf_printf(c->out, "%d年%d月%d日 %s", d.year, d.month, d.day, weekday);
    else
        buf_printf(c->out, "%s, %d %s %d", weekday, d.day, civil_month_name(d.month, false), d.year);
}

static void put_lunar(const struct skill_call *c, int64_t day)
{
    static const char *const months[] = {"正", "二", "三", "四", "五", "六", "七", "八", "九", "十", "冬", "腊"};
    static const char *const tens[] = {"初", "十", "廿", "三"}, *const ones[] = {"十", "一", "二", "三", "四",
                                                                                 "五", "六", "七", "八", "九"};
    struct lunar l;
    if (!lunar_of_day(day, &l))
        return;
    const char *ten = l.day == 10 ? "初" : l.day == 20 ? "二" : l.day == 30 ? "三" : tens[l.day / 10];
    buf_printf(c->out, "（农历%s%s月%s%s）", l.leap ? "闰" : "", months[l.month - 1], ten, ones[l.day % 10]);
}

int skill_date(struct skill_call *c)
{
    struct civil d;
    int64_t day = today_of(c);
    if (civil_parse(intent_text(c->intent, "when"), &d, NULL))
        day = civil_days(d.year, d.month, d.day);
    else
        reply(c, "Today is ", "今天是");
    buf_puts(c->out, "**");
    put_date(c, day);
    buf_puts(c->out, "**");
    if (c->zh)
        put_lunar(c, day);
    buf_puts(c->out, c->zh ? "。" : ".");
    return OK;
}

static int64_t workdays(int64_t from, int64_t to)
{
    int64_t n = 0;
    for (int64_t day = from; day < to && n < 1000000; day++)
        n += civil_weekday(day) < 5;
    return n;
}

static int64_t whole_months(struct civil a, struct civil b)
{
    int64_t n = (int64_t)(b.year - a.year) * 12 + b.month - a.month;
    return n - (b.day < a.day && b.day != civil_month_days(b.year, b.month));
}

int skill_date_diff(struct skill_call *c)
{
    struct civil a, b;
    struct str unit = intent_text(c->intent, "unit");
    if (!civil_parse(intent_text(c->intent, "from"), &a, NULL) || !civil_parse(intent_text(c->intent, "to"), &b, NULL)) {
        reply(c, "Between which days?", "是哪两天之间？");
        return OK;
    }
    int64_t from = civil_days(a.year, a.month, a.day), to = civil_days(b.year, b.month, b.day), days = to - from, n = days;
    const char *en = "day", *zh = "天";
    if (days < -4000000 || days > 4000000)
        return OK;
    if (str_eq(unit, STR("week"))) {
        n = days / 7;
        en = "week";
        zh = "周";
    } else if (str_eq(unit, STR("month"))) {
        n = whole_months(a, b);
        en = "month";
        zh = "个月";
    } else if (str_eq(unit, STR("year"))) {
        n = whole_months(a, b) / 12;
        en = "year";
        zh = "年";
    } else if (str_eq(unit, STR("workday"))) {
        n = workdays(from, to);
        en = "workday";
        zh = "个工作日";
    }
    buf_printf(c->out, c->zh ? "**%lld %s**" : "**%lld %s", (long long)n, c->zh ? zh : en);
    if (!c->zh)
        buf_puts(c->out, n == 1 || n == -1 ? "**" : "s**");
    if (str_eq(unit, STR("week")) && days % 7)
        reply(c, " and %d days", "零 %d 天", (int)(days % 7));
    reply(c, ", from ", "，从");
    put_date(c, from);
    reply(c, " to ", "到");
    put_date(c, to);
    buf_puts(c->out, c->zh ? "。" : ".");
    return OK;
}

int skill_calendar(struct skill_call *c)
{
    struct civil now = civil_of_days(today_of(c)), m = {now.year, now.month, 1, 0, 0, 0};
    char text[24];
    struct str month = intent_text(c->intent, "month");
    snprintf(text, sizeof text, STR_FMT "-01", STR_ARG(str_head(month, 7)));
    if (month.len)
        civil_parse(str_of(text), &m, NULL);
    int64_t first = civil_days(m.year, m.month, 1);
    int days = civil_month_days(m.year, m.month), column = civil_weekday(first);
    if (c->zh)
        buf_printf(c->out, "%d年%d月\n\n", m.year, m.month);
    else
        buf_printf(c->out, "%s %d\n\n", civil_month_name(m.month, false), m.year);
    buf_puts(c->out, c->zh ? "| 一 | 二 | 三 | 四 | 五 | 六 | 日 |\n" : "| Mo | Tu | We | Th | Fr | Sa | Su |\n");
    buf_puts(c->out, "|---|---|---|---|---|---|---|\n|");
    for (int i = 0; i < column; i++)
        buf_puts(c->out, "   |");
    for (int d = 1; d <= days; d++, column++) {
        if (column == 7) {
            buf_puts(c->out, "\n|");
            column = 0;
        }
        bool today = first + d - 1 == today_of(c);
        buf_printf(c->out, today ? " **%d** |" : " %d |", d);
    }
    for (; column < 7; column++)
        buf_puts(c->out, "   |");
    return OK;
}

/* ---- holidays */

static const char *name_of(const struct skill_call *c, const struct holiday *h)
{
    return c->zh ? h->zh : h->en;
}

static void next_holiday(struct skill_call *c, const char *country)
{
    struct holiday all[HOLIDAYS_MAX];
    int64_t today = today_of(c);
    for (int year = civil_of_days(today).year, end = year + 2; year < end; year++) {
        size_t n = holidays_of(country, year, all);
        for (size_t i = 0; i < n; i++) {
            if (all[i].day <= today)
                continue;
            reply(c, "The next one is **%s**: ", "下一个是**%s**：", name_of(c, &all[i]));
            put_date(c, all[i].day);
            buf_puts(c->out, c->zh ? "。" : ".");
            return;
        }
    }
}

int skill_holiday(struct skill_call *c)
{
    struct holiday all[HOLIDAYS_MAX];
    struct str country = intent_text(c->intent, "country"), when = intent_text(c->intent, "when");
    const char *code = country.len == 2 ? country.ptr : c->env->country;
    struct civil d;
    size_t shown = 0;
    if (!*code || !holidays_of(code, 2026, all)) {
        reply(c, "I know the public holidays of these countries: %s.", "我知道这些国家的公共假日：%s。", holiday_countries);
        return OK;
    }
    if (!when.len) {
        next_holiday(c, code);
        return OK;
    }
    int year = 0;
    for (size_t i = 0; i < 4 && i < when.len; i++)
        year = year * 10 + (when.ptr[i] - '0');
    size_t n = year >= 1900 && year <= 2100 ? holidays_of(code, year, all) : 0;
    char text[CIVIL_TEXT_MAX];
    for (size_t i = 0; i < n; i++) {
        if (!str_starts(civil_date_text(civil_of_days(all[i].day), text), when))
            continue;
        buf_printf(c->out, "%s- ", shown++ ? "\n" : "");
        put_date(c, all[i].day);
        buf_printf(c->out, c->zh ? "：%s" : ": %s", name_of(c, &all[i]));
    }
    if (!shown && civil_parse(when, &d, NULL))
        reply(c, "No, that is no public holiday there.", "不是公共假日。");
    else if (!shown)
        reply(c, "There are none.", "没有公共假日。");
    return OK;
}
