/* A new key: a second database beside the first, encrypted under it, takes the first one's name.
 *
 *     1  KEY.new is written                     (with a passphrase: nothing, the salt stands in the header)
 *     2  hearth.db.new is written from hearth.db, verified, and synced
 *     3  the log of hearth.db is put into it and removed
 *     4  hearth.db.new becomes hearth.db        ◄── before this the old key opens, from here on the new one
 *     5  KEY becomes KEY.old, KEY.new becomes KEY
 *
 * A kill in 1–3 leaves files that the next opening removes; between 4 and 5, a KEY.new that fits the header, which the next opening
 * gives its name (keyfile.c). KEY.old is kept: it opens the backups that were made before. */
#include <stdio.h>
#include <unistd.h>

#include "store/folder.h"
#include "store/internal.h"
#include "store/keyfile.h"
#include "store/leftovers.h"
#include "store/secret.h"

static int new_keys(const struct store_config *c, struct str passphrase, const struct keys *old, struct keys *ret, struct err *e)
{
    return passphrase.len ? keys_from_passphrase(c, passphrase, old->root, ret, e) : keys_from_next(c, old->root, ret, e);
}

/* Step 3. A log that stayed would be that of another database after step 4. */
static int settle(struct store_db *db, struct err *e)
{
    int code = sqlite3_wal_checkpoint_v2(db->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    return code ? db_fail(db, code, e) : OK;
}

static int remove_sidecars(const char *path, struct err *e)
{
    static const char *const tails[] = {"-wal", "-shm", "-journal"};
    char name[PATH_MAX_BYTES];
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        snprintf(name, sizeof name, "%s%s", path, tails[i]);
        unlink(name);
        if (file_exists(name))
            return err_set(e, ERR_IO, "%s cannot be removed", name);
    }
    return OK;
}

static int rewrite(const char *path, const char *fresh, const struct keys *old, const struct keys *new, struct err *e)
{
    struct vfs *v = NULL;
    struct store_db *db = NULL;
    if (vfs_create(old, &v))
        return err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    int r = connect_open(v, path, CONNECT_WRITER, &db, e);
    if (!r)
        r = copy_database(db, new, fresh, e);
    if (!r)
        r = settle(db, e);
    connect_close(db);
    vfs_free(v);
    if (!r)
        r = remove_sidecars(path, e);
    return r ? r : path_rename(fresh, path, e);
}

static int rotate(const struct store_config *c, struct str passphrase, struct keys *old, struct keys *new, struct err *e)
{
    char path[PATH_MAX_BYTES], fresh[PATH_MAX_BYTES];
    struct header h;
    int r = folder_path(path, sizeof path, c->dir, FOLDER_DB, "", e);
    if (!r)
        r = folder_path(fresh, sizeof fresh, c->dir, FOLDER_NEW, "", e);
    if (!r)
        r = leftovers_remove(c->dir, e);
    if (!r)
        r = header_read(path, FOLDER_DB, &h, e);
    if (!r)
        r = keys_open(c, &h, true, old, e);
    if (!r && !passphrase.len)
        r = keyfile_outside(c->key_file, c->dir, e);
    if (!r)
        r = new_keys(c, passphrase, old, new, e);
    if (!r)
        r = rewrite(path, fresh, old, new, e);
    return r || passphrase.len ? r : keyfile_adopt_next(c, e);
}

int store_rotate(const struct store_config *c, struct str new_passphrase, struct err *e)
{
    int lock = -1;
    struct keys *old = secret_alloc(sizeof *old), *new = secret_alloc(sizeof *new);
    int r = old && new ? OK : err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    if (!r && !file_exists(c->dir))
        r = err_set(e, ERR_NOENT, "there is no data folder %s", c->dir);
    if (!r)
        r = folder_lock(c->dir, &lock, e);
    if (!r)
        r = rotate(c, new_passphrase, old, new, e);
    if (lock >= 0)
        close(lock);
    secret_free(old, sizeof *old);
    secret_free(new, sizeof *new);
    return r;
}
