#include "skill/tz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct kind {
    int32_t offset;
    uint8_t name; /* into names */
};
/* One end of daylight saving in a POSIX rule: Mm.w.d/time, or day of year. */
struct turn {
    int month, week, day; /* month 0: `day` counts from 0 in the year, leap days included; -1: from 1, without */
    int32_t at_s;
};
struct tz {
    char name[TZ_NAME_MAX];
    size_t n_times, n_kinds;
    int64_t *times;
    uint8_t *index;
    struct kind *kinds;
    char names[256];
    bool has_rule, has_dst;
    int32_t std, dst;
    char std_name[16], dst_name[16];
    struct turn begin, end;
};

/* ---- the POSIX rule (RFC 8536, 3.3; IEEE 1003.1, TZ) */

static bool rule_name(struct str *s, char name[16])
{
    bool quoted = s->len && *s->ptr == '<';
    size_t n = 0, i = quoted;
    for (; i < s->len && (quoted ? s->ptr[i] != '>' : (s->ptr[i] | 32) >= 'a' && (s->ptr[i] | 32) <= 'z'); i++) {
        if (n == 15)
            return false;
        name[n++] = s->ptr[i];
    }
    name[n] = 0;
    if (!n || (quoted && i == s->len))
        return false;
    *s = str_skip(*s, i + quoted);
    return true;
}

static bool rule_int(struct str *s, int max, int *ret)
{
    int v = 0;
    size_t i = 0;
    for (; i < s->len && s->ptr[i] >= '0' && s->ptr[i] <= '9'; i++)
        if ((v = v * 10 + (s->ptr[i] - '0')) > max)
            return false;
    if (!i)
        return false;
    *ret = v;
    *s = str_skip(*s, i);
    return true;
}

static bool rule_char(struct str *s, char c)
{
    if (!s->len || *s->ptr != c)
        return false;
    *s = str_skip(*s, 1);
    return true;
}

static bool rule_time(struct str *s, int32_t *ret)
{
    bool minus = rule_char(s, '-');
    int h, m = 0, sec = 0;
    if (!minus)
        rule_char(s, '+');
    if (!rule_int(s, 167, &h) || (rule_char(s, ':') && (!rule_int(s, 59, &m) || (rule_char(s, ':') && !rule_int(s, 59, &sec)))))
        return false;
    *ret = (minus ? -1 : 1) * (h * 3600 + m * 60 + sec);
    return true;
}

static bool rule_turn(struct str *s, struct turn *t)
{
    *t = (struct turn){.at_s = 7200};
    bool ok;
    if (rule_char(s, 'M'))
        ok = rule_int(s, 12, &t->month) && t->month && rule_char(s, '.') && rule_int(s, 5, &t->week) && t->week && rule_char(s, '.') &&
             rule_int(s, 6, &t->day);
    else
        ok = (t->month = rule_char(s, 'J') ? -1 : 0, rule_int(s, 365, &t->day));
    return ok && (!rule_char(s, '/') || rule_time(s, &t->at_s));
}

static void read_rule(struct tz *z, struct str s)
{
    int32_t west;
    if (!rule_name(&s, z->std_name) || !rule_time(&s, &west))
        return;
    z->std = -west;
    z->has_rule = true;
    if (!s.len || !rule_name(&s, z->dst_name))
        return;
    z->dst = z->std + 3600;
    if (s.len && *s.ptr != ',') {
        if (!rule_time(&s, &west))
            return;
        z->dst = -west;
    }
    z->has_dst = rule_char(&s, ',') && rule_turn(&s, &z->begin) && rule_char(&s, ',') && rule_turn(&s, &z->end);
}

/* Local seconds since 1970, of the clock that is in force before the turn. */
static int64_t turn_at(const struct turn *t, int year)
{
    if (t->month <= 0) {
        int day = t->day - (t->month < 0);
        if (t->month < 0 && civil_month_days(year, 2) == 29 && t->day >= 60)
            day++;
        return (civil_days(year, 1, 1) + day) * 86400 + t->at_s;
    }
    int64_t first = civil_days(year, t->month, 1);
    int day = (t->day + 6) % 7 - civil_weekday(first); /* the rule's week begins on Sunday */
    day += (day < 0 ? 7 : 0) + (t->week - 1) * 7;
    while (day >= civil_month_days(year, t->month))
        day -= 7;
    return (first + day) * 86400 + t->at_s;
}

