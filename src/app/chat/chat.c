/* The loop: a line is a command or a message, until Ctrl-D. */
#include "app/chat/chat.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/chat/multiline.h"
#include "app/interrupt.h"
#include "app/paths.h"
#include "app/term.h"
#include "app/text.h"
#include "base/utf8.h"
#include "sys/mem.h"

enum { MESSAGE_BYTES_MAX = 16 << 20, ATTACHMENT_BYTES_MAX = 8 << 20, SHOWN_MESSAGES = 4 };

/* ---- saying things */

const char *chat_style(const struct chat *c, const char *code)
{
    return c->tty && c->app->out_color ? code : "";
}

void chat_put(const struct chat *c, struct str text)
{
    write_text(stdout, text, c->tty);
}

void chat_note(const struct chat *c, const char *fmt, ...)
{
    va_list ap;
    struct buf b = buf_make(1 << 20);
    FILE *out = c->tty ? stdout : stderr;
    va_start(ap, fmt);
    buf_vprintf(&b, fmt, ap);
    va_end(ap);
    fputs(chat_style(c, "\033[2m"), out);
    write_text(out, buf_str(&b), c->tty || c->app->err_tty);
    fprintf(out, "%s\n", chat_style(c, "\033[0m"));
    fflush(out);
    buf_free(&b);
}

/* ---- one line */

static void show_question(const struct chat *c, struct str text)
{
    printf("%s› %s", chat_style(c, "\033[1m"), chat_style(c, "\033[0m"));
    chat_put(c, text);
    putchar('\n');
}

int chat_open(struct chat *c, struct str id, struct err *e)
{
    size_t i;
    json_t *m;
    int r = talk_open(c, id, e);
    if (r)
        return r;
    size_t n = json_array_size(c->branch), from = n > SHOWN_MESSAGES ? n - SHOWN_MESSAGES : 0;
    chat_note(c, T(c->app->lang, CHAT_OPENED), c->title[0] ? c->title : T(c->app->lang, CHAT_UNTITLED), n);
    json_array_foreach(c->branch, i, m)
    {
        bool question = str_eq(json_text(m, "role"), STR("user"));
        if (question && c->line)
            line_remember(c->line, json_text(m, "content"));
        if (!c->tty || i < from)
            continue;
        if (question)
            show_question(c, json_text(m, "content"));
        else
            answer_show(c, json_text(m, "content")), answer_show_calls(c, m);
    }
    return OK;
}

int chat_read_file(struct chat *c, const char *file, struct err *e)
{
    char *text;
    size_t len;
    int r = file_read(file, ATTACHMENT_BYTES_MAX, &text, &len, e);
    if (r)
        return r;
    const char *slash = strrchr(file, '/');
    json_t *item = utf8_valid(text, len, NULL) ? json_pack("{s:s, s:s%}", "name", slash ? slash + 1 : file, "text", text, len) : NULL;
    free(text);
    if (!item)
        return err_set(e, ERR_INVAL, T(c->app->lang, CHAT_ATTACH_NO_TEXT), file);
    json_array_append_new(c->files, item);
    return OK;
}

static void send_message(struct chat *c, struct str text)
{
    struct err e = {0};
    json_t *parent = c->edit_parent;
    c->edit_parent = NULL;
    int r = talk_say(c, text, parent, &e);
    json_decref(parent);
    if (r && r != ERR_CANCELED)
        c->code = complain(c->app, "%s", e.text);
    c->quit |= terminated();
}

static void take_input(struct chat *c, struct str text)
{
    struct str name, rest;
    if (!str_trim(text).len)
        return;
    if (c->line)
        line_remember(c->line, text);
    interrupt_again(); /* a Ctrl-C from between two lines stops nothing */
    line_echo(c->line, false);
    if (command_split(text, &name, &rest))
        command_run(c, name, rest);
    else
        send_message(c, text);
    line_echo(c->line, true);
}

/* ---- from a terminal */

/* Ctrl-C at an empty prompt says how to leave, and a second one leaves. */
static void on_cut(struct chat *c, struct multiline *m, bool empty, int *cuts)
{
    *cuts = empty && !m->open ? *cuts + 1 : 0;
    multiline_drop(m);
    json_decref(c->edit_parent);
    c->edit_parent = NULL;
    if (*cuts == 1)
        chat_note(c, "%s", T(c->app->lang, CHAT_CTRL_C));
    c->quit |= *cuts > 1;
}

static void read_terminal(struct chat *c)
{
    struct multiline m = multiline_make(MESSAGE_BYTES_MAX);
    struct buf line = buf_make(MESSAGE_BYTES_MAX);
    int cuts = 0;
    while (!c->quit) {
        buf_clear(&line);
        enum line_result r = line_read(c->line, m.open ? "… " : "› ", &line);
        if (r == LINE_CUT) {
            on_cut(c, &m, !line.len, &cuts);
            continue;
        }
        if (r != LINE_TEXT) {
            putchar('\n');
            break;
        }
        cuts = 0;
        if (multiline_add(&m, buf_str(&line)))
            take_input(c, buf_str(&m.text));
    }
    multiline_free(&m);
    buf_free(&line);
}

