#include "app/paths.h"
#include "app/summary.h"
#include "app/term.h"
#include "app/text.h"
#include "base/json.h"
#include "base/utf8.h"
#include "base/wire.h"
#include "model/model.h"

enum { OUTPUT_BYTES_MAX = 64 << 20, VALUE_BYTES_SHOWN = 100, ITEMS_SHOWN = 4, CONTEXT_SHOWN = 4096 };

/* One number of a metadata value as JSON. */
static void put_number(struct json *j, enum gguf_kind kind, struct reader *r)
{
    switch (kind) {
    case GGUF_U8: json_uint(j, read_u8(r)); break;
    case GGUF_I8: json_int(j, (int8_t)read_u8(r)); break;
    case GGUF_U16: json_uint(j, read_u16(r)); break;
    case GGUF_I16: json_int(j, (int16_t)read_u16(r)); break;
    case GGUF_U32: json_uint(j, read_u32(r)); break;
    case GGUF_I32: json_int(j, read_i32(r)); break;
    case GGUF_U64: json_uint(j, read_u64(r)); break;
    case GGUF_I64: json_int(j, read_i64(r)); break;
    case GGUF_F32: json_num(j, (double)read_f32(r), 6); break;
    case GGUF_F64: json_num(j, read_f64(r), 6); break;
    case GGUF_BOOL: json_bool(j, read_u8(r) != 0); break;
    default: json_nil(j);
    }
}

/* Long texts are templates and licences: the beginning says which. */
static void put_text(struct json *j, struct str s, size_t max)
{
    struct buf b = buf_make(max + 8);
    struct str head = str_head(s, max);
    buf_put(&b, head.len < s.len ? str_head(head, utf8_complete_prefix(head.ptr, head.len)) : head);
    if (head.len < s.len)
        buf_puts(&b, "…");
    json_str(j, buf_str(&b));
    buf_free(&b);
}

static void put_items(struct json *j, const struct gguf_kv *kv)
{
    struct reader r = reader_of(kv->data, kv->len);
    size_t cursor = 0;
    struct str s;
    json_arr(j);
    for (uint64_t i = 0; i < kv->count && i < ITEMS_SHOWN; i++) {
        if (kv->item_kind == GGUF_STR && gguf_next_str(kv, &cursor, &s))
            put_text(j, s, VALUE_BYTES_SHOWN);
        else if (kv->item_kind != GGUF_STR)
            put_number(j, kv->item_kind, &r);
    }
    json_arr_end(j);
}

static void put_value(struct json *j, const struct gguf *g, const struct gguf_kv *kv)
{
    struct reader r = reader_of(kv->data, kv->len);
    struct str s = STR("");
    char key[GGUF_NAME_MAX + 1];
    switch (kv->kind) {
    case GGUF_STR:
        str_copy(key, sizeof key, kv->key);
        gguf_str(g, key, &s, NULL);
        put_text(j, s, VALUE_BYTES_SHOWN);
        break;
    case GGUF_ARR: put_items(j, kv); break;
    default: put_number(j, kv->kind, &r);
    }
}

static void put_shape(struct json *j, const struct gguf_tensor *t)
{
    json_arr(j);
    for (uint32_t d = 0; d < t->n_dims; d++)
        json_uint(j, t->dim[d]);
    json_arr_end(j);
}

static void metadata_lines(struct buf *out, const struct gguf *g)
{
    for (size_t i = 0; i < gguf_kv_count(g); i++) {
        const struct gguf_kv *kv = gguf_kv_at(g, i);
        struct json j = json_to(out);
        buf_puts(out, "  ");
        json_str(&j, kv->key);
        j = json_to(out);
        buf_puts(out, ": ");
        put_value(&j, g, kv);
        if (kv->kind == GGUF_ARR && kv->count > ITEMS_SHOWN)
            buf_printf(out, " … %llu", (unsigned long long)kv->count);
        buf_putc(out, '\n');
    }
}

