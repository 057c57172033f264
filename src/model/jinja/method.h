/* str's methods that have files of their own; the table is in method_text.c. */
#ifndef MODEL_JINJA_METHOD_H
#define MODEL_JINJA_METHOD_H

#include "model/jinja/lib.h"

/* method_find.c */
native_fn method_count, method_endswith, method_find, method_index, method_rfind, method_rindex, method_startswith;
native_fn method_isalnum, method_isalpha, method_isascii, method_isdigit, method_islower, method_isspace, method_isupper;
/* method_split.c */
native_fn method_split, method_rsplit;
/* method_format.c */
native_fn method_format;

#endif
