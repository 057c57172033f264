/* The grammar of an answer, after the thinking (nothing is enforced while a model thinks).
 *
 *   answer = calls                  tool_choice "required", or a named function
 *          | text [trigger calls]   "auto": whoever begins a call must finish it
 *          | calls | format         "auto", when a format is asked for as well
 *   calls  = first call (between call)* last
 *   call   = open NAME name_end ARGUMENTS close, where the arguments are a value of that tool's schema
 *
 * The texts are the model's own form (model/toolform), so what is forced is what its parser reads. */
#include "engine/enforce.h"

#include <jansson.h>
#include <stdlib.h>

#include "engine/prompt.h"

enum { CALLS_MAX = 32, BLANK_MAX = 2 };

struct enforce {
    struct grammar_builder *b;
    const struct toolform_texts *t;
    const struct gen_request *g;
    const struct gen_tool *no_object; /* a tool whose parameters are none */
};

/* A form's text: its marked parts are control tokens. */
static grammar_expr form(struct enforce *f, struct str s)
{
    grammar_expr all = grammar_seq(f->b, NULL, 0);
    while (s.len) {
        bool special = s.ptr[0] == TOOLFORM_MARK;
        struct str rest = str_skip(s, special);
        ptrdiff_t mark = str_chr(rest, TOOLFORM_MARK);
        size_t n = mark < 0 ? rest.len : (size_t)mark;
        grammar_expr part = special ? grammar_special(f->b, str_head(rest, n)) : grammar_literal(f->b, str_head(rest, n));
        all = grammar_seq(f->b, (grammar_expr[]){all, part}, 2);
        s = str_skip(rest, n + special);
    }
    return all;
}

/* A trigger is one control token, or letters. */
static struct grammar_trigger trigger(struct str s, grammar_expr then)
{
    bool special = s.len > 2 && s.ptr[0] == TOOLFORM_MARK;
    return (struct grammar_trigger){.text = special ? str_from(s.ptr + 1, s.len - 2) : s, .special = special, .then = then};
}

static bool may_be_called(const struct gen_request *g, const struct gen_tool *tool)
{
    return g->tool_choice != GEN_TOOLS_NAMED || str_eq(tool->name, g->tool_choice_name);
}

/* Arguments are an object: a schema that leaves the type open is given it, one that wants another type cannot be a tool's. */
static grammar_expr arguments(struct enforce *f, const struct gen_tool *tool)
{
    static const char *const open_types[] = {"type", "$ref", "anyOf", "oneOf", "allOf", "const", "enum"};
    if (!tool->parameters.len)
        return grammar_literal(f->b, STR("{}"));
    json_t *schema = json_loadb(tool->parameters.ptr, tool->parameters.len, JSON_ALLOW_NUL, NULL), *type = json_object_get(schema, "type");
    bool open = json_is_object(schema);
    for (size_t i = 0; i < sizeof open_types / sizeof *open_types; i++)
        open &= !json_object_get(schema, open_types[i]);
    if (open)
        json_object_set_new(schema, "type", json_string("object"));
    if (type && !(json_is_string(type) && str_eq(str_of(json_string_value(type)), STR("object"))))
        f->no_object = tool;
    char *text = open ? json_dumps(schema, JSON_COMPACT) : NULL;
    grammar_expr any = grammar_format(f->b, GEN_FORMAT_SCHEMA, text ? str_of(text) : tool->parameters);
    free(text);
    json_decref(schema);
    return any;
}

/* NAME name_end ARGUMENTS */
static grammar_expr any_tool(struct enforce *f)
{
    const struct gen_request *g = f->g;
    grammar_expr any = grammar_alt(f->b, NULL, 0), name_end = form(f, f->t->name_end);
    bool first = true;
    for (size_t i = 0; i < g->n_tools; i++) {
        const struct gen_tool *tool = &g->tools[i];
        if (!may_be_called(g, tool))
            continue;
        grammar_expr one = grammar_seq(f->b, (grammar_expr[]){grammar_literal(f->b, tool->name), name_end, arguments(f, tool)}, 3);
        any = first ? one : grammar_alt(f->b, (grammar_expr[]){any, one}, 2);
        first = false;
    }
    return any;
}

