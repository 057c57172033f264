/* The assistant, as something that answers requests for the names `hearth` and `hearth/MODEL` (runtime_invite).
 *
 * A turn is a function of the conversation that the request carries: what was asked last, and what an answer was to, is understood again
 * from the messages before it (dialogue.h), so that branches, edits and any client's own history just work, and nothing is kept but
 * what a skill keeps in the store.
 *
 *   request ── last message ──► intents ──► job (skills, in one transaction) ──► text, done
 *                                  └── nothing here can answer: MODEL, or an honest sentence
 *
 * Everything here is on the loop thread; skills run on the worker pool. */
#ifndef ASSISTANT_ASSISTANT_H
#define ASSISTANT_ASSISTANT_H

#include "base/log.h"
#include "loop/loop.h"
#include "runtime/backend.h"
#include "runtime/runtime.h"
#include "skill/skill.h"

struct store;
struct kb;
struct assistant;

struct assistant_config {
    struct loop *loop;
    struct runtime *runtime;
    struct store *store; /* NULL: nothing can be kept */
    struct kb *kb;       /* NULL: there are no documents */
    const struct clock *clock;
    const struct log *log;
    const char *version, *models_dir, *data_dir;
    struct str zone;          /* empty: this machine's */
    struct skill_paths paths; /* zeroed: Debian's */
};
/* Invites itself to the runtime. */
int assistant_create(const struct assistant_config *c, struct assistant **ret, struct err *e);
/* After runtime_free and after the loop has ended. NULL is fine. */
void assistant_free(struct assistant *a);

/* What rings (due.h); NULL before it has begun. */
struct due;
struct due *assistant_due(struct assistant *a);
/* Nothing looks into the knowledge base any more: before it is closed. Waits for a search that runs. NULL is fine. */
void assistant_leave_kb(struct assistant *a);
/* Ends what rings: before loop_free. */
void assistant_stop(struct assistant *a);

#endif
