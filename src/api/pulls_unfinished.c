/* What an earlier run of the server has begun to load: NAME.gguf.part with its state (fetch/part.h). It is listed as canceled, so that
 * one can go on with it. Nothing is opened but the states; a pull of that name takes up the rest. */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "api/pulls.h"
#include "fetch/part.h"
#include "sys/mem.h"

static const char suffix[] = ".gguf.part.state";

/* "ORG/REPO/FILE" of a file's address on the hub's main branch; any other address is a name already. */
static char *name_of(const struct api *a, struct str address)
{
    struct str home = str_of(a->c.hub && *a->c.hub ? a->c.hub : PULL_HUB), resolve = STR("/resolve/main/");
    while (str_ends(home, STR("/")))
        home.len--;
    ptrdiff_t at = str_find(address, resolve, 0);
    if (!str_starts(address, home) || at <= (ptrdiff_t)home.len || str_chr(address, '%') >= 0)
        return str_dup(address);
    struct str repo = str_skip(str_head(address, (size_t)at), home.len + 1), file = str_skip(address, (size_t)at + resolve.len);
    char *name = NULL;
    return asprintf(&name, STR_FMT "/" STR_FMT, STR_ARG(repo), STR_ARG(file)) < 0 ? NULL : name;
}

static void take_state(struct pulls *all, const struct api *a, struct str file, struct str text)
{
    struct part_source of;
    uint64_t done;
    if (!part_state_describe(text, &of, &done) || !done || file.len > HUB_FILE_MAX || of.url.len > PULL_TEXT_MAX)
        return;
    struct pull was = {.name = name_of(a, of.url), .progress = {.state = PULL_LOADING, .done = done, .total = of.size, .eta_s = -1}};
    str_copy(was.file, sizeof was.file, file);
    if (was.name)
        pulls_remember(all, &was, of.sha256);
    free(was.name);
}

void pulls_find_unfinished(struct pulls *all, const struct api *a)
{
    DIR *d = a->c.models_dir ? opendir(a->c.models_dir) : NULL;
    if (!d)
        return;
    int left = PULLS_KEPT;
    for (struct dirent *entry; left && (entry = readdir(d));) {
        struct str name = str_of(entry->d_name);
        char path[PATH_MAX], *text = NULL;
        size_t len = 0;
        struct stat st;
        if (name.ptr[0] == '.' || !str_ends(name, str_of(suffix)) || name.len == sizeof suffix - 1)
            continue;
        int n = snprintf(path, sizeof path, "%s/%s", a->c.models_dir, entry->d_name);
        if (n <= 0 || (size_t)n >= sizeof path || lstat(path, &st) || !S_ISREG(st.st_mode) ||
            file_read(path, PART_STATE_MAX, &text, &len, NULL))
            continue;
        path[n - (int)(sizeof ".state" - 1)] = 0;
        if (!lstat(path, &st) && S_ISREG(st.st_mode)) {
            take_state(all, a, str_head(name, name.len - (sizeof ".part.state" - 1)), str_from(text, len));
            left--;
        }
        free(text);
    }
    closedir(d);
}
