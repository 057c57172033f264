#include "engine/prompt.h"

#include <time.h>

enum { EXPLAINED_BYTES_MAX = 1 << 28, TAIL_TOKENS = 32, TAIL_BYTES_MAX = 1 << 16, TOOL_NAME_MAX = 64 };

bool prompt_offers_tools(const struct gen_request *g)
{
    return g->kind == GEN_CHAT && g->n_tools && g->tool_choice != GEN_TOOLS_NONE;
}

bool prompt_thinks_not(const struct gen_request *g)
{
    return g->thinking == GEN_THINK_OFF || str_eq(g->reasoning_effort, STR("none"));
}

uint32_t prompt_think_budget(const struct gen_request *g)
{
    static const struct {
        const char *effort;
        uint32_t tokens;
    } budgets[] = {{"minimal", 256}, {"low", 1024}, {"medium", 4096}};
    for (size_t i = 0; !g->think_budget && i < sizeof budgets / sizeof *budgets; i++)
        if (str_eq(g->reasoning_effort, str_of(budgets[i].effort)))
            return budgets[i].tokens;
    return g->think_budget ? g->think_budget : UINT32_MAX;
}

static bool good_name(struct str s)
{
    const struct str chars = STR("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");
    for (size_t i = 0; i < s.len; i++)
        if (str_chr(chars, s.ptr[i]) < 0)
            return false;
    return s.len && s.len <= TOOL_NAME_MAX;
}

int prompt_check_tools(const struct gen_request *g, struct err *e)
{
    bool found = g->tool_choice != GEN_TOOLS_NAMED;
    for (size_t i = 0; i < g->n_tools; i++) {
        struct str name = g->tools[i].name;
        if (!good_name(name))
            return err_set(e, ERR_INVAL, "tool %zu: a name has 1 to %d letters, digits, '_', '-' or '.'", i, TOOL_NAME_MAX);
        for (size_t k = 0; k < i; k++)
            if (str_eq(name, g->tools[k].name))
                return err_set(e, ERR_INVAL, "two tools are called '" STR_FMT "'", STR_ARG(name));
        found |= str_eq(name, g->tool_choice_name);
    }
    if (!found)
        return err_set(e, ERR_INVAL, "no tool is called '" STR_FMT "', which is to be called", STR_ARG(str_head(g->tool_choice_name, 64)));
    if (g->tool_choice == GEN_TOOLS_REQUIRED && !g->n_tools)
        return err_set(e, ERR_INVAL, "a call is demanded, but there are no tools");
    return OK;
}

/* The last tokens as a text with marks around control tokens, as toolform has them; trailing space is cut off. */
static struct str tail_of(const struct model *m, const struct tokens *t, struct buf *b)
{
    for (size_t i = t->len > TAIL_TOKENS ? t->len - TAIL_TOKENS : 0; i < t->len; i++) {
        bool special = vocab_is_special(m->vocab, t->ptr[i]);
        if (special)
            buf_putc(b, TOOLFORM_MARK);
        vocab_piece(m->vocab, t->ptr[i], true, b);
        if (special)
            buf_putc(b, TOOLFORM_MARK);
    }
    return str_trim(buf_str(b));
}

static bool ends_with(const struct model *m, const struct tokens *t, struct str marker)
{
    struct buf b = buf_make(TAIL_BYTES_MAX);
    bool ends = marker.len && str_ends(tail_of(m, t, &b), marker);
    buf_free(&b);
    return ends;
}

bool prompt_ends_thinking(const struct model *m, const struct tokens *prompt)
{
    return ends_with(m, prompt, toolform_texts(m->toolform)->think_open);
}

/* Texts of a form, of which the marked parts are control tokens. */
static int put_form(const struct model *m, const struct str *texts, size_t n, struct tokens *out)
{
    struct buf b = buf_make(TAIL_BYTES_MAX);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < texts[i].len; k++)
            if (texts[i].ptr[k] != TOOLFORM_MARK)
                buf_putc(&b, texts[i].ptr[k]);
    int rc = b.failed
                 ? b.failed
                 : vocab_encode(m->vocab, buf_str(&b), (struct vocab_encode_options){.parse_special = true, .no_space_prefix = true}, out);
    buf_free(&b);
    return rc;
}

