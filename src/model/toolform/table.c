/* The forms. Sources: the templates that the publishers' files carry. A row matches when the template contains its signs; the last row
 * always does. */
#include <stdlib.h>

#include "model/toolform/impl.h"

struct row {
    const char *name, *signs[2];
    const char *trigger, *first, *open, *name_end, *close, *between, *last;
    bool single;
};

static const struct row rows[] = {
    {
        .name = "harmony",
        .signs = {"<|channel|>", "<|message|>"},
        .trigger = "<|channel|>commentary to=functions.",
        .open = "<|channel|>commentary to=functions.",
        .name_end = " <|constrain|>json<|message|>",
        .single = true,
    },
    {
        .name = "deepseek",
        .signs = {"<｜tool▁calls▁begin｜>", "```json"},
        .trigger = "<｜tool▁calls▁begin｜>",
        .first = "<｜tool▁calls▁begin｜>",
        .open = "<｜tool▁call▁begin｜>function<｜tool▁sep｜>",
        .name_end = "\n```json\n",
        .close = "\n```<｜tool▁call▁end｜>",
        .between = "\n",
        .last = "<｜tool▁calls▁end｜>",
    },
    {
        .name = "deepseek-v3.1",
        .signs = {"<｜tool▁calls▁begin｜>"},
        .trigger = "<｜tool▁calls▁begin｜>",
        .first = "<｜tool▁calls▁begin｜>",
        .open = "<｜tool▁call▁begin｜>",
        .name_end = "<｜tool▁sep｜>",
        .close = "<｜tool▁call▁end｜>",
        .last = "<｜tool▁calls▁end｜>",
    },
    {
        .name = "mistral-args",
        .signs = {"[TOOL_CALLS]", "[ARGS]"},
        .trigger = "[TOOL_CALLS]",
        .open = "[TOOL_CALLS]",
        .name_end = "[ARGS]",
    },
    {
        .name = "mistral",
        .signs = {"[TOOL_CALLS]"},
        .trigger = "[TOOL_CALLS]",
        .first = "[TOOL_CALLS][",
        .open = "{\"name\": \"",
        .name_end = "\", \"arguments\": ",
        .close = "}",
        .between = ", ",
        .last = "]",
    },
    {
        .name = "hermes",
        .signs = {"<tool_call>"},
        .trigger = "<tool_call>",
        .open = "<tool_call>\n{\"name\": \"",
        .name_end = "\", \"arguments\": ",
        .close = "}\n</tool_call>",
        .between = "\n",
    },
    {
        .name = "llama3",
        .signs = {"<|start_header_id|>", "\"parameters\""},
        .trigger = "{\"name\": \"",
        .open = "{\"name\": \"",
        .name_end = "\", \"parameters\": ",
        .close = "}",
        .between = "; ",
    },
    {
        .name = "generic",
        .trigger = "<tool_call>",
        .open = "<tool_call>\n{\"name\": \"",
        .name_end = "\", \"arguments\": ",
        .close = "}\n</tool_call>",
        .between = "\n",
    },
};

static const struct {
    const char *sign, *open, *close;
    bool anywhere;
    const char *noise[TOOLFORM_NOISE_MAX];
} thinks[] = {
    {"<|channel|>",
     "<|channel|>analysis<|message|>",
     "<|end|>",
     true,
     {"<|start|>assistant", "<|channel|>final<|message|>", "<|channel|>commentary<|message|>"}},
    {"<think>", "<think>", "</think>", false, {NULL}},
    {"</think>", "<think>", "</think>", false, {NULL}},
    {"[THINK]", "[THINK]", "[/THINK]", false, {NULL}},
    {"<|START_THINKING|>", "<|START_THINKING|>", "<|END_THINKING|>", false, {NULL}},
    {"<seed:think>", "<seed:think>", "</seed:think>", false, {NULL}},
    {"<thought>", "<thought>", "</thought>", false, {NULL}},
};

enum { FORM_BYTES_MAX = 1 << 14 };

struct toolform {
    const struct row *row;
    struct toolform_texts texts;
    bool in_template;
    struct arena arena; /* of the texts */
};

static bool contains(struct str text, const char *sign)
{
    return !sign || str_find(text, str_of(sign), 0) >= 0;
}

/* The length of the control token that s begins with, or 0. */
static size_t control_token(const struct vocab *v, struct str s)
{
    char close = s.ptr[0] == '<' ? '>' : s.ptr[0] == '[' ? ']' : 0;
    ptrdiff_t end = v && close ? str_chr(s, close) : -1;
    if (end < 0)
        return 0;
    uint32_t t = vocab_find(v, str_head(s, (size_t)end + 1));
    return t != TOKEN_NONE && vocab_is_special(v, t) ? (size_t)end + 1 : 0;
}

/* The text with marks around its control tokens. */
static struct str marked(struct toolform *f, const struct vocab *v, const char *text)
{
    struct buf b = buf_make(FORM_BYTES_MAX);
    struct str s = str_of(text);
    while (s.len) {
        size_t n = control_token(v, s);
        if (n)
            buf_putc(&b, TOOLFORM_MARK);
        buf_put(&b, str_head(s, n ? n : 1));
        if (n)
            buf_putc(&b, TOOLFORM_MARK);
        s = str_skip(s, n ? n : 1);
    }
    struct str ret = b.failed ? (struct str){0} : arena_dup(&f->arena, buf_str(&b));
    buf_free(&b);
    return ret;
}

static int make_texts(struct toolform *f, const struct vocab *v, struct str template_text)
{
    const struct row *r = f->row;
    struct toolform_texts *t = &f->texts;
    *t = (struct toolform_texts){
        .trigger = marked(f, v, r->trigger),
        .first = marked(f, v, r->first),
        .open = marked(f, v, r->open),
        .name_end = marked(f, v, r->name_end),
        .close = marked(f, v, r->close),
        .between = marked(f, v, r->between),
        .last = marked(f, v, r->last),
        .single = r->single,
    };
    for (size_t i = 0; i < sizeof thinks / sizeof *thinks; i++) {
        if (!contains(template_text, thinks[i].sign))
            continue;
        t->think_open = marked(f, v, thinks[i].open);
        t->think_close = marked(f, v, thinks[i].close);
        t->think_anywhere = thinks[i].anywhere;
        for (size_t k = 0; k < TOOLFORM_NOISE_MAX; k++)
            t->noise[k] = marked(f, v, thinks[i].noise[k]);
        return t->think_open.len && t->think_close.len && t->trigger.len && t->open.len ? OK : ERR_NOMEM;
    }
    return t->trigger.len && t->open.len ? OK : ERR_NOMEM;
}

int toolform_create(struct str template_text, const struct vocab *v, struct toolform **ret)
{
    struct toolform *f = calloc(1, sizeof *f);
    if (!f)
        return ERR_NOMEM;
    const struct row *r = rows;
    while (!(contains(template_text, r->signs[0]) && contains(template_text, r->signs[1])))
        r++;
    f->row = r;
    f->arena = arena_make(FORM_BYTES_MAX);
    f->in_template = r->signs[0] && contains(template_text, "tools");
    if (make_texts(f, v, template_text)) {
        toolform_free(f);
        return ERR_NOMEM;
    }
    *ret = f;
    return OK;
}

void toolform_free(struct toolform *f)
{
    if (!f)
        return;
    arena_free(&f->arena);
    free(f);
}

const char *toolform_name(const struct toolform *f)
{
    return f->row->name;
}

const struct toolform_texts *toolform_texts(const struct toolform *f)
{
    return &f->texts;
}

bool toolform_in_template(const struct toolform *f)
{
    return f->in_template;
}
