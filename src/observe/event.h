/* An event of the journal. Slices are borrowed. */
#ifndef OBSERVE_EVENT_H
#define OBSERVE_EVENT_H

#include "base/json.h"
#include "base/wire.h"

enum {
    JOURNAL_NAME_BYTES_MAX = 256,         /* of each text; longer ones are cut */
    JOURNAL_CONTENT_BYTES_MAX = 16 << 10, /* the same of content */
    JOURNAL_EVENT_BYTES_MAX = 18 << 10,
};

enum journal_end {
    JOURNAL_DONE,    /* answered */
    JOURNAL_REFUSED, /* the request was at fault, or not allowed */
    JOURNAL_FAILED,  /* we were */
    JOURNAL_LEFT,    /* whoever asked did not wait for the end, or stopped it */
    JOURNAL_LOST,    /* no event: `count` events before this one could not be written */
    JOURNAL_ENDS
};

struct journal_event {
    int64_t time_ms;    /* Unix, when it began */
    int64_t owner;      /* id of a principal; 0: nobody that is known */
    struct str who;     /* its name then */
    struct str what;    /* "POST /v1/embeddings", "answer" */
    struct str subject; /* the model, the collection; may be empty */
    struct str reason;  /* of REFUSED and FAILED: the error's code */
    struct str content; /* empty unless it is to be kept */
    enum journal_end end;
    uint32_t status; /* HTTP; 0: none */
    uint32_t took_ms, first_ms;
    uint32_t tokens_in, tokens_cached, tokens_out;
    uint64_t bytes_in, bytes_out;
    uint64_t count; /* LOST; of a stranger's event: strangers before it that were left out */
};

const char *journal_end_name(enum journal_end end); /* "done" … */
/* Appends; texts are cut at a character's border. */
void journal_event_put(struct buf *out, const struct journal_event *e);
/* Slices point into `bytes`. False: malformed. Fields of later versions are passed over. */
bool journal_event_get(struct str bytes, struct journal_event *ret);
/* One object; what is 0 or empty is left out. */
void journal_event_json(struct json *j, uint64_t id, const struct journal_event *e);

#endif
