/* hearth import FILE: an export of hearth's, or ChatGPT's conversations.json; through the server that runs, or else into the data
 * folder itself. What is there already is skipped, so that the same file may be given again. */
#include <stdlib.h>

#include "app/client.h"
#include "app/client_server.h"
#include "app/home.h"
#include "app/interrupt.h"
#include "app/term.h"
#include "app/text.h"
#include "people/people.h"
#include "sys/mem.h"
#include "talk/exchange.h"

enum { MESSAGES_AT_ONCE = 500, SKIPPED_SHOWN = 10, REPORT_BYTES_MAX = 1 << 20 };

/* ---- through the server */

static int give_to_server(struct app *a, struct str file, json_t **ret, struct err *e)
{
    struct client *c = NULL;
    int r = client_open(a, NULL, &c, e);
    if (!r)
        r = client_send(c, "/api/import", file, ret, e);
    client_close(c);
    if (r == ERR_LIMIT)
        err_set(e, r, T(a->lang, IMPORT_TOO_LARGE), a->args.words[0], bytes_text(file.len).text, TALK_IMPORT_BYTES_MAX >> 20);
    return r;
}

/* ---- into the folder */

struct step {
    struct talk_import *import;
    int64_t now_ms;
    bool left;
};

static int take_some(struct store_db *db, void *ctx, struct err *e)
{
    struct step *s = ctx;
    return talk_import_some(db, PEOPLE_OWNER, s->import, s->now_ms, MESSAGES_AT_ONCE, &s->left, e);
}

/* The same answer as the server's. */
static int answer_of(const struct talk_import *i, json_t **ret, struct err *e)
{
    struct buf b = buf_make(REPORT_BYTES_MAX);
    talk_import_put(&b, talk_import_result(i));
    *ret = b.failed ? NULL : json_loadb(b.ptr, b.len, 0, NULL);
    buf_free(&b);
    return *ret ? OK : err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
}

static int put_in_folder(struct app *a, struct str file, json_t **ret, struct err *e)
{
    struct step s = {.now_ms = clock_wall_ms(a->clock), .left = true};
    struct store *store = NULL;
    int r = talk_import_open(file, &s.import, e); /* first: a broken file makes no folder */
    if (!r)
        r = home_open(a, &store, e);
    while (!r && s.left && !interrupted())
        r = store_write(store, take_some, &s, e);
    store_free(store);
    if (!r)
        r = answer_of(s.import, ret, e);
    talk_import_free(s.import);
    return r;
}

/* ---- both */

/* On one line. */
static void put_title(const struct app *a, struct str title)
{
    struct str line;
    if (!title.len)
        title = STR("…");
    for (bool more = false; str_split(&title, '\n', &line); more = true) {
        if (more)
            putchar(' ');
        write_text(stdout, line, a->out_tty);
    }
}

static void report(const struct app *a, const json_t *answer)
{
    const json_t *skipped = json_object_get(answer, "skipped");
    long long total = (long long)json_number(answer, "skipped_total", 0), shown = 0;
    printf(T(a->lang, IMPORTED), (long long)json_number(answer, "conversations", 0), (long long)json_number(answer, "messages", 0));
    if (total > 0)
        printf(T(a->lang, IMPORT_SKIPPED), total);
    for (; shown < SKIPPED_SHOWN && (size_t)shown < json_array_size(skipped); shown++) {
        const json_t *one = json_array_get(skipped, (size_t)shown);
        fputs("  ", stdout);
        put_title(a, json_text(one, "title"));
        fputs(": ", stdout);
        write_text(stdout, json_text(one, "reason"), a->out_tty);
        putchar('\n');
    }
    if (total > shown)
        printf(T(a->lang, IMPORT_MORE), total - shown);
}

int verb_import(struct app *a)
{
    struct err e = {0};
    json_t *answer = NULL;
    char *bytes = NULL, address[256];
    size_t len = 0;
    interrupt_watch();
    int r = file_read(a->args.words[0], TALK_IMPORT_BYTES_MAX, &bytes, &len, &e);
    if (r == ERR_LIMIT)
        return complain(a, T(a->lang, IMPORT_IN_PARTS), a->args.words[0], TALK_IMPORT_BYTES_MAX >> 20);
    if (r)
        return complain(a, "%s", e.text);
    struct str file = str_from(bytes, len);
    r = server_running(a, address, sizeof address) ? give_to_server(a, file, &answer, &e) : put_in_folder(a, file, &answer, &e);
    free(bytes);
    if (answer)
        report(a, answer);
    json_decref(answer);
    if (interrupted()) {
        fprintf(stderr, "%s\n", T(a->lang, IMPORT_STOPPED));
        return EXIT_INTERRUPTED;
    }
    return r ? complain(a, "%s", e.text) : EXIT_OK;
}
