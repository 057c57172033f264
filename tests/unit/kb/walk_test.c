/* Walking: everything that is there, and nothing that lies outside, whatever links say. */
#include "../check.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kb/walk.h"

struct place {
    char root[64];
    struct buf files, skipped;
    int code; /* what `file` returns */
};

static void at(const struct place *p, const char *name, char ret[256])
{
    snprintf(ret, 256, "%s/%s", p->root, name);
}

static void make_file(const struct place *p, const char *name)
{
    char path[256];
    at(p, name, path);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(name, f);
    fclose(f);
}

static void make_folder(const struct place *p, const char *name)
{
    char path[256];
    at(p, name, path);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void make_link(const struct place *p, const char *to, const char *name)
{
    char path[256];
    at(p, name, path);
    assert_int_equal(symlink(to, path), 0);
}

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    p->files = p->skipped = buf_make(1 << 16);
    str_copy(p->root, sizeof p->root, STR("/tmp/hearth-walk-XXXXXX"));
    assert_non_null(mkdtemp(p->root));
    make_folder(p, "docs");
    make_folder(p, "docs/deep");
    make_folder(p, "docs/.git");
    make_folder(p, "other");
    make_file(p, "docs/a.txt");
    make_file(p, "docs/deep/b.txt");
    make_file(p, "docs/.git/hidden");
    make_file(p, "docs/.hidden");
    make_file(p, "other/secret");
    make_link(p, "../other/secret", "docs/out");
    make_link(p, "../other", "docs/outside");
    make_link(p, "..", "docs/deep/loop");
    make_link(p, "self", "docs/self");
    char path[256];
    at(p, "docs/pipe", path);
    assert_int_equal(mkfifo(path, 0600), 0);
    *state = p;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

static int teardown(void **state)
{
    struct place *p = *state;
    nftw(p->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    buf_free(&p->files);
    buf_free(&p->skipped);
    free(p);
    return 0;
}

static int on_file(void *ctx, int fd, struct str path, const struct stat *st)
{
    struct place *p = ctx;
    char content[64];
    ssize_t n = read(fd, content, sizeof content);
    assert_int_equal(n, st->st_size);
    assert_true(str_ends(path, str_from(content, (size_t)n)));
    buf_printf(&p->files, "[" STR_FMT "]", STR_ARG(str_skip(path, strlen(p->root) + 1)));
    close(fd);
    return p->code;
}

static int on_skipped(void *ctx, struct str path, const char *why)
{
    struct place *p = ctx;
    buf_printf(&p->skipped, "[" STR_FMT " %s]", STR_ARG(str_skip(path, strlen(p->root) + 1)), why);
    return OK;
}

static int walk(struct place *p, const char *name, const struct walk_limits *limits, struct err *e)
{
    static const struct walk_events events = {on_file, on_skipped};
    char path[256];
    struct str root = str_of(p->root);
    int fd;
    at(p, name, path);
    buf_clear(&p->files);
    buf_clear(&p->skipped);
    int r = walk_open(&root, 1, str_of(path), &fd, e);
    if (r)
        return r;
    r = walk_from(fd, str_of(path), limits, &events, p, e);
    close(fd);
    return r;
}

static bool has(const struct buf *b, const char *words)
{
    return str_find(buf_str(b), str_of(words), 0) >= 0;
}

static void test_files_and_what_is_none(void **state)
{
    struct place *p = *state;
    struct err e;
    assert_int_equal(walk(p, "docs", NULL, &e), OK);
    assert_true(has(&p->files, "[docs/a.txt]") && has(&p->files, "[docs/deep/b.txt]"));
    assert_int_equal(p->files.len, strlen("[docs/a.txt][docs/deep/b.txt]"));
    static const char *const links[] = {"docs/out is a link", "docs/outside is a link", "docs/deep/loop is a link", "docs/self is a link",
                                        "docs/pipe is neither"};
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        if (!has(&p->skipped, links[i]))
            fail_msg("%s: not in " STR_FMT, links[i], STR_ARG(buf_str(&p->skipped)));
    assert_int_equal(walk(p, "docs", NULL, &e), OK); /* the same again, with the same descriptor's place forgotten */
    assert_true(has(&p->files, "[docs/a.txt]"));
    assert_int_equal(walk(p, "docs/a.txt", NULL, &e), OK);
    assert_str(buf_str(&p->files), "[docs/a.txt]");
    assert_int_equal(walk(p, "docs/.hidden", NULL, &e), OK); /* asked for by its name */
    assert_str(buf_str(&p->files), "[docs/.hidden]");
}

static void test_paths_that_lead_out(void **state)
{
    static const struct {
        const char *path;
        int code;
    } cases[] = {{"docs/out", ERR_DENIED},
                 {"docs/outside/secret", ERR_DENIED},
                 {"docs/deep/loop/a.txt", ERR_DENIED},
                 {"docs/../other", ERR_DENIED},
                 {"docs/self", ERR_DENIED},
                 {"docs/none", ERR_NOENT},
                 {"docs/a.txt/x", ERR_NOENT},
                 {"docs/./a.txt", ERR_DENIED},
                 {"docs//a.txt", ERR_DENIED},
                 {"docs/deep/b.txt", OK},
                 {"docs", OK}};
    struct place *p = *state;
    struct err e;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int got = walk(p, cases[i].path, NULL, &e);
        if (got != cases[i].code)
            fail_msg("%s: %d", cases[i].path, got);
    }
    char docs[256], sibling[256];
    int fd;
    at(p, "docs", docs);
    at(p, "docsx", sibling);
    struct str root = str_of(docs);
    assert_int_equal(walk_open(&root, 1, str_of(sibling), &fd, &e), ERR_DENIED); /* begins with the same letters */
    assert_int_equal(walk_open(&root, 1, STR("/etc/passwd"), &fd, &e), ERR_DENIED);
    assert_int_equal(walk_open(NULL, 0, str_of(docs), &fd, &e), ERR_DENIED);
}

static void test_bounds(void **state)
{
    struct place *p = *state;
    struct err e;
    assert_int_equal(walk(p, "docs", &(struct walk_limits){.depth_max = 1}, &e), OK);
    assert_true(has(&p->skipped, "docs/deep is too deep"));
    assert_int_equal(walk(p, "docs", &(struct walk_limits){.entries_max = 2}, &e), ERR_LIMIT);
    p->code = ERR_CANCELED;
    assert_int_equal(walk(p, "docs", NULL, &e), ERR_CANCELED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_files_and_what_is_none, setup, teardown),
        cmocka_unit_test_setup_teardown(test_paths_that_lead_out, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
