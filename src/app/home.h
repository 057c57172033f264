/* The data folder, as the settings name it, with the tables of all rooms: what `serve` and the verbs that care for it open. */
#ifndef APP_HOME_H
#define APP_HOME_H

#include "app/app.h"
#include "store/store.h"

enum { PASSPHRASE_BYTES_MAX = 1024, PASSPHRASE_CHARACTERS_MIN = 8 };

struct home {
    struct store_config config;
    char passphrase[PASSPHRASE_BYTES_MAX];
};

/* What store.h wants; home_wipe forgets the passphrase. */
int home_config(const struct app *a, struct home *ret, struct err *e);
void home_wipe(struct home *h);

/* Blocks, up to a second where a passphrase is used: not on a running loop's thread. */
int home_open(const struct app *a, struct store **ret, struct err *e);

/* The journal's folder and key. */
#define HOME_JOURNAL_KEY "journal"
void home_journal(const struct app *a, const struct store *s, char *ret_dir, size_t cap, uint8_t ret_key[32]);

/* The first line of a file that only its owner may read, terminated. */
int home_passphrase(const struct app *a, const char *path, char ret[PASSPHRASE_BYTES_MAX], struct err *e);

#endif
