/* Calls: arguments, functions of ours with their rows of names, macros. */
#include "model/jinja/library.h"
#include "model/jinja/run.h"

const struct native *native_find(const struct native *table, struct str name)
{
    for (; table->name; table++)
        if (str_eq(name, str_of(table->name)))
            return table;
    return NULL;
}

/* ---- arguments */
struct gathered {
    struct list *pos;
    struct dict *kw;
};

static bool spread_items(struct run *r, struct gathered *g, struct value v)
{
    const struct value *items;
    size_t n;
    if (!value_iterate(r, v, &items, &n))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!list_push(r, g->pos, items[i]))
            return false;
    return true;
}

static bool spread_entries(struct run *r, struct gathered *g, struct value v)
{
    if (v.kind != V_DICT)
        return run_fail(r, ERR_INVAL, "** wants a dict, not %s", value_type(v));
    for (size_t i = 0; i < v.dict->n; i++)
        if (v.dict->entries[i].key.kind != V_TEXT)
            return run_fail(r, ERR_INVAL, "the names of arguments are texts");
    return dict_update(r, g->kw, v.dict);
}

static bool gather(struct run *r, struct gathered *g, const struct node *n)
{
    struct value v;
    bool plain = n->kind != N_KEYWORD && n->kind != N_STAR && n->kind != N_STARSTAR;
    if (!eval(r, plain ? n : n->a, &v))
        return false;
    switch (n->kind) {
    case N_KEYWORD: return dict_put(r, g->kw, v_text(text_own(n->name)), v);
    case N_STAR: return spread_items(r, g, v);
    case N_STARSTAR: return spread_entries(r, g, v);
    default: return list_push(r, g->pos, v);
    }
}

bool eval_args(struct run *r, const struct node *n, struct args *ret)
{
    *ret = (struct args){0};
    if (!n)
        return true;
    struct gathered g = {list_new(r, SHAPE_LIST), dict_new(r)};
    if (!g.pos || !g.kw)
        return false;
    for (; n; n = n->next)
        if (!gather(r, &g, n))
            return false;
    *ret = (struct args){g.pos->items, g.pos->n, g.kw->entries, g.kw->n};
    return true;
}

/* ---- ours */
static bool bind_keyword(struct run *r, const struct native *f, const struct entry *kw, struct call *c)
{
    struct str names = str_of(f->params), name;
    for (size_t i = 0; str_split(&names, ' ', &name) && i < NATIVE_ARGS_MAX; i++)
        if (str_eq(name, kw->key.t.s)) {
            c->a[i] = kw->value;
            return true;
        }
    return run_fail(r, ERR_INVAL, "%s has no argument \"" STR_FMT "\"", f->name, STR_ARG(str_head(kw->key.t.s, 60)));
}

static size_t count_names(const char *params)
{
    size_t n = params ? 1 : 0;
    for (const char *p = params; p && *p; p++)
        n += *p == ' ';
    return n;
}

static bool bind(struct run *r, const struct native *f, const struct args *args, struct call *c)
{
    size_t max = count_names(f->params);
    if (args->n > max)
        return run_fail(r, ERR_INVAL, "%s takes at most %zu arguments, not %zu", f->name, max, args->n);
    for (size_t i = 0; i < args->n; i++)
        c->a[i] = args->pos[i];
    for (size_t i = 0; i < args->n_kw; i++)
        if (!bind_keyword(r, f, &args->kw[i], c))
            return false;
    for (size_t i = 0; i < f->required; i++)
        if (c->a[i].kind == V_MISSING)
            return run_fail(r, ERR_INVAL, "%s wants at least %u arguments", f->name, f->required);
    return true;
}

bool call_native(struct run *r, const struct native *f, struct value self, const struct args *args, struct value *ret)
{
    struct call c = {.self = self, .raw = args};
    bool free_form = f->params && f->params[0] == '*';
    if (!run_spend(r, 1) || (!free_form && !bind(r, f, args, &c)) || !run_enter(r))
        return false;
    bool ok = f->fn(r, &c, ret);
    run_leave(r);
    return ok;
}

