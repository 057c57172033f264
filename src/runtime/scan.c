/* The folder's files and the slots, brought together: both are sorted by name. */
#include <stdlib.h>

#include "model/encoder.h"
#include "runtime/runtime_internal.h"

static void show_file(struct slot *s)
{
    s->entry.name = str_of(s->file.name);
    s->entry.path = str_of(s->file.path);
    s->entry.file_bytes = s->file.bytes;
    s->entry.modified_s = s->file.modified_ns / 1000000000;
    const struct encoder_arch *encoder = encoder_peek(s->file.path);
    s->entry.encodes = encoder;
    s->entry.english = encoder && encoder->english;
}

static struct slot *slot_create(struct runtime *rt, struct catalogue_file *f)
{
    struct slot *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->rt = rt;
    s->kind = rt->kind;
    s->info_arena = arena_make(INFO_BYTES_MAX);
    s->file = *f;
    *f = (struct catalogue_file){0};
    show_file(s);
    return s;
}

/* The same name again: another file behind it means that what is loaded or has failed is out of date. */
static void slot_update(struct slot *s, struct catalogue_file *f)
{
    bool same = s->file.bytes == f->bytes && s->file.modified_ns == f->modified_ns && !strcmp(s->file.path, f->path);
    s->listed = true;
    if (same)
        return;
    struct catalogue_file old = s->file;
    s->file = *f;
    *f = old; /* freed with the scan */
    show_file(s);
    slot_reset(s);
    if (s->entry.state == MODEL_READY) {
        s->draining = true;
        runtime_wake(s->rt);
    }
}

static int by_name(const void *a, const void *b)
{
    const struct slot *const *x = a, *const *y = b;
    return strcmp((*x)->file.name, (*y)->file.name);
}

static struct slot *find_slot(struct runtime *rt, const char *name)
{
    size_t lo = 0, hi = rt->n_slots;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int order = strcmp(rt->slots[mid]->file.name, name);
        if (!order)
            return rt->slots[mid];
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

static void merge(struct runtime *rt, struct catalogue *c, struct slot **slots)
{
    size_t n = 0;
    for (size_t i = 0; i < rt->n_slots; i++)
        rt->slots[i]->listed = false;
    for (size_t i = 0; i < c->n; i++) {
        struct slot *s = find_slot(rt, c->files[i].name);
        if (s)
            slot_update(s, &c->files[i]);
        else if ((s = slot_create(rt, &c->files[i])))
            slots[n++] = s; /* without memory the file is not there until the next scan */
    }
    for (size_t i = 0; i < rt->n_slots; i++) {
        struct slot *s = rt->slots[i];
        if (s->listed || slot_in_use(s))
            slots[n++] = s;
        else
            slot_free(s);
    }
    if (n)
        qsort(slots, n, sizeof(struct slot *), by_name);
    free(rt->slots);
    rt->slots = slots;
    rt->n_slots = n;
}

void runtime_rescan(struct runtime *rt)
{
    rt->scanned = false;
}

void runtime_scan(struct runtime *rt)
{
    uint64_t now = loop_now_ms(rt->loop);
    if (rt->calls || (rt->scanned && now - rt->scanned_ms < SCAN_MS))
        return;
    struct catalogue c;
    if (catalogue_scan(rt->models_dir, (const char *const *)rt->extra, &c))
        return; /* out of memory: what was known stays known */
    struct slot **slots = calloc(c.n + rt->n_slots + 1, sizeof(struct slot *));
    if (slots) {
        merge(rt, &c, slots);
        rt->scanned = true;
        rt->scanned_ms = now;
    }
    catalogue_free(&c);
}
