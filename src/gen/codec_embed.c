#include <float.h>

#include "gen/codec.h"
#include "gen/codec_messages.h"

void code_embed(struct coder *c, void *message)
{
    struct gen_embed *m = message;
    code_u64(c, &m->id);
    code_bool(c, &m->rank);
    code_bool(c, &m->truncate);
    code_array(c, &m->inputs, &m->n_inputs, GEN_EMBED_INPUTS_MAX + 1, sizeof *m->inputs, 4 + 4);
    for (size_t i = 0; i < m->n_inputs && !c->failed; i++) {
        struct gen_input *input = (struct gen_input *)&m->inputs[i];
        code_text(c, &input->text, GEN_TEXT_BYTES_MAX);
        code_u32s(c, &input->tokens, &input->n_tokens, GEN_EMBED_TOKENS_MAX);
        if (input->text.len && input->n_tokens) /* one or the other */
            coder_wrong(c);
        if (!input->n_tokens && !c->failed && !coder_encodes(c))
            input->tokens = NULL;
    }
    if (m->n_inputs < (m->rank ? 2u : 1u) || m->n_inputs > GEN_EMBED_INPUTS_MAX + (m->rank ? 1u : 0u))
        coder_wrong(c);
}

void code_vectors(struct coder *c, void *message)
{
    struct gen_vectors *m = message;
    code_u64(c, &m->id);
    code_u32(c, &m->width);
    code_u32(c, &m->tokens);
    code_array(c, &m->values, &m->n_values, GEN_EMBED_VALUES_MAX, sizeof *m->values, 4);
    for (size_t i = 0; i < m->n_values && !c->failed; i++)
        code_f32(c, (float *)&m->values[i], -FLT_MAX, FLT_MAX);
    code_u32s(c, &m->each, &m->n_each, GEN_EMBED_INPUTS_MAX);
    if (!m->width || m->n_values % m->width || (m->n_each && m->n_each != m->n_values / m->width))
        coder_wrong(c);
}
