/* Many short texts that lie somewhere in one run of bytes: the pieces of a vocabulary. Six bytes each beside the text. */
#ifndef MODEL_TEXT_TEXT_LIST_H
#define MODEL_TEXT_TEXT_LIST_H

#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"

enum { PIECE_BYTES_MAX = 16384 }; /* of one piece; the longest known is below 1,000 */

struct text_list {
    const char *base; /* borrowed */
    uint32_t *at;     /* [n] offsets from base; owned */
    uint16_t *len;    /* [n] owned */
    uint32_t n;
};

static inline struct str text_at(const struct text_list *t, uint32_t i)
{
    return str_from(t->base + t->at[i], t->len[i]);
}

static inline int text_list_init(struct text_list *t, const char *base, uint32_t n)
{
    *t = (struct text_list){base, calloc(n, sizeof *t->at), calloc(n, sizeof *t->len), n};
    return t->at && t->len ? OK : ERR_NOMEM;
}

static inline void text_list_deinit(struct text_list *t)
{
    free(t->at);
    free(t->len);
    *t = (struct text_list){0};
}

#endif
