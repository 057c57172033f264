#include "skill/understand.h"

#include <stdlib.h>

#include "skill/clean.h"
#include "skill/extract.h"
#include "skill/grammar.h"
#include "skill/number.h"
#include "skill/rows.h"
#include "skill/rx.h"
#include "skill/when.h"
#include "skill/when_parts.h"

static const struct table {
    const struct row *rows;
    const size_t *n;
} tables[] = {{rows_talk, &n_rows_talk}, {rows_time, &n_rows_time}, {rows_do, &n_rows_do}, {rows_know, &n_rows_know}};
enum { N_TABLES = sizeof tables / sizeof *tables, SPLITS_MAX = 4 };

/* ---- the compiled tables */

static size_t rows_total(void)
{
    size_t n = 0;
    for (size_t t = 0; t < N_TABLES; t++)
        n += *tables[t].n;
    return n;
}

static const struct row *row_at(size_t i)
{
    for (size_t t = 0; t < N_TABLES; i -= *tables[t].n, t++)
        if (i < *tables[t].n)
            return &tables[t].rows[i];
    return NULL;
}

/* clang-format off */
static const struct { size_t at; bool whole; const char *pattern; } words[] = {
    /* between two requests of one utterance */
    {offsetof(struct grammar, split), false, ",? and (?:also |then )?|, (?:also |then )?|; ?|\\. |[,，。;；] ?(?:然后|再|还有|并且?|顺便)?|然后|并且|顺便|再(?=[把给念读查看提设加])"},
    /* a month by name, with a year on either side */
    {offsetof(struct grammar, month), true, "(?:the month of )?()(" MONTH_EN ")(?:,? (?:of )?(\\d{4}|next year|this year|last year))?|((?:今|明|后|去)年|\\d{4}年)?的?([\\d一二三四五六七八九十]{1,3}月份?)"},
    /* in front of a thing's name */
    {offsetof(struct grammar, article), false, "(?:the|my|our|an?|some|that|this|those|these)(?: one)?(?: |$)(?:one )?|我的|那个|这个|一个|关于"},
    /* no list has such a name */
    {offsetof(struct grammar, no_list), false, "\\b(?:what|which|how|of|who|all|price|email|mailing|top|best|longest|a-|president)\\b|什么|哪些|怎么|多少"},
    {offsetof(struct grammar, items), false, ",? and (?!cheese\\b|pepper\\b|chips\\b)|, ?(?:and )?|; ?|[、，；]|\\n|(?<=[\\p{Han}])(?:和|以及|还有|跟|与)(?=[\\p{Han}\\d])"},
    /* a count of days that looks back */
    {offsetof(struct grammar, since), false, "\\b(?:since|ago|passed|past|been|was|were|born|have gone)\\b|以来|过去|已经|至今|到现在|了多|过了|距今"},
    {offsetof(struct grammar, number), false, NUMBER_EN "|" NUMBER_ZH "|\\b(?:a|an|one)(?= [a-z])"},
    {offsetof(struct grammar, gap), false, "(?: of an?| a| and|,|-|个| )*"},
    {offsetof(struct grammar, units_head), false, "(?:how (?:many|much) |(?:is|are|in|the|equal to|about|就是|等于|请问|有多少|多少|如果|那) ?)*"},
    {offsetof(struct grammar, units_are), false, " ?(?:is|are|in|there|make|makes|do|does|to|equals?|equal|for|from|would|be|i get|you get|fit into|go into|=|是|等于|有|for) ?(?:(?:in|there in|there|to|are|is|make up|i get (?:for|from)|be|have|from|an?(?= (?:\\d|half)))\\b ?)*"},
    {offsetof(struct grammar, units_into), false, " ?(?:(?:(?:is|are|equals?|to|in|into|as|converted to|converted into|expressed in|how many|how much|worth in|makes?|would be|be|what|in terms of|come to|comes to|to be)\\b|=|->|换算成|换成|转换成|转换为|转成|换算为|折合|折算成|折合成|相当于|等于|合|是|有|多少|几|大概|大约|约|用|换|成|算成|化成|变成|为|值|能换|可以换|可换|兑换成|兑换|兑|的|如果|,|，|约等于) ?)*"},
    {offsetof(struct grammar, units_tail), false, " ?(?:(?:(?:is that|is it|are that|would that be|please|now|today|exactly|approximately|roughly|right now|at the moment|currently|worth|there)\\b|多少钱|多少|是多少|吗|呢|是|等于|有多少|几|的话|的时候|钱|左右|\\?|表示|来|算|的) ?)*"},
    {offsetof(struct grammar, phone), false, "\\+?(?:\\(\\+?\\d+\\) ?)?\\d(?:[ ()/.-]{0,2}\\d){4,}(?![\\w.]*@|%)"},
    {offsetof(struct grammar, email), false, "[\\w.+-]+@[\\w-]+(?:\\.[\\w-]+)+"},
    {offsetof(struct grammar, contact_words), false, "(?:'s|s')? ?\\b(?:as a |a |an |new |the )?(?:tele)?(?:phone numbers?|phone|mobile number|mobile|cell number|cell|numbers?|e-?mail address|e-?mail|contacts?|address|home|work|office)\\b(?: ?(?:is|as|:|at|to|=))*|\\b(?:is|as|at|with|under|to|for|called|named|new|and|of|my|his|her|number)\\b(?= |$)|的?(?:手机号码|手机号|电话号码|电话|手机|号码|电子邮箱|电子邮件|邮箱地址|邮件地址|邮箱|联系人|联系方式|地址|名字)(?:是|为|叫)?|(?:名字)?叫|[:：,，]|(?<=[\\p{Han}])(?:的|是)$"},
    {offsetof(struct grammar, spaces), false, "\\s+"},
    {offsetof(struct grammar, fact), false, "(?<= )(?:is|are|was|were|=|equals|lives? (?:at|in)|live (?:at|in))(?= )(?:(?<=is) (?:called|named))?|(?<=\\w)(?:'s) (?=\\d)| ?[:：=] ?|(?<=[^就也都还只便总才不])(?:是|叫做|叫|为)(?=.)"},
};
/* clang-format on */

