/* An answer while it is being written: what is waited for, its text, its end.
 *
 *   state events ──► one line that says what the model is doing, when that takes longer than a second
 *   reasoning    ──► dim text, where people watch
 *   text events  ──► Markdown ──► the terminal        (in a pipe: the bytes as they are); how fast it is on the last line
 *   done event   ──► why it ended, when that was not by itself
 *
 * The server writes the answer whether or not we listen, so a connection that breaks is made again, and what has been shown
 * already is skipped: `from` of an event counts the bytes of the whole text. */
#include <poll.h>

#include "app/chat/chat.h"
#include "app/chat/output.h"
#include "app/chat/pace.h"
#include "app/chat/thoughts.h"
#include "app/interrupt.h"
#include "app/term.h"
#include "app/text.h"
#include "fetch/url.h"

enum { ATTEMPTS_MAX = 3, BAR_COLUMNS = 20, PAUSE_MS = 300 };

/* The line that is shown while there is no text yet. */
struct waiting {
    double begun_s, shown_s; /* of the phase; shown_s 0: nothing is on the line */
    char phase[16];
};

struct answer {
    struct chat *chat;
    struct output out;
    struct thoughts thoughts;
    struct waiting waiting;
    struct pace pace;
    json_t *done;
};

static void wipe(struct answer *w)
{
    if (w->waiting.shown_s > 0)
        fputs("\r\033[K", stderr);
    w->waiting.shown_s = 0;
}

void answer_show(struct chat *c, struct str text)
{
    struct output out;
    if (!output_begin(&out, c->app) && !output_put(&out, 0, text))
        output_end(&out);
    output_free(&out);
}

/* ---- waiting */

static void put_bar(double share)
{
    fputs(" [", stderr);
    for (int i = 0; i < BAR_COLUMNS; i++)
        fputs(i < (int)(share * BAR_COLUMNS) ? "━" : " ", stderr);
    fprintf(stderr, "] %3.0f%%", share * 100);
}

static void put_phase(struct answer *w, struct str phase, const json_t *state, double passed_s)
{
    enum lang l = w->chat->app->lang;
    double progress = json_number(state, "progress", -1), done = json_number(state, "done", 0), total = json_number(state, "total", 0);
    double position = json_number(state, "position", 0);
    if (str_eq(phase, STR("queued")))
        fprintf(stderr, T(l, CHAT_QUEUED), position);
    else
        fputs(str_eq(phase, STR("loading")) ? T(l, LOADING) : T(l, CHAT_READING), stderr);
    if (progress < 0 && total > 0)
        progress = done / total;
    if (progress <= 0 || progress > 1)
        return;
    put_bar(progress);
    if (total > 0)
        fprintf(stderr, T(l, CHAT_RATE), done / passed_s);
    fprintf(stderr, T(l, CHAT_LEFT), passed_s / progress * (1 - progress));
}

static void on_state(struct answer *w, const json_t *state)
{
    struct waiting *wait = &w->waiting;
    double now = clock_s(w->chat->app->clock);
    struct str phase = json_text(state, "phase");
    if (!str_eq(phase, str_of(wait->phase))) {
        str_copy(wait->phase, sizeof wait->phase, phase);
        wait->begun_s = now;
    }
    if (!w->chat->tty || !w->chat->app->err_tty || now - wait->begun_s < 1 || now - wait->shown_s < 0.1)
        return;
    fputs("\r\033[K", stderr);
    put_phase(w, phase, state, now - wait->begun_s);
    fflush(stderr);
    wait->shown_s = now;
}

/* ---- events */

static int on_event(void *ctx, struct str name, const json_t *data, struct err *e)
{
    struct answer *w = ctx;
    if (str_eq(name, STR("state"))) {
        on_state(w, data);
    } else if (str_eq(name, STR("reasoning"))) {
        wipe(w);
        int r = thoughts_put(&w->thoughts, (size_t)json_number(data, "from", 0), json_text(data, "text"));
        if (r)
            return r;
        pace_show(&w->pace, data);
    } else if (str_eq(name, STR("text"))) {
        wipe(w);
        if (json_text(data, "text").len)
            thoughts_end(&w->thoughts);
        int r = output_put(&w->out, (size_t)json_number(data, "from", 0), json_text(data, "text"));
        if (!r)
            pace_show(&w->pace, data);
        return r == ERR_IO ? err_set(e, r, "%s", T(w->chat->app->lang, OUTPUT_FAILED)) : r;
    } else if (str_eq(name, STR("done"))) {
        json_decref(w->done);
        w->done = json_deep_copy(data);
    }
    return OK;
}

