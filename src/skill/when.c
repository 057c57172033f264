#include "skill/when.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "skill/when_parts.h"

struct whens {
    struct rx **parts, **rules;
    struct rx *joint, *lead, *trail, *within, *later, *ago, *from;
};

static int compile(const struct part *table, size_t n, struct rx ***ret, struct err *e)
{
    struct rx **rx = *ret = calloc(n, sizeof *rx);
    int r = rx ? OK : err_set(e, ERR_NOMEM, "out of memory");
    for (size_t i = 0; !r && i < n; i++) {
        r = rx_compile(table[i].pattern, false, &rx[i], e);
        if (r)
            err_prefix(e, r, "%s", table[i].pattern);
    }
    return r;
}

int whens_create(struct whens **ret, struct err *e)
{
    struct whens *w = calloc(1, sizeof *w);
    int r = w ? compile(when_parts, n_when_parts, &w->parts, e) : err_set(e, ERR_NOMEM, "out of memory");
    if (!r)
        r = compile(when_rules, n_when_rules, &w->rules, e);
    if (!r) /* what may stand between two parts of one expression, or before the first */
        r = rx_compile("(?:[ ,，、]|\\b(?:at|on|by|in|the|of|around|about|from|for|starting|beginning|every)\\b(?= )|的|在|于|从|起|开始)+",
                       false, &w->joint, e);
    if (!r)
        r = rx_compile("[ ,，、。.:：-]+|(?:to|that|about|and|also|i (?:have|need) to)\\b "
                       "?(?=.)|(?:的时候|的话|时候|记得|的)(?=.)|(?:要|去|再|来)(?=[ ,，])",
                       false, &w->lead, e);
    if (!r)
        r = rx_compile(
            "(?:[ ,，、。.:：-]+|\\b(?:at|on|by|in|around|about|from|for|starting|beginning|the|and|every)|(?<=[ ,])(?:的|在|于))$", false,
            &w->trail, e);
    if (!r)
        r = rx_compile("\\b(?:in|after|within)(?: about| another| exactly)? (?=[\\da-z])|再?过", false, &w->within, e);
    if (!r)
        r = rx_compile(" ?(?:from now|later|hence|from today|'s time|(?:之后|以后|过后|后)(?!天))|(?<=s)' time", false, &w->later, e);
    if (!r)
        r = rx_compile(" ?(?:ago\\b|之前|以前|前(?!天))", false, &w->ago, e);
    if (!r)
        r = rx_compile(" (?:from|after|before) (?:the )?(?=[a-z\\d])", false, &w->from, e);
    if (r)
        whens_free(w);
    else
        *ret = w;
    return r;
}

static void free_all(struct rx **rx, size_t n)
{
    for (size_t i = 0; rx && i < n; i++)
        rx_free(rx[i]);
    free(rx);
}

void whens_free(struct whens *w)
{
    if (!w)
        return;
    free_all(w->parts, n_when_parts);
    free_all(w->rules, n_when_rules);
    rx_free(w->joint);
    rx_free(w->lead);
    rx_free(w->trail);
    rx_free(w->within);
    rx_free(w->later);
    rx_free(w->ago);
    rx_free(w->from);
    free(w);
}

/* ---- scanning */

/* A part begins at a word, not within one. */
static bool may_begin(struct str text, size_t at)
{
    if (!at || at >= text.len)
        return at < text.len;
    unsigned char before = (unsigned char)text.ptr[at - 1], here = (unsigned char)text.ptr[at];
    bool letter = (unsigned)((before | 32) - 'a') < 26 || (before >= '0' && before <= '9'), goes_on = here < 0x80 && here != ' ';
    return !(letter && goes_on) && !(before == '.' && goes_on) && (here & 0xc0) != 0x80;
}

static size_t longest(const struct saying *s, const struct part *table, struct rx *const *rx, size_t n, struct str text, size_t at,
                      struct when *w)
{
    size_t best = at;
    struct when of_best = *w;
    for (size_t i = 0; i < n; i++) {
        struct rx_match m;
        struct when t = *w;
        if (rx_find(rx[i], text, at, true, &m) && m.end > best && table[i].take(s, &m, &t)) {
            best = m.end;
            of_best = t;
        }
    }
    *w = of_best;
    return best;
}

