/* What encryption costs: the conversation workload on the encrypting VFS and on plain SQLite, with the same pragmas, tokenizer,
 * schema and rows, alternated. Prints the median of each and their ratio.
 *
 *   store_bench [FOLDER [ROUNDS]]      a folder on the disk that matters; /tmp and 5 by default
 *
 *   turn     a message of about 700 bytes, its full-text row and its conversation, committed (synchronous=FULL)
 *   open     on another connection, which the commit has made forget its cache: the list of 50 and the last 30 messages of one
 *   list     50 conversations, nothing written meanwhile
 *   search   two words, 20 hits with their conversations
 *   day      40 turns, each with an open, and 10 searches: how it is used */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rng.h"
#include "store/internal.h"
#include "store/words.h"

enum { CONVERSATIONS = 400, MESSAGES = 20, ROUNDS_MAX = 31, VARIANTS = 2 };
enum { TURN, OPEN, LIST, SEARCH, DAY, MEASURES };
static const char *const names[MEASURES] = {"turn", "open", "list", "search", "day"};
static const int counts[MEASURES] = {150, 150, 400, 150, 3};

static const char schema[] =
    "CREATE TABLE conversations (id INTEGER PRIMARY KEY, owner INTEGER NOT NULL, title TEXT NOT NULL, updated INTEGER NOT NULL);"
    "CREATE INDEX by_update ON conversations (owner, updated DESC);"
    "CREATE TABLE messages (id INTEGER PRIMARY KEY, conversation INTEGER NOT NULL REFERENCES conversations(id),"
    " role INTEGER NOT NULL, text TEXT NOT NULL);"
    "CREATE INDEX by_conversation ON messages (conversation, id);"
    "CREATE VIRTUAL TABLE search USING fts5(text, content='messages', content_rowid='id', tokenize='hearth');";

struct variant {
    const char *name;
    struct keys keys;
    struct vfs *vfs; /* NULL: plain */
    struct store_db *writer, *reader;
    struct rng rng;
    int64_t now;
    double seconds[MEASURES][ROUNDS_MAX]; /* of one */
};

static void must(int r, const struct err *e)
{
    if (r < 0) {
        fprintf(stderr, "store_bench: %s\n", e->text);
        exit(1);
    }
}

/* ---- connections */

/* As connect.c opens one, without its VFS. */
static struct store_db *open_plain(const char *path, bool writes)
{
    struct err e = {0};
    struct store_db *db = calloc(1, sizeof *db);
    db->slots = calloc(STATEMENT_SLOTS, sizeof *db->slots);
    db->writes = writes;
    if (sqlite3_open_v2(path, &db->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL))
        exit(1);
    must(
        db_exec(db,
                "PRAGMA temp_store=MEMORY; PRAGMA secure_delete=ON; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA synchronous=FULL;"
                "PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON; PRAGMA journal_size_limit=16777216;",
                &e),
        &e);
    must(db_exec(db, writes ? "PRAGMA cache_size=-16384" : "PRAGMA cache_size=-8192", &e), &e);
    must(tokenizer_register(db->db), &e);
    return db;
}

static void open_encrypted(struct variant *v, const char *path)
{
    struct err e = {0};
    const struct header h = {.source = KEY_FROM_FILE};
    const uint8_t master[KEY_BYTES] = {1};
    struct store_db *db = NULL;
    must(header_make(&h, master, NULL, &v->keys), &e);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0 || write(fd, v->keys.header, HEADER_BYTES) != HEADER_BYTES)
        exit(1);
    close(fd);
    must(vfs_create(&v->keys, &v->vfs), &e);
    must(connect_open(v->vfs, path, CONNECT_CREATE, &db, &e), &e);
    must(db_exec(db, "CREATE TABLE first (x)", &e), &e);
    connect_close(db);
    must(connect_open(v->vfs, path, CONNECT_WRITER, &v->writer, &e), &e);
    must(db_exec(v->writer, "PRAGMA wal_autocheckpoint=1000", &e), &e);
    must(connect_open(v->vfs, path, CONNECT_READER, &v->reader, &e), &e);
}

/* ---- the workload */