static int32_t rule_offset(const struct tz *z, int64_t utc_s, const char **name)
{
    bool dst = false;
    if (z->has_dst) {
        int year = civil_of_seconds(utc_s + z->std).year;
        int64_t begin = turn_at(&z->begin, year) - z->std, end = turn_at(&z->end, year) - z->dst;
        dst = begin < end ? utc_s >= begin && utc_s < end : utc_s >= begin || utc_s < end;
    }
    *name = dst ? z->dst_name : z->std_name;
    return dst ? z->dst : z->std;
}

/* ---- the file */

static uint32_t be32(const char *p)
{
    const uint8_t *b = (const void *)p;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

struct head {
    uint32_t isut, isstd, leap, times, kinds, chars;
};

static bool read_head(struct str s, struct head *h)
{
    if (s.len < 44 || memcmp(s.ptr, "TZif", 4) != 0)
        return false;
    uint32_t *const all[] = {&h->isut, &h->isstd, &h->leap, &h->times, &h->kinds, &h->chars};
    for (size_t i = 0; i < 6; i++)
        if ((*all[i] = be32(s.ptr + 20 + 4 * i)) > TZ_FILE_BYTES_MAX)
            return false;
    return h->kinds >= 1 && h->kinds <= 256 && h->chars >= 1 && h->chars <= 256;
}

static size_t body_bytes(const struct head *h, size_t time_bytes)
{
    return h->times * (time_bytes + 1) + h->kinds * 6 + h->chars + h->leap * (time_bytes + 4) + h->isstd + h->isut;
}

static int read_body(struct tz *z, const struct head *h, const char *p)
{
    z->n_times = h->times;
    z->n_kinds = h->kinds;
    z->times = calloc(h->times + 1, sizeof *z->times);
    z->index = calloc(h->times + 1, 1);
    z->kinds = calloc(h->kinds, sizeof *z->kinds);
    if (!z->times || !z->index || !z->kinds)
        return ERR_NOMEM;
    for (size_t i = 0; i < h->times; i++, p += 8) {
        z->times[i] = (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
        if (i && z->times[i] <= z->times[i - 1])
            return ERR_CORRUPT;
    }
    for (size_t i = 0; i < h->times; i++)
        if ((z->index[i] = (uint8_t)*p++) >= h->kinds)
            return ERR_CORRUPT;
    for (size_t i = 0; i < h->kinds; i++, p += 6) {
        z->kinds[i] = (struct kind){(int32_t)be32(p), (uint8_t)p[5]};
        if (z->kinds[i].offset < -90000 || z->kinds[i].offset > 90000 || z->kinds[i].name >= h->chars)
            return ERR_CORRUPT;
    }
    memcpy(z->names, p, h->chars);
    z->names[h->chars - 1] = 0;
    return OK;
}

static int read_file(struct tz *z, struct str s)
{
    struct head h;
    if (!read_head(s, &h) || s.ptr[4] < '2')
        return ERR_CORRUPT; /* version 1 has 32 bits of time and is not written any more */
    size_t first = 44 + body_bytes(&h, 4);
    if (first > s.len)
        return ERR_CORRUPT;
    s = str_skip(s, first);
    if (!read_head(s, &h) || 44 + body_bytes(&h, 8) > s.len)
        return ERR_CORRUPT;
    int r = read_body(z, &h, s.ptr + 44);
    s = str_skip(s, 44 + body_bytes(&h, 8));
    ptrdiff_t end = s.len > 1 ? str_find(s, STR("\n"), 1) : -1;
    if (!r && end > 1 && s.ptr[0] == '\n')
        read_rule(z, str_from(s.ptr + 1, (size_t)end - 1));
    return r;
}

int tz_parse(struct str bytes, struct str name, struct tz **ret, struct err *e)
{
    struct tz *z = calloc(1, sizeof *z);
    int r = z ? OK : ERR_NOMEM;
    if (z)
        str_copy(z->name, sizeof z->name, name);
    if (z && bytes.len)
        r = read_file(z, bytes);
    else if (z) {
        z->has_rule = true;
        str_copy(z->std_name, sizeof z->std_name, STR("UTC"));
    }
    if (r) {
        tz_free(z);
        return err_set(e, r, "the time zone " STR_FMT " cannot be read: %s", STR_ARG(str_head(name, TZ_NAME_MAX)), err_text(r));
    }
    *ret = z;
    return OK;
}

void tz_free(struct tz *z)
{
    if (!z)
        return;
    free(z->times);
    free(z->index);
    free(z->kinds);
    free(z);
}

static bool fit_name(struct str n)
{
    if (!n.len || n.len >= TZ_NAME_MAX || n.ptr[0] == '/' || n.ptr[0] == '.' || str_find(n, STR(".."), 0) >= 0)
        return false;
    for (size_t i = 0; i < n.len; i++)
        if (!((n.ptr[i] | 32) >= 'a' && (n.ptr[i] | 32) <= 'z') && !strchr("0123456789/_+-", n.ptr[i]))
            return false;
    return true;
}

int tz_load(const char *dir, struct str name, struct tz **ret, struct err *e)
{
    char path[512];
    if (str_eq(name, STR("UTC")))
        return tz_parse((struct str){0}, name, ret, e);
    if (!fit_name(name))
        return err_set(e, ERR_NOENT, "there is no such time zone");
    snprintf(path, sizeof path, "%s/" STR_FMT, dir, STR_ARG(name));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *bytes = fd >= 0 ? malloc(TZ_FILE_BYTES_MAX) : NULL;
    ssize_t n = bytes ? read(fd, bytes, TZ_FILE_BYTES_MAX) : -1;
    if (fd >= 0)
        close(fd);
    int r =
        n > 0 ? tz_parse(str_from(bytes, (size_t)n), name, ret, e) : err_set(e, ERR_NOENT, "there is no time zone " STR_FMT, STR_ARG(name));
    free(bytes);
    return r;
}

/* ---- asking */

const char *tz_name(const struct tz *z)
{
    return z->name;
}

int tz_offset(const struct tz *z, int64_t utc_s, const char **ret_abbreviation)
{
    const char *name = "UTC";
    int32_t offset = 0;
    if (z->has_rule && (!z->n_times || utc_s >= z->times[z->n_times - 1])) {
        offset = rule_offset(z, utc_s, &name);
    } else if (z->n_kinds) {
        size_t lo = 0, hi = z->n_times; /* the first time after utc_s */
        while (lo < hi) {
            size_t mid = lo + (hi - lo) / 2;
            if (z->times[mid] <= utc_s)
                lo = mid + 1;
            else
                hi = mid;
        }
        const struct kind *k = &z->kinds[lo ? z->index[lo - 1] : 0];
        offset = k->offset;
        name = z->names + k->name;
    }
    if (ret_abbreviation)
        *ret_abbreviation = name;
    return offset;
}

struct civil tz_local(const struct tz *z, int64_t utc_s)
{
    return civil_of_seconds(utc_s + tz_offset(z, utc_s, NULL));
}

int64_t tz_utc(const struct tz *z, struct civil local)
{
    int64_t s = civil_seconds(local);
    int before = tz_offset(z, s - 86400, NULL), after = tz_offset(z, s + 86400, NULL);
    if (tz_offset(z, s - before, NULL) == before)
        return s - before;
    return tz_offset(z, s - after, NULL) == after ? s - after : s - before;
}

struct str tz_system_name(const char *root, const char *env, char text[TZ_NAME_MAX])
{
    char path[600], target[600];
    if (env && *env == ':')
        env++;
    if (env && fit_name(str_of(env)) && (strchr(env, '/') || !strcmp(env, "UTC")))
        return str_copy(text, TZ_NAME_MAX, str_of(env)), str_of(text);
    snprintf(path, sizeof path, "%s/etc/localtime", root);
    ssize_t n = readlink(path, target, sizeof target);
    ptrdiff_t at = n > 0 ? str_find(str_from(target, (size_t)n), STR("zoneinfo/"), 0) : -1;
    struct str name = at >= 0 ? str_skip(str_from(target, (size_t)n), (size_t)at + 9) : (struct str){0};
    if (!fit_name(name)) {
        snprintf(path, sizeof path, "%s/etc/timezone", root);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        n = fd >= 0 ? read(fd, target, TZ_NAME_MAX) : -1;
        if (fd >= 0)
            close(fd);
        name = n > 0 ? str_trim(str_from(target, (size_t)n)) : (struct str){0};
    }
    if (!fit_name(name) || str_ieq(name, STR("Etc/UTC")))
        name = STR("UTC");
    str_copy(text, TZ_NAME_MAX, name);
    return str_of(text);
}
