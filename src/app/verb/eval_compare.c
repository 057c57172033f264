#include "app/verb/eval_compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "skill/expr.h"
#include "skill/fns.h"
#include "skill/tz.h"

struct compare {
    const struct skill_env *env;
    int64_t now_ms;
    struct arena *a;
};

/* The page's plain form: ours, and for Chinese without the words that it names. */
static struct str plain(struct compare *c, struct str s)
{
    static const char *const anywhere[] = {"我的", "的", "一下", " "}, *const heads[] = {"要", "去", "记得", "把"},
                             *const tails[] = {"了", "吧", "啊"};
    bool han = false;
    for (size_t i = 0; i < s.len; i++)
        han |= (unsigned char)s.ptr[i] >= 0xe4;
    struct buf b = buf_make(1 << 16);
    for (size_t i = 0; i < s.len; i++) { /* Anna's → Anna; hyphens and quotes go */
        if (i + 1 < s.len && s.ptr[i] == '\'' && s.ptr[i + 1] == 's' && (i + 2 == s.len || s.ptr[i + 2] == ' ')) {
            i++;
            continue;
        }
        if (!strchr("'\"-", s.ptr[i]) || !s.ptr[i])
            buf_putc(&b, s.ptr[i]);
    }
    struct str r = plain_form(arena_dup(c->a, buf_str(&b)), c->a);
    buf_clear(&b);
    for (size_t i = 0; han && i < r.len;) {
        size_t cut = 0;
        for (size_t k = 0; k < sizeof anywhere / sizeof *anywhere && !cut; k++)
            cut = str_starts(str_skip(r, i), str_of(anywhere[k])) ? strlen(anywhere[k]) : 0;
        if (!cut)
            buf_putc(&b, r.ptr[i]);
        i += cut ? cut : 1;
    }
    if (han && b.len)
        r = arena_dup(c->a, buf_str(&b));
    buf_free(&b);
    for (size_t k = 0; han && k < sizeof heads / sizeof *heads; k++)
        if (str_starts(r, str_of(heads[k])) && r.len > strlen(heads[k]))
            r = str_skip(r, strlen(heads[k]));
    for (size_t k = 0; han && k < sizeof tails / sizeof *tails; k++)
        if (str_ends(r, str_of(tails[k])) && r.len > strlen(tails[k]))
            r.len -= strlen(tails[k]);
    return r;
}

static struct str json_str_of(const json_t *v)
{
    return json_is_string(v) ? str_from(json_string_value(v), json_string_length(v)) : (struct str){0};
}

static bool near(double a, double b)
{
    double size = fmax(fabs(a), fabs(b));
    return fabs(a - b) <= fmax(1e-6 * size, 1e-9);
}

static bool texts(struct compare *c, struct str got, struct str want)
{
    return str_eq(plain(c, got), plain(c, want));
}

static bool zones(struct compare *c, struct str got, struct str want)
{
    static const int64_t at[] = {1768435200, 1784073600}; /* 2026-01-15, 2026-07-15 */
    struct tz *a = NULL, *b = NULL;
    bool ok = !tz_load(c->env->paths.zoneinfo, got, &a, NULL) && !tz_load(c->env->paths.zoneinfo, want, &b, NULL);
    for (int i = 0; ok && i < 2; i++)
        ok = tz_offset(a, at[i], NULL) == tz_offset(b, at[i], NULL);
    tz_free(a);
    tz_free(b);
    return ok;
}

static bool has_part(struct str all, struct str part, char sep)
{
    struct str one;
    while (str_split(&all, sep, &one))
        if (str_eq(one, part))
            return true;
    return false;
}

static bool rule_within(struct str a, struct str b)
{
    struct str part, day;
    while (str_split(&a, ';', &part)) {
        if (str_eq(part, STR("INTERVAL=1")))
            continue;
        if (!str_starts(part, STR("BYDAY="))) {
            if (!has_part(b, part, ';'))
                return false;
            continue;
        }
        ptrdiff_t at = str_find(b, STR("BYDAY="), 0);
        struct str days = at < 0 ? STR("") : str_skip(b, (size_t)at + 6), mine = str_skip(part, 6);
        ptrdiff_t end = str_chr(days, ';');
        days = end < 0 ? days : str_head(days, (size_t)end);
        while (str_split(&mine, ',', &day))
            if (!has_part(days, day, ','))
                return false;
    }
    return true;
}

