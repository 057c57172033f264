/* Rendering a conversation to tokens.
 *
 * Texts of the format are searched for special tokens, contents never are. What lies between two special tokens, the format's
 * and the people's text together, is encoded in one piece, so that the tokens are those that encoding the whole
 * rendered text would have given ("\n" of the format and "\n" of a content may be one token). */
#include "model/chat.h"

#include "model/text/chat_impl.h"
#include "model/text/impl.h"

enum { PENDING_MAX = 1 << 30 };

struct render {
    const struct vocab *v;
    struct tokens *out;
    struct buf pending; /* text since the last special token */
    int failed;
};

const struct chat_format *chat_format_recognise(struct str text)
{
    const struct chat_format *f = chat_formats;
    for (; f->signs[0]; f++) {
        if (str_find(text, str_of(f->signs[0]), 0) >= 0 && (!f->signs[1] || str_find(text, str_of(f->signs[1]), 0) >= 0))
            break;
    }
    return f;
}

const char *chat_format_name(const struct chat_format *f)
{
    return f->name;
}
bool chat_format_is_plain(const struct chat_format *f)
{
    return !f->signs[0];
}
const char *const *chat_format_stops(const struct chat_format *f)
{
    return f->stops;
}

/* SentencePiece puts a space before a text that begins anew; a format that writes one itself does not want two. */
static void flush(struct render *r)
{
    struct str text = buf_str(&r->pending);
    struct vocab_encode_options o = {.no_space_prefix = text.len && text.ptr[0] == ' '};
    if (text.len && !r->failed)
        r->failed = r->pending.failed ? r->pending.failed : vocab_encode(r->v, text, o, r->out);
    buf_clear(&r->pending);
}

static void put_token(struct render *r, uint32_t token)
{
    flush(r);
    if (!r->failed)
        r->failed = tokens_push(r->out, token);
}

static void put_content(struct render *r, struct str text)
{
    buf_put(&r->pending, text);
}

/* Text of the format. A mark that the vocabulary has no token for stays text. */
static void put_marks(struct render *r, struct str text)
{
    while (text.len && !r->failed) {
        const struct vocab_info *info = vocab_info(r->v);
        uint32_t t = specials_match(r->v, text, true);
        size_t n = t == TOKEN_NONE ? 1 : r->v->pieces.len[t];
        bool bos = text.ptr[0] == CHAT_BOS[0], eos = text.ptr[0] == CHAT_EOS[0];
        if (bos || eos) {
            t = bos ? info->bos : info->eos;
            n = 1;
        }
        if (t != TOKEN_NONE)
            put_token(r, t);
        else if (!bos && !eos)
            put_content(r, str_head(text, n));
        text = str_skip(text, n);
    }
}

static struct str trimmed(const struct chat_format *f, const struct gen_message *m, bool open)
{
    struct str s = f->trim ? str_trim(m->content) : m->content;
    /* The end of an answer that goes on is not a border. */
    return f->trim && open ? str_skip(m->content, (size_t)(s.ptr - m->content.ptr)) : s;
}

static void put_message(struct render *r, const struct chat_format *f, const struct gen_message *m, const struct gen_message *system,
                        bool open)
{
    const struct chat_around *a = &f->role[m->role], *sys = &f->role[GEN_ROLE_SYSTEM];
    put_marks(r, str_of(a->before));
    if (system) {
        put_marks(r, str_of(sys->before));
        put_content(r, trimmed(f, system, false));
        put_marks(r, str_of(sys->after));
    }
    put_content(r, trimmed(f, m, open));
    if (!open)
        put_marks(r, str_of(a->after));
}

/* Contents as they are, a line end between them: a text that the model continues. */
static void put_plain(struct render *r, const struct gen_message *messages, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        put_content(r, i ? STR("\n") : STR(""));
        put_content(r, messages[i].content);
    }
}

static const char *role_name(enum gen_role role)
{
    static const char *const names[GEN_ROLE_COUNT] = {"system", "user", "assistant", "tool"};
    return names[role];
}

static int check(const struct chat_format *f, const struct gen_message *m, size_t n, bool continue_last, struct err *e)
{
    if (!n)
        return err_set(e, ERR_INVAL, "a conversation needs at least one message");
    if (continue_last && m[n - 1].role != GEN_ROLE_ASSISTANT)
        return err_set(e, ERR_INVAL, "only an assistant's message can be continued, but the last one is the %s's",
                       m[n - 1].role < GEN_ROLE_COUNT ? role_name(m[n - 1].role) : "?");
    bool user = false;
    for (size_t i = 0; i < n; i++) {
        if (m[i].role >= GEN_ROLE_COUNT)
            return err_set(e, ERR_INVAL, "message %zu has an unknown role", i);
        user |= m[i].role == GEN_ROLE_USER;
        if (chat_format_is_plain(f))
            continue;
        if (!f->role[m[i].role].before)
            return err_set(e, ERR_INVAL, "message %zu: the model's chat format (%s) has no role \"%s\"", i, f->name, role_name(m[i].role));
        if (i && m[i].role == GEN_ROLE_SYSTEM && f->system != SYSTEM_OWN_TURN)
            return err_set(e, ERR_INVAL, "message %zu: the model's chat format (%s) takes a system message at the beginning only", i,
                           f->name);
    }
    if (m[0].role == GEN_ROLE_SYSTEM && f->system != SYSTEM_OWN_TURN && !user)
        return err_set(e, ERR_INVAL, "the model's chat format (%s) needs a user's message after the system message", f->name);
    return OK;
}

/* The user's message that carries the system message, or n. */
static size_t system_host(const struct chat_format *f, const struct gen_message *m, size_t n)
{
    size_t host = n;
    if (f->system == SYSTEM_OWN_TURN || m[0].role != GEN_ROLE_SYSTEM)
        return n;
    for (size_t i = n; i-- > 0;) {
        if (m[i].role == GEN_ROLE_USER && (host == n || f->system == SYSTEM_FIRST_USER))
            host = i;
    }
    return host;
}

static void put_turns(struct render *r, const struct chat_format *f, const struct gen_message *m, size_t n, bool continue_last)
{
    size_t host = system_host(f, m, n);
    for (size_t i = host < n ? 1 : 0; i < n; i++)
        put_message(r, f, &m[i], i == host ? &m[0] : NULL, continue_last && i + 1 == n);
    const char *answer = f->role[GEN_ROLE_ASSISTANT].before;
    /* A mark opens the turn; a mere space is the model's to write. */
    if (!continue_last && answer[0] != ' ')
        put_marks(r, str_of(answer));
}

int chat_render(const struct chat_format *f, const struct vocab *v, const struct gen_message *messages, size_t n, bool continue_last,
                struct tokens *out, struct err *e)
{
    int code = check(f, messages, n, continue_last, e);
    if (code)
        return code;
    struct render r = {.v = v, .out = out, .pending = buf_make(PENDING_MAX)};
    size_t before = out->len;
    const struct vocab_info *info = vocab_info(v);
    if (f->start)
        put_marks(&r, str_of(f->start));
    else if (info->add_bos && info->bos != TOKEN_NONE)
        put_token(&r, info->bos);
    if (chat_format_is_plain(f))
        put_plain(&r, messages, n);
    else
        put_turns(&r, f, messages, n, continue_last);
    flush(&r);
    buf_free(&r.pending);
    if (!r.failed)
        return OK;
    out->len = before;
    if (r.failed == ERR_LIMIT)
        return err_set(e, ERR_LIMIT, "the conversation has more than %zu tokens", out->max - before);
    return err_set(e, r.failed, "cannot encode the conversation: %s", err_text(r.failed));
}
