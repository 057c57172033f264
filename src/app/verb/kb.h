/* Between the files of `hearth kb`. */
#ifndef APP_VERB_KB_H
#define APP_VERB_KB_H

#include "app/client.h"

#define KB_COLLECTION "Documents" /* where things go when no collection is named */

/* Each returns the exit status. */
int kb_add(struct app *a, struct client *c);

/* Text of others, safe for a terminal. */
void kb_write(const struct app *a, FILE *out, struct str s);

#endif
