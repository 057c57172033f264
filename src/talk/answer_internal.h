/* Between answer.c and answers.c. */
#ifndef TALK_ANSWER_INTERNAL_H
#define TALK_ANSWER_INTERNAL_H

#include "talk/answer.h"

/* A call as it is written; its arguments go from `begin` in answer.arguments to where the next call begins. */
struct answer_call {
    struct str id, name;
    size_t begin;
};

struct save;
struct save_erase;
struct answer {
    struct answers *set; /* NULL: the server has ended */
    struct link link, listeners;
    struct arena arena; /* the strings of `message` */
    int64_t owner;
    struct str conversation;
    struct talk_message message;
    struct buf text, reasoning, arguments;
    struct answer_call calls[GEN_TOOL_CALLS_MAX];
    size_t n_calls;
    struct ticket *ticket;
    struct answer_news news;
    enum talk_state end_state;
    uint64_t begin_ns;
    struct save *saving; /* on its way to the store; at most one */
    unsigned tries;
    bool dirty; /* text that is not on its way to the store yet */
    bool admitted;
    int busy;
};

struct answers {
    struct answers_config c;
    struct link all;
    size_t n;
    struct timer *ticks, *days;
    bool ticking;
    struct save_erase *erase;
};

/* answers.c: brings the answer's present state to the store; at its end answer_saved follows. */
void answer_save(struct answer *a);
/* answer.c: its memory. */
void answer_free(struct answer *a);
/* answer.c: it is on the disk, or cannot be brought there. */
void answer_saved(struct answer *a);
/* Makes the clock of saving run while there is something to save. */
void answers_tick(struct answers *s);

/* answer.c: the calls so far as a message has them, in the arena. Their texts are the answer's. ERR_NOMEM. */
int answer_calls(const struct answer *a, struct arena *arena, const struct talk_call **ret, size_t *ret_n);

#endif
