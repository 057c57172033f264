/* The parser.
 *
 *   REASONING ──think_close──▶ TEXT ──trigger──▶ OPENING ▶ NAME ▶ NAME_END ▶ ARGUMENTS ▶ CLOSING ▶ NEXT ─┬▶ OPENING
 *       ▲                       │ ▲                                                                      └▶ TEXT
 *       └──────think_open───────┘ └── whatever does not fit: what was read of the call's texts is dropped
 *
 * Bytes wait in `in` until it is certain what they are: a beginning of a marker, spaces that may stand before one. Within a call's
 * texts spaces do not matter, since models differ in them. */
#include <stdlib.h>

#include "model/toolform/impl.h"

enum { IN_BYTES_MAX = 64 << 20 };

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static size_t spaces_before(struct str s, size_t end)
{
    size_t n = end;
    while (n && is_space(s.ptr[n - 1]))
        n--;
    return end - n;
}

static struct str trim_left(struct str s)
{
    while (s.len && is_space(s.ptr[0]))
        s = str_skip(s, 1);
    return s;
}

void toolform_parser_init(struct toolform_parser *p, const struct toolform *f, bool calls, bool thinking)
{
    *p = (struct toolform_parser){
        .t = toolform_texts(f),
        .calls = calls,
        .fresh = true,
        .in = buf_make(IN_BYTES_MAX),
    };
    if (thinking && p->t->think_close.len) {
        p->state = TOOLFORM_REASONING;
        p->trim = true;
    }
}

void toolform_parser_deinit(struct toolform_parser *p)
{
    buf_free(&p->in);
}

/* ---- markers in text */

struct found {
    size_t at; /* of the marker, or of what may become one; the length of the text when there is none */
    struct str marker;
    bool whole, control; /* control: a token that is no marker, `marker` is all of it */
};

/* Is a marker, or the beginning of one, at the beginning of s? */
static bool matches(struct str s, struct str marker, struct found *f)
{
    if (!marker.len || !str_starts(marker, str_head(s, marker.len)))
        return false;
    f->marker = marker;
    f->whole = s.len >= marker.len;
    return true;
}

static bool any_matches(struct str s, const struct str *markers, size_t n, struct found *f)
{
    for (size_t i = 0; i < n; i++)
        if (matches(s, markers[i], f))
            return true;
    return false;
}

static struct found find(struct str in, const struct str *markers, size_t n)
{
    struct found f = {.at = 0};
    for (; f.at < in.len; f.at++) {
        struct str rest = str_skip(in, f.at);
        if (any_matches(rest, markers, n, &f))
            return f;
        if (rest.ptr[0] == TOOLFORM_MARK) {
            ptrdiff_t end = str_chr(str_skip(rest, 1), TOOLFORM_MARK);
            f.marker = str_head(rest, end < 0 ? rest.len : (size_t)end + 2);
            f.whole = f.control = true;
            return f;
        }
    }
    return f;
}

static bool same(struct str a, struct str b)
{
    return a.ptr == b.ptr && a.len == b.len;
}

/* ---- what comes out */

static void put(struct toolform_parser *p, struct buf *out, struct str s)
{
    if (p->trim)
        s = trim_left(s);
    if (!s.len)
        return;
    p->trim = false;
    buf_put(out, s);
}

static int piece(struct toolform_parser *p, struct toolform_out *out, bool begins, struct str s)
{
    struct toolform_piece *last = out->n_pieces ? &out->pieces[out->n_pieces - 1] : NULL;
    uint32_t call = begins ? p->n_calls : p->n_calls - 1;
    if (!begins && last && !last->begins && last->call == call) {
        last->len += s.len; /* goes on: its bytes are the last ones */
        return buf_put(&out->bytes, s);
    }
    if (out->n_pieces == out->cap_pieces) {
        size_t cap = out->cap_pieces ? 2 * out->cap_pieces : 8;
        struct toolform_piece *grown = realloc(out->pieces, cap * sizeof *grown);
        if (!grown)
            return ERR_NOMEM;
        out->pieces = grown;
        out->cap_pieces = cap;
    }
    out->pieces[out->n_pieces++] = (struct toolform_piece){.call = call, .begins = begins, .at = out->bytes.len, .len = s.len};
    return buf_put(&out->bytes, s);
}

/* ---- states; each is true when it got on and another look is worth it */

