#include "runtime/runtime.h"

#include <stdlib.h>

#include "runtime/runtime_internal.h"

/* ---- life */
static int copy_extra(struct runtime *rt, const char *const *extra)
{
    size_t n = 0;
    while (extra && extra[n])
        n++;
    rt->extra = calloc(n + 1, sizeof *rt->extra);
    if (!rt->extra)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        rt->extra[i] = str_dup(str_of(extra[i]));
        if (!rt->extra[i])
            return ERR_NOMEM;
    }
    return OK;
}

static int init(struct runtime *rt, const struct runtime_config *c, struct err *e)
{
    struct cpu_info cpu;
    cpu_detect(&cpu);
    int r = cpu_choose(&cpu, c->cpu, &rt->env.worker.level, e);
    if (r)
        return r;
    if (c->models_dir && !(rt->models_dir = str_dup(str_of(c->models_dir))))
        return err_set(e, ERR_NOMEM, "out of memory");
    if (copy_extra(rt, c->extra_models) || lease_create(&rt->env.worker.lease) || timer_create_in(rt->loop, runtime_pump, rt, &rt->timer))
        return err_set(e, ERR_NOMEM, "out of memory");
    return OK;
}

int runtime_create(struct loop *l, const struct runtime_config *c, struct runtime **ret, struct err *e)
{
    struct runtime *rt = calloc(1, sizeof *rt);
    if (!rt)
        return err_set(e, ERR_NOMEM, "out of memory");
    rt->loop = l;
    rt->env.loop = l;
    rt->env.worker.clock = c->clock;
    rt->kind = c->backend ? c->backend : &backend_native;
    rt->log = c->log;
    rt->loaded_max = c->models_loaded_max ? c->models_loaded_max : 1;
    rt->idle_unload_s = c->idle_unload_s;
    rt->defaults = c->defaults;
    int r = init(rt, c, e);
    if (r) {
        runtime_free(rt);
        return r;
    }
    *ret = rt;
    return OK;
}

void runtime_free(struct runtime *rt)
{
    if (!rt)
        return;
    rt->ending = true;
    timer_free(rt->timer);
    guests_free(rt);
    for (size_t i = 0; i < rt->n_slots; i++) {
        struct slot *s = rt->slots[i];
        if (s->backend)
            s->kind->destroy(s->backend);
        s->backend = NULL;
    }
    for (size_t i = 0; i < rt->n_slots; i++) {
        tickets_fail(&rt->slots[i]->waiting, GEN_FAULT_BUSY, "the server is stopping");
        tickets_fail(&rt->slots[i]->sent, GEN_FAULT_BUSY, "the server is stopping");
        slot_free(rt->slots[i]);
    }
    lease_free(rt->env.worker.lease);
    for (size_t i = 0; rt->extra && rt->extra[i]; i++)
        free(rt->extra[i]);
    free(rt->extra);
    free(rt->slots);
    free(rt->view);
    free(rt->models_dir);
    free(rt);
}

/* ---- names */
static struct slot *find_exact(struct runtime *rt, struct str name)
{
    for (size_t i = 0; i < rt->n_slots; i++) {
        if (str_eq(rt->slots[i]->entry.name, name))
            return rt->slots[i];
    }
    return NULL;
}

static struct slot *find_family(struct runtime *rt, struct str name)
{
    struct slot *found = NULL;
    for (size_t i = 0; i < rt->n_slots; i++) {
        if (!str_eq(catalogue_family(rt->slots[i]->entry.name), name))
            continue;
        if (found)
            return NULL;
        found = rt->slots[i];
    }
    return found;
}

/* Ready before loading before the rest; of ready ones the last used. */
static struct slot *find_default(struct runtime *rt, bool encodes)
{
    struct slot *best = NULL, *extra = NULL, *last = NULL;
    size_t n = 0;
    for (size_t i = 0; i < rt->n_slots; i++) {
        struct slot *s = rt->slots[i];
        if (s->entry.encodes != encodes)
            continue;
        last = s;
        n++;
        bool ready = s->entry.state == MODEL_READY, loading = s->entry.state == MODEL_LOADING;
        if (rt->extra[0] && !strcmp(s->file.path, rt->extra[0]))
            extra = s;
        if (!ready && !loading)
            continue;
        bool best_ready = best && best->entry.state == MODEL_READY;
        if (!best || (ready && (!best_ready || s->used_ms > best->used_ms)))
            best = s;
    }
    if (best || extra)
        return best ? best : extra;
    return n == 1 ? last : NULL;
}

