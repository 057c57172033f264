/* Times as people say them: "tomorrow at nine", 下周三下午三点半, "every weekday at 8", 半小时后, "the 15th", "a week from Friday".
 *
 * A text is scanned for parts (dates, times of day, parts of the day, offsets, recurrences) that stand beside each other; the parts are
 * collected, and only then resolved against now, since "nine" means something else beside "tonight". What relative times mean stands in
 * tests/eval/skills/README.md. */
#ifndef SKILL_WHEN_H
#define SKILL_WHEN_H

#include "skill/grammar.h"

enum when_part { PART_NONE, PART_DAWN, PART_MORNING, PART_NOON, PART_AFTERNOON, PART_EVENING, PART_MIDNIGHT };
enum { RULE_TEXT_MAX = 80 };

struct when {
    bool has_date, has_tod, bare, has_offset, has_rule, week_only;
    bool yearless; /* a date that comes every year */
    int64_t date;  /* day number */
    int week;      /* of "next week" that waits for a weekday: 1; no week: 0 */
    int tod_s;
    enum when_part part;
    double offset_s;
    int offset_days, offset_months; /* days and longer keep the time of day */
    char freq;                      /* of a rule: m h D W M Y */
    int interval, month_day, nth;   /* month_day -1: the last; nth of a weekday in the month, -1: the last */
    unsigned weekdays;              /* bits, Monday 1 */
};

struct whens; /* compiled, read only */
int whens_create(struct whens **ret, struct err *e);
void whens_free(struct whens *w); /* NULL is fine */

/* The longest expression that begins at `at`; its end, or `at` when there is none. */
size_t when_scan(const struct saying *s, struct str text, size_t at, struct when *ret);
/* All of `text`. */
bool when_read(const struct saying *s, struct str text, struct when *ret);
/* Takes expressions from the beginning and the end of each line of `text`, or else one from within; what is left, without the words that
 * joined them, is *ret_rest. False: there was none, and *ret_rest is the text. */
struct str when_trim(const struct saying *s, struct str t); /* without the words that join */
bool when_take(const struct saying *s, struct str text, struct when *ret, struct str *ret_rest);

/* The local time that it means; false when it names none (a part that contradicts another). `alarm`: a bare hour is a waking hour. */
bool when_instant(const struct saying *s, const struct when *w, bool alarm, struct civil *ret);
bool when_date(const struct saying *s, const struct when *w, int64_t *ret_day);
/* "FREQ=WEEKLY;BYDAY=MO,TU" */
struct str when_rule(const struct when *w, char text[RULE_TEXT_MAX]);

/* ---- durations */
struct durations;
int durations_create(struct durations **ret, struct err *e);
void durations_free(struct durations *d);
/* As when_scan. Months and years apart, since they have no length of their own. */
size_t duration_scan(const struct durations *d, struct str text, size_t at, double *ret_s, int *ret_months);
/* All of the text, without months. */
bool duration_read(const struct durations *d, struct str text, double *ret_s);

/* ---- rules that were written down */
struct rule {
    char freq;
    int interval, month_day, nth;
    unsigned weekdays;
};
bool rule_parse(struct str text, struct rule *ret);
/* The first time after `after` that the rule gives for something that began at `first`; false: never within 10 years. */
bool rule_next(const struct rule *r, struct civil first, struct civil after, struct civil *ret);
/* "every weekday", 每周一 */
void rule_say(const struct rule *r, bool zh, struct buf *out);

#endif
