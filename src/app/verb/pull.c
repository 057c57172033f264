/* hearth pull: the server does it (the one that runs, or one for the time being), so that the page sees it as well. */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "app/client.h"
#include "app/interrupt.h"
#include "app/term.h"
#include "app/text.h"
#include "base/json.h"

enum { REST_TRIES = 50 };

struct pull {
    struct app *app;
    const char *name;
    char id[24], state[24], error[500], model[256];
    int tenths; /* of the file, as the last plain line said */
    bool kept;  /* something of it is there, to go on from */
    bool line;  /* a progress line stands on the terminal */
};

static void wipe(struct pull *p)
{
    if (p->line)
        fputs("\r\033[K", stderr);
    p->line = false;
}

static const char *label(const struct pull *p)
{
    enum lang l = p->app->lang;
    if (!strcmp(p->state, "resolving"))
        return T(l, PULL_RESOLVING);
    return strcmp(p->state, "checking") ? T(l, PULL_LOADING) : T(l, PULL_CHECKING);
}

/* The label's only directive is %s. */
static void put_label(const struct pull *p)
{
    struct str text = str_of(label(p));
    ptrdiff_t at = str_find(text, STR("%s"), 0);
    fwrite(text.ptr, 1, (size_t)at, stderr);
    write_text(stderr, str_of(p->name), p->app->err_tty);
    fputs(text.ptr + at + 2, stderr);
}

static void put_numbers(const struct pull *p, const json_t *o)
{
    enum lang l = p->app->lang;
    double done = json_number(o, "bytes_done", 0), total = json_number(o, "bytes_total", 0), eta = json_number(o, "eta_s", -1);
    if (total <= 0)
        return;
    fprintf(stderr, T(l, PULL_RATE), bytes_text((uint64_t)done).text, bytes_text((uint64_t)total).text,
            bytes_text((uint64_t)json_number(o, "rate_bps", 0)).text);
    if (eta >= 0 && eta < 360000)
        fprintf(stderr, T(l, PULL_LEFT), (int)eta / 60, (int)eta % 60);
}

/* One line that is written over on a terminal; elsewhere a line for each state and each tenth of the file. */
static void show(struct pull *p, const json_t *o, bool new_state)
{
    double total = json_number(o, "bytes_total", 0);
    int tenths = total > 0 ? (int)(json_number(o, "bytes_done", 0) / total * 10) : 0;
    if (p->app->err_tty) {
        fputs("\r\033[K", stderr);
        p->line = true;
    } else if (!new_state && tenths == p->tenths) {
        return;
    }
    p->tenths = tenths;
    put_label(p);
    put_numbers(p, o);
    if (!p->app->err_tty)
        fputc('\n', stderr);
    fflush(stderr);
}

static void keep(char *dst, size_t cap, struct str s)
{
    str_copy(dst, cap, s);
}

static int on_event(void *ctx, struct str name, const json_t *o, struct err *e)
{
    struct pull *p = ctx;
    (void)e;
    if (!str_eq(name, STR("pull")) || !o)
        return OK;
    struct str state = json_text(o, "state");
    bool changed = !str_eq(state, str_of(p->state));
    p->kept = json_number(o, "bytes_done", 0) > 0;
    keep(p->state, sizeof p->state, state);
    keep(p->error, sizeof p->error, json_text(o, "error"));
    keep(p->model, sizeof p->model, json_text(o, "model"));
    if (str_eq(state, STR("resolving")) || str_eq(state, STR("downloading")) || str_eq(state, STR("checking")))
        show(p, o, changed);
    return OK;
}

static int begin(struct pull *p, struct client *c, struct err *e)
{
    struct buf body = buf_make(16 << 10);
    struct json j = json_to(&body);
    const char *token = getenv("HF_TOKEN");
    json_t *answer = NULL;
    json_obj(&j);
    json_kcstr(&j, "name", p->name);
    if (p->app->args.revision)
        json_kcstr(&j, "revision", p->app->args.revision);
    if (p->app->args.sha256)
        json_kcstr(&j, "sha256", p->app->args.sha256);
    if (token && *token)
        json_kcstr(&j, "token", token);
    json_obj_end(&j);
    int r = client_call(c, "POST", "/api/models/pull", buf_str(&body), &answer, e);
    keep(p->id, sizeof p->id, json_text(answer, "id"));
    json_decref(answer);
    buf_free(&body);
    return r;
}

static void path_of(const struct pull *p, const char *tail, char ret[96])
{
    snprintf(ret, 96, "/api/models/pulls/%s%s", p->id, tail);
}

