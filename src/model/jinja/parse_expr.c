/* Expressions, one function a level, weakest first:
 *
 *   if else · or · and · not · comparisons, in · + - · ~ · * / // % · ** · - + · primary with .name [item] (call) | filter, is test
 */
#include "model/jinja/ast.h"

static struct node *parse_or(struct parser *p);

static struct node *two(struct parser *p, enum node_kind kind, struct node *a, struct node *b, uint32_t line)
{
    struct node *n = parse_new(p, kind);
    if (n) {
        n->a = a;
        n->b = b;
        n->line = line;
    }
    return n;
}

struct node *parse_expr(struct parser *p)
{
    if (!parse_enter(p))
        return NULL;
    uint32_t line = p->t->line;
    struct node *n = parse_or(p);
    while (parse_take_name(p, "if")) {
        struct node *test = parse_or(p), *other = NULL;
        if (parse_take_name(p, "else"))
            other = parse_expr(p);
        n = two(p, N_COND, test, n, line);
        if (n)
            n->c = other;
    }
    parse_leave(p);
    return n;
}

struct node *parse_expr_nocond(struct parser *p)
{
    return parse_or(p);
}

struct level {
    const char *text;
    enum op op;
};

/* Left-associative operators of one level. */
static struct node *binary(struct parser *p, const struct level *ops, struct node *(*next)(struct parser *p))
{
    struct node *n = next(p);
    for (const struct level *o = ops; o->text;) {
        uint32_t line = p->t->line;
        if (!parse_take_op(p, o->text)) {
            o++;
            continue;
        }
        n = two(p, N_BINARY, n, next(p), line);
        if (!n)
            return NULL;
        n->op = o->op;
        o = ops;
    }
    return n;
}

static struct node *parse_unary(struct parser *p, bool filters)
{
    if (!parse_enter(p))
        return NULL;
    struct node *n;
    uint32_t line = p->t->line;
    if (parse_take_op(p, "-"))
        n = two(p, N_NEG, parse_unary(p, false), NULL, line);
    else if (parse_take_op(p, "+"))
        n = two(p, N_POS, parse_unary(p, false), NULL, line);
    else
        n = parse_primary(p);
    n = parse_postfix(p, n);
    if (filters)
        n = parse_filters(p, n, false);
    parse_leave(p);
    return n;
}

static struct node *parse_operand(struct parser *p)
{
    return parse_unary(p, true);
}

static struct node *parse_power(struct parser *p)
{
    static const struct level ops[] = {{"**", OP_POW}, {0}};
    return binary(p, ops, parse_operand);
}

static struct node *parse_product(struct parser *p)
{
    static const struct level ops[] = {{"*", OP_MUL}, {"/", OP_DIV}, {"//", OP_FLOORDIV}, {"%", OP_MOD}, {0}};
    return binary(p, ops, parse_power);
}

static struct node *parse_concat(struct parser *p)
{
    struct node *n = parse_product(p);
    for (uint32_t line = p->t->line; parse_take_op(p, "~"); line = p->t->line)
        n = two(p, N_CONCAT, n, parse_product(p), line);
    return n;
}

static struct node *parse_sum(struct parser *p)
{
    static const struct level ops[] = {{"+", OP_ADD}, {"-", OP_SUB}, {0}};
    return binary(p, ops, parse_concat);
}

static bool comparison(struct parser *p, enum op *ret)
{
    static const struct level ops[] = {{"==", OP_EQ}, {"!=", OP_NE}, {"<=", OP_LE}, {">=", OP_GE}, {"<", OP_LT}, {">", OP_GT}};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (parse_take_op(p, ops[i].text)) {
            *ret = ops[i].op;
            return true;
        }
    *ret = OP_IN;
    if (parse_take_name(p, "in"))
        return true;
    if (!parse_is_name(p, "not") || p->t[1].kind != T_NAME || !str_eq(p->t[1].text, STR("in")))
        return false;
    parse_skip(p);
    parse_skip(p);
    *ret = OP_NOT_IN;
    return true;
}

static struct node *parse_comparison(struct parser *p)
{
    struct node *n = parse_sum(p), *first = NULL, **end = &first;
    uint32_t line = p->t->line;
    for (enum op op; comparison(p, &op);) {
        *end = two(p, N_PAIR, parse_sum(p), NULL, line);
        if (!*end)
            return NULL;
        (*end)->op = op;
        end = &(*end)->next;
    }
    return first ? two(p, N_COMPARE, n, first, line) : n;
}

static struct node *parse_not(struct parser *p)
{
    uint32_t line = p->t->line;
    if (!parse_take_name(p, "not"))
        return parse_comparison(p);
    if (!parse_enter(p))
        return NULL;
    struct node *n = two(p, N_NOT, parse_not(p), NULL, line);
    parse_leave(p);
    return n;
}

static struct node *parse_and(struct parser *p)
{
    struct node *n = parse_not(p);
    for (uint32_t line = p->t->line; parse_take_name(p, "and"); line = p->t->line)
        n = two(p, N_AND, n, parse_not(p), line);
    return n;
}

static struct node *parse_or(struct parser *p)
{
    struct node *n = parse_and(p);
    for (uint32_t line = p->t->line; parse_take_name(p, "or"); line = p->t->line)
        n = two(p, N_OR, n, parse_and(p), line);
    return n;
}
