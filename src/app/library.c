#include "app/library.h"

#include <limits.h>
#include <stdlib.h>

/* Without links, so that a path below it is recognised by its name. A folder that is not there cannot have documents. */
static void add_root(struct app *a, struct library *l, struct str root)
{
    char path[PATH_MAX], real[PATH_MAX];
    if (l->n_roots == LIBRARY_ROOTS_MAX || !str_copy(path, sizeof path, root))
        return;
    if (!realpath(path, real)) {
        log_event(&a->log, LOG_WARN, "a folder of kb.roots cannot be opened", F_STR("folder", root));
        return;
    }
    char *copy = str_dup(str_of(real));
    if (copy)
        l->roots[l->n_roots++] = str_of(copy);
}

int library_open(struct app *a, struct store *store, struct loop *loop, struct runtime *runtime, struct library *ret, struct err *e)
{
    const struct config *c = &a->config;
    const char *home = getenv("HOME");
    const struct kb_config kc = {.store = store, .clock = a->clock};
    for (size_t i = 0; i < c->kb.roots.n; i++)
        add_root(a, ret, c->kb.roots.items[i]);
    if (!c->kb.roots.n && home && *home == '/')
        add_root(a, ret, str_of(home));
    struct ingest_config ic = {
        .store = store,
        .loop = loop,
        .runtime = runtime,
        .log = &a->log,
        .clock = a->clock,
        .roots = ret->roots,
        .n_roots = ret->n_roots,
        .doc = {.file_bytes_max = c->kb.file_bytes,
                .text_bytes_max = c->kb.text_bytes,
                .memory_bytes = c->kb.reader_memory,
                .time_ms = c->kb.reader_time_ms},
        .walk = {.depth_max = c->kb.folder_depth, .entries_max = c->kb.folder_entries},
        .workers = c->kb.workers,
    };
    int r = kb_open(&kc, &ret->kb, e);
    if (r)
        return r;
    ic.kb = ret->kb;
    return ingests_create(&ic, &ret->ingests, e);
}

void library_close(struct library *l)
{
    ingests_free(l->ingests);
    kb_close(l->kb);
    while (l->n_roots)
        free((void *)(uintptr_t)l->roots[--l->n_roots].ptr);
    *l = (struct library){0};
}