/* "in 10 seconds", "a week from Friday", 半小时后: a duration, and what says where it begins. */
static size_t offset_part(const struct saying *s, struct str text, size_t at, struct when *w)
{
    const struct whens *g = s->env->grammar->whens;
    struct rx_match m;
    double seconds = 0;
    int months = 0;
    bool before = rx_find(g->within, text, at, true, &m);
    size_t from = before ? m.end : at, end = duration_scan(s->env->grammar->durations, text, from, &seconds, &months);
    if (end == from || w->has_offset || w->has_date || w->has_rule)
        return at;
    int sign = rx_find(g->later, text, end, true, &m) ? 1 : rx_find(g->ago, text, end, true, &m) ? -1 : 0;
    int64_t day;
    struct when base = {0};
    size_t stop = sign || before ? end : rx_find(g->from, text, end, true, &m) ? when_scan(s, text, m.end, &base) : end;
    if (stop > end && !months && stop > m.end && when_date(s, &base, &day)) {
        bool back = str_find(m.all, STR("before"), 0) >= 0 || str_find(m.all, STR("前"), 0) >= 0;
        w->has_date = true;
        w->date = day + (back ? -1 : 1) * (int64_t)(seconds / 86400);
        return stop;
    }
    if (!sign && !before)
        return at;
    w->has_offset = true;
    w->offset_months = (sign ? sign : 1) * months;
    if (seconds >= 86400 && seconds == 86400.0 * (double)(int64_t)(seconds / 86400))
        w->offset_days = (sign ? sign : 1) * (int)(seconds / 86400);
    else
        w->offset_s = (sign ? sign : 1) * seconds;
    return sign ? m.end : end;
}

static size_t one_part(const struct saying *s, struct str text, size_t at, struct when *w)
{
    const struct whens *g = s->env->grammar->whens;
    struct when rule = *w, part = *w, offset = *w;
    size_t a = longest(s, when_rules, g->rules, n_when_rules, text, at, &rule);
    size_t b = longest(s, when_parts, g->parts, n_when_parts, text, at, &part);
    size_t c = offset_part(s, text, at, &offset);
    if (c > a && c > b) {
        *w = offset;
        return c;
    }
    if (a == at && b == at)
        return at;
    *w = a >= b ? rule : part;
    return a >= b ? a : b;
}

size_t when_scan(const struct saying *s, struct str text, size_t at, struct when *ret)
{
    struct when w = {0};
    size_t end = at, from = at;
    struct rx_match m;
    if (!may_begin(text, at))
        return at;
    for (int parts = 0; parts < 6 && from < text.len; parts++) {
        size_t next = one_part(s, text, from, &w);
        if (next == from && rx_find(s->env->grammar->whens->joint, text, from, true, &m) && m.end < text.len) {
            /* " at nine": the joint may be a part's own beginning */
            for (from++; from <= m.end && next <= from; from++) {
                size_t end_of = may_begin(text, from) ? one_part(s, text, from, &w) : from;
                if (end_of > from) {
                    next = end_of;
                    break;
                }
            }
            if (next <= from)
                break;
            end = from = next;
            continue;
        }
        if (next == from)
            break;
        end = from = next;
    }
    if (end > at)
        *ret = w;
    return end;
}

bool when_read(const struct saying *s, struct str text, struct when *ret)
{
    struct when w;
    text = str_trim(text);
    if (!text.len || when_scan(s, text, 0, &w) != text.len)
        return false;
    *ret = w;
    return true;
}

/* ---- taking out */

