#include "app/paths.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/near.h"
#include "app/text.h"
#include "base/utf8.h"

enum { PATH_BYTES_MAX = 8192, MODELS_MAX = 4096 };

static const char *env_get(const char *const *env, const char *name)
{
    size_t n = strlen(name);
    for (; env && *env; env++)
        if (!strncmp(*env, name, n) && (*env)[n] == '=' && (*env)[n + 1])
            return *env + n + 1;
    return NULL;
}

static int out_of_memory(const struct app *a, struct err *e)
{
    return err_set(e, ERR_NOMEM, "%s", T(a->lang, NO_MEMORY));
}

/* "a/b/c" in the configuration's arena. Parts may be empty. */
static const char *join(struct app *a, const char *dir, const char *name, const char *tail)
{
    struct buf b = buf_make(PATH_BYTES_MAX);
    bool slash = *dir && dir[strlen(dir) - 1] != '/';
    buf_printf(&b, "%s%s%s%s", dir, slash ? "/" : "", name, tail);
    const char *copy = b.failed ? NULL : arena_dup(&a->config.arena, buf_str(&b)).ptr;
    buf_free(&b);
    return copy;
}

int paths_data(struct app *a, const char *const *env, struct err *e)
{
    const char *given = a->args.data && *a->args.data ? a->args.data : env_get(env, "HEARTH_DATA");
    const char *xdg = env_get(env, "XDG_DATA_HOME"), *home = env_get(env, "HOME");
    if (given)
        a->data_dir = given;
    else if (xdg && *xdg == '/') /* the specification: a relative one is to be ignored */
        a->data_dir = join(a, xdg, "hearth", "");
    else
        a->data_dir = join(a, home ? home : "/var/lib", home ? ".local/share/hearth" : "hearth", "");
    return a->data_dir ? OK : out_of_memory(a, e);
}

static bool is_file(const char *path)
{
    struct stat st;
    return !stat(path, &st) && S_ISREG(st.st_mode);
}

int paths_config(struct app *a, const char *const *env, const char **ret, struct err *e)
{
    const char *given = a->args.config ? a->args.config : env_get(env, "HEARTH_CONFIG");
    const char *path = given ? given : join(a, a->data_dir, "hearth.yaml", "");
    if (!path)
        return out_of_memory(a, e);
    *ret = given || is_file(path) ? path : NULL;
    return OK;
}

/* The page shows it to a person, who must find it from anywhere. */
static const char *absolute(struct app *a, const char *path)
{
    char here[PATH_BYTES_MAX];
    return *path == '/' || !getcwd(here, sizeof here) ? path : join(a, here, path, "");
}

int paths_models(struct app *a, struct err *e)
{
    const char *dir = *a->config.models.dir ? a->config.models.dir : join(a, a->data_dir, "models", "");
    a->models_dir = dir ? absolute(a, dir) : NULL;
    return a->models_dir ? OK : out_of_memory(a, e);
}

static bool is_usual(struct app *a, const char *const *env)
{
    const char *given = a->args.data && *a->args.data ? a->args.data : env_get(env, "HEARTH_DATA");
    return !given && !*a->config.store.dir;
}

int paths_store(struct app *a, const char *const *env, struct err *e)
{
    const struct config *c = &a->config;
    const char *xdg = env_get(env, "XDG_CONFIG_HOME"), *home = env_get(env, "HOME"), *dir;
    char name[32] = "key";
    a->store_dir = *c->store.dir ? c->store.dir : join(a, a->data_dir, "store", "");
    a->store_dir = a->store_dir ? absolute(a, a->store_dir) : NULL;
    if (!a->store_dir)
        return out_of_memory(a, e);
    if (!is_usual(a, env))
        snprintf(name, sizeof name, "key-%016llx", (unsigned long long)str_hash(str_of(a->store_dir)));
    dir = xdg && *xdg == '/' ? join(a, xdg, "hearth", "") : join(a, home ? home : "/etc", home ? ".config/hearth" : "hearth", "");
    if (*c->store.key_file)
        a->key_file = absolute(a, c->store.key_file);
    else
        a->key_file = dir ? join(a, dir, name, "") : NULL;
    return a->key_file ? OK : out_of_memory(a, e);
}

struct str model_name_of(const char *path)
{
    struct str s = str_of(path);
    ptrdiff_t slash = str_rchr(s, '/');
    s = slash < 0 ? s : str_skip(s, (size_t)slash + 1);
    return str_ends(s, STR(".gguf")) ? str_head(s, s.len - 5) : s;
}

static int not_found(struct app *a, const char *name, struct err *e)
{
    const char *const *paths;
    char names[64][128];
    size_t n = 0;
    struct near near = near_to(model_name_of(name));
    if (models_scan(a, &paths, &n, NULL))
        n = 0;
    for (size_t i = 0; i < n && i < sizeof names / sizeof *names; i++) {
        str_copy(names[i], sizeof names[i], model_name_of(paths[i]));
        near_try(&near, names[i]);
    }
    return near.best ? err_set(e, ERR_NOENT, T(a->lang, MODEL_NEAR), name, a->models_dir, near.best)
                     : err_set(e, ERR_NOENT, T(a->lang, MODEL_NOT_FOUND), name, a->models_dir);
}

int model_path(struct app *a, const char *name, const char **ret, struct err *e)
{
    const char *const tries[] = {
        name,
        *name == '/' ? NULL : join(a, a->models_dir, name, ""),
        *name == '/' ? NULL : join(a, a->models_dir, name, ".gguf"),
    };
    for (size_t i = 0; i < sizeof tries / sizeof *tries && *name; i++)
        if (tries[i] && is_file(tries[i])) {
            *ret = tries[i];
            return OK;
        }
    return not_found(a, name, e);
}

static int by_name(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

int models_scan(struct app *a, const char *const **ret, size_t *ret_n, struct err *e)
{
    DIR *d = opendir(a->models_dir);
    if (!d)
        return err_set(e, errno == ENOENT ? ERR_NOENT : ERR_IO, "%s: %s", a->models_dir, strerror(errno));
    const char **paths = arena_calloc(&a->config.arena, MODELS_MAX, sizeof *paths);
    size_t n = 0;
    for (struct dirent *entry; paths && n < MODELS_MAX && (entry = readdir(d));) {
        struct str name = str_of(entry->d_name);
        if (name.ptr[0] == '.' || !str_ends(name, STR(".gguf")) || !utf8_printable(name.ptr, name.len))
            continue; /* as for the server: what no terminal should be sent is not a model's name */
        const char *path = join(a, a->models_dir, entry->d_name, "");
        if (path && is_file(path))
            paths[n++] = path;
    }
    closedir(d);
    if (!paths)
        return out_of_memory(a, e);
    qsort(paths, n, sizeof *paths, by_name);
    *ret = paths;
    *ret_n = n;
    return OK;
}

int make_folders(const char *path, struct err *e)
{
    char part[PATH_BYTES_MAX];
    if (!str_copy(part, sizeof part, str_of(path)))
        return err_set(e, ERR_LIMIT, "%s", strerror(ENAMETOOLONG));
    for (char *p = part + 1;; p++) {
        if (*p && *p != '/')
            continue;
        char kept = *p;
        *p = 0;
        if (mkdir(part, 0755) && errno != EEXIST)
            return err_set(e, ERR_IO, "%s: %s", part, strerror(errno));
        *p = kept;
        if (!kept)
            return OK;
    }
}
