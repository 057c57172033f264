/* Literals, names, brackets, and what follows them: .name, [item], (call), | filter, is test. */
#include "model/jinja/ast.h"
#include "model/jinja/library.h"

static struct node *constant(struct parser *p, struct value v)
{
    struct node *n = parse_new(p, N_CONST);
    if (n)
        n->value = v;
    return n;
}

/* Literals side by side are one. */
static struct node *parse_string(struct parser *p)
{
    struct str s = p->t->text;
    struct node *n = constant(p, v_none());
    parse_skip(p);
    while (p->t->kind == T_STRING) {
        char *joined = arena_alloc(p->arena, s.len + p->t->text.len + 1);
        if (!joined) {
            parse_fail(p, "strings side by side are too long");
            return NULL;
        }
        memcpy(joined, s.ptr, s.len);
        memcpy(joined + s.len, p->t->text.ptr, p->t->text.len);
        s = str_from(joined, s.len + p->t->text.len);
        parse_skip(p);
    }
    if (n)
        n->value = v_text(text_own(s));
    return n;
}

static struct node *parse_name(struct parser *p)
{
    static const struct word {
        const char *name;
        struct value value;
    } words[] = {
        {"true", {.kind = V_BOOL, .b = true}},
        {"True", {.kind = V_BOOL, .b = true}},
        {"false", {.kind = V_BOOL, .b = false}},
        {"False", {.kind = V_BOOL, .b = false}},
        {"none", {.kind = V_NONE}},
        {"None", {.kind = V_NONE}},
    };
    struct node *n = NULL;
    for (size_t i = 0; i < sizeof words / sizeof *words && !n; i++)
        if (str_eq(p->t->text, str_of(words[i].name)))
            n = constant(p, words[i].value);
    if (!n && (n = parse_new(p, N_NAME)))
        n->name = p->t->text;
    parse_skip(p);
    return n;
}

/* Expressions and commas up to the bracket. */
static struct node *parse_items(struct parser *p, const char *close, enum node_kind kind)
{
    struct node *n = parse_new(p, kind), **end = n ? &n->a : NULL;
    while (n && !parse_is_op(p, close)) {
        *end = parse_expr(p);
        if (!*end)
            return NULL;
        end = &(*end)->next;
        if (!parse_take_op(p, ","))
            break;
    }
    parse_want_op(p, close);
    return n;
}

static struct node *parse_dict(struct parser *p)
{
    struct node *n = parse_new(p, N_DICT), **end = n ? &n->a : NULL;
    while (n && !parse_is_op(p, "}")) {
        struct node *pair = parse_new(p, N_PAIR);
        struct node *key = parse_expr(p);
        parse_want_op(p, ":");
        struct node *value = parse_expr(p);
        if (!pair || !key || !value)
            return NULL;
        pair->a = key;
        pair->b = value;
        *end = pair;
        end = &pair->next;
        if (!parse_take_op(p, ","))
            break;
    }
    parse_want_op(p, "}");
    return n;
}

/* (a) is a; (a,) and () are tuples. */
static struct node *parse_parentheses(struct parser *p)
{
    struct node *n;
    if (parse_is_op(p, ")"))
        n = parse_new(p, N_TUPLE);
    else
        n = parse_tuple(p, true);
    parse_want_op(p, ")");
    return n;
}

struct node *parse_primary(struct parser *p)
{
    struct node *n = NULL;
    if (!parse_enter(p))
        return NULL;
    if (p->t->kind == T_NAME)
        n = parse_name(p);
    else if (p->t->kind == T_STRING)
        n = parse_string(p);
    else if (p->t->kind == T_INT || p->t->kind == T_FLOAT) {
        n = constant(p, p->t->kind == T_INT ? v_int(p->t->i) : v_float(p->t->f));
        parse_skip(p);
    } else if (parse_take_op(p, "("))
        n = parse_parentheses(p);
    else if (parse_take_op(p, "["))
        n = parse_items(p, "]", N_LIST);
    else if (parse_take_op(p, "{"))
        n = parse_dict(p);
    else
        parse_unexpected(p, "an expression");
    parse_leave(p);
    return p->failed ? NULL : n;
}

struct node *parse_tuple(struct parser *p, bool cond)
{
    struct node *first = cond ? parse_expr(p) : parse_expr_nocond(p);
    if (!first || !parse_is_op(p, ","))
        return first;
    struct node *n = parse_new(p, N_TUPLE), **end = &first->next;
    while (n && parse_take_op(p, ",")) {
        bool over = p->t->kind == T_END || p->t->kind == T_CLOSE || parse_is_op(p, ")") || parse_is_op(p, "=");
        if (over)
            break;
        *end = cond ? parse_expr(p) : parse_expr_nocond(p);
        if (!*end)
            return NULL;
        end = &(*end)->next;
    }
    if (n)
        n->a = first;
    return n;
}

