#include "doc/charset.h"
#include "doc/parse.h"

int source_decode(const struct source *s, const char *declared, struct buf *ret, struct text *t, struct err *e)
{
    *ret = buf_make(s->bytes_max);
    int r = charset_to_utf8(s->bytes, declared ? declared : s->charset, ret, &t->notes);
    if (r)
        return err_set(e, r, r == ERR_LIMIT ? "has more text than is read" : "%s", err_text(r));
    return OK;
}

int parse_plain(const struct source *s, struct text *t, struct err *e)
{
    struct buf utf8;
    int r = source_decode(s, NULL, &utf8, t, e);
    if (!r)
        text_raw(t, buf_str(&utf8));
    buf_free(&utf8);
    return r;
}

int parse_code(const struct source *s, struct text *t, struct err *e)
{
    t->by_lines = true;
    return parse_plain(s, t, e);
}

/* Only where the names of the columns stand: a row deep in the table is found by them, too. */
int parse_csv(const struct source *s, struct text *t, struct err *e)
{
    int r = parse_code(s, t, e);
    struct str first, rest = buf_str(&t->out);
    if (!r && str_split(&rest, '\n', &first) && str_trim(first).len)
        text_mark_heading(t, 1, 0, 0, first.len);
    return r;
}

/* pdftotext ends each page with a form feed. Lines stay as it has laid them out. */
int parse_pages(const struct source *s, struct text *t, struct err *e)
{
    (void)e;
    struct str rest = s->bytes, page;
    while (str_split(&rest, '\f', &page) && !text_failed(t)) {
        if (!rest.len && !str_trim(page).len)
            break; /* what follows the last form feed */
        text_page(t);
        text_exact(t, page);
    }
    return OK;
}

int parse_as(enum doc_kind kind, const struct source *s, struct text *t, struct err *e)
{
    static parser_fn *const parsers[] = {
        [DOC_TEXT] = parse_plain, [DOC_MARKDOWN] = parse_markdown, [DOC_HTML] = parse_html, [DOC_PDF] = parse_pages,
        [DOC_CODE] = parse_code,  [DOC_CSV] = parse_csv,           [DOC_DOCX] = parse_docx, [DOC_ODT] = parse_odt,
        [DOC_EPUB] = parse_epub,  [DOC_MAIL] = parse_mail,         [DOC_MAN] = parse_man,
    };
    int r = parsers[kind](s, t, e);
    if (!r && text_failed(t))
        r = err_set(e, text_failed(t), text_failed(t) == ERR_LIMIT ? "has more text than is read" : "needs more memory than there is");
    return r;
}
