/* Documents as tests see them: read by the parsers in this process, or all the way through a confined child. */
#ifndef TESTS_UNIT_DOC_FIXTURE_H
#define TESTS_UNIT_DOC_FIXTURE_H

#include "../check.h"

#include "doc/doc.h"
#include "doc/parse.h"

struct seen_chunk {
    char heading[DOC_HEADING_BYTES_MAX + 1];
    struct str text; /* within `text` of struct seen */
    uint64_t offset;
    uint32_t line, page;
};
struct seen {
    struct buf text; /* all chunks together */
    struct seen_chunk *chunks;
    size_t n;
    struct doc_info info;
    int code;
    struct err err;
};

/* In this process. Checks that the chunks partition the text, and their sizes. */
void see_parsed(struct seen *s, enum doc_kind kind, struct str bytes);
/* A file of that name and content, through doc_read. */
void see_read(struct seen *s, struct doc_reader *r, const char *name, struct str bytes);
void see_free(struct seen *s);
/* The first chunk that contains the words. Fails when there is none. */
const struct seen_chunk *see_chunk(const struct seen *s, const char *words);
#define assert_has(s, words)     assert_true(str_find(buf_str(&(s)->text), str_of(words), 0) >= 0)
#define assert_has_not(s, words) assert_true(str_find(buf_str(&(s)->text), str_of(words), 0) < 0)

#endif