/* What stands before a marker: a leading space belongs to the text only when text follows. */
static bool text(struct toolform_parser *p, struct toolform_out *out)
{
    const struct toolform_texts *t = p->t;
    struct str in = buf_str(&p->in), markers[2 + TOOLFORM_NOISE_MAX];
    size_t n = 0;
    if (p->calls)
        markers[n++] = t->trigger;
    if (t->think_open.len && (p->fresh || t->think_anywhere))
        markers[n++] = t->think_open;
    for (size_t i = 0; i < TOOLFORM_NOISE_MAX && t->noise[i].len; i++)
        markers[n++] = t->noise[i];
    struct found f = find(in, markers, n);
    bool blank = spaces_before(in, f.at) == f.at;
    bool waits = p->fresh && n && blank && f.at < TOOLFORM_HELD_MAX;
    if (!waits || (f.whole && f.control)) {
        if (!blank && p->fresh) {
            p->fresh = false;
            put(p, &out->text, str_head(in, f.at));
            buf_consume(&p->in, f.at);
            return p->in.len; /* what looked like the beginning of thinking no longer is */
        }
        put(p, &out->text, str_head(in, f.at));
    }
    if (!f.whole) {
        if (!waits)
            buf_consume(&p->in, f.at);
        return false;
    }
    bool is_trigger = !f.control && p->calls && same(f.marker, t->trigger);
    bool is_think = !f.control && same(f.marker, t->think_open);
    buf_consume(&p->in, f.at + (is_trigger ? 0 : f.marker.len));
    if (is_trigger) {
        p->state = TOOLFORM_OPENING;
        p->expect = t->first.len ? t->first : t->open;
        p->after = t->first.len ? t->open : (struct str){0};
    } else if (is_think) {
        p->state = TOOLFORM_REASONING;
        p->trim = true;
    }
    return true;
}

static bool reasoning(struct toolform_parser *p, struct toolform_out *out)
{
    struct str in = buf_str(&p->in);
    struct found f = find(in, &p->t->think_close, 1);
    size_t tail = spaces_before(in, f.at); /* may stand before the end */
    if (f.control || tail > TOOLFORM_HELD_MAX)
        tail = 0;
    put(p, &out->reasoning, str_head(in, f.at - tail));
    buf_consume(&p->in, f.whole ? f.at + f.marker.len : f.at - tail);
    if (!f.whole)
        return false;
    if (!f.control) {
        p->state = TOOLFORM_TEXT;
        p->trim = true;
        p->fresh = false;
    }
    return true;
}

/* Reads on in p->expect. 1: all of it is there; 0: more must come; -1: something else stands there. */
static int expected(struct toolform_parser *p)
{
    size_t at = 0;
    int r = 0;
    for (;;) {
        while (p->expect.len && is_space(p->expect.ptr[0]))
            p->expect = str_skip(p->expect, 1);
        if (!p->expect.len) {
            r = 1;
            break;
        }
        while (at < p->in.len && is_space(p->in.ptr[at]))
            at++;
        if (at == p->in.len)
            break;
        if (p->in.ptr[at] != p->expect.ptr[0]) {
            r = -1;
            break;
        }
        at++;
        p->expect = str_skip(p->expect, 1);
    }
    buf_consume(&p->in, at);
    return r;
}

static bool give_up(struct toolform_parser *p)
{
    p->state = TOOLFORM_TEXT;
    p->trim = true;
    p->fresh = false;
    return true;
}

static bool opening(struct toolform_parser *p)
{
    int r = expected(p);
    if (r < 0)
        return give_up(p);
    if (r && p->after.len) {
        p->expect = p->after;
        p->after = (struct str){0};
        return true;
    }
    if (r)
        p->state = TOOLFORM_NAME;
    return r;
}

static bool in_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

static bool name(struct toolform_parser *p, struct toolform_out *out, int *ret_rc)
{
    size_t n = 0;
    while (n < p->in.len && in_name(p->in.ptr[n]))
        n++;
    if (n > TOOLFORM_NAME_MAX || (n < p->in.len && !n))
        return give_up(p);
    if (n == p->in.len)
        return false;
    if (p->n_calls == GEN_TOOL_CALLS_MAX) {
        *ret_rc = ERR_LIMIT;
        return false;
    }
    *ret_rc = piece(p, out, true, str_head(buf_str(&p->in), n));
    p->n_calls++;
    buf_consume(&p->in, n);
    p->state = TOOLFORM_NAME_END;
    p->expect = p->t->name_end;
    return !*ret_rc;
}

