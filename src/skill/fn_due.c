/* Reminders, alarms and timers: things with a time. */
#include <math.h>
#include <stdio.h>

#include "skill/fns.h"
#include "skill/tz.h"
#include "skill/when.h"

void put_duration(const struct skill_call *c, double seconds)
{
    static const struct {
        int64_t size;
        const char *en, *zh;
    } units[] = {{86400, " d", "天"}, {3600, " h", "小时"}, {60, " min", "分钟"}, {1, " s", "秒"}};
    int64_t s = (int64_t)llround(seconds);
    int shown = 0;
    for (int i = 0; i < 4 && shown < 2; i++) {
        if (s < units[i].size && !(i == 3 && !shown))
            continue;
        buf_printf(c->out, "%s%lld%s", shown && !c->zh ? " " : "", (long long)(s / units[i].size), c->zh ? units[i].zh : units[i].en);
        s %= units[i].size;
        shown++;
    }
}

static struct civil local_of(const struct skill_call *c, int64_t ms)
{
    return tz_local(c->env->home, ms / 1000);
}

static int keep(struct skill_call *c, struct thing *t)
{
    char text[CIVIL_TEXT_MAX];
    struct err why = {0};
    t->owner = c->owner;
    if (!t->first.len)
        t->first = arena_dup(c->arena, civil_text(local_of(c, t->due_ms), text));
    t->zone = str_of(tz_name(c->env->home));
    int r = begin_action(c);
    if (!r)
        r = things_add(c->db, t, c->action, c->now_ms, NULL, &why);
    if (r == ERR_LIMIT)
        reply(c, "%s.", "%s。", why.text);
    else if (r)
        err_set(c->e, r, "%s", why.text);
    return r == ERR_LIMIT ? OK : r;
}

/* The slots at, in_s and every as a time. False: it is in the past, and the answer says so. */
static bool when_of(struct skill_call *c, struct thing *t)
{
    const struct slot *in = intent_slot(c->intent, "in_s");
    struct civil at;
    if (in) {
        t->due_ms = c->now_ms + (int64_t)(in->number * 1000);
        return true;
    }
    if (!civil_parse(intent_text(c->intent, "at"), &at, NULL)) {
        reply(c, "I did not understand the time.", "时间没有听懂。");
        return false;
    }
    t->due_ms = tz_utc(c->env->home, at) * 1000;
    t->first = intent_text(c->intent, "at");
    t->rule = intent_text(c->intent, "every");
    if (t->due_ms > c->now_ms)
        return true;
    reply(c, "That time has passed already.", "这个时间已经过去了。");
    return false;
}

static void put_rule(const struct skill_call *c, struct str rule)
{
    struct rule r;
    if (!rule.len || !rule_parse(rule, &r))
        return;
    buf_puts(c->out, c->zh ? "，" : ", ");
    rule_say(&r, c->zh, c->out);
}

int skill_reminder_set(struct skill_call *c)
{
    struct thing t = {.kind = THING_REMINDER, .text = intent_text(c->intent, "text")};
    size_t before = c->out->len;
    if (no_store(c) || !when_of(c, &t))
        return OK;
    int r = keep(c, &t);
    if (r || c->out->len > before)
        return r;
    reply(c, "I'll remind you ", "好的，");
    put_when(c, local_of(c, t.due_ms), true);
    put_rule(c, t.rule);
    if (t.text.len)
        reply(c, ": **%.*s**.", "提醒你：**%.*s**。", STR_ARG(t.text));
    else
        reply(c, ".", "提醒你。");
    return OK;
}

int skill_alarm_set(struct skill_call *c)
{
    struct thing t = {.kind = THING_ALARM, .text = intent_text(c->intent, "label")};
    size_t before = c->out->len;
    if (no_store(c) || !when_of(c, &t))
        return OK;
    int r = keep(c, &t);
    if (r || c->out->len > before)
        return r;
    reply(c, "The alarm will ring ", "闹钟会在");
    put_when(c, local_of(c, t.due_ms), true);
    put_rule(c, t.rule);
    reply(c, ".", "响。");
    return OK;
}

int skill_timer_set(struct skill_call *c)
{
    const struct slot *d = intent_slot(c->intent, "duration_s");
    struct thing t = {.kind = THING_TIMER, .text = intent_text(c->intent, "label")};
    char length[32];
    size_t before = c->out->len;
    if (no_store(c) || !d)
        return OK;
    t.due_ms = c->now_ms + (int64_t)(d->number * 1000);
    t.name = str_from(length, (size_t)snprintf(length, sizeof length, "%.15g", d->number));
    int r = keep(c, &t);
    if (r || c->out->len > before)
        return r;
    reply(c, "The timer runs: **", "计时开始：**");
    put_duration(c, d->number);
    if (t.text.len)
        reply(c, "** (%.*s).", "**（%.*s）。", STR_ARG(t.text));
    else
        reply(c, "**.", "**。");
    return OK;
}

/* ---- showing */

