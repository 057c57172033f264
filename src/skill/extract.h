/* Reads the group `rest` of a pattern: slots that may stand in any order, such as the time and the text of a reminder. */
#ifndef SKILL_EXTRACT_H
#define SKILL_EXTRACT_H

#include "skill/grammar.h"

/* False: this skill has no such reader, or what is there contradicts itself. */
bool extract(const struct saying *s, struct intent *i, struct str rest);

/* "weeks", 个工作日: the unit in which days are counted. */
bool extract_unit(struct str text, struct intent *i);

#endif
