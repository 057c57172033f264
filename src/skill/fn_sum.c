#include "skill/expr.h"
#include "skill/fns.h"

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
