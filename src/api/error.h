/* Errors as OpenAI's clients expect them: an HTTP status and {"error": {message, type, param, code}}. */
#ifndef API_ERROR_H
#define API_ERROR_H

#include <stdarg.h>

#include "base/buf.h"
#include "base/err.h"
#include "gen/event.h"

struct api_error {
    int status;        /* HTTP's */
    const char *code;  /* a word for programs, or NULL; static */
    char param[96];    /* the field that is wrong, or "" */
    char message[500]; /* a sentence for people, UTF-8 */
};

/* Fills e and returns ERR_INVAL, so that `return api_error_set(…)` reads well. `code` and `param` may be NULL. */
int api_error_set(struct api_error *e, int status, const char *code, const char *param, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* Out of memory while answering: 503. Returns ERR_NOMEM. */
int api_error_nomem(struct api_error *e);
/* What the engine or the runtime reports. */
void api_error_from_fault(struct api_error *e, enum gen_fault fault, struct str message, struct str param);
void api_error_from_err(struct api_error *e, const struct err *cause);
/* The whole JSON object. */
void api_error_write(const struct api_error *e, struct buf *out);

#endif
