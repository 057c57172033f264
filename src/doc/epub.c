/* EPUB 2 and 3: META-INF/container.xml names the package, whose spine lists the chapters (XHTML) in the order of reading. */
#include "doc/office.h"
#include "doc/parse.h"
#include "doc/xml.h"

#include "base/arena.h"

enum { ITEMS_MAX = 10000, NAMES_BYTES_MAX = 8 << 20 };

struct item {
    struct str id, href;
};
struct package {
    struct arena names;
    struct item *items;
    struct str *spine; /* ids */
    size_t n_items, n_spine;
    struct str path; /* of the package itself */
};

static void container_begin(void *ctx, struct str name, const char *const *attributes)
{
    struct package *p = ctx;
    if (str_eq(name, STR("rootfile")) && !p->path.len)
        p->path = arena_dup(&p->names, xml_attribute(attributes, STR("full-path")));
}

static void package_begin(void *ctx, struct str name, const char *const *attributes)
{
    struct package *p = ctx;
    if (str_eq(name, STR("item")) && p->n_items < ITEMS_MAX) {
        p->items[p->n_items++] = (struct item){arena_dup(&p->names, xml_attribute(attributes, STR("id"))),
                                               arena_dup(&p->names, xml_attribute(attributes, STR("href")))};
    } else if (str_eq(name, STR("itemref")) && p->n_spine < ITEMS_MAX) {
        p->spine[p->n_spine++] = arena_dup(&p->names, xml_attribute(attributes, STR("idref")));
    }
}

static int read_xml(struct archive *a, struct str name, void (*begin)(void *, struct str, const char *const *), struct package *p,
                    struct err *e)
{
    const struct xml_events events = {.begin = begin};
    struct buf xml;
    int r = archive_read(a, name, &xml, e);
    if (r)
        return r == ERR_NOENT ? err_set(e, ERR_CORRUPT, "is no EPUB: " STR_FMT " is not in it", STR_ARG(str_head(name, 200))) : r;
    r = xml_parse(buf_str(&xml), &events, p, "its list of contents", e);
    buf_free(&xml);
    return r;
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "Text/one%20two.xhtml#part", seen from the folder of the package. */
static void entry_name(struct str package, struct str href, struct buf *out)
{
    ptrdiff_t slash = str_rchr(package, '/'), hash = str_chr(href, '#');
    buf_put(out, str_head(package, (size_t)(slash + 1)));
    href = hash < 0 ? href : str_head(href, (size_t)hash);
    for (size_t i = 0; i < href.len; i++) {
        int high = href.ptr[i] == '%' && i + 2 < href.len ? hex(href.ptr[i + 1]) : -1, low = high < 0 ? -1 : hex(href.ptr[i + 2]);
        buf_putc(out, low < 0 ? href.ptr[i] : (char)(high << 4 | low));
        i += low < 0 ? 0 : 2;
    }
}

static const struct item *find_item(const struct package *p, struct str id)
{
    for (size_t i = 0; i < p->n_items; i++)
        if (str_eq(p->items[i].id, id))
            return &p->items[i];
    return NULL;
}

/* A chapter that cannot be read is left out, and noted. */
static int read_chapter(struct archive *a, const struct source *s, const struct package *p, struct str id, struct text *t, struct err *e)
{
    const struct item *item = find_item(p, id);
    struct buf name = buf_make(1024), html;
    int r = ERR_NOENT;
    if (item) {
        entry_name(p->path, item->href, &name);
        r = name.failed ? ERR_NOENT : archive_read(a, buf_str(&name), &html, e);
    }
    buf_free(&name);
    if (r == ERR_NOENT || r == ERR_CORRUPT) {
        t->notes |= DOC_NOTE_PARTS;
        return OK;
    }
    if (r)
        return r;
    const struct source chapter = {.bytes = buf_str(&html), .bytes_max = s->bytes_max};
    text_block(t);
    r = parse_html(&chapter, t, e);
    buf_free(&html);
    return r;
}

/* Fonts may be scrambled in any book; chapters are encrypted in books that a shop has locked. */
static bool is_locked(struct archive *a)
{
    struct buf xml;
    if (archive_read(a, STR("META-INF/encryption.xml"), &xml, NULL))
        return false;
    bool locked = str_find(buf_str(&xml), STR("xmlenc#aes"), 0) >= 0;
    buf_free(&xml);
    return locked;
}

static int read_book(struct archive *a, const struct source *s, struct package *p, struct text *t, struct err *e)
{
    if (is_locked(a))
        return err_set(e, ERR_DENIED, "is a book that its shop has encrypted");
    int r = read_xml(a, STR("META-INF/container.xml"), container_begin, p, e);
    if (!r)
        r = read_xml(a, p->path, package_begin, p, e);
    if (r)
        return r;
    office_title(a, p->path, t);
    for (size_t i = 0; !r && i < p->n_spine && !text_failed(t); i++)
        r = read_chapter(a, s, p, p->spine[i], t, e);
    return r;
}

int parse_epub(const struct source *s, struct text *t, struct err *e)
{
    struct package p = {.names = arena_make(NAMES_BYTES_MAX)};
    struct archive *a = NULL;
    p.items = arena_calloc(&p.names, ITEMS_MAX, sizeof *p.items);
    p.spine = arena_calloc(&p.names, ITEMS_MAX, sizeof *p.spine);
    int r = p.items && p.spine ? archive_open(s->bytes, s->bytes_max, &a, e) : err_set(e, ERR_NOMEM, "needs more memory than there is");
    if (!r)
        r = read_book(a, s, &p, t, e);
    archive_close(a);
    arena_free(&p.names);
    return r;
}
