/* Erasing: the keys first, since without them the rest is noise wherever the disk may still have copies of it. */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/folder.h"
#include "store/internal.h"
#include "store/keyfile.h"

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static int erase_keys(const struct store_config *c, struct err *e)
{
    static const char *const tails[] = {KEYFILE_NEXT, KEYFILE_FORMER, ""};
    char path[PATH_MAX_BYTES];
    int r = OK;
    for (size_t i = 0; !r && i < sizeof tails / sizeof *tails; i++) {
        int n = snprintf(path, sizeof path, "%s%s", c->key_file, tails[i]);
        r = n > 0 && (size_t)n < sizeof path ? path_shred(path, 0, e) : ERR_LIMIT;
    }
    return r;
}

/* The header has the wrapped key: it is overwritten before the file goes. */
static int erase_database(const struct store_config *c, const char *name, struct err *e)
{
    static const char *const tails[] = {"-wal", "-shm", "-journal"};
    char path[PATH_MAX_BYTES];
    int r = folder_path(path, sizeof path, c->dir, name, "", e);
    if (!r)
        r = path_shred(path, HEADER_BYTES, e);
    for (size_t i = 0; !r && i < sizeof tails / sizeof *tails; i++) {
        r = folder_path(path, sizeof path, c->dir, name, tails[i], e);
        if (!r && unlink(path) && errno != ENOENT)
            r = err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
    }
    return r;
}

static int erase_folder(const struct store_config *c, struct err *e)
{
    static const char *const folders[] = {STORE_PREFIX_DIR, STORE_JOURNAL_DIR};
    static const char *const databases[] = {FOLDER_NEW, FOLDER_COPY, FOLDER_FORMER, FOLDER_DB};
    char path[PATH_MAX_BYTES];
    struct header h;
    int r = folder_path(path, sizeof path, c->dir, FOLDER_DB, "", e);
    /* A key file that this database does not use may be another one's. */
    bool own_key = !r && !(header_read(path, FOLDER_DB, &h, NULL) == OK && h.source == KEY_FROM_PASSPHRASE);
    if (!r && own_key && c->key_file)
        r = erase_keys(c, e);
    for (size_t i = 0; !r && i < sizeof databases / sizeof *databases; i++)
        r = erase_database(c, databases[i], e);
    for (size_t i = 0; !r && i < sizeof folders / sizeof *folders; i++) {
        r = folder_path(path, sizeof path, c->dir, folders[i], "", e);
        if (!r && file_exists(path) && nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS))
            r = err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
    }
    return r;
}

int store_erase(const struct store_config *c, struct err *e)
{
    char path[PATH_MAX_BYTES];
    int lock = -1;
    if (!file_exists(c->dir))
        return err_set(e, ERR_NOENT, "there is no data folder %s", c->dir);
    int r = folder_lock(c->dir, &lock, e);
    if (!r)
        r = erase_folder(c, e);
    if (!r)
        r = folder_path(path, sizeof path, c->dir, FOLDER_LOCK, "", e);
    if (!r) {
        unlink(path);
        rmdir(c->dir); /* stays when somebody else keeps something there */
    }
    if (lock >= 0)
        close(lock);
    return r;
}
