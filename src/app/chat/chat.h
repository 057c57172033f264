/* `hearth chat`: a conversation of the server, shown and continued on a terminal (or, line by line, through a pipe).
 *
 *   chat.c      the loop: a line is a command or a message        line.c       libedit
 *   command.c   the table of commands                             multiline.c  messages of several lines
 *   talk.c      conversations of the server                       answer.c     an answer while it is being written
 *   choose.c    which model, and what Tab offers                  list.c       lists of conversations
 *   ask.c       `hearth ask`: one question, no conversation       output.c     Markdown on a terminal, bytes in a pipe
 *   pace.c      how fast an answer comes
 *
 * Everything lasting is on the server: the page shows the same conversations. */
#ifndef APP_CHAT_CHAT_H
#define APP_CHAT_CHAT_H

#include "app/chat/line.h"
#include "app/client.h"

enum { CHAT_ID_MAX = 64, CHAT_NAME_MAX = 256, CHAT_PATH_MAX = 1024 };

struct chat {
    struct app *app;
    struct client *client;
    struct line *line; /* NULL: input comes from a pipe */
    bool tty;          /* output goes to a terminal */
    bool stats;        /* say the speed after each answer */
    bool stopped;      /* the last answer, by Ctrl-C */
    bool quit;
    int code; /* of the program */

    char model[CHAT_NAME_MAX]; /* empty: the server's own */
    char id[CHAT_ID_MAX];      /* of the conversation; empty: not begun */
    char title[CHAT_NAME_MAX];
    json_t *system;      /* string */
    json_t *settings;    /* object */
    json_t *branch;      /* messages that are shown, oldest first */
    json_t *files;       /* attachments of the next message: {"name", "text"} */
    json_t *models;      /* of the server */
    json_t *listed;      /* the conversations of the last list, for /load N */
    json_t *edit_parent; /* the next message takes the place of one that had this parent; or NULL */
};

/* The whole of it; a->args say how. Returns an exit code. */
int chat_run(struct app *a);
/* What `hearth chat` and `hearth ask` have in common: a server and its models. `model` may be NULL. */
int chat_init(struct chat *c, struct app *a, const char *model, struct err *e);
void chat_deinit(struct chat *c);
/* --system and --set. */
int chat_take_options(struct chat *c, struct err *e);
/* Opens a conversation and shows its end. */
int chat_open(struct chat *c, struct str id, struct err *e);
/* The file's text goes along with the next message. */
int chat_read_file(struct chat *c, const char *file, struct err *e);

/* ---- talk.c. All of these print nothing; the sentence is ready for a person. */
/* Forgets the conversation (the server keeps it): the next message begins another. */
void talk_new(struct chat *c);
int talk_open(struct chat *c, struct str id, struct err *e);
/* The newest conversation's id; ERR_NOENT. */
int talk_newest(struct chat *c, char ret_id[CHAT_ID_MAX], struct err *e);
/* Begins the conversation on the server, if that has not happened. */
int talk_begin(struct chat *c, struct err *e);
/* Sends a message, with the attachments, in answer to `parent` (NULL: the end of the branch; json_null: a new beginning), and shows the
 * answer. */
int talk_say(struct chat *c, struct str text, const json_t *parent, struct err *e);
/* Another answer to the last question. ERR_NOENT: there is none. */
int talk_retry(struct chat *c, struct err *e);
/* Changes one field of the conversation, if it has begun. */
int talk_change(struct chat *c, const char *field, json_t *value, struct err *e);
/* The last message of this role ("user", "assistant"), or NULL. */
const json_t *talk_last(const struct chat *c, const char *role);

/* ---- answer.c */
/* Follows an answer of the conversation to its end, and replaces *message (which was the beginning of it) by what it became. Ctrl-C stops
 * the answer, which is no error. */
int answer_follow(struct chat *c, json_t **message, struct err *e);
/* A message of before, as it was shown then. */
void answer_show(struct chat *c, struct str text);
/* The calls of tools that an answer asks for, or what came of them; a line for each. */
void answer_show_calls(const struct chat *c, const json_t *message);
/* One line about how fast it was; nothing when it is not known. */
void answer_stats(const struct chat *c, const json_t *message);

/* ---- choose.c */
int choose_models(struct chat *c, struct err *e);
/* The name of a model of the server that `wanted` (a name, its beginning, a file) means, or NULL. */
const char *choose_model(const struct chat *c, const char *wanted);
void choose_complete(void *ctx, struct str text, size_t *ret_from, struct line_choices *ret);

/* ---- list.c */
int list_conversations(struct chat *c, struct str words, struct err *e);
/* The id that N, an id or some words of the title mean. ERR_NOENT with a sentence. */
int list_find(struct chat *c, struct str which, char ret_id[CHAT_ID_MAX], struct err *e);

/* ---- command.c */
struct command {
    const char *name, *usage;
    struct bilingual help;
    int (*run)(struct chat *c, struct str rest, struct err *e);
    /* What Tab offers for what follows: NULL, or a function that adds all there is. */
    void (*choices)(const struct chat *c, struct line_choices *ret);
};
extern const struct command commands[]; /* ends with a NULL name */
/* Whether the line is one ("/" and a word), and what follows its name. */
bool command_split(struct str line, struct str *ret_name, struct str *ret_rest);
const struct command *command_find(struct str name);
/* Runs it; complaints are printed. */
void command_run(struct chat *c, struct str name, struct str rest);
/* One setting by its text; NULL value: back to the default. */
int command_set(struct chat *c, struct str name, struct str value, struct err *e);

/* ---- saying things; all of them on the terminal's own stream */
void chat_note(const struct chat *c, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* dim, standard error in a pipe */
/* What came from the server, made harmless. */
void chat_put(const struct chat *c, struct str text);
const char *chat_style(const struct chat *c, const char *code); /* "\033[1m", or "" without colour */

#endif
