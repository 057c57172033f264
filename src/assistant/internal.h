/* What the files of this room share. */
#ifndef ASSISTANT_INTERNAL_H
#define ASSISTANT_INTERNAL_H

#include <pthread.h>

#include "assistant/assistant.h"
#include "assistant/due.h"
#include "base/arena.h"
#include "base/link.h"
#include "gen/codec.h"
#include "skill/understand.h"
#include "store/store.h"

struct assistant {
    struct assistant_config c;
    struct skill_env *env;
    struct due *due;
    pthread_rwlock_t kb_lock; /* a search reads c.kb on a worker thread; assistant_leave_kb takes it away */
    size_t turns;             /* on their way, whoever asked */
};

/* ---- dialogue.c */
enum dialogue_act { DIALOGUE_NEW, DIALOGUE_ANSWERS, DIALOGUE_CORRECTS };
struct turn_meaning {
    struct intent intents[SKILL_INTENTS_MAX];
    size_t n; /* 0: nothing here can answer */
};
/* What the last message of a user means after those before it. */
enum dialogue_act dialogue_read(const struct skill_env *env, const struct gen_request *r, int64_t now_ms, struct arena *a,
                                struct turn_meaning *ret);

/* One backend of the runtime: the name `hearth`, or hearth/MODEL. */
struct backend {
    struct assistant *a;
    const struct backend_events *ev; /* NULL: destroyed; it is freed with its last turn */
    void *ctx;
    char *model; /* "" for `hearth` itself */
    struct link turns;
    struct timer *soon; /* what comes from the loop: LOADED, and `closed` */
    bool loaded, closing;
};

/* A request on its way. */
struct turn {
    struct backend *b;
    struct link link;
    struct arena arena;
    struct gen_request request; /* in the arena */
    bool canceled, zh;
    int64_t owner, now_ms;
    uint64_t begin_ns;
    struct skill_facts facts;
    struct turn_meaning meaning;
    enum dialogue_act act;
    struct buf answer;
    struct ticket *ticket; /* of the model that answers instead */
    uint32_t choices_done;
    bool telling; /* an event of it is on its way out */
    struct store_job job;
    int code;
    struct err err;
};

/* ---- backend.c */
void turn_text(struct turn *t, struct str text);
/* The answer is complete; the turn is gone afterwards. */
void turn_done(struct turn *t);
void turn_fail(struct turn *t, enum gen_fault fault, const char *sentence);

/* The model of hearth/MODEL answers the request as it is; its events go on as ours. */
int turn_hand_over(struct turn *t);

/* ---- turn.c */
/* Begins; ends with turn_done or turn_fail, never from within this call. ERR_NOMEM, ERR_FULL. */
int turn_start(struct turn *t);

/* ---- look_up.c: on a worker thread, within a transaction */
int look_up(struct turn *t, struct store_db *db, struct str question, struct err *e);

/* ---- honest.c: what is said when nothing here can answer */
void honest_answer(const struct turn *t, struct str said, struct buf *out);
/* Gathers what the skills may say about the program. */
void facts_gather(struct assistant *a, struct arena *arena, struct skill_facts *ret);

#endif
