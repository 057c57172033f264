/* A chat template at work: variables, rendering, tokens. Templates do not agree on the shape of contents and arguments; what this one wants
 * is found by a trial when it is compiled, and arguments are given as text when an object made it fail. */
#include "model/chat_template.h"

#include <stdlib.h>

#include "base/arena.h"
#include "model/jinja/jinja.h"
#include "model/text/chat_impl.h"
#include "model/text/chat_tokens.h"
#include "model/text/chat_vars.h"

enum { MARK_BYTES_MAX = 256, KWARGS_BYTES_MAX = 1 << 16, JOINED_BYTES_MAX = GEN_TEXT_BYTES_MAX + 2 };

struct chat_template {
    const struct vocab *v;
    struct jinja *plain, *tools; /* tools: NULL when plain serves requests with tools, too */
    bool typed_content;
    struct buf bos, eos; /* their texts */
};

/* What the template does wrong is told from what the request does. A limit of the template's is not one of the prompt's length. */
static int of_template(struct err *e, int rc)
{
    rc = rc == ERR_LIMIT || rc == ERR_INVAL ? ERR_UNSUPPORTED : rc;
    err_prefix(e, rc, "chat template");
    if (e)
        e->code = rc;
    return rc;
}

static int render(const struct chat_template *t, const struct gen_request *g, bool text_arguments, const struct tm *now,
                  struct jinja_out *ret, struct err *e)
{
    struct chat_shape shape = {.typed_content = t->typed_content, .text_arguments = text_arguments};
    struct chat_vars vars;
    int rc = chat_vars_make(g, &shape, buf_str(&t->bos), buf_str(&t->eos), &vars, e);
    if (rc)
        return rc;
    bool with_tools = g->n_tools && g->tool_choice != GEN_TOOLS_NONE;
    struct jinja_input in = {.vars = vars.root, .trusted = vars.trusted, .n_trusted = vars.n_trusted, .now = *now};
    rc = jinja_render(with_tools && t->tools ? t->tools : t->plain, &jinja_limits_default, &in, ret, e);
    chat_vars_free(&vars);
    return rc ? of_template(e, rc) : OK;
}

static bool has_calls(const struct gen_request *g)
{
    for (size_t i = 0; i < g->n_messages; i++)
        if (g->messages[i].n_tool_calls)
            return true;
    return false;
}

/* The system message at the head of the first user's, for templates that refuse one of its own. False: there is nothing to join. */
static bool join_system(const struct gen_request *g, struct arena *a, struct gen_request *ret)
{
    size_t user = 1, n = g->n_messages;
    while (user < n && g->messages[user].role != GEN_ROLE_USER)
        user++;
    if (user >= n || g->messages[0].role != GEN_ROLE_SYSTEM)
        return false;
    struct gen_message *m = arena_calloc(a, n, sizeof *m);
    struct buf text = buf_make(JOINED_BYTES_MAX);
    buf_put(&text, g->messages[0].content);
    buf_puts(&text, "\n\n");
    buf_put(&text, g->messages[user].content);
    struct str joined = text.failed ? (struct str){0} : arena_dup(a, buf_str(&text));
    buf_free(&text);
    if (!m || !joined.ptr)
        return false;
    memcpy(m, g->messages + 1, (n - 1) * sizeof *m);
    m[user - 1].content = joined;
    *ret = *g;
    ret->messages = m;
    ret->n_messages = n - 1;
    return true;
}

static int render_joined(const struct chat_template *t, const struct gen_request *g, const struct tm *now, struct jinja_out *ret)
{
    struct arena a = arena_make(2 * (size_t)JOINED_BYTES_MAX);
    struct gen_request joined;
    int rc = join_system(g, &a, &joined) ? render(t, &joined, false, now, ret, NULL) : ERR_DENIED;
    arena_free(&a);
    return rc;
}

/* Cuts off what stands behind the text that is to be continued. */
static int cut_open_end(struct jinja_out *o, struct err *e)
{
    struct str text = buf_str(&o->text);
    ptrdiff_t at = -1, next = str_find(text, STR(CHAT_CONTINUE_MARK), 0);
    for (; next >= 0; next = str_find(text, STR(CHAT_CONTINUE_MARK), (size_t)next + 1))
        at = next;
    if (at < 0)
        return err_set(e, ERR_UNSUPPORTED, "chat template: it does not show the message that is to be continued");
    o->text.len = (size_t)at;
    while (o->n_spans && o->spans[o->n_spans - 1].offset >= (size_t)at)
        o->n_spans--;
    if (o->n_spans)
        o->spans[o->n_spans - 1].len = (size_t)at - o->spans[o->n_spans - 1].offset;
    return OK;
}

