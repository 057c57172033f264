/* Copies of the database: out of a store that is in use, and back into its place. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "store/check.h"
#include "store/folder.h"
#include "store/keyfile.h"
#include "store/leftovers.h"
#include "store/secret.h"

int copy_database(struct store_db *from, const struct keys *keys, const char *path, struct err *e)
{
    struct vfs *v = NULL;
    struct store_db *to = NULL;
    int r = path_write(path, str_from(keys->header, HEADER_BYTES), e);
    if (r)
        return r;
    if (vfs_create(keys, &v))
        r = err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    if (!r)
        r = connect_open(v, path, CONNECT_COPY, &to, e);
    if (!r)
        r = connect_copy(from, to, e);
    connect_close(to);
    vfs_free(v);
    if (!r)
        r = vfs_verify(keys, path, e);
    if (r)
        unlink(path);
    return r;
}

static int backup(struct vfs *v, const struct keys *keys, const char *db, const char *path, struct err *e)
{
    char fresh[PATH_MAX_BYTES];
    struct store_db *from = NULL;
    int n = snprintf(fresh, sizeof fresh, "%s.tmp", path);
    if (n < 0 || (size_t)n >= sizeof fresh)
        return err_set(e, ERR_LIMIT, "%s: %s", path, strerror(ENAMETOOLONG));
    if (file_exists(path))
        return err_set(e, ERR_EXISTS, "%s is there already; name a new file", path);
    unlink(fresh); /* of a backup that was killed */
    int r = connect_open(v, db, CONNECT_READER, &from, e);
    if (!r)
        r = copy_database(from, keys, fresh, e);
    connect_close(from);
    if (!r)
        r = path_publish(fresh, path, e);
    if (r)
        unlink(fresh);
    return r;
}

int store_backup(struct store *s, const char *path, struct err *e)
{
    return backup(s->vfs, s->keys, s->path, path, e);
}

/* SQLite's own locks keep a reader of another process from harm. Keys and files are left as they are: putting in order what a
 * rotation has left is for who has the folder's lock. */
int store_backup_beside(const struct store_config *c, const char *path, struct err *e)
{
    char db[PATH_MAX_BYTES];
    struct header h;
    struct vfs *v = NULL;
    struct keys *keys = secret_alloc(sizeof *keys);
    int r = keys ? folder_path(db, sizeof db, c->dir, FOLDER_DB, "", e) : err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    if (!r)
        r = header_read(db, FOLDER_DB, &h, e);
    if (!r)
        r = keys_open(c, &h, false, keys, e);
    if (!r && vfs_create(keys, &v))
        r = err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    if (!r)
        r = backup(v, keys, db, path, e);
    vfs_free(v);
    secret_free(keys, sizeof *keys);
    return r;
}

/* ---- restoring */

static bool write_all(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno != EINTR)
            return false;
        p += done > 0 ? done : 0;
        n -= done > 0 ? (size_t)done : 0;
    }
    return true;
}

static int copy_file(const char *from, const char *to, struct err *e)
{
    char bytes[64 << 10];
    int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), r = OK;
    ssize_t n = 0;
    while (in >= 0 && out >= 0 && (n = read(in, bytes, sizeof bytes)) > 0)
        if (!write_all(out, bytes, (size_t)n)) {
            n = -1;
            break;
        }
    if (in < 0 || out < 0 || n < 0)
        r = err_set(e, ERR_IO, "%s: %s", in < 0 ? from : to, strerror(errno));
    if (in >= 0)
        close(in);
    if (out >= 0 && close(out) && !r)
        r = err_set(e, ERR_IO, "%s: %s", to, strerror(errno));
    return r;
}

/* *ret_former: it is older than the last rotation, whose former key file opens it. */
static int find_keys(const struct store_config *c, const char *path, struct keys *keys, bool *ret_former, struct err *e)
{
    struct header h;
    int r = header_read(path, "the backup", &h, e);
    if (r)
        return r;
    r = keys_open(c, &h, false, keys, e);
    *ret_former = r == ERR_DENIED && !keys_open_former(c, &h, keys, NULL);
    return *ret_former ? OK : r == ERR_DENIED ? err_prefix(e, r, "the backup does not open") : r;
}

