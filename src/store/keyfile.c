#include "store/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"
#include "store/folder.h"
#include "store/secret.h"

enum { KEYFILE_BYTES = 2 * KEY_BYTES + 1 };

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse(struct str text, uint8_t ret[KEY_BYTES])
{
    text = str_trim(text);
    bool ok = text.len == 2 * KEY_BYTES;
    for (size_t i = 0; ok && i < KEY_BYTES; i++) {
        int high = digit(text.ptr[2 * i]), low = digit(text.ptr[2 * i + 1]);
        ok = high >= 0 && low >= 0;
        if (ok)
            ret[i] = (uint8_t)(high << 4 | low);
    }
    return ok;
}

int keyfile_read(const char *path, uint8_t ret[KEY_BYTES], struct err *e)
{
    char text[KEYFILE_BYTES + 2];
    uint8_t key[KEY_BYTES] = {0};
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(e, errno == ENOENT ? ERR_NOENT : errno == EACCES ? ERR_DENIED : ERR_IO, "%s: %s", path, strerror(errno));
    int r = fstat(fd, &st) ? err_set(e, ERR_IO, "%s: %s", path, strerror(errno)) : OK;
    if (!r && st.st_mode & 077)
        r = err_set(e, ERR_DENIED, "the key file %s can be read or written by others; if nobody has, run: chmod 600 %s", path, path);
    ssize_t n = r ? 0 : read(fd, text, sizeof text);
    close(fd);
    if (!r && (n <= 0 || !parse(str_from(text, (size_t)n), key)))
        r = err_set(e, ERR_CORRUPT, "%s is not a key file: it should hold %d hexadecimal digits", path, 2 * KEY_BYTES);
    if (!r)
        memcpy(ret, key, KEY_BYTES);
    secret_wipe(text, sizeof text);
    secret_wipe(key, sizeof key);
    return r;
}

int keyfile_create(const char *path, uint8_t ret[KEY_BYTES], struct err *e)
{
    char text[KEYFILE_BYTES + 1], temporary[PATH_MAX];
    uint8_t key[KEY_BYTES];
    ptrdiff_t slash = str_rchr(str_of(path), '/');
    if (slash > 0 && str_copy(temporary, sizeof temporary, str_head(str_of(path), (size_t)slash)) && !file_exists(temporary)) {
        int r = folder_make(temporary, e);
        if (r)
            return r;
    }
    int n = snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, (long)getpid());
    if (n < 0 || (size_t)n >= sizeof temporary)
        return err_set(e, ERR_LIMIT, "%s: %s", path, strerror(ENAMETOOLONG));
    if (rng_entropy(key, sizeof key))
        return err_set(e, ERR_IO, "the system gives no random numbers");
    for (size_t i = 0; i < KEY_BYTES; i++)
        snprintf(text + 2 * i, 3, "%02x", key[i]);
    text[2 * KEY_BYTES] = '\n';
    unlink(temporary); /* of a process that had our number */
    int r = path_write(temporary, str_from(text, KEYFILE_BYTES), e);
    if (!r)
        r = path_publish(temporary, path, e);
    if (r)
        unlink(temporary);
    else
        memcpy(ret, key, KEY_BYTES);
    secret_wipe(text, sizeof text);
    secret_wipe(key, sizeof key);
    return r;
}

/* The folder of a path, with symbolic links resolved as far as it exists. */
static bool real_folder(const char *path, char ret[PATH_MAX])
{
    char part[PATH_MAX];
    if (!str_copy(part, sizeof part, str_of(path)))
        return false;
    while (true) {
        if (realpath(part, ret))
            return true;
        char *slash = strrchr(part, '/');
        if (!slash)
            return realpath(".", ret) != NULL;
        slash[slash == part] = 0;
        if (slash == part)
            return realpath("/", ret) != NULL;
    }
}

int keyfile_outside(const char *path, const char *dir, struct err *e)
{
    char folder[PATH_MAX], inner[PATH_MAX];
    if (!realpath(dir, folder) || !real_folder(path, inner))
        return err_set(e, ERR_INVAL, "%s: %s", path, strerror(errno));
    size_t n = strlen(folder);
    bool within = !strncmp(inner, folder, n) && (!inner[n] || inner[n] == '/' || n == 1);
    return within
               ? err_set(e, ERR_INVAL,
                         "the key file %s lies within the data folder: a copy of the folder would have the key; choose another place", path)
               : OK;
}

/* ---- keys of a database */

static int from_passphrase(const struct store_config *c, const struct header *h, struct keys *ret, struct err *e)
{
    uint8_t master[KEY_BYTES];
    if (!c->passphrase.len)
        return err_set(e, ERR_DENIED, "the data folder %s is locked with a passphrase; name a file with it: store.passphrase_file", c->dir);
    int r = kdf_passphrase(c->passphrase, h->salt, h->log2n, master, e);
    if (!r) {
        r = header_unwrap(h, master, ret);
        if (r == ERR_DENIED)
            err_set(e, r, "the passphrase is not that of the data folder %s", c->dir);
    }
    secret_wipe(master, sizeof master);
    return r;
}

static int sibling(const char *path, const char *tail, char ret[PATH_MAX])
{
    int n = snprintf(ret, PATH_MAX, "%s%s", path, tail);
    return n > 0 && n < PATH_MAX ? OK : ERR_LIMIT;
}

