#include "skill/grammar.h"

#include <stdio.h>

#include "skill/expr.h"
#include "skill/number.h"
#include "skill/place.h"
#include "skill/rx.h"
#include "skill/sum.h"
#include "skill/tz.h"
#include "skill/unit.h"
#include "skill/when.h"
#include "skill/when_parts.h"

struct saying saying_make(const struct skill_env *env, int64_t now_ms, bool zh, struct arena *a)
{
    int64_t s = now_ms / 1000 - (now_ms % 1000 < 0);
    return (struct saying){.env = env, .now_ms = now_ms, .now = tz_local(env->home, s), .zh = zh, .arena = a};
}

static bool put(const struct saying *s, struct str text, struct slot *ret)
{
    *ret = (struct slot){.kind = SLOT_TEXT, .text = arena_dup(s->arena, text)};
    return ret->text.ptr != NULL;
}

static bool put_number(double v, struct slot *ret)
{
    *ret = (struct slot){.kind = SLOT_NUMBER, .number = v};
    return true;
}

static bool read_text(const struct saying *s, struct str t, struct slot *ret)
{
    return t.len && put(s, t, ret);
}

static bool read_number(const struct saying *s, struct str t, struct slot *ret)
{
    double v;
    (void)s;
    return number_parse(t, &v) && put_number(v, ret);
}

static bool read_duration(const struct saying *s, struct str t, struct slot *ret)
{
    double v;
    return duration_read(s->env->grammar->durations, t, &v) && put_number(v, ret);
}

static bool read_date(const struct saying *s, struct str t, struct slot *ret)
{
    struct when w;
    int64_t day;
    char text[CIVIL_TEXT_MAX];
    return when_read(s, t, &w) && when_date(s, &w, &day) && put(s, civil_date_text(civil_of_days(day), text), ret);
}

static bool read_instant(const struct saying *s, struct str t, struct slot *ret)
{
    struct when w;
    struct civil c;
    char text[CIVIL_TEXT_MAX];
    bool alarm = s->skill && !strncmp(s->skill->name, "alarm", 5);
    return when_read(s, t, &w) && !w.has_rule && when_instant(s, &w, alarm, &c) && put(s, civil_text(c, text), ret);
}

static bool read_rule(const struct saying *s, struct str t, struct slot *ret)
{
    struct when w;
    char text[RULE_TEXT_MAX];
    return when_read(s, t, &w) && w.has_rule && put(s, when_rule(&w, text), ret);
}

static bool read_expression(const struct saying *s, struct str t, struct slot *ret)
{
    struct buf b = buf_make(EXPR_BYTES_MAX);
    bool ok = sum_parse(s->env->sums, t, &b) && put(s, buf_str(&b), ret);
    buf_free(&b);
    return ok;
}

static bool is_word(struct str t, const char *words)
{
    struct str all = str_of(words), one;
    while (str_split(&all, '|', &one))
        if (str_ieq(one, t))
            return true;
    return false;
}

/* "March", "next month", 明年一月: the month of a year. */
static bool month_of_year(const struct saying *s, struct str t, struct civil *ret)
{
    struct civil c = {s->now.year, s->now.month, 1, 0, 0, 0};
    struct rx_match m;
    if (is_word(t, "this month|the current month|current month|this|today|now|这个月|本月|这月|当月|当前月份|当前|现在|今天"))
        return *ret = c, true;
    if (is_word(t, "next month|the next month|coming month|下个月|下月|next"))
        return *ret = civil_add_months(c, 1), true;
    if (is_word(t, "last month|previous month|the previous month|上个月|上月"))
        return *ret = civil_add_months(c, -1), true;
    if (is_word(t, "下下个月|下下月|the month after next|month after next"))
        return *ret = civil_add_months(c, 2), true;
    if (!rx_find(s->env->grammar->month, t, 0, true, &m))
        return false;
    struct str how = m.group[1].len ? m.group[1] : m.group[4], name = m.group[2].len ? m.group[2] : m.group[5],
               year = m.group[3].len ? m.group[3] : m.group[4];
    double y = 0;
    c.month = month_of(name);
    if (!c.month)
        return false;
    if (str_starts(how, STR("明")) || str_ieq(str_trim(year), STR("next year")))
        c.year++;
    else if (str_starts(how, STR("去")) || str_ieq(str_trim(year), STR("last year")))
        c.year--;
    else if (str_starts(how, STR("后年")))
        c.year += 2;
    else if (year.len && number_parse(str_ends(year, STR("年")) ? str_head(year, year.len - 3) : year, &y) && y >= 1900 && y < 2200)
        c.year = (int)y;
    else if (!str_starts(how, STR("今")) && !str_ieq(str_trim(year), STR("this year")) && c.month < s->now.month)
        c.year++;
    *ret = c;
    return true;
}

