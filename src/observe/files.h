/* The journal's folder: files by number. Blocking. */
#ifndef OBSERVE_FILES_H
#define OBSERVE_FILES_H

#include "observe/segment.h"

struct journal_file {
    uint32_t number;
    uint64_t bytes;
};
struct journal_files {
    struct journal_file *at; /* [n], oldest first */
    size_t n;
};
/* ERR_NOENT: there is no such folder; ERR_IO, ERR_NOMEM. */
int journal_files_list(const char *dir, struct journal_files *ret);
void journal_files_free(struct journal_files *f);

void journal_file_path(const char *dir, uint32_t number, const char *tail, char *ret, size_t cap);
/* All bytes of a file. ERR_NOENT, ERR_LIMIT: larger than any of ours; ERR_IO, ERR_NOMEM. */
int journal_file_read(const char *dir, uint32_t number, struct buf *out);
/* Only its head. */
int journal_file_head(const char *dir, uint32_t number, struct segment *ret);
/* All of `bytes`, and to the disk. */
int journal_write_all(int fd, struct str bytes);
/* Writes a complete file again in large blocks; nothing is changed when it is so already, or damaged. */
int journal_file_pack(const char *dir, uint32_t number, const uint8_t key[BLOB_KEY_BYTES]);

#endif
