/* Notes, lists, contacts, facts, and undo. */
#include "skill/fns.h"

static int all_of(struct skill_call *c, enum thing_kind kind, struct thing **ret, size_t *ret_n)
{
    *ret_n = 0;
    return no_store(c) ? ERR_NOENT : things_list(c->db, c->owner, kind, c->arena, ret, ret_n, c->e);
}

static int done(int r)
{
    return r == ERR_NOENT ? OK : r;
}

/* Adds one; what is too long or too much is said, not failed. *ret: it was added. */
static int add(struct skill_call *c, const struct thing *t, bool *ret)
{
    struct err why = {0};
    struct thing own = *t;
    own.owner = c->owner;
    *ret = false;
    int r = begin_action(c);
    if (!r)
        r = things_add(c->db, &own, c->action, c->now_ms, NULL, &why);
    if (r == ERR_LIMIT) {
        reply(c, "%s.", "%s。", why.text);
        return OK;
    }
    *ret = !r;
    return r ? err_set(c->e, r, "%s", why.text) : OK;
}

static int take(struct skill_call *c, const struct thing *t)
{
    int r = begin_action(c);
    return r ? r : things_remove(c->db, c->owner, t->n, c->action, c->e);
}

/* ---- notes */

int skill_note_add(struct skill_call *c)
{
    bool added;
    if (no_store(c))
        return OK;
    int r = add(c, &(struct thing){.kind = THING_NOTE, .text = intent_text(c->intent, "text")}, &added);
    if (added)
        reply(c, "Noted.", "记下了。");
    return r;
}

static int show_notes(struct skill_call *c, struct str query)
{
    struct thing *all;
    size_t n, shown = 0;
    int r = all_of(c, THING_NOTE, &all, &n);
    for (size_t i = n; !r && i-- > 0;)
        if (!query.len || overlap(query, all[i].text) >= 0.5)
            buf_printf(c->out, "%s- " STR_FMT, shown++ ? "\n" : "", STR_ARG(all[i].text));
    if (!r && !shown && query.len)
        reply(c, "No note is about that.", "没有关于这个的笔记。");
    else if (!r && !shown)
        reply(c, "There are no notes.", "还没有笔记。");
    return done(r);
}

int skill_note_list(struct skill_call *c)
{
    return show_notes(c, (struct str){0});
}

int skill_note_search(struct skill_call *c)
{
    return show_notes(c, intent_text(c->intent, "query"));
}

/* ---- lists: items are things whose name is the list's */

static bool same(struct skill_call *c, struct str a, struct str b)
{
    return str_eq(plain_form(a, c->arena), plain_form(b, c->arena));
}

static struct str list_of(struct skill_call *c)
{
    struct str l = intent_text(c->intent, "list");
    return l.len ? l : c->zh ? STR("购物") : STR("shopping");
}

static void put_list_name(const struct skill_call *c, struct str list)
{
    buf_printf(c->out, c->zh ? STR_FMT "清单" : "the " STR_FMT " list", STR_ARG(list));
}

int skill_list_add(struct skill_call *c)
{
    struct str items = intent_text(c->intent, "items"), one, list = list_of(c);
    size_t n = 0;
    int r = OK;
    bool added = true;
    if (no_store(c))
        return OK;
    while (!r && added && str_split(&items, '\n', &one)) {
        if (!one.len)
            continue;
        r = add(c, &(struct thing){.kind = THING_ITEM, .name = list, .text = one}, &added);
        n += added;
    }
    if (r || !n)
        return r;
    items = intent_text(c->intent, "items");
    reply(c, "Added to ", "已加到");
    put_list_name(c, list);
    buf_puts(c->out, c->zh ? "：" : ": ");
    for (size_t i = 0; str_split(&items, '\n', &one); i++)
        buf_printf(c->out, "%s**" STR_FMT "**", i ? c->zh ? "、" : ", " : "", STR_ARG(one));
    buf_puts(c->out, c->zh ? "。" : ".");
    return OK;
}

