/* XML by expat. Names come without their prefixes; a document type with entities of its own is refused, since nothing that is read has one.
 */
#ifndef DOC_XML_H
#define DOC_XML_H

#include "base/err.h"
#include "base/str.h"

struct xml_events { /* any may be NULL */
    void (*begin)(void *ctx, struct str name, const char *const *attributes);
    void (*end)(void *ctx, struct str name);
    void (*text)(void *ctx, struct str s);
    bool (*enough)(void *ctx); /* true ends the parsing, which then is OK */
};
/* ERR_CORRUPT with a sentence; `what` names the part. Depth is bounded by XML_DEPTH_MAX. */
enum { XML_DEPTH_MAX = 1000 };
int xml_parse(struct str bytes, const struct xml_events *ev, void *ctx, const char *what, struct err *e);

/* The value of an attribute by its name without prefix; "" when there is none. */
struct str xml_attribute(const char *const *attributes, struct str name);

#endif
