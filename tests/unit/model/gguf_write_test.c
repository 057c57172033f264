/* The writer: what it writes a reader accepts, mistakes come out at the end, and no half file is left behind. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "gguf_make.h"
#include "model/quantize.h"
#include "sys/pool.h"

static struct make_folder folder;
static char path[128], part[128];

static int set_up(void **state)
{
    (void)state;
    make_folder_create(&folder);
    make_path(&folder, "w.gguf", path);
    make_path(&folder, "w.gguf.part", part);
    return 0;
}

/* Nothing of a test that failed to write is left: each test that leaves a file deletes it itself. */
static int tear_down(void **state)
{
    (void)state;
    return make_folder_remove(&folder);
}

static struct gguf_writer *create(void)
{
    struct gguf_writer *w = NULL;
    struct err e = {0};
    if (gguf_writer_create(path, &w, &e))
        fail_msg("%s", e.text);
    return w;
}

static void round_trip(void **state)
{
    (void)state;
    struct gguf_writer *w = create();
    const uint64_t a[] = {3, 5}, b[] = {32};
    uint8_t data[60 + 34];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)i;
    assert_int_equal(gguf_write_u32(w, "n", 7), OK);
    assert_int_equal(gguf_declare_tensor(w, STR("a"), TENSOR_F32, a, 2), OK);
    assert_int_equal(gguf_declare_tensor(w, STR("b"), TENSOR_Q8_0, b, 1), OK);
    assert_int_equal(gguf_write_data(w, data, 1, NULL), OK);
    assert_int_equal(gguf_write_data(w, data + 1, 70, NULL), OK); /* ends the first tensor and begins the second */
    assert_int_equal(gguf_write_data(w, data + 71, sizeof data - 71, NULL), OK);
    assert_int_not_equal(access(path, F_OK), 0); /* not before the end */
    assert_int_equal(gguf_writer_finish(w, NULL), OK);
    assert_int_not_equal(access(part, F_OK), 0);
    struct gguf *g = NULL;
    struct err e = {0};
    if (gguf_open(path, &g, &e))
        fail_msg("%s", e.text);
    const struct gguf_tensor *t = gguf_tensor(g, "a"), *u = gguf_tensor(g, "b");
    assert_int_equal(t->size, 60);
    assert_memory_equal(t->data, data, 60);
    assert_int_equal(u->offset, t->offset + 64);
    assert_memory_equal(u->data, data + 60, 34);
    assert_int_equal(gguf_file_bytes(g) % 32, 0);
    gguf_close(g);
    unlink(path);
}