static const char *const vocabulary[] = {
    "the",    "model", "answer", "memory", "question", "file",    "please", "explain", "how",    "works",  "天气",
    "今天",   "函数",  "一个",   "please", "write",    "python",  "list",   "of",      "words",  "and",    "reason",
    "server", "local", "内存",   "模型",   "回答",     "because", "then",   "first",   "second", "number", "value",
    "error",  "test",  "result", "page",   "key",      "store",   "search", "window",  "night",
};

static size_t make_text(struct variant *v, char *text, size_t bytes)
{
    size_t n = 0;
    while (n + 40 < bytes) {
        uint64_t r = rng_u64(&v->rng);
        if (r % 5)
            n += (size_t)snprintf(text + n, bytes - n, "%s ", vocabulary[(r >> 8) % (sizeof vocabulary / sizeof *vocabulary)]);
        else
            n += (size_t)snprintf(text + n, bytes - n, "w%llu ", (unsigned long long)((r >> 8) % 20000));
    }
    return n;
}

static void add_message(struct variant *v, int64_t conversation)
{
    char text[700];
    struct err e = {0};
    struct store_db *db = v->writer;
    struct str s = str_from(text, make_text(v, text, sizeof text));
    struct store_stmt *st = db_prepare(db, "INSERT INTO messages (conversation, role, text) VALUES (?1, 1, ?2)");
    db_bind_int(st, 1, conversation);
    db_bind_str(st, 2, s);
    must(db_run(db, st, &e), &e);
    int64_t id = db_last_id(db);
    st = db_prepare(db, "INSERT INTO search (rowid, text) VALUES (?1, ?2)");
    db_bind_int(st, 1, id);
    db_bind_str(st, 2, s);
    must(db_run(db, st, &e), &e);
    st = db_prepare(db, "UPDATE conversations SET updated = ?2 WHERE id = ?1");
    db_bind_int(st, 1, conversation);
    db_bind_int(st, 2, v->now++);
    must(db_run(db, st, &e), &e);
}

static void run(struct store_db *db, const char *sql)
{
    struct err e = {0};
    must(db_exec(db, sql, &e), &e);
}

static void turn(struct variant *v)
{
    run(v->writer, "BEGIN IMMEDIATE");
    add_message(v, 1 + (int64_t)(rng_u64(&v->rng) % CONVERSATIONS));
    run(v->writer, "COMMIT");
}

static int read_rows(struct store_db *db, struct store_stmt *st, int column)
{
    struct err e = {0};
    int r, n = 0;
    while ((r = db_step(db, st, &e)) == 1)
        n += db_str(st, column).len > 0;
    must(r, &e);
    return n;
}

static void list(struct variant *v)
{
    run(v->reader, "BEGIN");
    struct store_stmt *st =
        db_prepare(v->reader, "SELECT id, title, updated FROM conversations WHERE owner = 1 ORDER BY updated DESC LIMIT 50");
    if (read_rows(v->reader, st, 1) != 50)
        exit(1);
    run(v->reader, "COMMIT");
}

static void read_one(struct variant *v)
{
    run(v->reader, "BEGIN");
    struct store_stmt *st = db_prepare(v->reader, "SELECT id, text FROM messages WHERE conversation = ?1 ORDER BY id DESC LIMIT 30");
    db_bind_int(st, 1, 1 + (int64_t)(rng_u64(&v->rng) % CONVERSATIONS));
    if (read_rows(v->reader, st, 1) < MESSAGES)
        exit(1);
    run(v->reader, "COMMIT");
}

static void search(struct variant *v)
{
    char words[64];
    uint64_t r = rng_u64(&v->rng);
    struct buf match = buf_make(1000);
    snprintf(words, sizeof words, "%s w%llu", vocabulary[r % 40], (unsigned long long)((r >> 20) % 20000));
    words_match(str_of(words), true, &match);
    run(v->reader, "BEGIN");
    struct store_stmt *st =
        db_prepare(v->reader, "SELECT m.id, m.text, c.title FROM search JOIN messages m ON m.id = search.rowid "
                              "JOIN conversations c ON c.id = m.conversation WHERE search MATCH ?1 ORDER BY rank LIMIT 20");
    db_bind_str(st, 1, buf_str(&match));
    read_rows(v->reader, st, 1);
    run(v->reader, "COMMIT");
    buf_free(&match);
}

