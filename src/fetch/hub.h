/* From what a person calls a model to a file that can be loaded: its address, its size and its digest.
 *
 *   ORG/REPO           the best known quantisation of a repository on the hub
 *   ORG/REPO:QUANT     that one; case does not matter
 *   ORG/REPO/FILE      that file
 *   https://…          any address; one of the hub's own pages or files is treated as the forms above
 *
 * The hub speaks as huggingface.co does (api/models/…/tree/…, …/resolve/…). Nothing that it says is trusted: names of files are
 * checked before they become paths, and digests after the bytes have come. */
#ifndef FETCH_HUB_H
#define FETCH_HUB_H

#include <stdatomic.h>

#include "base/buf.h"
#include "base/err.h"
#include "fetch/digest.h"

enum { HUB_NAME_MAX = 400, HUB_FILE_MAX = 200, HUB_FILES_MAX = 10000, HUB_PAGES_MAX = 50 };

struct hub {
    const char *address;             /* "https://huggingface.co": whoever sets another one vouches for it, also for http */
    const char *token;               /* sent to that origin only; or NULL */
    const char *ca_file;             /* as in transfer.h */
    uint32_t attempts_max, retry_ms; /* as in download.h */
    const atomic_bool *cancel;
};

/* One file as a hub lists it. */
struct hub_entry {
    char *path; /* in the repository; checked */
    uint64_t size;
    char sha256[DIGEST_HEX + 1]; /* "" when the hub does not know it */
};
struct hub_list {
    struct hub_entry *items;
    size_t n, cap;
};

/* What is to be loaded. */
struct hub_file {
    char *url;
    char *file;                  /* the name it gets: no folders, ends in .gguf */
    uint64_t size;               /* 0: not known */
    char sha256[DIGEST_HEX + 1]; /* or "" */
    bool wants_token;            /* the address is the hub's */
};
void hub_file_deinit(struct hub_file *f); /* copes with a zeroed one */

/* Asks the hub where it must. `revision` and `sha256` may be NULL. ERR_INVAL (no such form), ERR_NOENT (no such repository, file or
 * quantisation: the sentence lists those there are), ERR_DENIED (gated: the sentence says what to do), ERR_UNSUPPORTED (in several
 * parts), and transfer.h's. */
int hub_resolve(const struct hub *h, struct str name, const char *revision, const char *sha256, struct hub_file *ret, struct err *e);

/* ---- the parts, which tests look at one by one */

struct hub_name {
    struct str org, repo, quant, file; /* quant and file may be empty; they point into the text */
};
/* False: not of the form ORG/REPO[:QUANT|/FILE], or with characters that no such name has. */
bool hub_name_parse(struct str text, struct hub_name *ret);
/* A path of a file that may be asked for: no "..", nothing hidden, ends in .gguf. */
bool hub_path_fit(struct str path);
/* main, v1.0, a commit … */
bool hub_revision_fit(struct str revision);
/* The address in `<…>; rel="next"` of a Link header, or {NULL, 0}. */
struct str hub_next_link(struct str header);
/* Adds the .gguf files of one page of a listing. ERR_CORRUPT, ERR_LIMIT, ERR_NOMEM. */
int hub_list_read(struct str json, struct hub_list *list, struct err *e);
void hub_list_free(struct hub_list *list);
/* The one that `quant` means, or without one the best; the sentence of a failure lists those there are. */
int hub_choose(const struct hub_list *list, struct str quant, const struct hub_entry **ret, struct err *e);
/* "Q4_K_M" of "dir/Model-1B-Q4_K_M.gguf". */
struct str hub_quant_of(struct str path);

#endif
