#include "app/convert/tfjs.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/utf8.h"

enum { DIM_MAX = 1 << 24 };

/* A name within the folder: no path, nothing hidden. */
static bool plain_name(struct str s)
{
    return s.len && s.len < TFJS_NAME_MAX && s.ptr[0] != '.' && str_chr(s, '/') < 0 && utf8_printable(s.ptr, s.len);
}

static struct str text_of(const json_t *v)
{
    return json_is_string(v) ? str_from(json_string_value(v), json_string_length(v)) : (struct str){0};
}

static int read_shape(const json_t *shape, struct tfjs_weight *w, struct err *e)
{
    size_t n = json_array_size(shape);
    if (!json_is_array(shape) || n > TFJS_DIMS_MAX)
        return err_set(e, ERR_CORRUPT, "weight \"%s\": the shape is no list of at most %d numbers", w->name, TFJS_DIMS_MAX);
    w->n = 1;
    w->n_dims = (uint32_t)n;
    for (size_t i = 0; i < n; i++) {
        const json_t *v = json_array_get(shape, i);
        json_int_t d = json_integer_value(v);
        if (!json_is_integer(v) || d < 1 || d > DIM_MAX || __builtin_mul_overflow(w->n, (size_t)d, &w->n) || w->n > TFJS_BYTES_MAX)
            return err_set(e, ERR_CORRUPT, "weight \"%s\": its shape is out of range", w->name);
        w->dim[i] = (uint32_t)d;
    }
    return OK;
}

static int read_weight(const json_t *v, size_t *at, size_t end, struct tfjs_weight *w, struct err *e)
{
    struct str name = text_of(json_object_get(v, "name")), type = text_of(json_object_get(v, "dtype"));
    if (!name.len || !utf8_printable(name.ptr, name.len) || !str_copy(w->name, sizeof w->name, name))
        return err_set(e, ERR_CORRUPT, "model.json: a weight's name is missing or longer than %d bytes", TFJS_NAME_MAX - 1);
    if (json_object_get(v, "quantization"))
        return err_set(e, ERR_UNSUPPORTED, "weight \"%s\" is quantised; get the model in 32-bit floats", w->name);
    w->is_float = str_eq(type, STR("float32"));
    if (!w->is_float && !str_eq(type, STR("int32")) && !str_eq(type, STR("bool")))
        return err_set(e, ERR_UNSUPPORTED, "weight \"%s\" is of a type that hearth does not read", w->name);
    int r = read_shape(json_object_get(v, "shape"), w, e);
    size_t bytes = w->n * (str_eq(type, STR("bool")) ? 1 : 4);
    if (r)
        return r;
    if (bytes > end - *at)
        return err_set(e, ERR_CORRUPT, "weight \"%s\" goes past the end of its files: %zu bytes are needed, %zu are left", w->name, bytes,
                       end - *at);
    w->at = *at;
    *at += bytes;
    return OK;
}

static int read_files(const json_t *paths, tfjs_file_fn *file, void *ctx, struct buf *bytes, struct err *e)
{
    size_t n = json_array_size(paths);
    if (!json_is_array(paths) || !n || n > TFJS_FILES_MAX)
        return err_set(e, ERR_CORRUPT, "model.json: the files of the weights are no list of 1 to %d names", TFJS_FILES_MAX);
    for (size_t i = 0; i < n; i++) {
        struct str name = text_of(json_array_get(paths, i));
        if (!plain_name(name))
            return err_set(e, ERR_CORRUPT, "model.json: file %zu of the weights is no name of a file beside it", i);
        int r = file(ctx, name, bytes, e);
        if (r)
            return r;
    }
    return OK;
}

static int read_group(const json_t *group, tfjs_file_fn *file, void *ctx, struct tfjs *t, struct err *e)
{
    const json_t *weights = json_object_get(group, "weights");
    size_t n = json_array_size(weights), at = t->bytes.len;
    if (!json_is_array(weights) || n > TFJS_WEIGHTS_MAX - t->n_weights)
        return err_set(e, ERR_CORRUPT, "model.json: weights are no list, or more than %d", TFJS_WEIGHTS_MAX);
    int r = read_files(json_object_get(group, "paths"), file, ctx, &t->bytes, e);
    for (size_t i = 0; i < n && !r; i++) {
        r = read_weight(json_array_get(weights, i), &at, t->bytes.len, &t->weights[t->n_weights], e);
        t->n_weights += !r;
    }
    if (!r && at != t->bytes.len)
        r = err_set(e, ERR_CORRUPT, "model.json: the files hold %zu bytes more than the weights", t->bytes.len - at);
    return r;
}

int tfjs_read(struct str model_json, tfjs_file_fn *file, void *ctx, struct tfjs *ret, struct err *e)
{
    json_error_t why;
    json_t *root = json_loadb(model_json.ptr ? model_json.ptr : "", model_json.len, JSON_REJECT_DUPLICATES, &why);
    const json_t *groups = json_object_get(root, "weightsManifest");
    struct tfjs t = {.bytes = buf_make(TFJS_BYTES_MAX), .weights = calloc(TFJS_WEIGHTS_MAX, sizeof *t.weights)};
    int r = OK;
    if (!root)
        r = err_set(e, ERR_CORRUPT, "model.json is no JSON (line %d)", why.line);
    else if (!json_array_size(groups))
        r = err_set(e, ERR_CORRUPT, "model.json has no weightsManifest: it is not a TensorFlow.js graph model");
    else if (!t.weights)
        r = err_set(e, ERR_NOMEM, "out of memory");
    for (size_t i = 0; !r && i < json_array_size(groups); i++)
        r = read_group(json_array_get(groups, i), file, ctx, &t, e);
    json_decref(root);
    if (r)
        tfjs_deinit(&t);
    else
        *ret = t;
    return r;
}

void tfjs_deinit(struct tfjs *t)
{
    free(t->weights);
    buf_free(&t->bytes);
    *t = (struct tfjs){0};
}

const struct tfjs_weight *tfjs_find(const struct tfjs *t, const char *name)
{
    for (size_t i = 0; i < t->n_weights; i++)
        if (!strcmp(t->weights[i].name, name))
            return &t->weights[i];
    return NULL;
}

float tfjs_value(const struct tfjs *t, const struct tfjs_weight *w, size_t i)
{
    float v;
    memcpy(&v, t->bytes.ptr + w->at + i * sizeof v, sizeof v);
    return v;
}
