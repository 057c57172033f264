/* A template on its way: what the interpreter's files share.
 *
 * Every function that can fail returns false then, and run_fail has recorded why; *ret is untouched. Work is paid for with steps
 * (run_spend) before it is done, so that nothing a template does can take longer than its steps; memory comes from one arena with
 * a maximum; recursion of any kind goes through run_enter. */
#ifndef MODEL_JINJA_RUN_H
#define MODEL_JINJA_RUN_H

#include "base/arena.h"
#include "base/err.h"
#include "model/jinja/ast.h"
#include "model/jinja/jinja.h"
#include "model/jinja/value.h"

/* Text that grows; in the run's arena. */
struct build {
    struct run *r;
    char *ptr;
    uint8_t *mask; /* NULL while all bytes have the same trust */
    size_t len, cap;
    bool own; /* that trust, when len > 0 */
};

struct variable {
    struct str name;
    struct value value;
};

/* Names of one body. A name that is not here is looked for in `outer`, then among the variables that came in. */
struct scope {
    struct scope *outer;
    struct variable *vars;
    size_t n, cap;
};

enum flow { FLOW_ON, FLOW_BREAK, FLOW_CONTINUE };

struct run {
    struct arena arena;
    const struct jinja_limits *limits;
    const struct jinja_input *input;
    struct err *e;
    int failed;
    uint64_t steps;
    unsigned depth;
    uint32_t line; /* of the node that is looked at */
    enum flow flow;
    struct build *out;
    struct scope *scope;
    struct dict *vars;
    struct value piped; /* the text of a block, for the first of its filters */
};

struct loop {
    const struct value *items;
    size_t n, index;      /* index: from 0 */
    struct value changed; /* what loop.changed saw last; V_MISSING: nothing */
};

