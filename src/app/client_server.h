/* The server that a verb on the terminal talks to: one that runs already, or a child of our own. */
#ifndef APP_CLIENT_SERVER_H
#define APP_CLIENT_SERVER_H

#include <sys/types.h>

#include "app/app.h"

/* `hearth serve` as a child, with our configuration, on a free port of 127.0.0.1. It ends with us, even when we are killed, and is in
 * a session of its own, so that Ctrl-C does not reach it. Its log stays in memory and says why when it does not start. */
struct own_server {
    pid_t pid; /* 0: none */
    int log_fd;
};

/* The address of the server that has this data folder open. */
bool server_running(const struct app *a, char *ret_address, size_t cap);
/* `model` (or NULL): loaded at once. */
int own_server_start(struct app *a, const char *model, struct own_server *s, char *ret_address, size_t cap, struct err *e);
/* Asks it to end, and waits until it has. */
void own_server_stop(struct own_server *s);
/* It has ended by itself: e says why. */
bool own_server_ended(struct own_server *s, const struct app *a, struct err *e);

#endif
