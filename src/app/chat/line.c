#include "app/chat/line.h"

#include <errno.h>
#include <histedit.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "app/interrupt.h"
#include "base/utf8.h"

enum { HISTORY_MAX = 1000, PASTE_CHARS_MAX = 1 << 20 };

/* Prompts are not part of a line's width: libedit skips what stands between two of these. */
#define PROMPT_ESCAPE '\1'
#define PASTE_BEGIN   "\033[200~"
#define PASTE_END     "\033[201~"

struct line {
    EditLine *el;
    History *history;
    line_complete_fn *complete;
    void *ctx;
    char prompt[64];
    struct buf fed; /* read before the terminal is: a text to start with */
    bool color, cut, paste;
};

static struct line *of(EditLine *el)
{
    struct line *l = NULL;
    el_get(el, EL_CLIENTDATA, &l);
    return l;
}

static char *on_prompt(EditLine *el)
{
    return of(el)->prompt;
}

/* ---- characters */

enum { CTRL_C = 3 };

/* 1, 0 at the end, -1 on an error or when the program is to end. Ctrl-C is a signal, which becomes a key here; others (the window's size)
 * are libedit's. */
static int read_byte(struct line *l, char *ret)
{
    if (l->fed.len) {
        *ret = l->fed.ptr[0];
        buf_consume(&l->fed, 1);
        return 1;
    }
    for (;;) {
        ssize_t n = read(STDIN_FILENO, ret, 1);
        if (n >= 0)
            return (int)n;
        if (errno != EINTR || terminated())
            return -1;
        if (interrupted()) {
            interrupt_again();
            *ret = CTRL_C;
            return 1;
        }
    }
}

static int read_char(EditLine *el, wchar_t *ret)
{
    struct line *l = of(el);
    char bytes[4];
    uint32_t cp;
    for (size_t n = 0; n < sizeof bytes;) {
        int r = read_byte(l, &bytes[n]);
        if (r <= 0)
            return r;
        int used = utf8_decode(bytes, ++n, &cp);
        if (used > 0) {
            *ret = (wchar_t)cp;
            return 1;
        }
        n = used < 0 ? 0 : n; /* not UTF-8: as if it had not been typed */
    }
    return -1;
}

/* ---- keys */

static unsigned char on_interrupt(EditLine *el, int key)
{
    (void)key;
    of(el)->cut = true;
    return CC_NEWLINE;
}

static unsigned char on_newline(EditLine *el, int key)
{
    (void)key;
    return el_winsertstr(el, L"\n") ? CC_ERROR : CC_REFRESH;
}

/* The mark that ends a paste, found as its characters come by. */
static bool ends_paste(wchar_t c, size_t *at)
{
    static const wchar_t mark[] = L"" PASTE_END;
    *at = c == mark[*at] ? *at + 1 : c == mark[0];
    return *at == sizeof mark / sizeof *mark - 1;
}

/* A paste goes into the line whole: its newlines do not send it. */
static unsigned char on_paste(EditLine *el, int key)
{
    (void)key;
    size_t n = 0, at = 0, cap = 256;
    wchar_t c, *text = malloc((cap + 1) * sizeof *text);
    while (text && n < PASTE_CHARS_MAX && el_wgetc(el, &c) == 1) {
        if (n == cap) {
            wchar_t *more = realloc(text, (2 * cap + 1) * sizeof *text);
            if (!more)
                break;
            text = more;
            cap *= 2;
        }
        if (ends_paste(c, &at)) {
            n -= sizeof PASTE_END - 2 < n ? sizeof PASTE_END - 2 : n;
            break;
        }
        text[n++] = c == L'\r' ? L'\n' : c == L'\t' ? L' ' : c;
    }
    size_t kept = 0;
    for (size_t i = 0; text && i < n; i++)
        if (text[i] == L'\n' || (text[i] >= 0x20 && text[i] != 0x7f && !(text[i] >= 0x80 && text[i] < 0xa0)))
            text[kept++] = text[i];
    bool fine = text && kept;
    if (fine) {
        text[kept] = 0;
        fine = !el_winsertstr(el, text);
    }
    free(text);
    return fine ? CC_REFRESH : CC_ERROR;
}

/* ---- completion */

static size_t common(const struct line_choices *c)
{
    size_t n = c->items[0].len;
    for (size_t i = 1; i < c->n; i++) {
        size_t k = 0;
        while (k < n && k < c->items[i].len && c->items[i].ptr[k] == c->items[0].ptr[k])
            k++;
        n = k;
    }
    return utf8_complete_prefix(c->items[0].ptr, n);
}

static void show_choices(const struct line_choices *c)
{
    putchar('\n');
    for (size_t i = 0; i < c->n; i++)
        printf("%s" STR_FMT, i ? "  " : "", STR_ARG(c->items[i]));
    putchar('\n');
    fflush(stdout);
}

static int insert(EditLine *el, struct str text)
{
    char *copy = str_dup(text);
    int r = copy ? el_insertstr(el, copy) : -1;
    free(copy);
    return r;
}

