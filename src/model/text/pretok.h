/* Pre-tokenizers of byte-level BPE: they cut a text into words, within which merging happens.
 *
 * Each vocabulary was trained with a regular expression; the matchers here are those expressions written out by hand.
 * At every position the first alternative that matches wins, as in a backtracking engine:
 *
 *   gpt-2      's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 *   llama-bpe  (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
 *   qwen2      as llama-bpe, with \p{N} instead of \p{N}{1,3}
 *   smollm     \p{N} cut out first, then gpt-2 on what is between
 *   gpt-4o     X?U*W+C?|X?U+W*C?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+  with X = [^\r\n\p{L}\p{N}],
 *              U = [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}], W = [\p{Ll}\p{Lm}\p{Lo}\p{M}], C = (?i:'s|'t|'re|'ve|'m|'ll|'d)
 *   tekken     as gpt-4o, with \p{N} instead of \p{N}{1,3}, without C
 *
 * Every character is matched by some alternative, so the words cover the text. A byte that is not UTF-8 counts as
 * a symbol (neither letter, number nor space). */
#ifndef MODEL_TEXT_PRETOK_H
#define MODEL_TEXT_PRETOK_H

#include "base/buf.h"

struct pretok {
    const char *name; /* tokenizer.ggml.pre */
    const char *like; /* whose expression it is */
    size_t (*next)(const struct pretok *p, struct str text);
    unsigned digits;    /* most numbers in a word */
    bool ignore_merges; /* a word that is a token as a whole is that token, whatever merging would give */
    bool add_bos;       /* when the file does not say */
    bool contractions;  /* gpt-4o: a word takes its own along */
};

/* NULL: unknown. An empty name (a file from before the key existed) is gpt-2. */
const struct pretok *pretok_find(struct str name);
void pretok_list(struct buf *out); /* "default, gpt-2, …" */
/* Bytes of the first word of a text that is not empty: at least 1. */
static inline size_t pretok_next(const struct pretok *p, struct str text)
{
    return p->next(p, text);
}

#endif
