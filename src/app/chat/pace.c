#include "app/chat/pace.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "app/text.h"

enum { ROWS_MIN = 8, TOKENS_MIN = 4, PATIENCE_MS = 500 };
static const double interval_s = 0.25;

static int terminal_rows(void)
{
    struct winsize size;
    return !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) ? size.ws_row : 0;
}

/* The cursor leaves the last line, by a step down and up that scrolls when it must; setting the region moves it, so it is saved. */
static void reserve(struct pace *p, int rows)
{
    printf("\033D\033M\0337\033[1;%dr\0338", rows - 1);
    p->rows = rows;
}

void pace_end(struct pace *p)
{
    if (!p->rows)
        return;
    printf("\0337\033[r\033[%d;1H\033[2K\0338", p->rows);
    fflush(stdout);
    p->rows = 0;
}

void pace_show(struct pace *p, const json_t *piece)
{
    double tokens = json_number(piece, "tokens", 0), decode_ms = json_number(piece, "decode_ms", 0), now = clock_s(p->app->clock);
    if (!p->app->out_tty || !p->app->out_color || tokens < TOKENS_MIN || decode_ms < PATIENCE_MS || now - p->shown_s < interval_s)
        return;
    int rows = terminal_rows();
    if (rows != p->rows)
        pace_end(p); /* the window has changed */
    if (rows < ROWS_MIN)
        return;
    if (!p->rows)
        reserve(p, rows);
    p->shown_s = now;
    printf("\0337\033[%d;1H\033[2K\033[2m", p->rows);
    printf(T(p->app->lang, CHAT_PACE), tokens / decode_ms * 1000, json_number(piece, "first_ms", 0) / 1000, tokens);
    fputs("\033[0m\0338", stdout);
    fflush(stdout);
}