static void fill(struct variant *v)
{
    run(v->writer, schema);
    run(v->writer, "BEGIN");
    for (int i = 1; i <= CONVERSATIONS; i++) {
        struct err e = {0};
        struct store_stmt *st = db_prepare(v->writer, "INSERT INTO conversations (id, owner, title, updated) VALUES (?1, 1, ?2, ?1)");
        db_bind_int(st, 1, i);
        db_bind_str(st, 2, STR("a conversation with a title of usual length"));
        must(db_run(v->writer, st, &e), &e);
        for (int k = 0; k < MESSAGES; k++)
            add_message(v, i);
    }
    run(v->writer, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE);");
}

/* ---- measuring */

static void once(struct variant *v, int what)
{
    switch (what) {
    case TURN: turn(v); break;
    case LIST: list(v); break;
    case SEARCH: search(v); break;
    default: break;
    }
}

static void measure(struct variant *v, int what, int round)
{
    double spent = 0;
    for (int i = 0; i < counts[what]; i++) {
        if (what == OPEN)
            turn(v); /* not counted */
        double start = clock_s(&clock_system);
        if (what == OPEN) {
            list(v);
            read_one(v);
        } else if (what == DAY) {
            for (int k = 0; k < 40; k++) {
                turn(v);
                list(v);
                read_one(v);
                if (k % 4 == 0)
                    search(v);
            }
        } else {
            once(v, what);
        }
        spent += clock_s(&clock_system) - start;
    }
    v->seconds[what][round] = spent / counts[what];
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof *values, by_value);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static void measure_all(struct variant v[VARIANTS], int rounds, const char *title)
{
    for (int round = 0; round < rounds; round++)
        for (int what = 0; what < MEASURES; what++)
            for (int k = 0; k < VARIANTS; k++)
                measure(&v[(k + round) % VARIANTS], what, round);
    printf("%s\n%-8s %12s %12s %8s\n", title, "", v[0].name, v[1].name, "ratio");
    for (int what = 0; what < MEASURES; what++) {
        double a = median(v[0].seconds[what], rounds), b = median(v[1].seconds[what], rounds);
        printf("%-8s %9.1f us %9.1f us %8.2f\n", names[what], a * 1e6, b * 1e6, b / a);
        if (what == DAY)
            printf("the conversation workload costs %+.0f %% with encryption\n", (b / a - 1) * 100);
    }
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

int main(int argc, char **argv)
{
    static struct variant v[VARIANTS] = {{.name = "plain"}, {.name = "encrypted"}};
    char dir[400], path[500];
    int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 5;
    snprintf(dir, sizeof dir, "%s/hearth-bench-XXXXXX", argc > 1 ? argv[1] : "/tmp");
    if (rounds < 1 || rounds > ROUNDS_MAX || !mkdtemp(dir)) {
        fprintf(stderr, "usage: store_bench [FOLDER [ROUNDS]]\n");
        return 2;
    }
    snprintf(path, sizeof path, "%s/plain.db", dir);
    v[0].writer = open_plain(path, true);
    v[0].reader = open_plain(path, false);
    snprintf(path, sizeof path, "%s/encrypted.db", dir);
    open_encrypted(&v[1], path);
    for (int k = 0; k < VARIANTS; k++) {
        rng_seed(&v[k].rng, 1);
        v[k].now = CONVERSATIONS + 1;
        fill(&v[k]);
    }
    measure_all(v, rounds, "synchronous=FULL, as hearth has it");
    for (int k = 0; k < VARIANTS; k++)
        run(v[k].writer, "PRAGMA synchronous=OFF");
    measure_all(v, rounds, "\nsynchronous=OFF: what the processor alone has to do");
    for (int k = 0; k < VARIANTS; k++) {
        connect_close(v[k].reader);
        connect_close(v[k].writer);
        vfs_free(v[k].vfs);
    }
    nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return 0;
}
