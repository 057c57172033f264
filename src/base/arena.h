/* Memory that lives and dies together: one arena for each request.
 *
 * Blocks of growing size in a list; an allocation is a bump. There is no free of a single piece. The maximum is given
 * when the arena is made, so that a hostile request meets ERR_LIMIT (a NULL) and not the machine's end. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena_block;
struct arena {
    struct arena_block *head;
    size_t used, max; /* bytes given out (with padding), and the most that may be */
};

static inline struct arena arena_make(size_t max_bytes)
{
    return (struct arena){.max = max_bytes};
}
/* Frees everything; the arena may be used again. */
void arena_free(struct arena *a);
/* Aligned to 16; NULL when memory or the maximum is out. A size of 0 gives a valid pointer. */
void *arena_alloc(struct arena *a, size_t size);
/* n elements of size bytes each, zeroed; NULL also when the product overflows. */
void *arena_calloc(struct arena *a, size_t n, size_t size);
/* A terminated copy; ret.ptr is NULL when there was no room. */
struct str arena_dup(struct arena *a, struct str s);

#endif