static bool read_month(const struct saying *s, struct str t, struct slot *ret)
{
    struct civil c;
    char text[CIVIL_TEXT_MAX];
    return month_of_year(s, t, &c) && put(s, str_head(civil_date_text(c, text), 7), ret);
}

static bool read_year(const struct saying *s, struct str t, struct slot *ret)
{
    int year = is_word(t, "this year|the year|year|今年|本年|全年") ? s->now.year
               : is_word(t, "next year|明年|the coming year")       ? s->now.year + 1
               : is_word(t, "last year|去年")                       ? s->now.year - 1
               : is_word(t, "后年|the year after next")             ? s->now.year + 2
                                                                    : 0;
    double v;
    char text[8];
    struct str digits = str_ends(t, STR("年")) ? str_head(t, t.len - 3) : t;
    if (!year && digits.len == 4 && number_parse(digits, &v) && v >= 1900 && v <= 2100)
        year = (int)v;
    return year && put(s, str_from(text, (size_t)snprintf(text, sizeof text, "%d", year)), ret);
}

static bool read_period(const struct saying *s, struct str t, struct slot *ret)
{
    return read_year(s, t, ret) || read_month(s, t, ret) || read_date(s, t, ret);
}

static bool read_clock(const struct saying *s, struct str t, struct slot *ret)
{
    struct when w;
    struct civil c;
    char text[8];
    struct buf at = buf_make(200);
    bool ok = when_read(s, t, &w) && w.has_tod && !w.has_date;
    if (!ok) { /* "9" alone */
        buf_printf(&at, "at " STR_FMT, STR_ARG(t));
        ok = when_read(s, buf_str(&at), &w) && w.has_tod;
    }
    buf_free(&at);
    if (ok && w.bare && w.part == PART_NONE && w.tod_s >= 43200)
        w.bare = false; /* 12 is noon */
    struct when morning = w;
    ok = ok && when_instant(s, &morning, true, &c);
    if (ok && w.bare && !w.part) { /* between zones nine is nine in the morning */
        c.hour = w.tod_s / 3600;
    }
    return ok && put(s, str_from(text, (size_t)snprintf(text, sizeof text, "%02d:%02d", c.hour % 24, c.minute % 60)), ret);
}

static bool read_zone(const struct saying *s, struct str t, struct slot *ret)
{
    char zone[TZ_NAME_MAX];
    if (is_word(
            t, "here|me|us|my time|our time|local time|home|my place|my city|us here|my time "
               "zone|这里|这边|我们|我们这里|我们这边|我们这儿|这儿|本地|我这里|我这边|我这儿|我们这|当地|我们的|我们的时间|本地时间|国内"))
        return put(s, str_of(tz_name(s->env->home)), ret);
    return s->env->places && place_zone(s->env->places, t, zone) && put(s, str_of(zone), ret);
}

static bool read_country(const struct saying *s, struct str t, struct slot *ret)
{
    if (is_word(t, "here|my country|our country|this country|我国|我们国家|国内|本国|这里"))
        return s->env->country[0] && put(s, str_of(s->env->country), ret);
    const struct iso_entry *e = s->env->iso ? iso_find(s->env->iso, ISO_COUNTRY, t) : NULL;
    return e && put(s, e->code2, ret);
}

#define ALL_WORDS "all|all of them|every|everything|all my|all the|both|every single|all of the|any|所有|全部|所有的|全部的|一切|每个|全"

/* Without the words around it that say nothing. */
static struct str bare(const struct saying *s, struct str t)
{
    struct rx_match m;
    for (int i = 0; i < 4 && t.len; i++) {
        if (rx_find(s->env->grammar->article, t, 0, true, &m) && m.end < t.len)
            t = str_skip(t, m.end);
        while (t.len > 1 && strchr("'\"", t.ptr[0]))
            t = str_skip(t, 1);
        while (t.len > 1 && strchr("'\"", t.ptr[t.len - 1]))
            t.len--;
        if (t.len > 3 && str_ends(t, STR("的")))
            t.len -= 3;
        t = str_trim(t);
    }
    return t;
}

static bool read_timer(const struct saying *s, struct str t, struct slot *ret)
{
    double seconds;
    t = str_trim(t);
    if (is_word(t, ALL_WORDS))
        return put(s, STR("all"), ret);
    t = bare(s, t);
    if (!t.len)
        return false;
    struct buf b = buf_make(200);
    for (size_t i = 0; i < t.len; i++)
        buf_putc(&b, t.ptr[i] == '-' ? ' ' : t.ptr[i]);
    bool duration = duration_read(s->env->grammar->durations, buf_str(&b), &seconds);
    buf_free(&b);
    return duration ? put_number(seconds, ret) : put(s, t, ret);
}

