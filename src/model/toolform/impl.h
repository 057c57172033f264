#ifndef MODEL_TOOLFORM_IMPL_H
#define MODEL_TOOLFORM_IMPL_H

#include "model/toolform/toolform.h"

/* How many bytes belong to the JSON value that has begun (or begins, after whitespace); *ret_ended: it is complete with them. Strings and
 * containers end with their last byte, numbers and names before the first byte that cannot be theirs. */
size_t toolform_json_take(struct toolform_json *j, struct str s, bool *ret_ended);

#endif
