/* Memory of the machine and of this process. */
#ifndef SYS_MEM_H
#define SYS_MEM_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct mem_info {
    uint64_t total, available;    /* bytes; the smaller of the machine's and the cgroup's */
    uint64_t resident, anonymous; /* of this process */
};
int mem_info(struct mem_info *ret);

/* A read-only private mapping of a whole regular file. ERR_NOENT, ERR_DENIED, ERR_IO, ERR_INVAL (not a regular file or
 * empty), ERR_NOMEM (also when descriptors are out) with a sentence. A file that is cut short later raises SIGBUS where it
 * is read. */
struct mem_map {
    const void *ptr;
    size_t len;
};
int mem_map_file(const char *path, struct mem_map *ret, struct err *e);
void mem_unmap(struct mem_map *m); /* copes with a zeroed one */

/* Zeroed pages straight from the kernel, 64-byte aligned (page-aligned in fact), huge pages advised for large ones. NULL on failure. */
void *mem_pages_alloc(size_t len);
void mem_pages_free(void *p, size_t len);

/* A whole file of at most `max` bytes, on the heap, terminated. ERR_LIMIT when larger; else as above. */
int file_read(const char *path, size_t max, char **ret, size_t *ret_len, struct err *e);

#endif
