/* Markdown of hearth's own, line by line (the grammar is in markdown.h), into the form that import_hearth reads, which checks roles,
 * lengths and settings as it does for JSON. Linear in the bytes, without recursion; objects are counted as those of JSON files are. */
#include "base/utf8.h"
#include "talk/import.h"
#include "talk/markdown.h"

enum {
    TEXT_BYTES_MAX = TALK_ATTACHMENT_BYTES_MAX + 1024, /* the longest of the texts; import_hearth knows each kind's limit */
    MARK_VALUES = 12,                                  /* what a mark costs beside its own members */
};

struct reader {
    struct str rest;
    size_t line; /* the number of the line that `rest` begins with */
    size_t values;
    bool crlf;
    struct buf text;         /* of the part that is being read */
    json_t *list, *messages; /* messages: of the last conversation, borrowed from it */
    struct err *e;
};

struct mark {
    struct str name;
    json_t *facts; /* an object; who takes it sets this to NULL */
    size_t line;
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, "out of memory for an import");
}

static int expected(const struct reader *r, size_t line, const char *what)
{
    return err_set(r->e, ERR_INVAL, "Line %zu of the Markdown: %s is expected here", line, what);
}

/* ---- lines */

/* With its line feed. */
static struct str raw_line(const struct reader *r)
{
    ptrdiff_t end = str_chr(r->rest, '\n');
    return str_head(r->rest, end < 0 ? r->rest.len : (size_t)end + 1);
}

/* Without its ending. */
static struct str peek(const struct reader *r)
{
    struct str s = raw_line(r);
    s.len -= str_ends(s, STR("\n"));
    s.len -= r->crlf && str_ends(s, STR("\r"));
    return s;
}

static void advance(struct reader *r)
{
    r->rest = str_skip(r->rest, raw_line(r).len);
    r->line++;
}

static bool at_mark(const struct reader *r)
{
    return str_starts(r->rest, STR(MARKDOWN_MARK));
}

static void skip_blank(struct reader *r)
{
    while (r->rest.len && !str_trim(peek(r)).len)
        advance(r);
}

/* One line of a text, as it was before it was written. */
static void keep_line(struct reader *r)
{
    struct str raw = raw_line(r), line = peek(r), bare = line;
    while (bare.len && *bare.ptr == '\\')
        bare = str_skip(bare, 1);
    buf_put(&r->text, bare.len < line.len && str_starts(bare, STR(MARKDOWN_MARK)) ? str_skip(line, 1) : line);
    if (str_ends(raw, STR("\n")))
        buf_putc(&r->text, '\n');
    advance(r);
}

static int check_text(const struct reader *r, size_t line)
{
    if (r->text.failed == ERR_LIMIT)
        return err_set(r->e, ERR_INVAL, "Line %zu of the Markdown: the text that begins here is longer than %d MB", line,
                       TALK_ATTACHMENT_BYTES_MAX >> 20);
    return r->text.failed ? no_memory(r->e) : OK;
}

/* The text up to the next mark, into r->text. */
static int read_text(struct reader *r)
{
    size_t line = r->line;
    buf_clear(&r->text);
    while (r->rest.len && !at_mark(r) && !r->text.failed)
        keep_line(r);
    for (int i = 0; i < 2 && str_ends(buf_str(&r->text), STR("\n")); i++)
        r->text.len--;
    return check_text(r, line);
}

static int set_text(struct reader *r, json_t *object, const char *key)
{
    return json_object_set_new(object, key, json_stringn(r->text.ptr ? r->text.ptr : "", r->text.len)) ? no_memory(r->e) : OK;
}

/* ---- marks */

static int parse_facts(struct reader *r, struct str text, json_t **ret)
{
    json_error_t je;
    r->values += MARK_VALUES + import_values(text);
    if (r->values > TALK_IMPORT_VALUES_MAX)
        return err_set(r->e, ERR_LIMIT, "The file has more than %d values: import it in parts", TALK_IMPORT_VALUES_MAX);
    json_t *v = text.len ? json_loadb(text.ptr, text.len, JSON_ALLOW_NUL, &je) : json_object();
    if (json_is_object(v)) {
        *ret = v;
        return OK;
    }
    json_decref(v);
    return expected(r, r->line, "an object of JSON between the mark's name and \"-->\"");
}

