#include <stdio.h>

#include "skill/civil.h"
#include "skill/fns.h"
#include "skill/tz.h"

void put_when(const struct skill_call *c, struct civil at, bool with_time)
{
    struct civil now = tz_local(c->env->home, c->now_ms / 1000);
    int64_t day = civil_days(at.year, at.month, at.day), today = civil_days(now.year, now.month, now.day);
    static const char *const near_en[] = {"yesterday", "today", "tomorrow"};
    static const char *const near_zh[] = {"昨天", "今天", "明天"};
    bool near = day >= today - 1 && day <= today + 1;
    const char *weekday = civil_weekday_name(civil_weekday(day), c->zh);
    if (near)
        buf_puts(c->out, (c->zh ? near_zh : near_en)[day - today + 1]);
    else if (c->zh)
        buf_printf(c->out, "%d年%d月%d日 %s", at.year, at.month, at.day, weekday);
    else
        buf_printf(c->out, "%s%s, %d %s %d", with_time ? "on " : "", weekday, at.day, civil_month_name(at.month, false), at.year);
    if (with_time && at.second)
        buf_printf(c->out, c->zh ? " %02d:%02d:%02d" : " at %02d:%02d:%02d", at.hour, at.minute, at.second);
    else if (with_time)
        buf_printf(c->out, c->zh ? " %02d:%02d" : " at %02d:%02d", at.hour, at.minute);
}

int skill_time(struct skill_call *c)
{
    struct str zone = intent_text(c->intent, "place");
    struct tz *other = NULL;
    if (zone.len && tz_load(c->env->paths.zoneinfo, zone, &other, NULL)) {
        reply(c, "I don't know the time zone %.*s.", "我不知道时区 %.*s。", STR_ARG(zone));
        return OK;
    }
    const struct tz *z = other ? other : c->env->home;
    const char *abbreviation;
    int offset = tz_offset(z, c->now_ms / 1000, &abbreviation);
    struct civil t = tz_local(z, c->now_ms / 1000);
    const char *day = civil_weekday_name(civil_weekday(civil_days(t.year, t.month, t.day)), c->zh);
    if (other)
        reply(c, "It is **%02d:%02d** on %s in %s (UTC%c%02d:%02d).", "现在是 **%02d:%02d**，%s（%s，UTC%c%02d:%02d）。", t.hour, t.minute,
              day, tz_name(z), offset < 0 ? '-' : '+', (offset < 0 ? -offset : offset) / 3600, (offset < 0 ? -offset : offset) / 60 % 60);
    else
        reply(c, "It is **%02d:%02d** on %s.", "现在是 **%02d:%02d**，%s。", t.hour, t.minute, day);
    tz_free(other);
    return OK;
}

/* A clock time of one place in another, or how far apart they are. */
int skill_timezone(struct skill_call *c)
{
    struct str from = intent_text(c->intent, "from"), to = intent_text(c->intent, "to"), time = intent_text(c->intent, "time");
    struct tz *a = NULL, *b = NULL;
    char text[40];
    struct civil at;
    if (tz_load(c->env->paths.zoneinfo, from, &a, NULL) || tz_load(c->env->paths.zoneinfo, to, &b, NULL)) {
        tz_free(a);
        reply(c, "I don't know one of these places.", "其中有一个地方我不认识。");
        return OK;
    }
    int64_t now = c->now_ms / 1000;
    struct civil here = tz_local(a, now);
    snprintf(text, sizeof text, "%04d-%02d-%02dT" STR_FMT, here.year, here.month, here.day, STR_ARG(str_head(time, 8)));
    if (time.len && civil_parse(str_of(text), &at, NULL)) {
        struct civil there = tz_local(b, tz_utc(a, at));
        int64_t days = civil_days(there.year, there.month, there.day) - civil_days(at.year, at.month, at.day);
        const char *en[] = {", the day before", "", ", the next day"}, *zh[] = {"（前一天）", "", "（第二天）"};
        buf_printf(c->out, c->zh ? "%s的 %02d:%02d 是 %s的 **%02d:%02d**%s。" : "In %s %02d:%02d is in %s **%02d:%02d**%s.", tz_name(a),
                   at.hour, at.minute, tz_name(b), there.hour, there.minute, days < -1 || days > 1 ? "" : (c->zh ? zh : en)[days + 1]);
    } else {
        int minutes = (tz_offset(b, now, NULL) - tz_offset(a, now, NULL)) / 60, size = minutes < 0 ? -minutes : minutes;
        const char *way = c->zh ? minutes < 0 ? "晚" : "早" : minutes < 0 ? "behind" : "ahead of";
        if (!minutes)
            reply(c, "Both have the same time.", "两地时间相同。");
        else if (c->zh)
            buf_printf(c->out, "%s比%s%s **%d小时%02d分**。", tz_name(b), tz_name(a), way, size / 60, size % 60);
        else
            buf_printf(c->out, "%s is **%d:%02d hours** %s %s.", tz_name(b), size / 60, size % 60, way, tz_name(a));
    }
    tz_free(a);
    tz_free(b);
    return OK;
}
