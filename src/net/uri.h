/* Request targets (RFC 9112 §3.2) and query strings.
 *
 * Dot segments are refused rather than resolved: no client of ours sends them (browsers and curl resolve them first), and
 * a path that means what it says cannot be resolved differently by two readers. The check is made on the decoded path. */
#ifndef NET_URI_H
#define NET_URI_H

#include "base/arena.h"

struct uri {
    struct str authority; /* of the absolute form "http://host:port/…", otherwise empty */
    struct str path;      /* decoded; "/" for the form "*" */
    struct str query;     /* raw */
    bool asterisk;
};

/* ERR_INVAL for another form, malformed escapes, NUL, a fragment, "." or ".." segments; ERR_NOMEM. `target` must outlive ret;
 * the decoded path lies in the arena when it differs. */
int uri_parse(struct arena *a, struct str target, struct uri *ret);

#endif
