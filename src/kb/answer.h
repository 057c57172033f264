/* What the hits of a search say to a question, in the documents' own words.
 *
 * Nothing is made up: a quote is a slice of a chunk. A sentence is as good as the weight of the question's words in it, with some help from
 * the headings above it and from the rank of its hit. Weights come from the hits themselves: a word that all of them have says little,
 * and a word that none has is missing from every answer; when too much is missing, nothing is quoted, and the honest answer is that
 * nothing was found. */
#ifndef KB_ANSWER_H
#define KB_ANSWER_H

#include "base/buf.h"
#include "kb/kb.h"

enum { KB_QUOTE_BYTES_MAX = 600, KB_QUOTES_MAX = 8 };

struct kb_quote {
    size_t hit;      /* in hits->items: where it stands */
    struct str text; /* one sentence, or those that belong together; a slice of the hit's text */
    uint64_t offset; /* of its first byte in the document's text */
    double share;    /* of the question's weight that is in it, 0 … 1 */
};

/* The best quotes, best first, at most `max` and one of each chunk. ret_n 0: nothing answers. Pure; any thread. */
int kb_answer(struct str question, const struct kb_hits *hits, size_t max, struct arena *a, struct kb_quote **ret, size_t *ret_n);

/* The passages for a model's context, numbered from 1 in the order of the hits, each between marks that carry `nonce`, which no document
 * can know:
 *
 *     <passage 1 NONCE> title › heading
 *     text
 *     </passage 1 NONCE>
 *
 * Whole passages until bytes_max is reached. ret_n (may be NULL): how many there are. Returns OK, or why out failed. */
int kb_passages(const struct kb_hits *hits, size_t bytes_max, const char *nonce, struct buf *out, size_t *ret_n);

#endif
