#include "app/client.h"
#include "app/interrupt.h"
#include "app/text.h"
#include "fetch/url.h"

/* The server unloads the model first: the one that runs, or one for the time being. */
int verb_rm(struct app *a)
{
    struct str name = str_of(a->args.words[0]);
    struct buf path = buf_make(16 << 10);
    struct client *c = NULL;
    struct err e = {0};
    if (str_ends(name, STR(".gguf")))
        name.len -= sizeof ".gguf" - 1;
    buf_puts(&path, "/api/models/");
    url_put_encoded(&path, name, false);
    interrupt_watch();
    int r = client_open(a, NULL, &c, &e);
    if (!r)
        r = client_call(c, "DELETE", buf_cstr(&path), (struct str){0}, NULL, &e);
    client_close(c);
    buf_free(&path);
    if (r)
        return interrupted() ? EXIT_INTERRUPTED : complain(a, "%s", e.text);
    printf(T(a->lang, RM_DONE), STR_ARG(name));
    return EXIT_OK;
}
