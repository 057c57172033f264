#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/folder.h"
#include "store/internal.h"
#include "store/keyfile.h"
#include "store/leftovers.h"
#include "store/secret.h"

/* ---- making the database */

/* It appears under its name when it is whole: a kill before leaves nothing that a later opening would take for empty. */
static int create_database(const struct store_config *c, const char *path, const struct keys *keys, struct err *e)
{
    char fresh[PATH_MAX_BYTES];
    struct vfs *v = NULL;
    struct store_db *db = NULL;
    int r = folder_path(fresh, sizeof fresh, c->dir, FOLDER_NEW, "", e);
    if (!r)
        r = path_write(fresh, str_from(keys->header, HEADER_BYTES), e);
    if (r)
        return r;
    if (vfs_create(keys, &v))
        r = err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    if (!r)
        r = connect_open(v, fresh, CONNECT_CREATE, &db, e);
    if (!r)
        r = db_exec(db,
                    "PRAGMA application_id=1212502354; CREATE TABLE store_schema (room TEXT PRIMARY KEY NOT NULL, version INTEGER NOT "
                    "NULL) WITHOUT ROWID;",
                    e);
    connect_close(db);
    vfs_free(v);
    if (!r)
        r = path_rename(fresh, path, e);
    if (r)
        unlink(fresh);
    return r;
}

/* The keys of the database at s->path, which is made when there is none. */
static int prepare_database(const struct store_config *c, struct store *s, struct err *e)
{
    struct header h;
    if (!c->passphrase.len) {
        int r = keyfile_outside(c->key_file, c->dir, e);
        if (r)
            return r;
    }
    int r = header_read(s->path, FOLDER_DB, &h, e);
    if (r == ERR_NOENT) {
        r = keys_create(c, s->keys, e);
        return r ? r : create_database(c, s->path, s->keys, e);
    }
    return r ? r : keys_open(c, &h, true, s->keys, e);
}

static int init_locks(struct store *s)
{
    if (pthread_mutex_init(&s->writing, NULL))
        return ERR_NOMEM;
    if (pthread_mutex_init(&s->mutex, NULL)) {
        pthread_mutex_destroy(&s->writing);
        return ERR_NOMEM;
    }
    if (pthread_cond_init(&s->reader_idle, NULL)) {
        pthread_mutex_destroy(&s->writing);
        pthread_mutex_destroy(&s->mutex);
        return ERR_NOMEM;
    }
    return OK;
}

static int open_all(const struct store_config *c, struct store *s, struct err *e)
{
    int r = folder_path(s->path, sizeof s->path, c->dir, FOLDER_DB, "", e);
    if (!r)
        r = folder_make(c->dir, e);
    if (!r)
        r = folder_lock(c->dir, &s->lock_fd, e);
    if (!r)
        r = leftovers_remove(c->dir, e);
    if (!r)
        r = prepare_database(c, s, e);
    if (!r && vfs_create(s->keys, &s->vfs))
        r = err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    if (!r)
        r = connect_open(s->vfs, s->path, CONNECT_WRITER, &s->writer, e);
    return r ? r : migrate(s->writer, c->schemas, c->n_schemas, e);
}

int store_open(const struct store_config *c, struct store **ret, struct err *e)
{
    struct store *s = calloc(1, sizeof *s);
    if (s)
        s->keys = secret_alloc(sizeof *s->keys);
    if (!s || !s->keys || init_locks(s)) {
        if (s)
            secret_free(s->keys, sizeof *s->keys);
        free(s);
        return err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    }
    s->lock_fd = -1;
    s->log = c->log;
    int r = open_all(c, s, e);
    if (r) {
        store_free(s);
        return r;
    }
    *ret = s;
    return OK;
}

void store_free(struct store *s)
{
    if (!s)
        return;
    while (s->idle) {
        struct store_db *next = s->idle->next;
        connect_close(s->idle);
        s->idle = next;
    }
    connect_close(s->writer); /* the last: SQLite puts the log into the database and removes it */
    vfs_free(s->vfs);
    secret_free(s->keys, sizeof *s->keys);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    pthread_cond_destroy(&s->reader_idle);
    pthread_mutex_destroy(&s->mutex);
    pthread_mutex_destroy(&s->writing);
    free(s);
}

/* From the root, which a rotation of the master key leaves as it is. */
void store_subkey(const struct store *s, const char *purpose, uint8_t ret_key[32])
{
    char info[200];
    snprintf(info, sizeof info, "hearth subkey: %s", purpose);
    kdf_derive(s->keys->root, (struct str){NULL, 0}, str_of(info), ret_key);
}

int store_announce(struct store *s, const char *address)
{
    return folder_announce(s->lock_fd, address);
}

bool store_find_server(const char *dir, char *ret_address, size_t cap)
{
    return folder_find(dir, ret_address, cap);
}