static bool in_period(const struct skill_call *c, const struct thing *t, struct str period)
{
    char text[CIVIL_TEXT_MAX];
    return !period.len || str_starts(civil_text(local_of(c, t->due_ms), text), period);
}

static int show(struct skill_call *c, enum thing_kind kind, struct str period, const char *none_en, const char *none_zh)
{
    struct thing *all;
    size_t n, shown = 0;
    int r = no_store(c) ? ERR_NOENT : things_list(c->db, c->owner, kind, c->arena, &all, &n, c->e);
    if (r)
        return r == ERR_NOENT ? OK : r;
    for (size_t i = 0; i < n; i++) {
        if (!in_period(c, &all[i], period))
            continue;
        shown++;
        buf_puts(c->out, shown > 1 ? "\n- " : "- ");
        put_when(c, local_of(c, all[i].due_ms), true);
        put_rule(c, all[i].rule);
        if (all[i].text.len)
            buf_printf(c->out, c->zh ? "：**" STR_FMT "**" : ": **" STR_FMT "**", STR_ARG(all[i].text));
    }
    if (!shown)
        buf_puts(c->out, c->zh ? none_zh : none_en);
    return OK;
}

int skill_reminder_list(struct skill_call *c)
{
    return show(c, THING_REMINDER, intent_text(c->intent, "when"), "There are no reminders.", "没有提醒。");
}

int skill_alarm_list(struct skill_call *c)
{
    return show(c, THING_ALARM, (struct str){0}, "No alarm is set.", "没有设闹钟。");
}

/* ---- finding one by what was said of it */

static bool fits(const struct skill_call *c, const struct thing *t, const struct slot *which)
{
    char text[CIVIL_TEXT_MAX];
    double length;
    if (!which || (which->kind == SLOT_TEXT && str_eq(which->text, STR("all"))))
        return true;
    if (which->kind == SLOT_NUMBER)
        return !str_to_f64(t->name, &length) && length == which->number;
    struct str at = str_skip(civil_text(local_of(c, t->due_ms), text), 11);
    return str_eq(at, which->text) || (t->text.len && (overlap(which->text, t->text) >= 0.6 || overlap(t->text, which->text) >= 0.99));
}

int skill_timer_list(struct skill_call *c)
{
    struct thing *all;
    size_t n, shown = 0;
    int r = no_store(c) ? ERR_NOENT : things_list(c->db, c->owner, THING_TIMER, c->arena, &all, &n, c->e);
    for (size_t i = 0; !r && i < n; i++) {
        if (!fits(c, &all[i], intent_slot(c->intent, "which")))
            continue;
        buf_puts(c->out, shown++ ? "\n- " : "- ");
        put_duration(c, (double)(all[i].due_ms - c->now_ms) / 1000);
        reply(c, " left", " 后到时");
        if (all[i].text.len)
            buf_printf(c->out, c->zh ? "（" STR_FMT "）" : " (" STR_FMT ")", STR_ARG(all[i].text));
    }
    if (!r && !shown)
        reply(c, "No timer is running.", "没有正在运行的计时器。");
    return r == ERR_NOENT ? OK : r;
}

static int cancel(struct skill_call *c, enum thing_kind kind, const char *en, const char *zh)
{
    const struct slot *which = intent_slot(c->intent, "which");
    struct thing *all;
    size_t n, taken = 0, candidates = 0;
    bool every = which && which->kind == SLOT_TEXT && str_eq(which->text, STR("all"));
    int r = no_store(c) ? ERR_NOENT : things_list(c->db, c->owner, kind, c->arena, &all, &n, c->e);
    for (size_t i = 0; !r && i < n; i++)
        candidates += fits(c, &all[i], which);
    if (!r && !which && candidates > 1) {
        reply(c, "There are %zu %ss: which one?", "有 %zu 个%s，要取消哪一个？", candidates, c->zh ? zh : en);
        return OK;
    }
    for (size_t i = 0; !r && i < n; i++) {
        if (!fits(c, &all[i], which) || (taken && !every && which && which->kind == SLOT_TEXT))
            continue;
        r = begin_action(c);
        if (!r)
            r = things_remove(c->db, c->owner, all[i].n, c->action, c->e);
        taken++;
    }
    if (r)
        return r == ERR_NOENT ? OK : r;
    if (!taken)
        reply(c, "There is no such %s.", "没有这样的%s。", c->zh ? zh : en);
    else if (taken == 1)
        reply(c, "The %s is cancelled.", "%s已取消。", c->zh ? zh : en);
    else
        reply(c, "%zu %ss are cancelled.", "已取消 %zu 个%s。", taken, c->zh ? zh : en);
    return OK;
}

int skill_timer_cancel(struct skill_call *c)
{
    return cancel(c, THING_TIMER, "timer", "计时器");
}

int skill_alarm_cancel(struct skill_call *c)
{
    return cancel(c, THING_ALARM, "alarm", "闹钟");
}

int skill_reminder_cancel(struct skill_call *c)
{
    return cancel(c, THING_REMINDER, "reminder", "提醒");
}
