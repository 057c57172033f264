/* What the files of the tokenizer share. Nobody outside this folder includes it.
 *
 * A vocab, from the file up:
 *
 *   pieces    the texts as they stand in the file ("▁the", "Ġthe", "<0x0A>", "<|im_end|>"); find: text → token
 *   specials  tokens that are cut out of a text before anything else
 *   spm       keys (pieces with spaces for ▁), map over them, order of joining
 *   bpe       pre-tokenizer, pairs → joined token with rank
 *   trie      unigram and wordpiece: pieces by their beginnings
 *
 * Invariants after vocab_create: every id in any table is below pieces.n; every text lies in the GGUF's mapping (or in
 * spm.blob); a control, unknown or byte token is never the result of joining, so what people write cannot become one. */
#ifndef MODEL_TEXT_IMPL_H
#define MODEL_TEXT_IMPL_H

#include "model/text/merge.h"
#include "model/text/pretok.h"
#include "model/text/token_map.h"
#include "model/text/trie.h"
#include "model/vocab.h"

enum token_type { TYPE_NORMAL = 1, TYPE_UNKNOWN, TYPE_CONTROL, TYPE_USER, TYPE_UNUSED, TYPE_BYTE };
enum { VOCAB_TOKENS_MAX = 1 << 22, VOCAB_MERGES_MAX = 1 << 23, SPECIAL_BYTES_MAX = 256, ENDS_MAX = 32 };

/* Special tokens by first byte: the lengths that occur, longest first. A text is looked up in vocab.find. */
struct specials {
    uint16_t *lengths;   /* owned */
    uint32_t first[257]; /* lengths of texts that begin with b: lengths[first[b] .. first[b + 1]) */
    bool has_user;       /* some are user-defined: those are cut out of every text */
};

struct spm {
    char *blob;            /* owned; the texts of keys */
    struct text_list keys; /* pieces with ' ' for ▁; texts come to be joined in this form */
    struct token_map map;  /* of keys, only what may be the result of joining */
    uint32_t *order;       /* [n] from the score: better first */
    uint8_t *borders;      /* 65536 bits: some key has byte a at a character's end and b right after it */
};

struct bpe_merge {
    uint32_t left, right, joined; /* tokens; its index is its rank */
};

struct bpe {
    const struct pretok *pretok;
    struct bpe_merge *merges; /* owned, n_merges */
    uint32_t n_merges;
    uint32_t *slots; /* (left, right) → rank + 1; open addressing */
    uint32_t mask;
};

/* SPM and BPE join symbols; the others cut a text by the pieces that begin at a place. */
enum vocab_kind { KIND_SPM, KIND_BPE, KIND_UNIGRAM, KIND_WORDPIECE };

struct vocab {
    struct vocab_info info;
    struct text_list pieces;
    uint8_t *type; /* [n] enum token_type */
    struct token_map find;
    struct specials specials;
    uint32_t byte_token[256]; /* TOKEN_NONE: has none */
    uint32_t ends[ENDS_MAX];
    size_t n_ends;
    size_t longest; /* bytes of text that one token can stand for, at most */
    enum vocab_kind kind;
    bool lower;       /* wordpiece: texts are put into lower case, without accents */
    struct trie trie; /* unigram, wordpiece: pieces that a text may become */
    float *scores;    /* unigram: [n] */
    struct spm spm;
    struct bpe bpe;
};

/* One encoding on its way. */
struct encoder {
    const struct vocab *v;
    struct merger merger;
    struct buf scratch;
    struct tokens *out;
};

int spm_load(struct vocab *v, const struct gguf *g, struct err *e);
void spm_deinit(struct spm *s);
/* The bytes that the tokens <0xNN> stand for. */
void spm_find_bytes(struct vocab *v);
/* Text without special tokens. `prefix`: a space stands before it. */
int spm_encode(struct encoder *enc, struct str text, bool prefix);

int bpe_load(struct vocab *v, const struct gguf *g, struct err *e);
void bpe_deinit(struct bpe *b);
int bpe_encode(struct encoder *enc, struct str text);
/* The character that stands for a byte in byte-level pieces, and back (-1: none). */
uint32_t bpe_char_of_byte(uint8_t b);
int bpe_byte_of_char(uint32_t cp);

int unigram_load(struct vocab *v, const struct gguf *g, struct err *e);
int unigram_encode(struct encoder *enc, struct str text, bool prefix);
/* The trie of all normal pieces. */
int vocab_fill_trie(struct vocab *v, struct err *e);
/* utf8proc's mapping with these options; what is not UTF-8 becomes U+FFFD. */
int vocab_unicode_map(struct str text, int options, struct buf *out);

int wordpiece_load(struct vocab *v, const struct gguf *g, struct err *e);
int wordpiece_encode(struct encoder *enc, struct str text);
/* [CLS] and its like are controls, whatever the file says. */
void wordpiece_find_controls(struct vocab *v);

int specials_init(struct vocab *v);
void specials_deinit(struct specials *s);
/* The special token at the beginning of text, the longest, or TOKEN_NONE. `any`: also control and unknown tokens. */
uint32_t specials_match(const struct vocab *v, struct str text, bool any);

/* A token for a byte, or the unknown token; nothing when the vocabulary has neither. */
int encoder_push_byte(struct encoder *enc, uint8_t b);

/* Makes control tokens of the well-known marks, then (when bos, eos … are known) finds eot and what ends an answer. */
void marks_find_controls(struct vocab *v);
void marks_find_ends(struct vocab *v);

/* An array of the file, checked: kind, and count (0: any from 1 to max). */
int array_of(const struct gguf *g, const char *key, enum gguf_kind item, uint64_t count, uint64_t max, const struct gguf_kv **ret,
             struct err *e);

#endif
