/* Opening a model: file → architecture → hyper-parameters → tensors → vocabulary and chat format. */
#include "model/model.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "model/gguf_internal.h"
#include "model/model_internal.h"

static int find_arch(struct model *m, struct err *e)
{
    struct str name;
    int rc = gguf_str(m->gguf, "general.architecture", &name, e);
    if (rc)
        return gguf_required(rc, e);
    m->arch = arch_find(name);
    if (m->arch)
        return OK;
    struct buf known = buf_make(256);
    arch_list(&known);
    rc = err_set(e, ERR_UNSUPPORTED, "architecture \"%s\" is not known; hearth runs %s", gguf_show(name).text, buf_cstr(&known));
    buf_free(&known);
    return rc;
}

/* What is a part of a model, but not a whole one. */
static int refuse_parts(const struct gguf *g, struct err *e)
{
    uint32_t n = 0;
    int rc = gguf_u32(g, "split.count", &n, e);
    if (rc && rc != ERR_NOENT)
        return rc;
    if (n > 1)
        return err_set(e, ERR_UNSUPPORTED, "the model is split over %" PRIu32 " files; merge them into one first", n);
    if (!gguf_tensor_count(g))
        return err_set(e, ERR_UNSUPPORTED, "the file holds no weights, only metadata (perhaps a vocabulary)");
    return OK;
}

/* Of the template that requests with tools are rendered by. */
static int recognise_tools(struct model *m, struct str text, struct err *e)
{
    struct toolform *f;
    if (toolform_create(text, m->vocab, &f))
        return err_set(e, ERR_NOMEM, "out of memory for a model");
    toolform_free(m->toolform);
    m->toolform = f;
    return OK;
}

/* A template that does not work is no reason to refuse the model: its format may be recognised. */
static int open_template(struct model *m, struct str text, struct str tools, struct err *e)
{
    int rc = text.len ? chat_template_create(text, tools, m->vocab, &m->template, &m->template_error) : OK;
    if (rc == ERR_NOMEM)
        return err_set(e, rc, "out of memory for the chat template");
    return recognise_tools(m, tools.len && !rc ? tools : text, e);
}

static int open_text_side(struct model *m, struct err *e)
{
    struct str text = {0}, tools = {0};
    int rc = gguf_str(m->gguf, "tokenizer.chat_template", &text, e);
    if (!rc)
        rc = gguf_str(m->gguf, "tokenizer.chat_template.tool_use", &tools, e);
    if (rc && rc != ERR_NOENT)
        return rc;
    m->chat = chat_format_recognise(text);
    rc = vocab_create(m->gguf, &m->vocab, e);
    if (rc)
        return gguf_required(rc, e);
    rc = open_template(m, text, tools, e);
    if (rc)
        return rc;
    if (vocab_size(m->vocab) > m->hp.n_vocab)
        return err_set(e, ERR_CORRUPT, "the vocabulary has %" PRIu32 " tokens, but token_embd.weight has %" PRIu32 " rows",
                       vocab_size(m->vocab), m->hp.n_vocab);
    return OK;
}

void model_read_name(const struct gguf *g, const char *fallback, char *ret, size_t cap)
{
    struct str name;
    if (gguf_str(g, "general.name", &name, NULL) || !name.len || !utf8_printable(name.ptr, name.len))
        name = str_of(fallback);
    name = str_head(name, cap - 1);
    name.len = utf8_complete_prefix(name.ptr, name.len);
    str_copy(ret, cap, name);
}

static int fill(struct model *m, struct err *e)
{
    int rc = find_arch(m, e);
    if (!rc)
        rc = refuse_parts(m->gguf, e);
    if (!rc)
        rc = hparams_read(m, e);
    if (!rc)
        rc = model_bind(m, e);
    if (!rc)
        rc = open_text_side(m, e);
    if (rc)
        return rc;
    model_read_name(m->gguf, m->arch->name, m->name, sizeof m->name);
    model_name_quant(m->gguf, m->quant);
    return OK;
}

int model_open_gguf(struct gguf *g, struct model **ret, struct err *e)
{
    struct model *m = calloc(1, sizeof *m);
    if (!m) {
        gguf_close(g);
        return err_set(e, ERR_NOMEM, "out of memory for a model");
    }
    m->gguf = g;
    int rc = fill(m, e);
    if (rc) {
        model_free(m);
        return rc;
    }
    *ret = m;
    return OK;
}

int model_open(const char *path, struct model **ret, struct err *e)
{
    struct gguf *g;
    int rc = gguf_open(path, &g, e);
    if (rc)
        return rc;
    rc = model_open_gguf(g, ret, e);
    return rc ? err_prefix(e, rc, "%s", path) : OK;
}

int model_set_template(struct model *m, struct str text, struct err *e)
{
    struct chat_template *t;
    int rc = chat_template_create(text, (struct str){0}, m->vocab, &t, e);
    if (rc)
        return rc;
    if ((rc = recognise_tools(m, text, e))) {
        chat_template_free(t);
        return rc;
    }
    chat_template_free(m->template);
    m->template = t;
    m->template_error = (struct err){0};
    m->chat = chat_format_recognise(text);
    return OK;
}

void model_free(struct model *m)
{
    if (!m)
        return;
    toolform_free(m->toolform);
    chat_template_free(m->template);
    vocab_free(m->vocab);
    free(m->layers);
    free(m->vectors);
    gguf_close(m->gguf);
    free(m);
}

uint64_t model_kv_bytes_per_token(const struct model *m)
{
    const struct hparams *hp = &m->hp;
    return (uint64_t)hp->n_layers * hp->n_kv_heads * (hp->d_head_k + hp->d_head_v) * sizeof(uint16_t);
}
