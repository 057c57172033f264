#include "app/home.h"
#include "app/text.h"

int verb_restore(struct app *a)
{
    struct home h;
    struct err e = {0};
    int r = home_config(a, &h, &e);
    if (!r)
        r = store_restore(&h.config, a->args.words[0], &e);
    home_wipe(&h);
    if (r)
        return complain(a, "%s", e.text);
    printf(T(a->lang, RESTORED), a->args.words[0], a->store_dir);
    return EXIT_OK;
}
