/* Statements: a table of tags, each with the function that reads it up to its end tag. */
#include "model/jinja/ast.h"

/* Tags without names of their own that end a body. */
static bool ends_here(const struct parser *p, const char *const *ends)
{
    for (; *ends; ends++)
        if (p->t[0].kind == T_BEGIN && p->t[1].kind == T_NAME && str_eq(p->t[1].text, str_of(*ends)))
            return true;
    return false;
}

static struct node *body_until(struct parser *p, const char *end)
{
    const char *const ends[] = {end, NULL};
    struct node *b = parse_body(p, ends);
    parse_skip(p);
    parse_want_name(p, end);
    return b;
}

static struct node *parse_if(struct parser *p)
{
    static const char *const ends[] = {"elif", "else", "endif", NULL};
    struct node *first = parse_new(p, N_IF), *n = first;
    if (n)
        n->a = parse_tuple(p, true);
    for (bool last = false; !p->failed;) {
        parse_want_end(p);
        n->b = parse_body(p, ends);
        parse_skip(p);
        if (parse_take_name(p, "endif"))
            break;
        if (last || (!parse_is_name(p, "elif") && !parse_is_name(p, "else")))
            parse_unexpected(p, "\"endif\"");
        last = parse_is_name(p, "else");
        parse_skip(p);
        n->c = parse_new(p, N_IF);
        n = n->c;
        if (n && !last)
            n->a = parse_tuple(p, true);
    }
    return first;
}

static struct node *parse_for(struct parser *p)
{
    static const char *const ends[] = {"else", "endfor", NULL};
    struct node *n = parse_new(p, N_FOR), *parts = parse_new(p, N_PARTS);
    if (!n || !parts)
        return NULL;
    n->d = parts;
    n->a = parse_target(p, false);
    parse_want_name(p, "in");
    n->b = parse_tuple(p, false);
    if (parse_take_name(p, "if"))
        parts->a = parse_expr(p);
    if (parse_is_name(p, "recursive"))
        parse_fail(p, "recursive loops are not supported");
    parse_want_end(p);
    p->loops++;
    n->c = parse_body(p, ends);
    p->loops--;
    parse_skip(p);
    if (parse_take_name(p, "else")) {
        parse_want_end(p);
        parts->b = body_until(p, "endfor");
    } else {
        parse_want_name(p, "endfor");
    }
    return n;
}

static struct node *parse_set(struct parser *p)
{
    struct node *n = parse_new(p, N_SET), *target = parse_target(p, true);
    if (!n)
        return NULL;
    n->a = target;
    if (parse_take_op(p, "=")) {
        n->b = parse_tuple(p, true);
        return n;
    }
    n->kind = N_SETBLOCK;
    if (parse_take_op(p, "|"))
        n->c = parse_filters(p, NULL, true);
    parse_want_end(p);
    n->b = body_until(p, "endset");
    return n;
}

/* After "(": names with defaults, and ")". */
static struct node *parse_params(struct parser *p)
{
    struct node *first = NULL, **end = &first;
    while (!p->failed && !parse_is_op(p, ")")) {
        struct node *n = parse_new(p, N_KEYWORD);
        if (n)
            n->name = p->t->text;
        if (p->t->kind != T_NAME)
            parse_unexpected(p, "a parameter's name");
        parse_skip(p);
        if (n && parse_take_op(p, "="))
            n->a = parse_expr(p);
        if (p->failed)
            return NULL;
        *end = n;
        end = &n->next;
        if (!parse_take_op(p, ","))
            break;
    }
    parse_want_op(p, ")");
    return first;
}

/* break and continue do not reach out of a macro. */
static void parse_macro_body(struct parser *p, struct node *n, const char *end)
{
    unsigned loops = p->loops;
    p->loops = 0;
    parse_want_end(p);
    n->b = body_until(p, end);
    p->loops = loops;
}

static struct node *parse_macro(struct parser *p)
{
    struct node *n = parse_new(p, N_MACRO);
    if (p->t->kind != T_NAME)
        parse_unexpected(p, "a macro's name");
    if (!n || p->failed)
        return NULL;
    n->name = p->t->text;
    parse_skip(p);
    parse_want_op(p, "(");
    n->a = parse_params(p);
    parse_macro_body(p, n, "endmacro");
    return n;
}

static struct node *parse_call(struct parser *p)
{
    struct node *n = parse_new(p, N_CALLBLOCK), *caller = parse_new(p, N_MACRO);
    if (!n || !caller)
        return NULL;
    caller->name = STR("caller");
    if (parse_take_op(p, "("))
        caller->a = parse_params(p);
    n->a = parse_expr(p);
    n->b = caller;
    if (n->a && n->a->kind != N_CALL)
        parse_fail(p, "call needs a call of a macro");
    if (!p->failed)
        parse_macro_body(p, caller, "endcall");
    return n;
}

static struct node *parse_filter_block(struct parser *p)
{
    struct node *n = parse_new(p, N_FILTERBLOCK);
    if (!n)
        return NULL;
    n->a = parse_filters(p, NULL, true);
    parse_want_end(p);
    n->b = body_until(p, "endfilter");
    return n;
}

