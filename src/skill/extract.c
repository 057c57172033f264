#include "skill/extract.h"

#include <stdio.h>

#include "base/utf8.h"
#include "skill/number.h"
#include "skill/rx.h"
#include "skill/unit.h"
#include "skill/when.h"

/* ---- what has a time and words beside it */

static bool put_text(const struct saying *s, struct intent *i, const char *name, struct str text)
{
    struct slot_def d = {.name = name, .type = TYPE_TEXT};
    struct slot slot;
    return !text.len || !grammar_read(s, &d, text, &slot) || intent_put(i, name, slot);
}

static bool put_when_slots(const struct saying *s, struct intent *i, const struct when *w, bool alarm)
{
    struct civil at;
    char text[CIVIL_TEXT_MAX], rule[RULE_TEXT_MAX];
    if (w->has_offset && !w->has_rule && !w->offset_days && !w->offset_months && !w->has_tod && !alarm)
        return intent_put_number(i, "in_s", w->offset_s) && w->offset_s > 0;
    if (w->has_rule && !intent_put_text(i, "every", arena_dup(s->arena, when_rule(w, rule))))
        return false;
    return when_instant(s, w, alarm, &at) && intent_put_text(i, "at", arena_dup(s->arena, civil_text(at, text)));
}

static bool timed(const struct saying *s, struct intent *i, struct str rest, bool alarm, const char *label)
{
    struct when w;
    struct str left;
    if (when_take(s, rest, &w, &left) && !put_when_slots(s, i, &w, alarm))
        return false;
    return put_text(s, i, label, left);
}

static bool reminder(const struct saying *s, struct intent *i, struct str rest)
{
    if (!timed(s, i, rest, false, "text"))
        return false;
    intent_check(i);
    return true;
}

static bool alarm(const struct saying *s, struct intent *i, struct str rest)
{
    return timed(s, i, rest, true, "label");
}

/* The first duration anywhere; what is beside it is the label. */
static bool timer(const struct saying *s, struct intent *i, struct str rest)
{
    struct buf spaced = buf_make(4096);
    for (size_t k = 0; k < rest.len; k++) /* ten-minute */
        buf_putc(&spaced,
                 rest.ptr[k] == '\n' || (rest.ptr[k] == '-' && k && k + 1 < rest.len && (rest.ptr[k + 1] | 32) >= 'a') ? ' ' : rest.ptr[k]);
    struct str text = arena_dup(s->arena, buf_str(&spaced));
    buf_free(&spaced);
    for (size_t at = 0; at < text.len; at++) {
        double seconds = 0;
        int months = 0;
        bool within = at && (unsigned char)text.ptr[at - 1] < 0x80 && text.ptr[at - 1] != ' ' && (unsigned char)text.ptr[at] < 0x80;
        if (((unsigned char)text.ptr[at] & 0xc0) == 0x80 || within)
            continue;
        size_t end = duration_scan(s->env->grammar->durations, text, at, &seconds, &months);
        if (end == at || months || seconds <= 0)
            continue;
        struct str a = when_trim(s, str_head(text, at)), b = when_trim(s, str_skip(text, end));
        return intent_put_number(i, "duration_s", seconds) && put_text(s, i, "label", a.len ? a : b);
    }
    return put_text(s, i, "label", when_trim(s, text));
}

/* ---- two days and what is counted between them */

static bool count_unit(struct str t, struct intent *i)
{
    static const struct {
        const char *word, *unit;
    } units[] = {{"work", "workday"}, {"business", "workday"}, {"个工作", "workday"}, {"工作", "workday"}, {"day", "day"}, {"天", "day"},
                 {"week", "week"},    {"个星", "week"},        {"星", "week"},        {"周", "week"},      {"礼", "week"}, {"个礼", "week"},
                 {"month", "month"},  {"个月", "month"},       {"月", "month"},       {"year", "year"},    {"年", "year"}, {"time", "day"}};
    for (size_t k = 0; k < sizeof units / sizeof *units; k++)
        if (t.len >= strlen(units[k].word) && str_ieq(str_head(t, strlen(units[k].word)), str_of(units[k].word)))
            return intent_put_text(i, "unit", str_of(units[k].unit));
    return false;
}

