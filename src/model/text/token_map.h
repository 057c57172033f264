/* Text → token: open addressing over the pieces of a text_list. A slot is four bytes, the text is compared where it
 * lies, so that 150,000 tokens take 2 MB at most. */
#ifndef MODEL_TEXT_TOKEN_MAP_H
#define MODEL_TEXT_TOKEN_MAP_H

#include "model/text/text_list.h"

enum { PROBES_MAX = 8192 }; /* an honest file needs some dozens; one that is made to collide is refused */

struct token_map {
    const struct text_list *texts; /* borrowed */
    uint32_t *slots;               /* token + 1; 0: free */
    uint32_t mask;
};

/* Room for `capacity` tokens, at most half full. ERR_NOMEM, or ERR_LIMIT above 2^30. */
int token_map_init(struct token_map *m, const struct text_list *texts, uint32_t capacity);
void token_map_deinit(struct token_map *m);
/* A text that is there already gets the new token. ERR_CORRUPT when too many texts collide. */
int token_map_put(struct token_map *m, uint32_t token);
/* TOKEN_NONE (UINT32_MAX) when no token has this text. */
uint32_t token_map_get(const struct token_map *m, struct str text);

#endif
