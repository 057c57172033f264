/* A tree of small files in a temporary folder, in place of /proc and /sys. */
#ifndef SYS_TREE_H
#define SYS_TREE_H

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"

struct tree {
    char root[64];
};

static inline int tree_setup(void **state)
{
    struct tree *t = calloc(1, sizeof *t);
    snprintf(t->root, sizeof t->root, "/tmp/hearth-test-XXXXXX");
    assert_non_null(mkdtemp(t->root));
    *state = t;
    return 0;
}

static inline int tree_remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static inline int tree_teardown(void **state)
{
    struct tree *t = *state;
    nftw(t->root, tree_remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(t);
    return 0;
}

/* Writes root + path, making the folders that lead to it. */
static inline void tree_write(const struct tree *t, const char *path, const char *text)
{
    char full[512];
    snprintf(full, sizeof full, "%s%s", t->root, path);
    for (char *p = full + strlen(t->root) + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = 0;
        assert_true(mkdir(full, 0700) == 0 || errno == EEXIST);
        *p = '/';
    }
    FILE *f = fopen(full, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

#endif
