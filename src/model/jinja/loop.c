/* for: each turn has a scope of its own with the target's names and "loop". */
#include "model/jinja/library.h"
#include "model/jinja/run.h"

/* The items for which the loop's "if" holds. */
static bool filtered(struct run *r, const struct node *n, const struct value **items, size_t *n_items)
{
    const struct node *test = n->d->a;
    if (!test)
        return true;
    struct list *kept = list_new(r, SHAPE_LIST);
    struct scope *outer = r->scope;
    for (size_t i = 0; kept && i < *n_items; i++) {
        struct value v;
        struct scope *s = scope_new(r, outer);
        if (!s)
            return false;
        r->scope = s;
        bool ok = assign(r, n->a, (*items)[i]) && eval(r, test, &v);
        r->scope = outer;
        if (!ok || (value_truth(v) && !list_push(r, kept, (*items)[i])))
            return false;
    }
    if (!kept)
        return false;
    *items = kept->items;
    *n_items = kept->n;
    return true;
}

static bool turn(struct run *r, const struct node *n, struct loop *loop, struct scope *outer)
{
    struct scope *s = scope_new(r, outer);
    if (!s)
        return false;
    r->scope = s;
    bool ok = scope_set(r, s, STR("loop"), (struct value){.kind = V_LOOP, .loop = loop}) && assign(r, n->a, loop->items[loop->index]) &&
              exec(r, n->c);
    r->scope = outer;
    return ok;
}

bool exec_for(struct run *r, const struct node *n)
{
    struct value v;
    const struct value *items;
    size_t n_items;
    if (!eval(r, n->b, &v) || !value_iterate(r, v, &items, &n_items) || !filtered(r, n, &items, &n_items))
        return false;
    struct loop *loop = run_alloc(r, 1, sizeof *loop);
    if (!loop)
        return false;
    *loop = (struct loop){.items = items, .n = n_items, .changed = {.kind = V_MISSING}};
    for (; loop->index < n_items && r->flow != FLOW_BREAK; loop->index++) {
        r->flow = FLOW_ON;
        if (!turn(r, n, loop, r->scope))
            return false;
    }
    r->flow = FLOW_ON;
    if (n_items || r->failed)
        return !r->failed;
    struct scope *outer = r->scope;
    r->scope = scope_new(r, outer);
    bool ok = r->scope && exec(r, n->d->b);
    r->scope = outer;
    return ok;
}

static bool neighbour(const struct loop *l, bool next, struct value *ret)
{
    bool there = next ? l->index + 1 < l->n : l->index > 0;
    *ret = there ? l->items[next ? l->index + 1 : l->index - 1] : v_undefined(next ? STR("loop.nextitem") : STR("loop.previtem"));
    return true;
}

bool loop_attr(struct run *r, struct value v, struct str name, struct value *ret)
{
    const struct loop *l = v.loop;
    const struct fact {
        const char *name;
        struct value value;
    } facts[] = {
        {"index", v_int((int64_t)l->index + 1)},
        {"index0", v_int((int64_t)l->index)},
        {"first", v_bool(!l->index)},
        {"last", v_bool(l->index + 1 == l->n)},
        {"length", v_int((int64_t)l->n)},
        {"revindex", v_int((int64_t)(l->n - l->index))},
        {"revindex0", v_int((int64_t)(l->n - l->index) - 1)},
        {"depth", v_int(1)}, /* of recursive loops, which there are none of */
        {"depth0", v_int(0)},
    };
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (str_eq(name, str_of(facts[i].name))) {
            *ret = facts[i].value;
            return true;
        }
    if (str_eq(name, STR("previtem")) || str_eq(name, STR("nextitem")))
        return neighbour(l, name.ptr[0] == 'n', ret);
    const struct native *m = native_find(loop_methods, name);
    return m && method_new(r, m, v, ret);
}

/* loop.cycle(a, b): one after the other */
static bool loop_cycle(struct run *r, const struct call *c, struct value *ret)
{
    if (!c->raw->n)
        return run_fail(r, ERR_INVAL, "loop.cycle wants at least one value");
    *ret = c->raw->pos[c->self.loop->index % c->raw->n];
    return true;
}

/* loop.changed(…): whether these values differ from those of the last call */
static bool loop_changed(struct run *r, const struct call *c, struct value *ret)
{
    struct list *now = list_new(r, SHAPE_TUPLE);
    bool same = false;
    for (size_t i = 0; now && i < c->raw->n; i++)
        if (!list_push(r, now, c->raw->pos[i]))
            return false;
    if (!now || !value_equal(r, c->self.loop->changed, v_list(now), &same))
        return false;
    c->self.loop->changed = v_list(now);
    *ret = v_bool(!same);
    return true;
}

const struct native loop_methods[] = {{"cycle", loop_cycle, "*", 0}, {"changed", loop_changed, "*", 0}, {0}};
