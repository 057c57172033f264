#include "app/home.h"
#include "app/text.h"

int verb_erase(struct app *a)
{
    /* The passphrase is not needed to erase, and may have been forgotten. */
    const struct store_config c = {.dir = a->store_dir, .key_file = a->key_file, .clock = a->clock, .log = &a->log};
    struct err e = {0};
    if (!a->args.yes) {
        complain(a, T(a->lang, ERASE_WHAT), a->store_dir);
        return EXIT_USAGE;
    }
    if (store_erase(&c, &e))
        return complain(a, "%s", e.text);
    printf(T(a->lang, ERASED), a->store_dir);
    return EXIT_OK;
}
