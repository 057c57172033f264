#include <time.h>

#include "talk/markdown.h"
#include "talk/put.h"

/* ---- marks */

/* A mark is made as JSON first, and then copied without angle brackets: in JSON they stand in strings only. */
struct mark {
    struct buf text;
    struct json j;
};

static void mark_begin(struct mark *k)
{
    k->text = buf_make((size_t)8 * TALK_CONTENT_BYTES_MAX);
    k->j = json_to(&k->text);
    json_obj(&k->j);
}

static void mark_end(struct mark *k, const char *name, struct buf *out)
{
    json_obj_end(&k->j);
    buf_printf(out, MARKDOWN_MARK "%s ", name);
    for (size_t i = 0; i < k->text.len; i++)
        if (k->text.ptr[i] == '<' || k->text.ptr[i] == '>')
            buf_puts(out, k->text.ptr[i] == '<' ? "\\u003c" : "\\u003e");
        else
            buf_putc(out, k->text.ptr[i]);
    buf_puts(out, " -->\n");
    if (k->text.failed)
        out->failed = k->text.failed;
    buf_free(&k->text);
}

/* ---- texts */

static void put_time(struct buf *out, int64_t ms)
{
    struct tm tm;
    char text[40];
    time_t s = (time_t)(ms / 1000);
    if (gmtime_r(&s, &tm) && strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &tm))
        buf_puts(out, text);
}

static void put_line(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        buf_putc(out, s.ptr[i] == '\n' || s.ptr[i] == '\r' ? ' ' : s.ptr[i]);
}

static void put_emphasis(struct buf *out, struct str s)
{
    buf_putc(out, '*');
    put_line(out, s);
    buf_puts(out, "*\n\n");
}

static bool looks_like_mark(struct str line)
{
    while (line.len && *line.ptr == '\\')
        line = str_skip(line, 1);
    return str_starts(line, STR(MARKDOWN_MARK));
}

static void put_text(struct buf *out, struct str text)
{
    while (text.len) {
        ptrdiff_t end = str_chr(text, '\n');
        struct str line = str_head(text, end < 0 ? text.len : (size_t)end + 1);
        if (looks_like_mark(line))
            buf_putc(out, '\\');
        buf_put(out, line);
        text = str_skip(text, line.len);
    }
}

static void put_fence(struct buf *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_putc(out, '`');
    buf_putc(out, '\n');
}

/* Between fences longer than any within. */
static void put_fenced(struct buf *out, struct str text)
{
    size_t longest = 2, run = 0;
    for (size_t i = 0; i < text.len; i++) {
        run = text.ptr[i] == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    put_fence(out, longest + 1);
    put_text(out, text);
    buf_puts(out, str_ends(text, STR("\n")) ? "" : "\n");
    put_fence(out, longest + 1);
    buf_putc(out, '\n');
}

/* ---- parts */

static void put_attachment(struct buf *out, const struct talk_attachment *t)
{
    struct mark k;
    mark_begin(&k);
    json_kstr(&k.j, "name", t->name);
    if (t->tokens >= 0)
        json_kint(&k.j, "tokens", t->tokens);
    if (!str_ends(t->text, STR("\n")))
        json_kbool(&k.j, "final_newline", false);
    mark_end(&k, "attachment", out);
    put_emphasis(out, t->name);
    put_fenced(out, t->text);
}

static void put_error(struct buf *out, struct str error)
{
    struct mark k;
    mark_begin(&k);
    json_kstr(&k.j, "text", error);
    mark_end(&k, "error", out);
    put_emphasis(out, error);
}

/* A line for each, to be read; the mark has them whole. */
static void put_tools(struct buf *out, const struct talk_message *m)
{
    struct mark k;
    mark_begin(&k);
    put_calls(&k.j, m);
    mark_end(&k, "calls", out);
    for (size_t i = 0; i < m->n_calls; i++) {
        struct buf line = buf_make(TALK_CONTENT_BYTES_MAX + 1000);
        buf_printf(&line, STR_FMT "%s", STR_ARG(m->calls[i].name), m->role == TALK_TOOL ? ": " : " ");
        buf_put(&line, m->calls[i].text);
        put_emphasis(out, buf_str(&line));
        buf_free(&line);
    }
}

static void put_spoken(struct buf *out, const struct talk_message *m)
{
    struct mark k;
    mark_begin(&k);
    put_facts(&k.j, m);
    mark_end(&k, "message", out);
    buf_puts(out, m->role == TALK_USER ? "## You" : m->role == TALK_TOOL ? "## Tools" : "## Assistant");
    if (m->role == TALK_ASSISTANT && m->model.len) {
        buf_puts(out, " (");
        put_line(out, m->model);
        buf_puts(out, ")");
    }
    buf_puts(out, "\n\n");
    for (size_t i = 0; i < m->n_attachments; i++)
        put_attachment(out, &m->attachments[i]);
    put_text(out, m->content);
    buf_puts(out, "\n\n");
    if (m->n_calls)
        put_tools(out, m);
    if (m->error.len)
        put_error(out, m->error);
}

static void put_head(struct buf *out, const struct talk_conversation *c)
{
    struct mark k;
    mark_begin(&k);
    json_kint(&k.j, "version", 1);
    put_summary(&k.j, c);
    json_key(&k.j, "settings");
    json_raw(&k.j, c->settings);
    mark_end(&k, "conversation", out);
    buf_puts(out, "# ");
    put_line(out, c->title.len ? c->title : STR("…"));
    buf_puts(out, "\n\n*");
    put_time(out, c->created_ms);
    buf_puts(out, "*\n\n");
    if (!c->system.len)
        return;
    buf_puts(out, MARKDOWN_MARK "system -->\n## System\n\n");
    put_text(out, c->system);
    buf_puts(out, "\n\n");
}

/* Marks the messages on the way from the leaf to its root. Parents stand before their children. */
static bool *shown(const struct talk_conversation *c, const struct talk_message *m, size_t n, struct arena *a)
{
    bool *on = arena_calloc(a, n, sizeof *on);
    struct str wanted = c->leaf;
    for (size_t i = n; on && wanted.ptr && i-- > 0;)
        if (str_eq(m[i].id, wanted)) {
            on[i] = true;
            wanted = m[i].parent;
        }
    return on;
}

int markdown_put(struct buf *out, const struct talk_conversation *c, const struct talk_message *m, size_t n, struct arena *a, struct err *e)
{
    bool *on = shown(c, m, n, a);
    if (!on)
        return err_set(e, ERR_NOMEM, "out of memory for an export");
    put_head(out, c);
    for (size_t i = 0; i < n; i++)
        if (on[i])
            put_spoken(out, &m[i]);
    return OK;
}
