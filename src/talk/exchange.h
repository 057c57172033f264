/* Conversations out and in.
 *
 * Out: hearth's own JSON, {"format": "hearth.conversations", "version": 1, "conversations": [ whole conversations with the texts of
 * their attachments ]}, which keeps everything; or Markdown for people (markdown.h), which has the branch that is shown. Texts go out
 * as they are, with whatever control and direction characters they have: a file is a copy, and what shows it makes them harmless.
 *
 * In: both of these, and ChatGPT's conversations.json. JSON is a tree of nodes that name their parents, in any order. What comes
 * from a file is hostile: parents may be missing or go in circles, anything may be of another type or size. Nodes that are
 * neither a person's nor the assistant's words (system, tools, pictures without words) are left out and their children move up. A
 * conversation that was imported before, or that is one of the owner's own, is skipped. */
#ifndef TALK_EXCHANGE_H
#define TALK_EXCHANGE_H

#include "talk/talk.h"

enum {
    TALK_IMPORT_BYTES_MAX = 256 << 20,
    TALK_IMPORT_VALUES_MAX = 4 << 20, /* of the JSON: each costs some 60 bytes */
    TALK_SKIPPED_MAX = 100,           /* that are told one by one */
};

enum talk_format { TALK_JSON, TALK_MARKDOWN };

/* ---- export.c: text is appended to `out` */
void talk_export_begin(enum talk_format f, struct buf *out);
void talk_export_end(enum talk_format f, struct buf *out);
int talk_export_one(struct store_db *db, int64_t owner, struct str id, enum talk_format f, struct buf *out, struct err *e);
struct talk_export {
    enum talk_format format;
    int64_t after_n; /* the last one that was written */
    bool begun, ended;
};
/* Some more conversations, in the order they were made: until there are bytes_about of them, or x->ended. With beginning and end. */
int talk_export_some(struct store_db *db, int64_t owner, struct talk_export *x, size_t bytes_about, struct buf *out, struct err *e);

/* ---- import.c */
struct talk_skipped {
    char title[100], reason[200];
};
struct talk_import_result {
    int64_t conversations, messages, n_skipped;
    struct talk_skipped skipped[TALK_SKIPPED_MAX]; /* the first of them */
};
struct talk_import;
/* Parses; on any thread. The bytes are no longer needed afterwards. ERR_INVAL: it is none of the forms; ERR_LIMIT. */
int talk_import_open(struct str bytes, struct talk_import **ret, struct err *e);
void talk_import_free(struct talk_import *i); /* NULL is fine */
/* The next conversations, about `messages_max` messages: others write in between. */
int talk_import_some(struct store_db *db, int64_t owner, struct talk_import *i, int64_t now_ms, size_t messages_max, bool *ret_left,
                     struct err *e);
const struct talk_import_result *talk_import_result(const struct talk_import *i);
void talk_import_put(struct buf *out, const struct talk_import_result *r); /* as JSON */

#endif
