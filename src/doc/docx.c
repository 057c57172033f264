/* Office Open XML (ECMA-376, part 1): word/document.xml is the text, word/styles.xml says which styles are headings: their ids are
 * the writer's own ("1", "a3"), their names always "heading 1". */
#include "doc/office.h"
#include "doc/parse.h"
#include "doc/xml.h"

#include <stdio.h>

enum { STYLES_MAX = 256, STYLE_ID_MAX = 64 };

static const struct office_element elements[] = {
    {{"t", 1}, OFFICE_TEXT},       {{"p", 1}, OFFICE_PARAGRAPH},       {{"tab", 3}, OFFICE_SPACE},     {{"br", 2}, OFFICE_LINE},
    {{"cr", 2}, OFFICE_LINE},      {{"tbl", 3}, OFFICE_TABLE},         {{"tr", 2}, OFFICE_ROW},        {{"tc", 2}, OFFICE_CELL},
    {{"pStyle", 6}, OFFICE_STYLE}, {{"outlineLvl", 10}, OFFICE_LEVEL}, {{"Fallback", 8}, OFFICE_SKIP}, /* says again what its Choice has
                                                                                                          said */
};

struct style {
    char id[STYLE_ID_MAX];
    int level;
};
struct styles {
    struct style items[STYLES_MAX];
    size_t n;
    char open[STYLE_ID_MAX]; /* the id of the one that is being read; "": none */
};

static void set_level(struct styles *s, uint64_t level)
{
    if (!s->open[0] || level < 1 || level > 9 || s->n == STYLES_MAX)
        return;
    struct style *to = &s->items[s->n++];
    snprintf(to->id, sizeof to->id, "%s", s->open);
    to->level = (int)level;
}

static void style_begin(void *ctx, struct str name, const char *const *attributes)
{
    struct styles *s = ctx;
    struct str value = xml_attribute(attributes, STR("val"));
    uint64_t n;
    if (str_eq(name, STR("style"))) {
        if (!str_copy(s->open, sizeof s->open, xml_attribute(attributes, STR("styleId"))))
            s->open[0] = 0;
    } else if (str_eq(name, STR("name")) && str_ieq(value, STR("title"))) {
        set_level(s, 1);
    } else if (str_eq(name, STR("name")) && str_ieq(str_head(value, 8), STR("heading ")) && !str_to_u64(str_skip(value, 8), &n)) {
        set_level(s, n);
    } else if (str_eq(name, STR("outlineLvl")) && !str_to_u64(value, &n)) {
        set_level(s, n + 1);
    }
}

static void style_end(void *ctx, struct str name)
{
    struct styles *s = ctx;
    if (str_eq(name, STR("style")))
        s->open[0] = 0;
}

static int level_of(void *ctx, struct str style)
{
    const struct styles *s = ctx;
    for (size_t i = 0; i < s->n; i++)
        if (str_eq(str_of(s->items[i].id), style))
            return s->items[i].level;
    return 0;
}

static void read_styles(struct archive *a, struct styles *s)
{
    static const struct xml_events events = {.begin = style_begin, .end = style_end};
    struct buf xml;
    if (archive_read(a, STR("word/styles.xml"), &xml, NULL))
        return;
    xml_parse(buf_str(&xml), &events, s, "word/styles.xml", NULL); /* without it there are no headings, and still a text */
    buf_free(&xml);
}

int parse_docx(const struct source *s, struct text *t, struct err *e)
{
    struct styles styles = {0};
    const struct office_format format = {elements, sizeof elements / sizeof *elements, level_of, &styles};
    struct archive *a = NULL;
    int r = archive_open(s->bytes, s->bytes_max, &a, e);
    if (r)
        return r;
    office_title(a, STR("docProps/core.xml"), t);
    read_styles(a, &styles);
    r = office_read(a, STR("word/document.xml"), &format, t, e);
    if (r == ERR_NOENT)
        r = err_set(e, ERR_CORRUPT, "is no Word document: word/document.xml is not in it");
    static const struct str notes[] = {{"word/footnotes.xml", 18}, {"word/endnotes.xml", 17}};
    for (size_t i = 0; !r && i < sizeof notes / sizeof *notes; i++) {
        text_block(t);
        r = office_read(a, notes[i], &format, t, e);
        r = r == ERR_NOENT ? OK : r;
    }
    archive_close(a);
    return r;
}
