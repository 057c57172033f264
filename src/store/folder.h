/* The data folder: its names, its lock, and files that appear whole or not at all. */
#ifndef STORE_FOLDER_H
#define STORE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

#define FOLDER_DB     "hearth.db"
#define FOLDER_NEW    "hearth.db.new"            /* being made; of no worth until it has been renamed */
#define FOLDER_COPY   "hearth.db.copy"           /* the same */
#define FOLDER_FORMER "hearth.db.before-restore" /* what a restore has replaced */
#define FOLDER_LOCK   "lock"

/* ERR_LIMIT when it does not fit. */
int folder_path(char *ret, size_t cap, const char *dir, const char *name, const char *tail, struct err *e);
/* Makes it and what is above it, 0700; takes rights of others away from an existing one. */
int folder_make(const char *dir, struct err *e);
/* Keeps other processes out until the descriptor is closed. ERR_AGAIN names the one that is in. */
int folder_lock(const char *dir, int *ret_fd, struct err *e);
int folder_announce(int lock_fd, const char *address);
bool folder_find(const char *dir, char *ret_address, size_t cap);

bool file_exists(const char *path);
/* fsync of a file or of a folder. */
int path_sync(const char *path, struct err *e);
/* Syncs the file, gives it its name (replacing what had it), and syncs the folder. */
int path_rename(const char *from, const char *to, struct err *e);
/* The same, but ERR_EXISTS when the name is taken. */
int path_publish(const char *from, const char *to, struct err *e);
/* A new file with these bytes, 0600. ERR_EXISTS. */
int path_write(const char *path, struct str bytes, struct err *e);
/* Overwrites the first `n` bytes (all when 0) with random ones, and removes it. A file that is not there is fine. */
int path_shred(const char *path, size_t n, struct err *e);

#endif
