/* Numbers within bounds, digit by digit. A bound is its decimal digits; a node knows how many digits are to come, whether what was written
 * so far is exactly the beginning of the lower or the upper bound ("tight"), and the remainder by multipleOf.
 *
 *   digits before the point: as many as there are, the first not 0 unless it is alone; then, for numbers, a point and a fraction
 *
 * With bounds there are no exponents, and at most 15 digits where a fraction is possible: then different texts are different
 * numbers in binary64, and what is above a bound as text is above it as a number. Without a point up to JSON_INTEGER_DIGITS_MAX. */
#include <math.h>
#include <stdio.h>

#include "engine/grammar/schema.h"

enum { SIDE_MAX = 20, MULTIPLE_MAX = 1000, EXACT_DIGITS = 15 };

struct decimal {
    char whole[SIDE_MAX + 1], part[SIDE_MAX + 1]; /* without leading zeros ("0" alone); without trailing zeros */
};
struct bound {
    bool any, open; /* open: the bound itself is excluded */
    double value;
    struct decimal d;
};

/* What one sign's digits may be: lo … hi, both magnitudes. */
struct span {
    struct bound lo, hi;
    uint32_t whole_max, part_max, step; /* digits; step: of multipleOf, 1 is none */
};

/* Digits of a finite double, as the shortest text that reads as it. False: too long to be followed. */
static bool to_decimal(double v, struct decimal *ret)
{
    char text[400];
    double back = NAN;
    struct decimal d = {0};
    int digits = 0;
    v = fabs(v);
    for (; digits <= 17 && back != v; digits++) {
        snprintf(text, sizeof text, "%.*f", digits, v);
        if (str_to_f64(str_of(text), &back))
            return false;
    }
    char *point = strchr(text, '.');
    size_t whole = point ? (size_t)(point - text) : strlen(text), part = point ? strlen(point + 1) : 0;
    if (back != v || whole > SIDE_MAX || part > SIDE_MAX)
        return false;
    memcpy(d.whole, text, whole);
    if (point)
        memcpy(d.part, point + 1, part);
    while (part && d.part[part - 1] == '0')
        d.part[--part] = 0;
    *ret = d;
    return true;
}

/* The graph of one sign. Nodes before the point: loose ones by digits to come and remainder; tight ones by position, which remainder comes
 * of. They are made when they are first reached. */
struct digits {
    struct schema *s;
    struct graph *g;
    const struct span *sp;
    uint32_t end;
    uint32_t *loose;    /* [whole_max + 1][step] node + 1 */
    uint32_t *fraction; /* [part_max + 1] loose nodes behind the point */
};

static void digit_edge(struct digits *d, uint32_t from, uint32_t to, uint32_t lo, uint32_t hi)
{
    graph_edge(d->s->b, d->g, from, to, build_range(d->s->b, (uint8_t)('0' + lo), (uint8_t)('0' + hi)));
}

static uint32_t make_node(struct digits *d)
{
    return graph_node(d->s->b, d->g, false);
}

static void finish_here(struct digits *d, uint32_t node)
{
    graph_edge(d->s->b, d->g, node, d->end, grammar_literal(d->s->b, STR("")));
}

/* Behind the point with `left` more digits possible; `any`: one was written. */
static uint32_t loose_fraction(struct digits *d, uint32_t left)
{
    if (!d->fraction[left]) {
        uint32_t node = make_node(d);
        d->fraction[left] = node + 1;
        finish_here(d, node);
        if (left)
            digit_edge(d, node, loose_fraction(d, left - 1), 0, 9);
    }
    return d->fraction[left] - 1;
}

static uint32_t digit_at(const char *text, uint32_t i)
{
    return i < strlen(text) ? (uint32_t)(text[i] - '0') : 0;
}

/* May the number end here, with `done` digits of the fraction written? What is left of a bound counts as zeros against it. */
static bool may_end(const struct digits *d, uint32_t done, bool tight_lo, bool tight_hi)
{
    const struct span *sp = d->sp;
    bool lo_left = strlen(sp->lo.d.part) > done, hi_left = strlen(sp->hi.d.part) > done;
    if (tight_lo && (lo_left || sp->lo.open))
        return false;
    return !tight_hi || hi_left || !sp->hi.open;
}

/* What digits may follow, given which bounds are still tight: calls back for the lowest, the highest and those between. */
struct choice {
    uint32_t lo, hi;
    bool tight_lo, tight_hi;
};
static uint32_t choices(const char *lo, const char *hi, uint32_t i, bool tight_lo, bool tight_hi, uint32_t least, struct choice *ret)
{
    uint32_t from = tight_lo ? digit_at(lo, i) : 0, to = tight_hi ? digit_at(hi, i) : 9, n = 0;
    for (uint32_t c = from; c <= to; c++) {
        struct choice one = {c, c, tight_lo && c == from, tight_hi && c == to};
        if (c < least)
            continue;
        if (n && !one.tight_lo && !one.tight_hi && !ret[n - 1].tight_lo && !ret[n - 1].tight_hi)
            ret[n - 1].hi = c;
        else
            ret[n++] = one;
    }
    return n;
}

