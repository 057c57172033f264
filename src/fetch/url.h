/* Addresses: http and https only, without user names. Parsing is libcurl's own, so that what is checked is what is connected to. */
#ifndef FETCH_URL_H
#define FETCH_URL_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct url {
    char *text;         /* normalised, without a fragment */
    char *scheme;       /* "http", "https" */
    char *host, *port;  /* the port is never missing */
    char *path, *query; /* path begins with '/' and is percent-encoded still; query may be NULL */
};

enum { URL_BYTES_MAX = 8192 };

/* ERR_INVAL with a sentence for anything else, also for control characters; ERR_NOMEM. */
int url_parse(struct str text, struct url *ret, struct err *e);
/* `location` as it stands in an answer of `base`: absolute or relative. */
int url_join(const struct url *base, struct str location, struct url *ret, struct err *e);
void url_deinit(struct url *u); /* copes with a zeroed one */

/* The same scheme, host and port: what may see a credential of the other. */
bool url_same_origin(const struct url *a, const struct url *b);
bool url_is_https(const struct url *u);
/* localhost, 127.0.0.0/8 or ::1: no wire, so nothing on it to be read or changed. */
bool url_is_loopback(const struct url *u);

/* Percent-encodes what is not unreserved (RFC 3986, 2.3); '/' stays when `slashes`. */
void url_put_encoded(struct buf *out, struct str text, bool slashes);

#endif
