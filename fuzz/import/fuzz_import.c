/* Files of conversations, from hearth or from ChatGPT: whatever is accepted becomes trees whose parents stand before their children. */
#include <stdint.h>
#include <stdlib.h>

#include "talk/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct talk_import *i = NULL;
    struct err e = {0};
    int rc = talk_import_open(str_from(data, size), &i, &e);
    if (rc && !e.text[0])
        abort();
    if (!rc)
        import_check(i);
    talk_import_free(i);
    return 0;
}
