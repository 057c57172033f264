#include "doc/kind.h"

#include "doc/charset.h"

enum { PDF_HEAD_BYTES = 1024 };

const char *doc_kind_name(enum doc_kind k)
{
    static const char *const names[] = {
#define X(name, text) [DOC_##name] = (text),
        DOC_KINDS(X)
#undef X
    };
    return (unsigned)k < DOC_KIND_COUNT ? names[k] : "unknown";
}

/* ---- by the first bytes */

bool kind_is_gzip(struct str head)
{
    return str_starts(head, STR("\x1f\x8b\x08"));
}

bool kind_is_pdf(struct str head)
{
    return str_find(str_head(head, PDF_HEAD_BYTES), STR("%PDF-"), 0) >= 0;
}

struct str kind_inner_name(struct str name)
{
    return str_ends(name, STR(".gz")) ? str_head(name, name.len - 3) : name;
}

/* What is recognised in order to be refused in words that help. */
static const struct {
    struct str magic;
    int code;
    const char *sentence;
} refused[] = {
    {{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8},
     ERR_DENIED,
     "is a protected document or one of an old Office (.doc, .xls, .ppt); save it without a password as .docx"},
    {{"\x7f"
      "ELF",
      4},
     ERR_UNSUPPORTED,
     "is a program"},
    {{"MZ", 2}, ERR_UNSUPPORTED, "is a program"},
    {{"\x89PNG", 4}, ERR_UNSUPPORTED, "is a picture"},
    {{"\xff\xd8\xff", 3}, ERR_UNSUPPORTED, "is a picture"},
    {{"GIF8", 4}, ERR_UNSUPPORTED, "is a picture"},
    {{"SQLite format 3", 15}, ERR_UNSUPPORTED, "is a database"},
    {{"GGUF", 4}, ERR_UNSUPPORTED, "is a model"},
    {{"\x28\xb5\x2f\xfd", 4}, ERR_UNSUPPORTED, "is compressed with zstd; unpack it first"},
    {{"\xfd"
      "7zXZ",
      5},
     ERR_UNSUPPORTED,
     "is compressed with xz; unpack it first"},
    {{"BZh", 3}, ERR_UNSUPPORTED, "is compressed with bzip2; unpack it first"},
    {{"7z\xbc\xaf", 4}, ERR_UNSUPPORTED, "is an archive; unpack it first"},
    {{"Rar!", 4}, ERR_UNSUPPORTED, "is an archive; unpack it first"},
};

static const struct {
    const char *extension;
    enum doc_kind kind;
} extensions[] = {
    {"txt", DOC_TEXT},    {"text", DOC_TEXT},   {"log", DOC_TEXT},          {"rst", DOC_TEXT},     {"org", DOC_TEXT},   {"tex", DOC_TEXT},
    {"adoc", DOC_TEXT},   {"md", DOC_MARKDOWN}, {"markdown", DOC_MARKDOWN}, {"mkd", DOC_MARKDOWN}, {"html", DOC_HTML},  {"htm", DOC_HTML},
    {"xhtml", DOC_HTML},  {"csv", DOC_CSV},     {"tsv", DOC_CSV},           {"eml", DOC_MAIL},     {"c", DOC_CODE},     {"h", DOC_CODE},
    {"cc", DOC_CODE},     {"cpp", DOC_CODE},    {"hpp", DOC_CODE},          {"cs", DOC_CODE},      {"java", DOC_CODE},  {"js", DOC_CODE},
    {"mjs", DOC_CODE},    {"ts", DOC_CODE},     {"tsx", DOC_CODE},          {"jsx", DOC_CODE},     {"py", DOC_CODE},    {"rb", DOC_CODE},
    {"go", DOC_CODE},     {"rs", DOC_CODE},     {"swift", DOC_CODE},        {"kt", DOC_CODE},      {"scala", DOC_CODE}, {"php", DOC_CODE},
    {"pl", DOC_CODE},     {"pm", DOC_CODE},     {"lua", DOC_CODE},          {"sh", DOC_CODE},      {"bash", DOC_CODE},  {"sql", DOC_CODE},
    {"json", DOC_CODE},   {"yaml", DOC_CODE},   {"yml", DOC_CODE},          {"toml", DOC_CODE},    {"ini", DOC_CODE},   {"conf", DOC_CODE},
    {"xml", DOC_CODE},    {"css", DOC_CODE},    {"scss", DOC_CODE},         {"vue", DOC_CODE},     {"s", DOC_CODE},     {"asm", DOC_CODE},
    {"hs", DOC_CODE},     {"ml", DOC_CODE},     {"el", DOC_CODE},           {"lisp", DOC_CODE},    {"clj", DOC_CODE},   {"ex", DOC_CODE},
    {"erl", DOC_CODE},    {"r", DOC_CODE},      {"jl", DOC_CODE},           {"m", DOC_CODE},       {"cmake", DOC_CODE}, {"mk", DOC_CODE},
    {"gradle", DOC_CODE}, {"proto", DOC_CODE},  {"diff", DOC_CODE},         {"patch", DOC_CODE},
};