static uint32_t fraction(struct digits *d, uint32_t done, bool tight_lo, bool tight_hi)
{
    const struct span *sp = d->sp;
    if (!tight_lo && !tight_hi)
        return loose_fraction(d, sp->part_max - done);
    uint32_t node = make_node(d);
    struct choice all[10];
    if (may_end(d, done, tight_lo, tight_hi))
        finish_here(d, node);
    uint32_t n = done < sp->part_max ? choices(sp->lo.d.part, sp->hi.d.part, done, tight_lo, tight_hi, 0, all) : 0;
    for (uint32_t i = 0; i < n && !d->s->b->err.code; i++)
        digit_edge(d, node, fraction(d, done + 1, all[i].tight_lo, all[i].tight_hi), all[i].lo, all[i].hi);
    return node;
}

/* The first digit behind the point must be there. */
static void point(struct digits *d, uint32_t node, bool tight_lo, bool tight_hi)
{
    const struct span *sp = d->sp;
    struct choice all[10];
    if (!sp->part_max)
        return;
    uint32_t behind = make_node(d), n = choices(sp->lo.d.part, sp->hi.d.part, 0, tight_lo, tight_hi, 0, all);
    graph_edge(d->s->b, d->g, node, behind, grammar_literal(d->s->b, STR(".")));
    for (uint32_t i = 0; i < n && !d->s->b->err.code; i++)
        digit_edge(d, behind, fraction(d, 1, all[i].tight_lo, all[i].tight_hi), all[i].lo, all[i].hi);
}

/* A number of `len` digits before the point, `done` of which are written. */
static uint32_t whole(struct digits *d, uint32_t len, uint32_t done, bool tight_lo, bool tight_hi, uint32_t rest)
{
    const struct span *sp = d->sp;
    struct choice all[10];
    uint32_t *known = !tight_lo && !tight_hi && done ? &d->loose[(len - done) * sp->step + rest] : NULL;
    if (known && *known)
        return *known - 1;
    uint32_t node = make_node(d);
    if (known)
        *known = node + 1;
    if (done == len) {
        if (!rest && may_end(d, 0, tight_lo, tight_hi))
            finish_here(d, node);
        point(d, node, tight_lo, tight_hi);
        return node;
    }
    uint32_t least = !done && len > 1, n = choices(sp->lo.d.whole, sp->hi.d.whole, done, tight_lo, tight_hi, least, all);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t c = all[i].lo; c <= all[i].hi && !d->s->b->err.code; c++) {
            uint32_t hi = sp->step == 1 ? all[i].hi : c; /* one by one only where the remainder matters */
            digit_edge(d, node, whole(d, len, done + 1, all[i].tight_lo, all[i].tight_hi, (rest * 10 + c) % sp->step), c, hi);
            c = hi;
        }
    return node;
}

/* The digits of magnitudes lo … hi. */
static grammar_expr span_expr(struct schema *s, const struct span *sp)
{
    struct grammar_builder *b = s->b;
    struct digits d = {.s = s, .g = graph_make(b), .sp = sp};
    d.loose = build_alloc(b, (size_t)(sp->whole_max + 1) * sp->step, sizeof *d.loose);
    d.fraction = build_alloc(b, sp->part_max + 1, sizeof *d.fraction);
    if (!d.g || !d.loose || !d.fraction)
        return GRAMMAR_NEVER;
    uint32_t start = graph_node(b, d.g, false), least = (uint32_t)strlen(sp->lo.d.whole), most = (uint32_t)strlen(sp->hi.d.whole);
    d.end = graph_node(b, d.g, true);
    for (uint32_t len = least; len <= most && !b->err.code; len++)
        graph_edge(b, d.g, start, whole(&d, len, 0, len == least, len == most, 0), grammar_literal(b, STR("")));
    return graph_expr(b, d.g);
}

/* Reading the keywords */

static void tighten(json_t *plain, const char *keyword, bool open, bool lower, struct bound *b)
{
    json_t *v = json_object_get(plain, keyword);
    double value = json_number_value(v);
    if (!v)
        return;
    bool tighter = !b->any || (lower ? value > b->value : value < b->value) || (value == b->value && open);
    if (tighter)
        *b = (struct bound){.any = true, .open = open, .value = value};
}

static bool read_step(struct schema *s, json_t *plain, const struct place *at, uint32_t *ret)
{
    json_t *v = json_object_get(plain, "multipleOf");
    double step = v ? json_number_value(v) : 1;
    if (step <= 0) {
        schema_refuse(s, ERR_INVAL, at, "multipleOf", "it must be above 0");
        return false;
    }
    if (step > MULTIPLE_MAX || step != floor(step)) {
        schema_refuse(s, ERR_UNSUPPORTED, at, "multipleOf", "only whole numbers up to %d can be enforced", MULTIPLE_MAX);
        return false;
    }
    *ret = (uint32_t)step;
    return true;
}

