#include "skill/understand.h"

#include <stdlib.h>

#include "skill/clean.h"
#include "skill/extract.h"
#include "skill/grammar.h"
#include "skill/rows.h"
#include "skill/rx.h"
#include "skill/when.h"

static const struct table {
    const struct row *rows;
    const size_t *n;
} tables[] = {{rows_talk, &n_rows_talk}, {rows_time, &n_rows_time}, {rows_do, &n_rows_do}, {rows_know, &n_rows_know}};
enum { N_TABLES = sizeof tables / sizeof *tables };

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
    if (!r)
        r = rx_compile("(?:,? and (?:also |then )?|, (?:also |then )?|; ?|\\. |[,，。;；] "
                       "?(?:然后|再|还有|并且?|顺便)?|然后|并且|顺便|再(?=[把给念读查看提设加]))",
                       false, &g->split, e);
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
    rx_free(g->split);
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
        if ((found && strcmp(ret->skill->name, row_at(i)->skill) != 0) || !try_row(s, row_at(i), g->rows[i], text, &in))
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

/* Whole first: "bread and butter" is one thing. Then at each joint, the left part being understood completely. */
static size_t split(const struct skill_env *env, struct str text, int64_t now_ms, struct arena *a, struct intent *ret, size_t room)
{
    struct rx_match m;
    if (understand(env, text, now_ms, a, ret) && !ret->missing)
        return 1;
    for (size_t at = 0; room > 1 && at < text.len && rx_find(env->grammar->split, text, at, false, &m) && m.end > at; at = m.end) {
        struct str left = str_head(text, m.begin), right = str_skip(text, m.end);
        size_t n;
        if (!left.len || !right.len || !understand(env, left, now_ms, a, &ret[0]) || ret[0].missing)
            continue;
        if ((n = split(env, right, now_ms, a, ret + 1, room - 1)))
            return n + 1;
    }
    return understand(env, text, now_ms, a, ret) ? 1 : 0;
}

size_t understand_all(const struct skill_env *env, struct str text, int64_t now_ms, struct arena *a, struct intent ret[SKILL_INTENTS_MAX])
{
    text = str_trim(text);
    return text.len && text.len <= CLEAN_BYTES_MAX ? split(env, text, now_ms, a, ret, SKILL_INTENTS_MAX) : 0;
}
