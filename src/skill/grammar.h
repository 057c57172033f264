/* What a slot's words mean: each type of slot has a grammar that reads a whole text, in English or Chinese. */
#ifndef SKILL_GRAMMAR_H
#define SKILL_GRAMMAR_H

#include "skill/civil.h"
#include "skill/skill.h"

struct cleaner;
struct whens;
struct durations;
struct rx;
/* Everything that is compiled once. */
struct grammar {
    struct cleaner *cleaner;
    struct whens *whens;
    struct durations *durations;
    struct rx **rows; /* [n_rows], in the order of understand.c's tables */
    size_t n_rows;
    struct rx *split, *month, *article, *no_list, *items, *since, *number, *gap, *units_head, *units_are, *units_into, *units_tail, *phone,
        *email, *contact_words, *spaces, *fact; /* see understand.c */
};

/* When and where something is said. */
struct saying {
    const struct skill_env *env;
    int64_t now_ms;
    struct civil now; /* in the home zone */
    bool zh;
    const struct skill *skill;
    struct arena *arena; /* what slots point into */
};
struct saying saying_make(const struct skill_env *env, int64_t now_ms, bool zh, struct arena *a);

/* The whole of `text`, or false. */
bool grammar_read(const struct saying *s, const struct slot_def *def, struct str text, struct slot *ret);

#endif