/* The names of all lists, once each. */
static int show_lists(struct skill_call *c, const struct thing *all, size_t n)
{
    size_t shown = 0;
    for (size_t i = 0; i < n; i++) {
        size_t count = 0, before = 0;
        for (size_t k = 0; k < n; k++) {
            bool is = same(c, all[i].name, all[k].name);
            count += is;
            before += is && k < i;
        }
        if (!before)
            buf_printf(c->out, c->zh ? "%s- **" STR_FMT "**（%zu）" : "%s- **" STR_FMT "** (%zu)", shown++ ? "\n" : "",
                       STR_ARG(all[i].name), count);
    }
    if (!shown)
        reply(c, "There are no lists.", "还没有清单。");
    return OK;
}

int skill_list_show(struct skill_call *c)
{
    struct thing *all;
    struct str list = intent_text(c->intent, "list");
    size_t n, shown = 0;
    int r = all_of(c, THING_ITEM, &all, &n);
    if (r)
        return done(r);
    if (!list.len)
        return show_lists(c, all, n);
    size_t before = c->out->len;
    for (size_t i = 0; i < n; i++) {
        if (!same(c, all[i].name, list))
            continue;
        if (!shown++) {
            size_t at = c->out->len;
            put_list_name(c, list);
            if (c->out->len > at && c->out->ptr[at] == 't')
                c->out->ptr[at] = 'T';
            buf_puts(c->out, c->zh ? "：\n" : ":\n");
        }
        buf_printf(c->out, "- " STR_FMT "\n", STR_ARG(all[i].text));
    }
    if (c->out->len > before)
        c->out->len--;
    if (!shown) {
        size_t at = c->out->len;
        put_list_name(c, list);
        if (!c->zh)
            c->out->ptr[at] = 'T';
        reply(c, " is empty.", "是空的。");
    }
    return OK;
}

int skill_list_remove(struct skill_call *c)
{
    struct thing *all;
    struct str items = intent_text(c->intent, "items"), one, list = list_of(c);
    bool every = str_eq(items, STR("*"));
    size_t n, taken = 0;
    int r = all_of(c, THING_ITEM, &all, &n);
    while (!r && str_split(&items, '\n', &one)) {
        for (size_t i = 0; !r && i < n; i++) {
            if (!same(c, all[i].name, list) || (!every && !same(c, all[i].text, one)))
                continue;
            r = take(c, &all[i]);
            taken++;
        }
    }
    if (r)
        return done(r);
    if (!taken)
        reply(c, "That is not on the %.*s list.", "%.*s清单里没有这个。", STR_ARG(list));
    else
        reply(c, "Taken off the %.*s list: %zu.", "已从%.*s清单去掉 %zu 项。", STR_ARG(list), taken);
    return OK;
}

/* ---- contacts */

int skill_contact_add(struct skill_call *c)
{
    bool added;
    if (no_store(c))
        return OK;
    struct thing t = {.kind = THING_CONTACT,
                      .name = intent_text(c->intent, "name"),
                      .text = intent_text(c->intent, "phone"),
                      .extra = intent_text(c->intent, "email")};
    if (!t.text.len && !t.extra.len) {
        reply(c, "What is the number or address of %.*s?", "%.*s的电话或邮箱是什么？", STR_ARG(t.name));
        return OK;
    }
    int r = add(c, &t, &added);
    if (added)
        reply(c, "Saved: **%.*s** %.*s %.*s", "已保存：**%.*s** %.*s %.*s", STR_ARG(t.name), STR_ARG(t.text), STR_ARG(t.extra));
    return r;
}

int skill_contact_find(struct skill_call *c)
{
    struct thing *all;
    struct str name = intent_text(c->intent, "name"), what = intent_text(c->intent, "what");
    size_t n, shown = 0;
    int r = all_of(c, THING_CONTACT, &all, &n);
    for (size_t i = n; !r && i-- > 0;) {
        if (!same(c, all[i].name, name) && overlap(name, all[i].name) < 0.99)
            continue;
        bool phone = !str_eq(what, STR("email")) && all[i].text.len, email = !str_eq(what, STR("phone")) && all[i].extra.len;
        if (!phone && !email)
            continue;
        buf_printf(c->out, "%s**" STR_FMT "**: " STR_FMT "%s" STR_FMT, shown++ ? "\n" : "", STR_ARG(all[i].name),
                   STR_ARG(phone ? all[i].text : STR("")), phone && email ? ", " : "", STR_ARG(email ? all[i].extra : STR("")));
    }
    if (!r && !shown)
        reply(c, "I have nothing on %.*s. Say “add %.*s, 555 0100” to save a number.",
              "没有%.*s的资料。可以说“添加联系人%.*s，电话 123456”。", STR_ARG(name), STR_ARG(name));
    return done(r);
}

