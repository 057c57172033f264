/* The first byte says of what kind: JSON, a schema, an expression, choices, GBNF. What compiles is written by: some tokens, chosen by the
 * text's own bytes, and every token that a mask has must be accepted. */
#include <stdlib.h>

#include "engine/grammar/trie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TOKENS = 260, STEPS = 12, WORDS = (TOKENS + 63) / 64 };

static int piece(void *ctx, uint32_t token, struct buf *out, bool *ret_end)
{
    static const char *const longer[] = {"\":", "\",\"", "ab"};
    (void)ctx;
    *ret_end = token == TOKENS - 1;
    if (token < 255)
        buf_putc(out, (char)token);
    else if (token > 255 && token < TOKENS - 1)
        buf_puts(out, longer[token - 256]);
    return out->failed;
}

static void write_some(struct grammar_state *s, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < STEPS; i++) {
        uint64_t mask[WORDS];
        bool any;
        if (grammar_mask(s, mask, &any) || !any)
            return;
        uint32_t t = data[i % size] % TOKENS;
        while (!(mask[t / 64] >> (t % 64) & 1))
            t = (t + 1) % TOKENS;
        int rc = grammar_accept(s, t);
        if (rc == ERR_INVAL)
            abort();
        if (rc)
            return;
    }
}

static void try_grammar(const struct grammar *g, const uint8_t *data, size_t size)
{
    struct grammar_vocab *v = NULL;
    struct grammar_matcher *m = NULL;
    struct grammar_state *s = NULL;
    if (!trie_create(TOKENS, piece, NULL, &v) && !grammar_matcher_create(g, v, &m) && !grammar_state_create(m, &s))
        write_some(s, data, size);
    grammar_state_free(s);
    grammar_matcher_free(m);
    grammar_vocab_free(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct grammar_limits limits;
    struct grammar *g = NULL;
    struct err e;
    if (size < 2)
        return 0;
    grammar_limits_init(&limits);
    limits.states_max = 1 << 14; /* so that an input takes little time */
    limits.dfa_states_max = 400;
    limits.bytes_max = 16 << 20;
    if (grammar_compile(1 + data[0] % (GEN_FORMAT_COUNT - 1), str_from(data + 1, size - 1), &limits, &g, &e))
        return 0;
    try_grammar(g, data + 1, size - 1);
    grammar_free(g);
    return 0;
}
