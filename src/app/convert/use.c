/* What differs between the graph and the file:
 *   - matrices of the graph are [inputs][outputs], those of GGUF [outputs][inputs];
 *   - the graph adds sines and cosines of the position to the token's vector, and that sum to the vector again: token_embd holds the
 *     vectors twice over, position_embd the table of sines and cosines;
 *   - the first layer is narrower than the others: attn_residual is the dense layer that its input goes through. */
#include "app/convert/use.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/utf8.h"
#include "model/encoder.h"
#include "model/gguf_write.h"

enum { LAYERS_MAX = 64, CONTEXT = 128, RESERVED = 6, VOCAB_MAX = 1 << 20, TENSORS_MAX = 2048 };

#define APPLY "module_apply_default/Encoder_en/KonaTransformer/Encode/"
#define LAYER APPLY "Layer_%u/TransformerLayer/"
#define STACK APPLY "TransformerStack/Layer_%u/TransformerLayer/"
#define WHOLE "/ConcatPartitions/concat"

struct row {
    const char *to, *from; /* %u: the layer */
    bool optional;
    float scale;
};
/* clang-format off */
static const struct row layer_rows[] = {
    {"blk.%u.attn_norm.weight", LAYER "layer_prepostprocess/layer_norm/layer_norm_scale" WHOLE, false, 1},
    {"blk.%u.attn_norm.bias", LAYER "layer_prepostprocess/layer_norm/layer_norm_bias" WHOLE, false, 1},
    {"blk.%u.attn_qkv.weight", "module/Encoder_en/KonaTransformer/Encode/Layer_%u/TransformerLayer/MultiheadAttention/qkv_transform_single/kernel/part_0", false, 1},
    {"blk.%u.attn_qkv.bias", LAYER "MultiheadAttention/qkv_transform_single/bias" WHOLE, false, 1},
    {"blk.%u.attn_output.weight", "module/Encoder_en/KonaTransformer/Encode/Layer_%u/TransformerLayer/MultiheadAttention/output_transform_single/kernel/part_0", false, 1},
    {"blk.%u.attn_output.bias", LAYER "MultiheadAttention/output_transform_single/bias" WHOLE, false, 1},
    {"blk.%u.attn_residual.weight", LAYER "dense/kernel" WHOLE, true, 1},
    {"blk.%u.attn_residual.bias", LAYER "dense/bias" WHOLE, true, 1},
    {"blk.%u.ffn_norm.weight", LAYER "FFN/layer_prepostprocess/layer_norm/layer_norm_scale" WHOLE, false, 1},
    {"blk.%u.ffn_norm.bias", LAYER "FFN/layer_prepostprocess/layer_norm/layer_norm_bias" WHOLE, false, 1},
    {"blk.%u.ffn_up.weight", STACK "FFN/conv1/Tensordot/Reshape_1", false, 1},
    {"blk.%u.ffn_up.bias", LAYER "FFN/conv1/bias" WHOLE, false, 1},
    {"blk.%u.ffn_down.weight", STACK "FFN/conv2/Tensordot/Reshape_1", false, 1},
    {"blk.%u.ffn_down.bias", LAYER "FFN/conv2/bias" WHOLE, false, 1},
};
static const struct row model_rows[] = {
    {"token_embd.weight", "module/Embeddings_en", false, 2},
    {"pool.weight", "module/Encoder_en/hidden_layers/tanh_layer_0/weights", false, 1},
    {"pool.bias", "module/Encoder_en/hidden_layers/tanh_layer_0/bias", false, 1},
};
/* clang-format on */
#define N(a) (sizeof(a) / sizeof *(a))

/* A tensor to be written: `rows` of `cols`. */
struct plan {
    char name[64];
    const struct tfjs_weight *from; /* NULL: the table of positions */
    enum tensor_type type;
    uint32_t rows, cols;
    bool turned; /* from [cols][rows] */
    float scale;
};

struct convert {
    const struct tfjs *t;
    enum tensor_type type;
    struct plan plans[TENSORS_MAX];
    size_t n_plans;
    uint32_t n_layers, n_heads, width, d_ff;
    const struct tfjs_weight *frequencies;
    struct err *e;
};

/* The formats stand in the tables above. */
static void fill_name(char *dst, size_t cap, const char *format, uint32_t layer)
{
    struct str f = str_of(format);
    ptrdiff_t at = str_find(f, STR("%u"), 0);
    if (at < 0)
        snprintf(dst, cap, "%s", format);
    else
        snprintf(dst, cap, "%.*s%u%s", (int)at, format, layer, format + at + 2);
}

static bool is_vector(const struct tfjs_weight *w)
{
    return w->n_dims == 1;
}

