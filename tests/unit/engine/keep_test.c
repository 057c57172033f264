/* What was read before a restart need not be computed again; and nobody else can use or read it. */
#include "harness.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../sanitized.h"
#include "base/rng.h"

enum { PROMPT = 200, BLOCKS = PROMPT / 32 };

struct place {
    char dir[64];
};

static void place_make(struct place *p)
{
    snprintf(p->dir, sizeof p->dir, "/tmp/hearth-keep-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
}

/* Calls fn for each file, in no order. */
static uint32_t each_file(const struct place *p, void (*fn)(const char *path, void *ctx), void *ctx)
{
    uint32_t n = 0;
    DIR *d = opendir(p->dir);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        char path[400];
        snprintf(path, sizeof path, "%s/%s", p->dir, e->d_name);
        if (e->d_name[0] == '.')
            continue;
        n++;
        if (fn)
            fn(path, ctx);
    }
    closedir(d);
    return n;
}

static void remove_one(const char *path, void *ctx)
{
    (void)ctx;
    unlink(path);
}

static void place_remove(struct place *p)
{
    each_file(p, remove_one, NULL);
    rmdir(p->dir);
}

struct answer {
    uint32_t cached, n, tokens[64];
    float logprobs[64];
};

static struct harness begin(struct model *m, const struct place *p, uint8_t key)
{
    struct harness h;
    harness_init(&h, m);
    h.config.keep.dir = p->dir;
    h.config.keep.bytes_max = h.config.keep.day_bytes_max = 1 << 20;
    memset(h.config.keep.key, key, sizeof h.config.keep.key);
    return h;
}

static void ask(struct harness *h, const char *owner, struct answer *ret)
{
    uint64_t id = 1;
    while (harness_of(h, id)->choice[0].n_done)
        id++;
    struct gen_request r = harness_request(h, 1, PROMPT);
    r.id = id;
    r.owner = str_of(owner);
    r.max_tokens = 10;
    r.logprobs = true;
    engine_submit(h->engine, &r);
    harness_run(h, 100);
    struct harness_choice *c = &harness_of(h, id)->choice[0];
    assert_int_equal(c->n_done, 1);
    *ret = (struct answer){.cached = c->usage.cached_tokens, .n = c->n_tokens};
    memcpy(ret->tokens, c->tokens, c->n_tokens * sizeof *c->tokens);
    memcpy(ret->logprobs, c->logprobs, c->n_tokens * sizeof *c->logprobs);
    while (engine_idle_work(h->engine)) {
    }
}

/* One engine's life: start, one question, end. */
static struct answer life(struct model *m, const struct place *p, uint8_t key, const char *owner)
{
    struct answer a;
    struct harness h = begin(m, p, key);
    harness_start(&h, CPU_LEVEL_TOP, 2);
    ask(&h, owner, &a);
    harness_stop(&h);
    return a;
}

static void assert_same(const struct answer *a, const struct answer *b)
{
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->tokens, b->tokens, a->n * sizeof *a->tokens);
    assert_memory_equal(a->logprobs, b->logprobs, a->n * sizeof *a->logprobs);
}

static void test_restart(void **state)
{
    (void)state;
    struct place p;
    place_make(&p);
    struct model *m = harness_model("qwen3", false);
    struct answer first = life(m, &p, 1, "ann"), again = life(m, &p, 1, "ann");
    assert_int_equal(first.cached, 0);
    assert_int_equal(first.n, 10);
    assert_int_equal(again.cached, BLOCKS * 32);
    assert_same(&first, &again);
    assert_int_equal(each_file(&p, NULL, NULL), BLOCKS);
    model_free(m);
    place_remove(&p);
}

/* Another owner, another key, another model: nothing is found, and nothing breaks. */
static void test_strangers(void **state)
{
    (void)state;
    struct place p;
    place_make(&p);
    struct model *m = harness_model("qwen3", false), *other = harness_model("llama", false);
    struct answer mine = life(m, &p, 1, "ann"), theirs = life(m, &p, 1, "bob"), keyless = life(m, &p, 2, "ann");
    assert_int_equal(theirs.cached, 0);
    assert_int_equal(keyless.cached, 0);
    assert_int_equal(life(other, &p, 1, "ann").cached, 0);
    assert_int_equal(life(m, &p, 1, "ann").cached, BLOCKS * 32);
    assert_same(&mine, &theirs);
    model_free(m);
    model_free(other);
    place_remove(&p);
}

static void flip_byte(const char *path, void *ctx)
{
    const off_t *at = ctx;
    uint8_t byte;
    int fd = open(path, O_RDWR);
    assert_int_equal(pread(fd, &byte, 1, *at), 1);
    byte ^= 0x40;
    assert_int_equal(pwrite(fd, &byte, 1, *at), 1);
    close(fd);
}

