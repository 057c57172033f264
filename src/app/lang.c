#include "app/lang.h"

#include <stdlib.h>
#include <string.h>

enum lang lang_detect(void)
{
    static const char *const names[] = {"HEARTH_LANG", "LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *v = getenv(names[i]);
        if (v && *v)
            return strncmp(v, "zh", 2) ? LANG_EN : LANG_ZH;
    }
    return LANG_EN;
}