static void message_path(const struct chat *c, struct str id, const char *tail, char ret[CHAT_PATH_MAX])
{
    struct buf b = buf_make(CHAT_PATH_MAX - 1);
    buf_puts(&b, "/api/conversations/");
    url_put_encoded(&b, str_of(c->id), false);
    buf_puts(&b, "/messages/");
    url_put_encoded(&b, id, false);
    buf_puts(&b, tail);
    str_copy(ret, CHAT_PATH_MAX, buf_str(&b));
    buf_free(&b);
}

/* Ctrl-C came: the server is told, and what it wrote meanwhile is shown. */
static int stop(struct answer *w, struct str id, struct err *e)
{
    char path[CHAT_PATH_MAX];
    interrupt_again();
    message_path(w->chat, id, "/stop", path);
    int r = client_call(w->chat->client, "POST", path, (struct str){0}, NULL, e);
    message_path(w->chat, id, "/events", path);
    return r ? r : client_events(w->chat->client, "GET", path, (struct str){0}, on_event, w, e);
}

static int follow(struct answer *w, struct str id, struct err *e)
{
    char path[CHAT_PATH_MAX];
    int r = ERR_CLOSED;
    message_path(w->chat, id, "/events", path);
    for (int attempt = 0; attempt < ATTEMPTS_MAX && !w->done && (!r || r == ERR_CLOSED || r == ERR_CORRUPT); attempt++) {
        size_t shown = w->out.shown + w->thoughts.shown;
        if (attempt)
            poll(NULL, 0, PAUSE_MS);
        r = client_events(w->chat->client, "GET", path, (struct str){0}, on_event, w, e);
        attempt = w->out.shown + w->thoughts.shown > shown ? 0 : attempt; /* as long as it goes on, it may break off as often as it likes */
    }
    if (r == ERR_CANCELED) {
        w->chat->stopped = true;
        r = stop(w, id, e);
    }
    return r || w->done ? r : err_set(e, ERR_CLOSED, "%s", T(w->chat->app->lang, CHAT_BROKEN));
}

void answer_show_calls(const struct chat *c, const json_t *message)
{
    const json_t *call;
    size_t i;
    json_array_foreach(json_object_get(message, "calls"), i, call)
    {
        struct str name = json_text(call, "name"), arguments = json_text(call, "arguments");
        chat_note(c, T(c->app->lang, CHAT_CALL), STR_ARG(name), STR_ARG(arguments));
    }
    json_array_foreach(json_object_get(message, "results"), i, call)
    {
        struct str name = json_text(call, "name"), content = json_text(call, "content");
        chat_note(c, T(c->app->lang, CHAT_RESULT), STR_ARG(name), STR_ARG(content));
    }
}

/* Why it ended. */
static void say_state(const struct chat *c, const json_t *message)
{
    enum lang l = c->app->lang;
    struct str state = json_text(message, "state"), error = json_text(message, "error");
    if (str_eq(state, STR("stopped")))
        chat_note(c, "%s", T(l, CHAT_STOPPED));
    else if (str_eq(state, STR("length")))
        chat_note(c, "%s", T(l, CHAT_LENGTH));
    else if (str_eq(state, STR("failed")))
        chat_note(c, T(l, CHAT_FAILED), STR_ARG(error));
    else if (str_eq(state, STR("interrupted")))
        chat_note(c, "%s", T(l, CHAT_INTERRUPTED));
}

int answer_follow(struct chat *c, json_t **message, struct err *e)
{
    struct answer w = {.chat = c, .pace.app = c->app, .thoughts.app = c->app};
    int r = output_begin(&w.out, c->app);
    if (!r)
        r = follow(&w, json_text(*message, "id"), e);
    wipe(&w);
    pace_end(&w.pace);
    thoughts_end(&w.thoughts);
    output_end(&w.out);
    if (w.done) {
        json_decref(*message);
        *message = json_incref(w.done);
        answer_show_calls(c, w.done);
        say_state(c, w.done);
        if (str_eq(json_text(w.done, "state"), STR("failed")))
            c->code = EXIT_FAILED;
        if (c->stats && !r)
            answer_stats(c, w.done);
    }
    json_decref(w.done);
    output_free(&w.out);
    return r;
}

void answer_stats(const struct chat *c, const json_t *message)
{
    const json_t *u = json_object_get(message, "usage");
    double prompt = json_number(u, "prompt_tokens", 0), cached = json_number(u, "cached_tokens", 0),
           first_ms = json_number(u, "first_ms", 0);
    double written = json_number(u, "completion_tokens", 0), decode_ms = json_number(u, "decode_ms", 0);
    if (!u)
        return;
    chat_note(c, T(c->app->lang, CHAT_STATS), prompt, cached, first_ms / 1000, written,
              decode_ms > 0 && written > 1 ? (written - 1) / decode_ms * 1000 : 0.0);
}
