#include "app/chat/thoughts.h"

#include "app/term.h"

static FILE *place(const struct thoughts *t)
{
    return t->app->out_tty ? stdout : t->app->err_tty ? stderr : NULL;
}

static bool colored(const struct thoughts *t)
{
    return t->app->out_tty ? t->app->out_color : t->app->err_color;
}

int thoughts_put(struct thoughts *t, size_t from, struct str text)
{
    FILE *out = place(t);
    if (from > t->shown)
        return ERR_CORRUPT;
    text = str_skip(text, t->shown - from);
    t->shown += text.len;
    if (!out || !text.len)
        return OK;
    fputs(colored(t) ? "\033[2m" : "", out);
    write_text(out, text, true);
    fputs(colored(t) ? "\033[0m" : "", out);
    fflush(out);
    t->open = true;
    t->last = text.ptr[text.len - 1];
    return OK;
}

void thoughts_end(struct thoughts *t)
{
    if (t->open)
        fputs(t->last == '\n' ? "\n" : "\n\n", place(t));
    t->open = false;
}
