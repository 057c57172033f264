/* A vocabulary as a trie in preorder: what follows a node stands right behind it, and skip[] leads past it. Walking it is reading
 * arrays from left to right.
 *
 * Left out, so never allowed: tokens without text, tokens with a byte 0xFF, tokens of more than TRIE_TOKEN_BYTES_MAX bytes, and control
 * tokens that end an answer, which follow a rule of their own. */
#ifndef ENGINE_GRAMMAR_TRIE_H
#define ENGINE_GRAMMAR_TRIE_H

#include "engine/grammar/grammar.h"

enum { TRIE_TOKEN_BYTES_MAX = 512 };

struct grammar_vocab {
    uint32_t n_tokens, n_nodes;
    uint32_t longest; /* bytes of a token */
    uint8_t *byte;    /* [n_nodes]; node 0 is the root */
    uint32_t *skip;   /* [n_nodes] */
    uint32_t *first;  /* [n_nodes] a token that ends here, or TOKEN_NONE */
    uint32_t *same;   /* [n_tokens] the next token with the same bytes, or TOKEN_NONE */
    uint32_t *at;     /* [n_tokens + 1] where a token's bytes begin; none: it is never allowed */
    uint8_t *bytes;
    uint64_t *ends; /* [words] end tokens */
};

static inline struct str trie_bytes(const struct grammar_vocab *v, uint32_t token)
{
    return str_from(v->bytes + v->at[token], v->at[token + 1] - v->at[token]);
}
static inline bool trie_is_end(const struct grammar_vocab *v, uint32_t token)
{
    return v->ends[token / 64] >> (token % 64) & 1;
}

/* The bytes of one token, as grammars see them, are appended to out; *ret_end: it ends an answer. */
typedef int trie_piece_fn(void *ctx, uint32_t token, struct buf *out, bool *ret_end);
int trie_create(uint32_t n_tokens, trie_piece_fn *piece, void *ctx, struct grammar_vocab **ret);

#endif
