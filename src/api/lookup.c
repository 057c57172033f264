#include "api/lookup.h"

#include <stdlib.h>

static void lookup_drop(struct lookup *l)
{
    if (l->answered && !l->x)
        free(l);
}

static void on_ended(void *ctx, struct http_exchange *x, bool aborted)
{
    (void)x;
    (void)aborted;
    struct lookup *l = ctx;
    l->x = NULL;
    lookup_drop(l);
}

/* Responding may end the exchange at once, or later: `answered` is set only behind it, so that the lookup is freed once. */
void lookup_answer(struct lookup *l, const struct buf *body, const struct gen_failed *failed)
{
    if (l->x && failed) {
        struct api_error e;
        api_error_from_fault(&e, failed->fault, failed->message, (struct str){0});
        respond_error(l->api, l->x, &e);
    } else if (l->x) {
        respond_json(l->x, 200, body);
    }
    l->answered = true;
    lookup_drop(l);
}

struct lookup *lookup_create(struct api *a, struct http_exchange *x, bool with_pieces)
{
    static const struct http_events events = {.ended = on_ended};
    struct lookup *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    *l = (struct lookup){.api = a, .x = x, .with_pieces = with_pieces};
    http_listen_events(x, &events, l);
    return l;
}

/* The runtime has not taken it and will not answer. */
void lookup_refuse(struct lookup *l, int rc, struct err *err)
{
    struct api_error e;
    err->code = rc;
    api_error_from_err(&e, err);
    respond_error(l->api, l->x, &e);
    l->answered = true;
    lookup_drop(l);
}
