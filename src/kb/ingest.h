/* Files into the knowledge base: jobs that walk folders, read documents, make vectors, and put them.
 *
 *   ingest_start (loop) ──► job's thread: count ► walk ──entries──► workers: unchanged? ► doc_read ► vectors ► kb_put
 *                                           │                            (each with a reader of its own)
 *                                           └──► removed files are forgotten ► kb_tend ► over
 *   loop, a few times a second: `changed` for each job that has news
 *
 * A document is on the disk when its kb_put has ended, so a job that was killed is resumed by starting it again: files whose size and
 * time are those of their document are passed over, others whose content is the same, too. What cannot be read is remembered with the
 * reason, and the rest goes on. What was there of a file that cannot be read any more stays; of a file that is gone it goes.
 *
 * Everything here is for the loop thread, but for ingest_bytes. */
#ifndef KB_INGEST_H
#define KB_INGEST_H

#include "base/json.h"
#include "base/log.h"
#include "doc/doc.h"
#include "kb/kb.h"
#include "kb/walk.h"
#include "loop/loop.h"
#include "runtime/runtime.h"

enum {
    INGEST_JOBS_AT_ONCE = 2,   /* further ones are refused */
    INGEST_JOBS_KEPT = 20,     /* that have ended are remembered */
    INGEST_PATHS_MAX = 1000,   /* of one job */
    INGEST_PROBLEMS_MAX = 200, /* that are told one by one */
    INGEST_SENTENCE_MAX = 300,
};

struct ingest;
struct ingests;

struct ingest_config {
    struct kb *kb;
    struct store *store;
    struct loop *loop;
    struct runtime *runtime; /* whose encoder makes vectors; NULL: none are made */
    const struct log *log;
    const struct clock *clock;
    const struct str *roots; /* folders below which paths may be read, without links; they outlive it */
    size_t n_roots;
    struct doc_limits doc;
    struct walk_limits walk;
    uint32_t workers; /* of a job; 0: one for each core */
    /* A job has news; `over`: for the last time. May be NULL. */
    void (*changed)(void *ctx, struct ingest *job, bool over);
    void *ctx;
};
int ingests_create(const struct ingest_config *c, struct ingests **ret, struct err *e);
/* Who hears of news from now on. */
void ingests_listen(struct ingests *all, void (*changed)(void *ctx, struct ingest *job, bool over), void *ctx);
/* Cancels and joins. Before the runtime, the knowledge base and the loop are freed, and after the loop has run for the last time. NULL is
 * fine. */
void ingests_free(struct ingests *all);

struct ingest_request {
    int64_t who;           /* the collection's owner */
    struct str collection; /* id */
    const struct str *paths;
    size_t n_paths;
};
/* Copies the request. ERR_FULL: enough jobs run already; ERR_DENIED: a path is not below a root; ERR_NOENT; ERR_NOMEM. */
int ingest_start(struct ingests *all, const struct ingest_request *q, struct ingest **ret, struct err *e);
/* It ends after the file at hand; what is in stays in. */
void ingest_cancel(struct ingest *job);
struct ingest *ingest_find(struct ingests *all, struct str id);
struct ingest *ingest_first(struct ingests *all);
struct ingest *ingest_next(struct ingest *job); /* NULL after the last */

/* `changed` has said so, or would have. */
bool ingest_is_over(const struct ingest *job);

/* ---- news; copies of what is behind the job's lock */

enum ingest_state { INGEST_COUNTING, INGEST_READING, INGEST_TIDYING, INGEST_DONE, INGEST_CANCELED, INGEST_FAILED, INGEST_STATE_COUNT };
extern const char *const ingest_state_names[INGEST_STATE_COUNT];

struct ingest_news {
    uint64_t id;
    int64_t who, started_ms, ended_ms; /* ended_ms 0: not yet */
    enum ingest_state state;
    uint64_t files_total, files_done, bytes_total, bytes_done; /* totals grow while counting */
    uint64_t text_bytes, chunks;                               /* that went in */
    uint64_t added, replaced, unchanged, removed, failed, passed_over /* links, devices, kinds that are no documents */;
    double rate_bps;   /* of files' bytes, lately */
    int64_t left_s;    /* -1: unknown */
    size_t n_problems; /* of failed and passed_over, as many as are kept */
    char collection[KB_ID_LEN + 1], current[256] /* the end of a path that is being read */, error[INGEST_SENTENCE_MAX] /* of FAILED */;
};
void ingest_news_of(struct ingest *job, struct ingest_news *ret);
/* One of the problems, in the order in which they were met; false: there is none of that number. */
bool ingest_problem(struct ingest *job, size_t i, struct arena *a, struct str *ret_path, struct str *ret_sentence);
/* The object of the API, with all problems. */
void ingest_put(struct json *j, struct ingest *job);

/* ---- one document that somebody has sent, on a worker thread; `name` is its source and what its kind is guessed by */
int ingest_bytes(struct ingests *all, int64_t who, struct str collection, struct str name, struct str bytes, char ret_id[KB_ID_LEN + 1],
                 struct doc_info *ret_info, struct err *e);

#endif
