/* HTTP/1.0 and 1.1 (RFC 9112): what one connection remembers. */
#ifndef NET_H1_H
#define NET_H1_H

#include <llhttp.h>

#include "net/exchange.h"

enum h1_phase { H1_IDLE, H1_HEAD, H1_BODY, H1_ANSWER };

struct h1 {
    llhttp_t parser;
    enum h1_phase phase;
    struct http_exchange *x; /* the one that is being read or answered */
    /* about it */
    bool close;        /* the connection ends with its answer */
    bool minor1;       /* HTTP/1.1 */
    bool chunked;      /* its answer is */
    bool asterisk;     /* OPTIONS * */
    size_t head_bytes; /* of headers and trailers, as the limits count them */
    size_t n_trailers;
    /* about the call of the parser that is under way */
    const char *input;
    char last_byte;  /* of the call before */
    char first_byte; /* of the request */
    bool in_value;   /* some of this header's value has been seen */
    int refusal;     /* why a callback stopped the parser */
    const char *sentence;
};

struct conn;
struct protocol;
extern const struct protocol h1_protocol;

void h1_init(struct h1 *h, struct conn *c);

/* h1_parse.c: the parser's callbacks */
extern const llhttp_settings_t h1_settings;
/* The status and sentence for what stopped the parser. */
int h1_error(const struct h1 *h, llhttp_errno_t error, const char **ret_sentence);

/* h1_head.c: what the headers must be; a status, or 0 */
int h1_check_head(struct conn *c, const char **ret_sentence);

/* h1_write.c */
extern const struct exchange_ops h1_exchange_ops;

#endif
