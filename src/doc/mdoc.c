/* mdoc(7): requests say what words are, and may stand within each other's lines: ".Op Fl a Ar file". A line is read word by word;
 * a word that is a callable request does what its row says, others are put, and punctuation touches what is before it. */
#include "doc/roff.h"

#include <stdio.h>

enum role {
    ROLE_WORDS,   /* what follows is put as it is */
    ROLE_FLAG,    /* "-" stands before each word that follows */
    ROLE_ENCLOSE, /* what follows stands between the two */
    ROLE_OPEN,
    ROLE_CLOSE,    /* the same over several lines */
    ROLE_NAME,     /* without words: the name of the page */
    ROLE_PAGE,     /* name and section: ls(1) */
    ROLE_GLUE,     /* no space here */
    ROLE_BESIDE,   /* no spaces between all that follow */
    ROLE_FUNCTION, /* name(arguments) */
    ROLE_FIXED,    /* put `open`, and go on */
    ROLE_TAB,      /* the next cell of a list of columns */
};

struct macro {
    struct str name;
    enum role role;
    const char *open, *close;
};

/* clang-format off */
static const struct macro macros[] = {
    {{"Ar", 2}, ROLE_WORDS, "file ...", NULL}, {{"Cm", 2}, ROLE_WORDS, NULL, NULL}, {{"Ic", 2}, ROLE_WORDS, NULL, NULL}, {{"Ev", 2}, ROLE_WORDS, NULL, NULL},
    {{"Pa", 2}, ROLE_WORDS, "~", NULL}, {{"Em", 2}, ROLE_WORDS, NULL, NULL}, {{"Sy", 2}, ROLE_WORDS, NULL, NULL}, {{"Li", 2}, ROLE_WORDS, NULL, NULL},
    {{"Va", 2}, ROLE_WORDS, NULL, NULL}, {{"Vt", 2}, ROLE_WORDS, NULL, NULL}, {{"Dv", 2}, ROLE_WORDS, NULL, NULL}, {{"Er", 2}, ROLE_WORDS, NULL, NULL},
    {{"Fa", 2}, ROLE_WORDS, NULL, NULL}, {{"Ft", 2}, ROLE_WORDS, NULL, NULL}, {{"Ad", 2}, ROLE_WORDS, NULL, NULL}, {{"An", 2}, ROLE_WORDS, NULL, NULL},
    {{"No", 2}, ROLE_WORDS, NULL, NULL}, {{"Ms", 2}, ROLE_WORDS, NULL, NULL}, {{"Tn", 2}, ROLE_WORDS, NULL, NULL}, {{"St", 2}, ROLE_WORDS, NULL, NULL},
    {{"Lk", 2}, ROLE_WORDS, NULL, NULL}, {{"Mt", 2}, ROLE_WORDS, NULL, NULL}, {{"Rs", 2}, ROLE_FIXED, "", NULL}, {{"Fl", 2}, ROLE_FLAG, "-", NULL},
    {{"Op", 2}, ROLE_ENCLOSE, "[", "]"}, {{"Aq", 2}, ROLE_ENCLOSE, "<", ">"}, {{"Bq", 2}, ROLE_ENCLOSE, "[", "]"}, {{"Brq", 3}, ROLE_ENCLOSE, "{", "}"},
    {{"Dq", 2}, ROLE_ENCLOSE, "“", "”"}, {{"Pq", 2}, ROLE_ENCLOSE, "(", ")"}, {{"Ql", 2}, ROLE_ENCLOSE, "‘", "’"}, {{"Qq", 2}, ROLE_ENCLOSE, "\"", "\""},
    {{"Sq", 2}, ROLE_ENCLOSE, "‘", "’"}, {{"Oo", 2}, ROLE_OPEN, "[", NULL}, {{"Oc", 2}, ROLE_CLOSE, NULL, "]"}, {{"Ao", 2}, ROLE_OPEN, "<", NULL},
    {{"Ac", 2}, ROLE_CLOSE, NULL, ">"}, {{"Bo", 2}, ROLE_OPEN, "[", NULL}, {{"Bc", 2}, ROLE_CLOSE, NULL, "]"}, {{"Bro", 3}, ROLE_OPEN, "{", NULL},
    {{"Brc", 3}, ROLE_CLOSE, NULL, "}"}, {{"Do", 2}, ROLE_OPEN, "“", NULL}, {{"Dc", 2}, ROLE_CLOSE, NULL, "”"}, {{"Po", 2}, ROLE_OPEN, "(", NULL},
    {{"Pc", 2}, ROLE_CLOSE, NULL, ")"}, {{"Qo", 2}, ROLE_OPEN, "\"", NULL}, {{"Qc", 2}, ROLE_CLOSE, NULL, "\""}, {{"So", 2}, ROLE_OPEN, "‘", NULL},
    {{"Sc", 2}, ROLE_CLOSE, NULL, "’"}, {{"Nm", 2}, ROLE_NAME, NULL, NULL}, {{"Xr", 2}, ROLE_PAGE, NULL, NULL}, {{"Ns", 2}, ROLE_GLUE, NULL, NULL},
    {{"Ap", 2}, ROLE_CLOSE, NULL, "'"}, {{"Pf", 2}, ROLE_BESIDE, NULL, NULL}, {{"Fn", 2}, ROLE_FUNCTION, NULL, NULL}, {{"Ta", 2}, ROLE_TAB, NULL, NULL},
    {{"Ux", 2}, ROLE_FIXED, "UNIX", NULL}, {{"Bx", 2}, ROLE_FIXED, "BSD", NULL}, {{"Fx", 2}, ROLE_FIXED, "FreeBSD", NULL}, {{"Nx", 2}, ROLE_FIXED, "NetBSD", NULL},
    {{"Ox", 2}, ROLE_FIXED, "OpenBSD", NULL}, {{"Dx", 2}, ROLE_FIXED, "DragonFly", NULL}, {{"At", 2}, ROLE_FIXED, "AT&T UNIX", NULL},
};
/* clang-format on */

