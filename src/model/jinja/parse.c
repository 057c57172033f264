/* What both halves of the parser use, and the way in. */
#include <stdlib.h>

#include "model/jinja/ast.h"

enum { AST_BYTES_MAX = 128 << 20 }; /* a source of JINJA_SOURCE_BYTES_MAX has at most so much in tokens and nodes */

static const struct token end_token = {.kind = T_EOF};

void parse_fail(struct parser *p, const char *fmt, ...)
{
    if (p->failed)
        return;
    char sentence[300];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(sentence, sizeof sentence, fmt, ap);
    va_end(ap);
    p->failed = err_set(p->e, ERR_INVAL, "line %u: %s", p->t->line, sentence);
    p->t = &end_token;
}

void parse_unexpected(struct parser *p, const char *expected)
{
    static const char *const names[] = {[T_DATA] = "text",
                                        [T_OPEN] = "{{",
                                        [T_CLOSE] = "the end of the expression",
                                        [T_BEGIN] = "{%",
                                        [T_END] = "the end of the tag",
                                        [T_STRING] = "a string",
                                        [T_INT] = "a number",
                                        [T_FLOAT] = "a number",
                                        [T_EOF] = "the end of the template"};
    if (p->t->kind == T_NAME || p->t->kind == T_OP)
        parse_fail(p, "\"" STR_FMT "\" where %s is expected", STR_ARG(str_head(p->t->text, 40)), expected);
    else
        parse_fail(p, "%s where %s is expected", names[p->t->kind], expected);
}

struct node *parse_new(struct parser *p, enum node_kind kind)
{
    if (p->failed)
        return NULL;
    struct node *n = arena_calloc(p->arena, 1, sizeof *n);
    if (!n) {
        p->failed = err_set(p->e, ERR_LIMIT, "line %u: the template is too large", p->t->line);
        p->t = &end_token;
        return NULL;
    }
    n->kind = kind;
    n->line = p->t->line;
    return n;
}

bool parse_enter(struct parser *p)
{
    if (++p->depth <= PARSE_DEPTH_MAX)
        return !p->failed;
    if (!p->failed)
        p->failed = err_set(p->e, ERR_LIMIT, "line %u: more than %d levels within each other", p->t->line, PARSE_DEPTH_MAX);
    p->t = &end_token;
    return false;
}

void parse_leave(struct parser *p)
{
    p->depth--;
}

void parse_want_op(struct parser *p, const char *text)
{
    char quoted[16];
    snprintf(quoted, sizeof quoted, "\"%s\"", text);
    if (!parse_take_op(p, text))
        parse_unexpected(p, quoted);
}

void parse_want_name(struct parser *p, const char *text)
{
    char quoted[32];
    snprintf(quoted, sizeof quoted, "\"%s\"", text);
    if (!parse_take_name(p, text))
        parse_unexpected(p, quoted);
}

void parse_want_end(struct parser *p)
{
    if (p->t->kind == T_END)
        parse_skip(p);
    else
        parse_unexpected(p, "the end of the tag");
}

static int compile(struct jinja *t, struct str source, struct err *e)
{
    static const char *const no_ends[] = {NULL};
    struct tokens_of tokens = {0};
    int rc = jinja_lex(source, &t->arena, &tokens, e);
    if (rc)
        return rc;
    struct parser p = {.t = tokens.ptr, .arena = &t->arena, .e = e};
    t->body = parse_body(&p, no_ends);
    return p.failed;
}

int jinja_compile(struct str source, struct jinja **ret, struct err *e)
{
    struct jinja *t = calloc(1, sizeof *t);
    if (!t)
        return err_set(e, ERR_NOMEM, "out of memory for a chat template");
    t->arena = arena_make(AST_BYTES_MAX);
    int rc = compile(t, source, e);
    if (rc)
        jinja_free(t);
    else
        *ret = t;
    return rc;
}

void jinja_free(struct jinja *t)
{
    if (!t)
        return;
    arena_free(&t->arena);
    free(t);
}