static void finish_fails(struct gguf_writer *w, int code, const char *says)
{
    struct err e = {0};
    assert_int_equal(gguf_writer_finish(w, &e), code);
    if (!strstr(e.text, says))
        fail_msg("\"%s\" does not say \"%s\"", e.text, says);
    assert_int_not_equal(access(part, F_OK), 0);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void mistakes_are_sticky(void **state)
{
    (void)state;
    char longer[300];
    memset(longer, 'k', sizeof longer);
    longer[sizeof longer - 1] = 0;
    struct gguf_writer *w = create();
    assert_int_equal(gguf_write_u32(w, "k", 1), OK);
    assert_int_equal(gguf_write_str(w, "k", STR("again")), ERR_EXISTS);
    assert_int_equal(gguf_write_u32(w, "other", 1), ERR_EXISTS); /* the first mistake stays */
    finish_fails(w, ERR_EXISTS, "metadata key \"k\"");
    w = create();
    assert_int_equal(gguf_write_u32(w, longer, 1), ERR_INVAL);
    finish_fails(w, ERR_INVAL, "too long");
    w = create();
    assert_int_equal(gguf_write_bool(w, "bell\a", 1), ERR_INVAL);
    finish_fails(w, ERR_INVAL, "bell.");
    w = create();
    assert_int_equal(gguf_write_u32(w, "general.alignment", 64), ERR_INVAL);
    finish_fails(w, ERR_INVAL, "general.alignment");
    w = create();
    assert_int_equal(gguf_write_array(w, "strings", GGUF_STR, "", 0), ERR_INVAL);
    finish_fails(w, ERR_INVAL, "not an array of numbers");
}

static void shapes_that_make_no_tensor(void **state)
{
    (void)state;
    static const struct {
        enum tensor_type type;
        uint64_t dim[4];
        uint32_t n_dims;
    } cases[] = {
        {TENSOR_F32, {1}, 0},           {TENSOR_F32, {1, 1, 1, 1}, 5}, {TENSOR_F32, {0}, 1},
        {TENSOR_Q4_K, {255}, 1},        {TENSOR_F32, {UINT64_MAX}, 1}, {TENSOR_F32, {1 << 30, 1 << 30, 1 << 30}, 3},
        {(enum tensor_type)5, {32}, 1}, {TENSOR_F32, {4, 0}, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gguf_writer *w = create();
        assert_int_equal(gguf_declare_tensor(w, STR("t"), cases[i].type, cases[i].dim, cases[i].n_dims), ERR_INVAL);
        finish_fails(w, ERR_INVAL, "do not make a tensor");
    }
    struct gguf_writer *w = create();
    assert_int_equal(gguf_declare_tensor(w, STR("t"), TENSOR_F32, (uint64_t[]){8}, 1), OK);
    assert_int_equal(gguf_declare_tensor(w, STR("t"), TENSOR_F32, (uint64_t[]){8}, 1), ERR_EXISTS);
    finish_fails(w, ERR_EXISTS, "tensor \"t\"");
}

static void data_must_be_complete(void **state)
{
    (void)state;
    const float v[8] = {0};
    struct gguf_writer *w = create();
    gguf_declare_tensor(w, STR("t"), TENSOR_F32, (uint64_t[]){8}, 1);
    assert_int_equal(gguf_write_data(w, v, 31, NULL), OK);
    finish_fails(w, ERR_INVAL, "data of 1 tensors is missing");
    w = create();
    gguf_declare_tensor(w, STR("t"), TENSOR_F32, (uint64_t[]){8}, 1);
    assert_int_equal(gguf_write_data(w, v, 32, NULL), OK);
    assert_int_equal(gguf_write_u32(w, "late", 1), ERR_INVAL);
    assert_int_equal(gguf_write_data(w, v, 1, NULL), ERR_INVAL);
    gguf_writer_abort(w);
    assert_int_not_equal(access(part, F_OK), 0);
    gguf_writer_abort(NULL);
}

static void one_writer_at_a_time(void **state)
{
    (void)state;
    struct gguf_writer *w = create(), *second = NULL;
    struct err e = {0};
    assert_int_equal(gguf_writer_create(path, &second, &e), ERR_EXISTS);
    assert_non_null(strstr(e.text, "another process"));
    assert_null(second);
    assert_int_equal(access(part, F_OK), 0); /* the refused one has not removed it */
    gguf_writer_abort(w);
    FILE *f = fopen(part, "w"); /* left behind by a killed one: longer than what comes */
    assert_non_null(f);
    for (int i = 0; i < 1000; i++)
        fputs("old", f);
    fclose(f);
    w = create();
    assert_int_equal(gguf_writer_finish(w, NULL), OK);
    struct gguf *g = NULL;
    assert_int_equal(gguf_open(path, &g, NULL), OK);
    assert_int_equal(gguf_file_bytes(g), 32);
    gguf_close(g);
    unlink(path);
}

/* The rename at the end would put a file in its place: for root even in that of /dev/null. */
static void only_files_are_replaced(void **state)
{
    (void)state;
    char fifo[128];
    assert_int_equal(mkfifo(make_path(&folder, "pipe", fifo), 0600), 0);
    const struct {
        const char *path, *says;
    } cases[] = {{fifo, "pipe is not a file but a device, a pipe or a socket"},
                 {folder.path, "is not a file but a folder"},
                 {"", "no name"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gguf_writer *w = NULL;
        struct err e = {0};
        assert_int_equal(gguf_writer_create(cases[i].path, &w, &e), ERR_INVAL);
        if (!strstr(e.text, cases[i].says))
            fail_msg("\"%s\" does not say \"%s\"", e.text, cases[i].says);
        assert_null(w);
    }
    struct stat st;
    assert_int_equal(stat(fifo, &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
    unlink(fifo);
}

static void a_full_disk(void **state)
{
    (void)state;
    char in[128];
    struct make_spec s = make_spec_of("llama");
    make_model(make_path(&folder, "in.gguf", in), &s);
    struct pool *pool;
    assert_int_equal(pool_create(1, &pool, NULL), OK);
    struct rlimit old, low;
    getrlimit(RLIMIT_FSIZE, &old);
    low = (struct rlimit){8192, old.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    struct err e = {0};
    int rc = quantize_file(in, path, STR("Q8_0"), pool, NULL, NULL, NULL, &e);
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, SIG_DFL);
    pool_free(pool);
    assert_int_equal(rc, ERR_IO);
    assert_non_null(strstr(e.text, "w.gguf.part: cannot write to it"));
    assert_int_not_equal(access(part, F_OK), 0);
    assert_int_not_equal(access(path, F_OK), 0);
    unlink(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(mistakes_are_sticky),
        cmocka_unit_test(shapes_that_make_no_tensor),
        cmocka_unit_test(data_must_be_complete),
        cmocka_unit_test(one_writer_at_a_time),
        cmocka_unit_test(only_files_are_replaced),
        cmocka_unit_test(a_full_disk),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
