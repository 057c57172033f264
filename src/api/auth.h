/* Who asks. In this order:
 *
 *   1. a key (Authorization: Bearer, or x-api-key): its principal, or a refusal;
 *   2. the cookie of a page's session, when the request comes from a page of this server: its principal. Everything but GET and HEAD must
 *      also carry the session's token in X-CSRF-Token;
 *   3. a process of hearth's own user, or root, on this machine, that is not a browser: the local owner.
 *
 * Otherwise 401. Of (1): what does not look like a key of ours (many clients insist on sending something) is no key when (3) holds. */
#ifndef API_AUTH_H
#define API_AUTH_H

#include "api/internal.h"

struct auth {
    const struct principal *who; /* NULL: nobody; valid until the next turn of the loop */
    bool by_cookie;
    char csrf[PEOPLE_SECRET_MAX]; /* of the session; "" without one */
};

/* OK, or ERR_DENIED and why: `e` is filled, headers (Retry-After, WWW-Authenticate) are added. A missing CSRF token is not looked at
 * when `reading` is true. */
int auth_check(struct api *a, struct http_exchange *x, bool reading, struct auth *ret, struct api_error *e);
/* Who is at the other end of the connection; looked up once a connection. `address` is the caller's memory. */
enum { AUTH_ADDRESS_BYTES = 64 };
struct people_visitor auth_visitor(struct http_exchange *x, char address[AUTH_ADDRESS_BYTES]);
/* What people said no with, as an error of the API. */
int auth_refuse(struct http_exchange *x, int code, uint32_t wait_s, struct api_error *e);

/* ---- headers: pure functions over bytes */
#define AUTH_COOKIE "hearth_session"
/* The token of "Bearer TOKEN"; {NULL, 0} for other schemes and for none. */
struct str auth_bearer(struct str header);
/* The next value of our cookie in a Cookie header, from which it and what stands before it are cut; false: there is none. */
bool auth_next_cookie(struct str *header, struct str *ret);

#endif
