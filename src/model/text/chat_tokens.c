#include "model/text/chat_tokens.h"

#include "model/text/impl.h"

enum { PENDING_MAX = 1 << 30 };

struct chat_tokens chat_tokens_begin(const struct vocab *v, struct tokens *out)
{
    return (struct chat_tokens){.v = v, .out = out, .before = out->len, .pending = buf_make(PENDING_MAX)};
}

/* SentencePiece puts a space before a text that begins anew; a format that writes one itself does not want two. */
static void flush(struct chat_tokens *c)
{
    struct str text = buf_str(&c->pending);
    struct vocab_encode_options o = {.no_space_prefix = text.len && text.ptr[0] == ' '};
    if (text.len && !c->failed)
        c->failed = c->pending.failed ? c->pending.failed : vocab_encode(c->v, text, o, c->out);
    buf_clear(&c->pending);
}

void chat_tokens_put(struct chat_tokens *c, uint32_t token)
{
    flush(c);
    if (!c->failed)
        c->failed = tokens_push(c->out, token);
}

void chat_tokens_text(struct chat_tokens *c, struct str text)
{
    buf_put(&c->pending, text);
}

void chat_tokens_own(struct chat_tokens *c, struct str text)
{
    size_t from = 0;
    for (size_t at = 0; at < text.len && !c->failed;) {
        uint32_t t = specials_match(c->v, str_skip(text, at), true);
        if (t == TOKEN_NONE) {
            at++;
            continue;
        }
        chat_tokens_text(c, str_from(text.ptr + from, at - from));
        chat_tokens_put(c, t);
        at += c->v->pieces.len[t];
        from = at;
    }
    chat_tokens_text(c, str_skip(text, from));
}

int chat_tokens_end(struct chat_tokens *c, struct err *e)
{
    flush(c);
    buf_free(&c->pending);
    if (!c->failed)
        return OK;
    c->out->len = c->before;
    if (c->failed == ERR_LIMIT)
        return err_set(e, ERR_LIMIT, "the conversation has more than %zu tokens", c->out->max - c->before);
    return err_set(e, c->failed, "cannot encode the conversation: %s", err_text(c->failed));
}
