/* Conversations in the store: trees of messages, each with an owner.
 *
 *   conversation ──leaf──► the end of the branch that is shown
 *     └── message (user) ── message (assistant)
 *                       └── message (assistant)        another answer to the same question
 *     └── message (user) …                             the first question, edited
 *
 * A message knows its parent; nothing is ever rewritten by an edit. Ids are 26 random characters (128 bits): they cannot be guessed,
 * and they say nothing of how much others have written. Inside the store rows are numbered, in the order in which they were made.
 *
 * The functions here run in a transaction of the store (store_read, store_write, store_job), so never on the loop thread. Every one
 * that is not about the whole store takes the owner and finds only that owner's rows: a foreign id is ERR_NOENT, like an
 * unknown one. Strings of results live in the caller's arena. Answers that are being written: answer.h. */
#ifndef TALK_TALK_H
#define TALK_TALK_H

#include "base/arena.h"
#include "base/buf.h"
#include "gen/request.h"
#include "store/store.h"

enum {
    TALK_ID_LEN = 26,
    TALK_TITLE_CHARS = 80, /* of a title made from a message */
    TALK_TITLE_BYTES_MAX = 1000,
    TALK_FOLDER_BYTES_MAX = 200,
    TALK_MODEL_BYTES_MAX = 256,
    TALK_SYSTEM_BYTES_MAX = 1 << 20,
    TALK_CONTENT_BYTES_MAX = 4 << 20, /* of one message, also of one that is being written */
    TALK_MESSAGES_MAX = 10000,        /* of one conversation, all branches */
    TALK_ATTACHMENTS_MAX = 32,        /* of one message */
    TALK_ATTACHMENT_BYTES_MAX = 8 << 20,
    TALK_ATTACHMENT_NAME_MAX = 255,
    TALK_PAGE_MAX = 200, /* conversations of one list */
    TALK_PRESETS_MAX = 1000,
    TALK_PRESET_NAME_MAX = 200,
    TALK_QUERY_BYTES_MAX = 1000,
    TALK_READ_BYTES_MAX = 512 << 20, /* what an arena for one conversation may hold */
    TALK_SETTINGS_BYTES_MAX = 1 << 20,
};

extern const struct store_schema talk_schema;

/* TALK_TOOL: what came of the calls that its parent, an answer, ends with. */
enum talk_role { TALK_USER, TALK_ASSISTANT, TALK_TOOL, TALK_ROLE_COUNT };
enum talk_state {
    TALK_DONE,
    TALK_WRITING,
    TALK_STOPPED,     /* by the person */
    TALK_LENGTH,      /* by a limit */
    TALK_FAILED,      /* `error` says why */
    TALK_INTERRUPTED, /* by the end of the server */
    TALK_STATE_COUNT,
};
extern const char *const talk_role_names[TALK_ROLE_COUNT];
extern const char *const talk_state_names[TALK_STATE_COUNT];

struct talk_conversation {
    int64_t n;
    struct str id, title;
    struct str folder, model; /* ptr NULL: none */
    struct str system;
    struct str settings; /* a JSON object that talk_settings_read has made */
    struct str leaf;     /* ptr NULL: none */
    struct str snippet;  /* of a search: matches stand between \u0002 and \u0003; ptr NULL: none */
    int64_t created_ms, updated_ms, messages;
};

struct talk_attachment {
    struct str name, text; /* text.ptr NULL: not asked for */
    int64_t bytes;
    int64_t tokens; /* -1: not known */
};

/* Of an answer a call that the model has asked for, of a tool's message what came of one. */
struct talk_call {
    struct str id, name;
    struct str text; /* arguments, JSON text; it is cut when the answer was. Or the result, any text */
};

struct talk_usage {
    uint32_t prompt_tokens, cached_tokens, completion_tokens;
    float first_ms, decode_ms; /* from the question to the first token; from there to the last */
};

