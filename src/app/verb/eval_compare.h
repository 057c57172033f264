/* Do understood slots agree with those of a case? The rules stand in tests/eval/skills/README.md, "How they are compared". */
#ifndef APP_VERB_EVAL_COMPARE_H
#define APP_VERB_EVAL_COMPARE_H

#include <jansson.h>

#include "skill/skill.h"

bool eval_slots_agree(const struct skill_env *env, int64_t now_ms, const struct intent *got, const json_t *want, struct arena *a);

#endif
