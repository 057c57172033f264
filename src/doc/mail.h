/* Pieces of MIME (RFC 2045–2047): header fields, encoded words, transfer encodings. */
#ifndef DOC_MAIL_H
#define DOC_MAIL_H

#include "base/buf.h"

/* The field's value, unfolded, in `out` (cleared before); false: there is none. Fields are searched in `head`, the lines before the empty
 * one. */
bool mail_field(struct str head, struct str name, struct buf *out);
/* Cuts an entity into its head and its body. */
void mail_split(struct str entity, struct str *ret_head, struct str *ret_body);
/* The first part of a field's value ("text/plain"), and one of its parameters, without quotes. */
struct str mail_value(struct str field);
bool mail_parameter(struct str field, struct str name, struct buf *out);
/* "=?gb2312?B?…?=" becomes UTF-8. */
void mail_words(struct str s, struct buf *out);
/* base64, quoted-printable or neither. */
void mail_decode(struct str body, struct str encoding, struct buf *out);

#endif