static struct str extension_of(struct str name)
{
    ptrdiff_t slash = str_rchr(name, '/'), dot;
    name = str_skip(name, (size_t)(slash + 1));
    dot = str_rchr(name, '.');
    return dot < 0 ? (struct str){0} : str_skip(name, (size_t)dot + 1);
}

/* An entry of a zip file that says what all of it is comes first, uncompressed. */
static int kind_of_zip(struct str name, struct str head, enum doc_kind *ret, struct err *e)
{
    static const struct {
        struct str mimetype;
        enum doc_kind kind;
    } types[] = {
        {{"mimetypeapplication/epub+zip", 28}, DOC_EPUB},
        {{"mimetypeapplication/vnd.oasis.opendocument.text", 47}, DOC_ODT},
    };
    static const struct {
        const char *extension;
        enum doc_kind kind;
    } named[] = {{"docx", DOC_DOCX}, {"docm", DOC_DOCX}, {"odt", DOC_ODT}, {"epub", DOC_EPUB}};
    struct str extension = extension_of(name);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_find(str_head(head, 256), types[i].mimetype, 0) >= 0) {
            *ret = types[i].kind;
            return OK;
        }
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (str_ieq(extension, str_of(named[i].extension))) {
            *ret = named[i].kind;
            return OK;
        }
    return err_set(e, ERR_UNSUPPORTED, "is a zip archive; unpack it, or add the documents in it one by one");
}

/* ---- by how it begins, when the name says nothing */

/* ".TH" and ".Dd" are what every page begins with, after comments. */
static bool looks_like_man(struct str head)
{
    struct str line;
    while (str_split(&head, '\n', &line)) {
        if (str_starts(line, STR(".TH ")) || str_starts(line, STR(".Dd ")) || str_starts(line, STR(".so ")))
            return true;
        if (line.len && line.ptr[0] != '.' && line.ptr[0] != '\'')
            return false;
    }
    return false;
}

static bool looks_like_html(struct str head)
{
    head = str_trim(str_starts(head, STR("\xef\xbb\xbf")) ? str_skip(head, 3) : head);
    return str_ieq(str_head(head, 14), STR("<!doctype html")) || str_ieq(str_head(head, 5), STR("<html"));
}

/* "ls.1", "printf.3posix": pages of the manual, and files of versions ("notes.2"), so it must look like one, too. */
static bool is_man_name(struct str extension)
{
    return extension.len && extension.len <= 12 && extension.ptr[0] >= '1' && extension.ptr[0] <= '9';
}

int kind_of(struct str name, struct str head, enum doc_kind *ret, struct err *e)
{
    struct str extension = extension_of(name);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (str_starts(head, refused[i].magic) && (refused[i].magic.len > 3 || charset_is_binary(head)))
            return err_set(e, refused[i].code, "%s", refused[i].sentence);
    if (kind_is_pdf(head)) {
        *ret = DOC_PDF;
        return OK;
    }
    if (str_starts(head, STR("PK\x03\x04")))
        return kind_of_zip(name, head, ret, e);
    if (charset_is_binary(head))
        return err_set(e, ERR_UNSUPPORTED, "is not text (it has NUL bytes), and no kind of document that is read");
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++)
        if (str_ieq(extension, str_of(extensions[i].extension))) {
            *ret = extensions[i].kind;
            return OK;
        }
    *ret = looks_like_html(head) ? DOC_HTML : DOC_TEXT;
    if (looks_like_man(head) && (is_man_name(extension) || !extension.len))
        *ret = DOC_MAN;
    return OK;
}