struct talk_message {
    int64_t n;
    struct str id, parent; /* parent.ptr NULL: a root */
    enum talk_role role;
    enum talk_state state;
    struct str content;
    struct str model, error, reasoning; /* ptr NULL: none */
    int rating;                         /* -1, 0, 1 */
    int64_t created_ms;
    const struct talk_attachment *attachments;
    size_t n_attachments;
    const struct talk_call *calls;
    size_t n_calls;
    bool has_usage;
    struct talk_usage usage;
};

/* ---- conversation.c */

/* What a person may set; ptr NULL leaves a text alone, an empty folder or model takes it away. */
struct talk_patch {
    struct str title, folder, model, system, settings, leaf;
};
int talk_create(struct store_db *db, int64_t owner, const struct talk_patch *p, int64_t now_ms, struct arena *a,
                struct talk_conversation *ret, struct err *e);
int talk_get(struct store_db *db, int64_t owner, struct str id, struct arena *a, struct talk_conversation *ret, struct err *e);
/* ERR_NOENT also for a leaf that is no message of this conversation. */
int talk_update(struct store_db *db, int64_t owner, struct str id, const struct talk_patch *p, struct arena *a,
                struct talk_conversation *ret, struct err *e);
int talk_delete(struct store_db *db, int64_t owner, struct str id, struct err *e);
/* At most `max` of them; *ret_left says whether there are more, so that nobody holds the writer for long. */
int talk_delete_some(struct store_db *db, int64_t owner, size_t max, bool *ret_left, struct err *e);
/* Those of all owners that nothing was added to since then. */
int talk_delete_older(struct store_db *db, int64_t before_ms, size_t max, bool *ret_left, struct err *e);

struct talk_folder {
    struct str name;
    int64_t conversations;
};
int talk_folders(struct store_db *db, int64_t owner, struct arena *a, struct talk_folder **ret, size_t *ret_n, struct err *e);

/* The first sentence or line of a text, without Markdown's marks, cut at a word; "" when nothing is left. */
struct str talk_title_of(struct str text, struct arena *a);

/* ---- list.c, search.c */

struct talk_query {
    struct str q;      /* words; empty: all, newest first */
    struct str folder; /* ptr NULL: any */
    struct str before; /* a former page's `next`, or empty */
    size_t limit;      /* 1 … TALK_PAGE_MAX */
};
struct talk_page {
    struct talk_conversation *items; /* without system, settings and leaf */
    size_t n;
    struct str next; /* ptr NULL: this is the end */
    int64_t total;   /* of a search: as far as it was looked */
};
/* ERR_INVAL for a `before` that is none. */
int talk_list(struct store_db *db, int64_t owner, const struct talk_query *q, struct arena *a, struct talk_page *ret, struct err *e);

/* ---- message.c */

/* All messages of a conversation, oldest first. */
int talk_messages(struct store_db *db, const struct talk_conversation *c, bool with_texts, struct arena *a, struct talk_message **ret,
                  size_t *ret_n, struct err *e);
/* With the attachments' texts. */
int talk_message(struct store_db *db, int64_t owner, struct str conversation, struct str id, struct arena *a, struct talk_message *ret,
                 struct err *e);
int talk_rate(struct store_db *db, int64_t owner, struct str conversation, struct str id, int rating, struct err *e);

/* ---- post.c: what begins an answer */

/* All that a model must be told, in memory of the arena. */
struct talk_task {
    int64_t owner, conversation_n;
    struct str conversation; /* its id */
    struct talk_message answer;
    struct str model;    /* the one to ask; "": the default one */
    struct str settings; /* JSON */
    const struct gen_message *messages;
    size_t n_messages;
    bool continued; /* the last message is to be continued; answer.content is its text */
};

