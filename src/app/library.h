/* The knowledge base of a server, as the settings want it. */
#ifndef APP_LIBRARY_H
#define APP_LIBRARY_H

#include "app/app.h"
#include "kb/ingest.h"

enum { LIBRARY_ROOTS_MAX = 64 };

struct library {
    struct kb *kb;
    struct ingests *ingests;
    struct str roots[LIBRARY_ROOTS_MAX]; /* owned */
    size_t n_roots;
};

/* Zeroed before; library_close also copes with what failed half-way. */
int library_open(struct app *a, struct store *store, struct loop *loop, struct runtime *runtime, struct library *ret, struct err *e);
/* After the loop has run for the last time, before runtime, loop and store are freed. */
void library_close(struct library *l);

#endif
