/* Which models there are, in Ollama's words, and the addresses that only make sense for its own store. */
#include <stdio.h>
#include <stdlib.h>

#include "api/body.h"
#include "api/lookup.h"
#include "api/ollama/ollama.h"
#include "runtime/catalogue.h"

struct named {
    struct str model, name;
    bool stream;
};
#define AT(member) offsetof(struct named, member)

/* clang-format off */
const struct field ollama_model_fields[] = {
    {.name = "model", .kind = FIELD_STR, .max = API_NAME_BYTES_MAX, .at = AT(model), .about = "the model's name, with or without \":latest\""},
    {.name = "name", .kind = FIELD_STR, .max = API_NAME_BYTES_MAX, .at = AT(name), .about = "the older name of model"},
    {.name = "verbose", .kind = FIELD_IGNORED, .about = "everything known is shown"},
    {.name = "system", .kind = FIELD_IGNORED, .about = "models have no system prompt of their own"},
    {.name = "template", .kind = FIELD_IGNORED, .about = "of the model's file"},
    {.name = "options", .kind = FIELD_IGNORED, .about = "of the request"},
};
const struct field ollama_pull_fields[] = {
    {.name = "model", .kind = FIELD_STR, .max = API_NAME_BYTES_MAX, .at = AT(model), .about = "hf.co/ORG/REPO:QUANT, or a name as /api/models/pull takes it; Ollama's own library is not reached"},
    {.name = "name", .kind = FIELD_STR, .max = API_NAME_BYTES_MAX, .at = AT(name), .about = "the older name of model"},
    {.name = "stream", .kind = FIELD_BOOL, .at = AT(stream), .about = "tell how far it is, a line of JSON each (true)"},
    {.name = "insecure", .kind = FIELD_REFUSED, .about = "certificates are always checked"},
};
/* clang-format on */
const size_t ollama_n_model_fields = sizeof ollama_model_fields / sizeof *ollama_model_fields;
const size_t ollama_n_pull_fields = sizeof ollama_pull_fields / sizeof *ollama_pull_fields;

int ollama_parse_model(struct str body, size_t depth_max, const struct field *rows, size_t n, json_t **ret_root, struct str *ret_name,
                       bool *ret_stream, struct api_error *e)
{
    struct field_reader fr = {.error = e};
    struct named r = {.stream = true};
    json_t *root = NULL;
    int rc = body_parse(body, depth_max, &root, e);
    if (!rc)
        rc = fields_read(&fr, rows, n, "", root, &r);
    struct str name = r.model.len ? r.model : r.name;
    if (!rc && !name.len)
        rc = field_missing(&fr, "model");
    if (rc) {
        json_decref(root);
        return rc;
    }
    *ret_root = root;
    *ret_name = ollama_model_name(name);
    *ret_stream = r.stream;
    return OK;
}

/* ---- one model */

static void put_name(struct json *j, const char *key, struct str name)
{
    char text[API_NAME_BYTES_MAX + 16];
    snprintf(text, sizeof text, STR_FMT ":latest", STR_ARG(str_head(name, API_NAME_BYTES_MAX)));
    json_kcstr(j, key, text);
}

/* Tells versions of a file apart, by name, size and date: reading gigabytes for a list would take too long. Not a digest of the content. */
static void put_digest(struct json *j, const struct model_entry *m)
{
    char text[400], digest[65] = "";
    for (unsigned i = 0; i < 4; i++) {
        int n = snprintf(text, sizeof text, "%u " STR_FMT " %llu %lld", i, STR_ARG(str_head(m->name, 256)),
                         (unsigned long long)m->file_bytes, (long long)m->modified_s);
        snprintf(digest + (size_t)i * 16, 17, "%016llx", (unsigned long long)str_hash(str_from(text, (size_t)n)));
    }
    json_kcstr(j, "digest", digest);
}

