/* What goes to the disk, one after the other in the order in which it was asked for, so that a session's end never overtakes its
 * beginning.
 *
 *   push ──► queue ──store_job──► under way ──► done (on the loop), freed
 *              └──────────writes_end: run at once, by store_write──────────► done, freed */
#ifndef PEOPLE_WRITE_H
#define PEOPLE_WRITE_H

#include <stdatomic.h>

#include "base/link.h"
#include "loop/loop.h"
#include "store/store.h"

enum { WRITES_MAX = 1024 };

struct people;
struct writes {
    struct people *people;
    struct loop *loop;
    struct store *store;
    const struct log *log;
    struct link queue;
    size_t n_queued;
    struct write *under_way;
    struct timer *retry;
};

struct write {
    struct store_job job;
    struct link link;
    struct writes *writes; /* NULL: ended; only the job's own end is awaited */
    const char *what;      /* for the log */
    /* Any thread: touches only what belongs to w. */
    int (*run)(struct store_db *db, struct write *w, struct err *e);
    /* On the loop; w is freed behind it. NULL: a failure is only logged. */
    void (*done)(struct people *p, struct write *w, int code, const struct err *e);
    atomic_bool taken; /* by the worker or by writes_end, whoever is first */
};

int writes_init(struct writes *ws, struct people *p, struct loop *l, struct store *store, const struct log *log);
/* `w` is from malloc and owned from now on. Never refused: whoever may be asked to write without end looks at writes_full first. */
void writes_push(struct writes *ws, struct write *w);
bool writes_full(const struct writes *ws);
/* Writes what is left, blocking; the loop must not be running. For one that was not initialised, too. */
void writes_end(struct writes *ws);

#endif