/* The copy must be whole, and of a version that we know. */
static int inspect(const struct store_config *c, const char *path, const struct keys *keys, struct err *e)
{
    struct vfs *v = NULL;
    struct store_db *db = NULL;
    int r = vfs_verify(keys, path, e);
    if (r)
        return r;
    if (vfs_create(keys, &v))
        return err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    r = check_structures(v, path, e);
    if (!r)
        r = connect_open(v, path, CONNECT_WRITER, &db, e);
    if (!r)
        r = migrate_check(db, c->schemas, c->n_schemas, e);
    connect_close(db);
    vfs_free(v);
    return r;
}

/* Under the key of today, since that of the backup is not the one that later openings will have. */
static int encrypt_anew(const struct store_config *c, const char *path, const struct keys *keys, struct err *e)
{
    char copy[PATH_MAX_BYTES];
    struct vfs *v = NULL;
    struct store_db *db = NULL;
    struct keys *new = secret_alloc(sizeof *new);
    int r = new ? folder_path(copy, sizeof copy, c->dir, FOLDER_COPY, "", e) : err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    if (!r)
        r = keys_from_file(c, keys->root, new, e);
    if (!r && vfs_create(keys, &v))
        r = err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    if (!r)
        r = connect_open(v, path, CONNECT_WRITER, &db, e);
    if (!r)
        r = copy_database(db, new, copy, e);
    connect_close(db);
    vfs_free(v);
    secret_free(new, sizeof *new);
    return r ? r : path_rename(copy, path, e);
}

/* Puts what is in the log into the database, so that the database alone is all of it. A database that is damaged stays as it
 * is, and its log goes along with it. */
static void settle_log(const struct store_config *c, const char *path, struct keys *keys)
{
    struct header h;
    struct vfs *v = NULL;
    struct store_db *db = NULL;
    if (header_read(path, FOLDER_DB, &h, NULL) || keys_open(c, &h, true, keys, NULL) || vfs_create(keys, &v))
        return;
    if (!connect_open(v, path, CONNECT_WRITER, &db, NULL))
        connect_close(db);
    vfs_free(v);
}

static int move_sidecar(const struct store_config *c, const char *tail, struct err *e)
{
    char from[PATH_MAX_BYTES], to[PATH_MAX_BYTES];
    int r = folder_path(from, sizeof from, c->dir, FOLDER_DB, tail, e);
    if (!r)
        r = folder_path(to, sizeof to, c->dir, FOLDER_FORMER, tail, e);
    if (r)
        return r;
    unlink(to);
    return rename(from, to) && errno != ENOENT ? err_set(e, ERR_IO, "%s: %s", to, strerror(errno)) : OK;
}

/* The former database gets its second name first, so that at no moment there is none. */
static int replace(const struct store_config *c, const char *fresh, const char *path, struct err *e)
{
    char former[PATH_MAX_BYTES];
    int r = folder_path(former, sizeof former, c->dir, FOLDER_FORMER, "", e);
    if (!r && file_exists(path)) {
        unlink(former);
        r = move_sidecar(c, "-wal", e);
        if (!r)
            r = move_sidecar(c, "-journal", e);
        if (!r && link(path, former))
            r = err_set(e, ERR_IO, "%s: %s", former, strerror(errno));
    }
    return r ? r : path_rename(fresh, path, e);
}

int store_restore(const struct store_config *c, const char *path, struct err *e)
{
    char fresh[PATH_MAX_BYTES], target[PATH_MAX_BYTES];
    bool former = false;
    int lock = -1;
    if (!file_exists(path))
        return err_set(e, ERR_NOENT, "%s: %s", path, strerror(ENOENT));
    struct keys *keys = secret_alloc(sizeof *keys);
    if (!keys)
        return err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    int r = folder_path(fresh, sizeof fresh, c->dir, FOLDER_NEW, "", e);
    if (!r)
        r = folder_path(target, sizeof target, c->dir, FOLDER_DB, "", e);
    if (!r)
        r = folder_make(c->dir, e);
    if (!r)
        r = folder_lock(c->dir, &lock, e);
    if (!r)
        r = leftovers_remove(c->dir, e);
    if (!r)
        r = copy_file(path, fresh, e);
    if (!r)
        r = find_keys(c, fresh, keys, &former, e);
    if (!r)
        r = inspect(c, fresh, keys, e);
    if (!r && former)
        r = encrypt_anew(c, fresh, keys, e);
    if (!r) {
        settle_log(c, target, keys);
        r = replace(c, fresh, target, e);
    }
    if (lock >= 0) {
        leftovers_remove(c->dir, NULL);
        close(lock);
    }
    secret_free(keys, sizeof *keys);
    return r;
}
