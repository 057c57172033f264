/* What the files of ingest share. */
#ifndef KB_INGEST_INTERNAL_H
#define KB_INGEST_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/link.h"
#include "kb/ingest.h"

enum { INGEST_QUEUE = 64, INGEST_WORKERS_MAX = 64, INGEST_ENCODER_MAX = 200 };

/* A file that waits for a worker, which then owns both. */
struct ingest_entry {
    int fd;
    char *path;
    struct stat st;
};

struct ingest_problem_row {
    char *path;
    char sentence[INGEST_SENTENCE_MAX];
};

struct ingests {
    struct ingest_config c;
    struct timer *timer;
    struct link all;
    size_t n;
    uint64_t next_id;
    struct link embeds;           /* on their way at the runtime; the loop's */
    _Atomic bool encoder_english; /* the encoder that ingest_encoder named last knows no other language */
    pthread_mutex_t embed_lock;   /* of every batch: its `done`, and `closing` */
    pthread_cond_t embed_done;
    bool closing;
};

struct ingest {
    struct link link;
    struct ingests *all;
    char **paths;
    size_t n_paths;
    pthread_t thread;
    bool started, joined;
    uint64_t told; /* version, the loop's */
    atomic_bool cancel;

    pthread_mutex_t lock; /* what follows */
    pthread_cond_t moved; /* the queue, or `closed` */
    struct ingest_entry queue[INGEST_QUEUE];
    size_t head, n_queued;
    bool closed; /* no more entries come */
    struct ingest_news news;
    uint64_t version;
    bool over;
    int64_t rate_at_ms; /* of the sample that the rate comes from */
    uint64_t rate_bytes;
    struct ingest_problem_row *problems;
    size_t n_problems;

    char encoder[INGEST_ENCODER_MAX + 1]; /* "": no vectors; set before the workers start */
    uint32_t dims;
};

/* ---- ingest_run.c */
void *ingest_run(void *job);
/* The job's lock is taken within. */
void ingest_note_problem(struct ingest *job, struct str path, bool passed_over, const char *sentence);

/* ---- ingest_file.c: one file on its way, on a worker's thread */
struct ingest_worker {
    struct ingests *all;
    struct doc_reader *reader;
    int64_t who;
    struct str collection;
    const char *encoder; /* "": no vectors */
    uint32_t dims;
    const atomic_bool *cancel; /* may be NULL */
};
enum ingest_result { INGEST_ADDED, INGEST_REPLACED, INGEST_UNCHANGED };
int ingest_file(struct ingest_worker *w, int fd, struct str source, const struct stat *st, enum ingest_result *ret,
                struct doc_info *ret_info, char ret_id[KB_ID_LEN + 1], struct err *e);

/* ---- ingest_embed.c */
/* Vectors of the texts, on the heap: *ret[n][*ret_dims]. Any thread but the loop's; waits for the model. ERR_CANCELED when it ends. */
int ingest_embed(struct ingests *all, const char *encoder, const struct str *texts, size_t n, float **ret, uint32_t *ret_dims,
                 struct err *e);
/* The name of the encoder, on the loop thread; "": there is none. */
void ingest_encoder(struct ingests *all, char ret[INGEST_ENCODER_MAX + 1]);
/* On the loop, which does not run any more: batches that wait, and later ones, hear ERR_CANCELED. */
void ingest_embed_close(struct ingests *all);

#endif