bool method_new(struct run *r, const struct native *native, struct value self, struct value *ret)
{
    struct func *f = run_alloc(r, 1, sizeof *f);
    if (!f)
        return false;
    *f = (struct func){.native = native, .self = self};
    *ret = (struct value){.kind = V_FUNC, .func = f};
    return true;
}

/* ---- macros */
bool macro_new(struct run *r, const struct node *macro, struct value *ret)
{
    struct func *f = run_alloc(r, 1, sizeof *f);
    if (!f)
        return false;
    *f = (struct func){.macro = macro, .scope = r->scope};
    *ret = (struct value){.kind = V_FUNC, .func = f};
    return true;
}

static const struct entry *keyword(const struct args *args, struct str name)
{
    for (size_t i = 0; i < args->n_kw; i++)
        if (str_eq(args->kw[i].key.t.s, name))
            return &args->kw[i];
    return NULL;
}

static bool is_param(const struct node *macro, struct str name)
{
    for (const struct node *p = macro->a; p; p = p->next)
        if (str_eq(p->name, name))
            return true;
    return false;
}

/* What no parameter takes: varargs, kwargs, and the caller of a call block. */
static bool set_rest(struct run *r, const struct node *macro, const struct args *args, size_t taken, struct scope *s)
{
    struct list *rest = list_new(r, SHAPE_TUPLE);
    struct dict *named = dict_new(r);
    if (!rest || !named)
        return false;
    for (size_t i = taken; i < args->n; i++)
        if (!list_push(r, rest, args->pos[i]))
            return false;
    for (size_t i = 0; i < args->n_kw; i++) {
        const struct entry *e = &args->kw[i];
        bool caller = str_eq(e->key.t.s, STR("caller"));
        if (is_param(macro, e->key.t.s))
            continue;
        if (!(caller ? scope_set(r, s, e->key.t.s, e->value) : dict_put(r, named, e->key, e->value)))
            return false;
    }
    return (!rest->n || scope_set(r, s, STR("varargs"), v_list(rest))) && (!named->n || scope_set(r, s, STR("kwargs"), v_dict(named)));
}

static bool set_params(struct run *r, const struct node *macro, const struct args *args, struct scope *s)
{
    size_t i = 0;
    for (const struct node *p = macro->a; p; p = p->next, i++) {
        const struct entry *kw = keyword(args, p->name);
        struct value v = v_undefined(p->name);
        if (i < args->n)
            v = args->pos[i];
        else if (kw)
            v = kw->value;
        else if (p->a && !eval(r, p->a, &v)) /* sees the parameters before it */
            return false;
        if (!scope_set(r, s, p->name, v))
            return false;
    }
    bool more = args->n > i || args->n_kw;
    return !more || set_rest(r, macro, args, i, s);
}

static bool call_macro(struct run *r, const struct func *f, const struct args *args, struct value *ret)
{
    struct scope *s = scope_new(r, f->scope), *outer = r->scope;
    if (!s)
        return false;
    r->scope = s;
    bool ok = set_params(r, f->macro, args, s);
    r->scope = outer;
    uint32_t line = r->line;
    if (!ok || !exec_capture(r, f->macro->b, s, ret))
        return false;
    r->line = line;
    return true;
}

bool call_value(struct run *r, struct value f, const struct args *args, struct value *ret)
{
    if (f.kind == V_UNDEFINED)
        return undefined_used(r, f);
    if (f.kind != V_FUNC)
        return run_fail(r, ERR_INVAL, "a %s cannot be called", value_type(f));
    if (f.func->native)
        return call_native(r, f.func->native, f.func->self, args, ret);
    if (!run_enter(r))
        return false;
    bool ok = call_macro(r, f.func, args, ret);
    run_leave(r);
    return ok;
}