static struct node *parse_with(struct parser *p)
{
    struct node *n = parse_new(p, N_WITH), **end = n ? &n->a : NULL;
    while (n && !p->failed && p->t->kind != T_END) {
        struct node *set = parse_new(p, N_SET);
        if (!set)
            return NULL;
        set->a = parse_target(p, false);
        parse_want_op(p, "=");
        set->b = parse_expr(p);
        *end = set;
        end = &set->next;
        if (!parse_take_op(p, ","))
            break;
    }
    parse_want_end(p);
    if (n)
        n->b = body_until(p, "endwith");
    return n;
}

/* generation marks what was generated, for training; block and autoescape change nothing here. */
static struct node *parse_plain_block(struct parser *p)
{
    struct str tag = p->t[-1].text;
    char end[32];
    struct node *n = parse_new(p, N_BLOCK);
    snprintf(end, sizeof end, "end" STR_FMT, STR_ARG(tag));
    while (p->t->kind != T_END && p->t->kind != T_EOF)
        parse_skip(p);
    parse_want_end(p);
    if (n)
        n->b = body_until(p, end);
    while (p->t->kind == T_NAME)
        parse_skip(p);
    return n;
}

static struct node *parse_do(struct parser *p)
{
    struct node *n = parse_new(p, N_DO);
    if (n)
        n->a = parse_tuple(p, true);
    return n;
}

static struct node *parse_jump(struct parser *p)
{
    bool is_break = str_eq(p->t[-1].text, STR("break"));
    if (!p->loops)
        parse_fail(p, "break or continue outside of a loop");
    return parse_new(p, is_break ? N_BREAK : N_CONTINUE);
}

static struct node *parse_refused(struct parser *p)
{
    parse_fail(p, "a chat template cannot read other templates (\"" STR_FMT "\")", STR_ARG(p->t[-1].text));
    return NULL;
}

static const struct tag {
    const char *name;
    struct node *(*parse)(struct parser *p); /* after the name; up to, and without, the %} of the last tag */
} tags[] = {
    {"if", parse_if},
    {"for", parse_for},
    {"set", parse_set},
    {"macro", parse_macro},
    {"call", parse_call},
    {"filter", parse_filter_block},
    {"with", parse_with},
    {"generation", parse_plain_block},
    {"block", parse_plain_block},
    {"autoescape", parse_plain_block},
    {"do", parse_do},
    {"break", parse_jump},
    {"continue", parse_jump},
    {"include", parse_refused},
    {"import", parse_refused},
    {"from", parse_refused},
    {"extends", parse_refused},
};

static struct node *parse_tag(struct parser *p)
{
    parse_skip(p); /* {% */
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        if (!parse_take_name(p, tags[i].name))
            continue;
        struct node *n = tags[i].parse(p);
        parse_want_end(p);
        return n;
    }
    parse_unexpected(p, "a tag that hearth knows");
    return NULL;
}

static struct node *parse_piece(struct parser *p)
{
    struct node *n = NULL;
    if (p->t->kind == T_DATA) {
        n = parse_new(p, N_DATA);
        if (n)
            n->name = p->t->text;
        parse_skip(p);
    } else if (p->t->kind == T_OPEN && (n = parse_new(p, N_OUTPUT))) {
        parse_skip(p);
        n->a = parse_tuple(p, true);
        if (p->t->kind != T_CLOSE)
            parse_unexpected(p, "the end of the expression");
        parse_skip(p);
    } else if (p->t->kind == T_BEGIN) {
        n = parse_tag(p);
    }
    return p->failed ? NULL : n;
}

struct node *parse_body(struct parser *p, const char *const *ends)
{
    struct node *first = NULL, **end = &first;
    if (!parse_enter(p))
        return NULL;
    while (!p->failed && p->t->kind != T_EOF && !ends_here(p, ends)) {
        *end = parse_piece(p);
        if (*end)
            end = &(*end)->next;
    }
    if (!p->failed && *ends && p->t->kind == T_EOF)
        parse_fail(p, "the end of the template where \"%s\" is expected", ends[0]);
    parse_leave(p);
    return p->failed ? NULL : first;
}

static struct node *parse_one_target(struct parser *p, bool attr)
{
    struct node *n = parse_new(p, N_NAME);
    if (p->t->kind == T_OP && parse_take_op(p, "(")) {
        n = parse_target(p, attr);
        parse_want_op(p, ")");
        return n;
    }
    if (p->t->kind != T_NAME) {
        parse_unexpected(p, "a name");
        return NULL;
    }
    if (n)
        n->name = p->t->text;
    parse_skip(p);
    if (!attr || !parse_take_op(p, "."))
        return n;
    struct node *outer = parse_new(p, N_ATTR);
    if (p->t->kind != T_NAME)
        parse_unexpected(p, "a name");
    if (outer) {
        outer->a = n;
        outer->name = p->t->text;
    }
    parse_skip(p);
    return outer;
}

struct node *parse_target(struct parser *p, bool attr)
{
    if (!parse_enter(p))
        return NULL;
    struct node *first = parse_one_target(p, attr), *n = first;
    if (first && parse_is_op(p, ",") && (n = parse_new(p, N_TUPLE))) {
        n->a = first;
        for (struct node **end = &first->next; parse_take_op(p, ",");) {
            if (p->t->kind != T_NAME && !parse_is_op(p, "("))
                break;
            *end = parse_one_target(p, attr);
            if (!*end)
                break;
            end = &(*end)->next;
        }
    }
    parse_leave(p);
    return p->failed ? NULL : n;
}
