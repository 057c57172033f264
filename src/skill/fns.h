/* The functions of the table's rows, by the file they are in. */
#ifndef SKILL_FNS_H
#define SKILL_FNS_H

#include "skill/skill.h"

skill_fn skill_hello, skill_who, skill_thanks, skill_bye, skill_help; /* fn_talk.c */
skill_fn skill_time, skill_calculate;

/* A local time as a person reads it: "Thursday, 26 November 2026 at 07:00", 2026年11月26日 星期四 07:00; near days by name. */
struct civil;
void put_when(const struct skill_call *c, struct civil at, bool with_time);

#endif
