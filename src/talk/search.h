/* Conversations by words, and rows of lists; between list.c, search.c and conversation.c. */
#ifndef TALK_SEARCH_H
#define TALK_SEARCH_H

#include "talk/talk.h"

int search_list(struct store_db *db, int64_t owner, const struct talk_query *q, struct arena *a, struct talk_page *ret, struct err *e);
/* The first columns of a row, of the table named before them ("" or "c."). */
#define SUMMARY_COLUMNS(t) t "n, " t "id, " t "title, " t "folder, " t "model, " t "messages, " t "created_ms, " t "updated_ms"
enum { SUMMARY_N = 8 };
int summary_read(struct store_stmt *st, struct arena *a, struct talk_conversation *ret, struct err *e);

#endif