static struct node *parse_arg(struct parser *p)
{
    bool keyword = p->t->kind == T_NAME && p->t[1].kind == T_OP && str_eq(p->t[1].text, STR("="));
    enum node_kind kind = keyword ? N_KEYWORD : parse_is_op(p, "**") ? N_STARSTAR : parse_is_op(p, "*") ? N_STAR : N_KINDS;
    if (kind == N_KINDS)
        return parse_expr(p);
    struct node *n = parse_new(p, kind);
    struct str name = p->t->text;
    parse_skip(p);
    if (keyword)
        parse_skip(p);
    struct node *a = parse_expr(p);
    if (n) {
        n->name = name;
        n->a = a;
    }
    return p->failed ? NULL : n;
}

struct node *parse_args(struct parser *p)
{
    struct node *first = NULL, **end = &first;
    while (!p->failed && !parse_is_op(p, ")")) {
        *end = parse_arg(p);
        if (!*end)
            return NULL;
        end = &(*end)->next;
        if (!parse_take_op(p, ","))
            break;
    }
    parse_want_op(p, ")");
    return first;
}

/* After "[": an item or a slice, and "]". */
static struct node *parse_subscript(struct parser *p)
{
    struct node *part[3] = {0}, *n = NULL;
    int colons = 0;
    while (!p->failed && !parse_is_op(p, "]")) {
        if (parse_take_op(p, ":")) {
            if (++colons > 2)
                parse_unexpected(p, "\"]\"");
        } else if (part[colons])
            parse_unexpected(p, "\"]\"");
        else
            part[colons] = colons ? parse_expr(p) : parse_tuple(p, true);
    }
    parse_want_op(p, "]");
    if (colons && (n = parse_new(p, N_SLICE))) {
        n->a = part[0];
        n->b = part[1];
        n->c = part[2];
    }
    if (!colons && !part[0])
        parse_unexpected(p, "an item between the brackets");
    return colons ? n : part[0];
}

static struct node *parse_attr(struct parser *p, struct node *a)
{
    struct node *n;
    if (p->t->kind == T_INT && (n = parse_new(p, N_ITEM)))
        n->b = constant(p, v_int(p->t->i));
    else if (p->t->kind == T_NAME && (n = parse_new(p, N_ATTR)))
        n->name = p->t->text;
    else {
        parse_unexpected(p, "a name");
        return NULL;
    }
    n->a = a;
    parse_skip(p);
    return n;
}

struct node *parse_postfix(struct parser *p, struct node *n)
{
    while (!p->failed) {
        struct node *outer = NULL, *a = n;
        if (parse_take_op(p, ".")) {
            outer = parse_attr(p, a);
        } else if (parse_is_op(p, "[") && (outer = parse_new(p, N_ITEM))) {
            parse_skip(p);
            outer->a = a;
            outer->b = parse_subscript(p);
        } else if (parse_is_op(p, "(") && (outer = parse_new(p, N_CALL))) {
            parse_skip(p);
            outer->a = a;
            outer->b = parse_args(p);
        } else {
            return n;
        }
        n = outer;
    }
    return NULL;
}

/* The names of filters and tests may have dots. */
static struct str parse_dotted(struct parser *p)
{
    struct str name = p->t->text;
    if (p->t->kind != T_NAME)
        parse_unexpected(p, "a name");
    parse_skip(p);
    while (parse_is_op(p, ".") && p->t[1].kind == T_NAME) {
        name.len = (size_t)(p->t[1].text.ptr + p->t[1].text.len - name.ptr);
        parse_skip(p);
        parse_skip(p);
    }
    return name;
}

/* A test may have one argument without parentheses: "is divisibleby 3". */
static bool bare_argument(const struct parser *p)
{
    static const char *const not_one[] = {"else", "or", "and", "is", "if", "in", "not", "recursive"};
    for (size_t i = 0; i < sizeof not_one / sizeof *not_one; i++)
        if (parse_is_name(p, not_one[i]))
            return false;
    return p->t->kind == T_NAME || p->t->kind == T_STRING || p->t->kind == T_INT || p->t->kind == T_FLOAT || parse_is_op(p, "[") ||
           parse_is_op(p, "{");
}

static struct node *parse_test(struct parser *p, struct node *a)
{
    struct node *n = parse_new(p, N_TEST);
    bool negated = parse_take_name(p, "not");
    struct str name = parse_dotted(p);
    if (!n || p->failed)
        return NULL;
    n->a = a;
    n->flag = negated;
    n->name = name;
    n->native = native_find(tests_table, name);
    if (parse_take_op(p, "("))
        n->b = parse_args(p);
    else if (bare_argument(p))
        n->b = parse_postfix(p, parse_primary(p));
    return n;
}

static struct node *parse_filter(struct parser *p, struct node *a)
{
    struct node *n = parse_new(p, N_FILTER);
    struct str name = parse_dotted(p);
    if (!n || p->failed)
        return NULL;
    n->a = a;
    n->name = name;
    n->native = native_find(filters_table, name);
    if (parse_take_op(p, "("))
        n->b = parse_args(p);
    return n;
}

struct node *parse_filters(struct parser *p, struct node *n, bool begun)
{
    while (!p->failed) {
        if (begun || parse_take_op(p, "|"))
            n = parse_filter(p, n);
        else if (parse_take_name(p, "is"))
            n = parse_test(p, n);
        else if (n && parse_is_op(p, "("))
            n = parse_postfix(p, n);
        else
            return n;
        begun = false;
    }
    return NULL;
}
