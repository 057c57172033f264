#include "app/term.h"

#include <errno.h>
#include <unistd.h>

#include "app/glyph.h"
#include "app/text.h"
#include "base/utf8.h"

enum { BAR_WIDTH = 24, STDIN_BYTES_MAX = 16 << 20 };

static struct sized scaled(double v, const char *const *units, const char *gap)
{
    struct sized r;
    while (v >= 999.5 && units[1]) {
        v /= 1000;
        units++;
    }
    snprintf(r.text, sizeof r.text, "%.*f%s%s", v >= 99.95 || v == (double)(int)v ? 0 : v >= 9.995 ? 1 : 2, v, gap, *units);
    return r;
}

struct sized bytes_text(uint64_t bytes)
{
    static const char *const units[] = {"B", "KB", "MB", "GB", "TB", NULL};
    return scaled((double)bytes, units, " ");
}

struct sized count_text(uint64_t n)
{
    static const char *const units[] = {"", "K", "M", "B", "T", NULL};
    return scaled((double)n, units, n < 1000 ? "" : " ");
}

struct progress progress_begin(const struct app *a, const char *label)
{
    return (struct progress){.app = a, .label = label, .start_s = clock_s(a->clock), .shown_s = -1};
}

static void put_bar(double share)
{
    fputs(" [", stderr);
    for (int i = 0; i < BAR_WIDTH; i++)
        fputs(i < (int)(share * BAR_WIDTH) ? "━" : " ", stderr);
    fprintf(stderr, "] %3.0f%%", share * 100);
}

void progress_show(struct progress *p, uint64_t done, uint64_t total)
{
    double now = clock_s(p->app->clock), passed = now - p->start_s;
    if (!p->app->err_tty || now - p->shown_s < 0.1)
        return;
    p->shown_s = now;
    p->visible = true;
    fprintf(stderr, "\r\033[K%s", p->label);
    if (total) {
        put_bar((double)done / (double)total);
        if (passed > 0.3 && done) {
            double rate = (double)done / passed;
            fprintf(stderr, T(p->app->lang, PROGRESS), bytes_text((uint64_t)rate).text, (double)(total - done) / rate);
        }
    }
    fflush(stderr);
}

void progress_end(struct progress *p)
{
    if (p->visible)
        fputs("\r\033[K", stderr);
    p->visible = false;
}

int read_standard_input(const struct app *a, struct buf *out, struct err *e)
{
    char piece[16 << 10];
    *out = buf_make(STDIN_BYTES_MAX);
    if (isatty(STDIN_FILENO) && a->err_tty)
        fprintf(stderr, "%s\n", T(a->lang, TYPE_PROMPT));
    for (;;) {
        ssize_t n = read(STDIN_FILENO, piece, sizeof piece);
        if (n < 0)
            return err_set(e, errno == EINTR ? ERR_CANCELED : ERR_IO, T(a->lang, STDIN_FAILED), strerror(errno));
        if (!n)
            break;
        buf_put(out, str_from(piece, (size_t)n));
    }
    if (out->failed)
        return err_set(e, out->failed, T(a->lang, STDIN_TOO_LONG), STDIN_BYTES_MAX >> 20);
    if (out->len && out->ptr[out->len - 1] == '\n')
        out->len--;
    return OK;
}

/* Bytes of the control character, or of the sign that turns the text around, that it begins with, 0 when it is another one. U+0080 …
 * U+009F (U+009B is CSI, which terminals obey as they do ESC [) are two bytes of UTF-8, U+2028 … U+2069 three. */
static size_t control_at(struct str text)
{
    uint32_t cp;
    unsigned char first = (unsigned char)text.ptr[0];
    if (first == 0xc2 && text.len > 1)
        return (unsigned char)text.ptr[1] < 0xa0 ? 2 : 0;
    if (first == 0xe2)
        return utf8_decode(text.ptr, text.len, &cp) == 3 && glyph_turns_text(cp) ? 3 : 0;
    return (first < 0x20 && first != '\n' && first != '\t') || first == 0x7f ? 1 : 0;
}

void write_text(FILE *out, struct str text, bool tty)
{
    size_t from = 0;
    for (size_t i = 0; tty && i < text.len; i++) {
        size_t n = control_at(str_skip(text, i));
        if (!n)
            continue;
        fwrite(text.ptr + from, 1, i - from, out);
        fputs("\xef\xbf\xbd", out);
        from = i + n;
        i += n - 1;
    }
    if (text.len > from)
        fwrite(text.ptr + from, 1, text.len - from, out);
}
