#include "doc/office.h"

#include "doc/xml.h"

struct office {
    const struct office_format *f;
    struct text *t;
    int texts, skips, tables; /* how many of each are open */
    bool fresh_item;          /* its paragraph stays in its line */
};

static const struct office_element *find(const struct office *o, struct str name)
{
    for (size_t i = 0; i < o->f->n_elements; i++)
        if (str_eq(o->f->elements[i].name, name))
            return &o->f->elements[i];
    return NULL;
}

/* Paragraphs of a cell stay in its line. */
static void paragraph_edge(struct office *o)
{
    if (o->tables)
        text_space(o->t);
    else if (!o->fresh_item)
        text_block(o->t);
    o->fresh_item = false;
}

static int level_of_number(struct str s)
{
    uint64_t n;
    return !str_to_u64(s, &n) && n >= 1 && n <= 100 ? (int)n : 0;
}

static void heading(struct office *o, int level)
{
    if (level > 0 && !o->tables)
        text_heading_begin(o->t, level);
}

static void on_begin(void *ctx, struct str name, const char *const *attributes)
{
    struct office *o = ctx;
    const struct office_element *el = find(o, name);
    if (o->skips || !el) {
        o->skips += el && el->role == OFFICE_SKIP;
        return;
    }
    struct str value = xml_attribute(attributes, STR("val"));
    uint64_t outline;
    switch (el->role) {
    case OFFICE_PARAGRAPH: paragraph_edge(o); break;
    case OFFICE_HEADING:
        paragraph_edge(o);
        heading(o, level_of_number(xml_attribute(attributes, STR("outline-level"))));
        break;
    case OFFICE_TEXT: o->texts++; break;
    case OFFICE_SPACE: text_space(o->t); break;
    case OFFICE_LINE: text_line(o->t); break;
    case OFFICE_TABLE:
        text_block(o->t);
        o->tables++;
        break;
    case OFFICE_ROW: text_line(o->t); break;
    case OFFICE_CELL: break;
    case OFFICE_ITEM:
        text_line(o->t);
        text_flow(o->t, STR("- "));
        o->fresh_item = true;
        break;
    case OFFICE_STYLE: heading(o, o->f->level_of ? o->f->level_of(o->f->ctx, value) : 0); break;
    case OFFICE_LEVEL: heading(o, !str_to_u64(value, &outline) && outline < 9 ? (int)outline + 1 : 0); break;
    case OFFICE_SKIP: o->skips++; break;
    }
}

static void on_end(void *ctx, struct str name)
{
    struct office *o = ctx;
    const struct office_element *el = find(o, name);
    if (!el)
        return;
    if (el->role == OFFICE_SKIP && o->skips)
        o->skips--;
    if (o->skips)
        return;
    if (el->role == OFFICE_PARAGRAPH || el->role == OFFICE_HEADING) {
        if (!o->tables)
            text_heading_end(o->t);
        paragraph_edge(o);
    } else if (el->role == OFFICE_TEXT) {
        o->texts -= o->texts > 0;
    } else if (el->role == OFFICE_CELL) {
        text_flow(o->t, STR(" | "));
    } else if (el->role == OFFICE_ROW) {
        text_line(o->t);
    } else if (el->role == OFFICE_TABLE) {
        o->tables -= o->tables > 0;
        text_block(o->t);
    }
}

static void on_text(void *ctx, struct str s)
{
    struct office *o = ctx;
    if (o->texts && !o->skips)
        text_flow(o->t, s);
}

static bool enough(void *ctx)
{
    const struct office *o = ctx;
    return text_failed(o->t);
}

int office_read(struct archive *a, struct str name, const struct office_format *f, struct text *t, struct err *e)
{
    static const struct xml_events events = {on_begin, on_end, on_text, enough};
    char what[64];
    struct buf xml;
    struct office o = {.f = f, .t = t};
    str_copy(what, sizeof what, name);
    int r = archive_read(a, name, &xml, e);
    if (r)
        return r;
    r = xml_parse(buf_str(&xml), &events, &o, what, e);
    text_heading_end(t);
    buf_free(&xml);
    return r;
}

/* ---- the title */

struct title {
    bool open;
    struct buf words;
};

static void title_begin(void *ctx, struct str name, const char *const *attributes)
{
    (void)attributes;
    ((struct title *)ctx)->open = str_eq(name, STR("title"));
}
static void title_end(void *ctx, struct str name)
{
    (void)name;
    ((struct title *)ctx)->open = false;
}
static void title_text(void *ctx, struct str s)
{
    struct title *t = ctx;
    if (t->open)
        buf_put(&t->words, s);
}

void office_title(struct archive *a, struct str name, struct text *t)
{
    static const struct xml_events events = {.begin = title_begin, .end = title_end, .text = title_text};
    struct title title = {.words = buf_make(4096)};
    struct buf xml;
    if (archive_read(a, name, &xml, NULL))
        return;
    xml_parse(buf_str(&xml), &events, &title, "its properties", NULL);
    text_title(t, buf_str(&title.words));
    buf_free(&title.words);
    buf_free(&xml);
}
