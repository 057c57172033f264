#include "runtime/catalogue.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/utf8.h"

static const char suffix[] = ".gguf";

static bool fit_for_a_name(struct str s)
{
    return s.len && utf8_printable(s.ptr, s.len);
}

static struct str model_name(struct str file)
{
    struct str end = str_of(suffix);
    return file.len > end.len && str_ends(file, end) ? str_head(file, file.len - end.len) : file;
}

static bool known(const struct catalogue *c, struct str name)
{
    for (size_t i = 0; i < c->n; i++) {
        if (str_eq(str_of(c->files[i].name), name))
            return true;
    }
    return false;
}

static void file_free(struct catalogue_file *f)
{
    free(f->name);
    free(f->path);
}

/* Files that are not what they should be are passed over; only memory is an error. */
static int add(struct catalogue *c, size_t *cap, struct str name, const char *path, bool extra)
{
    struct stat st;
    if (!fit_for_a_name(name) || c->n == CATALOGUE_FILES_MAX || stat(path, &st) || !S_ISREG(st.st_mode) || (extra && known(c, name)))
        return OK;
    if (c->n == *cap) {
        size_t more = *cap ? *cap * 2 : 16;
        struct catalogue_file *p = reallocarray(c->files, more, sizeof *p);
        if (!p)
            return ERR_NOMEM;
        c->files = p;
        *cap = more;
    }
    struct catalogue_file f = {
        .name = str_dup(name),
        .path = str_dup(str_of(path)),
        .bytes = (uint64_t)st.st_size,
        .modified_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec,
        .extra = extra,
    };
    if (!f.name || !f.path) {
        file_free(&f);
        return ERR_NOMEM;
    }
    c->files[c->n++] = f;
    return OK;
}

static int add_folder(struct catalogue *c, size_t *cap, const char *dir)
{
    DIR *d = opendir(dir);
    if (!d)
        return OK;
    int r = OK;
    for (struct dirent *entry; !r && (entry = readdir(d));) {
        struct str file = str_of(entry->d_name);
        char path[PATH_MAX];
        if (file.ptr[0] == '.' || !str_ends(file, str_of(suffix)))
            continue;
        int n = snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
        if (n > 0 && (size_t)n < sizeof path)
            r = add(c, cap, model_name(file), path, false);
    }
    closedir(d);
    return r;
}

static int by_name(const void *a, const void *b)
{
    const struct catalogue_file *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : y->extra - x->extra; /* an extra one first */
}

static void drop_doubles(struct catalogue *c)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->n; i++) {
        if (kept && !strcmp(c->files[kept - 1].name, c->files[i].name))
            file_free(&c->files[i]);
        else
            c->files[kept++] = c->files[i];
    }
    c->n = kept;
}

int catalogue_scan(const char *dir, const char *const *extra, struct catalogue *ret)
{
    struct catalogue c = {0};
    size_t cap = 0;
    int r = OK;
    for (size_t i = 0; !r && extra && extra[i]; i++) {
        struct str path = str_of(extra[i]);
        r = add(&c, &cap, model_name(str_skip(path, (size_t)(str_rchr(path, '/') + 1))), extra[i], true);
    }
    if (!r && dir)
        r = add_folder(&c, &cap, dir);
    if (r) {
        catalogue_free(&c);
        return r;
    }
    if (c.n)
        qsort(c.files, c.n, sizeof *c.files, by_name);
    drop_doubles(&c);
    *ret = c;
    return OK;
}

void catalogue_free(struct catalogue *c)
{
    for (size_t i = 0; i < c->n; i++)
        file_free(&c->files[i]);
    free(c->files);
    *c = (struct catalogue){0};
}

/* F16, BF16, F32, Q4_0, Q4_K_M, IQ4_NL … in either case. */
static bool names_quantisation(struct str s)
{
    if (str_ieq(s, STR("F16")) || str_ieq(s, STR("BF16")) || str_ieq(s, STR("F32")))
        return true;
    if (s.len && (s.ptr[0] == 'I' || s.ptr[0] == 'i'))
        s = str_skip(s, 1);
    return s.len >= 2 && (s.ptr[0] == 'Q' || s.ptr[0] == 'q') && isdigit((unsigned char)s.ptr[1]) && str_chr(s, '-') < 0;
}

struct str catalogue_family(struct str name)
{
    for (size_t i = name.len; i > 1; i--) {
        if (name.ptr[i - 1] == '-' || name.ptr[i - 1] == '.')
            return names_quantisation(str_skip(name, i)) ? str_head(name, i - 1) : name;
    }
    return name;
}
