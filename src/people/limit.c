/* What each principal may use up: a bucket that refills at requests_per_minute and holds a minute's worth, a count of what runs, and
 * the tokens of the day (UTC), which is known only afterwards: the last request of a day may go over it. */
#include "people/internal.h"

enum { DAY_S = 24 * 3600 };

static void refill(struct account *a, uint32_t per_minute, uint64_t now_ns)
{
    double passed_s = (double)(now_ns - a->filled_ns) * 1e-9;
    a->requests = a->filled ? a->requests + passed_s * per_minute / 60 : per_minute;
    if (a->requests > per_minute)
        a->requests = per_minute;
    a->filled = true;
    a->filled_ns = now_ns;
}

static void turn_day(struct account *a, int64_t now_ms)
{
    int64_t day = now_ms / 1000 / DAY_S;
    if (a->day == day)
        return;
    a->day = day;
    a->tokens = 0;
}

static uint32_t up(double s)
{
    return (uint32_t)s + ((double)(uint32_t)s < s);
}

static void describe(const struct people_limits *l, const struct account *a, int64_t now_ms, struct people_allowance *ret)
{
    *ret = (struct people_allowance){.limit_requests = l->requests_per_minute, .limit_tokens = l->tokens_per_day};
    if (l->requests_per_minute) {
        ret->remaining_requests = a->requests > 0 ? (uint32_t)a->requests : 0;
        ret->reset_requests_s = up((l->requests_per_minute - a->requests) * 60 / l->requests_per_minute);
    }
    if (l->tokens_per_day) {
        ret->remaining_tokens = a->tokens < l->tokens_per_day ? l->tokens_per_day - a->tokens : 0;
        ret->reset_tokens_s = (uint32_t)(DAY_S - now_ms / 1000 % DAY_S);
    }
}

static int refuse(struct people_allowance *ret, uint32_t wait_s, const char *reason)
{
    ret->retry_after_s = wait_s ? wait_s : 1;
    ret->reason = reason;
    return ERR_LIMIT;
}

int people_admit(struct people *p, const struct principal *who, struct people_allowance *ret)
{
    ptrdiff_t at = keys_find(p, who->id);
    *ret = (struct people_allowance){0};
    if (at < 0)
        return OK; /* the local owner */
    const struct people_limits *l = &p->keys[at].limits;
    struct account *a = &p->states[at].account;
    int64_t now_ms = clock_wall_ms(p->c.clock);
    turn_day(a, now_ms);
    refill(a, l->requests_per_minute, clock_ns(p->c.clock));
    describe(l, a, now_ms, ret);
    if (l->concurrent_max && a->concurrent >= l->concurrent_max)
        return refuse(ret, 1, "This key has as many requests running as it may: wait until one has ended");
    if (l->tokens_per_day && a->tokens >= l->tokens_per_day)
        return refuse(ret, ret->reset_tokens_s, "This key has used up its tokens of the day: they come back at midnight UTC");
    if (l->requests_per_minute && a->requests < 1)
        return refuse(ret, up((1 - a->requests) * 60 / l->requests_per_minute), "This key has made as many requests as it may in a minute");
    a->requests -= 1;
    a->concurrent++;
    describe(l, a, now_ms, ret);
    return OK;
}

void people_release(struct people *p, int64_t principal, uint64_t tokens)
{
    ptrdiff_t at = keys_find(p, principal);
    if (at < 0)
        return;
    struct account *a = &p->states[at].account;
    turn_day(a, clock_wall_ms(p->c.clock));
    a->concurrent -= a->concurrent > 0;
    a->tokens = tokens < UINT64_MAX - a->tokens ? a->tokens + tokens : UINT64_MAX;
    if (a->tokens > INT64_MAX)
        a->tokens = INT64_MAX; /* what the store can hold */
    a->dirty = a->dirty || tokens;
}