static struct str daily(struct str r)
{
    return str_eq(r, STR("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU")) ? STR("FREQ=DAILY") : r;
}

static bool rules(struct str a, struct str b)
{
    a = daily(a);
    b = daily(b);
    return rule_within(a, b) && rule_within(b, a);
}

/* Without the words for a list. */
static struct str list_name(struct compare *c, struct str s)
{
    static const char *const words[] = {"list", "清单", "列表", "单子", "单", "表"};
    s = plain(c, s);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_ends(s, str_of(words[i])) && s.len > strlen(words[i]))
            s.len -= strlen(words[i]);
    return str_trim(s);
}

static bool item_sets(struct compare *c, struct str got, const json_t *want)
{
    size_t n = 0, i;
    struct str rest = got, one;
    json_t *v;
    while (str_split(&rest, '\n', &one))
        n++;
    if (n != json_array_size(want))
        return false;
    json_array_foreach(want, i, v)
    {
        bool found = false;
        rest = got;
        while (!found && str_split(&rest, '\n', &one))
            found = texts(c, one, json_str_of(v));
        if (!found)
            return false;
    }
    return true;
}

static bool phones(struct str a, struct str b)
{
    size_t i = 0, k = 0;
    for (;;) {
        while (i < a.len && !((a.ptr[i] >= '0' && a.ptr[i] <= '9') || (a.ptr[i] == '+' && !i)))
            i++;
        while (k < b.len && !((b.ptr[k] >= '0' && b.ptr[k] <= '9') || (b.ptr[k] == '+' && !k)))
            k++;
        if (i == a.len || k == b.len)
            return i == a.len && k == b.len;
        if (a.ptr[i++] != b.ptr[k++])
            return false;
    }
}

/* Each word of the wanted one (each character of Chinese) occurs in the other. */
static bool query_within(struct compare *c, struct str want, struct str got)
{
    want = plain(c, want);
    got = plain(c, got);
    struct str word;
    while (str_split(&want, ' ', &word)) {
        if (!word.len || str_find(got, word, 0) >= 0)
            continue;
        for (size_t i = 0; i < word.len;) {
            uint32_t cp = 0;
            int n = utf8_decode(word.ptr + i, word.len - i, &cp);
            if (n < 2 || str_find(got, str_from(word.ptr + i, (size_t)n), 0) < 0)
                return false;
            i += (size_t)n;
        }
    }
    return true;
}

static bool is_query(const struct skill *s, const char *slot)
{
    return !strcmp(slot, "query") || ((!strcmp(s->name, "recall") || !strcmp(s->name, "forget")) && !strcmp(slot, "what"));
}

static bool agree(struct compare *c, const struct intent *i, const struct slot_def *d, const struct slot *got, const json_t *want)
{
    struct str w = json_str_of(want);
    if (got->kind == SLOT_NUMBER)
        return json_is_number(want) && near(got->number, json_number_value(want));
    if (json_is_array(want))
        return item_sets(c, got->text, want);
    if (json_is_number(want))
        return false;
    if (is_query(i->skill, d->name))
        return query_within(c, w, got->text);
    switch (d->type) {
    case TYPE_ZONE: return zones(c, got->text, w);
    case TYPE_RULE: return rules(got->text, w);
    case TYPE_PHONE: return phones(got->text, w);
    case TYPE_LIST: return str_eq(list_name(c, got->text), list_name(c, w));
    case TYPE_TEXT:
    case TYPE_TIMER:
    case TYPE_THING: return texts(c, got->text, w);
    default: return str_eq(got->text, w);
    }
}

/* What a missing slot means, where the table says so. */
static struct str meaning_of_nothing(struct compare *c, const struct skill *s, const char *slot)
{
    struct civil now = tz_local(c->env->home, c->now_ms / 1000);
    char text[CIVIL_TEXT_MAX];
    struct str date = arena_dup(c->a, civil_date_text(now, text));
    if (!strcmp(s->name, "date"))
        return date;
    if (!strcmp(s->name, "calendar"))
        return str_head(date, 7);
    if (!strcmp(slot, "unit") && !strcmp(s->name, "date_diff"))
        return STR("day");
    if (!strcmp(slot, "country") && !strcmp(s->name, "holiday"))
        return str_of(c->env->country);
    if (!strcmp(slot, "place"))
        return str_of(tz_name(c->env->home));
    return (struct str){0};
}