/* What the server still has of it, once it has ended. */
static void see_rest(struct pull *p, struct client *c)
{
    for (int i = 0; i < REST_TRIES; i++) {
        json_t *answer = NULL, *one;
        size_t at;
        bool runs = false;
        if (client_call(c, "GET", "/api/models/pulls", (struct str){0}, &answer, NULL))
            return;
        json_array_foreach(json_object_get(answer, "pulls"), at, one)
        {
            if (!str_eq(json_text(one, "id"), str_of(p->id)))
                continue;
            keep(p->state, sizeof p->state, json_text(one, "state"));
            p->kept = json_number(one, "bytes_done", 0) > 0;
            runs = strcmp(p->state, "canceled") != 0 && strcmp(p->state, "failed") != 0 && strcmp(p->state, "done") != 0;
        }
        json_decref(answer);
        if (!runs)
            return;
        nanosleep(&(struct timespec){0, 100000000}, NULL);
    }
    p->kept = false; /* it has not ended yet: nothing is promised */
}

static void say_stopped(const struct pull *p)
{
    if (p->kept)
        fprintf(stderr, T(p->app->lang, PULL_KEPT), p->name);
    else
        fputs(T(p->app->lang, PULL_STOPPED), stderr);
    fputc('\n', stderr);
}

static int give_up(struct pull *p, struct client *c)
{
    char path[96];
    path_of(p, "", path);
    wipe(p);
    interrupt_again(); /* so that these calls are not canceled as well */
    client_call(c, "DELETE", path, (struct str){0}, NULL, NULL);
    see_rest(p, c);
    say_stopped(p);
    return EXIT_INTERRUPTED;
}

static int end(struct pull *p)
{
    wipe(p);
    if (!strcmp(p->state, "done")) {
        printf(T(p->app->lang, PULL_DONE), p->model, p->model);
        return EXIT_OK;
    }
    if (!strcmp(p->state, "canceled")) {
        say_stopped(p);
        return EXIT_FAILED;
    }
    if (!strcmp(p->state, "failed"))
        return complain(p->app, "%s", p->error);
    return complain(p->app, T(p->app->lang, PULL_BROKEN), p->name);
}

static int pull(struct pull *p, struct client *c)
{
    struct err e = {0};
    char path[96];
    if (begin(p, c, &e))
        return interrupted() ? EXIT_INTERRUPTED : complain(p->app, "%s", e.text);
    path_of(p, "/events", path);
    int r = client_events(c, "GET", path, (struct str){0}, on_event, p, &e);
    if (interrupted())
        return give_up(p, c);
    if (r) {
        wipe(p);
        return complain(p->app, "%s", e.text);
    }
    return end(p);
}

/* ---- without a name */

static void put_row(const struct app *a, const json_t *m)
{
    double speed = json_number(m, "tokens_per_s", 0);
    struct str name = json_text(m, "name"), about = json_text(m, a->lang == LANG_ZH ? "about_zh" : "about_en");
    write_text(stdout, name, a->out_tty);
    printf("%*s%9s", name.len < 48 ? (int)(48 - name.len) : 1, "", bytes_text((uint64_t)json_number(m, "bytes", 0)).text);
    if (json_is_false(json_object_get(m, "fits")))
        printf("  %s\n", T(a->lang, PULL_TOO_LARGE));
    else
        printf("  %5.0f\n", speed);
    printf("    ");
    write_text(stdout, about, a->out_tty);
    putchar('\n');
}

static int suggest(struct app *a, struct client *c)
{
    struct err e = {0};
    json_t *answer = NULL;
    if (client_call(c, "GET", "/api/models/suggested", (struct str){0}, &answer, &e))
        return complain(a, "%s", e.text);
    const json_t *models = json_object_get(answer, "models");
    fputs(T(a->lang, PULL_SUGGEST), stdout);
    for (size_t i = 0; i < json_array_size(models); i++)
        put_row(a, json_array_get(models, i));
    fputs(T(a->lang, PULL_NEXT), stdout);
    json_decref(answer);
    return EXIT_OK;
}

int verb_pull(struct app *a)
{
    struct pull p = {.app = a, .name = a->args.n_words ? a->args.words[0] : ""};
    struct client *c = NULL;
    struct err e = {0};
    interrupt_watch();
    if (client_open(a, NULL, &c, &e))
        return interrupted() ? EXIT_INTERRUPTED : complain(a, "%s", e.text);
    int code = a->args.n_words ? pull(&p, c) : suggest(a, c);
    client_close(c);
    return code;
}