/* All calls, without the first `skip` bytes of the form's texts: a trigger that stands there already. */
static grammar_expr calls(struct enforce *f, size_t skip)
{
    const struct toolform_texts *t = f->t;
    grammar_expr tool = grammar_rule(f->b), close = form(f, t->close);
    grammar_define(f->b, tool, any_tool(f));
    grammar_expr open = form(f, str_skip(t->open, skip > t->first.len ? skip - t->first.len : 0));
    grammar_expr all = grammar_seq(f->b, (grammar_expr[]){form(f, str_skip(t->first, skip)), open, tool, close}, 4);
    if (f->g->parallel_tool_calls && !t->single && f->g->tool_choice != GEN_TOOLS_NAMED) {
        grammar_expr more = grammar_seq(f->b, (grammar_expr[]){form(f, t->between), form(f, t->open), tool, close}, 4);
        all = grammar_seq(f->b, (grammar_expr[]){all, grammar_repeat(f->b, more, 0, CALLS_MAX - 1)}, 2);
    }
    return grammar_seq(f->b, (grammar_expr[]){all, form(f, t->last)}, 2);
}

/* What follows thinking may begin on a new line. */
static grammar_expr on_new_line(struct enforce *f, grammar_expr rest)
{
    if (!f->t->think_open.len)
        return rest;
    grammar_expr line = grammar_literal(f->b, STR("\n"));
    return grammar_seq(f->b, (grammar_expr[]){grammar_repeat(f->b, line, 0, BLANK_MAX), rest}, 2);
}

static grammar_expr answer(struct enforce *f)
{
    const struct gen_request *g = f->g;
    if (g->tool_choice != GEN_TOOLS_AUTO)
        return on_new_line(f, calls(f, 0));
    if (g->format != GEN_FORMAT_TEXT)
        return grammar_alt(f->b, (grammar_expr[]){grammar_format(f->b, g->format, g->format_text), on_new_line(f, calls(f, 0))}, 2);
    struct grammar_trigger t = trigger(f->t->trigger, calls(f, f->t->trigger.len));
    return grammar_text(f->b, &t, 1, true);
}

static int no_object(const struct gen_tool *tool, struct err *e)
{
    return err_set(e, ERR_UNSUPPORTED, "the parameters of the tool '" STR_FMT "' must be of type object",
                   STR_ARG(str_head(tool->name, 64)));
}

int enforce_check(const struct gen_tool *tool, struct err *e)
{
    struct enforce f = {0};
    struct grammar *g = NULL;
    struct err why = {0};
    int rc = grammar_builder_create(NULL, &f.b);
    if (rc)
        return rc;
    grammar_expr root = arguments(&f, tool);
    if (f.no_object)
        rc = no_object(tool, e);
    else if ((rc = grammar_build(f.b, root, &g, &why)))
        err_set(e, rc, "the parameters of the tool '" STR_FMT "': %s", STR_ARG(str_head(tool->name, 64)), why.text);
    grammar_free(g);
    grammar_builder_free(f.b);
    return rc;
}

/* Which field the failure belongs to: the tool whose schema cannot be enforced by itself, if one is to blame. */
static const char *blame(const struct gen_request *g, struct err *e)
{
    for (size_t i = 0; prompt_offers_tools(g) && i < g->n_tools; i++)
        if (may_be_called(g, &g->tools[i]) && enforce_check(&g->tools[i], e))
            return "tools";
    return g->format != GEN_FORMAT_TEXT ? "response_format" : "tools";
}

static void put_key(struct buf *b, struct str s)
{
    buf_printf(b, "%zu:", s.len);
    buf_put(b, s);
}

int enforce_key(const struct gen_request *g, struct buf *key)
{
    buf_printf(key, "%d %d %d ", (int)g->format, (int)g->tool_choice, g->parallel_tool_calls);
    put_key(key, g->format_text);
    put_key(key, g->tool_choice_name);
    for (size_t i = 0; i < g->n_tools; i++) {
        put_key(key, g->tools[i].name);
        put_key(key, g->tools[i].parameters);
    }
    return key->failed;
}

int enforce_build(const struct model *m, const struct gen_request *g, struct grammar **ret, const char **ret_param, struct err *e)
{
    struct enforce f = {.t = toolform_texts(m->toolform), .g = g};
    int rc = grammar_builder_create(NULL, &f.b);
    if (rc)
        return rc;
    grammar_expr root = answer(&f);
    if (f.no_object) {
        *ret_param = "tools";
        rc = no_object(f.no_object, e);
    } else {
        rc = grammar_build(f.b, root, ret, e);
        if (rc && rc != ERR_NOMEM)
            *ret_param = blame(g, e);
    }
    grammar_builder_free(f.b);
    return rc;
}