static bool read_thing(const struct saying *s, struct str t, struct slot *ret)
{
    struct when w;
    struct civil c;
    char text[8];
    t = str_trim(t);
    if (is_word(t, ALL_WORDS))
        return put(s, STR("all"), ret);
    t = bare(s, t);
    struct saying alarm = *s;
    if (t.len && when_read(&alarm, t, &w) && w.has_tod && when_instant(s, &w, s->skill && !strncmp(s->skill->name, "alarm", 5), &c))
        return put(s, str_from(text, (size_t)snprintf(text, sizeof text, "%02d:%02d", c.hour % 24, c.minute % 60)), ret);
    struct buf at = buf_make(200);
    buf_printf(&at, "at " STR_FMT, STR_ARG(t));
    bool clock =
        t.len && when_read(s, buf_str(&at), &w) && w.has_tod && when_instant(s, &w, s->skill && !strncmp(s->skill->name, "alarm", 5), &c);
    buf_free(&at);
    if (clock)
        return put(s, str_from(text, (size_t)snprintf(text, sizeof text, "%02d:%02d", c.hour % 24, c.minute % 60)), ret);
    return t.len && put(s, t, ret);
}

static bool read_unit(const struct saying *s, struct str t, struct slot *ret)
{
    const struct unit *u = unit_find(bare(s, t));
    return u && put(s, str_of(unit_name(u)), ret);
}

static bool read_list(const struct saying *s, struct str t, struct slot *ret)
{
    t = bare(s, t);
    struct rx_match m;
    if (is_word(t, "to-do|to do|todo|todos|to-dos|待办|待办事项"))
        t = s->zh ? STR("待办") : STR("todo");
    return t.len && t.len < 60 && !rx_find(s->env->grammar->no_list, t, 0, false, &m) && put(s, t, ret);
}

static bool read_items(const struct saying *s, struct str t, struct slot *ret)
{
    struct buf b = buf_make(4096);
    struct rx_match m;
    if (is_word(t, "*|everything|all|all items|all of it|所有|全部|所有东西|一切"))
        buf_puts(&b, "*");
    for (bool all = b.len > 0; !all && t.len;) {
        bool more = rx_find(s->env->grammar->items, t, 0, false, &m) && m.end > m.begin;
        struct str one = str_trim(more ? str_head(t, m.begin) : t);
        one = bare(s, one);
        if (one.len)
            buf_printf(&b, STR_FMT "\n", STR_ARG(one));
        t = more ? str_skip(t, m.end) : (struct str){0};
    }
    struct str all = buf_str(&b);
    while (all.len && all.ptr[all.len - 1] == '\n')
        all.len--;
    bool ok = all.len && put(s, all, ret);
    ret->kind = SLOT_ITEMS;
    buf_free(&b);
    return ok;
}

static bool read_phone(const struct saying *s, struct str t, struct slot *ret)
{
    size_t digits = 0;
    for (size_t i = 0; i < t.len; i++) {
        digits += t.ptr[i] >= '0' && t.ptr[i] <= '9';
        if (!strchr("0123456789+-/(). ", t.ptr[i]))
            return false;
    }
    return digits >= 3 && put(s, t, ret);
}

static bool read_plain_text(const struct saying *s, struct str t, struct slot *ret)
{
    return read_text(s, bare(s, t), ret);
}

static bool (*const readers[TYPE_COUNT])(const struct saying *s, struct str t, struct slot *ret) = {
    [TYPE_TEXT] = read_plain_text,
    [TYPE_NUMBER] = read_number,
    [TYPE_DATE] = read_date,
    [TYPE_INSTANT] = read_instant,
    [TYPE_RULE] = read_rule,
    [TYPE_DURATION] = read_duration,
    [TYPE_MONTH] = read_month,
    [TYPE_PERIOD] = read_period,
    [TYPE_CLOCK] = read_clock,
    [TYPE_ZONE] = read_zone,
    [TYPE_COUNTRY] = read_country,
    [TYPE_TIMER] = read_timer,
    [TYPE_THING] = read_thing,
    [TYPE_UNIT] = read_unit,
    [TYPE_LIST] = read_list,
    [TYPE_ITEMS] = read_items,
    [TYPE_PHONE] = read_phone,
    [TYPE_CHOICE] = read_text,
    [TYPE_EXPRESSION] = read_expression,
};

bool grammar_read(const struct saying *s, const struct slot_def *def, struct str text, struct slot *ret)
{
    struct slot slot = {0};
    if (!readers[def->type] || !readers[def->type](s, str_trim(text), &slot))
        return false;
    slot.name = def->name;
    *ret = slot;
    return true;
}
