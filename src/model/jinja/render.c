/* One rendering: limits, variables, the tree, then the text with its spans. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/jinja/run.h"

/* Ten million steps are about a second. A depth of 800 is some 400 KiB of stack. */
const struct jinja_limits jinja_limits_default = {.steps_max = 20000000,
                                                  .memory_max = (size_t)256 << 20,
                                                  .output_max = (size_t)16 << 20,
                                                  .depth_max = 800};

bool run_fail(struct run *r, int code, const char *fmt, ...)
{
    if (r->failed)
        return false;
    char sentence[sizeof r->e->text - 20];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(sentence, sizeof sentence, fmt, ap);
    va_end(ap);
    r->failed = r->line ? err_set(r->e, code, "line %u: %s", r->line, sentence) : err_set(r->e, code, "%s", sentence);
    return false;
}

static bool trusted_at(const struct text *t, size_t i)
{
    return t->mask == TEXT_OWN || (t->mask != TEXT_PLAIN && t->mask[i]);
}

/* Neighbouring bytes of the same trust are a span; ret may be NULL, to count them. */
static size_t make_spans(const struct text *t, struct jinja_span *ret)
{
    size_t n = 0;
    for (size_t from = 0, to; from < t->s.len; from = to, n++) {
        bool trusted = trusted_at(t, from);
        bool uniform = t->mask == TEXT_OWN || t->mask == TEXT_PLAIN;
        for (to = uniform ? t->s.len : from + 1; to < t->s.len && trusted_at(t, to) == trusted;)
            to++;
        if (ret)
            ret[n] = (struct jinja_span){from, to - from, trusted};
    }
    return n;
}

static int hand_over(const struct text *t, struct jinja_out *ret, struct err *e)
{
    struct jinja_out o = {.text = buf_make(t->s.len + 1)};
    o.n_spans = make_spans(t, NULL);
    o.spans = calloc(o.n_spans + 1, sizeof *o.spans);
    if (!o.spans || buf_put(&o.text, t->s)) {
        jinja_out_free(&o);
        return err_set(e, ERR_NOMEM, "out of memory for a rendered conversation");
    }
    make_spans(t, o.spans);
    *ret = o;
    return OK;
}

void jinja_out_free(struct jinja_out *o)
{
    buf_free(&o->text);
    free(o->spans);
    *o = (struct jinja_out){0};
}

static bool run(struct run *r, const struct jinja *t)
{
    struct value vars;
    if (!json_is_object(r->input->vars))
        return run_fail(r, ERR_INTERNAL, "a template's variables are an object");
    if (!value_from_json(r, r->input->vars, 0, &vars))
        return false;
    r->vars = vars.dict;
    r->scope = scope_new(r, NULL);
    return r->scope && exec(r, t->body);
}

int jinja_render(const struct jinja *t, const struct jinja_limits *l, const struct jinja_input *in, struct jinja_out *ret, struct err *e)
{
    struct run r = {.arena = arena_make(l->memory_max), .limits = l, .input = in, .e = e, .steps = l->steps_max};
    struct build out = build_in(&r);
    r.out = &out;
    int rc = run(&r, t) ? OK : r.failed;
    if (!rc) {
        struct text text = build_text(&out);
        rc = hand_over(&text, ret, e);
    }
    arena_free(&r.arena);
    return rc;
}