struct talk_post {
    struct str content;
    struct str parent; /* ptr NULL: see has_parent */
    bool has_parent;   /* false: the leaf is the parent; true and parent.ptr NULL: a new root */
    const struct talk_attachment *attachments;
    size_t n_attachments;
    const struct talk_call *results; /* of all calls of the parent, by their ids; content and attachments are then empty */
    size_t n_results;
    bool answer;              /* an answer's row is made, too */
    struct str model;         /* of this answer; "": the conversation's */
    struct str default_model; /* when neither has one; may be "" */
};
/* ERR_LIMIT: the conversation is full; ERR_AGAIN: the parent is still being written; ERR_INVAL: the results are not those of its calls.
 * `ret_task` (for `answer`) may be NULL. */
int talk_post(struct store_db *db, int64_t owner, struct str conversation, const struct talk_post *p, int64_t now_ms, struct arena *a,
              struct talk_message *ret, struct talk_task *ret_task, struct err *e);

struct talk_again {
    struct str parent;    /* a user's or a tool's message that is to be answered again; or */
    struct str continued; /* an answer at the end of its branch that is to go on */
    struct str model, default_model;
};
/* ERR_INVAL when the message is not of that kind. */
int talk_again(struct store_db *db, int64_t owner, struct str conversation, const struct talk_again *g, int64_t now_ms, struct arena *a,
               struct talk_task *ret, struct err *e);

/* What a model reads of a user's message: each attached text, and then the words.
 *
 *     <file name="NAME">
 *     TEXT
 *     </file>
 *
 *     CONTENT                                                                                  */
struct str talk_render(const struct talk_message *m, struct arena *a);

/* ---- holding.c: how much an owner keeps (invariant 4 of schema.c) */
int talk_holding(struct store_db *db, int64_t owner, uint64_t *ret_bytes, struct err *e);
/* ERR_QUOTA when this transaction has made it more than `before`, and more than bytes_max. */
int talk_held(struct store_db *db, int64_t owner, uint64_t before, uint64_t bytes_max, struct err *e);

/* ---- writing.c: rows in state `writing`; only answer.c and the start of the server call these */
int talk_write_text(struct store_db *db, int64_t message_n, struct str text, struct err *e);
struct talk_end {
    enum talk_state state;
    struct str text, error, model, reasoning;
    const struct talk_call *calls;
    size_t n_calls;
    bool has_usage;
    struct talk_usage usage;
};
/* The row's last text and state; nothing happens to a row that is gone or ended already. */
int talk_write_end(struct store_db *db, int64_t message_n, const struct talk_end *end, int64_t now_ms, struct err *e);
/* After a crash: rows that nobody writes any more become `interrupted`, with the text they had. */
int talk_recover(struct store_db *db, int64_t *ret_n, struct err *e);

/* ---- preset.c */
struct talk_preset {
    struct str id, name, system, settings;
};
int talk_presets(struct store_db *db, int64_t owner, struct arena *a, struct talk_preset **ret, size_t *ret_n, struct err *e);
int talk_preset_create(struct store_db *db, int64_t owner, const struct talk_preset *p, struct arena *a, struct talk_preset *ret,
                       struct err *e);
/* ptr NULL leaves a text alone. */
int talk_preset_update(struct store_db *db, int64_t owner, struct str id, const struct talk_preset *p, struct arena *a,
                       struct talk_preset *ret, struct err *e);
int talk_preset_delete(struct store_db *db, int64_t owner, struct str id, struct err *e);

/* ---- calls.c */
/* Calls as their column has them, "" for none; ptr NULL without memory. */
struct str talk_calls_text(const struct talk_call *c, size_t n, struct arena *a);
/* And back. ERR_CORRUPT, ERR_NOMEM. */
int talk_calls_of(struct str text, struct arena *a, const struct talk_call **ret, size_t *ret_n);
/* Its arguments are whole: it can be answered, and be told to a model. */
bool talk_call_whole(const struct talk_call *c);

/* 26 characters of a–z and 2–7; ERR_IO when the kernel has no random bytes. */
int talk_id(struct arena *a, struct str *ret);

#endif
