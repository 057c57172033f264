/* Searches over many chunks, in the encrypted store, as the handlers ask for them.
 *
 *   kb_bench FOLDER [CHUNKS [WORDS-OF-EACH]]      100000 and 140 without them
 *
 * FOLDER is made and filled when it is not there, and is left behind. Texts are words by Zipf's law; a question is some words of one chunk,
 * rare and common ones, with what every question has around them. Vectors are directions around a thousand topics, and a question's is near
 * to its chunk's. Prints what filling took and how large it became, then a first search of the process and many more, by words, by vectors
 * and by both, and how many questions found their chunk among the first five. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/rng.h"
#include "kb/kb.h"

enum { VOCABULARY = 40000, DIMS = 512, TOPICS = 1000, DOCUMENT_CHUNKS = 40, QUESTION_WORDS = 6, QUESTIONS = 400, OWNER = 1 };

struct bench {
    struct store *store;
    struct kb *kb;
    struct str collection;
    struct arena arena;
    struct err err;
    size_t chunks, words;
};

static void check(struct bench *b, int rc)
{
    if (!rc)
        return;
    fprintf(stderr, "kb_bench: %s\n", b->err.text);
    exit(1);
}

/* The rank of a word whose frequency falls with 1/rank. */
static int draw(struct rng *r)
{
    return (int)pow(VOCABULARY, rng_f64(r)) - 1;
}

static void put_word(int w, struct buf *out)
{
    static const char *const syllables[] = {"ka", "lo",  "mi",  "ren", "sto", "va",  "pi", "dun",
                                            "e",  "tor", "gra", "ne",  "su",  "bel", "o",  "fi"};
    for (w += 16; w; w /= 16)
        buf_puts(out, syllables[w % 16]);
    buf_putc(out, ' ');
}

/* The words of chunk n, the same whenever they are asked for. */
static void text_of(size_t n, size_t words, struct buf *out)
{
    struct rng r;
    rng_seed(&r, n);
    for (size_t i = 0; i < words; i++)
        put_word(draw(&r), out);
    buf_puts(out, ".\n");
}

static void add_direction(uint64_t seed, float part, float v[DIMS])
{
    struct rng r;
    rng_seed(&r, seed);
    for (int i = 0; i < DIMS; i++)
        v[i] += part * (float)(rng_f64(&r) + rng_f64(&r) - 1);
}

static void vector_of(size_t n, float noise, float v[DIMS])
{
    memset(v, 0, DIMS * sizeof *v);
    add_direction(n % TOPICS, 1, v);
    add_direction(TOPICS + n, 1, v);
    add_direction(~(uint64_t)n, noise, v);
}

static void open_all(struct bench *b, const char *folder)
{
    static const struct store_schema *const schemas[] = {&kb_schema};
    static char key[4096];
    snprintf(key, sizeof key, "%s/key", folder);
    mkdir(folder, 0700);
    static char data[4096];
    snprintf(data, sizeof data, "%s/data", folder);
    struct store_config c = {.dir = data, .key_file = key, .schemas = schemas, .n_schemas = 1, .clock = &clock_system};
    check(b, store_open(&c, &b->store, &b->err));
    struct kb_config k = {.store = b->store, .clock = &clock_system};
    check(b, kb_open(&k, &b->kb, &b->err));
}

static void put_document(struct bench *b, size_t first)
{
    char source[32];
    snprintf(source, sizeof source, "%zu.txt", first);
    struct kb_new d = {.collection = b->collection, .source = str_of(source), .encoder = STR("bench"), .dims = DIMS, .bytes = 1};
    struct kb_put *p = NULL;
    struct buf text = buf_make(1 << 20);
    check(b, kb_put_begin(b->kb, OWNER, &d, &p, &b->err));
    for (size_t n = first; n < first + DOCUMENT_CHUNKS && n < b->chunks; n++) {
        float v[DIMS];
        buf_clear(&text);
        text_of(n, b->words, &text);
        vector_of(n, 0, v);
        struct kb_chunk c = {.text = buf_str(&text), .vector = v};
        check(b, kb_put_add(p, &c, 1, &b->err));
    }
    check(b, kb_put_end(p, NULL, &b->err));
    buf_free(&text);
}

static void fill(struct bench *b)
{
    struct kb_collection c;
    double begun = clock_s(&clock_system);
    check(b, kb_collection_create(b->kb, OWNER, STR("bench"), &b->arena, &c, &b->err));
    b->collection = c.id;
    for (size_t n = 0; n < b->chunks; n += DOCUMENT_CHUNKS) {
        put_document(b, n);
        if (n % 10000 < DOCUMENT_CHUNKS)
            fprintf(stderr, "\r%zu of %zu chunks ", n, b->chunks);
    }
    for (bool more = true; more;)
        check(b, kb_tend(b->kb, &more, &b->err));
    fprintf(stderr, "\rfilled in %.1f s                  \n", clock_s(&clock_system) - begun);
}

