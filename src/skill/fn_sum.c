#include <stdio.h>

#include "skill/expr.h"
#include "skill/fns.h"
#include "skill/process.h"
#include "skill/unit.h"

/* As a person writes it: × ÷ −. */
static void put_expression(struct str e, struct buf *out)
{
    while (e.len > 2 && e.ptr[0] == '(' && str_chr(e, ')') == (ptrdiff_t)e.len - 1)
        e = str_from(e.ptr + 1, e.len - 2);
    for (size_t i = 0; i < e.len; i++) {
        switch (e.ptr[i]) {
        case '*': buf_puts(out, " × "); break;
        case '/': buf_puts(out, " ÷ "); break;
        case '%': buf_puts(out, " mod "); break;
        case '+': buf_puts(out, " + "); break;
        case ' ': break;
        case '-': buf_puts(out, i && e.ptr[i - 1] != '(' ? " − " : "−"); break;
        default: buf_putc(out, e.ptr[i]);
        }
    }
}

int skill_calculate(struct skill_call *c)
{
    struct str e = intent_text(c->intent, "expression");
    struct expr_value v;
    struct err why = {0};
    bool rounded = false;
    if (expr_eval(e, &v, &why)) {
        reply(c, "That can't be calculated: %s.", "这个算不出来：%s。", why.text);
        return OK;
    }
    put_expression(e, c->out);
    struct buf b = buf_make(100);
    expr_put(&v, &b, &rounded);
    buf_printf(c->out, " %s **" STR_FMT "**", rounded ? "≈" : "=", STR_ARG(buf_str(&b)));
    buf_free(&b);
    return OK;
}

/* ---- units; money goes to qalc, whose rates may be old */

static bool ask_qalc(double v, const char *from, const char *to, struct buf *out)
{
    char what[100];
    snprintf(what, sizeof what, "%.15g %s to %s", v, from, to);
    const char *const argv[] = {"/usr/bin/qalc", "-t", what, NULL};
    const char *const read[] = {"/usr/share/qalculate", NULL};
    struct process p = {.argv = argv, .read = read, .wall_ms = 3000};
    struct buf b = buf_make(4096);
    bool ok = !process_run(&p, &b, NULL, NULL) && b.len && !strstr(buf_cstr(&b), "error");
    if (ok)
        buf_put(out, str_trim(buf_str(&b)));
    buf_free(&b);
    return ok;
}

static void put_amount(const struct skill_call *c, double v, const struct unit *u)
{
    char text[UNIT_TEXT_MAX];
    expr_put_double(v, c->out);
    buf_printf(c->out, c->zh ? "%s" : " %s", unit_spoken(u, c->zh, text));
}

int skill_convert(struct skill_call *c)
{
    const struct slot *value = intent_slot(c->intent, "value");
    const struct unit *from = unit_find(intent_text(c->intent, "from")), *to = unit_find(intent_text(c->intent, "to"));
    double v;
    if (!from || !value) {
        reply(c, "I don't know that unit.", "我不认识这个单位。");
        return OK;
    }
    if (!to && !(to = unit_counterpart(from)))
        to = unit_find(STR("EUR"));
    if (unit_convert(from, to, value->number, &v)) {
        put_amount(c, value->number, from);
        buf_puts(c->out, " = **");
        put_amount(c, v, to);
        buf_puts(c->out, "**");
        return OK;
    }
    struct buf b = buf_make(4096);
    if (ask_qalc(value->number, unit_name(from), unit_name(to), &b)) {
        put_amount(c, value->number, from);
        buf_printf(c->out, " ≈ **" STR_FMT "**", STR_ARG(buf_str(&b)));
        reply(c, " (by the rates that qalc was installed with; they may be old)", "（按安装 qalc 时的汇率，可能已过时）");
    } else if (unit_is_money(from) && unit_is_money(to)) {
        reply(c, "For currencies I need Debian's package `qalc`, and it is not installed (or has no rates).",
              "换算货币需要 Debian 的软件包 `qalc`，这里没有安装（或没有汇率）。");
    } else {
        reply(c, "These measure different things.", "这两个单位量的不是同一种东西。");
    }
    buf_free(&b);
    return OK;
}