/* <!-- hearth:NAME JSON -->, JSON optional. */
static int read_mark(struct reader *r, struct mark *ret)
{
    struct str line = str_skip(peek(r), sizeof MARKDOWN_MARK - 1), tail = STR(" -->");
    if (!str_ends(line, tail))
        return expected(r, r->line, "a mark that ends with \" -->\"");
    line.len -= tail.len;
    struct mark m = {.line = r->line};
    str_split(&line, ' ', &m.name);
    int rc = parse_facts(r, str_trim(line), &m.facts);
    if (rc)
        return rc;
    advance(r);
    *ret = m;
    return OK;
}

/* "## …" and a blank line, which the end of the file may cut off. */
static int read_heading(struct reader *r)
{
    if (!str_starts(r->rest, STR("## ")))
        return expected(r, r->line, "a heading that begins with \"## \"");
    advance(r);
    if (r->rest.len && peek(r).len)
        return expected(r, r->line, "an empty line below the heading");
    if (r->rest.len)
        advance(r);
    return OK;
}

/* What people see of a mark and hearth does not need: a heading, emphasised lines, blank ones. */
static int skip_shown(struct reader *r)
{
    for (; r->rest.len && !at_mark(r); advance(r)) {
        struct str line = str_trim(peek(r));
        if (line.len && !str_starts(line, STR("# ")) && *line.ptr != '*')
            return expected(r, r->line, "a mark, \"" MARKDOWN_MARK "message {…} -->\",");
    }
    return OK;
}

/* ---- parts; each takes what follows its mark */

static int read_conversation(struct reader *r, struct mark *m)
{
    if (json_integer_value(json_object_get(m->facts, "version")) != 1)
        return err_set(r->e, ERR_INVAL, "The file is of a later version of hearth, which this one cannot read");
    json_t *messages = json_array();
    if (!messages || json_object_set_new(m->facts, "messages", messages))
        return no_memory(r->e);
    r->messages = messages;
    json_object_del(m->facts, "system");
    json_object_del(m->facts, "leaf");
    if (json_array_append(r->list, m->facts))
        return no_memory(r->e);
    return skip_shown(r);
}

static int read_system(struct reader *r, struct mark *m)
{
    (void)m;
    json_t *c = json_array_get(r->list, json_array_size(r->list) - 1);
    if (json_array_size(r->messages) || json_object_get(c, "system"))
        return expected(r, m->line, "a message's mark");
    int rc = read_heading(r);
    if (!rc)
        rc = read_text(r);
    return rc ? rc : set_text(r, c, "system");
}

/* From the fence to its like. The line feed in front of the closing one belongs to the text or not, as the mark says. */
static int read_fenced(struct reader *r, bool final_newline)
{
    struct str fence = str_trim(peek(r));
    size_t line = r->line;
    buf_clear(&r->text);
    if (!str_starts(fence, STR("```")))
        return expected(r, line, "a fence, \"```\",");
    for (advance(r); r->rest.len && !at_mark(r) && !str_eq(peek(r), fence) && !r->text.failed;)
        keep_line(r);
    int rc = check_text(r, line);
    if (rc)
        return rc;
    if (!str_eq(peek(r), fence))
        return expected(r, r->line, "the end of the attachment's fence");
    advance(r);
    r->text.len -= !final_newline && str_ends(buf_str(&r->text), STR("\n"));
    if (r->rest.len && !peek(r).len)
        advance(r);
    return OK;
}

static int read_attachment(struct reader *r, struct mark *m, json_t *list)
{
    if (*peek(r).ptr != '*')
        return expected(r, r->line, "the attachment's name between asterisks");
    advance(r);
    skip_blank(r);
    int rc = read_fenced(r, !json_is_false(json_object_get(m->facts, "final_newline")));
    if (!rc)
        rc = set_text(r, m->facts, "text");
    if (!rc && json_array_append(list, m->facts))
        rc = no_memory(r->e);
    return rc;
}

static int read_attachments(struct reader *r, json_t *message)
{
    json_t *list = json_array();
    int rc = list && !json_object_set_new(message, "attachments", list) ? OK : no_memory(r->e);
    while (!rc && str_starts(r->rest, STR(MARKDOWN_MARK "attachment "))) {
        struct mark m = {0};
        rc = read_mark(r, &m);
        if (!rc)
            rc = r->rest.len ? read_attachment(r, &m, list) : expected(r, r->line, "an attachment");
        json_decref(m.facts);
    }
    return rc;
}

