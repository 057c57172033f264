/* What a model thinks before it answers, dim, for people who watch: on the terminal that shows the answer, or else on the one of standard
 * error. A pipe gets none of it. */
#ifndef APP_CHAT_THOUGHTS_H
#define APP_CHAT_THOUGHTS_H

#include "app/app.h"

struct thoughts {
    const struct app *app;
    size_t shown; /* bytes so far */
    bool open;    /* the last line that was shown is of thoughts */
    char last;
};

/* Writes what has not been shown of thoughts that begin `from` bytes into them. ERR_CORRUPT: something before it is missing. */
int thoughts_put(struct thoughts *t, size_t from, struct str text);
/* Something else follows: it begins on a line of its own. */
void thoughts_end(struct thoughts *t);

#endif
