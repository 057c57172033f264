/* Lists and searches over many conversations, in the encrypted store, as the handlers ask for them.
 *
 *   talk_bench FOLDER [CONVERSATIONS [MESSAGES-OF-EACH]]      10000 and 20 without them
 *
 * FOLDER must not exist; it is left behind, and may be given again to measure without filling. Texts are words by Zipf's law, as in a
 * language: some are everywhere, most are rare. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/rng.h"
#include "talk/talk.h"

enum { VOCABULARY = 30000, WORDS = 60, BATCH = 10, RUNS = 31, OWNER = 1 };

struct fill {
    struct rng rng;
    int from, to, messages;
    int64_t now_ms;
};

/* The rank of a word whose frequency falls with 1/rank. */
static int draw(struct rng *r)
{
    return (int)pow(VOCABULARY, rng_f64(r)) - 1;
}

static void put_text(struct rng *r, struct buf *out)
{
    static const char *const syllables[] = {"ka", "lo",  "mi",  "ren", "sto", "va",  "pi", "dun",
                                            "e",  "tor", "gra", "ne",  "su",  "bel", "o",  "fi"};
    buf_clear(out);
    for (int i = 0; i < WORDS; i++) {
        for (int w = draw(r) + 16; w; w /= 16)
            buf_puts(out, syllables[w % 16]);
        buf_putc(out, ' ');
    }
}

static int fill(struct store_db *db, void *ctx, struct err *e)
{
    struct fill *f = ctx;
    struct buf text = buf_make(1 << 16);
    int rc = OK;
    for (int c = f->from; c < f->to && !rc; c++) {
        struct arena a = arena_make(64 << 20);
        struct talk_conversation conversation;
        rc = talk_create(db, OWNER, &(struct talk_patch){.folder = c % 10 ? (struct str){0} : STR("tenth")}, f->now_ms++, &a, &conversation,
                         e);
        for (int m = 0; m < f->messages && !rc; m += 2) {
            struct talk_message message;
            struct talk_task task;
            put_text(&f->rng, &text);
            struct talk_post p = {.content = buf_str(&text), .answer = true};
            rc = talk_post(db, OWNER, conversation.id, &p, f->now_ms++, &a, &message, &task, e);
            put_text(&f->rng, &text);
            struct talk_end end = {.text = buf_str(&text)};
            if (!rc)
                rc = talk_write_end(db, task.answer.n, &end, f->now_ms++, e);
        }
        arena_free(&a);
    }
    buf_free(&text);
    return rc;
}

struct ask {
    struct talk_query query;
    size_t found;
};

static int ask(struct store_db *db, void *ctx, struct err *e)
{
    struct ask *q = ctx;
    struct arena a = arena_make(64 << 20);
    struct talk_page page;
    int rc = talk_list(db, OWNER, &q->query, &a, &page, e);
    q->found = rc ? 0 : page.n;
    arena_free(&a);
    return rc;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int measure(struct store *s, const char *name, struct talk_query query, struct err *e)
{
    double ms[RUNS];
    struct ask q = {.query = query};
    for (int i = 0; i < RUNS; i++) {
        double begin = clock_s(&clock_system);
        int rc = store_read(s, ask, &q, e);
        if (rc)
            return rc;
        ms[i] = (clock_s(&clock_system) - begin) * 1000;
    }
    double first = ms[0];
    qsort(ms, RUNS, sizeof *ms, by_size);
    printf("%-44s median %7.2f ms   worst %7.2f ms   first %7.2f ms   %zu found\n", name, ms[RUNS / 2], ms[RUNS - 1], first, q.found);
    return OK;
}

static int run(struct store *s, int conversations, int messages, struct err *e)
{
    struct fill f = {.messages = messages, .now_ms = 1700000000000};
    rng_seed(&f.rng, 7);
    double begin = clock_s(&clock_system);
    int rc = OK;
    for (; f.from < conversations && !rc; f.from = f.to) {
        f.to = f.from + BATCH < conversations ? f.from + BATCH : conversations;
        rc = store_write(s, fill, &f, e);
    }
    if (!rc && conversations)
        printf("filled: %d conversations, %d messages, %.1f s\n", conversations, conversations * messages, clock_s(&clock_system) - begin);
    static const struct {
        const char *name;
        struct talk_query query;
    } asks[] = {
        {"the newest 50", {.limit = 50}},
        {"50 of a folder", {.folder = {"tenth", 5}, .limit = 50}},
        {"50 from the middle", {.before = {"1700000105000.aaaaaaaaaaaaaaaaaaaaaaaaaa", 40}, .limit = 50}},
        {"search: a rare word", {.q = {"gramidun ", 9}, .limit = 50}},
        {"search: the commonest word", {.q = {"lolo ", 5}, .limit = 50}},
        {"search: two common words", {.q = {"lolo milo ", 10}, .limit = 50}},
        {"search: common and rare", {.q = {"lolo gramidun ", 14}, .limit = 50}},
        {"search: a word that is nowhere", {.q = {"lolo xyzzy ", 11}, .limit = 50}},
        {"search: a beginning, one letter", {.q = {"l", 1}, .limit = 50}},
        {"search: a beginning, two letters", {.q = {"gr", 2}, .limit = 50}},
        {"search: a beginning, five letters", {.q = {"grami", 5}, .limit = 50}},
        {"search: common, and a beginning", {.q = {"lolo gra", 8}, .limit = 50}},
    };
    for (size_t i = 0; i < sizeof asks / sizeof *asks && !rc; i++)
        rc = measure(s, asks[i].name, asks[i].query, e);
    return rc;
}

int main(int argc, char **argv)
{
    static const struct store_schema *const schemas[] = {&talk_schema};
    struct err e = {0};
    struct store *s = NULL;
    struct stat st;
    uint64_t conversations = 10000, messages = 20;
    char key[4096];
    if (argc < 2 || (argc > 2 && str_to_u64(str_of(argv[2]), &conversations)) || (argc > 3 && str_to_u64(str_of(argv[3]), &messages))) {
        fprintf(stderr, "talk_bench FOLDER [CONVERSATIONS [MESSAGES-OF-EACH]]\n");
        return 2;
    }
    if (!stat(argv[1], &st))
        conversations = 0;
    snprintf(key, sizeof key, "%s.key", argv[1]);
    struct store_config c = {.dir = argv[1], .key_file = key, .schemas = schemas, .n_schemas = 1, .clock = &clock_system};
    int rc = store_open(&c, &s, &e);
    if (!rc)
        rc = run(s, (int)conversations, (int)messages, &e);
    store_free(s);
    if (rc)
        fprintf(stderr, "talk_bench: %s\n", e.text);
    return rc ? 1 : 0;
}