int grammars_create(struct grammar **ret, struct err *e)
{
    struct grammar *g = calloc(1, sizeof *g);
    size_t n = rows_total();
    int r = g && (g->rows = calloc(n, sizeof *g->rows)) ? OK : err_set(e, ERR_NOMEM, "out of memory");
    if (!r)
        r = cleaner_create(&g->cleaner, e);
    if (!r)
        r = durations_create(&g->durations, e);
    if (!r)
        r = whens_create(&g->whens, e);
    for (size_t i = 0; !r && i < n; i++, g->n_rows = i) {
        r = rx_compile(row_at(i)->pattern, true, &g->rows[i], e);
        if (r)
            err_prefix(e, r, "%s: %s", row_at(i)->skill, row_at(i)->pattern);
    }
    for (size_t i = 0; !r && i < sizeof words / sizeof *words; i++)
        r = rx_compile(words[i].pattern, words[i].whole, (struct rx **)(void *)((char *)g + words[i].at), e);
    if (r)
        grammars_free(g);
    else
        *ret = g;
    return r;
}

void grammars_free(struct grammar *g)
{
    if (!g)
        return;
    for (size_t i = 0; i < g->n_rows; i++)
        rx_free(g->rows[i]);
    free(g->rows);
    cleaner_free(g->cleaner);
    durations_free(g->durations);
    whens_free(g->whens);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        rx_free(*(struct rx **)(void *)((char *)g + words[i].at));
    free(g);
}

/* ---- one row */

static const struct slot_def *find_def(const struct skill *s, struct str name)
{
    for (const struct slot_def *d = s->slots; d->name; d++)
        if (str_eq(str_of(d->name), name))
            return d;
    return NULL;
}

/* "what=memory unit=km" */
static bool put_fixed(struct intent *i, const char *fixed)
{
    struct str all = str_of(fixed), one, key;
    while (fixed && str_split(&all, ' ', &one)) {
        const struct slot_def *d = str_split(&one, '=', &key) ? find_def(i->skill, key) : NULL;
        if (!d || !intent_put(i, d->name, (struct slot){.kind = d->type == TYPE_ITEMS ? SLOT_ITEMS : SLOT_TEXT, .text = one}))
            return false;
    }
    return true;
}

static bool put_groups(const struct saying *s, const struct rx *rx, const struct rx_match *m, struct intent *i)
{
    struct buf rest = buf_make(2 * CLEAN_BYTES_MAX);
    bool ok = true, has_rest = false;
    for (size_t g = 1; ok && g < RX_GROUPS_MAX; g++) {
        const char *name = rx_name(rx, g);
        struct str text = str_trim(m->group[g]);
        if (!name || !m->group[g].ptr)
            continue;
        if (!strcmp(name, "rest")) {
            has_rest = true;
            if (text.len)
                buf_printf(&rest, "%s" STR_FMT, rest.len ? "\n" : "", STR_ARG(text));
            continue;
        }
        const struct slot_def *d = find_def(i->skill, str_of(name));
        struct slot slot;
        if (!text.len)
            continue;
        if (d && !strcmp(name, "unit") && d->type == TYPE_CHOICE) {
            ok = extract_unit(text, i);
            continue;
        }
        ok = d && grammar_read(s, d, text, &slot) && intent_put(i, d->name, slot);
    }
    if (ok && has_rest)
        ok = extract(s, i, arena_dup(s->arena, buf_str(&rest)));
    buf_free(&rest);
    return ok;
}

