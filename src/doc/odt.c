/* OpenDocument (ISO/IEC 26300): content.xml. */
#include "doc/office.h"
#include "doc/parse.h"

static const struct office_element elements[] = {
    {{"text", 4}, OFFICE_TEXT},
    {{"h", 1}, OFFICE_HEADING},
    {{"p", 1}, OFFICE_PARAGRAPH},
    {{"s", 1}, OFFICE_SPACE},
    {{"tab", 3}, OFFICE_SPACE},
    {{"line-break", 10}, OFFICE_LINE},
    {{"table", 5}, OFFICE_TABLE},
    {{"table-row", 9}, OFFICE_ROW},
    {{"table-cell", 10}, OFFICE_CELL},
    {{"list-item", 9}, OFFICE_ITEM},
    {{"tracked-changes", 15}, OFFICE_SKIP},
    {{"annotation", 10}, OFFICE_SKIP},
    {{"sequence-decls", 14}, OFFICE_SKIP},
};

static bool is_encrypted(struct archive *a)
{
    struct buf manifest;
    if (archive_read(a, STR("META-INF/manifest.xml"), &manifest, NULL))
        return false;
    bool encrypted = str_find(buf_str(&manifest), STR("encryption-data"), 0) >= 0;
    buf_free(&manifest);
    return encrypted;
}

int parse_odt(const struct source *s, struct text *t, struct err *e)
{
    static const struct office_format format = {.elements = elements, .n_elements = sizeof elements / sizeof *elements};
    struct archive *a = NULL;
    int r = archive_open(s->bytes, s->bytes_max, &a, e);
    if (r)
        return r;
    if (is_encrypted(a)) {
        r = err_set(e, ERR_DENIED, "is encrypted; save a copy without a password");
    } else {
        office_title(a, STR("meta.xml"), t);
        r = office_read(a, STR("content.xml"), &format, t, e);
        if (r == ERR_NOENT)
            r = err_set(e, ERR_CORRUPT, "is no OpenDocument text: content.xml is not in it");
    }
    archive_close(a);
    return r;
}
