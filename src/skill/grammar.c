#include "skill/grammar.h"

#include "skill/expr.h"
#include "skill/number.h"
#include "skill/rx.h"
#include "skill/sum.h"
#include "skill/tz.h"
#include "skill/when.h"

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

static bool (*const readers[TYPE_COUNT])(const struct saying *s, struct str t, struct slot *ret) = {
    [TYPE_TEXT] = read_text,
    [TYPE_NUMBER] = read_number,
    [TYPE_DATE] = read_date,
    [TYPE_INSTANT] = read_instant,
    [TYPE_RULE] = read_rule,
    [TYPE_DURATION] = read_duration,
    [TYPE_EXPRESSION] = read_expression,
};

bool grammar_read(const struct saying *s, const struct slot_def *def, struct str text, struct slot *ret)
{
    struct slot slot;
    if (!readers[def->type] || !readers[def->type](s, str_trim(text), &slot))
        return false;
    slot.name = def->name;
    *ret = slot;
    return true;
}
