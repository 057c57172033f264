#include "app/home.h"
#include "app/text.h"

/* Scrypt slows guessing down to a few a second; a short passphrase is still found. */
static int read_new(struct app *a, char ret[PASSPHRASE_BYTES_MAX], struct err *e)
{
    const char *path = a->args.new_passphrase_file;
    size_t characters = 0;
    int r = home_passphrase(a, path, ret, e);
    for (const char *p = ret; !r && *p; p++)
        characters += (*p & 0xc0) != 0x80;
    return !r && characters < PASSPHRASE_CHARACTERS_MIN
               ? err_set(e, ERR_INVAL, T(a->lang, PASSPHRASE_SHORT), path, PASSPHRASE_CHARACTERS_MIN)
               : r;
}

static int rotate(struct app *a)
{
    char passphrase[PASSPHRASE_BYTES_MAX] = "";
    struct home h = {0};
    struct err e = {0};
    int r = a->args.new_passphrase_file ? read_new(a, passphrase, &e) : OK;
    if (!r)
        r = home_config(a, &h, &e);
    if (!r)
        r = store_rotate(&h.config, str_of(passphrase), &e);
    home_wipe(&h);
    explicit_bzero(passphrase, sizeof passphrase);
    if (r)
        return complain(a, "%s", e.text);
    if (a->args.new_passphrase_file)
        fputs(T(a->lang, KEY_ROTATED_PASSPHRASE), stdout);
    else
        printf(T(a->lang, KEY_ROTATED_FILE), a->key_file, a->key_file);
    return EXIT_OK;
}

int verb_key(struct app *a)
{
    if (!strcmp(a->args.words[0], "rotate"))
        return rotate(a);
    complain(a, "%s", T(a->lang, KEY_WHAT));
    return EXIT_USAGE;
}