static void tensor_lines(struct buf *out, const struct gguf *g)
{
    for (size_t i = 0; i < gguf_tensor_count(g); i++) {
        const struct gguf_tensor *t = gguf_tensor_at(g, i);
        struct json j = json_to(out);
        size_t start = out->len;
        buf_puts(out, "  ");
        json_str(&j, t->name);
        do
            buf_putc(out, ' ');
        while (out->len - start < 36 && !out->failed);
        buf_printf(out, "%-7s %10s  ", tensor_type_info(t->type)->name, bytes_text(t->size).text);
        j = json_to(out);
        put_shape(&j, t);
        buf_putc(out, '\n');
    }
}

struct memory {
    uint32_t context;
    uint64_t kv_bytes_per_token, vectors;
};

/* What is particular about a model that hearth can run. */
struct traits {
    uint32_t experts, experts_used;           /* 0: none */
    uint32_t window, window_layers, n_layers; /* 0: none */
    const char *rope;                         /* NULL: positions are not scaled */
    uint32_t context_original, context;
};

static struct traits traits_of(const struct model *m)
{
    static const char *const names[] = {[ROPE_LINEAR] = "linear", [ROPE_YARN] = "YaRN", [ROPE_LONG] = "longrope"};
    const struct hparams *hp = &m->hp;
    struct traits t = {.experts = hp->n_experts,
                       .experts_used = hp->n_experts_used,
                       .window = hp->window,
                       .n_layers = hp->n_layers,
                       .context_original = hp->n_ctx_original,
                       .context = hp->n_ctx_train};
    for (uint32_t i = 0; i < hp->n_layers; i++)
        t.window_layers += m->layers[i].window > 0;
    if (hp->rope_scaling != ROPE_LINEAR || hp->rope_scale < 1)
        t.rope = names[hp->rope_scaling];
    if (hp->rope_scaling == ROPE_LINEAR && hp->n_ctx_original == hp->n_ctx_train)
        t.context_original = (uint32_t)((float)hp->n_ctx_train * hp->rope_scale);
    return t;
}

static void traits_lines(enum lang l, struct buf *out, const struct traits *t)
{
    if (t->experts)
        buf_printf(out, T(l, SHOW_EXPERTS), t->experts, t->experts_used);
    if (t->window)
        buf_printf(out, T(l, SHOW_WINDOW), t->window, t->window_layers, t->n_layers);
    if (t->rope)
        buf_printf(out, T(l, SHOW_POSITIONS), t->rope, t->context_original, t->context);
}

static void json_traits(struct json *j, const struct traits *t)
{
    if (t->experts) {
        json_kuint(j, "experts", t->experts);
        json_kuint(j, "experts_used", t->experts_used);
    }
    if (t->window) {
        json_kuint(j, "window", t->window);
        json_kuint(j, "window_layers", t->window_layers);
    }
    if (t->rope) {
        json_kcstr(j, "rope_scaling", t->rope);
        json_kuint(j, "context_original", t->context_original);
    }
}

static void summary_lines(const struct app *a, struct buf *out, const struct gguf *g, const struct summary *s, const struct memory *m,
                          const struct traits *t)
{
    enum lang l = a->lang;
    buf_printf(out, T(l, SHOW_SUMMARY), s->name[0] ? s->name : "-", s->arch, count_text(s->n_params).text, s->quant,
               bytes_text(s->file_bytes).text, gguf_version(g), s->context);
    traits_lines(l, out, t);
    if (m->kv_bytes_per_token) {
        uint64_t kv = m->kv_bytes_per_token * m->context;
        buf_printf(out, T(l, SHOW_MEMORY), m->context, bytes_text(s->tensor_bytes + kv).text, bytes_text(s->tensor_bytes).text,
                   bytes_text(kv).text, bytes_text(m->kv_bytes_per_token).text);
    }
}

static void print_text(const struct app *a, struct buf *out, const struct gguf *g, const struct summary *s, const struct memory *m,
                       const struct traits *t)
{
    summary_lines(a, out, g, s, m, t);
    buf_printf(out, T(a->lang, SHOW_METADATA), gguf_kv_count(g));
    metadata_lines(out, g);
    buf_printf(out, T(a->lang, SHOW_TENSORS), gguf_tensor_count(g));
    tensor_lines(out, g);
}

