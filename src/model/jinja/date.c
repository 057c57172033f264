/* Dates as Python's strftime writes them in the C locale, whatever the program's is. "%-d" drops leading zeros. */
#include <stdio.h>

#include "model/jinja/lib.h"

enum { PIECE_BYTES_MAX = 64, DIRECTIVES_MAX = 64 };

static const char *const days[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};

/* Letters that stand for others. */
static const char *compound(char c)
{
    static const struct row {
        char c;
        const char *format;
    } rows[] = {{'F', "%Y-%m-%d"},   {'T', "%H:%M:%S"}, {'R', "%H:%M"}, {'D', "%m/%d/%y"},
                {'x', "%m/%d/%y"},   {'X', "%H:%M:%S"}, {'h', "%b"},    {'c', "%a %b %e %H:%M:%S %Y"},
                {'r', "%I:%M:%S %p"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].c == c)
            return rows[i].format;
    return NULL;
}

static bool word(const struct tm *t, char c, char dst[PIECE_BYTES_MAX])
{
    const char *day = days[(unsigned)t->tm_wday % 7], *month = months[(unsigned)t->tm_mon % 12], *w = NULL;
    int cut = 60;
    switch (c) {
    case 'A': w = day; break;
    case 'B': w = month; break;
    case 'a':
        w = day;
        cut = 3;
        break;
    case 'b':
        w = month;
        cut = 3;
        break;
    case 'p': w = t->tm_hour < 12 ? "AM" : "PM"; break;
    case '%': w = "%"; break;
    case 'n': w = "\n"; break;
    case 't': w = "\t"; break;
    case 'Z':
    case 'z': w = ""; break; /* the time has no zone, as datetime.now() has none */
    default: return false;
    }
    snprintf(dst, PIECE_BYTES_MAX, "%.*s", cut, w);
    return true;
}

static bool number(const struct tm *t, char c, bool bare, char dst[PIECE_BYTES_MAX])
{
    const int year = t->tm_year + 1900, hour12 = t->tm_hour % 12 ? t->tm_hour % 12 : 12;
    const struct row {
        char c;
        int value, width;
    } rows[] = {
        {'d', t->tm_mday, 2},
        {'e', t->tm_mday, 2},
        {'m', t->tm_mon + 1, 2},
        {'y', year % 100, 2},
        {'Y', year, 1},
        {'H', t->tm_hour, 2},
        {'I', hour12, 2},
        {'M', t->tm_min, 2},
        {'S', t->tm_sec, 2},
        {'j', t->tm_yday + 1, 3},
        {'w', t->tm_wday, 1},
        {'u', t->tm_wday ? t->tm_wday : 7, 1},
        {'C', year / 100, 2},
        {'f', 0, 6},
        {'U', (t->tm_yday + 7 - t->tm_wday) / 7, 2},
        {'W', (t->tm_yday + 7 - (t->tm_wday + 6) % 7) / 7, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].c == c) {
            snprintf(dst, PIECE_BYTES_MAX, c == 'e' && !bare ? "%*d" : "%0*d", bare ? 1 : rows[i].width, rows[i].value);
            return true;
        }
    return false;
}

static bool put(struct build *b, const char *text, bool own)
{
    return own ? build_own(b, str_of(text)) : build_plain(b, str_of(text));
}

static bool date(struct build *b, const struct tm *t, struct str format, bool own, unsigned *left)
{
    for (size_t at = 0; at < format.len; at++) {
        char c = format.ptr[at], text[PIECE_BYTES_MAX] = {c};
        if (c == '%' && at + 1 < format.len) {
            bool bare = format.ptr[at + 1] == '-' && at + 2 < format.len;
            char letter = format.ptr[at + 1 + bare];
            if (!(*left)--)
                return run_fail(b->r, ERR_LIMIT, "strftime_now: more than %d directives", DIRECTIVES_MAX);
            at += 1 + bare;
            if (compound(letter)) {
                if (!date(b, t, str_of(compound(letter)), own, left))
                    return false;
                continue;
            }
            if (!word(t, letter, text) && !number(t, letter, bare, text))
                return run_fail(b->r, ERR_INVAL, "strftime_now: a directive that is not known");
        }
        if (!put(b, text, own))
            return false;
    }
    return true;
}

/* The result is as trusted as the format. */
bool global_strftime_now(struct run *r, const struct call *c, struct value *ret)
{
    struct text t;
    struct build b = build_in(r);
    unsigned left = DIRECTIVES_MAX;
    return arg_text(r, c->a[0], "strftime_now: the format", &t) && date(&b, &r->input->now, t.s, t.mask == TEXT_OWN, &left) &&
           lib_text(&b, ret);
}
