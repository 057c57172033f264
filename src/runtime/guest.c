/* Names that no file stands behind: the program itself answers them, through the same tickets and frames as a model. */
#include <stdlib.h>

#include "runtime/runtime_internal.h"

int runtime_invite(struct runtime *rt, const char *name, const struct backend_kind *kind, void *guest_ctx)
{
    if (rt->guests.name)
        return ERR_EXISTS;
    rt->guests = (struct guests){.name = name, .kind = kind, .ctx = guest_ctx};
    return OK;
}

/* The model of NAME/MODEL; empty for NAME alone. False: another name. */
static bool inner_name(const struct guests *g, struct str name, struct str *ret)
{
    struct str own = str_of(g->name);
    if (!name.len || str_eq(name, own)) {
        *ret = (struct str){"", 0};
        return true;
    }
    if (!str_starts(name, own) || name.len < own.len + 2 || name.ptr[own.len] != '/')
        return false;
    *ret = str_skip(name, own.len + 1);
    return true;
}

static struct slot *add(struct runtime *rt, struct str inner)
{
    struct guests *g = &rt->guests;
    struct buf name = buf_make(1 << 12);
    struct slot *s = calloc(1, sizeof *s), **more = reallocarray(g->slots, g->n + 1, sizeof *more);
    if (more)
        g->slots = more;
    buf_printf(&name, "%s%s" STR_FMT, g->name, inner.len ? "/" : "", STR_ARG(inner));
    if (s && more && !name.failed) {
        s->file.name = str_dup(buf_str(&name));
        s->file.path = str_dup(inner);
    }
    buf_free(&name);
    if (!s || !more || !s->file.name || !s->file.path) {
        if (s) {
            free(s->file.name);
            free(s->file.path);
        }
        free(s);
        return NULL;
    }
    s->rt = rt;
    s->kind = g->kind;
    s->info_arena = arena_make(INFO_BYTES_MAX);
    s->entry.guest = true;
    s->entry.name = str_of(s->file.name);
    s->entry.path = str_of(s->file.path);
    g->slots[g->n++] = s;
    return s;
}

struct slot *guest_find(struct runtime *rt, struct str name)
{
    struct guests *g = &rt->guests;
    struct str inner;
    if (!g->name || !inner_name(g, name, &inner))
        return NULL;
    if (inner.len) {
        const struct slot *model = slot_find(rt, inner);
        if (!model || model->entry.encodes)
            return NULL;
        inner = model->entry.name;
    }
    for (size_t i = 0; i < g->n; i++)
        if (str_eq(g->slots[i]->entry.path, inner))
            return g->slots[i];
    return g->n < CATALOGUE_FILES_MAX ? add(rt, inner) : NULL;
}

void guests_free(struct runtime *rt)
{
    for (size_t i = 0; i < rt->guests.n; i++) {
        struct slot *s = rt->guests.slots[i];
        if (s->backend)
            s->kind->destroy(s->backend);
        s->backend = NULL;
        tickets_fail(&s->waiting, GEN_FAULT_BUSY, "the server is stopping");
        tickets_fail(&s->sent, GEN_FAULT_BUSY, "the server is stopping");
        slot_free(s);
    }
    free(rt->guests.slots);
    rt->guests = (struct guests){0};
}
