/* Which models there are, for programs (/v1/models) and for the page (/api/status). */
#include "api/internal.h"
#include "sys/mem.h"

static const char *const state_names[] = {
    [MODEL_COLD] = "cold",
    [MODEL_LOADING] = "loading",
    [MODEL_READY] = "ready",
    [MODEL_FAILED] = "failed",
};

static const char *const kind_names[] = {
    [GEN_MODEL_WRITES] = "writes",
    [GEN_MODEL_EMBEDS] = "embeddings",
    [GEN_MODEL_RANKS] = "rerank",
};

/* Without a name the model of the settings answers, if there is one: what others have loaded meanwhile must not change that. */
static const struct model_entry *find(struct api *a, struct str name)
{
    return runtime_find(a->c.runtime, name.len ? name : a->c.start_model);
}

/* The assistant stands last among the models, where it has been invited. */
static const struct model_entry *find_assistant(struct api *a)
{
    const struct model_entry *m = runtime_find(a->c.runtime, STR("hearth"));
    return m && m->guest ? m : NULL;
}

const struct model_entry *models_pick(struct api *a, struct str name, struct api_error *e)
{
    const struct model_entry *m = find(a, name), *all;
    if (m && (name.len || !m->guest)) /* the assistant answers whoever names it */
        return m;
    const char *dir = a->c.models_dir ? a->c.models_dir : "the models folder";
    if (name.len)
        api_error_set(e, 404, "model_not_found", "model", "There is no model '" STR_FMT "': GET /v1/models lists those there are",
                      STR_ARG(name));
    else if (runtime_models(a->c.runtime, &all))
        api_error_set(e, 400, "model_required", "model", "'model' is missing, and there are several: GET /v1/models lists them");
    else
        api_error_set(e, 404, "model_not_found", "model", "There is no model yet: put a .gguf file into %s", dir);
    return NULL;
}

/* A text of the loaded model, or null. */
static void put_text(struct json *j, const char *key, bool there, struct str value)
{
    json_key(j, key);
    if (there && value.len)
        json_str(j, value);
    else
        json_nil(j);
}

static void put_count(struct json *j, const char *key, bool there, uint64_t value)
{
    json_key(j, key);
    if (there)
        json_uint(j, value);
    else
        json_nil(j);
}

/* The fields that both addresses show. A model that is not loaded has not been read yet: its inner values are null. */
static void put_fields(struct json *j, const struct model_entry *m)
{
    static const struct gen_loaded none = {0};
    const struct gen_loaded *i = m->info ? m->info : &none;
    json_kcstr(j, "state", state_names[m->state]);
    json_kuint(j, "size_bytes", m->file_bytes);
    put_text(j, "quant", m->info, i->quant);
    put_text(j, "arch", m->info, i->arch);
    put_text(j, "chat_format", m->info, i->chat_format);
    put_text(j, "kind", m->info || m->encodes, str_of(kind_names[m->info ? i->kind : GEN_MODEL_EMBEDS]));
    put_count(j, "context", m->info, i->context_tokens);
    put_count(j, "context_trained", m->info, i->context_trained);
    put_count(j, "params", m->info, i->params);
    json_kcstr(j, "failure", m->failure);
    put_text(j, "warning", m->info, i->warning);
}

static void put_openai(struct json *j, const struct model_entry *m)
{
    json_obj(j);
    json_kstr(j, "id", m->name);
    json_kcstr(j, "object", "model");
    json_kint(j, "created", m->modified_s);
    json_kcstr(j, "owned_by", "local");
    put_fields(j, m);
    json_obj_end(j);
}

void handle_models(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    struct buf body = buf_make(API_ANSWER_BYTES_MAX);
    struct json j = json_to(&body);
    const struct model_entry *all;
    size_t n = runtime_models(a->c.runtime, &all);
    json_obj(&j);
    json_kcstr(&j, "object", "list");
    json_key(&j, "data");
    json_arr(&j);
    for (size_t i = 0; i < n; i++)
        put_openai(&j, &all[i]);
    if (find_assistant(a))
        put_openai(&j, find_assistant(a));
    json_arr_end(&j);
    json_obj_end(&j);
    respond_json(x, 200, &body);
    buf_free(&body);
}

void handle_model(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    struct api_error e;
    const struct model_entry *m = models_pick(a, args->at[0], &e);
    if (!m) {
        respond_error(a, x, &e);
        return;
    }
    struct buf body = buf_make(API_ANSWER_BYTES_MAX);
    struct json j = json_to(&body);
    put_openai(&j, m);
    respond_json(x, 200, &body);
    buf_free(&body);
}

static void put_memory(struct json *j)
{
    struct mem_info mem;
    if (mem_info(&mem))
        return;
    json_key(j, "memory");
    json_obj(j);
    json_kuint(j, "total_bytes", mem.total);
    json_kuint(j, "available_bytes", mem.available);
    json_obj_end(j);
}

/* For those who run it: what others ask shows in these numbers. */
static void put_cache(struct json *j, const struct cache *c)
{
    struct cache_counts n = cache_counts(c);
    json_key(j, "cache");
    json_obj(j);
    json_kuint(j, "entries", n.entries);
    json_kuint(j, "bytes", n.bytes);
    json_kuint(j, "bytes_max", n.bytes_max);
    json_kuint(j, "asked", n.asked);
    json_kuint(j, "memory_hits", n.memory_hits);
    json_kuint(j, "redis_hits", n.redis_hits);
    json_kcstr(j, "redis", !n.redis ? "none" : n.redis_ready ? "ready" : "away");
    json_obj_end(j);
}

void handle_status(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    struct buf body = buf_make(API_ANSWER_BYTES_MAX);
    struct json j = json_to(&body);
    const struct model_entry *first = find(a, (struct str){0});
    json_obj(&j);
    json_kcstr(&j, "version", a->c.version);
    json_kcstr(&j, "models_dir", a->c.models_dir);
    put_text(&j, "default_model", first, first ? first->name : (struct str){0});
    const struct model_entry *all;
    size_t n = runtime_models(a->c.runtime, &all);
    json_key(&j, "models");
    json_arr(&j);
    for (size_t i = 0; i < n; i++) {
        json_obj(&j);
        json_kstr(&j, "id", all[i].name);
        put_fields(&j, &all[i]);
        json_obj_end(&j);
    }
    if (find_assistant(a)) {
        json_obj(&j);
        json_kstr(&j, "id", find_assistant(a)->name);
        put_fields(&j, find_assistant(a));
        json_obj_end(&j);
    }
    json_arr_end(&j);
    put_memory(&j);
    if (a->c.cache && api_principal(x)->scope == PEOPLE_ADMIN)
        put_cache(&j, a->c.cache);
    json_obj_end(&j);
    respond_json(x, 200, &body);
    buf_free(&body);
}
