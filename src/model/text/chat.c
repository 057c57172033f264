/* Rendering a conversation in a recognised format. Texts of the format are searched for special tokens, contents never are. */
#include "model/chat.h"

#include "model/text/chat_impl.h"
#include "model/text/chat_tokens.h"

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

/* Text of the format. A mark that the vocabulary has no token for stays text. */
static void put_marks(struct chat_tokens *r, struct str text)
{
    const struct vocab_info *info = vocab_info(r->v);
    while (text.len) {
        size_t n = 0;
        while (n < text.len && text.ptr[n] != CHAT_BOS[0] && text.ptr[n] != CHAT_EOS[0])
            n++;
        chat_tokens_own(r, str_head(text, n));
        uint32_t t = n == text.len ? TOKEN_NONE : text.ptr[n] == CHAT_BOS[0] ? info->bos : info->eos;
        if (t != TOKEN_NONE)
            chat_tokens_put(r, t);
        text = str_skip(text, n + 1);
    }
}

static struct str trimmed(const struct chat_format *f, const struct gen_message *m, bool open)
{
    struct str s = f->trim ? str_trim(m->content) : m->content;
    /* The end of an answer that goes on is not a border. */
    return f->trim && open ? str_skip(m->content, (size_t)(s.ptr - m->content.ptr)) : s;
}

static void put_message(struct chat_tokens *r, const struct chat_format *f, const struct gen_message *m, const struct gen_message *system,
                        bool open)
{
    const struct chat_around *a = &f->role[m->role], *sys = &f->role[GEN_ROLE_SYSTEM];
    put_marks(r, str_of(a->before));
    if (system) {
        put_marks(r, str_of(sys->before));
        chat_tokens_text(r, trimmed(f, system, false));
        put_marks(r, str_of(sys->after));
    }
    chat_tokens_text(r, trimmed(f, m, open));
    if (!open)
        put_marks(r, str_of(a->after));
}

/* Contents as they are, a line end between them: a text that the model continues. */
static void put_plain(struct chat_tokens *r, const struct gen_message *messages, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        chat_tokens_text(r, i ? STR("\n") : STR(""));
        chat_tokens_text(r, messages[i].content);
    }
}

static const char *role_name(enum gen_role role)
{
    static const char *const names[GEN_ROLE_COUNT] = {"system", "user", "assistant", "tool"};
    return names[role];
}

int chat_check_turns(const struct gen_message *m, size_t n, bool continue_last, struct err *e)
{
    if (!n)
        return err_set(e, ERR_INVAL, "a conversation needs at least one message");
    if (continue_last && m[n - 1].role != GEN_ROLE_ASSISTANT)
        return err_set(e, ERR_INVAL, "only an assistant's message can be continued, but the last one is the %s's",
                       m[n - 1].role < GEN_ROLE_COUNT ? role_name(m[n - 1].role) : "?");
    for (size_t i = 0; i < n; i++)
        if (m[i].role >= GEN_ROLE_COUNT)
            return err_set(e, ERR_INVAL, "message %zu has an unknown role", i);
    return OK;
}

static int check(const struct chat_format *f, const struct gen_message *m, size_t n, bool continue_last, struct err *e)
{
    int rc = chat_check_turns(m, n, continue_last, e);
    if (rc)
        return rc;
    bool user = false;
    for (size_t i = 0; i < n; i++) {
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

static void put_turns(struct chat_tokens *r, const struct chat_format *f, const struct gen_message *m, size_t n, bool continue_last)
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
    struct chat_tokens r = chat_tokens_begin(v, out);
    const struct vocab_info *info = vocab_info(v);
    if (f->start)
        put_marks(&r, str_of(f->start));
    else if (info->add_bos && info->bos != TOKEN_NONE)
        chat_tokens_put(&r, info->bos);
    if (chat_format_is_plain(f))
        put_plain(&r, messages, n);
    else
        put_turns(&r, f, messages, n, continue_last);
    return chat_tokens_end(&r, e);
}