bool run_fail(struct run *r, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static inline bool run_spend(struct run *r, uint64_t steps)
{
    if (steps <= r->steps) {
        r->steps -= steps;
        return true;
    }
    return run_fail(r, ERR_LIMIT, "the template takes too many steps");
}
/* For work on n bytes. */
static inline bool run_spend_bytes(struct run *r, size_t n)
{
    return run_spend(r, 1 + n / 64);
}
static inline bool run_enter(struct run *r)
{
    if (r->depth >= r->limits->depth_max)
        return run_fail(r, ERR_LIMIT, "more than %u levels within each other", r->limits->depth_max);
    r->depth++;
    return true;
}
static inline void run_leave(struct run *r)
{
    r->depth--;
}
/* n zeroed elements, or NULL after a failure. */
void *run_alloc(struct run *r, size_t n, size_t size);

/* ---- text (build.c) */
static inline struct build build_in(struct run *r)
{
    return (struct build){.r = r};
}
bool build_put(struct build *b, struct text t);
static inline bool build_own(struct build *b, struct str s)
{
    return build_put(b, text_own(s));
}
static inline bool build_plain(struct build *b, struct str s)
{
    return build_put(b, text_plain(s));
}
struct text build_text(const struct build *b);
bool text_join(struct run *r, struct text a, struct text b, struct value *ret);

/* ---- containers (value.c) */
struct list *list_new(struct run *r, enum shape shape);
bool list_push(struct run *r, struct list *l, struct value v);
struct dict *dict_new(struct run *r);
/* Untouched and false when there is none, or when the key cannot be one. */
bool dict_get(struct run *r, const struct dict *d, struct value key, struct value *ret);
bool dict_get_str(struct run *r, const struct dict *d, struct str key, struct value *ret);
bool dict_put(struct run *r, struct dict *d, struct value key, struct value v);
bool dict_remove(struct run *r, struct dict *d, struct value key, struct value *ret);
/* Copies the entries of another. */
bool dict_update(struct run *r, struct dict *d, const struct dict *from);
bool value_hashable(struct value v);

/* ---- Python's rules (rules.c, compare.c) */
const char *value_type(struct value v); /* "str", "NoneType" */
bool value_truth(struct value v);
/* Items to go through: of a list, a dict's keys, a text's characters, nothing of an undefined. An iterator is then used up. */
bool value_iterate(struct run *r, struct value v, const struct value **ret, size_t *ret_n);
bool value_equal(struct run *r, struct value a, struct value b, bool *ret);
/* < 0, 0, > 0; fails for what has no order. */
bool value_compare(struct run *r, struct value a, struct value b, int *ret);
bool value_contains(struct run *r, struct value in, struct value what, bool *ret);
bool value_length(struct run *r, struct value v, size_t *ret);
bool value_binary(struct run *r, enum op op, struct value a, struct value b, struct value *ret);
bool value_negate(struct run *r, struct value v, bool minus, struct value *ret);
/* Stable; `key` gives what is compared, and may be NULL. */
typedef bool sort_key(struct run *r, const void *ctx, struct value v, struct value *ret);
bool value_sort(struct run *r, struct value *items, size_t n, bool reverse, sort_key *key, const void *ctx);
bool undefined_used(struct run *r, struct value v); /* fails: "x is undefined" */

/* ---- printing (print.c, tojson.c, number.c) */
bool print_str(struct build *b, struct value v);  /* as str() */
bool print_repr(struct build *b, struct value v); /* as repr() */
bool value_text(struct run *r, struct value v, struct text *ret);
enum { NUMBER_BYTES_MAX = 400 };
struct str number_repr(double f, char dst[NUMBER_BYTES_MAX]); /* the shortest that reads back, as Python writes it */
struct json_style {
    struct text indent; /* of one level */
    bool pretty;        /* line ends and indent */
    struct text comma, colon;
    bool ascii, sorted;
};
bool print_json(struct build *b, struct value v, const struct json_style *style);
/* "%s has %d" % values */
bool print_percent(struct build *b, struct text format, struct value args);

/* ---- access (attr.c, slice.c) */
bool value_attr(struct run *r, struct value of, struct str name, struct value *ret);        /* of.name */
bool value_item(struct run *r, struct value of, struct value key, struct value *ret);       /* of[key] */
bool value_plain_attr(struct run *r, struct value of, struct value key, struct value *ret); /* "a.b.0" or 0, as filters take it */
bool value_slice(struct run *r, struct value of, const struct value bound[3], struct value *ret);

/* ---- calls (call.c) */
bool call_native(struct run *r, const struct native *f, struct value self, const struct args *args, struct value *ret);
bool call_value(struct run *r, struct value f, const struct args *args, struct value *ret);
bool eval_args(struct run *r, const struct node *args, struct args *ret);
bool macro_new(struct run *r, const struct node *macro, struct value *ret);
bool method_new(struct run *r, const struct native *native, struct value self, struct value *ret);

/* ---- the tree (eval.c, exec.c, loop.c) */
bool eval(struct run *r, const struct node *n, struct value *ret);
bool exec(struct run *r, const struct node *body);
bool exec_for(struct run *r, const struct node *n);
/* Runs a body in a new scope within `outer`, and gives what it wrote. */
bool exec_capture(struct run *r, const struct node *body, struct scope *scope, struct value *ret);
bool assign(struct run *r, const struct node *target, struct value v);
struct scope *scope_new(struct run *r, struct scope *outer);
bool scope_set(struct run *r, struct scope *s, struct str name, struct value v);
bool scope_get(struct run *r, const struct scope *s, struct str name, struct value *ret);
bool loop_attr(struct run *r, struct value loop, struct str name, struct value *ret);

/* ---- what comes in (from_json.c) */
bool value_from_json(struct run *r, const json_t *j, unsigned depth, struct value *ret);

/* ---- arguments of natives */
static inline bool arg_given(struct value v)
{
    return v.kind != V_MISSING;
}
static inline bool arg_true(struct value v)
{
    return v.kind != V_MISSING && value_truth(v);
}
/* `other` when it was not given; fails when it is no integer. */
bool arg_int(struct run *r, struct value v, int64_t other, int64_t *ret);
bool arg_text(struct run *r, struct value v, const char *what, struct text *ret);

#endif
