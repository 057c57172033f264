/* What filters, tests and methods share with each other. */
#ifndef MODEL_JINJA_LIB_H
#define MODEL_JINJA_LIB_H

#include "model/jinja/library.h"
#include "model/jinja/run.h"
#include "model/jinja/unicode.h"

typedef bool native_fn(struct run *r, const struct call *c, struct value *ret);

/* `self` as text: what str() gives. */
bool lib_self_text(struct run *r, const struct call *c, struct text *ret);
bool lib_text(const struct build *b, struct value *ret); /* true, for the end of a function */

/* ---- on texts (text_ops.c) */
enum side { SIDE_LEFT = 1, SIDE_RIGHT = 2, SIDE_BOTH = 3 };
/* Without white space, or the characters of `chars` when it is a text. */
bool text_strip(struct run *r, struct text t, struct value chars, int sides, struct value *ret);
bool text_change_case(struct run *r, struct text t, enum unicode_case to, struct value *ret);
bool text_capitalize(struct run *r, struct text t, struct value *ret);
/* At most `count` times; < 0: all. */
bool text_replace(struct run *r, struct text t, struct text old, struct text new, int64_t count, struct value *ret);
/* The parts between line ends; `keep` leaves those at the parts. */
bool text_lines(struct run *r, struct text t, bool keep, struct list *out);
/* Parts joined with `between`; each is printed as str() does. */
bool text_glue(struct run *r, const struct value *items, size_t n, struct text between, struct value *ret);
bool text_pad(struct run *r, struct text t, int64_t width, struct text fill, int sides, struct value *ret);
/* Characters that have a property: all of them, and at least one. */
bool text_all(struct text t, bool (*is)(uint32_t cp));
/* No character of the other case, and at least one of this. */
bool text_is_case(struct text t, bool upper);

native_fn global_strftime_now; /* date.c */

/* dict(mapping, name=value) (method_seq.c) */
bool dict_from_args(struct run *r, const struct args *args, struct dict **ret);

/* ---- choosing what is compared (filter_order.c) */
struct order {
    struct value attribute; /* V_MISSING: the item itself */
    bool case_sensitive;
    struct value fallback; /* instead of an undefined; V_MISSING: none */
};
sort_key order_key;

/* Parts of filters_table, see filters.c */
native_fn filter_abs, filter_attr, filter_batch, filter_capitalize, filter_center, filter_default, filter_dictsort, filter_escape,
    filter_first, filter_float, filter_format, filter_groupby, filter_indent, filter_int, filter_items, filter_join, filter_last,
    filter_length, filter_list, filter_lower, filter_map, filter_max, filter_min, filter_reject, filter_rejectattr, filter_replace,
    filter_reverse, filter_round, filter_safe, filter_select, filter_selectattr, filter_slice, filter_sort, filter_string, filter_sum,
    filter_title, filter_tojson, filter_trim, filter_truncate, filter_unique, filter_upper, filter_urlencode, filter_wordcount;

#endif
