/* How large a collection of real texts becomes in the store.
 *
 *   kb_sizes FOLDER FILE…
 *
 * FOLDER is made and left behind. Each FILE is plain text; it is cut into chunks of about 900 bytes at the ends of lines, and each chunk
 * gets a vector of 512 random dimensions, which is as large as a real one. Prints the parts, and the whole database beside the texts. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/rng.h"
#include "kb/kb.h"

enum { DIMS = 512, CHUNK_BYTES = 900, OWNER = 1 };

struct bench {
    struct store *store;
    struct kb *kb;
    struct kb_collection collection;
    struct arena arena;
    struct rng rng;
    struct err err;
    char database[4096];
};

static void check(struct bench *b, int rc)
{
    if (!rc)
        return;
    fprintf(stderr, "kb_sizes: %s\n", b->err.text);
    exit(1);
}

static void open_all(struct bench *b, const char *folder)
{
    static const struct store_schema *const schemas[] = {&kb_schema};
    char key[4096], data[4000];
    snprintf(key, sizeof key, "%s/key", folder);
    snprintf(data, sizeof data, "%s/data", folder);
    snprintf(b->database, sizeof b->database, "%s/hearth.db", data);
    mkdir(folder, 0700);
    struct store_config c = {.dir = data, .key_file = key, .schemas = schemas, .n_schemas = 1, .clock = &clock_system};
    check(b, store_open(&c, &b->store, &b->err));
    struct kb_config k = {.store = b->store, .clock = &clock_system};
    check(b, kb_open(&k, &b->kb, &b->err));
    check(b, kb_collection_create(b->kb, OWNER, STR("sizes"), &b->arena, &b->collection, &b->err));
}

/* To the last end of a line within CHUNK_BYTES, or of a space, or of a character. */
static struct str next_chunk(struct str *rest)
{
    struct str head = str_head(*rest, CHUNK_BYTES);
    ptrdiff_t at = head.len < rest->len ? str_rchr(head, '\n') : -1;
    if (at < CHUNK_BYTES / 2 && head.len < rest->len)
        at = str_rchr(head, ' ');
    if (at > 0)
        head.len = (size_t)at + 1;
    while (head.len < rest->len && ((uint8_t)rest->ptr[head.len] & 0xc0) == 0x80)
        head.len++;
    *rest = str_skip(*rest, head.len);
    return head;
}

static void put_file(struct bench *b, const char *path, struct str text)
{
    struct kb_new d = {.collection = b->collection.id,
                       .source = str_of(path),
                       .kind = STR("text"),
                       .bytes = (int64_t)text.len,
                       .encoder = STR("random"),
                       .dims = DIMS};
    struct kb_put *p = NULL;
    check(b, kb_put_begin(b->kb, OWNER, &d, &p, &b->err));
    while (text.len) {
        float v[DIMS];
        for (int i = 0; i < DIMS; i++)
            v[i] = (float)rng_f64(&b->rng) - 0.5F;
        struct kb_chunk c = {.text = next_chunk(&text), .vector = v};
        check(b, kb_put_add(p, &c, 1, &b->err));
    }
    check(b, kb_put_end(p, NULL, &b->err));
}

static void read_and_put(struct bench *b, const char *path)
{
    FILE *f = fopen(path, "rb");
    struct buf text = buf_make(1 << 30);
    char piece[1 << 16];
    if (!f) {
        fprintf(stderr, "kb_sizes: %s cannot be read\n", path);
        exit(1);
    }
    for (size_t n; (n = fread(piece, 1, sizeof piece, f));)
        buf_put(&text, str_from(piece, n));
    fclose(f);
    put_file(b, path, buf_str(&text));
    buf_free(&text);
}

static int print_sizes(struct store_db *db, void *ctx, struct err *e)
{
    const struct bench *b = ctx;
    struct kb_status s;
    struct stat st = {0};
    int rc = kb_status(db, OWNER, (struct str){0}, &s, e);
    stat(b->database, &st);
    if (rc)
        return rc;
    double text = (double)s.text_bytes, whole = (double)st.st_size;
    printf("%lld documents, %lld chunks, %.2f MB of text\n", (long long)s.documents, (long long)s.chunks, text / 1e6);
    printf("texts   %8.2f MB, 1/%.2f of the text\n", (double)s.packed_bytes / 1e6, text / (double)s.packed_bytes);
    printf("vectors %8.2f MB\nindex   %8.2f MB\n", (double)s.vector_bytes / 1e6, (double)s.index_bytes / 1e6);
    printf("file    %8.2f MB, %.2f of the text\n", whole / 1e6, whole / text);
    return OK;
}

int main(int argc, char **argv)
{
    struct bench b = {.arena = arena_make(1 << 20)};
    if (argc < 3) {
        fprintf(stderr, "usage: kb_sizes FOLDER FILE...\n");
        return 2;
    }
    rng_seed(&b.rng, 1);
    open_all(&b, argv[1]);
    for (int i = 2; i < argc; i++)
        read_and_put(&b, argv[i]);
    for (bool more = true; more;)
        check(&b, kb_tend(b.kb, &more, &b.err));
    /* The log becomes part of the file when it is closed. */
    kb_close(b.kb);
    store_free(b.store);
    b.store = NULL;
    static const struct store_schema *const schemas[] = {&kb_schema};
    char key[4096], data[4000];
    snprintf(key, sizeof key, "%s/key", argv[1]);
    snprintf(data, sizeof data, "%s/data", argv[1]);
    struct store_config c = {.dir = data, .key_file = key, .schemas = schemas, .n_schemas = 1, .clock = &clock_system};
    check(&b, store_open(&c, &b.store, &b.err));
    check(&b, store_read(b.store, print_sizes, &b, &b.err));
    store_free(b.store);
    arena_free(&b.arena);
    return 0;
}