static int plan_row(struct convert *c, const struct row *row, uint32_t layer)
{
    char from[TFJS_NAME_MAX];
    struct plan *p = &c->plans[c->n_plans];
    fill_name(from, sizeof from, row->from, layer);
    const struct tfjs_weight *w = tfjs_find(c->t, from);
    if (!w && row->optional)
        return OK;
    if (!w || !w->is_float || w->n_dims < 1 || (w->n_dims == 4 && (w->dim[0] != 1 || w->dim[1] != 1)) || w->n_dims == 3)
        return err_set(c->e, ERR_CORRUPT, "weight \"%s\" is missing, or not what it should be: this is no Universal Sentence Encoder",
                       from);
    *p = (struct plan){.from = w, .type = TENSOR_F32, .rows = 1, .cols = w->dim[0], .scale = row->scale};
    fill_name(p->name, sizeof p->name, row->to, layer);
    if (!is_vector(w)) {
        p->turned = strcmp(row->to, "token_embd.weight") != 0;
        uint32_t first = w->dim[w->n_dims - 2], second = w->dim[w->n_dims - 1];
        p->rows = p->turned ? second : first;
        p->cols = p->turned ? first : second;
        p->type = c->type;
        if (!tensor_row_bytes(p->type, p->cols))
            return err_set(c->e, ERR_INVAL, "%s has rows of %u values, which %s cannot hold", p->name, p->cols,
                           tensor_type_info(p->type)->name);
    }
    c->n_plans++;
    return OK;
}

/* The factor of the attention's scores is 1 / √(width of a head); that says how many heads there are. */
static int find_heads(struct convert *c, uint32_t layer)
{
    char name[TFJS_NAME_MAX];
    fill_name(name, sizeof name, STACK "MultiheadAttention/mul/y", layer);
    const struct tfjs_weight *w = tfjs_find(c->t, name);
    fill_name(name, sizeof name, layer_rows[2].from, layer);
    const struct tfjs_weight *qkv = tfjs_find(c->t, name);
    double factor = w && w->is_float ? (double)tfjs_value(c->t, w, 0) : 0;
    double heads = qkv ? qkv->dim[qkv->n_dims - 1] / 3.0 * factor * factor : 0;
    if (!(heads >= 0.99) || heads > 256 || fabs(heads - round(heads)) > 0.01 || (layer && (uint32_t)lround(heads) != c->n_heads))
        return err_set(c->e, ERR_CORRUPT, "layer %u: the number of heads cannot be told", layer);
    c->n_heads = (uint32_t)lround(heads);
    return OK;
}

static int plan_all(struct convert *c)
{
    char name[TFJS_NAME_MAX];
    int r = OK;
    fill_name(name, sizeof name, APPLY "TransformerStack/Layer_%u/AddTimingSignal/TimingSignal/ExpandDims_1", 0);
    c->frequencies = tfjs_find(c->t, name);
    for (size_t i = 0; i < N(model_rows) && !r; i++)
        r = plan_row(c, &model_rows[i], 0);
    if (r)
        return r;
    c->width = c->plans[1].rows;
    if (!c->frequencies || !c->frequencies->is_float || c->frequencies->n * 2 != c->plans[0].cols)
        return err_set(c->e, ERR_CORRUPT, "weight \"%s\" is missing, or has another width than the tokens", name);
    c->plans[c->n_plans++] = (struct plan){.name = "position_embd.weight", .rows = CONTEXT, .cols = c->plans[0].cols, .scale = 1};
    for (; !r && c->n_layers < LAYERS_MAX; c->n_layers++) {
        fill_name(name, sizeof name, layer_rows[0].from, c->n_layers);
        if (!tfjs_find(c->t, name))
            break;
        r = find_heads(c, c->n_layers);
        for (size_t i = 0; i < N(layer_rows) && !r; i++)
            r = plan_row(c, &layer_rows[i], c->n_layers);
    }
    if (!r && !c->n_layers)
        r = err_set(c->e, ERR_CORRUPT, "there are no layers: this is no Universal Sentence Encoder");
    return r;
}

static int put_vocab(struct gguf_writer *w, struct str text, struct err *e)
{
    json_error_t why;
    json_t *root = json_loadb(text.ptr ? text.ptr : "", text.len, JSON_REJECT_DUPLICATES, &why);
    size_t n = json_array_size(root);
    struct str *pieces = calloc(n + 1, sizeof *pieces);
    float *scores = calloc(n + 1, sizeof *scores);
    int32_t *types = calloc(n + 1, sizeof *types);
    int r = n <= RESERVED || n > VOCAB_MAX ? err_set(e, ERR_CORRUPT, "vocab.json is no list of pieces and scores") : OK;
    if (!pieces || !scores || !types)
        r = err_set(e, ERR_NOMEM, "out of memory for a vocabulary");
    for (size_t i = 0; i < n && !r; i++) {
        const json_t *pair = json_array_get(root, i), *piece = json_array_get(pair, 0), *score = json_array_get(pair, 1);
        if (!json_is_string(piece) || !(json_is_number(score) || json_is_null(score))) /* some have none, which counts as 0 */
            r = err_set(e, ERR_CORRUPT, "vocab.json: entry %zu is not a piece and its score", i);
        pieces[i] = r ? (struct str){0} : str_from(json_string_value(piece), json_string_length(piece));
        scores[i] = r ? 0 : (float)json_number_value(score);
        types[i] = i == 0 ? 2 : i < RESERVED ? 3 : 1; /* unknown, control, normal */
    }
    r = r ? r : gguf_write_strs(w, "tokenizer.ggml.tokens", pieces, n);
    r = r ? r : gguf_write_array(w, "tokenizer.ggml.scores", GGUF_F32, scores, n);
    r = r ? r : gguf_write_array(w, "tokenizer.ggml.token_type", GGUF_I32, types, n);
    free(pieces);
    free(scores);
    free(types);
    json_decref(root);
    return r;
}

