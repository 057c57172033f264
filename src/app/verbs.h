/* The table of verbs: dispatch, `hearth help` and `hearth help VERB` are made from it. */
#ifndef APP_VERBS_H
#define APP_VERBS_H

#include "app/app.h"

struct verb {
    const char *name, *usage; /* usage: what follows the name */
    struct bilingual summary;
    const struct option *options;
    size_t words_min, words_max;
    int (*run)(struct app *a);
};

extern const struct verb verbs[];
extern const size_t verbs_count;

const struct verb *verb_find(struct str name);
/* Help of one verb, or of the program when NULL. */
void help_print(const struct app *a, const struct verb *v, FILE *out);
/* Complains with the nearest verb; returns EXIT_USAGE. */
int complain_verb(const struct app *a, const char *name);

#endif