/* Two expressions of one text, such as "tomorrow to call mum at nine". False: they contradict each other. */
static bool merge(struct when *w, const struct when *more)
{
    if ((w->has_date && more->has_date) || (w->has_tod && more->has_tod) || (w->has_offset && (more->has_offset || more->has_date)) ||
        (w->has_rule && more->has_rule) || (w->part && more->part && w->part != more->part) || (more->has_offset && w->has_date))
        return false;
    if (more->has_date) {
        w->has_date = true;
        w->date = more->date;
        w->yearless = more->yearless;
    }
    if (more->has_tod) {
        w->has_tod = true;
        w->tod_s = more->tod_s;
        w->bare = more->bare;
    }
    if (more->has_offset) {
        w->has_offset = true;
        w->offset_s = more->offset_s;
        w->offset_days = more->offset_days;
        w->offset_months = more->offset_months;
    }
    if (more->has_rule) {
        w->has_rule = true;
        w->freq = more->freq;
        w->interval = more->interval;
        w->month_day = more->month_day;
        w->nth = more->nth;
        w->weekdays = more->weekdays;
    }
    w->part = w->part ? w->part : more->part;
    return true;
}

struct str when_trim(const struct saying *s, struct str t)
{
    const struct whens *g = s->env->grammar->whens;
    struct rx_match m;
    for (int i = 0; i < 6 && t.len; i++) {
        if (rx_find(g->lead, t, 0, true, &m) && m.end && m.end <= t.len)
            t = str_skip(t, m.end);
        if (rx_find(g->trail, t, 0, false, &m))
            t.len = m.begin;
    }
    return str_trim(t);
}

struct taking {
    const struct saying *s;
    struct when w;
    bool any;
};

static bool take_at(struct taking *t, struct str line, size_t at, bool to_end, size_t *end)
{
    struct when w;
    size_t stop = when_scan(t->s, line, at, &w);
    if (stop == at || (to_end && stop != line.len))
        return false;
    struct when merged = t->w;
    if (t->any && !merge(&merged, &w))
        return false;
    t->w = t->any ? merged : w;
    t->any = true;
    *end = stop;
    return true;
}

/* From both ends of a line. */
static struct str take_ends(struct taking *t, struct str line)
{
    size_t end;
    line = str_trim(line);
    for (int i = 0; i < 3 && line.len; i++) {
        if (!take_at(t, line, 0, false, &end))
            break;
        line = when_trim(t->s, str_skip(line, end));
    }
    for (int i = 0; i < 3 && line.len; i++) {
        size_t at = 0;
        while (at < line.len && !take_at(t, line, at, true, &end))
            at++;
        if (at == line.len)
            break;
        line = when_trim(t->s, str_head(line, at));
    }
    return when_trim(t->s, line);
}

/* From within: what is before and after become one again. */
static bool take_within(struct taking *t, struct str line, struct buf *out)
{
    size_t end;
    for (size_t at = 1; at < line.len; at++) {
        if (!take_at(t, line, at, false, &end))
            continue;
        struct str a = when_trim(t->s, str_head(line, at)), b = when_trim(t->s, str_skip(line, end));
        bool spaced = a.len && b.len && ((unsigned char)a.ptr[a.len - 1] < 0x80 || (unsigned char)b.ptr[0] < 0x80);
        buf_printf(out, STR_FMT "%s" STR_FMT, STR_ARG(a), spaced ? " " : "", STR_ARG(b));
        return true;
    }
    return false;
}

bool when_take(const struct saying *s, struct str text, struct when *ret, struct str *ret_rest)
{
    struct taking t = {.s = s};
    struct buf out = buf_make(4 * 2048), within = buf_make(4 * 2048);
    struct str left = text, line;
    while (str_split(&left, '\n', &line)) {
        struct str rest = take_ends(&t, line);
        if (rest.len)
            buf_printf(&out, "%s" STR_FMT, out.len ? " " : "", STR_ARG(rest));
    }
    if (!t.any && take_within(&t, buf_str(&out), &within)) {
        struct buf x = out;
        out = within;
        within = x;
    }
    *ret_rest = arena_dup(s->arena, when_trim(s, buf_str(&out)));
    buf_free(&out);
    buf_free(&within);
    if (t.any)
        *ret = t.w;
    return t.any;
}