int keyfile_adopt_next(const struct store_config *c, struct err *e)
{
    char next[PATH_MAX], former[PATH_MAX];
    if (sibling(c->key_file, KEYFILE_NEXT, next) || sibling(c->key_file, KEYFILE_FORMER, former))
        return err_set(e, ERR_LIMIT, "%s: %s", c->key_file, strerror(ENAMETOOLONG));
    /* The former one is kept before the name is taken; a kill between the two may have done this before. */
    if (file_exists(c->key_file)) {
        unlink(former);
        if (link(c->key_file, former))
            return err_set(e, ERR_IO, "%s: %s", former, strerror(errno));
    }
    return path_rename(next, c->key_file, e);
}

static int from_file(const struct store_config *c, const struct header *h, bool finish, struct keys *ret, struct err *e)
{
    uint8_t master[KEY_BYTES];
    char next[PATH_MAX];
    if (sibling(c->key_file, KEYFILE_NEXT, next))
        return err_set(e, ERR_LIMIT, "%s: %s", c->key_file, strerror(ENAMETOOLONG));
    int r = keyfile_read(c->key_file, master, e);
    if (!r)
        r = header_unwrap(h, master, ret);
    if (!r && finish)
        unlink(next); /* a rotation that did not come to its end */
    if ((r == ERR_DENIED || r == ERR_NOENT) && file_exists(next) && !keyfile_read(next, master, NULL) && !header_unwrap(h, master, ret))
        r = finish ? keyfile_adopt_next(c, e) : OK;
    else if (r == ERR_DENIED && e && !e->code)
        err_set(e, r, "the key in %s is not that of the data folder %s", c->key_file, c->dir);
    else if (r == ERR_NOENT)
        err_set(e, r = ERR_DENIED, "the key file %s of the data folder %s is missing; without it nothing can be read", c->key_file, c->dir);
    secret_wipe(master, sizeof master);
    return r;
}

int keys_open(const struct store_config *c, const struct header *h, bool finish, struct keys *ret, struct err *e)
{
    struct err own = {0};
    int r = h->source == KEY_FROM_PASSPHRASE ? from_passphrase(c, h, ret, &own) : from_file(c, h, finish, ret, &own);
    if (!r)
        return OK;
    return err_set(e, r, "%s", own.code ? own.text : "the header of the database is damaged; restore a backup");
}

int keys_from_passphrase(const struct store_config *c, struct str passphrase, const uint8_t *root, struct keys *ret, struct err *e)
{
    uint8_t master[KEY_BYTES];
    struct header h = {.source = KEY_FROM_PASSPHRASE, .log2n = c->scrypt_log2n ? c->scrypt_log2n : SCRYPT_LOG2N};
    if (rng_entropy(h.salt, sizeof h.salt))
        return err_set(e, ERR_IO, "the system gives no random numbers");
    int r = kdf_passphrase(passphrase, h.salt, h.log2n, master, e);
    if (!r) {
        r = header_make(&h, master, root, ret);
        if (r)
            err_set(e, r, "%s", err_text(r));
    }
    secret_wipe(master, sizeof master);
    return r;
}

/* Wipes the master key. */
static int make_from(uint8_t master[KEY_BYTES], const uint8_t *root, struct keys *ret, struct err *e)
{
    const struct header h = {.source = KEY_FROM_FILE};
    int r = header_make(&h, master, root, ret);
    secret_wipe(master, KEY_BYTES);
    return r ? err_set(e, r, "%s", err_text(r)) : OK;
}

int keys_from_file(const struct store_config *c, const uint8_t *root, struct keys *ret, struct err *e)
{
    uint8_t master[KEY_BYTES];
    int r = keyfile_read(c->key_file, master, e);
    return r ? r : make_from(master, root, ret, e);
}

int keys_create(const struct store_config *c, struct keys *ret, struct err *e)
{
    uint8_t master[KEY_BYTES];
    if (c->passphrase.len)
        return keys_from_passphrase(c, c->passphrase, NULL, ret, e);
    int r = keyfile_read(c->key_file, master, e);
    if (r == ERR_NOENT)
        r = keyfile_create(c->key_file, master, e);
    return r ? r : make_from(master, NULL, ret, e);
}

int keys_open_former(const struct store_config *c, const struct header *h, struct keys *ret, struct err *e)
{
    char former[PATH_MAX];
    uint8_t master[KEY_BYTES];
    if (h->source != KEY_FROM_FILE || sibling(c->key_file, KEYFILE_FORMER, former) || keyfile_read(former, master, e))
        return ERR_DENIED;
    int r = header_unwrap(h, master, ret);
    secret_wipe(master, sizeof master);
    return r;
}

int keys_from_next(const struct store_config *c, const uint8_t *root, struct keys *ret, struct err *e)
{
    uint8_t master[KEY_BYTES];
    char next[PATH_MAX];
    if (sibling(c->key_file, KEYFILE_NEXT, next))
        return err_set(e, ERR_LIMIT, "%s: %s", c->key_file, strerror(ENAMETOOLONG));
    unlink(next); /* keys_open has just said that it is of no use */
    int r = keyfile_create(next, master, e);
    return r ? r : make_from(master, root, ret, e);
}