static const struct macro *find(struct str name)
{
    for (size_t i = 0; i < sizeof macros / sizeof *macros; i++)
        if (str_eq(macros[i].name, name))
            return &macros[i];
    return NULL;
}

/* ---- putting words */

static bool is_closing(struct str s)
{
    return s.len == 1 && strchr(".,:;)]?!", s.ptr[0]);
}

static void put(struct roff *r, struct str s)
{
    if (r->glued || is_closing(s))
        text_unspace(r->t);
    else
        text_space(r->t);
    r->glued = false;
    roff_put(r, s);
    if (s.len == 1 && (s.ptr[0] == '(' || s.ptr[0] == '['))
        r->glued = true;
}

static void put_beside(struct roff *r, const char *s)
{
    r->glued = true;
    put(r, str_of(s));
}

static size_t put_name(struct roff *r, const struct roff_words *w, size_t i)
{
    if (i < w->n && !find(w->at[i]) && !is_closing(w->at[i])) {
        if (!r->name.len && str_copy(r->name_space, sizeof r->name_space, w->at[i]))
            r->name = str_of(r->name_space);
        put(r, w->at[i]);
        return i + 1;
    }
    if (r->name.len)
        put(r, r->name);
    return i;
}

static size_t put_page(struct roff *r, const struct roff_words *w, size_t i)
{
    char section[64];
    if (i < w->n)
        put(r, w->at[i++]);
    if (i < w->n && !is_closing(w->at[i])) {
        struct str number = str_head(w->at[i++], 32);
        snprintf(section, sizeof section, "(" STR_FMT ")", STR_ARG(number));
        put_beside(r, section);
    }
    return i;
}