/* ---- resolving */

static int part_hour(enum when_part p)
{
    static const int hours[] = {[PART_NONE] = 9,       [PART_DAWN] = 3,     [PART_MORNING] = 9,  [PART_NOON] = 12,
                                [PART_AFTERNOON] = 15, [PART_EVENING] = 20, [PART_MIDNIGHT] = 24};
    return hours[p];
}

static int tod(const struct when *w, bool alarm)
{
    int h = w->tod_s / 3600, rest = w->tod_s % 3600;
    if (!w->has_tod)
        return part_hour(w->part) * 3600;
    if (!w->bare)
        return w->tod_s;
    switch (w->part) {
    case PART_AFTERNOON: h = h < 12 ? h + 12 : h; break;
    case PART_EVENING: h = h < 12 ? h + 12 : 24; break;
    case PART_NOON: h = h < 6 ? h + 12 : h; break;
    case PART_DAWN:
    case PART_MORNING: h = h == 12 ? 0 : h; break;
    default:
        if (alarm ? h <= 3 : h <= 6)
            h += 12;
    }
    return h * 3600 + rest;
}

static struct civil add_offset(const struct saying *s, const struct when *w)
{
    struct civil c = s->now;
    if (w->offset_months)
        c = civil_add_months(c, w->offset_months);
    int64_t t = civil_seconds(c) + (int64_t)w->offset_days * 86400 + (int64_t)w->offset_s;
    if ((w->offset_days || w->offset_months) && (w->has_tod || w->part)) /* in three days at nine */
        t = (civil_seconds(civil_of_seconds(t)) / 86400) * 86400 + tod(w, false);
    return civil_of_seconds(t);
}

/* The first time of a rule after now. */
static bool first_of_rule(const struct saying *s, const struct when *w, bool alarm, struct civil *ret)
{
    struct rule r = {w->freq, w->interval ? w->interval : 1, w->month_day, w->nth, w->weekdays};
    int64_t now = civil_seconds(s->now), today = now / 86400;
    if (w->freq == 'm' || w->freq == 'h') {
        *ret = civil_of_seconds(now + (w->freq == 'm' ? 60 : 3600) * (int64_t)r.interval);
        return true;
    }
    int64_t t = (w->has_date ? w->date : today) * 86400 + tod(w, alarm);
    if (!w->weekdays && !w->month_day && (w->has_date || w->freq != 'Y')) {
        /* daily, every two weeks …: from the first such time */
        if (!w->has_date && t <= now)
            t += 86400;
        if (w->freq != 'Y' || t > now) {
            *ret = civil_of_seconds(t);
            return true;
        }
    }
    r.interval = 1; /* the first one begins the count */
    return rule_next(&r, civil_of_seconds(t), s->now, ret);
}

bool when_instant(const struct saying *s, const struct when *w, bool alarm, struct civil *ret)
{
    if (w->has_rule)
        return first_of_rule(s, w, alarm, ret);
    if (w->has_offset) {
        *ret = add_offset(s, w);
        return true;
    }
    if (!w->has_date && !w->has_tod && !w->part)
        return false;
    int64_t now = civil_seconds(s->now), t = (w->has_date ? w->date : now / 86400) * 86400 + tod(w, alarm);
    if (w->has_date && w->tod_s == 86400 && w->has_tod && w->date != now / 86400)
        t -= 86400; /* midnight of a later day is its beginning */
    if (!w->has_date && t <= now)
        t += 86400;
    if (w->has_date && w->date == now / 86400 && t <= now && w->bare && !w->part && w->tod_s < 12 * 3600 && t + 43200 > now)
        t += 43200; /* "today at nine", said at ten in the morning */
    *ret = civil_of_seconds(t);
    return true;
}

bool when_date(const struct saying *s, const struct when *w, int64_t *ret_day)
{
    if (w->has_rule || (!w->has_date && !w->has_offset))
        return false;
    *ret_day = w->has_date ? w->date : civil_seconds(add_offset(s, w)) / 86400;
    return true;
}
