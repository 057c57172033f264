/* One value of a setting: text to field and back. Inside app/config only. */
#ifndef APP_CONFIG_VALUE_H
#define APP_CONFIG_VALUE_H

#include "app/config.h"

/* Parses `text` for s and stores it in c, unless the present value comes from a higher source (it is checked all the same).
 * Lists are separated by commas here. The sentence says what was expected and what was found, without a position. */
int value_set(struct config *c, const struct setting *s, struct str text, struct config_origin origin, struct err *e);
int value_set_list(struct config *c, const struct setting *s, const struct str *items, size_t n, struct config_origin origin,
                   struct err *e);

/* The value as YAML: strings quoted where they need it, lists in brackets. */
void value_print(const struct config *c, const struct setting *s, struct buf *out);
/* "a whole number from 0 to 65535" */
void value_expected(enum lang lang, const struct setting *s, struct buf *out);

#endif