static bool name_end(struct toolform_parser *p)
{
    int r = expected(p);
    if (r < 0)
        return give_up(p);
    if (r) {
        p->state = TOOLFORM_ARGUMENTS;
        p->json = (struct toolform_json){0};
    }
    return r;
}

static bool arguments(struct toolform_parser *p, struct toolform_out *out, int *ret_rc)
{
    struct str in = buf_str(&p->in);
    ptrdiff_t mark = str_chr(in, TOOLFORM_MARK); /* no JSON has it */
    struct str json = mark < 0 ? in : str_head(in, (size_t)mark);
    if (!p->json.begun)
        json = trim_left(json);
    bool ended = false;
    size_t n = toolform_json_take(&p->json, json, &ended);
    if (n)
        *ret_rc = piece(p, out, false, str_head(json, n));
    buf_consume(&p->in, (size_t)(json.ptr - in.ptr) + n);
    if (!ended && mark < 0)
        return false;
    p->state = TOOLFORM_CLOSING;
    p->expect = p->t->close;
    return !*ret_rc;
}

static bool closing(struct toolform_parser *p)
{
    int r = expected(p);
    if (r)
        p->state = TOOLFORM_NEXT;
    return r;
}

/* The beginning of `open` that tells it from text: up to its first space. */
static struct str probe(const struct toolform_texts *t)
{
    size_t n = 0;
    while (n < t->open.len && !is_space(t->open.ptr[n]))
        n++;
    return str_head(t->open, n);
}

static bool next(struct toolform_parser *p)
{
    const struct toolform_texts *t = p->t;
    struct str in = trim_left(buf_str(&p->in));
    struct str between = str_trim(t->between);
    if (between.len && str_starts(in, between))
        in = trim_left(str_skip(in, between.len));
    struct found f = {0};
    if (!in.len || (!t->single && matches(in, probe(t), &f) && !f.whole) || (t->last.len && matches(in, t->last, &f) && !f.whole))
        return false;
    if (f.marker.len && f.marker.ptr == t->last.ptr) {
        buf_consume(&p->in, (size_t)(in.ptr - p->in.ptr) + t->last.len);
        return give_up(p);
    }
    if (!f.marker.len)
        return give_up(p);
    buf_consume(&p->in, (size_t)(in.ptr - p->in.ptr));
    p->state = TOOLFORM_OPENING;
    p->expect = t->open;
    return true;
}

static bool step(struct toolform_parser *p, struct toolform_out *out, int *ret_rc)
{
    switch (p->state) {
    case TOOLFORM_TEXT: return text(p, out);
    case TOOLFORM_REASONING: return reasoning(p, out);
    case TOOLFORM_OPENING: return opening(p);
    case TOOLFORM_NAME: return name(p, out, ret_rc);
    case TOOLFORM_NAME_END: return name_end(p);
    case TOOLFORM_ARGUMENTS: return arguments(p, out, ret_rc);
    case TOOLFORM_CLOSING: return closing(p);
    case TOOLFORM_NEXT: return next(p);
    }
    return false;
}

static int failure(const struct toolform_parser *p, const struct toolform_out *out)
{
    const int codes[] = {p->in.failed, out->text.failed, out->reasoning.failed, out->bytes.failed};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i])
            return codes[i];
    return OK;
}

int toolform_push(struct toolform_parser *p, struct str bytes, struct toolform_out *out)
{
    int rc = OK;
    buf_put(&p->in, bytes);
    while (!rc && step(p, out, &rc)) {
    }
    return rc ? rc : failure(p, out);
}

int toolform_end(struct toolform_parser *p, struct toolform_out *out)
{
    struct str in = buf_str(&p->in);
    if (p->state == TOOLFORM_REASONING)
        in.len -= spaces_before(in, in.len);
    if ((p->state == TOOLFORM_TEXT || p->state == TOOLFORM_REASONING) && str_chr(in, TOOLFORM_MARK) < 0)
        put(p, p->state == TOOLFORM_TEXT ? &out->text : &out->reasoning, in);
    buf_clear(&p->in);
    return failure(p, out);
}