static unsigned char on_complete(EditLine *el, int key)
{
    (void)key;
    struct line *l = of(el);
    const LineInfo *info = el_line(el);
    struct line_choices choices = {.n = 0};
    size_t from = 0;
    char *before = str_dup(str_from(info->buffer, (size_t)(info->cursor - info->buffer)));
    if (!before)
        return CC_ERROR;
    l->complete(l->ctx, str_of(before), &from, &choices);
    size_t typed = strlen(before) - from, shared = choices.n ? common(&choices) : 0;
    free(before);
    if (!choices.n)
        return CC_ERROR;
    if (shared > typed && insert(el, str_from(choices.items[0].ptr + typed, shared - typed)))
        return CC_ERROR;
    if (choices.n == 1)
        return insert(el, STR(" ")) ? CC_ERROR : CC_REFRESH;
    if (shared > typed)
        return CC_REFRESH;
    show_choices(&choices);
    return CC_REDISPLAY;
}

/* ---- the whole */

static void bind_keys(EditLine *el)
{
    static const char *const keys[][2] = {
        {"^C", "hearth-interrupt"},   {"\\e[200~", "hearth-paste"},  {"\\e^M", "hearth-newline"},       {"\\e^J", "hearth-newline"},
        {"^I", "hearth-complete"},    {"^R", "em-inc-search-prev"},  {"\\e[3~", "ed-delete-next-char"}, {"\\e[1;5D", "ed-prev-word"},
        {"\\e[1;5C", "em-next-word"}, {"^W", "ed-delete-prev-word"},
    };
    /* wide, since libedit keeps these as they are; of narrow ones it makes copies that it never frees */
    el_wset(el, EL_ADDFN, L"hearth-interrupt", L"drop the line", on_interrupt);
    el_wset(el, EL_ADDFN, L"hearth-paste", L"insert what is pasted", on_paste);
    el_wset(el, EL_ADDFN, L"hearth-newline", L"insert a newline", on_newline);
    el_wset(el, EL_ADDFN, L"hearth-complete", L"complete a command", on_complete);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        el_set(el, EL_BIND, keys[i][0], keys[i][1], NULL);
}

int line_create(line_complete_fn *complete, void *ctx, bool color, struct line **ret, struct err *e)
{
    HistEvent event;
    struct line *l = calloc(1, sizeof *l);
    if (!l)
        return err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    *l = (struct line){.complete = complete, .ctx = ctx, .color = color, .fed = buf_make(LINE_BYTES_MAX)};
    l->el = el_init("hearth", stdin, stdout, stderr);
    l->history = history_init();
    if (!l->el || !l->history) {
        line_free(l);
        return err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    }
    history(l->history, &event, H_SETSIZE, HISTORY_MAX);
    history(l->history, &event, H_SETUNIQUE, 1);
    el_set(l->el, EL_CLIENTDATA, l);
    el_set(l->el, EL_EDITOR, "emacs");
    el_set(l->el, EL_SIGNAL, 1);
    el_set(l->el, EL_HIST, history, l->history);
    el_set(l->el, EL_PROMPT_ESC, on_prompt, PROMPT_ESCAPE);
    el_set(l->el, EL_GETCFN, read_char);
    bind_keys(l->el);
    const char *term = getenv("TERM");
    l->paste = term && *term && strcmp(term, "dumb") != 0;
    *ret = l;
    return OK;
}

void line_free(struct line *l)
{
    if (!l)
        return;
    if (l->history)
        history_end(l->history);
    if (l->el)
        el_end(l->el);
    buf_free(&l->fed);
    free(l);
}

enum line_result line_read(struct line *l, const char *prompt, struct buf *ret_text)
{
    int n = 0;
    l->cut = false;
    snprintf(l->prompt, sizeof l->prompt, l->color ? "\1\033[1m\1%s\1\033[0m\1" : "%s", prompt);
    if (l->paste)
        fputs("\033[?2004h", stdout);
    fflush(stdout);
    const char *text = el_gets(l->el, &n);
    fputs(l->cut ? "\n" : "", stdout);
    fputs(l->paste ? "\033[?2004l" : "", stdout);
    fflush(stdout);
    if (terminated())
        return LINE_SIGNAL;
    if (!l->cut && (!text || n <= 0))
        return LINE_END;
    struct str s = str_from(text, n > 0 ? (size_t)n : 0);
    s.len -= str_ends(s, STR("\n")) && !l->cut;
    buf_put(ret_text, s);
    return l->cut ? LINE_CUT : LINE_TEXT;
}

void line_echo(const struct line *l, bool on)
{
    struct termios t;
    if (!l || tcgetattr(STDIN_FILENO, &t))
        return;
    t.c_lflag = on ? t.c_lflag | ECHO : t.c_lflag & ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSANOW, &t);
}

void line_remember(struct line *l, struct str text)
{
    HistEvent event;
    char *copy = text.len ? str_dup(text) : NULL;
    if (copy)
        history(l->history, &event, H_ENTER, copy);
    free(copy);
}

void line_prefill(struct line *l, struct str text)
{
    buf_clear(&l->fed);
    buf_puts(&l->fed, PASTE_BEGIN);
    buf_put(&l->fed, text);
    buf_puts(&l->fed, PASTE_END);
}