/* ---- from a pipe */

static void read_pipe(struct chat *c)
{
    struct multiline m = multiline_make(MESSAGE_BYTES_MAX);
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    while (!c->quit && (n = getline(&line, &cap, stdin)) >= 0) {
        struct str text = str_from(line, (size_t)n);
        text.len -= str_ends(text, STR("\n"));
        text.len -= str_ends(text, STR("\r"));
        if (multiline_add(&m, text))
            take_input(c, buf_str(&m.text));
        c->quit |= c->stopped; /* Ctrl-C stops the program: nobody sits at a prompt */
    }
    if (!c->quit && multiline_end(&m))
        take_input(c, buf_str(&m.text));
    if (c->stopped || interrupted())
        c->code = EXIT_INTERRUPTED;
    free(line);
    multiline_free(&m);
}

/* ---- the whole */

static void greet(const struct chat *c)
{
    printf("%shearth %s%s · %s%s%s\n", chat_style(c, "\033[1m"), HEARTH_VERSION, chat_style(c, "\033[0m"), c->model,
           client_owns_server(c->client) ? "" : " · ", client_owns_server(c->client) ? "" : client_address(c->client));
    chat_note(c, "%s", T(c->app->lang, CHAT_GREETING));
}

/* libedit and the width of a character want a locale of UTF-8, which hearth speaks in any case. */
static void use_utf8(void)
{
    if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}

int chat_take_options(struct chat *c, struct err *e)
{
    const struct args *args = &c->app->args;
    if (args->system) {
        json_decref(c->system);
        c->system = json_string(args->system);
    }
    for (size_t i = 0; i < args->sets.n; i++) {
        struct str set = args->sets.items[i];
        ptrdiff_t equals = str_chr(set, '=');
        struct str name = equals < 0 ? set : str_head(set, (size_t)equals),
                   value = equals < 0 ? (struct str){0} : str_skip(set, (size_t)equals + 1);
        int r = command_set(c, name, value, e);
        if (r)
            return r;
    }
    return c->system ? OK : err_set(e, ERR_INVAL, "%s", T(c->app->lang, CHAT_NOT_UTF8));
}

/* What was asked last, so that the arrow keys bring it back; on the terminal only, and no reason to fail. */
static void remember_before(struct chat *c)
{
    char id[CHAT_ID_MAX];
    json_t *conversation = NULL, *m;
    size_t i;
    if (!c->line || talk_newest(c, id, NULL))
        return;
    char path[CHAT_PATH_MAX];
    snprintf(path, sizeof path, "/api/conversations/%s", id);
    if (client_call(c->client, "GET", path, (struct str){0}, &conversation, NULL))
        return;
    json_array_foreach(json_object_get(conversation, "messages"), i, m) if (str_eq(json_text(m, "role"), STR("user")))
        line_remember(c->line, json_text(m, "content"));
    json_decref(conversation);
}

int chat_init(struct chat *c, struct app *a, const char *model, struct err *e)
{
    *c = (struct chat){.app = a,
                       .tty = a->out_tty,
                       .stats = a->args.stats,
                       .system = json_string(""),
                       .settings = json_object(),
                       .branch = json_array(),
                       .files = json_array()};
    use_utf8();
    interrupt_again();
    str_copy(c->model, sizeof c->model, str_of(model ? model : a->config.models.chosen));
    int r = client_open(a, model, &c->client, e);
    return r ? r : choose_models(c, e);
}

void chat_deinit(struct chat *c)
{
    line_free(c->line);
    client_close(c->client);
    json_t *const owned[] = {c->system, c->settings, c->branch, c->files, c->models, c->listed, c->edit_parent};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        json_decref(owned[i]);
}

static int start(struct chat *c, struct app *a, struct err *e)
{
    char id[CHAT_ID_MAX];
    int r = chat_init(c, a, a->args.n_words ? a->args.words[0] : NULL, e);
    if (!r && c->tty && isatty(STDIN_FILENO))
        r = line_create(choose_complete, c, a->out_color, &c->line, e);
    if (r)
        return r;
    if (c->line)
        greet(c);
    if (!a->args.resume)
        remember_before(c);
    else if (!(r = talk_newest(c, id, e)))
        r = chat_open(c, str_of(id), e);
    for (size_t i = 0; !r && i < a->args.files.n; i++)
        r = chat_read_file(c, a->args.files.items[i].ptr, e);
    return r ? r : chat_take_options(c, e);
}

int chat_run(struct app *a)
{
    struct chat c;
    struct err e = {0};
    int r = start(&c, a, &e);
    if (r)
        c.code = interrupted() ? EXIT_INTERRUPTED : complain(a, "%s", e.text);
    else if (c.line)
        read_terminal(&c);
    else
        read_pipe(&c);
    chat_deinit(&c);
    return terminated() ? EXIT_INTERRUPTED : c.code;
}