static size_t put_function(struct roff *r, const struct roff_words *w, size_t i)
{
    if (i < w->n)
        put(r, w->at[i++]);
    put_beside(r, "(");
    for (bool first = true; i < w->n && !is_closing(w->at[i]); first = false) {
        if (!first)
            put_beside(r, ",");
        r->glued = first;
        put(r, w->at[i++]);
    }
    put_beside(r, ")");
    return i;
}

/* Words up to the next request; returns where it stopped. */
static size_t put_flags(struct roff *r, const struct roff_words *w, size_t i)
{
    bool any = false;
    for (; i < w->n && !find(w->at[i]) && !is_closing(w->at[i]); i++) {
        if (str_eq(w->at[i], STR("|"))) {
            put(r, w->at[i]);
            continue;
        }
        put(r, STR("-"));
        r->glued = true;
        put(r, w->at[i]);
        any = true;
    }
    if (!any) {
        put(r, STR("-"));
        r->glued = i < w->n && str_eq(w->at[i], STR("Ns"));
    }
    return i;
}

static void put_line(struct roff *r, const struct roff_words *w, size_t i);

/* What is enclosed ends with the line, but for punctuation at its end. */
static void put_enclosed(struct roff *r, const struct roff_words *w, size_t i, const struct macro *m)
{
    struct roff_words inner = *w;
    size_t end = w->n;
    while (end > i && is_closing(w->at[end - 1]) && w->at[end - 1].ptr[0] != ')' && w->at[end - 1].ptr[0] != ']')
        end--;
    inner.n = end;
    put(r, str_of(m->open));
    r->glued = true;
    put_line(r, &inner, i);
    put_beside(r, m->close);
    for (; end < w->n; end++)
        put(r, w->at[end]);
}

/* The request m, whose words begin at i; returns where it stopped. */
static size_t put_macro(struct roff *r, const struct roff_words *w, size_t i, const struct macro *m)
{
    switch (m->role) {
    case ROLE_WORDS:
        if (i == w->n && m->open)
            put(r, str_of(m->open));
        return i;
    case ROLE_FLAG: return put_flags(r, w, i);
    case ROLE_ENCLOSE: put_enclosed(r, w, i, m); return w->n;
    case ROLE_OPEN:
        put(r, str_of(m->open));
        r->glued = true;
        return i;
    case ROLE_CLOSE: put_beside(r, m->close); return i;
    case ROLE_NAME: return put_name(r, w, i);
    case ROLE_PAGE: return put_page(r, w, i);
    case ROLE_GLUE: r->glued = true; return i;
    case ROLE_BESIDE:
        if (i < w->n)
            put(r, w->at[i++]);
        r->glued = true;
        return i;
    case ROLE_FUNCTION: return put_function(r, w, i);
    case ROLE_FIXED:
        if (*m->open)
            put(r, str_of(m->open));
        return i;
    case ROLE_TAB: text_flow(r->t, STR(" | ")); return i;
    }
    return i;
}

static void put_line(struct roff *r, const struct roff_words *w, size_t i)
{
    while (i < w->n) {
        const struct macro *m = find(w->at[i]);
        if (m)
            i = put_macro(r, w, i + 1, m);
        else
            put(r, w->at[i++]);
    }
}

/* ---- requests that stand alone */

typedef void request_fn(struct roff *r, const struct roff_words *w, int arg);

