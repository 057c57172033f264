/* The functions of the table's rows, by the file they are in, and what they share. */
#ifndef SKILL_FNS_H
#define SKILL_FNS_H

#include "skill/civil.h"
#include "skill/skill.h"
#include "skill/things.h"

skill_fn skill_hello, skill_who, skill_thanks, skill_bye, skill_help; /* fn_talk.c */
skill_fn skill_time, skill_timezone;                                  /* fn_time.c */
skill_fn skill_date, skill_date_diff, skill_calendar, skill_holiday;  /* fn_date.c */
skill_fn skill_calculate, skill_convert;                              /* fn_sum.c */
skill_fn skill_timer_set, skill_timer_list, skill_timer_cancel, skill_alarm_set, skill_alarm_list, skill_alarm_cancel, skill_reminder_set,
    skill_reminder_list, skill_reminder_cancel; /* fn_due.c */
skill_fn skill_note_add, skill_note_list, skill_note_search, skill_list_add, skill_list_show, skill_list_remove, skill_contact_add,
    skill_contact_find, skill_remember, skill_recall, skill_forget, skill_undo;                    /* fn_keep.c */
skill_fn skill_define, skill_synonyms, skill_spell, skill_country, skill_language, skill_currency; /* fn_words.c */
skill_fn skill_machine, skill_hearth_status;                                                       /* fn_machine.c */

/* A local time as a person reads it: "on Thursday, 26 November 2026 at 07:00", 2026年11月26日 星期四 07:00; near days by name. */
void put_when(const struct skill_call *c, struct civil at, bool with_time);
/* "1 h 5 min", 1小时5分钟 */
void put_duration(const struct skill_call *c, double seconds);
/* Begins the call's change, once. */
int begin_action(struct skill_call *c);
/* Without a store: says so, and true. */
bool no_store(struct skill_call *c);
/* The plain form of evaluation: small letters, no punctuation, no articles. In the arena. */
struct str plain_form(struct str s, struct arena *a);
/* How much of `query` a text has: from 0 to 1, by words of store/words.h, those that say nothing left out. */
double overlap(struct str query, struct str text);

#endif
