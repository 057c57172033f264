/* Tokenizers: text to tokens and back.
 *
 *   SentencePiece BPE  (tokenizer.ggml.model = llama): pieces with scores, merged best score first, byte fallback <0xNN>
 *   byte-level BPE     (gpt2): a pre-tokenizer cuts words (gpt-2, llama-bpe, qwen2), then merges by rank
 *   SentencePiece unigram  (unigram): the way to cut a text whose pieces' scores add up to the most
 *   WordPiece          (bert): words, each cut into the longest pieces there are; [CLS] and [SEP] around the text
 *
 * A vocab is immutable after it is made: any thread may use it. Strings point into the GGUF's mapping. */
#ifndef MODEL_VOCAB_H
#define MODEL_VOCAB_H

#include "base/buf.h"
#include "model/gguf.h"

#define TOKEN_NONE UINT32_MAX

struct vocab;

/* The GGUF must outlive the vocab. ERR_UNSUPPORTED names the unknown tokenizer or pre-tokenizer and lists the known ones. */
int vocab_create(const struct gguf *g, struct vocab **ret, struct err *e);
void vocab_free(struct vocab *v);
uint32_t vocab_size(const struct vocab *v);

struct vocab_info {
    const char *kind, *pre;      /* "spm", "bpe", "unigram" or "wordpiece", pre-tokenizer's name or "" */
    uint32_t bos, eos, eot, unk; /* TOKEN_NONE when there is none */
    bool add_bos, add_eos, add_space_prefix;
};
const struct vocab_info *vocab_info(const struct vocab *v);
/* Ends an answer: eos, eot, <|im_end|>, <|eot_id|>, … as found in the file. */
bool vocab_is_end(const struct vocab *v, uint32_t token);
/* A control or unknown token, which has no text in an answer. */
bool vocab_is_special(const struct vocab *v, uint32_t token);
/* The token whose text is exactly this (special ones included), or TOKEN_NONE. */
uint32_t vocab_find(const struct vocab *v, struct str text);

/* Growable array of tokens with a maximum. */
struct tokens {
    uint32_t *ptr; /* owned */
    size_t len, cap, max;
};
static inline struct tokens tokens_make(size_t max)
{
    return (struct tokens){.max = max};
}
int tokens_push(struct tokens *t, uint32_t token); /* ERR_LIMIT, ERR_NOMEM */
void tokens_free(struct tokens *t);

struct vocab_encode_options {
    bool add_special;     /* the begin (and end) token that the model wants */
    bool parse_special;   /* texts of special tokens become those tokens; only for trusted text */
    bool no_space_prefix; /* SentencePiece: the text continues one that has begun */
};
/* Appends to out; on failure out is as it was. Any bytes are accepted; what is not UTF-8 goes through byte tokens. User-defined
 * tokens are always recognised. ERR_LIMIT when out would grow above its maximum (at once for a text that cannot possibly
 * fit), ERR_NOMEM. Time is O(n log n), memory at most some 30 bytes for a byte of the longest word. */
int vocab_encode(const struct vocab *v, struct str text, struct vocab_encode_options o, struct tokens *out);

/* The bytes of one token as they stand in a text: "▁the" is " the", <0x0A> is one byte, "Ġ" is a space. Control tokens give
 * nothing unless `special`. Appends to out. ERR_INVAL for an id that the vocabulary does not have. */
int vocab_piece(const struct vocab *v, uint32_t token, bool special, struct buf *out);
/* Many tokens; removes the space that SentencePiece put before the first word when `strip_prefix`. */
int vocab_decode(const struct vocab *v, const uint32_t *tokens, size_t n, bool special, bool strip_prefix, struct buf *out);

#endif