static int find_collection(struct store_db *db, void *ctx, struct err *e)
{
    struct bench *b = ctx;
    struct kb_collection c;
    int rc = kb_collection_get(db, OWNER, STR("bench"), &b->arena, &c, e);
    if (!rc) {
        b->collection = c.id;
        b->chunks = (size_t)c.chunks;
    }
    return rc;
}

static int print_sizes(struct store_db *db, void *ctx, struct err *e)
{
    const struct bench *b = ctx;
    struct kb_status s;
    int rc = kb_status(db, OWNER, (struct str){0}, &s, e);
    if (!rc)
        printf("%lld chunks, %.1f MB of text: texts %.1f MB, vectors %.1f MB, index %.1f MB\n", (long long)s.chunks,
               (double)s.text_bytes / 1e6, (double)s.packed_bytes / 1e6, (double)s.vector_bytes / 1e6, (double)s.index_bytes / 1e6);
    (void)b;
    return rc;
}

struct asking {
    struct bench *b;
    size_t n; /* the chunk that the question is about */
    enum kb_way ways;
    bool found;
};

static int ask(struct store_db *db, void *ctx, struct err *e)
{
    struct asking *a = ctx;
    struct arena arena = arena_make(KB_READ_BYTES_MAX);
    struct buf text = buf_make(1 << 16);
    struct rng r;
    float v[DIMS];
    int words[QUESTION_WORDS];
    rng_seed(&r, a->n);
    buf_puts(&text, "how do I ");
    for (int i = 0; i < QUESTION_WORDS; i++)
        put_word(words[i] = draw(&r), &text);
    vector_of(a->n, 0.7F, v);
    struct kb_query q = {.text = buf_str(&text), .vector = v, .dims = DIMS, .encoder = STR("bench"), .ways = a->ways, .limit = 5};
    struct kb_hits hits = {0};
    int rc = kb_search(a->b->kb, db, OWNER, &q, &arena, &hits, e);
    struct buf want = buf_make(1 << 20);
    text_of(a->n, a->b->words, &want);
    for (size_t i = 0; i < hits.n && !rc; i++)
        a->found |= str_eq(hits.items[i].chunk.text, buf_str(&want));
    buf_free(&want);
    buf_free(&text);
    arena_free(&arena);
    return rc;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double timed(struct bench *b, enum kb_way ways, size_t n, size_t *found)
{
    struct asking a = {b, n, ways, false};
    double begun = clock_s(&clock_system);
    check(b, store_read(b->store, ask, &a, &b->err));
    *found += a.found;
    return (clock_s(&clock_system) - begun) * 1e3;
}

static void measure(struct bench *b)
{
    static const struct {
        const char *name;
        enum kb_way ways;
    } each[] = {{"both", KB_BOTH}, {"words", KB_WORDS}, {"vectors", KB_VECTORS}};
    size_t found = 0;
    struct rng r;
    rng_seed(&r, 7);
    printf("first search of the process: %.1f ms\n", timed(b, KB_BOTH, 1, &found));
    for (size_t w = 0; w < sizeof each / sizeof *each; w++) {
        double ms[QUESTIONS];
        found = 0;
        for (size_t i = 0; i < QUESTIONS; i++)
            ms[i] = timed(b, each[w].ways, (size_t)(rng_f64(&r) * (double)b->chunks), &found);
        qsort(ms, QUESTIONS, sizeof *ms, ascending);
        printf("%-8s median %.1f ms, 99 of 100 within %.1f ms; %.0f %% among the first five\n", each[w].name, ms[QUESTIONS / 2],
               ms[QUESTIONS * 99 / 100], 100.0 * (double)found / QUESTIONS);
    }
}

int main(int argc, char **argv)
{
    struct bench b = {.chunks = argc > 2 ? strtoul(argv[2], NULL, 10) : 100000, .words = argc > 3 ? strtoul(argv[3], NULL, 10) : 140};
    b.arena = arena_make(1 << 20);
    if (argc < 2) {
        fprintf(stderr, "usage: kb_bench FOLDER [CHUNKS [WORDS]]\n");
        return 2;
    }
    open_all(&b, argv[1]);
    if (store_read(b.store, find_collection, &b, &b.err))
        fill(&b);
    check(&b, store_read(b.store, print_sizes, &b, &b.err));
    measure(&b);
    kb_close(b.kb);
    store_free(b.store);
    arena_free(&b.arena);
    return 0;
}
