#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static const struct {
    int code;
    const char *name, *text;
} table[] = {
#define X(name, number, text) {-(number), #name, text},
    ERR_LIST(X)
#undef X
};

const char *err_name(int code)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].code == code)
            return table[i].name;
    return code == OK ? "OK" : "UNKNOWN";
}

const char *err_text(int code)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].code == code)
            return table[i].text;
    return code == OK ? "no error" : "unknown error";
}

/* vsnprintf cuts at a byte; a reader of UTF-8 must not be given half a character. */
static void cut_at_character(char *text)
{
    size_t len = strlen(text);
    text[utf8_complete_prefix(text, len)] = 0;
}

int err_set(struct err *e, int code, const char *fmt, ...)
{
    if (!e)
        return code;
    va_list ap;
    va_start(ap, fmt);
    e->code = code;
    vsnprintf(e->text, sizeof e->text, fmt, ap);
    va_end(ap);
    cut_at_character(e->text);
    return code;
}

int err_prefix(struct err *e, int code, const char *fmt, ...)
{
    if (!e)
        return code;
    char old[sizeof e->text], head[sizeof e->text];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(head, sizeof head, fmt, ap);
    va_end(ap);
    memcpy(old, e->text, sizeof old);
    return err_set(e, e->code, "%s: %s", head, old);
}
