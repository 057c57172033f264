/* The data folder: one SQLite database, every page of which is encrypted (vfs.c says how), and keys derived from the same
 * master key for what other rooms put beside it.
 *
 *   store ── master key (key file, or passphrase by scrypt)
 *     ├── hearth.db, -wal, -journal   pages of AES-256-GCM
 *     └── subkeys, each for a purpose   store_subkey; files sealed with one: blob.h
 *
 * There is one writer and a few readers. store_read and store_write block and may be called by any thread but the loop's, which
 * uses store_job. A transaction that has returned OK is on the disk (synchronous=FULL). */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "loop/loop.h"
#include "store/db.h"

struct store;

/* A room's tables: migration i + 1 brings version i to i + 1; they are only ever added to. */
struct store_schema {
    const char *room;
    const char *const *migrations; /* SQL scripts */
    size_t n_migrations;
};

struct store_config {
    const char *dir;       /* made with mode 0700; a lock in it keeps a second process out */
    const char *key_file;  /* outside of dir, 0600; made with a random key when neither it nor a database is there */
    struct str passphrase; /* when not empty: the master key comes from it by scrypt, and key_file is not used */
    uint32_t scrypt_log2n; /* log2 of scrypt's N for new passphrases; 0: 17, 128 MB of memory. Tests take less. */
    const struct store_schema *const *schemas;
    size_t n_schemas;
    const struct clock *clock;
    const struct log *log;
};

/* ERR_DENIED: wrong key or passphrase, or a key file that others may read; ERR_AGAIN: another process has it open (e names its
 * process and address, see store_announce); ERR_CORRUPT: damaged, and e names file and page. */
int store_open(const struct store_config *c, struct store **ret, struct err *e);
/* After all jobs have ended. NULL is fine. */
void store_free(struct store *s);
/* What another process that finds the folder locked is told: the address that the server listens on. */
int store_announce(struct store *s, const char *address);
/* The address announced by the process that has `dir` open, if there is one. Any process of the same user. */
bool store_find_server(const char *dir, char *ret_address, size_t cap);

/* ---- transactions */
/* Reads one snapshot. */
typedef int store_fn(struct store_db *db, void *ctx, struct err *e);
int store_read(struct store *s, store_fn *fn, void *ctx, struct err *e);
/* All of fn or, when it returns an error, nothing. What it changes is kept in memory until the commit, 4.3 kB for each page. */
int store_write(struct store *s, store_fn *fn, void *ctx, struct err *e);

/* The same on the worker pool; `done` runs on the loop thread, exactly once unless this returns an error (ERR_FULL).
 * `code` and `e` are fn's. The job's memory is the caller's, from here until `done`. */
struct store_job {
    struct store *store;
    bool write;
    store_fn *fn;
    void (*done)(void *ctx, int code, const struct err *e);
    void *ctx;
    /* private */
    int code;
    struct err err;
};
int store_job(struct loop *l, struct store_job *j);

/* ---- subkeys: 32 bytes derived (HKDF-SHA-256) for `purpose`, to seal with (blob.h), for HMACs and salts. They come from a root that is
 * made with the database and wrapped by the master key. store_rotate and store_restore keep it, so that what was sealed or hashed before
 * stays good; store_erase ends it. */
void store_subkey(const struct store *s, const char *purpose, uint8_t ret_key[32]);

/* ---- care; all blocking, for verbs and jobs */
/* Checks every page and index; the sentence names what is damaged. */
int store_check(struct store *s, struct err *e);
/* A consistent copy, encrypted under the same key, while the store is in use; `path` must not exist; appears whole or not at all. */
int store_backup(struct store *s, const char *path, struct err *e);
/* The same for a folder that another process has open, which goes on meanwhile. */
int store_backup_beside(const struct store_config *c, const char *path, struct err *e);
/* Puts a backup in the place of dir's database, after checking it; the former one is kept as hearth.db.before-restore. A backup that
 * only the key file before the last rotation opens is encrypted anew. The folder must not be open. */
int store_restore(const struct store_config *c, const char *path, struct err *e);
/* Re-encrypts the database under a new key (or passphrase); the former key file is kept as KEY_FILE.old, for older backups. At any moment a
 * kill leaves a store that opens with either the old or the new key, and finishes on the next open. The folder must not be open. */
int store_rotate(const struct store_config *c, struct str new_passphrase, struct err *e);
/* What the engine keeps of texts, and the journal, lie in these folders of dir, sealed by blob.h under subkeys: other rooms' files, but the
 * store's to erase. */
#define STORE_PREFIX_DIR  "prefix"
#define STORE_JOURNAL_DIR "journal"
/* Removes database, sidecars and the folders above, and overwrites the key file. The folder must not be open. */
int store_erase(const struct store_config *c, struct err *e);

#endif
