/* The master key: a file of its own, or a passphrase.
 *
 * A key file is one line of 64 hexadecimal digits, 0600, outside of the data folder: whoever copies the folder has no key. */
#ifndef STORE_KEYFILE_H
#define STORE_KEYFILE_H

#include "store/header.h"
#include "store/store.h"

/* A rotation writes the new key beside the old one; the next opening finishes or undoes it (keys_open). */
#define KEYFILE_NEXT   ".new"
#define KEYFILE_FORMER ".old"

/* ERR_NOENT; ERR_DENIED: others may read it; ERR_CORRUPT. */
int keyfile_read(const char *path, uint8_t ret[KEY_BYTES], struct err *e);
/* A random key; appears whole or not at all, and replaces nothing: ERR_EXISTS. */
int keyfile_create(const char *path, uint8_t ret[KEY_BYTES], struct err *e);
/* ERR_INVAL when the path of the key lies within the folder. */
int keyfile_outside(const char *path, const char *dir, struct err *e);

/* The keys of the database whose header this is, from file or passphrase. With `finish`, what a rotation that was killed has
 * left is put in order (which takes the folder's lock). */
int keys_open(const struct store_config *c, const struct header *h, bool finish, struct keys *ret, struct err *e);
/* New keys, for a database that does not exist yet; makes the key file where there is none. */
int keys_create(const struct store_config *c, struct keys *ret, struct err *e);
/* The keys of a header that the key file before the last rotation opens. */
int keys_open_former(const struct store_config *c, const struct header *h, struct keys *ret, struct err *e);
/* New ones under the key file as it is. */
int keys_from_file(const struct store_config *c, const uint8_t *root, struct keys *ret, struct err *e);
/* For a rotation: keys under a new key file that stands beside the present one, and giving it its name (the present one becomes
 * KEYFILE_FORMER). */
int keys_from_next(const struct store_config *c, const uint8_t *root, struct keys *ret, struct err *e);
int keyfile_adopt_next(const struct store_config *c, struct err *e);
/* Keys under `passphrase`, with a new salt; root as in header_make. */
int keys_from_passphrase(const struct store_config *c, struct str passphrase, const uint8_t *root, struct keys *ret, struct err *e);

#endif
