/* API keys for the terminal: of the server that has the data folder open, over HTTP, or else of the folder itself. Blocking. */
#ifndef APP_KEYRING_H
#define APP_KEYRING_H

#include "app/app.h"
#include "people/people.h"

struct keyring;

int keyring_open(struct app *a, struct keyring **ret, struct err *e);
void keyring_close(struct keyring *k); /* NULL is fine */

/* In the order they were made; valid until the next call. */
int keyring_list(struct keyring *k, const struct people_key **ret, size_t *ret_n, struct err *e);
int keyring_add(struct keyring *k, const struct people_new_key *new_key, char ret_secret[PEOPLE_SECRET_MAX], struct err *e);
int keyring_revoke(struct keyring *k, int64_t id, struct err *e);

#endif
