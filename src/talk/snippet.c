/* FTS5 has a snippet() of its own, which looks up the row in the list of all rows of the word: for a common word that
 * walk takes 10 ms in 40,000 messages, for each of 50 rows. This one reads the one text. */
#include "talk/snippet.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/utf8.h"
#include "store/words.h"

enum {
    BEFORE_BYTES = 48,
    SNIPPET_BYTES = 240,
    TEXT_BYTES_MAX = 64 << 10, /* of a text that is looked through */
};

static int take_token(void *ctx, struct str token, size_t begin, size_t end, bool beside)
{
    struct snippet_query *q = ctx;
    (void)begin;
    (void)end;
    (void)beside;
    if (q->n == SNIPPET_TOKENS_MAX)
        return ERR_LIMIT;
    q->tokens[q->n] = arena_dup(q->arena, token);
    return q->tokens[q->n].ptr ? (q->n++, OK) : ERR_NOMEM;
}

void snippet_query_init(struct snippet_query *q, struct str words, struct arena *a)
{
    *q = (struct snippet_query){.arena = a, .typing = words.len && words.ptr[words.len - 1] != ' '};
    words_cut(words, WORDS_QUERY, take_token, q);
}

static bool matches(const struct snippet_query *q, struct str token)
{
    for (size_t i = 0; i < q->n; i++)
        if (str_eq(token, q->tokens[i]) || (q->typing && i + 1 == q->n && str_starts(token, q->tokens[i])))
            return true;
    return false;
}

struct marker {
    const struct snippet_query *q;
    struct str text;
    struct buf *out;
    size_t from, until; /* of the text: what is shown; until 0: no match yet */
    size_t at;          /* what has been put out */
    bool open;          /* within a match */
};

/* A character's border at or before `at`. */
static size_t border(struct str text, size_t at)
{
    while (at && at < text.len && ((unsigned char)text.ptr[at] & 0xc0) == 0x80)
        at--;
    return at < text.len ? at : text.len;
}

/* A little before the match, at a blank when there is one. */
static void open_window(struct marker *m, size_t match)
{
    size_t from = match > BEFORE_BYTES ? border(m->text, match - BEFORE_BYTES) : 0;
    for (size_t i = from; from && i < match; i++)
        if (m->text.ptr[i] == ' ' || m->text.ptr[i] == '\n') {
            from = i + 1;
            break;
        }
    m->from = m->at = from;
    m->until = border(m->text, from + SNIPPET_BYTES);
}

static void put_plain(struct marker *m, size_t until)
{
    for (; m->at < until; m->at++) {
        char c = m->text.ptr[m->at];
        buf_putc(m->out, (unsigned char)c < ' ' ? ' ' : c); /* also the marks themselves */
    }
}

static int mark_token(void *ctx, struct str token, size_t begin, size_t end, bool beside)
{
    struct marker *m = ctx;
    (void)beside;
    if (m->until && begin >= m->until)
        return ERR_LIMIT; /* enough */
    if (!matches(m->q, token))
        return OK;
    if (!m->until)
        open_window(m, begin);
    if (m->open && begin > m->at) { /* pairs overlap: they are one match as long as they touch */
        buf_putc(m->out, 3);
        m->open = false;
    }
    put_plain(m, begin);
    if (!m->open)
        buf_putc(m->out, 2);
    m->open = true;
    put_plain(m, end);
    return OK;
}

struct str snippet_of(const struct snippet_query *q, struct str text, struct arena *a)
{
    struct buf b = buf_make(64 << 10);
    struct str looked = str_head(text, TEXT_BYTES_MAX);
    looked.len = utf8_complete_prefix(looked.ptr, looked.len);
    struct marker m = {.q = q, .text = looked, .out = &b};
    words_cut(looked, WORDS_TEXT, mark_token, &m);
    if (!m.until)
        m.until = border(looked, SNIPPET_BYTES);
    if (m.open)
        buf_putc(&b, 3);
    put_plain(&m, m.until);
    bool cut_head = m.from > 0, cut_tail = m.at < text.len;
    struct buf whole = buf_make(64 << 10);
    buf_puts(&whole, cut_head ? "…" : "");
    buf_put(&whole, buf_str(&b));
    buf_puts(&whole, cut_tail ? "…" : "");
    struct str s = b.failed || whole.failed ? (struct str){0} : arena_dup(a, buf_str(&whole));
    buf_free(&b);
    buf_free(&whole);
    return s;
}
