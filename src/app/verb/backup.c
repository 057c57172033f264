#include <errno.h>
#include <sys/stat.h>

#include "app/home.h"
#include "app/term.h"
#include "app/text.h"

int verb_backup(struct app *a)
{
    const char *path = a->args.words[0];
    struct store *s = NULL;
    struct err e = {0};
    struct home h;
    struct stat st;
    if (stat(a->store_dir, &st))
        return complain(a, T(a->lang, FILE_WANTED), a->store_dir, strerror(errno));
    int r = home_config(a, &h, &e);
    if (!r) {
        r = store_open(&h.config, &s, &e);
        if (!r)
            r = store_backup(s, path, &e);
        else if (r == ERR_AGAIN) /* a server is at work there, and goes on */
            r = store_backup_beside(&h.config, path, &e);
    }
    store_free(s);
    home_wipe(&h);
    if (r || stat(path, &st))
        return complain(a, "%s", r ? e.text : strerror(errno));
    printf(T(a->lang, BACKED_UP), path, bytes_text((uint64_t)st.st_size).text,
           *a->config.store.passphrase_file ? T(a->lang, BACKUP_PASSPHRASE) : a->key_file);
    return EXIT_OK;
}
