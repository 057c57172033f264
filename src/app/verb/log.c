/* hearth log: the journal, as the server that runs tells it, or else from the data folder itself. */
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/client.h"
#include "app/client_server.h"
#include "app/home.h"
#include "app/interrupt.h"
#include "app/span.h"
#include "app/term.h"
#include "app/text.h"
#include "observe/query.h"

enum { ANSWER_BYTES_MAX = 64 << 20, FOLLOW_US = 1000000 };

/* ---- where events come from; both as JSON */

static int events_of_server(struct app *a, const struct journal_query *q, json_t **ret, struct err *e)
{
    char path[200];
    struct client *c = NULL;
    snprintf(path, sizeof path, "/api/journal?since_ms=%lld&after=%llu&limit=%zu", (long long)q->since_ms, (unsigned long long)q->after,
             q->limit);
    int r = client_open(a, NULL, &c, e);
    if (!r)
        r = client_call(c, "GET", path, (struct str){0}, ret, e);
    client_close(c);
    return r;
}

static int events_of_folder(struct app *a, struct journal_query *q, json_t **ret, struct err *e)
{
    struct store *store = NULL;
    struct stat st;
    struct buf out = buf_make(ANSWER_BYTES_MAX);
    char dir[PATH_MAX];
    if (stat(a->store_dir, &st)) /* to be read, not to be made */
        return err_set(e, ERR_NOENT, T(a->lang, FILE_WANTED), a->store_dir, strerror(errno));
    int r = home_open(a, &store, e);
    if (!r) {
        home_journal(a, store, dir, sizeof dir, q->key);
        q->dir = dir;
        r = journal_query_json(q, &out);
        err_set(e, r, "%s: %s", dir, err_text(r));
    }
    *ret = r ? NULL : json_loadb(out.ptr, out.len, 0, NULL);
    if (!r && !*ret)
        r = err_set(e, ERR_NOMEM, "%s", T(a->lang, NO_MEMORY));
    explicit_bzero(q->key, sizeof q->key);
    store_free(store);
    buf_free(&out);
    return r;
}

/* ---- how they look */

static const char *end_of(const struct app *a, struct str end)
{
    static const struct {
        enum journal_end end;
        struct bilingual text;
    } names[] = {{JOURNAL_DONE, {"done", "完成"}},
                 {JOURNAL_REFUSED, {"refused", "拒绝"}},
                 {JOURNAL_FAILED, {"failed", "失败"}},
                 {JOURNAL_LEFT, {"left", "中断"}},
                 {JOURNAL_LOST, {"lost", "丢失"}}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_eq(end, str_of(journal_end_name(names[i].end))))
            return say(a->lang, names[i].text);
    return "?";
}

/* "  14:03:27  owner  done  POST /v1/chat/completions  tiny  120 → 64 tokens  1.25 s" */
static void print_event(const struct app *a, const json_t *o)
{
    char when[32] = "";
    struct tm tm;
    time_t s = (time_t)(json_number(o, "time_ms", 0) / 1000);
    struct str subject = json_text(o, "subject"), reason = json_text(o, "reason"), who = json_text(o, "who");
    double in = json_number(o, "tokens_in", 0), out = json_number(o, "tokens_out", 0), status = json_number(o, "status", 0);
    if (localtime_r(&s, &tm))
        strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm);
    printf("%s  %s", when, end_of(a, json_text(o, "end")));
    if (str_eq(json_text(o, "end"), STR("lost"))) {
        printf(T(a->lang, LOG_LOST), json_number(o, "count", 0));
        return;
    }
    fputs("  ", stdout);
    write_text(stdout, who.len ? who : STR("-"), a->out_tty);
    fputs("  ", stdout);
    write_text(stdout, json_text(o, "what"), a->out_tty);
    if (subject.len)
        fputs("  ", stdout);
    write_text(stdout, subject, a->out_tty);
    if (status >= 400)
        printf("  %.0f", status);
    if (reason.len)
        fputs("  ", stdout);
    write_text(stdout, reason, a->out_tty);
    if (in > 0 || out > 0)
        printf(T(a->lang, LOG_TOKENS), in, out);
    printf(T(a->lang, LOG_SECONDS), json_number(o, "took_ms", 0) / 1000);
    putchar('\n');
}

static void print_all(const struct app *a, const json_t *answer, uint64_t *io_after)
{
    const json_t *events = json_object_get(answer, "events");
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *o = json_array_get(events, i);
        str_to_u64(json_text(o, "id"), io_after);
        if (a->args.json) {
            json_dumpf(o, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
            putchar('\n');
        } else {
            print_event(a, o);
        }
    }
    if (json_number(answer, "damaged", 0) > 0)
        fprintf(stderr, T(a->lang, LOG_DAMAGED), json_number(answer, "damaged", 0));
    fflush(stdout);
}

/* ---- the verb */

/* Without a server nobody writes, so that there is nothing to follow until one runs. */
static int follow(struct app *a, struct journal_query *q, struct err *e)
{
    char address[256];
    while (!interrupted()) {
        json_t *answer = NULL;
        usleep(FOLLOW_US);
        if (interrupted() || !server_running(a, address, sizeof address))
            continue;
        int r = events_of_server(a, q, &answer, e);
        if (r && !interrupted() && server_running(a, address, sizeof address))
            return r;
        if (!r)
            print_all(a, answer, &q->after);
        json_decref(answer);
    }
    return ERR_CANCELED;
}

int verb_log(struct app *a)
{
    char address[256];
    json_t *answer = NULL;
    struct err e = {0};
    struct journal_query q = {.limit = (size_t)a->args.limit};
    if (a->args.since && !span_read_since(str_of(a->args.since), clock_wall_ms(a->clock), &q.since_ms)) {
        complain(a, T(a->lang, LOG_SINCE), a->args.since);
        return EXIT_USAGE;
    }
    interrupt_watch();
    int r = server_running(a, address, sizeof address) ? events_of_server(a, &q, &answer, &e) : events_of_folder(a, &q, &answer, &e);
    if (!r) {
        print_all(a, answer, &q.after);
        if (!q.after && !a->args.json && !a->args.follow)
            fputs(T(a->lang, LOG_EMPTY), stdout);
    }
    json_decref(answer);
    q.limit = JOURNAL_LIMIT_MAX;
    if (!r && a->args.follow)
        r = follow(a, &q, &e);
    if (r && interrupted())
        return EXIT_INTERRUPTED;
    return r ? complain(a, "%s", e.text[0] ? e.text : err_text(r)) : EXIT_OK;
}