static struct slot *find_known(struct runtime *rt, struct str name)
{
    if (!name.len)
        return find_default(rt, false);
    struct slot *s = find_exact(rt, name);
    return s ? s : find_family(rt, name);
}

/* The folder is read again only when that could help. */
struct slot *slot_find(struct runtime *rt, struct str name)
{
    if (!rt->scanned)
        runtime_scan(rt);
    struct slot *s = find_known(rt, name);
    if (s && s->entry.state != MODEL_FAILED)
        return s;
    runtime_scan(rt);
    return find_known(rt, name);
}

/* A file of the guest's name stays what it was. */
static struct slot *find_slot(struct runtime *rt, struct str name)
{
    struct slot *s = slot_find(rt, name);
    return s || (!name.len && rt->n_slots) ? s : guest_find(rt, name);
}

static int not_found(struct runtime *rt, struct str name, struct err *e)
{
    if (name.len)
        return err_set(e, ERR_NOENT, "the model \"" STR_FMT "\" is not there; see the list of models", STR_ARG(str_head(name, 200)));
    if (rt->n_slots)
        return err_set(e, ERR_NOENT, "there are %zu models and none is loaded; name one", rt->n_slots);
    return err_set(e, ERR_NOENT, "there is no model; put a .gguf file into %s", rt->models_dir ? rt->models_dir : "the models folder");
}

size_t runtime_models(struct runtime *rt, const struct model_entry **ret)
{
    runtime_scan(rt);
    struct model_entry *view = reallocarray(rt->view, rt->n_slots + 1, sizeof *view);
    if (!view) {
        *ret = NULL;
        return 0;
    }
    rt->view = view;
    for (size_t i = 0; i < rt->n_slots; i++)
        view[i] = rt->slots[i]->entry;
    *ret = view;
    return rt->n_slots;
}

const struct model_entry *runtime_find(struct runtime *rt, struct str name)
{
    struct slot *s = find_slot(rt, name);
    return s ? &s->entry : NULL;
}

const struct model_entry *runtime_find_encoder(struct runtime *rt)
{
    runtime_scan(rt);
    struct slot *s = find_default(rt, true);
    return s ? &s->entry : NULL;
}

/* ---- loading */
int runtime_load(struct runtime *rt, struct str name, struct err *e)
{
    struct slot *s = find_slot(rt, name);
    if (!s)
        return not_found(rt, name, e);
    if (s->entry.state == MODEL_LOADING || (s->entry.state == MODEL_READY && !s->draining && !s->closing))
        return OK;
    if (slot_refuses(s))
        return err_set(e, s->failure.code, "%s", s->failure.text);
    slot_want(s);
    runtime_wake(rt);
    return OK;
}

int runtime_unload(struct runtime *rt, struct str name)
{
    struct slot *s = find_slot(rt, name);
    if (!s)
        return ERR_NOENT;
    if (s->waiting.count)
        return ERR_AGAIN;
    s->wanted = false;
    if (s->entry.state == MODEL_LOADING)
        slot_unload(s);
    else if (s->entry.state == MODEL_READY)
        s->draining = true;
    runtime_wake(rt);
    return OK;
}

/* ---- requests */
static size_t waiting_max(const struct runtime *rt)
{
    return rt->defaults.queue_max ? rt->defaults.queue_max : WAITING_DEFAULT;
}

/* A model that runs takes so many; one that is not there yet lets them wait here. */
static bool full(const struct slot *s)
{
    return s->waiting.count >= waiting_max(s->rt) || s->sent.count >= waiting_max(s->rt) + s->rt->defaults.sequences_max + 1;
}