int prompt_think_end(const struct model *m, struct tokens *out)
{
    const struct toolform_texts *t = toolform_texts(m->toolform);
    const struct str texts[] = {t->noise[0].len ? STR("") : STR("\n"), t->think_close, t->noise[0], t->noise[1]};
    return t->think_close.len ? put_form(m, texts, sizeof texts / sizeof *texts, out) : OK;
}

/* Thinking that has ended before it began; what models that can do without it are shown for that. */
static int put_no_thinking(const struct model *m, struct tokens *out)
{
    const struct toolform_texts *t = toolform_texts(m->toolform);
    if (!t->think_open.len || t->think_anywhere || ends_with(m, out, t->think_close))
        return OK;
    const struct str texts[] = {t->think_open, STR("\n\n"), t->think_close, STR("\n\n")};
    size_t begun = ends_with(m, out, t->think_open);
    return put_form(m, texts + begun, sizeof texts / sizeof *texts - begun, out);
}

static bool speaks_of_tools(const struct gen_request *g)
{
    bool yes = prompt_offers_tools(g);
    for (size_t i = 0; i < g->n_messages && !yes; i++)
        yes = g->messages[i].n_tool_calls || g->messages[i].role == GEN_ROLE_TOOL;
    return yes;
}

/* The request as the model is shown it: where its template has no place for tools they are explained in words. */
static int shown_request(const struct model *m, const struct gen_request *g, struct arena *a, struct gen_request *ret)
{
    *ret = *g;
    if (!speaks_of_tools(g) || (m->template && toolform_in_template(m->toolform)))
        return OK;
    ret->n_tools = prompt_offers_tools(g) ? g->n_tools : 0;
    int rc = toolform_explain(m->toolform, ret, a, &ret->messages, &ret->n_messages);
    ret->n_tools = 0;
    return rc;
}

static struct tm today(const struct clock *clock)
{
    time_t now = (time_t)(clock_wall_ms(clock) / 1000);
    struct tm day = {0};
    localtime_r(&now, &day);
    return day;
}

/* The template broke on this conversation, as *e says: a recognised format renders it, if there is one, and *e stays as a warning. */
static int stand_in(const struct model *m, const struct gen_request *g, struct arena *a, struct tokens *out, struct err *e)
{
    struct gen_request shown = *g;
    struct err why = {0};
    int rc = chat_format_is_plain(m->chat) ? ERR_INVAL : OK;
    if (!rc && speaks_of_tools(g)) {
        shown.n_tools = prompt_offers_tools(g) ? g->n_tools : 0;
        rc = toolform_explain(m->toolform, &shown, a, &shown.messages, &shown.n_messages);
    }
    if (!rc)
        rc = chat_render(m->chat, m->vocab, shown.messages, shown.n_messages, g->continue_last, out, &why);
    if (!rc)
        err_prefix(e, ERR_UNSUPPORTED, "the %s format stands in for a chat template that does not work for this conversation",
                   chat_format_name(m->chat));
    return rc ? (rc == ERR_NOMEM ? rc : ERR_INVAL) : OK;
}

int prompt_chat(const struct model *m, const struct gen_request *g, const struct clock *clock, struct tokens *out, struct err *e)
{
    struct arena a = arena_make(EXPLAINED_BYTES_MAX);
    struct gen_request shown;
    struct tm day = today(clock);
    int rc = shown_request(m, g, &a, &shown);
    if (!rc && m->template) {
        rc = chat_template_tokens(m->template, &shown, &day, out, e);
        rc = rc == ERR_UNSUPPORTED ? stand_in(m, g, &a, out, e) : rc;
    } else if (!rc)
        rc = chat_render(m->chat, m->vocab, shown.messages, shown.n_messages, g->continue_last, out, e);
    if (!rc && prompt_thinks_not(g) && !g->continue_last)
        rc = put_no_thinking(m, out);
    arena_free(&a);
    return rc;
}

int prompt_chat_text(const struct model *m, const struct gen_request *g, const struct clock *clock, struct buf *out, struct err *e)
{
    struct arena a = arena_make(EXPLAINED_BYTES_MAX);
    struct gen_request shown;
    struct tm day = today(clock);
    if (!m->template)
        return err_set(e, ERR_INVAL, "the model has no chat template that works");
    int rc = shown_request(m, g, &a, &shown);
    rc = rc ? err_set(e, rc, "%s", err_text(rc)) : chat_template_text(m->template, &shown, &day, out, e);
    arena_free(&a);
    return rc;
}