static void json_memory(struct json *j, const struct summary *s, const struct memory *m)
{
    json_key(j, "memory");
    json_obj(j);
    json_kuint(j, "context", m->context);
    json_kuint(j, "weights_bytes", s->tensor_bytes);
    json_kuint(j, "kv_bytes_per_token", m->kv_bytes_per_token);
    json_kuint(j, "kv_bytes", m->kv_bytes_per_token * m->context);
    json_kuint(j, "total_bytes", s->tensor_bytes + m->kv_bytes_per_token * m->context);
    json_obj_end(j);
}

static void print_json(struct buf *out, const struct gguf *g, const struct summary *s, const struct memory *m, const struct traits *traits)
{
    struct json j = json_to(out);
    char key[GGUF_NAME_MAX + 1];
    json_obj(&j);
    json_kcstr(&j, "name", s->name);
    json_kcstr(&j, "arch", s->arch);
    json_kcstr(&j, "quant", s->quant);
    json_kuint(&j, "params", s->n_params);
    json_kuint(&j, "bytes", s->file_bytes);
    json_kuint(&j, "context", s->context);
    json_traits(&j, traits);
    if (m->kv_bytes_per_token)
        json_memory(&j, s, m);
    json_key(&j, "metadata");
    json_obj(&j);
    for (size_t i = 0; i < gguf_kv_count(g); i++) {
        str_copy(key, sizeof key, gguf_kv_at(g, i)->key);
        json_key(&j, key);
        put_value(&j, g, gguf_kv_at(g, i));
    }
    json_obj_end(&j);
    json_key(&j, "tensors");
    json_arr(&j);
    for (size_t i = 0; i < gguf_tensor_count(g); i++) {
        const struct gguf_tensor *t = gguf_tensor_at(g, i);
        json_obj(&j);
        json_kstr(&j, "name", t->name);
        json_kcstr(&j, "type", tensor_type_info(t->type)->name);
        json_kuint(&j, "bytes", t->size);
        json_key(&j, "shape");
        put_shape(&j, t);
        json_obj_end(&j);
    }
    json_arr_end(&j);
    json_obj_end(&j);
    buf_putc(out, '\n');
}

/* Memory and traits are known only of a model that hearth can run; the rest of the file is shown in any case. */
static int look_at_model(const struct app *a, const char *path, const struct summary *s, struct memory *ret, struct traits *ret_traits,
                         struct err *e)
{
    struct model *model;
    uint32_t usual = s->context && s->context < CONTEXT_SHOWN ? s->context : CONTEXT_SHOWN;
    *ret = (struct memory){.context = a->args.context ? (uint32_t)a->args.context : usual};
    int r = model_open(path, &model, e);
    if (r)
        return r;
    ret->kv_bytes_per_token = model_kv_bytes_per_token(model);
    *ret_traits = traits_of(model);
    model_free(model);
    return OK;
}

int verb_show(struct app *a)
{
    struct gguf *g = NULL;
    struct summary s;
    struct memory m;
    struct traits t = {0};
    struct err e = {0};
    const char *path;
    if (model_path(a, a->args.words[0], &path, &e) || gguf_open(path, &g, &e))
        return complain(a, "%s", e.text);
    summary_of(g, &s);
    int unusable = look_at_model(a, path, &s, &m, &t, &e);
    struct buf out = buf_make(OUTPUT_BYTES_MAX);
    if (a->args.json)
        print_json(&out, g, &s, &m, &t);
    else
        print_text(a, &out, g, &s, &m, &t);
    gguf_close(g);
    int failed = out.failed;
    if (!failed)
        fwrite(out.ptr, 1, out.len, stdout);
    buf_free(&out);
    fflush(stdout);
    return failed ? complain(a, "%s", err_text(failed)) : unusable ? complain(a, "%s", e.text) : EXIT_OK;
}
