/* Conversations as Markdown: for people to read, and for an import to read again.
 *
 * What a reader sees are headings and the texts as they were written. What hearth needs besides stands in HTML comments of one line
 * each, which Markdown does not show:
 *
 *     <!-- hearth:conversation {"version":1,"title":"…","created_ms":…, …} -->
 *     # TITLE
 *
 *     *TIME*
 *
 *     <!-- hearth:system -->                                             only when there is one
 *     ## System
 *
 *     TEXT
 *
 *     <!-- hearth:message {"role":"user","created_ms":…} -->             then an answer's, and so on
 *     ## You
 *
 *     <!-- hearth:attachment {"name":"…","final_newline":false} -->      any number
 *     *NAME*
 *
 *     ```
 *     TEXT
 *     ```
 *
 *     TEXT
 *
 *     <!-- hearth:calls {"calls":[{…}]} -->                              only after an answer with tool calls, or tools' results
 *     *NAME ARGUMENTS*
 *
 *     <!-- hearth:error {"text":"…"} -->                                 only after an answer that failed
 *     *ERROR*
 *
 * Invariants: a line that begins with "<!-- hearth:" is always such a mark. A line of a text that would look like one, perhaps behind
 * backslashes, gets one backslash more in front, which reading takes away again. A text ends before the last two line feeds
 * in front of the next mark or the end. Within marks < and > are written as \u003c and \u003e, so that no comment ends early. In a file
 * whose first line ends with CR LF every line does (an editor has converted it), and the CRs are dropped; CRs of other files
 * belong to their texts. The file has the branch that is shown and no other: what was edited away is not passed on by it. */
#ifndef TALK_MARKDOWN_H
#define TALK_MARKDOWN_H

#include <jansson.h>

#include "talk/exchange.h"

#define MARKDOWN_MARK "<!-- hearth:"

/* Messages as talk_messages gives them, with the texts of attachments. ERR_NOMEM; out->failed is the caller's to look at. */
int markdown_put(struct buf *out, const struct talk_conversation *c, const struct talk_message *m, size_t n, struct arena *a,
                 struct err *e);

/* An array of conversations in the form that import_hearth reads; the caller's. ERR_INVAL names the line and what was expected there;
 * ERR_LIMIT: more than TALK_IMPORT_VALUES_MAX values; ERR_NOMEM. */
int markdown_parse(struct str bytes, json_t **ret, struct err *e);

#endif
