/* The tables of what a template can use, each sorted by who wrote it, searched by name. The last row has no name. */
#ifndef MODEL_JINJA_LIBRARY_H
#define MODEL_JINJA_LIBRARY_H

#include "model/jinja/value.h"

extern const struct native filters_table[], tests_table[], globals_table[];
extern const struct native text_methods[], list_methods[], tuple_methods[], dict_methods[], cycler_methods[];

/* Whatever else a template can call: of loop. */
extern const struct native loop_methods[];

const struct native *native_find(const struct native *table, struct str name);

#endif
