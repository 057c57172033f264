#include <string.h>

#include "gen/codec.h"
#include "gen/codec_messages.h"

enum { PATH_BYTES_MAX = 4095, KEY_BYTES = 32, LABEL_BYTES_MAX = 1024, SENTENCE_BYTES_MAX = 1 << 16, TOKENS_MAX = GEN_FRAME_BYTES_MAX / 4 };

void code_load(struct coder *c, void *message)
{
    struct gen_load *m = message;
    code_bytes(c, &m->path, PATH_BYTES_MAX); /* Linux paths are any bytes but NUL */
    if (m->path.len && memchr(m->path.ptr, 0, m->path.len))
        coder_wrong(c);
    code_u32(c, &m->context_tokens);
    code_u64(c, &m->kv_bytes_max);
    code_u32(c, &m->sequences_max);
    code_u32(c, &m->queue_max);
    code_u32(c, &m->prefill_chunk);
    code_u32(c, &m->threads);
    code_u32(c, &m->batch_wait_us);
    code_bool(c, &m->deterministic);
    code_bool(c, &m->no_speculation);
    code_bool(c, &m->cache_q8);
    code_bytes(c, &m->keep_dir, PATH_BYTES_MAX);
    code_bytes(c, &m->keep_key, KEY_BYTES);
    if ((m->keep_dir.len && memchr(m->keep_dir.ptr, 0, m->keep_dir.len)) || (m->keep_dir.len && m->keep_key.len != KEY_BYTES))
        coder_wrong(c);
    code_u64(c, &m->keep_bytes_max);
    code_u64(c, &m->keep_day_bytes_max);
    code_bytes(c, &m->chat_template_file, PATH_BYTES_MAX);
    if (m->chat_template_file.len && memchr(m->chat_template_file.ptr, 0, m->chat_template_file.len))
        coder_wrong(c);
}

void code_loaded(struct coder *c, void *message)
{
    struct gen_loaded *m = message;
    code_text(c, &m->name, LABEL_BYTES_MAX);
    code_text(c, &m->arch, LABEL_BYTES_MAX);
    code_text(c, &m->quant, LABEL_BYTES_MAX);
    code_text(c, &m->chat_format, LABEL_BYTES_MAX);
    code_text(c, &m->warning, LABEL_BYTES_MAX);
    code_u64(c, &m->params);
    code_u64(c, &m->file_bytes);
    code_u64(c, &m->kv_bytes_per_token);
    code_u32(c, &m->context_tokens);
    code_u32(c, &m->context_trained);
    code_u32(c, &m->vocab);
    code_u32(c, &m->layers);
    code_u32(c, &m->width);
    code_enum(c, &m->kind, GEN_MODEL_KIND_COUNT);
    code_bool(c, &m->knows_tools);
    code_bool(c, &m->thinks);
    code_bool(c, &m->infills);
}

static bool copy_text(struct arena *a, struct str *s)
{
    *s = arena_dup(a, *s);
    return s->ptr != NULL;
}

int gen_loaded_copy(struct arena *a, const struct gen_loaded *m, struct gen_loaded *ret)
{
    *ret = *m;
    bool all = copy_text(a, &ret->name) && copy_text(a, &ret->arch) && copy_text(a, &ret->quant) && copy_text(a, &ret->chat_format) &&
               copy_text(a, &ret->warning);
    return all ? OK : ERR_NOMEM;
}

void code_progress(struct coder *c, void *message)
{
    code_f32(c, message, 0, 1);
}

void code_cancel(struct coder *c, void *message)
{
    struct gen_cancel *m = message;
    code_u64(c, &m->id);
}

void code_credit(struct coder *c, void *message)
{
    struct gen_credit *m = message;
    code_u64(c, &m->id);
    code_u32(c, &m->events);
}

void code_tokenize(struct coder *c, void *message)
{
    struct gen_tokenize *m = message;
    code_u64(c, &m->id);
    code_bytes(c, &m->text, GEN_TEXT_BYTES_MAX); /* a vocabulary takes any bytes */
    code_bool(c, &m->add_special);
    code_bool(c, &m->parse_special);
    code_bool(c, &m->with_pieces);
}

void code_tokens(struct coder *c, void *message)
{
    struct gen_tokens *m = message;
    code_u64(c, &m->id);
    code_u32s(c, &m->tokens, &m->n_tokens, TOKENS_MAX);
    bool has_pieces = coder_encodes(c) && m->pieces && m->n_tokens;
    code_bool(c, &has_pieces);
    if (!has_pieces)
        return;
    size_t n = m->n_tokens;
    code_array(c, &m->pieces, &n, TOKENS_MAX, sizeof *m->pieces, 4);
    if (!n || n != m->n_tokens) /* one form for each message */
        coder_wrong(c);
    for (size_t i = 0; i < n && !c->failed; i++)
        code_bytes(c, (struct str *)&m->pieces[i], GEN_TEXT_BYTES_MAX);
}

void code_detokenize(struct coder *c, void *message)
{
    struct gen_detokenize *m = message;
    code_u64(c, &m->id);
    code_u32s(c, &m->tokens, &m->n_tokens, TOKENS_MAX);
}

void code_bytes_answer(struct coder *c, void *message)
{
    struct gen_bytes *m = message;
    code_u64(c, &m->id);
    code_bytes(c, &m->bytes, GEN_TEXT_BYTES_MAX);
}

void code_failed(struct coder *c, void *message)
{
    struct gen_failed *m = message;
    code_u64(c, &m->id);
    code_enum(c, &m->fault, GEN_FAULT_COUNT);
    code_text(c, &m->message, SENTENCE_BYTES_MAX);
}
