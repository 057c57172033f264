/* What the files of this room share about rows. */
#ifndef TALK_ROWS_H
#define TALK_ROWS_H

#include "talk/talk.h"

/* Words folded, and pairs of Chinese, Japanese and Korean characters (store/words.h). */
#define TALK_TOKENIZE "tokenize = 'hearth'"

/* A column as a slice in the arena. Failure is sticky in *rc, so that a row is read whole and checked once. */
struct str row_str(struct arena *a, struct store_stmt *st, int column, int *rc);
/* Texts of NOT NULL columns: a slice without bytes may have no pointer either. */
static inline struct str row_text(struct str s)
{
    return s.ptr ? s : (struct str){"", 0};
}
/* Nullable ones: an empty text means none. */
static inline struct str row_maybe(struct str s)
{
    return s.len ? s : (struct str){0};
}

/* An array in an arena that doubles; what it outgrows stays in the arena until its end. */
void *row_grow(struct arena *a, void *items, size_t n, size_t size);

/* A step that must find a row: ERR_NOENT with "there is no WHAT of that id". */
int row_must(struct store_db *db, struct store_stmt *st, const char *what, struct err *e);

/* The conversation's row number. */
int conversation_find(struct store_db *db, int64_t owner, struct str id, int64_t *ret_n, struct err *e);
/* A message of that conversation by id. */
int message_find(struct store_db *db, int64_t conversation_n, struct str id, int64_t *ret_n, struct err *e);
int message_by_n(struct store_db *db, int64_t n, struct arena *a, struct talk_message *ret, struct err *e);

/* ---- the index */
int index_message(struct store_db *db, int64_t n, struct err *e);
int unindex_message(struct store_db *db, int64_t n, struct err *e);
int index_title(struct store_db *db, int64_t n, struct err *e);
int unindex_title(struct store_db *db, int64_t n, struct err *e);

/* A message's row and its attachments; its place in the index, unless it is being written. Counting is the caller's. */
int message_insert(struct store_db *db, int64_t conversation_n, int64_t parent_n, struct talk_message *m, struct arena *a, struct err *e);
/* A conversation's row with everything of *c, and its origin (ptr NULL: none). Fills c->n and, when empty, c->id. */
int conversation_insert(struct store_db *db, int64_t owner, struct talk_conversation *c, struct str origin, struct arena *a, struct err *e);
/* The messages of *c were added: count, leaf, time. */
int conversation_grown(struct store_db *db, int64_t n, int64_t added, int64_t leaf_n, int64_t now_ms, struct err *e);

#endif
