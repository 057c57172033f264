/* Values of a running template. They are small and copied; what they point at lives in the run's arena (or in the JSON that came
 * in, or in the compiled template) until the run ends.
 *
 * A text carries its trust: TEXT_PLAIN for bytes that came from variables, TEXT_OWN for those of the template, or one byte of
 * mask for each byte of the text. Cutting a text cuts its mask, joining joins them (struct build), so no operation can forget. */
#ifndef MODEL_JINJA_VALUE_H
#define MODEL_JINJA_VALUE_H

#include "base/str.h"

struct run;
struct node;
struct scope;

extern const uint8_t text_own_mask[1];
#define TEXT_PLAIN NULL
#define TEXT_OWN   text_own_mask

struct text {
    struct str s;
    const uint8_t *mask; /* TEXT_PLAIN, TEXT_OWN, or [s.len]: 1 where trusted */
};

enum kind {
    V_MISSING, /* an argument that was not given; never seen by a template */
    V_UNDEFINED,
    V_NONE,
    V_BOOL,
    V_INT,
    V_FLOAT,
    V_TEXT,
    V_LIST,
    V_DICT,
    V_NAMESPACE,
    V_FUNC,
    V_LOOP,
    V_KINDS
};

struct value {
    enum kind kind;
    union {
        bool b;
        int64_t i;
        double f;
        struct text t; /* V_UNDEFINED: t.s is its name */
        struct list *list;
        struct dict *dict; /* also of V_NAMESPACE */
        const struct func *func;
        struct loop *loop;
    };
};

/* What a sequence is in Python, where that can be seen. */
enum shape {
    SHAPE_LIST,
    SHAPE_TUPLE,
    SHAPE_ITERATOR, /* of map, select, reverse …: true even when empty, and what has been taken is gone */
    SHAPE_CYCLER,
};

struct list {
    struct value *items;
    size_t n, cap;
    size_t at; /* iterators and cyclers: the next item */
    enum shape shape;
};

struct entry {
    struct value key, value;
};

/* In order of insertion. Up to DICT_SMALL entries are searched one by one, more have an index. */
struct dict {
    struct entry *entries;
    size_t n, cap;
    uint32_t *slots; /* entry + 1; open addressing; NULL: none */
    size_t mask;
};

struct args {
    const struct value *pos;
    size_t n;
    const struct entry *kw; /* keys are texts */
    size_t n_kw;
};

/* Arguments as a filter, test, method or function of ours sees them. */
enum { NATIVE_ARGS_MAX = 6 };
struct call {
    struct value self;               /* what is filtered or tested, whose method it is */
    struct value a[NATIVE_ARGS_MAX]; /* by the row's names; V_MISSING where not given */
    const struct args *raw;          /* as they were written; all there is when the row's names are "*" */
};

struct native {
    const char *name;
    bool (*fn)(struct run *r, const struct call *c, struct value *ret);
    const char *params; /* "old new count": names in order; NULL: none; "*": any */
    unsigned required;  /* as many of them must be given */
};

struct func {
    const struct native *native; /* with `self`, or … */
    struct value self;
    const struct node *macro; /* … a macro with the scope that it stands in */
    struct scope *scope;
};

static inline struct value v_undefined(struct str name)
{
    return (struct value){.kind = V_UNDEFINED, .t = {.s = name}};
}
static inline struct value v_none(void)
{
    return (struct value){.kind = V_NONE};
}
static inline struct value v_bool(bool b)
{
    return (struct value){.kind = V_BOOL, .b = b};
}
static inline struct value v_int(int64_t i)
{
    return (struct value){.kind = V_INT, .i = i};
}
static inline struct value v_float(double f)
{
    return (struct value){.kind = V_FLOAT, .f = f};
}
static inline struct value v_text(struct text t)
{
    return (struct value){.kind = V_TEXT, .t = t};
}
static inline struct value v_list(struct list *l)
{
    return (struct value){.kind = V_LIST, .list = l};
}
static inline struct value v_dict(struct dict *d)
{
    return (struct value){.kind = V_DICT, .dict = d};
}
static inline struct text text_own(struct str s)
{
    return (struct text){s, TEXT_OWN};
}
static inline struct text text_plain(struct str s)
{
    return (struct text){s, TEXT_PLAIN};
}
/* Bytes [from, from + len). */
static inline struct text text_cut(struct text t, size_t from, size_t len)
{
    bool masked = t.mask != TEXT_PLAIN && t.mask != TEXT_OWN;
    return (struct text){{len ? t.s.ptr + from : "", len}, masked ? t.mask + from : t.mask};
}
static inline bool v_is_text(struct value v, const char *s)
{
    return v.kind == V_TEXT && str_eq(v.t.s, str_of(s));
}

#endif
