/* The terminal as a client of hearth's own HTTP API (docs/API.md): of the server that --server names, of the one that has this data
 * folder open, or of one that is started for the time being.
 *
 * Blocking, on the thread that calls. Ctrl-C (interrupt.h) ends a call with ERR_CANCELED. */
#ifndef APP_CLIENT_H
#define APP_CLIENT_H

#include <jansson.h>

#include "app/app.h"

struct client;

/* The sentence is ready for a person. `model` (or NULL) is loaded at once by a server that is started here. */
int client_open(struct app *a, const char *model, struct client **ret, struct err *e);
/* Ends a server that was started here, when its answers are done. NULL is fine. */
void client_close(struct client *c);
/* "http://127.0.0.1:8765" */
const char *client_address(const struct client *c);
/* It was started by client_open and ends with us. */
bool client_owns_server(const struct client *c);

/* One request; `body` is JSON or empty. *ret (may be NULL) becomes the answer's JSON, or NULL when it has none; the caller's to
 * json_decref. ERR_DENIED (401, 403), ERR_NOENT (404), ERR_LIMIT (413), ERR_FULL (429, 503), ERR_INVAL (other 4xx), ERR_INTERNAL (5xx) with
 * the server's sentence, or what transfer_run returns. */
int client_call(struct client *c, const char *method, const char *path, struct str body, json_t **ret, struct err *e);
/* The answer's bytes as they are. */
int client_fetch(struct client *c, const char *path, struct buf *out, struct err *e);
/* The same piece by piece, for an answer of any size; a non-zero return ends it with that code. */
typedef int client_bytes_fn(void *ctx, struct str bytes);
int client_stream(struct client *c, const char *path, client_bytes_fn *bytes, void *ctx, struct err *e);
/* client_call's POST, for a body whose answer may take minutes. */
int client_send(struct client *c, const char *path, struct str body, json_t **ret, struct err *e);

/* Server-sent events until the stream ends. `event` gets parsed JSON, or NULL for data that is none ("[DONE]"); a non-zero return ends the
 * stream with that code. */
typedef int client_event_fn(void *ctx, struct str name, const json_t *data, struct err *e);
int client_events(struct client *c, const char *method, const char *path, struct str body, client_event_fn *event, void *ctx,
                  struct err *e);

/* ---- reading answers: what is absent, or of another type, is the value given */
struct str json_text(const json_t *o, const char *key); /* empty */
double json_number(const json_t *o, const char *key, double otherwise);

#endif
