/* A question to a model's side whose answer is one message. The client may be gone by then: a lookup ends when both the runtime has
 * answered and the exchange is over. */
#ifndef API_LOOKUP_H
#define API_LOOKUP_H

#include "api/internal.h"

enum { LOOKUP_NAME_BYTES = 257 };

struct lookup {
    struct api *api;
    struct http_exchange *x; /* NULL: over */
    bool answered, with_pieces;
    char model[LOOKUP_NAME_BYTES]; /* for whoever wants to say it; "" at first */
};

struct lookup *lookup_create(struct api *a, struct http_exchange *x, bool with_pieces); /* NULL: out of memory */
/* Responds with the body, or with the failure; the lookup may be gone afterwards. */
void lookup_answer(struct lookup *l, const struct buf *body, const struct gen_failed *failed);
/* The runtime has not taken it and will not answer. */
void lookup_refuse(struct lookup *l, int rc, struct err *err);

#endif
