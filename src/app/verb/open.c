/* hearth open: a fresh link to the page of the server that runs. */
#include "app/browser.h"
#include "app/client.h"
#include "app/client_server.h"
#include "app/text.h"

int verb_open(struct app *a)
{
    struct client *c = NULL;
    json_t *answer = NULL;
    struct err e = {0};
    char address[256];
    if (!server_running(a, address, sizeof address))
        return complain(a, "%s", T(a->lang, OPEN_NO_SERVER));
    int r = client_open(a, NULL, &c, &e);
    if (!r)
        r = client_call(c, "POST", "/api/links", (struct str){0}, &answer, &e);
    struct buf url = buf_make(4096);
    if (!r)
        r = buf_put(&url, json_text(answer, "url"));
    if (!r) {
        printf("%s\n", buf_cstr(&url));
        fflush(stdout);
        if (a->out_tty && browser_there())
            browser_open(buf_cstr(&url));
    }
    buf_free(&url);
    json_decref(answer);
    client_close(c);
    return r ? complain(a, "%s", e.text[0] ? e.text : err_text(r)) : EXIT_OK;
}
