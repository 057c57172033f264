/* From source to tree: lexer (lex.c) to an array of tokens, parser (parse*.c) to nodes, all in the template's arena. The grammar is
 * that of Jinja's documentation, "Template Designer". */
#ifndef MODEL_JINJA_AST_H
#define MODEL_JINJA_AST_H

#include "base/arena.h"
#include "base/err.h"
#include "model/jinja/jinja.h"
#include "model/jinja/value.h"

enum token_kind {
    T_DATA,  /* text of the template; text is what is left after trimming */
    T_OPEN,  /* {{ */
    T_CLOSE, /* }} */
    T_BEGIN, /* {% */
    T_END,   /* %} */
    T_NAME,
    T_STRING, /* text is decoded */
    T_INT,
    T_FLOAT,
    T_OP,
    T_EOF,
};

struct token {
    enum token_kind kind;
    uint32_t line;
    struct str text;
    union {
        int64_t i;
        double f;
    };
};

struct tokens_of {
    struct token *ptr;
    size_t n, cap;
};

/* Ends with T_EOF. */
int jinja_lex(struct str source, struct arena *a, struct tokens_of *ret, struct err *e);
/* What stands between the quotes, escapes resolved as Python does; *line_breaks are counted by the caller. */
int jinja_unescape(struct str raw, struct arena *a, uint32_t line, struct str *ret, struct err *e);

enum node_kind {
    /* expressions */
    N_CONST,  /* value */
    N_NAME,   /* name */
    N_LIST,   /* a…: items */
    N_TUPLE,  /* a…: items */
    N_DICT,   /* a…: N_PAIR */
    N_ATTR,   /* a.name */
    N_ITEM,   /* a[b] */
    N_SLICE,  /* a[b.a : b.b : b.c], each may be NULL */
    N_CALL,   /* a(b…) */
    N_FILTER, /* a | name(b…); a is NULL for the text of a block */
    N_TEST,   /* a is name(b…); flag: is not */
    N_COND,   /* b if a else c (NULL: undefined) */
    N_AND,
    N_OR,
    N_NOT,
    N_NEG,
    N_POS,
    N_BINARY,  /* a op b */
    N_CONCAT,  /* a ~ b */
    N_COMPARE, /* a, then b…: N_PAIR with op and a */
    N_EXPRS,
    /* parts of expressions and statements */
    N_PAIR,     /* key a, value b */
    N_KEYWORD,  /* name = a, in a call */
    N_STAR,     /* *a */
    N_STARSTAR, /* **a */
    N_PARTS,    /* a, b, c, as their owner says */
    /* statements */
    N_DATA,        /* name: the text */
    N_OUTPUT,      /* {{ a }} */
    N_IF,          /* a: test (NULL: else), b: body, c: the next branch */
    N_FOR,         /* a: target, b: iterable, c: body, d: N_PARTS of filter (a) and else (b) */
    N_SET,         /* a: target, b: value */
    N_SETBLOCK,    /* a: target, b: body, c: filters or NULL */
    N_MACRO,       /* name, a…: N_KEYWORD with default or NULL, b: body */
    N_CALLBLOCK,   /* a: N_CALL, b: N_MACRO that is the caller */
    N_FILTERBLOCK, /* a: filters, b: body */
    N_WITH,        /* a…: N_SET, b: body */
    N_BLOCK,       /* b: body, in a scope of its own */
    N_DO,          /* a */
    N_BREAK,
    N_CONTINUE,
    N_KINDS
};

enum op { OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_FLOORDIV, OP_MOD, OP_POW, OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_IN, OP_NOT_IN };

struct node {
    enum node_kind kind;
    enum op op;
    bool flag;
    uint32_t line;
    struct node *a, *b, *c, *d;
    struct node *next; /* in a list */
    struct str name;
    struct value value;
    const struct native *native; /* of filters and tests; NULL: there is none of that name */
};

struct jinja {
    struct arena arena;
    struct node *body;
};

/* Nesting of expressions and statements in the source. */
enum { PARSE_DEPTH_MAX = 200 };

struct parser {
    const struct token *t; /* the next one */
    struct arena *arena;
    struct err *e;
    int failed;
    unsigned depth;
    unsigned loops; /* around this place, up to the next macro */
};

/* Each gives NULL after a failure; failures are sticky and then every token is the end. */
struct node *parse_expr(struct parser *p);
/* Without "if … else" at the top: an iterable, whose "if" is the loop's. */
struct node *parse_expr_nocond(struct parser *p);
/* a, b, c: a tuple when there is a comma. `cond`: inline ifs are allowed. */
struct node *parse_tuple(struct parser *p, bool cond);
/* A name, or names with commas, in parentheses or not; a.name when `attr`. */
struct node *parse_target(struct parser *p, bool attr);
struct node *parse_primary(struct parser *p);
struct node *parse_postfix(struct parser *p, struct node *n);
struct node *parse_filters(struct parser *p, struct node *n, bool begun);
/* After "(": arguments and ")". */
struct node *parse_args(struct parser *p);
struct node *parse_body(struct parser *p, const char *const *ends);

struct node *parse_new(struct parser *p, enum node_kind kind);
/* ERR_INVAL with the line; "unexpected …, expected …" for a token. */
void parse_fail(struct parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void parse_unexpected(struct parser *p, const char *expected);
bool parse_enter(struct parser *p); /* one level deeper; false: too deep */
void parse_leave(struct parser *p);

static inline bool parse_is(const struct parser *p, enum token_kind kind, const char *text)
{
    return p->t->kind == kind && str_eq(p->t->text, str_of(text));
}
static inline bool parse_is_op(const struct parser *p, const char *text)
{
    return parse_is(p, T_OP, text);
}
static inline bool parse_is_name(const struct parser *p, const char *text)
{
    return parse_is(p, T_NAME, text);
}
static inline void parse_skip(struct parser *p)
{
    if (p->t->kind != T_EOF)
        p->t++;
}
static inline bool parse_take_op(struct parser *p, const char *text)
{
    bool is = parse_is_op(p, text);
    if (is)
        parse_skip(p);
    return is;
}
static inline bool parse_take_name(struct parser *p, const char *text)
{
    bool is = parse_is_name(p, text);
    if (is)
        parse_skip(p);
    return is;
}
void parse_want_op(struct parser *p, const char *text);
void parse_want_name(struct parser *p, const char *text);
void parse_want_end(struct parser *p); /* %} */

#endif