/* Each message follows the one before it. */
static int place(struct reader *r, json_t *message)
{
    size_t n = json_array_size(r->messages);
    json_object_del(message, "error");
    json_object_del(message, "parent");
    if (json_object_set_new(message, "id", json_sprintf("%zu", n)) ||
        (n && json_object_set_new(message, "parent", json_sprintf("%zu", n - 1))))
        return no_memory(r->e);
    return json_array_append(r->messages, message) ? no_memory(r->e) : OK;
}

static int read_message(struct reader *r, struct mark *m)
{
    struct str role = import_str(m->facts, "role");
    if (!str_eq(role, STR("user")) && !str_eq(role, STR("assistant")) && !str_eq(role, STR("tool")))
        return expected(r, m->line, "a message whose \"role\" is \"user\", \"assistant\" or \"tool\"");
    int rc = read_heading(r);
    if (!rc)
        rc = read_attachments(r, m->facts);
    if (!rc)
        rc = read_text(r);
    if (!rc)
        rc = set_text(r, m->facts, "content");
    return rc ? rc : place(r, m->facts);
}

static int read_calls(struct reader *r, struct mark *m)
{
    size_t n = json_array_size(r->messages);
    if (!n)
        return expected(r, m->line, "a message's mark");
    static const char *const names[] = {"calls", "results"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        json_t *v = json_object_get(m->facts, names[i]);
        if (v && json_object_set(json_array_get(r->messages, n - 1), names[i], v))
            return no_memory(r->e);
    }
    return skip_shown(r);
}

static int read_error(struct reader *r, struct mark *m)
{
    size_t n = json_array_size(r->messages);
    if (!n)
        return expected(r, m->line, "a message's mark");
    if (json_object_set(json_array_get(r->messages, n - 1), "error", json_object_get(m->facts, "text")))
        return expected(r, m->line, "an error's mark with \"text\"");
    return skip_shown(r);
}

static const struct {
    struct str name;
    int (*read)(struct reader *r, struct mark *m);
    bool first; /* it stands before any conversation */
} parts[] = {
    {{"conversation", 12}, read_conversation, true},
    {{"system", 6}, read_system, false},
    {{"message", 7}, read_message, false},
    {{"calls", 5}, read_calls, false},
    {{"error", 5}, read_error, false},
};

static int read_part(struct reader *r)
{
    struct mark m = {0};
    if (!at_mark(r))
        return expected(r, r->line, r->messages ? "a mark" : "an export of hearth's, which begins with \"" MARKDOWN_MARK "conversation\",");
    int rc = read_mark(r, &m);
    if (rc)
        return rc;
    rc = ERR_NOENT;
    for (size_t i = 0; i < sizeof parts / sizeof *parts && rc == ERR_NOENT; i++)
        if (str_eq(parts[i].name, m.name) && (parts[i].first || r->messages))
            rc = parts[i].read(r, &m);
    json_decref(m.facts);
    if (rc == ERR_NOENT)
        rc = expected(r, m.line, r->messages ? "the mark of a message or conversation" : "the mark of a conversation");
    return rc;
}

static int check_utf8(const struct reader *r)
{
    size_t bad, line = 1;
    if (utf8_valid(r->rest.ptr, r->rest.len, &bad))
        return OK;
    for (size_t i = 0; i < bad; i++)
        line += r->rest.ptr[i] == '\n';
    return expected(r, line, "text in UTF-8");
}

int markdown_parse(struct str bytes, json_t **ret, struct err *e)
{
    struct reader r = {.rest = bytes, .line = 1, .text = buf_make(TEXT_BYTES_MAX), .list = json_array(), .e = e};
    r.crlf = str_ends(raw_line(&r), STR("\r\n"));
    int rc = r.list ? check_utf8(&r) : no_memory(e);
    if (!rc)
        skip_blank(&r);
    while (!rc && (r.rest.len || !r.messages)) {
        rc = read_part(&r);
        if (!rc)
            skip_blank(&r);
    }
    buf_free(&r.text);
    if (rc)
        json_decref(r.list);
    else
        *ret = r.list;
    return rc;
}