static void cut(const char *path, void *ctx)
{
    assert_int_equal(truncate(path, *(off_t *)ctx), 0);
}

static void test_damage(void **state)
{
    (void)state;
    struct place p;
    place_make(&p);
    struct model *m = harness_model("qwen3", false);
    struct answer first = life(m, &p, 1, "ann");
    off_t at[] = {0, 5, 2000, HARNESS_BLOCK_BYTES + 27};
    for (size_t i = 0; i < 8; i += SANITIZED ? 5 : 1) {
        each_file(&p, i < 4 ? flip_byte : cut, &at[i % 4]);
        struct answer again = life(m, &p, 1, "ann");
        assert_int_equal(again.cached, 0);
        assert_same(&first, &again);
        assert_int_equal(life(m, &p, 1, "ann").cached, BLOCKS * 32); /* what was damaged has been written anew */
    }
    model_free(m);
    place_remove(&p);
}

static void rename_to_first(const char *path, void *ctx)
{
    char *first = ctx;
    if (*first)
        assert_int_equal(rename(path, first), 0); /* now it has the other's name */
    else
        snprintf(first, 400, "%s", path);
}

static void test_swapped(void **state)
{
    (void)state;
    struct place p;
    char first[400] = "";
    place_make(&p);
    struct model *m = harness_model("qwen3", false);
    struct answer before = life(m, &p, 1, "ann");
    each_file(&p, rename_to_first, first);
    assert_int_equal(each_file(&p, NULL, NULL), 1);
    struct answer after = life(m, &p, 1, "ann");
    assert_true(after.cached <= 32); /* unless the one that is left is by chance the first, with its own name */
    assert_same(&before, &after);
    model_free(m);
    place_remove(&p);
}

static void test_budgets(void **state)
{
    (void)state;
    struct place p;
    struct answer a;
    place_make(&p);
    struct model *m = harness_model("qwen3", false);
    struct harness h = begin(m, &p, 1);
    h.config.keep.bytes_max = 3 * (HARNESS_BLOCK_BYTES + 28);
    harness_start(&h, CPU_LEVEL_TOP, 1);
    ask(&h, "ann", &a);
    harness_stop(&h);
    assert_int_equal(each_file(&p, NULL, NULL), 3);
    place_remove(&p);

    place_make(&p);
    h = begin(m, &p, 1);
    h.config.keep.day_bytes_max = 2 * (HARNESS_BLOCK_BYTES + 28);
    harness_start(&h, CPU_LEVEL_TOP, 1);
    ask(&h, "ann", &a);
    ask(&h, "bob", &a);
    harness_stop(&h);
    assert_int_equal(each_file(&p, NULL, NULL), 2);
    model_free(m);
    place_remove(&p);
}

struct search {
    const uint32_t *tokens;
    bool found;
};

static void search_file(const char *path, void *ctx)
{
    struct search *s = ctx;
    uint8_t bytes[2 * HARNESS_BLOCK_BYTES];
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, bytes, sizeof bytes);
    close(fd);
    assert_int_equal(n, HARNESS_BLOCK_BYTES + 28);
    s->found = s->found || memmem(bytes, (size_t)n, s->tokens, 8) || memmem(bytes, (size_t)n, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
}

/* Neither tokens nor the runs of equal bytes that a plain block would have. Names are the same length and say nothing. */
static void test_sealed(void **state)
{
    (void)state;
    struct place p;
    struct answer a;
    place_make(&p);
    struct model *m = harness_model("qwen3", false);
    struct harness h = begin(m, &p, 1);
    harness_start(&h, CPU_LEVEL_TOP, 1);
    ask(&h, "ann", &a);
    struct search s = {.tokens = h.prompt};
    assert_int_equal(each_file(&p, search_file, &s), BLOCKS);
    assert_false(s.found);
    harness_stop(&h);
    model_free(m);
    place_remove(&p);
}

/* Answers matter more than what is kept of them. */
static void test_no_folder(void **state)
{
    (void)state;
    struct place p = {"/proc/nothing/here"};
    struct answer a;
    struct model *m = harness_model("qwen3", false);
    struct harness h = begin(m, &p, 1);
    harness_start(&h, CPU_LEVEL_TOP, 1);
    assert_non_null(strstr(engine_warning(h.engine), "/proc/nothing/here"));
    ask(&h, "ann", &a);
    assert_int_equal(a.n, 10);
    harness_stop(&h);
    model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_restart), cmocka_unit_test(test_strangers), cmocka_unit_test(test_damage),    cmocka_unit_test(test_swapped),
        cmocka_unit_test(test_budgets), cmocka_unit_test(test_sealed),    cmocka_unit_test(test_no_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
