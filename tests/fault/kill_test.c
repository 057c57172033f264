/* A process that adds documents is killed a hundred times, each time somewhere else, and started again. Whatever it had reached by then
 * is there and stays there; in the end every file is there once, and whole. */
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../unit/check.h"
#include "../unit/sanitized.h"
#include "base/rng.h"
#include "kb/ingest.h"

enum { KILLS = SANITIZED ? 20 : 100, FILES = 400, ME = 1, KILL_AFTER_US_MAX = 30000, OPEN_TRIES = 1000 };

struct place {
    char root[64], docs[80], store[80], key[80];
};

struct opened {
    struct store *store;
    struct kb *kb;
    struct loop *loop;
    struct ingests *all;
    struct str root;
    struct arena arena;
    struct str collection;
    struct kb_page page;
    struct kb_hits hits;
    struct str query;
    int64_t documents, adding;
};

static void die(const char *what, const struct err *e)
{
    fprintf(stderr, "%s: %s\n", what, e->text);
    _exit(2);
}

static int find(struct store_db *db, void *ctx, struct err *e)
{
    struct opened *o = ctx;
    struct kb_collection c;
    int r = kb_collection_get(db, ME, STR("Docs"), &o->arena, &c, e);
    if (!r)
        o->collection = c.id;
    return r;
}

static void on_changed(void *ctx, struct ingest *job, bool over)
{
    (void)job;
    if (over)
        loop_stop(((struct opened *)ctx)->loop);
}

static void open_all(const struct place *p, struct opened *o)
{
    static const struct store_schema *const schemas[] = {&kb_schema};
    struct err e = {0};
    struct kb_collection made;
    const struct store_config sc = {.dir = p->store, .key_file = p->key, .schemas = schemas, .n_schemas = 1, .clock = &clock_system};
    *o = (struct opened){.arena = arena_make(64 << 20), .root = str_of(p->docs)};
    int r, tries = 0;
    /* A child that was just being started when its parent was killed holds the folder's lock until it has become its program. */
    while ((r = store_open(&sc, &o->store, &e)) == ERR_AGAIN && tries++ < OPEN_TRIES)
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    if (r)
        die("store", &e);
    const struct kb_config kc = {.store = o->store, .clock = &clock_system};
    if (kb_open(&kc, &o->kb, &e) || loop_create(&o->loop, &e))
        die("kb", &e);
    r = store_read(o->store, find, o, &e);
    if (r == ERR_NOENT) {
        r = kb_collection_create(o->kb, ME, STR("Docs"), &o->arena, &made, &e);
        o->collection = made.id;
    }
    const struct ingest_config ic = {.kb = o->kb,
                                     .store = o->store,
                                     .loop = o->loop,
                                     .clock = &clock_system,
                                     .roots = &o->root,
                                     .n_roots = 1,
                                     .workers = 2,
                                     .changed = on_changed,
                                     .ctx = o};
    if (r || ingests_create(&ic, &o->all, &e))
        die("collection", &e);
}

static void close_all(struct opened *o)
{
    ingests_free(o->all);
    loop_free(o->loop);
    kb_close(o->kb);
    store_free(o->store);
    arena_free(&o->arena);
}

/* ---- the one that is killed */

/* `ready_fd` hears when it begins, so that it is killed at work and not on its way there. */
static void add_everything(const struct place *p, int ready_fd)
{
    struct opened o;
    struct err e = {0};
    struct ingest *job;
    struct ingest_news news;
    open_all(p, &o);
    const struct ingest_request q = {.who = ME, .collection = o.collection, .paths = &o.root, .n_paths = 1};
    if (ingest_start(o.all, &q, &job, &e))
        die("start", &e);
    if (write(ready_fd, "r", 1) != 1)
        _exit(4);
    loop_run(o.loop);
    ingest_news_of(job, &news);
    bool well = news.state == INGEST_DONE && !news.failed;
    close_all(&o);
    _exit(well ? 0 : 3);
}

/* ---- the one that looks afterwards */