static int put_metadata(const struct convert *c, struct gguf_writer *w, struct str vocab_json, struct err *e)
{
    uint32_t file_type = c->type == TENSOR_F32 ? 0 : c->type == TENSOR_F16 ? 1 : c->type == TENSOR_Q8_0 ? 7 : 32;
    int r = gguf_write_str(w, "general.architecture", STR("use"));
    r = r ? r : gguf_write_str(w, "general.name", STR("Universal Sentence Encoder lite"));
    r = r ? r : gguf_write_str(w, "general.license", STR("apache-2.0"));
    r = r ? r : gguf_write_u32(w, "general.file_type", file_type);
    r = r ? r : gguf_write_u32(w, "use.block_count", c->n_layers);
    r = r ? r : gguf_write_u32(w, "use.context_length", CONTEXT);
    r = r ? r : gguf_write_u32(w, "use.embedding_length", c->width);
    r = r ? r : gguf_write_u32(w, "use.attention.head_count", c->n_heads);
    r = r ? r : gguf_write_f32(w, "use.attention.layer_norm_epsilon", 1e-6F);
    r = r ? r : gguf_write_u32(w, "use.pooling_type", ENCODER_POOL_MEAN);
    r = r ? r : gguf_write_str(w, "tokenizer.ggml.model", STR("unigram"));
    return r ? r : put_vocab(w, vocab_json, e);
}

static float value_of(const struct convert *c, const struct plan *p, uint32_t row, uint32_t col)
{
    if (p->from)
        return p->scale * tfjs_value(c->t, p->from, p->turned ? (size_t)col * p->rows + row : (size_t)row * p->cols + col);
    uint32_t half = p->cols / 2;
    double angle = (double)((float)row * tfjs_value(c->t, c->frequencies, col % half));
    return (float)(col < half ? sin(angle) : cos(angle));
}

static int put_tensor(const struct convert *c, const struct plan *p, struct gguf_writer *w)
{
    size_t row_bytes = tensor_row_bytes(p->type, p->cols);
    float *values = calloc(p->cols, sizeof *values);
    void *row = malloc(row_bytes);
    int r = values && row ? OK : err_set(c->e, ERR_NOMEM, "out of memory for a row of %s", p->name);
    for (uint32_t i = 0; i < p->rows && !r; i++) {
        for (uint32_t j = 0; j < p->cols; j++)
            values[j] = value_of(c, p, i, j);
        for (uint32_t j = 0; j < p->cols && !r; j++)
            r = isfinite(values[j]) ? OK : err_set(c->e, ERR_CORRUPT, "%s holds a value that is no number", p->name);
        if (!r && !tensor_row_from_f32(p->type, values, row, p->cols))
            r = err_set(c->e, ERR_UNSUPPORTED, "hearth does not write the type %s", tensor_type_info(p->type)->name);
        r = r ? r : gguf_write_data(w, row, row_bytes, c->e);
    }
    free(values);
    free(row);
    return r;
}

static int write_file(const struct convert *c, struct str vocab_json, const char *out)
{
    struct gguf_writer *w;
    int r = gguf_writer_create(out, &w, c->e);
    if (r)
        return r;
    r = put_metadata(c, w, vocab_json, c->e);
    for (size_t i = 0; i < c->n_plans && !r; i++) {
        const struct plan *p = &c->plans[i];
        r = gguf_declare_tensor(w, str_of(p->name), p->type, (uint64_t[]){p->cols, p->rows}, p->rows > 1 ? 2 : 1);
    }
    for (size_t i = 0; i < c->n_plans && !r; i++)
        r = put_tensor(c, &c->plans[i], w);
    if (!r)
        return gguf_writer_finish(w, c->e);
    if (c->e && !c->e->text[0])
        err_set(c->e, r, "%s", err_text(r));
    gguf_writer_abort(w);
    return r;
}

int use_convert(const struct tfjs *t, struct str vocab_json, enum tensor_type type, const char *out, struct err *e)
{
    struct convert *c = calloc(1, sizeof *c);
    if (!c)
        return err_set(e, ERR_NOMEM, "out of memory");
    *c = (struct convert){.t = t, .type = type, .e = e};
    if (e)
        e->text[0] = 0;
    int r = plan_all(c);
    r = r ? r : write_file(c, vocab_json, out);
    free(c);
    if (r)
        return r;
    struct encoder_model *m = NULL;
    r = encoder_open(out, &m, e);
    encoder_free(m);
    if (r)
        unlink(out);
    return r;
}
