/* Statements, and the scopes that names live in: each body of a loop, macro, block or "with" has its own, an "if" has none. */
#include "model/jinja/run.h"

struct scope *scope_new(struct run *r, struct scope *outer)
{
    struct scope *s = run_alloc(r, 1, sizeof *s);
    if (s)
        s->outer = outer;
    return s;
}

static struct variable *find_in(const struct scope *s, struct str name)
{
    for (size_t i = 0; i < s->n; i++)
        if (str_eq(s->vars[i].name, name))
            return &s->vars[i];
    return NULL;
}

bool scope_get(struct run *r, const struct scope *s, struct str name, struct value *ret)
{
    for (; s; s = s->outer) {
        if (!run_spend(r, 1 + s->n / 8))
            return false;
        const struct variable *v = find_in(s, name);
        if (v) {
            *ret = v->value;
            return true;
        }
    }
    return false;
}

bool scope_set(struct run *r, struct scope *s, struct str name, struct value v)
{
    if (!run_spend(r, 1 + s->n / 8))
        return false;
    struct variable *old = find_in(s, name);
    if (old) {
        old->value = v;
        return true;
    }
    if (s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 2;
        struct variable *p = run_alloc(r, cap, sizeof *p);
        if (!p)
            return false;
        if (s->n)
            memcpy(p, s->vars, s->n * sizeof *p);
        s->vars = p;
        s->cap = cap;
    }
    s->vars[s->n++] = (struct variable){name, v};
    return true;
}

static bool assign_many(struct run *r, const struct node *target, struct value v)
{
    const struct value *items;
    size_t n, i = 0;
    if (!value_iterate(r, v, &items, &n))
        return false;
    for (const struct node *t = target->a; t; t = t->next, i++)
        if (i >= n || !assign(r, t, items[i]))
            return r->failed ? false : run_fail(r, ERR_INVAL, "too few values for the names");
    return i == n || run_fail(r, ERR_INVAL, "too many values for the names");
}

bool assign(struct run *r, const struct node *target, struct value v)
{
    struct value of;
    if (target->kind == N_NAME)
        return scope_set(r, r->scope, target->name, v);
    if (target->kind == N_TUPLE)
        return assign_many(r, target, v);
    if (!eval(r, target->a, &of))
        return false;
    if (of.kind != V_NAMESPACE)
        return run_fail(r, ERR_INVAL, "only a namespace's attributes can be set, not a %s's", value_type(of));
    return dict_put(r, of.dict, v_text(text_own(target->name)), v);
}

bool exec_capture(struct run *r, const struct node *body, struct scope *scope, struct value *ret)
{
    struct build text = build_in(r), *out = r->out;
    struct scope *outer = r->scope;
    if (!scope)
        return false;
    r->out = &text;
    r->scope = scope;
    bool ok = exec(r, body);
    r->out = out;
    r->scope = outer;
    if (ok)
        *ret = v_text(build_text(&text));
    return ok;
}

static bool exec_scoped(struct run *r, const struct node *body, struct scope *scope)
{
    struct scope *outer = r->scope;
    if (!scope)
        return false;
    r->scope = scope;
    bool ok = exec(r, body);
    r->scope = outer;
    return ok;
}

static bool exec_data(struct run *r, const struct node *n)
{
    return build_own(r->out, n->name);
}

static bool exec_output(struct run *r, const struct node *n)
{
    struct value v;
    return eval(r, n->a, &v) && print_str(r->out, v);
}

static bool exec_if(struct run *r, const struct node *n)
{
    for (; n; n = n->c) {
        struct value v;
        if (n->a && !eval(r, n->a, &v))
            return false;
        if (!n->a || value_truth(v))
            return exec(r, n->b);
    }
    return true;
}

static bool exec_set(struct run *r, const struct node *n)
{
    struct value v;
    return eval(r, n->b, &v) && assign(r, n->a, v);
}

/* What the filters make of a captured text. */
static bool pipe(struct run *r, const struct node *filters, struct value *v)
{
    r->piped = *v;
    return !filters || eval(r, filters, v);
}

static bool exec_set_block(struct run *r, const struct node *n)
{
    struct value v;
    return exec_capture(r, n->b, scope_new(r, r->scope), &v) && pipe(r, n->c, &v) && assign(r, n->a, v);
}

static bool exec_filter_block(struct run *r, const struct node *n)
{
    struct value v;
    return exec_capture(r, n->b, scope_new(r, r->scope), &v) && pipe(r, n->a, &v) && print_str(r->out, v);
}

static bool exec_macro(struct run *r, const struct node *n)
{
    struct value v;
    return macro_new(r, n, &v) && scope_set(r, r->scope, n->name, v);
}

static bool exec_call_block(struct run *r, const struct node *n)
{
    struct value f, caller, v;
    struct args args;
    if (!eval(r, n->a->a, &f) || !eval_args(r, n->a->b, &args) || !macro_new(r, n->b, &caller))
        return false;
    struct entry *kw = run_alloc(r, args.n_kw + 1, sizeof *kw);
    if (!kw)
        return false;
    if (args.n_kw)
        memcpy(kw, args.kw, args.n_kw * sizeof *kw);
    kw[args.n_kw++] = (struct entry){v_text(text_own(STR("caller"))), caller};
    args.kw = kw;
    return call_value(r, f, &args, &v) && print_str(r->out, v);
}

static bool exec_with(struct run *r, const struct node *n)
{
    struct scope *scope = scope_new(r, r->scope), *outer = r->scope;
    for (const struct node *set = n->a; scope && set; set = set->next) {
        struct value v;
        if (!eval(r, set->b, &v)) /* in the scope around, as Jinja does */
            return false;
        r->scope = scope;
        bool ok = assign(r, set->a, v);
        r->scope = outer;
        if (!ok)
            return false;
    }
    return exec_scoped(r, n->b, scope);
}

static bool exec_block(struct run *r, const struct node *n)
{
    return exec_scoped(r, n->b, scope_new(r, r->scope));
}

static bool exec_do(struct run *r, const struct node *n)
{
    struct value v;
    return eval(r, n->a, &v);
}

static bool exec_jump(struct run *r, const struct node *n)
{
    r->flow = n->kind == N_BREAK ? FLOW_BREAK : FLOW_CONTINUE;
    return true;
}

static bool (*const execs[N_KINDS])(struct run *r, const struct node *n) = {
    [N_DATA] = exec_data,
    [N_OUTPUT] = exec_output,
    [N_IF] = exec_if,
    [N_FOR] = exec_for,
    [N_SET] = exec_set,
    [N_SETBLOCK] = exec_set_block,
    [N_MACRO] = exec_macro,
    [N_CALLBLOCK] = exec_call_block,
    [N_FILTERBLOCK] = exec_filter_block,
    [N_WITH] = exec_with,
    [N_BLOCK] = exec_block,
    [N_DO] = exec_do,
    [N_BREAK] = exec_jump,
    [N_CONTINUE] = exec_jump,
};

bool exec(struct run *r, const struct node *body)
{
    if (!run_enter(r))
        return false;
    bool ok = true;
    for (const struct node *n = body; ok && n && r->flow == FLOW_ON; n = n->next) {
        r->line = n->line;
        ok = run_spend(r, 1) && execs[n->kind](r, n);
    }
    run_leave(r);
    return ok;
}