static bool between(const struct saying *s, struct intent *i, struct str rest)
{
    int64_t days[2], today = civil_days(s->now.year, s->now.month, s->now.day);
    size_t n = 0;
    char text[CIVIL_TEXT_MAX];
    bool past = false, birth = str_eq(intent_text(i, "unit"), STR("year"));
    for (size_t at = 0; at < rest.len && n < 2;) {
        struct when w;
        size_t end = when_scan(s, rest, at, &w);
        if (end > at && when_date(s, &w, &days[n])) {
            past |= w.yearless && days[n] > today;
            n++;
            at = end;
        } else {
            at++;
        }
    }
    struct rx_match m;
    bool since = rx_find(s->env->grammar->since, rest, 0, false, &m);
    if (!n || (birth && !n))
        return false;
    if (n == 1 && past && since) /* the last one that has been */
        days[0] = civil_seconds(civil_add_months(civil_of_days(days[0]), -12)) / 86400;
    if (n == 1) {
        days[1] = days[0] < today ? today : days[0];
        days[0] = days[0] < today ? days[0] : today;
    } else if (days[0] > days[1]) {
        int64_t t = days[0];
        days[0] = days[1];
        days[1] = t;
    }
    struct str from = arena_dup(s->arena, civil_date_text(civil_of_days(days[0]), text));
    struct str to = arena_dup(s->arena, civil_date_text(civil_of_days(days[1]), text));
    return intent_put_text(i, "from", from) && intent_put_text(i, "to", to);
}

/* ---- amounts */

static size_t skip(const struct saying *s, const struct rx *rx, struct str t, size_t at)
{
    struct rx_match m;
    (void)s;
    return rx_find(rx, t, at, true, &m) ? m.end : at;
}

static size_t amount_at(const struct saying *s, struct str t, size_t at, double *v)
{
    struct rx_match m;
    const struct unit *u;
    size_t longest = at;
    double first = 0;
    if (!rx_find(s->env->grammar->number, t, at, true, &m))
        return at;
    for (size_t end = m.end; end > at; end--) {
        if ((end < t.len && ((unsigned char)t.ptr[end] & 0xc0) == 0x80) || !number_parse(str_from(t.ptr + at, end - at), v))
            continue;
        if (unit_scan(str_skip(t, skip(s, s->env->grammar->gap, t, end)), &u)) /* 二两 is two 两, and not a number */
            return end;
        first = longest == at ? *v : first;
        longest = longest == at ? end : longest;
    }
    *v = first;
    return longest;
}

/* "5 feet 11 inches", 一斤三两: in the smaller unit. */
static size_t amounts(const struct saying *s, struct str t, size_t at, double *value, const struct unit **unit)
{
    const struct grammar *g = s->env->grammar;
    const struct unit *u = NULL, *money = NULL;
    double v;
    size_t sign = unit_scan(str_skip(t, at), &money), from = at;
    if (sign && t.len > at + sign && strchr("$£", t.ptr[at]) == NULL && (unsigned char)t.ptr[at] != 0xe2 &&
        (unsigned char)t.ptr[at] != 0xc2)
        sign = 0;
    size_t end = amount_at(s, t, from + sign, &v);
    if (end == from + sign)
        return at;
    size_t gap = skip(s, g->gap, t, end), len = sign ? 0 : unit_scan(str_skip(t, gap), &u);
    if (sign)
        u = money;
    else if (!len)
        return at;
    end = sign ? end : gap + len;
    if (str_starts(str_skip(t, end), STR("半"))) {
        v += 0.5;
        end += 3;
    }
    double v2, whole;
    const struct unit *u2;
    size_t next = skip(s, g->gap, t, end), e2 = amount_at(s, t, next, &v2);
    if (e2 > next) {
        size_t g2 = skip(s, g->gap, t, e2), l2 = unit_scan(str_skip(t, g2), &u2);
        const struct unit *inch = unit_find(STR("in")), *implied = u == unit_find(STR("ft"))    ? inch
                                                                   : u == unit_find(STR("jin")) ? unit_find(STR("liang"))
                                                                                                : NULL;
        if (!l2 && implied && (e2 == t.len || t.ptr[e2] == ' ')) {
            u2 = implied;
            l2 = 0;
            g2 = e2;
        } else if (!l2)
            u2 = NULL;
        if (u2 && u2 != u && unit_convert(u, u2, v, &whole) && whole > v) {
            v = whole + v2;
            u = u2;
            end = g2 + l2;
        }
    }
    *value = v;
    *unit = u;
    return end;
}

