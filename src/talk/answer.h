/* Answers that live on the server. Everything is on the loop thread.
 *
 *   talk_post's task ── answers_start ──► WRITING ── end, error, stop ──► SAVING ── on the disk ──► OVER ── no listener left ──► freed
 *                                           │  ▲
 *                                           └──┘ the text goes to the store about once a second
 *
 * The text is kept whole in memory as long as the answer lives, so a listener is a place in that text: it is told that there is
 * more and takes what it can. A slow listener costs nothing but its place; nobody's buffer grows with it. An answer goes on when
 * nobody listens. What listeners hear as `over` is on the disk, unless the disk refuses for SAVE_TRIES seconds: then the
 * answer ends as failed and says so.
 *
 * A crash leaves rows in state `writing` with the text of the last second; talk_recover makes them `interrupted` at the next start. */
#ifndef TALK_ANSWER_H
#define TALK_ANSWER_H

#include "base/link.h"
#include "base/log.h"
#include "people/people.h"
#include "runtime/runtime.h"
#include "talk/talk.h"

enum {
    ANSWERS_MAX = 256, /* at once, of all principals */
    ANSWERS_PER_PRINCIPAL_MAX = 16,
    ANSWER_LISTENERS_MAX = 64,
    ANSWER_SAVE_MS = 1000,
    ANSWER_SAVE_TRIES = 5,
};

struct answers;
struct answer;

struct answers_config {
    struct loop *loop;
    struct store *store;
    struct runtime *runtime;
    struct people *people; /* whose admission is released at the end; NULL: nobody counts */
    const struct clock *clock;
    const struct log *log;
    uint32_t max_tokens_default; /* 0: what the context leaves */
    /* An answer has been written, or has ended otherwise; `m` has its usage and state, and lives during the call. May be NULL. */
    void (*over)(void *ctx, int64_t owner, const struct talk_message *m, enum talk_state state, uint32_t took_ms);
    void *over_ctx;
    uint32_t retention_days; /* conversations that nothing was added to for so long are erased, looked at daily; 0: never */
};
/* Makes what a crash left writing `interrupted` (blocking: at start). */
int answers_create(const struct answers_config *c, struct answers **ret, struct err *e);
/* After the loop has ended and before it is freed, and before runtime and store: what is being written is saved as `interrupted`
 * (blocking). NULL is fine. */
void answers_free(struct answers *s);

/* ERR_FULL: too many answers are being written, by this principal or by all; ask before rows are made. */
int answers_room(const struct answers *s, int64_t owner, struct err *e);
/* Begins. The task is copied. When the model cannot take the request the answer ends as `failed`, with the reason. An admission by
 * people_admit becomes the answer's. ERR_NOMEM only. */
int answers_start(struct answers *s, const struct talk_task *t, struct answer **ret);
/* The one that is being written, or NULL. A foreign one is not found. */
struct answer *answers_find(const struct answers *s, int64_t owner, struct str conversation, struct str message);
/* Stops what is being written in a conversation that is about to be erased (empty: in all of the owner's). */
void answers_drop(struct answers *s, int64_t owner, struct str conversation);

enum answer_phase { ANSWER_QUEUED, ANSWER_LOADING, ANSWER_READING, ANSWER_WRITES, ANSWER_SAVING, ANSWER_OVER };
struct answer_news {
    enum answer_phase phase;
    uint32_t position;         /* QUEUED; 0: next */
    float progress;            /* LOADING */
    uint32_t done, total;      /* READING: tokens */
    uint32_t version;          /* grows with each change of the above */
    uint64_t pieces;           /* WRITES, and from then on: of thoughts, text and calls, about as many as tokens */
    float first_ms, decode_ms; /* from the question to the first of them; from there to the last */
};
const struct answer_news *answer_news(const struct answer *a);
/* Everything so far, whole characters; valid until the next turn of the loop. */
struct str answer_so_far(const struct answer *a);
/* What it has thought so far, in the same way. */
struct str answer_thoughts(const struct answer *a);
/* The calls of tools so far; the last one may still grow. */
size_t answer_n_calls(const struct answer *a);
struct talk_call answer_call(const struct answer *a, size_t i);
/* The message as it is now; its content is answer_so_far. Final once the phase is OVER. */
const struct talk_message *answer_message(const struct answer *a);
/* Ends it as `stopped`, with the text it has. */
void answer_stop(struct answer *a);

/* Hears that something has changed: more text, news, the end. May take itself out, and nothing else. */
struct answer_listener {
    void (*heard)(struct answer_listener *l, struct answer *a);
    struct link link; /* private */
    struct answer *of;
};
/* ERR_FULL. The listener's memory is the caller's until answer_unlisten; it hears nothing from within this call. */
int answer_listen(struct answer *a, struct answer_listener *l);
/* The answer may be gone afterwards. A listener that listens to nothing (zeroed) is fine. */
void answer_unlisten(struct answer_listener *l);

#endif