static int submit(struct runtime *rt, struct str model, enum ticket_kind kind, struct gen_frame *f, struct ticket **ret, struct err *e)
{
    if (rt->ending)
        return err_set(e, ERR_CLOSED, "the server is stopping");
    struct slot *s = find_slot(rt, model);
    if (!s)
        return not_found(rt, model, e);
    if (full(s))
        return err_set(e, ERR_FULL, "too many requests wait for \"" STR_FMT "\"; try again later", STR_ARG(s->entry.name));
    struct ticket *t;
    int r = ticket_create(s, kind, f, &t);
    if (r == ERR_INVAL || r == ERR_LIMIT)
        return err_set(e, ERR_INVAL, "the request breaks a bound: too long, too many parts, or not UTF-8");
    if (r)
        return err_set(e, r, "%s", err_text(r));
    bool ready = s->entry.state == MODEL_READY && !s->closing && !s->draining && !s->waiting.count;
    if (ready && (r = ticket_send(t))) {
        ticket_free(t);
        return err_set(e, r, "the model \"" STR_FMT "\" cannot be reached: %s", STR_ARG(s->entry.name), err_text(r));
    }
    if (!ready) {
        tickets_push(&s->waiting, t);
        if (s->entry.state != MODEL_LOADING || s->closing)
            slot_want(s);
        runtime_wake(rt);
    }
    *ret = t;
    return OK;
}

int runtime_submit(struct runtime *rt, struct str model, const struct gen_request *r, runtime_sink *sink, void *ctx, struct ticket **ret,
                   struct err *e)
{
    struct gen_frame f = {.type = GEN_FRAME_REQUEST};
    f.request = *r;
    struct ticket *t = NULL;
    int code = submit(rt, model, TICKET_REQUEST, &f, &t, e);
    if (!t)
        return code;
    t->sink = sink;
    t->ctx = ctx;
    *ret = t;
    return OK;
}

void runtime_credit(struct ticket *t, uint32_t events)
{
    ticket_credit(t, events);
}
void runtime_cancel(struct ticket *t)
{
    ticket_cancel(t);
}

int runtime_tokenize(struct runtime *rt, struct str model, const struct gen_tokenize *m, runtime_tokens_fn *fn, void *ctx, struct err *e)
{
    struct gen_frame f = {.type = GEN_FRAME_TOKENIZE};
    f.tokenize = *m;
    struct ticket *t = NULL;
    int code = submit(rt, model, TICKET_TOKENS, &f, &t, e);
    if (!t)
        return code;
    t->tokens = fn;
    t->ctx = ctx;
    return OK;
}

int runtime_detokenize(struct runtime *rt, struct str model, const struct gen_detokenize *m, runtime_bytes_fn *fn, void *ctx, struct err *e)
{
    struct gen_frame f = {.type = GEN_FRAME_DETOKENIZE};
    f.detokenize = *m;
    struct ticket *t = NULL;
    int code = submit(rt, model, TICKET_BYTES, &f, &t, e);
    if (!t)
        return code;
    t->bytes = fn;
    t->ctx = ctx;
    return OK;
}

int runtime_render(struct runtime *rt, struct str model, const struct gen_request *m, runtime_bytes_fn *fn, void *ctx, struct err *e)
{
    struct gen_frame f = {.type = GEN_FRAME_TEMPLATE};
    f.request = *m;
    struct ticket *t = NULL;
    int code = submit(rt, model, TICKET_PROMPT, &f, &t, e);
    if (!t)
        return code;
    t->bytes = fn;
    t->ctx = ctx;
    return OK;
}

int runtime_embed(struct runtime *rt, struct str model, const struct gen_embed *m, runtime_vectors_fn *fn, void *ctx, struct ticket **ret,
                  struct err *e)
{
    struct gen_frame f = {.type = GEN_FRAME_EMBED};
    f.embed = *m;
    struct ticket *t = NULL;
    int code = submit(rt, model, TICKET_VECTORS, &f, &t, e);
    if (!t)
        return code;
    t->vectors = fn;
    t->ctx = ctx;
    *ret = t;
    return OK;
}
