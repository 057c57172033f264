/* Which model files there are: one folder, and paths that were named besides. Blocking, but bounded: one folder without
 * its subfolders, at most CATALOGUE_FILES_MAX files. */
#ifndef RUNTIME_CATALOGUE_H
#define RUNTIME_CATALOGUE_H

#include "base/err.h"
#include "base/str.h"

enum { CATALOGUE_FILES_MAX = 4096 };

struct catalogue_file {
    char *name, *path; /* owned */
    uint64_t bytes;
    int64_t modified_ns;
    bool extra; /* named by its path */
};
struct catalogue {
    struct catalogue_file *files; /* by name; names are unique: an extra one hides one of the folder */
    size_t n;
};

/* A folder that is not there has no files; other failures of a file or of the folder leave them out. Files are regular (or
 * links to such), not hidden, end in .gguf (extra ones may end in anything), and their names are UTF-8 without control
 * characters. ERR_NOMEM. */
int catalogue_scan(const char *dir, const char *const *extra, struct catalogue *ret);
void catalogue_free(struct catalogue *c);

/* "Qwen3-0.6B-Q4_K_M" → "Qwen3-0.6B": without the suffix that names a quantisation. The whole name when there is none. */
struct str catalogue_family(struct str name);

#endif