/* lo … hi with the sign taken away: of the numbers not below 0, or of those below it with the bounds exchanged. */
static bool magnitudes(const struct bound *lo, const struct bound *hi, bool negative, const struct span *limits, struct span *ret)
{
    const struct bound *near = negative ? hi : lo, *far = negative ? lo : hi;
    *ret = *limits;
    ret->lo = (struct bound){.any = true, .open = negative, .d = {.whole = "0"}};
    if (near->any && (near->value < 0) == negative && near->value != 0)
        ret->lo = *near;
    else if (near->any && near->value == 0)
        ret->lo.open |= near->open;
    if (far->any && far->value != 0 && (far->value < 0) != negative)
        return false; /* nothing of this sign */
    if (far->any && far->value == 0 && (negative || far->open))
        return false;
    if (far->any) {
        ret->hi = *far;
        return true;
    }
    ret->hi = (struct bound){.any = true};
    memset(ret->hi.d.whole, '9', limits->whole_max);
    return true;
}

static bool empty(const struct span *sp)
{
    const struct decimal *a = &sp->lo.d, *b = &sp->hi.d;
    size_t x = strlen(a->whole), y = strlen(b->whole);
    int c = x != y ? (x > y ? 1 : -1) : strcmp(a->whole, b->whole);
    if (!c)
        c = strcmp(a->part, b->part);
    return c > 0 || (!c && (sp->lo.open || sp->hi.open));
}

/* As many digits as can be told apart, and at least as many as the bounds have. */
static bool choose_digits(bool integer, const struct bound *lo, const struct bound *hi, struct span *sp)
{
    size_t whole = 0, part = 0;
    for (int i = 0; i < 2; i++) {
        const struct bound *b = i ? hi : lo;
        if (b->any && strlen(b->d.whole) > whole)
            whole = strlen(b->d.whole);
        if (b->any && strlen(b->d.part) > part)
            part = strlen(b->d.part);
    }
    sp->whole_max = sp->step > 1 ? EXACT_DIGITS : JSON_INTEGER_DIGITS_MAX;
    if (integer)
        return whole <= EXACT_DIGITS || (sp->step == 1 && whole <= JSON_INTEGER_DIGITS_MAX && !lo->open && !hi->open);
    sp->part_max = part > 6 ? (uint32_t)part : 6;
    if (whole + sp->part_max > EXACT_DIGITS)
        sp->part_max = whole < EXACT_DIGITS ? EXACT_DIGITS - (uint32_t)whole : 0;
    sp->whole_max = EXACT_DIGITS - sp->part_max;
    return whole <= sp->whole_max && part <= sp->part_max;
}

static grammar_expr bounded(struct schema *s, const struct bound *lo, const struct bound *hi, const struct span *limits)
{
    struct span below, above;
    grammar_expr all[2];
    size_t n = 0;
    if (magnitudes(lo, hi, true, limits, &below) && !empty(&below))
        all[n++] = build_seq2(s->b, grammar_literal(s->b, STR("-")), span_expr(s, &below));
    if (magnitudes(lo, hi, false, limits, &above) && !empty(&above))
        all[n++] = span_expr(s, &above);
    return grammar_alt(s->b, all, n);
}

/* What OpenAPI calls formats of numbers. */
static bool read_format(struct schema *s, json_t *plain, const struct place *at, struct bound *lo, struct bound *hi)
{
    json_t *v = json_object_get(plain, "format");
    const char *name = json_is_string(v) ? json_string_value(v) : NULL;
    if (!v || (name && (!strcmp(name, "int64") || !strcmp(name, "double") || schema_format_pattern(name))))
        return true;
    if (name && !strcmp(name, "float"))
        return true;
    if (!name || strcmp(name, "int32") != 0) {
        schema_refuse(s, ERR_UNSUPPORTED, at, "format", "this format is not known for numbers, so it cannot be enforced");
        return false;
    }
    if (!lo->any || lo->value < -2147483648.0)
        *lo = (struct bound){.any = true, .value = -2147483648.0};
    if (!hi->any || hi->value > 2147483647.0)
        *hi = (struct bound){.any = true, .value = 2147483647.0};
    return true;
}

grammar_expr schema_number(struct schema *s, json_t *plain, bool integer, const struct place *at)
{
    struct bound lo = {0}, hi = {0};
    struct span limits = {0};
    tighten(plain, "minimum", false, true, &lo);
    tighten(plain, "exclusiveMinimum", true, true, &lo);
    tighten(plain, "maximum", false, false, &hi);
    tighten(plain, "exclusiveMaximum", true, false, &hi);
    if (!read_format(s, plain, at, &lo, &hi) || !read_step(s, plain, at, &limits.step))
        return GRAMMAR_NEVER;
    bool stepped = json_object_get(plain, "multipleOf") != NULL;
    if (!lo.any && !hi.any && limits.step == 1)
        return integer || stepped ? json_integer_expr(s->b) : json_number_expr(s->b);
    if ((lo.any && !to_decimal(lo.value, &lo.d)) || (hi.any && !to_decimal(hi.value, &hi.d)) ||
        !choose_digits(integer || stepped, &lo, &hi, &limits))
        return schema_refuse(s, ERR_UNSUPPORTED, at, lo.any ? "minimum" : "maximum", "a bound with so many digits cannot be enforced");
    return bounded(s, &lo, &hi, &limits);
}
