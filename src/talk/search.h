/* Conversations by words; between list.c and search.c. */
#ifndef TALK_SEARCH_H
#define TALK_SEARCH_H

#include "talk/talk.h"

int search_list(struct store_db *db, int64_t owner, const struct talk_query *q, struct arena *a, struct talk_page *ret, struct err *e);
/* n, id, title, folder, model, messages, created_ms, updated_ms */
int summary_read(struct store_stmt *st, struct arena *a, struct talk_conversation *ret, struct err *e);

#endif
