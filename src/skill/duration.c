#include <math.h>
#include <stdlib.h>

#include "skill/number.h"
#include "skill/rx.h"
#include "skill/when.h"

struct durations {
    struct rx *en, *zh, *joint;
};

static const struct unit {
    const char *names; /* separated by blanks */
    double seconds;
    int months;
} units[] = {
    {"second seconds sec secs s 秒 秒钟", 1, 0},
    {"minute minutes min mins m 分 分钟", 60, 0},
    {"刻 刻钟", 900, 0},
    {"hour hours hr hrs h 小时 钟头", 3600, 0},
    {"day days d 天 日", 86400, 0},
    {"week weeks wk wks w 周 星期 礼拜", 604800, 0},
    {"fortnight fortnights", 1209600, 0},
    {"month months 月 个月", 0, 1},
    {"year years yr yrs 年", 0, 12},
};

static const struct unit *find_unit(struct str name)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        struct str all = str_of(units[i].names), one;
        while (str_split(&all, ' ', &one))
            if (str_ieq(one, name))
                return &units[i];
    }
    return NULL;
}

#define UNIT_EN "(seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|wks?|fortnights?|months?|years?|yrs?|(?<=\\d)(?: ?[smhdw]))"
#define UNIT_ZH "(秒钟?|分钟?|刻钟?|小时|钟头|天|日(?!期)|周|星期|礼拜|个月|月|年)"

int durations_create(struct durations **ret, struct err *e)
{
    struct durations *d = calloc(1, sizeof *d);
    int r = d ? OK : err_set(e, ERR_NOMEM, "out of memory");
    if (!r)
        r = rx_compile("(half an?|(?:a |three )?quarters?(?: of an?)?|\\b(?:another|an?|one) (?=[a-z])|" NUMBER_EN
                       ")[- ]?(?:of an? |more |an? )?" UNIT_EN "(?![a-z])(?:(?: and)? an? (half|quarter)\\b)?",
                       false, &d->en, e);
    if (!r)
        r = rx_compile("(" NUMBER_ZH ")(?:个|個)?(半)?" UNIT_ZH "(半)?钟?", false, &d->zh, e);
    if (!r)
        r = rx_compile("(?:,? and |, ?| |零|又|,)?", false, &d->joint, e);
    if (r)
        durations_free(d);
    else
        *ret = d;
    return r;
}

void durations_free(struct durations *d)
{
    if (!d)
        return;
    rx_free(d->en);
    rx_free(d->zh);
    rx_free(d->joint);
    free(d);
}

static bool amount(struct str s, double *ret)
{
    s = str_trim(s);
    if (str_ieq(s, STR("a")) || str_ieq(s, STR("an")) || str_ieq(s, STR("another"))) {
        *ret = 1;
        return true;
    }
    if (str_find(s, STR("quarter"), 0) >= 0) {
        *ret = str_starts(s, STR("three")) ? 0.75 : 0.25;
        return true;
    }
    return number_parse(s, ret);
}

static bool piece(const struct durations *d, struct str text, size_t at, size_t *end, double *n, const struct unit **unit)
{
    struct rx_match m;
    if (rx_find(d->en, text, at, true, &m) && amount(m.group[1], n) && (*unit = find_unit(str_trim(m.group[2])))) {
        if (m.group[3].len)
            *n += str_ieq(m.group[3], STR("half")) ? 0.5 : 0.25;
    } else if (rx_find(d->zh, text, at, true, &m) && number_parse(m.group[1], n) && (*unit = find_unit(m.group[3]))) {
        if (m.group[2].len || m.group[4].len)
            *n += 0.5;
    } else {
        return false;
    }
    *end = m.end;
    return *n >= 0 && *n < 1e9;
}

size_t duration_scan(const struct durations *d, struct str text, size_t at, double *ret_s, int *ret_months)
{
    double seconds = 0, n, smallest = 1e18, parts = 0;
    int months = 0;
    size_t end = at, from = at, next;
    const struct unit *u = NULL;
    while (piece(d, text, from, &next, &n, &u)) {
        double size = u->months ? u->months * 2.6e6 : u->seconds;
        if (size >= smallest) /* units only become smaller: "5 minutes 10 minutes" are two */
            break;
        smallest = size;
        if (u->months && n * u->months != floor(n * u->months))
            break;
        months += u->months ? (int)(n * u->months) : 0;
        seconds += n * u->seconds;
        end = next;
        parts++;
        struct rx_match m;
        from = rx_find(d->joint, text, end, true, &m) ? m.end : end;
    }
    if (parts == 0 || seconds > 1e10)
        return at;
    *ret_s = seconds;
    *ret_months = months;
    return end;
}

bool duration_read(const struct durations *d, struct str text, double *ret_s)
{
    double s;
    int months;
    text = str_trim(text);
    if (!text.len || duration_scan(d, text, 0, &s, &months) != text.len || months || s <= 0)
        return false;
    *ret_s = s;
    return true;
}
