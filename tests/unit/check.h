/* What every unit test includes: cmocka with the headers it wants before it, and assertions for slices. */
#ifndef TESTS_UNIT_CHECK_H
#define TESTS_UNIT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"

/* `got` has exactly the bytes of `want`; both are shown when not. */
#define assert_str(got, want) check_str((got), (want), __FILE__, __LINE__)

static inline void check_str(struct str got, const char *want, const char *file, int line)
{
    if (str_eq(got, str_of(want)))
        return;
    print_error("\"" STR_FMT "\" is not \"%s\"\n", STR_ARG(got), want);
    _fail(file, line);
}

#endif
