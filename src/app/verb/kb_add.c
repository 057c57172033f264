/* hearth kb add PATH…: a job of the server, followed to its end. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/interrupt.h"
#include "app/term.h"
#include "app/text.h"
#include "app/verb/kb.h"
#include "base/json.h"

enum { PROBLEMS_SHOWN = 20, BODY_BYTES_MAX = 1 << 20 };

struct add {
    struct app *app;
    char id[24], state[24];
    json_t *last; /* news */
    bool line;    /* a progress line stands on the terminal */
};

static void wipe(struct add *d)
{
    if (d->line)
        fputs("\r\033[K", stderr);
    d->line = false;
}

static void show(struct add *d, const json_t *o)
{
    enum lang l = d->app->lang;
    double eta = json_number(o, "eta_s", -1);
    if (!d->app->err_tty)
        return;
    fputs("\r\033[K", stderr);
    d->line = true;
    if (!strcmp(d->state, "counting"))
        fprintf(stderr, T(l, KB_COUNTING), json_number(o, "files_total", 0), bytes_text((uint64_t)json_number(o, "bytes_total", 0)).text);
    else if (!strcmp(d->state, "reading"))
        fprintf(stderr, T(l, KB_READING), json_number(o, "files_done", 0), json_number(o, "files_total", 0),
                bytes_text((uint64_t)json_number(o, "bytes_done", 0)).text, bytes_text((uint64_t)json_number(o, "bytes_total", 0)).text,
                bytes_text((uint64_t)json_number(o, "rate_bps", 0)).text);
    else
        fputs(T(l, KB_TIDYING), stderr);
    if (!strcmp(d->state, "reading") && eta >= 0 && eta < 360000)
        fprintf(stderr, T(l, PULL_LEFT), (int)eta / 60, (int)eta % 60);
    fflush(stderr);
}

static int on_event(void *ctx, struct str name, const json_t *o, struct err *e)
{
    struct add *d = ctx;
    (void)e;
    if (!str_eq(name, STR("job")) || !o)
        return OK;
    str_copy(d->state, sizeof d->state, json_text(o, "state"));
    json_decref(d->last);
    d->last = json_incref((json_t *)(uintptr_t)o);
    show(d, o);
    return OK;
}

/* ---- the request */

/* Absolute and without links, as the server wants it. One that is gone keeps its name: what was there of it is to be forgotten. */
static void put_path(struct json *j, const char *path)
{
    char real[PATH_MAX], here[PATH_MAX];
    struct buf full = buf_make(2 * PATH_MAX);
    if (realpath(path, real)) {
        json_cstr(j, real);
    } else if (path[0] == '/' || !getcwd(here, sizeof here)) {
        json_cstr(j, path);
    } else {
        buf_printf(&full, "%s/%s", here, path);
        json_str(j, buf_str(&full));
    }
    buf_free(&full);
}

static int begin(struct add *d, struct client *c, struct err *e)
{
    const struct args *args = &d->app->args;
    struct buf body = buf_make(BODY_BYTES_MAX);
    struct json j = json_to(&body);
    json_t *answer = NULL;
    json_obj(&j);
    json_kcstr(&j, "collection", args->collection ? args->collection : KB_COLLECTION);
    json_key(&j, "paths");
    json_arr(&j);
    for (size_t i = 1; i < args->n_words; i++)
        put_path(&j, args->words[i]);
    json_arr_end(&j);
    json_obj_end(&j);
    int r = client_call(c, "POST", "/api/kb/jobs", buf_str(&body), &answer, e);
    str_copy(d->id, sizeof d->id, json_text(answer, "id"));
    json_decref(answer);
    buf_free(&body);
    return r;
}

/* ---- the end */

static void print_problems(const struct add *d)
{
    enum lang l = d->app->lang;
    const json_t *problems = json_object_get(d->last, "problems");
    size_t n = json_array_size(problems);
    double failed = json_number(d->last, "failed", 0), passed = json_number(d->last, "passed_over", 0);
    if (failed + passed > 0)
        fprintf(stderr, T(l, KB_BAD), failed, passed);
    else if (n)
        fputs(T(l, KB_REMARKS), stderr);
    for (size_t i = 0; i < n && i < PROBLEMS_SHOWN; i++) {
        fputs("  ", stderr);
        kb_write(d->app, stderr, json_text(json_array_get(problems, i), "path"));
        fputs(": ", stderr);
        kb_write(d->app, stderr, json_text(json_array_get(problems, i), "reason"));
        fputc('\n', stderr);
    }
    if (n > PROBLEMS_SHOWN || failed + passed > (double)n)
        fprintf(stderr, T(l, KB_MORE),
                (failed + passed > (double)n ? failed + passed : (double)n) - (double)(n < PROBLEMS_SHOWN ? n : PROBLEMS_SHOWN));
}

static int end(struct add *d)
{
    const json_t *o = d->last;
    wipe(d);
    if (d->app->args.json && o) {
        json_dumpf(o, stdout, JSON_COMPACT);
        putchar('\n');
    } else if (o) {
        printf(T(d->app->lang, KB_DONE), json_number(o, "added", 0), json_number(o, "replaced", 0), json_number(o, "unchanged", 0),
               json_number(o, "removed", 0));
        fflush(stdout);
        print_problems(d);
    }
    if (!strcmp(d->state, "done"))
        return EXIT_OK;
    if (!strcmp(d->state, "canceled")) {
        fputs(T(d->app->lang, KB_STOPPED), stderr);
        return EXIT_INTERRUPTED;
    }
    char error[300];
    str_copy(error, sizeof error, json_text(o, "error"));
    return complain(d->app, "%s", *error ? error : T(d->app->lang, KB_BROKEN));
}

/* The server ends the job after the documents at hand; its news tell what is in. */
static int give_up(struct add *d, struct client *c)
{
    char path[64];
    struct err e;
    snprintf(path, sizeof path, "/api/kb/jobs/%s", d->id);
    wipe(d);
    interrupt_again(); /* so that these calls are not canceled as well */
    client_call(c, "DELETE", path, (struct str){0}, NULL, NULL);
    snprintf(path, sizeof path, "/api/kb/jobs/%s/events", d->id);
    client_events(c, "GET", path, (struct str){0}, on_event, d, &e);
    end(d);
    return EXIT_INTERRUPTED;
}

int kb_add(struct app *a, struct client *c)
{
    struct add d = {.app = a};
    struct err e = {0};
    char path[64];
    if (a->args.n_words < 2) {
        complain(a, "%s", T(a->lang, KB_ADD_WHAT));
        return EXIT_USAGE;
    }
    if (begin(&d, c, &e))
        return interrupted() ? EXIT_INTERRUPTED : complain(a, "%s", e.text);
    snprintf(path, sizeof path, "/api/kb/jobs/%s/events", d.id);
    int r = client_events(c, "GET", path, (struct str){0}, on_event, &d, &e), code;
    if (interrupted()) {
        code = give_up(&d, c);
    } else if (r) {
        wipe(&d);
        code = complain(a, "%s", e.text);
    } else {
        code = end(&d);
    }
    json_decref(d.last);
    return code;
}