static bool try_row(struct saying *s, const struct row *row, const struct rx *rx, struct str text, struct intent *ret)
{
    struct rx_match m;
    if (!rx_find(rx, text, 0, true, &m))
        return false;
    struct intent i = {.skill = skill_find(str_of(row->skill)), .score = 1};
    if (!i.skill)
        return false;
    s->skill = i.skill;
    if (!put_fixed(&i, row->fixed) || !put_groups(s, rx, &m, &i))
        return false;
    intent_check(&i);
    *ret = i;
    return true;
}

/* The first row that says everything; else the first that matches and leaves something to ask. */
static bool by_rows(struct saying *s, struct str text, struct intent *ret)
{
    const struct grammar *g = s->env->grammar;
    bool found = false;
    for (size_t i = 0; i < g->n_rows; i++) {
        struct intent in;
        if (!try_row(s, row_at(i), g->rows[i], text, &in))
            continue;
        if (!found || !in.missing)
            *ret = in;
        found = true;
        if (!ret->missing)
            break;
    }
    return found;
}

/* ---- an utterance */

static bool one(struct saying *s, struct str plain, struct str cleaned, struct intent *ret)
{
    return by_rows(s, cleaned, ret) || (!str_eq(plain, cleaned) && by_rows(s, plain, ret));
}

bool understand(const struct skill_env *env, struct str text, int64_t now_ms, struct arena *a, struct intent *ret)
{
    struct str plain, cleaned = clean(env->grammar->cleaner, text, a, &plain);
    struct saying s = saying_make(env, now_ms, has_han(cleaned), a);
    return cleaned.ptr && one(&s, plain, cleaned, ret);
}

bool understand_slot(const struct skill_env *env, const struct skill *skill, const struct slot_def *def, struct str text, int64_t now_ms,
                     struct arena *a, struct slot *ret)
{
    struct str cleaned = clean(env->grammar->cleaner, text, a, NULL);
    struct saying s = saying_make(env, now_ms, has_han(cleaned), a);
    s.skill = skill;
    return cleaned.ptr && grammar_read(&s, def, cleaned, ret);
}

struct str understand_merge(const struct skill_env *env, struct str old, struct str said, struct str fresh, int64_t now_ms, struct arena *a)
{
    struct saying s = saying_make(env, now_ms, has_han(said), a);
    struct civil was, is;
    struct when w;
    char text[CIVIL_TEXT_MAX];
    struct buf at = buf_make(CLEAN_BYTES_MAX);
    buf_printf(&at, "at " STR_FMT, STR_ARG(said));
    bool read = when_read(&s, said, &w) || when_read(&s, buf_str(&at), &w);
    buf_free(&at);
    if (!read || !civil_parse(old, &was, NULL) || !civil_parse(fresh, &is, NULL) || w.has_offset || w.has_date == (w.has_tod || w.part))
        return fresh;
    bool day = w.has_date;
    if (!day && w.bare && !w.part && is.hour % 12 != was.hour % 12 && (was.hour < 12) != (is.hour < 12)) /* the same half of the day */
        is.hour = (is.hour + 12) % 24;
    struct civil c = {day ? is.year : was.year, day ? is.month : was.month,   day ? is.day : was.day,
                      day ? was.hour : is.hour, day ? was.minute : is.minute, 0};
    return arena_dup(a, civil_text(c, text));
}

/* Whole first: "bread and butter" is one thing. Then at each joint, the left part being understood completely. */
static size_t split(const struct skill_env *env, struct str text, int64_t now_ms, struct arena *a, struct intent *ret, size_t room)
{
    struct rx_match m;
    struct intent whole;
    bool any = understand(env, text, now_ms, a, &whole);
    int tries = 0;
    for (size_t at = 0; (!any || whole.missing) && room > 1 && tries < SPLITS_MAX && at < text.len &&
                        rx_find(env->grammar->split, text, at, false, &m) && m.end > at;
         at = m.end) {
        struct str left = str_head(text, m.begin), right = str_skip(text, m.end);
        size_t n;
        if (!left.len || !right.len || ++tries > SPLITS_MAX || !understand(env, left, now_ms, a, &ret[0]) || ret[0].missing)
            continue;
        if ((n = split(env, right, now_ms, a, ret + 1, room - 1)))
            return n + 1;
    }
    if (any)
        *ret = whole;
    return any;
}

size_t understand_all(const struct skill_env *env, struct str text, int64_t now_ms, struct arena *a, struct intent ret[SKILL_INTENTS_MAX])
{
    text = str_trim(text);
    return text.len && text.len <= CLEAN_BYTES_MAX ? split(env, text, now_ms, a, ret, SKILL_INTENTS_MAX) : 0;
}