/* "0.6B", "270M" */
static void put_parameters(struct json *j, const struct gen_loaded *info)
{
    char text[32] = "";
    double n = info ? (double)info->params : 0;
    if (n >= 1e9)
        snprintf(text, sizeof text, "%.1fB", n / 1e9);
    else if (n >= 1e6)
        snprintf(text, sizeof text, "%.0fM", n / 1e6);
    else if (n > 0)
        snprintf(text, sizeof text, "%.0fK", n / 1e3);
    json_kcstr(j, "parameter_size", text);
}

/* A model that is not loaded has not been read: of it there is what its name says. */
static void put_details(struct json *j, const struct model_entry *m)
{
    struct str family = catalogue_family(m->name);
    struct str quant = m->info ? m->info->quant : str_skip(m->name, family.len + (family.len < m->name.len));
    json_key(j, "details");
    json_obj(j);
    json_kcstr(j, "parent_model", "");
    json_kcstr(j, "format", "gguf");
    json_kstr(j, "family", m->info ? m->info->arch : (struct str){0});
    json_key(j, "families");
    json_arr(j);
    if (m->info)
        json_str(j, m->info->arch);
    json_arr_end(j);
    put_parameters(j, m->info);
    json_kstr(j, "quantization_level", quant);
    json_obj_end(j);
}

static void put_listed(struct json *j, const struct model_entry *m)
{
    json_obj(j);
    put_name(j, "name", m->name);
    put_name(j, "model", m->name);
    ollama_put_time(j, "modified_at", m->modified_s * 1000);
    json_kuint(j, "size", m->file_bytes);
    put_digest(j, m);
    put_details(j, m);
}

static void respond_list(struct api *a, struct http_exchange *x, bool loaded)
{
    struct buf body = buf_make(API_ANSWER_BYTES_MAX);
    struct json j = json_to(&body);
    const struct model_entry *all;
    size_t n = runtime_models(a->c.runtime, &all);
    json_obj(&j);
    json_key(&j, "models");
    json_arr(&j);
    for (size_t i = 0; i < n; i++) {
        if (loaded && !all[i].info)
            continue;
        put_listed(&j, &all[i]);
        if (loaded) { /* when it is unloaded depends on what comes */
            ollama_put_time(&j, "expires_at", clock_wall_ms(a->c.clock) + 3600000);
            json_kuint(&j, "size_vram", 0);
            json_kuint(&j, "context_length", all[i].info->context_tokens);
        }
        json_obj_end(&j);
    }
    json_arr_end(&j);
    json_obj_end(&j);
    respond_json(x, 200, &body);
    buf_free(&body);
}

void handle_ollama_tags(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    respond_list(a, x, false);
}

void handle_ollama_ps(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    respond_list(a, x, true);
}

void handle_ollama_version(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    struct buf body = buf_make(256);
    struct json j = json_to(&body);
    json_obj(&j);
    json_kcstr(&j, "version", a->c.version);
    json_obj_end(&j);
    respond_json(x, 200, &body);
    buf_free(&body);
}

static void put_model_info(struct json *j, const struct gen_loaded *info)
{
    char key[120];
    json_key(j, "model_info");
    json_obj(j);
    if (info) {
        json_kstr(j, "general.architecture", info->arch);
        json_kuint(j, "general.parameter_count", info->params);
        snprintf(key, sizeof key, STR_FMT ".context_length", STR_ARG(str_head(info->arch, 60)));
        json_kuint(j, key, info->context_trained);
        snprintf(key, sizeof key, STR_FMT ".embedding_length", STR_ARG(str_head(info->arch, 60)));
        json_kuint(j, key, info->width);
        snprintf(key, sizeof key, STR_FMT ".block_count", STR_ARG(str_head(info->arch, 60)));
        json_kuint(j, key, info->layers);
    }
    json_obj_end(j);
}

/* Beyond writing or embedding they are known once the model is loaded. */
static void put_capabilities(struct json *j, const struct model_entry *m)
{
    const struct gen_loaded *info = m->info;
    const struct {
        const char *name;
        bool has;
    } all[] = {
        {"completion", !m->encodes},          {"embedding", m->encodes && (!info || info->kind == GEN_MODEL_EMBEDS)},
        {"tools", info && info->knows_tools}, {"thinking", info && info->thinks},
        {"insert", info && info->infills},
    };
    json_key(j, "capabilities");
    json_arr(j);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].has)
            json_cstr(j, all[i].name);
    json_arr_end(j);
}

