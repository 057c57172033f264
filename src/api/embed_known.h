/* Vectors of texts that were asked for before: they come from the cache (store/cache/cache.h), and only the others are asked of the
 * model. What a text's vector depends on is in its key: the owner, the model's file, whether it may be cut, the text. */
#ifndef API_EMBED_KNOWN_H
#define API_EMBED_KNOWN_H

#include "gen/embed.h"
#include "runtime/runtime.h"
#include "store/cache/cache.h"

struct known {
    struct cache *cache;
    const struct gen_embed *all; /* borrowed */
    struct cache_key *keys;      /* [n of all] */
    float *values;               /* [n of all][width], once width is known */
    uint32_t *each;              /* [n of all] tokens; 0: its vector is not known */
    uint32_t width;              /* 0: not known yet */
    struct gen_input *inputs;    /* [rest.n_inputs], those that are to be asked */
    struct gen_embed rest;
};

/* ERR_NOMEM; then it is as if nothing were known. */
int known_init(struct known *k, struct cache *c, const struct cache_space *space, int64_t owner, const struct model_entry *model,
               const struct gen_embed *all);
/* Zeroed is fine. */
void known_deinit(struct known *k);
/* What the cache has given for k->keys; from now on k->rest is what is not known. */
void known_take(struct known *k, const struct str *values, size_t n);
/* Vectors of all, in *ret (which points into k and `got`); what is new is put into the cache. `got` answers k->rest, or is NULL when there
 * was none. ERR_AGAIN: they do not fit together (the model has changed meanwhile), and all must be asked anew; ERR_NOMEM. */
int known_join(struct known *k, const struct gen_vectors *got, struct gen_vectors *ret);

#endif
