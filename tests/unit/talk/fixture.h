/* A store of its own for each test, in a folder that goes with it. */
#ifndef TESTS_TALK_FIXTURE_H
#define TESTS_TALK_FIXTURE_H

#include "../check.h"
#include "talk/talk.h"

enum { ME = 1, OTHER = 2 };

struct fixture {
    char dir[64], key[80];
    struct store *store;
    struct loop *loop;
    struct arena arena;
    struct err err;
    int64_t now_ms; /* grows with each post */
};
int fixture_setup(void **state);
int fixture_teardown(void **state);
/* As a server that starts again. */
void fixture_reopen(struct fixture *f);

/* What follows runs in a transaction of its own and must succeed. */
struct talk_conversation new_conversation(struct fixture *f, int64_t owner, const char *title);
/* Parent NULL: the leaf; "": a new root. */
struct talk_message say(struct fixture *f, int64_t owner, struct str conversation, const char *parent, const char *text);
struct talk_task ask(struct fixture *f, int64_t owner, struct str conversation, const char *parent, const char *text);
void end_answer(struct fixture *f, const struct talk_task *t, const char *text, enum talk_state state);
/* One that ends with calls of tools. */
void end_with_calls(struct fixture *f, const struct talk_task *t, const struct talk_call *calls, size_t n, enum talk_state state);
struct talk_conversation get_conversation(struct fixture *f, int64_t owner, struct str id);
size_t get_messages(struct fixture *f, const struct talk_conversation *c, struct talk_message **ret);
struct talk_page list(struct fixture *f, int64_t owner, struct talk_query q);
struct talk_page find(struct fixture *f, int64_t owner, const char *words);
/* The full-text tables agree with the rows. */
void check_index(struct fixture *f);

/* Any function over a transaction, with its result. */
typedef int body_fn(struct fixture *f, struct store_db *db, void *ctx, struct err *e);
int with_db(struct fixture *f, body_fn *fn, void *ctx);

#endif
