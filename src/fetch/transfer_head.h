/* The head of an answer while it comes: a status and header lines, bounded. For transfer.c. */
#ifndef FETCH_TRANSFER_HEAD_H
#define FETCH_TRANSFER_HEAD_H

#include "base/buf.h"
#include "base/err.h"

enum { HEAD_BYTES_MAX = 64 << 10 };

struct head {
    struct buf lines;  /* "Name: value\n" each, of the answer that counts */
    size_t bytes_seen; /* of all answers of one exchange, so that a hundred "100 Continue" do not go on for ever */
    int status;        /* 0: no status line yet */
    bool complete;     /* the blank line of a final answer has come; what follows are trailers, which nobody reads */
};

static inline struct head head_make(void)
{
    return (struct head){.lines = buf_make(HEAD_BYTES_MAX)};
}
void head_free(struct head *h);
void head_clear(struct head *h);
/* One line with its end. *ret_done: this line has completed the head of a final answer. ERR_LIMIT, ERR_NOMEM. */
int head_line(struct head *h, struct str line, bool *ret_done);
/* The last header of that name, or {NULL, 0}. */
struct str head_find(const struct head *h, const char *name);

#endif