static void do_title(struct roff *r, const struct roff_words *w, int arg)
{
    (void)arg;
    char title[128];
    snprintf(title, sizeof title, STR_FMT "(" STR_FMT ")", STR_ARG(w->n ? str_head(w->at[0], 80) : STR("")),
             STR_ARG(w->n > 1 ? str_head(w->at[1], 16) : STR("")));
    text_title(r->t, str_of(title));
    text_heading_begin(r->t, 1);
    text_flow(r->t, str_of(title));
    text_heading_end(r->t);
}
static void do_heading(struct roff *r, const struct roff_words *w, int level)
{
    roff_heading(r, level, w, 0);
    r->glued = true;
}
static void do_block(struct roff *r, const struct roff_words *w, int arg)
{
    (void)w, (void)arg;
    text_block(r->t);
}
static void do_says(struct roff *r, const struct roff_words *w, int arg)
{
    (void)arg;
    put(r, STR("—"));
    put_line(r, w, 0);
}
static void do_list(struct roff *r, const struct roff_words *w, int open)
{
    text_block(r->t);
    bool columns = w->n && str_eq(w->at[0], STR("-column")), tagged = false;
    static const struct str tags[] = {{"-tag", 4}, {"-hang", 5}, {"-ohang", 6}, {"-inset", 6}, {"-diag", 5}};
    for (size_t i = 0; w->n && i < sizeof tags / sizeof *tags; i++)
        tagged |= str_eq(w->at[0], tags[i]);
    if (open)
        buf_putc(&r->list, tagged ? 't' : columns ? 'c' : '-');
    else if (r->list.len)
        r->list.len--;
}
static void do_item(struct roff *r, const struct roff_words *w, int arg)
{
    (void)arg;
    char kind = r->list.len ? r->list.ptr[r->list.len - 1] : '-';
    text_line(r->t);
    r->glued = true;
    if (kind == '-')
        put(r, STR("-"));
    put_line(r, w, 0);
    if (kind == 't')
        text_line(r->t);
}
static void do_display(struct roff *r, const struct roff_words *w, int open)
{
    text_block(r->t);
    r->exact = false;
    for (size_t i = 0; open && i < w->n; i++)
        r->exact |= str_eq(w->at[i], STR("-literal")) || str_eq(w->at[i], STR("-unfilled"));
}
static void do_one_line(struct roff *r, const struct roff_words *w, int arg)
{
    (void)arg;
    text_block(r->t);
    put_line(r, w, 0);
    text_block(r->t);
}
static void do_include(struct roff *r, const struct roff_words *w, int arg)
{
    (void)arg;
    text_line(r->t);
    put(r, STR("#include <"));
    r->glued = true;
    put_line(r, w, 0);
    put_beside(r, ">");
    text_line(r->t);
}
static void do_nothing(struct roff *r, const struct roff_words *w, int arg)
{
    (void)r, (void)w, (void)arg;
}

static const struct {
    struct str name;
    request_fn *fn;
    int arg;
} requests[] = {
    {{"Dt", 2}, do_title, 0},    {{"Sh", 2}, do_heading, 2}, {{"Ss", 2}, do_heading, 3}, {{"Pp", 2}, do_block, 0},
    {{"Lp", 2}, do_block, 0},    {{"Nd", 2}, do_says, 0},    {{"Bl", 2}, do_list, 1},    {{"El", 2}, do_list, 0},
    {{"It", 2}, do_item, 0},     {{"Bd", 2}, do_display, 1}, {{"Ed", 2}, do_display, 0}, {{"D1", 2}, do_one_line, 0},
    {{"Dl", 2}, do_one_line, 0}, {{"In", 2}, do_include, 0}, {{"Os", 2}, do_nothing, 0}, {{"Dd", 2}, do_nothing, 0},
    {{"Bk", 2}, do_nothing, 0},  {{"Ek", 2}, do_nothing, 0}, {{"Sm", 2}, do_nothing, 0}, {{"Re", 2}, do_nothing, 0},
};

bool mdoc_request(struct roff *r, struct str name, struct roff_words *w)
{
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
        if (str_eq(requests[i].name, name)) {
            requests[i].fn(r, w, requests[i].arg);
            return true;
        }
    const struct macro *m = find(name);
    if (!m)
        return name.len == 2 && name.ptr[0] == '%' ? (put_line(r, w, 0), true) : false; /* .%A, .%T: of a reference */
    size_t i = put_macro(r, w, 0, m);
    put_line(r, w, i);
    if (r->exact)
        text_line(r->t);
    else if (!r->glued)
        text_space(r->t);
    return true;
}