static bool convert(const struct saying *s, struct intent *i, struct str rest)
{
    const struct grammar *g = s->env->grammar;
    const struct unit *from = NULL, *to = NULL;
    double v = 1;
    rest = str_trim(rest);
    size_t at = skip(s, g->units_head, rest, 0), len;
    /* how many km (is|are in|do) 26.2 miles; 26.2 miles in km; a mile in km */
    len = unit_scan(str_skip(rest, at), &to);
    size_t end = len ? skip(s, g->units_are, rest, at + len) : at, stop;
    if (len && end > at + len && (stop = amounts(s, rest, end, &v, &from)) > end) {
        end = stop;
    } else {
        to = NULL;
        stop = amounts(s, rest, at, &v, &from);
        if (stop == at)
            return false;
        end = skip(s, g->units_into, rest, stop);
        len = unit_scan(str_skip(rest, end), &to);
        if (!len) {
            to = NULL;
            if (end == stop || end != rest.len)
                return false;
        }
        end += len;
    }
    end = skip(s, g->units_tail, rest, end);
    if (end != rest.len || (to && strcmp(unit_name(from), unit_name(to)) == 0))
        return false;
    return intent_put_number(i, "value", v) && intent_put_text(i, "from", str_of(unit_name(from))) &&
           (!to || intent_put_text(i, "to", str_of(unit_name(to))));
}

/* ---- people and facts */

static bool contact(const struct saying *s, struct intent *i, struct str rest)
{
    const struct grammar *g = s->env->grammar;
    struct rx_match m;
    struct str left = rest;
    bool phone = rx_find(g->phone, rest, 0, false, &m);
    if (phone && !intent_put_text(i, "phone", arena_dup(s->arena, str_trim(m.all))))
        return false;
    struct rx_match mail;
    bool email = rx_find(g->email, rest, 0, false, &mail);
    if (email && !intent_put_text(i, "email", arena_dup(s->arena, mail.all)))
        return false;
    if (!phone && !email)
        return false;
    size_t cut = rest.len;
    if (phone && m.begin < cut)
        cut = m.begin;
    if (email && mail.begin < cut)
        cut = mail.begin;
    left = str_head(rest, cut);
    if (!str_trim(left).len) /* the number came first: "555 1234 for Anna" */
        left = str_skip(rest, phone && email ? (m.end > mail.end ? m.end : mail.end) : phone ? m.end : mail.end);
    struct buf b = buf_make(4096), c = buf_make(4096);
    rx_replace(g->contact_words, left, " ", &b);
    rx_replace(g->spaces, buf_str(&b), " ", &c);
    struct str name = arena_dup(s->arena, when_trim(s, str_trim(buf_str(&c))));
    buf_free(&b);
    buf_free(&c);
    return name.len && put_text(s, i, "name", name);
}

/* "my router is 192.168.7.1": what it is of, and the value. */
static bool fact(const struct saying *s, struct intent *i, struct str rest)
{
    struct rx_match m;
    if (rx_find(s->env->grammar->fact, rest, 0, false, &m) && m.begin > 0 && m.end < rest.len) {
        struct str what = str_trim(str_head(rest, m.begin)), value = str_trim(str_skip(rest, m.end));
        return what.len && value.len && put_text(s, i, "what", what) && intent_put_text(i, "fact", arena_dup(s->arena, value));
    }
    return rest.len && intent_put_text(i, "fact", arena_dup(s->arena, rest));
}

static const struct {
    const char *skill;
    bool (*read)(const struct saying *s, struct intent *i, struct str rest);
} extractors[] = {{"reminder_set", reminder}, {"alarm_set", alarm},     {"timer_set", timer}, {"date_diff", between},
                  {"convert", convert},       {"contact_add", contact}, {"remember", fact}};

bool extract(const struct saying *s, struct intent *i, struct str rest)
{
    for (size_t k = 0; k < sizeof extractors / sizeof *extractors; k++)
        if (!strcmp(extractors[k].skill, i->skill->name))
            return extractors[k].read(s, i, rest);
    return false;
}

bool extract_unit(struct str text, struct intent *i)
{
    return count_unit(text, i);
}
