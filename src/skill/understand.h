/* From words to intents: patterns first (rows of rows_*.c), each the whole of an utterance with groups that a slot's grammar must read;
 * then the classifier. Pure, and about a millisecond. */
#ifndef SKILL_UNDERSTAND_H
#define SKILL_UNDERSTAND_H

#include "skill/skill.h"

/* One utterance with one action, at env's time. False: nothing here can answer it. Texts of slots are in the arena. */
bool understand(const struct skill_env *env, struct str text, int64_t now_ms, struct arena *a, struct intent *ret);
/* The same for "… and …": up to SKILL_INTENTS_MAX, in order; 0: nothing. An utterance of which only a part is understood is none. */
size_t understand_all(const struct skill_env *env, struct str text, int64_t now_ms, struct arena *a, struct intent ret[SKILL_INTENTS_MAX]);
/* A slot alone, as the answer to a question for it. */
bool understand_slot(const struct skill_env *env, const struct skill *skill, const struct slot_def *def, struct str text, int64_t now_ms,
                     struct arena *a, struct slot *ret);

/* Of an instant that is corrected: "at nine" keeps the old one's day, "Friday" its hour. `said` are the words, `fresh` what it means
 * alone. */
struct str understand_merge(const struct skill_env *env, struct str old, struct str said, struct str fresh, int64_t now_ms,
                            struct arena *a);

/* The patterns, compiled; part of the environment. */
int grammars_create(struct grammar **ret, struct err *e);
void grammars_free(struct grammar *g); /* NULL is fine */

#endif