/* ---- facts */

int skill_remember(struct skill_call *c)
{
    struct thing t = {.kind = THING_FACT, .name = intent_text(c->intent, "what"), .text = intent_text(c->intent, "fact")}, *all;
    size_t n;
    bool added;
    int r = all_of(c, THING_FACT, &all, &n);
    for (size_t i = 0; !r && t.name.len && i < n; i++) /* the newer replaces the older */
        if (same(c, all[i].name, t.name))
            r = take(c, &all[i]);
    if (r)
        return done(r);
    r = add(c, &t, &added);
    if (added && t.name.len)
        reply(c, "I'll remember: %.*s — **%.*s**.", "记住了：%.*s——**%.*s**。", STR_ARG(t.name), STR_ARG(t.text));
    else if (added)
        reply(c, "I'll remember: **%.*s**.", "记住了：**%.*s**。", STR_ARG(t.text));
    return r;
}

/* How well a fact answers: by what it is of, or by the whole of it. */
static double fitness(struct skill_call *c, const struct thing *t, struct str query)
{
    struct buf whole = buf_make(2 * THING_TEXT_MAX);
    buf_printf(&whole, STR_FMT " " STR_FMT, STR_ARG(t->name), STR_ARG(t->text));
    double by_name = t->name.len ? overlap(t->name, query) : 0, by_all = overlap(query, buf_str(&whole));
    buf_free(&whole);
    (void)c;
    return by_name >= 0.99 ? 1 + by_all : by_all >= 0.5 ? by_all : 0;
}

int skill_recall(struct skill_call *c)
{
    struct thing *all;
    struct str what = intent_text(c->intent, "what");
    size_t n, shown = 0;
    double best = 0;
    int r = all_of(c, THING_FACT, &all, &n);
    for (size_t i = 0; !r && what.len && i < n; i++) {
        double f = fitness(c, &all[i], what);
        best = f > best ? f : best;
    }
    for (size_t i = 0; !r && i < n; i++) {
        if (what.len && (best <= 0 || fitness(c, &all[i], what) < best))
            continue;
        buf_printf(c->out, all[i].name.len ? "%s" STR_FMT ": **" STR_FMT "**" : "%s" STR_FMT "**" STR_FMT "**", shown++ ? "\n" : "",
                   STR_ARG(all[i].name), STR_ARG(all[i].text));
    }
    if (!r && !shown && what.len)
        reply(c, "You have not told me that. Say “remember that …”.", "这个你没有告诉过我。可以说“记住……”。");
    else if (!r && !shown)
        reply(c, "You have not told me anything yet.", "你还没有让我记住任何事。");
    return done(r);
}

int skill_forget(struct skill_call *c)
{
    struct thing *all;
    struct str what = intent_text(c->intent, "what");
    size_t n, taken = 0;
    int r = all_of(c, THING_FACT, &all, &n);
    for (size_t i = 0; !r && i < n; i++) {
        if (!str_eq(what, STR("all")) && fitness(c, &all[i], what) <= 0)
            continue;
        r = take(c, &all[i]);
        taken++;
    }
    if (r)
        return done(r);
    if (taken)
        reply(c, "Forgotten (%zu). “undo” brings it back.", "已忘掉 %zu 条。说“撤销”可以恢复。", taken);
    else
        reply(c, "I don't know anything about that.", "我没有记过这个。");
    return OK;
}

/* ---- undo */

int skill_undo(struct skill_call *c)
{
    struct str skill = {0};
    if (no_store(c))
        return OK;
    int r = things_undo(c->db, c->owner, c->arena, &skill, c->e);
    if (!r && skill.len)
        reply(c, "Undone: %.*s.", "已撤销：%.*s。", STR_ARG(skill));
    else if (!r)
        reply(c, "There is nothing to undo.", "没有可以撤销的操作。");
    return r;
}