static int look(struct store_db *db, void *ctx, struct err *e)
{
    struct opened *o = ctx;
    struct kb_status s;
    int r = kb_status(db, ME, o->collection, &s, e);
    o->documents = s.documents;
    o->adding = s.adding;
    return r;
}

/* Checked after each kill: what was there is there. */
static int64_t count(const struct place *p)
{
    struct opened o;
    struct err e = {0};
    open_all(p, &o);
    assert_int_equal(store_read(o.store, look, &o, &e), OK);
    assert_int_equal(o.adding, 0);
    int64_t n = o.documents;
    close_all(&o);
    return n;
}

static int list(struct store_db *db, void *ctx, struct err *e)
{
    struct opened *o = ctx;
    const struct kb_list q = {.collection = o->collection, .limit = KB_PAGE_MAX};
    return kb_document_list(db, ME, &q, &o->arena, &o->page, e);
}

static int search(struct store_db *db, void *ctx, struct err *e)
{
    struct opened *o = ctx;
    const struct kb_query q = {.text = o->query, .limit = 10};
    return kb_search(o->kb, db, ME, &q, &o->arena, &o->hits, e);
}

static void check_all(const struct place *p)
{
    struct opened o;
    struct err e = {0};
    char word[32];
    open_all(p, &o);
    assert_int_equal(store_read(o.store, list, &o, &e), OK);
    assert_int_equal(o.page.n, FILES);
    for (size_t i = 0; i + 1 < o.page.n; i++)
        assert_false(str_eq(o.page.items[i].source, o.page.items[i + 1].source)); /* they come by source */
    for (int i = 0; i < FILES; i++) {
        snprintf(word, sizeof word, "needle%dx", i);
        o.query = str_of(word);
        assert_int_equal(store_read(o.store, search, &o, &e), OK);
        assert_int_equal(o.hits.n, 1);
    }
    close_all(&o);
}

/* ---- */

static void write_files(const struct place *p)
{
    char path[160];
    for (int i = 0; i < FILES; i++) {
        snprintf(path, sizeof path, "%s/file%d.txt", p->docs, i);
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        for (int k = 0; k < i % 40; k++)
            fprintf(f, "Line %d of some words that fill the file, so that it has more than one passage.\n", k);
        fprintf(f, "And needle%dx in the end.\n", i);
        fclose(f);
    }
}

/* True: it was killed. False: it had ended by itself, and well. */
static bool run_and_kill(const struct place *p, uint64_t after_us)
{
    int status, ends[2];
    char ready;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child)
        add_everything(p, ends[1]);
    close(ends[1]);
    assert_int_equal(read(ends[0], &ready, 1), 1);
    close(ends[0]);
    nanosleep(&(struct timespec){0, (long)(after_us * 1000)}, NULL);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status))
        return true;
    assert_int_equal(WEXITSTATUS(status), 0);
    return false;
}

static void test_killed_and_started_again(void **state)
{
    struct place *p = *state;
    struct rng rng;
    int64_t there = 0;
    int status;
    rng_seed(&rng, 4);
    write_files(p);
    for (int i = 0; i < KILLS; i++) {
        run_and_kill(p, 1 + rng_u64(&rng) % KILL_AFTER_US_MAX);
        if (i % 10 == 0) {
            int64_t n = count(p);
            assert_true(n >= there && n <= FILES);
            there = n;
        }
    }
    pid_t last = fork();
    if (!last)
        add_everything(p, STDERR_FILENO);
    assert_int_equal(waitpid(last, &status, 0), last);
    assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
    check_all(p);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

static int setup(void **state)
{
    static struct place p;
    snprintf(p.root, sizeof p.root, "/tmp/hearth-kill-XXXXXX");
    assert_non_null(mkdtemp(p.root));
    snprintf(p.docs, sizeof p.docs, "%s/docs", p.root);
    snprintf(p.store, sizeof p.store, "%s/store", p.root);
    snprintf(p.key, sizeof p.key, "%s/key", p.root);
    assert_int_equal(mkdir(p.docs, 0700), 0);
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    return nftw(p->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], DOC_HOST_VERB))
        _exit(doc_host());
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_killed_and_started_again)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
