/* What the tests of grammars share: a vocabulary of every byte and a few longer tokens, and texts that are tried byte by byte. */
#ifndef TESTS_UNIT_ENGINE_GRAMMAR_HARNESS_H
#define TESTS_UNIT_ENGINE_GRAMMAR_HARNESS_H

#include "../check.h"

#include "engine/grammar/grammar.h"

/* Tokens 0 … 255 are single bytes (0xFF has no text), then come longer ones, a control token "<|call|>", and one that ends. */
struct grammar_vocab *tiny_vocab(void);
uint32_t tiny_token(struct str bytes); /* of the longer ones; fails the test when there is none */
struct str tiny_bytes(uint32_t token); /* "" for the control token, the end and what has no text */
uint32_t tiny_call(void);
uint32_t tiny_end(void);

struct grammar *compiled(enum gen_format f, const char *text); /* fails the test with the sentence when it is refused */
/* The whole text is one of the grammar's. */
bool grammar_has(const struct grammar *g, struct str text);
/* The text can be begun, whether or not it is one as it stands. */
bool grammar_begins(const struct grammar *g, struct str text);

#define assert_has(g, text)   check_has((g), (text), true, __FILE__, __LINE__)
#define assert_lacks(g, text) check_has((g), (text), false, __FILE__, __LINE__)
void check_has(const struct grammar *g, const char *text, bool want, const char *file, int line);

/* Compiling is refused with this code, and the sentence has these words. */
#define assert_refused(f, text, code, words) check_refused((f), str_of(text), (code), (words), __FILE__, __LINE__)
void check_refused(enum gen_format f, struct str text, int code, const char *words, const char *file, int line);

#endif
