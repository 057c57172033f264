/* "Did you mean …?": the known name that is nearest to a mistyped one. */
#ifndef APP_NEAR_H
#define APP_NEAR_H

#include "base/str.h"

struct near {
    struct str wanted;
    const char *best; /* NULL: nothing is near enough */
    size_t distance;
};

struct near near_to(struct str wanted);
void near_try(struct near *n, const char *candidate);

#endif