static int render_request(const struct chat_template *t, const struct gen_request *g, const struct tm *now, struct jinja_out *ret,
                          struct err *e)
{
    int rc = chat_check_turns(g->messages, g->n_messages, g->continue_last, e);
    if (rc)
        return rc;
    if (g->template_kwargs.len > KWARGS_BYTES_MAX)
        return err_set(e, ERR_INVAL, "chat_template_kwargs has more than %d bytes", KWARGS_BYTES_MAX);
    struct err first = {0};
    rc = render(t, g, false, now, ret, &first);
    if (rc == ERR_UNSUPPORTED && has_calls(g) && !render(t, g, true, now, ret, NULL))
        rc = OK;
    if (rc == ERR_DENIED && !render_joined(t, g, now, ret))
        rc = OK;
    if (rc)
        return err_set(e, rc, "%s", first.text);
    if (g->continue_last && (rc = cut_open_end(ret, e)))
        jinja_out_free(ret);
    return rc;
}

int chat_template_text(const struct chat_template *t, const struct gen_request *g, const struct tm *now, struct buf *out, struct err *e)
{
    struct jinja_out o;
    int rc = render_request(t, g, now, &o, e);
    if (rc)
        return rc;
    rc = buf_put(out, buf_str(&o.text));
    jinja_out_free(&o);
    return rc ? err_set(e, rc, "the rendered conversation: %s", err_text(rc)) : OK;
}

int chat_template_tokens(const struct chat_template *t, const struct gen_request *g, const struct tm *now, struct tokens *out,
                         struct err *e)
{
    const struct vocab_info *info = vocab_info(t->v);
    struct jinja_out o;
    int rc = render_request(t, g, now, &o, e);
    if (rc)
        return rc;
    struct chat_tokens c = chat_tokens_begin(t->v, out);
    bool begins = o.n_spans && o.spans[0].trusted && t->bos.len && str_starts(str_head(buf_str(&o.text), o.spans[0].len), buf_str(&t->bos));
    if (info->add_bos && info->bos != TOKEN_NONE && !begins)
        chat_tokens_put(&c, info->bos);
    for (size_t i = 0; i < o.n_spans; i++) {
        struct str s = str_from(o.text.ptr + o.spans[i].offset, o.spans[i].len);
        if (o.spans[i].trusted)
            chat_tokens_own(&c, s);
        else
            chat_tokens_text(&c, s);
    }
    jinja_out_free(&o);
    return chat_tokens_end(&c, e);
}

/* ---- making one */
static int token_text(const struct vocab *v, uint32_t token, struct buf *ret)
{
    *ret = buf_make(MARK_BYTES_MAX);
    return token == TOKEN_NONE ? OK : vocab_piece(v, token, true, ret);
}

/* Renders one message and looks for it in the result. */
static int try_it(const struct chat_template *t, struct err *e)
{
    static const struct tm day = {.tm_year = 125, .tm_mday = 1, .tm_wday = 3};
    struct gen_message m = {.role = GEN_ROLE_USER, .content = STR("How many legs has a spider?")};
    struct gen_request g;
    struct jinja_out o;
    gen_request_init(&g, GEN_CHAT);
    g.messages = &m;
    g.n_messages = 1;
    int rc = render(t, &g, false, &day, &o, e);
    if (rc)
        return rc == ERR_DENIED ? OK : rc; /* it works; that it wants another beginning it may say to a person */
    bool shown = str_find(buf_str(&o.text), m.content, 0) >= 0;
    jinja_out_free(&o);
    return shown ? OK : err_set(e, ERR_UNSUPPORTED, "chat template: a message does not appear in what it renders");
}

static int find_shape(struct chat_template *t, struct err *e)
{
    int rc = try_it(t, e);
    if (rc != ERR_UNSUPPORTED)
        return rc;
    t->typed_content = true;
    return try_it(t, NULL) ? rc : OK;
}

int chat_template_create(struct str text, struct str tools, const struct vocab *v, struct chat_template **ret, struct err *e)
{
    struct chat_template *t = calloc(1, sizeof *t);
    if (!t)
        return err_set(e, ERR_NOMEM, "out of memory for a chat template");
    t->v = v;
    int rc = token_text(v, vocab_info(v)->bos, &t->bos);
    if (!rc)
        rc = token_text(v, vocab_info(v)->eos, &t->eos);
    if (rc)
        err_set(e, rc, "the begin or end token of the vocabulary is too long");
    else if ((rc = jinja_compile(text, &t->plain, e)) || (rc = tools.len ? jinja_compile(tools, &t->tools, e) : OK))
        rc = of_template(e, rc);
    else
        rc = find_shape(t, e);
    if (rc)
        chat_template_free(t);
    else
        *ret = t;
    return rc;
}

void chat_template_free(struct chat_template *t)
{
    if (!t)
        return;
    jinja_free(t->plain);
    jinja_free(t->tools);
    buf_free(&t->bos);
    buf_free(&t->eos);
    free(t);
}
