/* A model loaded for one verb: a worker thread of our own behind a blocking client (runtime/worker.h). */
#ifndef APP_SESSION_H
#define APP_SESSION_H

#include "app/app.h"
#include "gen/codec.h"
#include "runtime/worker.h"

/* The settings of section `engine` as a load message; the path is the caller's. */
struct gen_load session_load(const struct app *a, const char *path);
/* Loads with a progress line. The sentence is ready for a person. */
int session_open(struct app *a, const struct gen_load *load, struct worker_client **ret, const struct gen_loaded **ret_info, struct err *e);
int session_send(struct worker_client *w, const struct gen_request *r, struct err *e);

#endif
