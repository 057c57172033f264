/* Models on their way here: POST /api/models/pull and what follows from it; and their removal.
 *
 * A pull has a thread of its own, which blocks in pull_run (fetch/pull.h) and leaves news under a lock. The loop looks at the news a few
 * times a second while pulls run: it tells followers, joins threads that have ended, and lets the catalogue look again.
 *
 *   (thread) resolving ► downloading ► checking ► over
 *   (loop)      tick ► tick ► … tick sees "over": join, look at the folder, done | failed | canceled, followers end */
#ifndef API_PULLS_H
#define API_PULLS_H

#include <pthread.h>

#include "api/fields.h"
#include "api/internal.h"
#include "fetch/pull.h"

enum {
    PULLS_AT_ONCE = 2,   /* further ones are refused with 503 */
    PULLS_KEPT = 20,     /* the list remembers so many that have ended */
    PULL_TEXT_MAX = 500, /* of a name, a revision, a token */
};

#define PULL_HUB "https://huggingface.co"

struct pulls;

struct pull {
    struct link link; /* in pulls */
    struct pulls *owner;
    uint64_t id;
    char *name, *revision, *token, *sha256; /* owned; NULL: not given */
    atomic_bool cancel;
    pthread_t thread;

    pthread_mutex_t lock; /* the thread writes, the loop reads: */
    struct pull_progress progress;
    uint32_t version; /* of the news */
    bool over;
    int code;
    struct err err;
    char file[HUB_FILE_MAX + 1];

    struct link followers; /* the loop's, like what follows */
    uint32_t told;
    bool joined;
};

/* NULL when there is no loop (tests) or no memory. */
struct pulls *pulls_create(struct api *a);
/* Cancels and joins; what was loaded is kept for resuming. NULL is fine. */
void pulls_free(struct pulls *p);

/* Begins one, or finds one of the same name that runs. */
int pulls_start(struct pulls *p, const struct pull *wanted, struct pull **ret, struct err *e);
/* Cancels one that runs; forgets one that has ended. */
void pulls_cancel(struct pull *p);
struct pull *pulls_find(struct pulls *p, struct str id);
struct pull *pulls_first(struct pulls *p);
struct pull *pulls_next(struct pull *p); /* NULL after the last */
/* Copies of what is behind the lock; the state's name is "resolving", "downloading", "checking", "done", "canceled" or "failed". */
struct pull_news {
    struct pull_progress progress;
    const char *state;
    bool failed; /* or canceled; p->err says why */
};
struct pull_news pull_news_of(struct pull *p);
/* The object of the API; takes the lock. */
void pull_put(struct json *j, struct pull *p);

/* ---- pulls_unfinished.c: downloads that an earlier run has left */
void pulls_find_unfinished(struct pulls *all, const struct api *a);
/* Adds a canceled one to the list: its name, file and progress. */
void pulls_remember(struct pulls *all, const struct pull *was, struct str sha256);
/* What was left of this file is gone, or has become a model: it is not listed any more. */
void pulls_forget_file(struct pulls *all, struct str file);

/* ---- pulls_handle.c: what other APIs' handlers do, too */
struct pull_fields {
    struct str name, revision, token, sha256;
};
int pull_begin(struct api *a, struct http_exchange *x, const struct pull_fields *f, struct pull **ret, struct api_error *e);
/* Unloads a model and removes its file. */
int model_remove(struct api *a, struct str name, struct api_error *e);

/* ---- pulls_check.c: what may come into the models folder */
int pull_accepts_head(struct str head, struct err *e);
int pull_accepts_file(const char *path, struct err *e);

/* ---- pulls_follow.c: listeners to one pull */
struct pull_form {
    const char *stream_type; /* NULL: one answer at the end */
    void (*put)(struct pull *p, struct buf *out);
};
/* Answers x with the pull's news until its end. */
void pull_follow(struct api *a, struct http_exchange *x, struct pull *p, const struct pull_form *form);
/* The news has changed, or with `over` is the last. */
void followers_tell(struct pull *p, bool over);
/* Their answers are ended elsewhere. */
void followers_forget(struct pull *p);

route_fn handle_pull, handle_pulls, handle_pull_events, handle_pull_cancel, handle_model_remove, handle_suggested;
extern const struct field pull_rows[];
extern const size_t n_pull_rows;

#endif
