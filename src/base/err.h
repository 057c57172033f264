/* Errors: one negative code for the program, one sentence for the person.
 *
 * Every fallible function returns 0 or one of these codes. Where a person will read the reason, it also takes
 * a `struct err *` (which may be NULL) and fills it with a sentence that names the cause and the next step.
 * Only entry points log; library code returns. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#define ERR_LIST(X)                           \
    X(NOMEM, 1, "out of memory")              \
    X(INVAL, 2, "invalid input")              \
    X(NOENT, 3, "not found")                  \
    X(LIMIT, 4, "a limit was met")            \
    X(FULL, 5, "queue is full")               \
    X(CANCELED, 6, "canceled")                \
    X(TIMEOUT, 7, "timed out")                \
    X(IO, 8, "input/output error")            \
    X(CORRUPT, 9, "malformed data")           \
    X(UNSUPPORTED, 10, "unsupported")         \
    X(DENIED, 11, "permission denied")        \
    X(CLOSED, 12, "closed by the other side") \
    X(AGAIN, 13, "not ready yet")             \
    X(EXISTS, 14, "exists already")           \
    X(INTERNAL, 15, "internal error")         \
    X(QUOTA, 16, "a share is used up")

enum err_code {
    OK = 0,
#define X(name, number, text) ERR_##name = -(number),
    ERR_LIST(X)
#undef X
};

struct err {
    int code;       /* one of err_code */
    char text[500]; /* UTF-8, NUL-terminated, cut at a character's border when too long */
};

/* The short name of a code ("NOMEM") and its general sentence. Never NULL. */
const char *err_name(int code);
const char *err_text(int code);

/* Fills e (may be NULL) and returns `code`, so that `return err_set(e, ERR_INVAL, …)` reads well. */
int err_set(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before the sentence that is there already. Returns e's code, or `code` when e is NULL. */
int err_prefix(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
