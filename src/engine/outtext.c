#include "engine/outtext.h"

enum { PENDING_BYTES_MAX = 1 << 20 };

int outtext_init(struct outtext *s, const struct vocab *v, bool strip_prefix, const struct str *stops, size_t n_stops, bool logprobs,
                 struct arena *a)
{
    *s = (struct outtext){.stops = stops, .n_stops = n_stops, .pending = buf_make(PENDING_BYTES_MAX)};
    detok_init(&s->detok, v, strip_prefix, false);
    for (size_t i = 0; i < n_stops; i++)
        if (stops[i].len > s->stop_longest)
            s->stop_longest = stops[i].len;
    if (logprobs && !(s->held = arena_calloc(a, OUTTEXT_HELD_MAX, sizeof *s->held)))
        return ERR_NOMEM;
    return OK;
}

void outtext_deinit(struct outtext *s)
{
    buf_free(&s->pending);
    if (s->parses) {
        toolform_parser_deinit(&s->parser);
        toolform_out_deinit(&s->parsed);
        buf_free(&s->raw);
    }
    *s = (struct outtext){0};
}

void outtext_parse(struct outtext *s, const struct toolform *form, bool calls, bool thinking)
{
    s->parses = true;
    s->raw = buf_make(PENDING_BYTES_MAX);
    toolform_parser_init(&s->parser, form, calls, thinking);
    toolform_out_init(&s->parsed);
}

bool outtext_thinks(const struct outtext *s)
{
    return s->parses && s->parser.state == TOOLFORM_REASONING;
}

bool outtext_has_calls(const struct outtext *s)
{
    return s->parses && s->parser.n_calls &&
           (s->parser.state == TOOLFORM_CLOSING || s->parser.state == TOOLFORM_NEXT || s->parser.state == TOOLFORM_TEXT);
}

/* What the parser has made of it: text joins what is pending. */
static int parsed(struct outtext *s, int rc)
{
    if (!rc)
        rc = buf_put(&s->pending, buf_str(&s->parsed.text));
    buf_clear(&s->parsed.text);
    return rc;
}

/* The characters of a token. Control tokens have marks around them, which tell them from letters. */
static int push_parsed(struct outtext *s, uint32_t token)
{
    bool thought = outtext_thinks(s);
    int rc = OK;
    buf_clear(&s->raw);
    if (vocab_is_special(s->detok.vocab, token)) {
        detok_flush(&s->detok, &s->raw);
        buf_putc(&s->raw, TOOLFORM_MARK);
        vocab_piece(s->detok.vocab, token, true, &s->raw);
        rc = buf_putc(&s->raw, TOOLFORM_MARK);
    } else {
        rc = detok_push(&s->detok, token, &s->raw);
    }
    rc = parsed(s, rc ? rc : toolform_push(&s->parser, buf_str(&s->raw), &s->parsed));
    s->n_reasoning += thought || outtext_thinks(s);
    return rc;
}

/* Records of markers, thinking and calls belong to no text. */
static void drop_records(struct outtext *s)
{
    if (s->parser.state == TOOLFORM_TEXT)
        return;
    while (s->n_held && s->held[s->n_held - 1].end > s->pending.len)
        s->n_held--;
}

/* The stop string that is complete first, looking at text that has come since `from`. *ret_at: where it begins. */
static const struct str *find_stop(const struct outtext *s, size_t from, size_t *ret_at)
{
    struct str text = buf_str(&s->pending);
    size_t start = from > s->stop_longest ? from - s->stop_longest : 0, end = SIZE_MAX;
    const struct str *found = NULL;
    for (size_t i = 0; i < s->n_stops; i++) {
        ptrdiff_t at = str_find(text, s->stops[i], start);
        if (at < 0)
            continue;
        size_t this_end = (size_t)at + s->stops[i].len;
        if (this_end < end || (found && this_end == end && s->stops[i].len > found->len)) {
            found = &s->stops[i];
            end = this_end;
            *ret_at = (size_t)at;
        }
    }
    return found;
}

static bool ends_with_beginning(struct str text, size_t n, struct str stop)
{
    return n < stop.len && !memcmp(text.ptr + text.len - n, stop.ptr, n);
}

/* How many bytes at the end may become a stop string. */
static size_t held_back(const struct outtext *s)
{
    struct str text = buf_str(&s->pending);
    size_t n = s->stop_longest ? s->stop_longest - 1 : 0;
    for (n = n < text.len ? n : text.len; n; n--)
        for (size_t i = 0; i < s->n_stops; i++)
            if (ends_with_beginning(text, n, s->stops[i]))
                return n;
    return 0;
}

static void release(const struct outtext *s, size_t n_bytes, struct outtext_release *ret)
{
    *ret = (struct outtext_release){.text = str_head(buf_str(&s->pending), n_bytes), .reasoning = buf_str(&s->parsed.reasoning)};
    ret->calls = s->parsed.n_pieces ? &s->parsed : NULL;
    while (ret->n_tokens < s->n_held && s->held[ret->n_tokens].end <= n_bytes)
        ret->n_tokens++;
}

int outtext_push(struct outtext *s, const struct sample_out *o, struct outtext_release *ret)
{
    size_t before = s->pending.len, at;
    int rc = s->parses ? push_parsed(s, o->token) : detok_push(&s->detok, o->token, &s->pending);
    if (rc)
        return rc;
    /* A token that ends within a character, or within what may be a marker, is released with what follows. */
    bool waits = s->detok.n_held || (s->parses && s->parser.in.len);
    if (s->held && (!s->parses || s->pending.len > before || (waits && s->parser.state == TOOLFORM_TEXT)))
        s->held[s->n_held++] = (struct outtext_held){.end = s->pending.len + waits, .out = *o};
    if (s->parses)
        drop_records(s);
    const struct str *stop = find_stop(s, before, &at);
    bool all = s->parsed.n_pieces; /* no stop string goes on behind a call */
    release(s, stop ? at : s->pending.len - (all ? 0 : held_back(s)), ret);
    if (stop)
        ret->calls = NULL;
    ret->stop = stop;
    if (s->n_held == OUTTEXT_HELD_MAX && !ret->n_tokens)
        ret->n_tokens = s->n_held;
    return OK;
}

int outtext_end(struct outtext *s, struct outtext_release *ret)
{
    int rc = OK;
    if (s->parses) {
        buf_clear(&s->raw);
        rc = detok_flush(&s->detok, &s->raw);
        rc = rc ? rc : toolform_push(&s->parser, buf_str(&s->raw), &s->parsed);
        rc = parsed(s, rc ? rc : toolform_end(&s->parser, &s->parsed));
    } else {
        rc = detok_flush(&s->detok, &s->pending);
    }
    if (rc)
        return rc;
    release(s, s->pending.len, ret);
    ret->n_tokens = s->n_held;
    return OK;
}

void outtext_drop(struct outtext *s, const struct outtext_release *r)
{
    size_t n = r->text.len;
    buf_consume(&s->pending, n);
    if (s->parses)
        toolform_out_clear(&s->parsed);
    s->n_held -= r->n_tokens;
    if (r->n_tokens)
        memmove(s->held, s->held + r->n_tokens, s->n_held * sizeof *s->held);
    for (size_t i = 0; i < s->n_held; i++)
        s->held[i].end -= n < s->held[i].end ? n : s->held[i].end;
}
