/* Between the files of Responses. */
#ifndef API_RESPONSES_INTERNAL_H
#define API_RESPONSES_INTERNAL_H

#include "api/responses/responses.h"

#define RESPONSES_PREFIX "resp_"

enum item_kind { ITEM_NONE, ITEM_REASONING, ITEM_MESSAGE, ITEM_CALL };

/* A generation's own: the items of its answer. */
struct responses_output {
    struct buf done;             /* items that are complete, as JSON separated by commas */
    struct buf text, call, name; /* of the one that is open; call (its id) and name: of a call */
    enum item_kind kind;         /* of that one */
    uint32_t index;              /* its place among the items */
    uint64_t sequence;           /* the next event's number */
    bool stores;
};

/* ---- items.c */
/* A string or items, with the instructions before them. */
int responses_read_input(struct field_reader *fr, json_t *v, struct str instructions, struct gen_request *ret);
/* "input" as an array of items: what a later response continues. NULL: no memory. The caller owns it. */
json_t *responses_items(json_t *input);

/* ---- output.c */
void responses_text(struct generation *g, uint32_t choice, struct str text);
void responses_reasoning(struct generation *g, uint32_t choice, struct str text);
void responses_call(struct generation *g, uint32_t choice, const struct gen_event *ev);
void responses_close_item(struct generation *g, const char *status);
struct json responses_event_open(struct generation *g, const char *type);
void responses_event_close(struct generation *g, struct json *j);

/* ---- shape.c */
/* The response object. `status`: in_progress, completed, incomplete or failed, then with `e`. */
void responses_put(struct json *j, const struct generation *g, const char *status, const struct api_error *e);
const char *responses_status(const struct generation *g);

/* ---- keep.c */
/* Stores the response, then calls generation_deliver. False: it is not to be stored, and nothing was done. */
bool responses_keep(struct generation *g);

#endif
