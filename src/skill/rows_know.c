/* What is looked up. */
#include "skill/rows.h"

const struct row rows_know[] = {{"help", "/help", NULL}};
const size_t n_rows_know = sizeof rows_know / sizeof *rows_know;