/* `at` and `in_s` are the same instant. */
static bool instants(struct compare *c, const struct intent *got, const json_t *want)
{
    const struct slot *in = intent_slot(got, "in_s"), *at = intent_slot(got, "at");
    const json_t *w_in = json_object_get(want, "in_s"), *w_at = json_object_get(want, "at");
    struct civil t;
    int64_t mine = 0, theirs = 0, now = c->now_ms / 1000;
    if (!in != !w_in || !at != !w_at) {
        if (in)
            mine = now + (int64_t)in->number;
        else if (at && civil_parse(at->text, &t, NULL))
            mine = tz_utc(c->env->home, t);
        if (w_in)
            theirs = now + (int64_t)json_number_value(w_in);
        else if (w_at && civil_parse(json_str_of(w_at), &t, NULL))
            theirs = tz_utc(c->env->home, t);
        return mine == theirs;
    }
    return (!in || near(in->number, json_number_value(w_in))) && (!at || str_eq(at->text, json_str_of(w_at)));
}

static bool expressions(const struct intent *got, const json_t *want)
{
    struct expr_value v;
    return !expr_eval(intent_text(got, "expression"), &v, NULL) && json_is_number(json_object_get(want, "value")) &&
           near(v.value, json_number_value(json_object_get(want, "value")));
}

static bool facts(struct compare *c, const struct intent *got, const json_t *want)
{
    struct buf mine = buf_make(1 << 14), theirs = buf_make(1 << 14);
    buf_printf(&mine, STR_FMT " " STR_FMT, STR_ARG(intent_text(got, "what")), STR_ARG(intent_text(got, "fact")));
    buf_printf(&theirs, STR_FMT " " STR_FMT, STR_ARG(json_str_of(json_object_get(want, "what"))),
               STR_ARG(json_str_of(json_object_get(want, "fact"))));
    struct str a = plain(c, intent_text(got, "fact")), b = plain(c, json_str_of(json_object_get(want, "fact"))),
               all_a = plain(c, buf_str(&mine)), all_b = plain(c, buf_str(&theirs));
    bool ok = str_find(all_b, a, 0) >= 0 && str_find(all_a, b, 0) >= 0;
    buf_free(&mine);
    buf_free(&theirs);
    return ok;
}

bool eval_slots_agree(const struct skill_env *env, int64_t now_ms, const struct intent *got, const json_t *want, struct arena *a)
{
    struct compare c = {env, now_ms, a};
    const char *skill = got->skill->name;
    if (!strcmp(skill, "calculate"))
        return expressions(got, want);
    if (!strcmp(skill, "remember"))
        return facts(&c, got, want);
    bool timed = !strcmp(skill, "reminder_set");
    if (timed && !instants(&c, got, want))
        return false;
    for (const struct slot_def *d = got->skill->slots; d->name; d++) {
        const struct slot *g = intent_slot(got, d->name);
        const json_t *w = json_object_get(want, d->name);
        if (timed && (!strcmp(d->name, "at") || !strcmp(d->name, "in_s")))
            continue;
        struct str nothing = meaning_of_nothing(&c, got->skill, d->name);
        struct slot implied = {.kind = SLOT_TEXT, .text = nothing};
        json_t *meant = json_stringn(nothing.ptr ? nothing.ptr : "", nothing.len);
        bool ok = (!g && !w) || ((g || nothing.len) && (w || nothing.len) && agree(&c, got, d, g ? g : &implied, w ? w : meant));
        json_decref(meant);
        /* a difference may be said either way round */
        if (!ok && !strcmp(skill, "timezone") && !intent_slot(got, "time") && (!strcmp(d->name, "from") || !strcmp(d->name, "to")))
            ok = g && zones(&c, g->text, json_str_of(json_object_get(want, !strcmp(d->name, "from") ? "to" : "from")));
        if (!ok)
            return false;
    }
    return true;
}
