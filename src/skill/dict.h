/* English words: meanings and synonyms from WordNet's files (wordnet-base; format: man 5 wndb), and which words there are from these and
 * hunspell's dictionary. Files are mapped and searched where they lie; every offset and count in them is checked. */
#ifndef SKILL_DICT_H
#define SKILL_DICT_H

#include "base/buf.h"
#include "base/err.h"

struct dict; /* read only */
/* Either folder may be missing; ERR_NOENT when both are. */
int dict_open(const char *wordnet, const char *hunspell, struct dict **ret, struct err *e);
void dict_close(struct dict *d); /* NULL is fine */
bool dict_has_meanings(const struct dict *d);

enum { DICT_SENSES_MAX = 6, DICT_WORDS_MAX = 24, DICT_WORD_MAX = 64 };
struct dict_sense {
    const char *part; /* "noun" */
    struct str gloss; /* in the mapping */
};
/* Senses of a word, or of its base form (mice → mouse), which is copied to ret_base. 0: not in it. */
size_t dict_define(const struct dict *d, struct str word, char ret_base[DICT_WORD_MAX], struct dict_sense ret[DICT_SENSES_MAX]);
/* Words of the same senses, with blanks for underscores, one a line. False: the word is not in it; true with nothing: it has none. */
bool dict_synonyms(const struct dict *d, struct str word, struct buf *out);
bool dict_knows(const struct dict *d, struct str word);
/* The nearest known words of a misspelled one, best first, one a line: one edit (Damerau–Levenshtein) away, else two. */
size_t dict_near(const struct dict *d, struct str word, size_t max, struct buf *out);

/* hunspell's word list, or {NULL, 0}. */
struct str dict_list(const struct dict *d);

/* ---- for tests and fuzzing: one line of an index and of a data file */
struct dict_entry {
    unsigned offsets[DICT_SENSES_MAX];
    size_t n;
};
bool dict_parse_index(struct str line, struct dict_entry *ret);
bool dict_parse_data(struct str line, struct str words[DICT_WORDS_MAX], size_t *ret_n, struct str *ret_gloss);

#endif