static void respond_show(struct api *a, struct http_exchange *x, const struct model_entry *m)
{
    (void)a;
    struct buf body = buf_make(API_ANSWER_BYTES_MAX);
    struct json j = json_to(&body);
    json_obj(&j);
    json_kcstr(&j, "modelfile", "");
    json_kcstr(&j, "parameters", "");
    json_kcstr(&j, "template", "");
    put_details(&j, m);
    put_model_info(&j, m->info);
    put_capabilities(&j, m);
    ollama_put_time(&j, "modified_at", m->modified_s * 1000);
    json_obj_end(&j);
    respond_json(x, 200, &body);
    buf_free(&body);
}

void handle_ollama_show(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    struct api_error e;
    json_t *root = NULL;
    struct str name;
    bool stream;
    const struct model_entry *m = NULL;
    if (!ollama_parse_model(http_request(x)->body, a->c.json_depth_max, ollama_model_fields, ollama_n_model_fields, &root, &name, &stream,
                            &e))
        m = models_pick(a, name, &e);
    if (m)
        respond_show(a, x, m);
    else
        respond_error(a, x, &e);
    json_decref(root);
}

void handle_ollama_none(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    struct api_error e;
    api_error_set(&e, 501, "not_supported", NULL,
                  "Models here are .gguf files in one folder: there is nothing to create, copy or push, and blobs have no place in it");
    respond_error(a, x, &e);
}

/* ---- chat and generate */

static void put_loaded(struct json *j, const struct lookup *l)
{
    json_obj(j);
    json_kcstr(j, "model", l->model);
    ollama_put_time(j, "created_at", clock_wall_ms(l->api->c.clock));
    if (str_ends(http_request(l->x)->path, STR("/chat"))) {
        json_key(j, "message");
        json_obj(j);
        json_kcstr(j, "role", "assistant");
        json_kcstr(j, "content", "");
        json_obj_end(j);
    } else {
        json_kcstr(j, "response", "");
    }
    json_kbool(j, "done", true);
    json_kcstr(j, "done_reason", "load");
    json_obj_end(j);
}

static void on_loaded(void *ctx, const struct gen_tokens *t, const struct gen_failed *failed)
{
    (void)t;
    struct lookup *l = ctx;
    struct buf body = buf_make(4096);
    struct json j = json_to(&body);
    if (!failed && l->x)
        put_loaded(&j, l);
    lookup_answer(l, &body, failed);
    buf_free(&body);
}

/* Nothing is asked but that the model be loaded: the tokens of nothing are. */
static void load(struct api *a, struct http_exchange *x, struct str name)
{
    struct api_error e;
    const struct model_entry *m = models_pick(a, name, &e);
    struct lookup *l = m ? lookup_create(a, x, false) : NULL;
    if (m && !l)
        api_error_nomem(&e);
    if (!l) {
        respond_error(a, x, &e);
        return;
    }
    str_copy(l->model, sizeof l->model, m->name);
    struct gen_tokenize q = {0};
    struct err err = {0};
    int rc = runtime_tokenize(a->c.runtime, m->name, &q, on_loaded, l, &err);
    if (rc)
        lookup_refuse(l, rc, &err);
}

static void handle(struct api *a, struct http_exchange *x, const struct shape *shape, api_parse_fn *parse)
{
    struct arena arena = arena_make(API_PARSE_BYTES_MAX);
    struct api_request r = {0};
    struct api_error e;
    if (parse(http_request(x)->body, a->c.json_depth_max, &arena, &r, &e)) {
        respond_error(a, x, &e);
    } else if (ollama_only_loads(&r)) {
        load(a, x, r.model);
    } else {
        generation_start(a, x, shape, &r);
    }
    api_request_deinit(&r);
    arena_free(&arena);
}

void handle_ollama_chat(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    handle(a, x, &ollama_chat, ollama_parse_chat);
}

void handle_ollama_generate(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    handle(a, x, &ollama_generate, ollama_parse_generate);
}
