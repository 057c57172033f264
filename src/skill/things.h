/* What is kept for a person: reminders, alarms, timers, notes, items of lists, contacts, facts. One table, since they are undone, counted,
 * and erased alike. All within a transaction of the store.
 *
 * Nothing is changed in place. A change has a number (an action); rows that it made carry it as `born`, rows that it took away as `gone`,
 * and undoing it is deleting the former and reviving the latter. What is gone is erased after UNDO_KEEP_MS or UNDO_KEEP later changes. */
#ifndef SKILL_THINGS_H
#define SKILL_THINGS_H

#include "base/arena.h"
#include "store/store.h"

extern const struct store_schema skill_schema;

enum thing_kind { THING_REMINDER = 1, THING_ALARM, THING_TIMER, THING_NOTE, THING_ITEM, THING_CONTACT, THING_FACT };
struct thing {
    int64_t n; /* 0 in one that is to be added */
    int64_t owner;
    enum thing_kind kind;
    struct str name;  /* of a list, contact, fact or timer; may be empty */
    struct str text;  /* what it says */
    struct str extra; /* a contact's e-mail address */
    struct str first; /* of what has a time: its first local time, 2026-11-26T07:00 */
    struct str rule, zone;
    int64_t due_ms; /* 0: it has no time, or its time has been */
    int64_t created_ms;
};
enum {
    THINGS_PER_OWNER_MAX = 20000,
    THING_TEXT_MAX = 8 << 10,
    THINGS_SHOWN_MAX = 500,
    UNDO_KEEP = 20,
    UNDO_KEEP_MS = 24 * 3600 * 1000,
};

/* Begins a change: its number. */
int things_action(struct store_db *db, int64_t owner, const char *skill, int64_t now_ms, int64_t *ret, struct err *e);
/* ERR_LIMIT: too many, or too long. *ret_n may be NULL. */
int things_add(struct store_db *db, const struct thing *t, int64_t action, int64_t now_ms, int64_t *ret_n, struct err *e);
int things_remove(struct store_db *db, int64_t owner, int64_t n, int64_t action, struct err *e);
/* Of one kind, oldest first, or, with a time, soonest first; those that are not gone. At most THINGS_SHOWN_MAX. */
int things_list(struct store_db *db, int64_t owner, enum thing_kind kind, struct arena *a, struct thing **ret, size_t *ret_n,
                struct err *e);
/* Takes back the last change of the owner that can be: *ret_skill is whose it was, empty when there is none. */
int things_undo(struct store_db *db, int64_t owner, struct arena *a, struct str *ret_skill, struct err *e);

/* The same, but only if it was of that skill: for a correction. */
int things_undo_of(struct store_db *db, int64_t owner, const char *skill, struct arena *a, struct str *ret_skill, struct err *e);

/* ---- for whoever tells people (all owners) */
/* The soonest time there is; INT64_MAX: none. */
int things_next(struct store_db *db, int64_t *ret_due_ms, struct err *e);
/* What is due at `now_ms` or before; each then has its next time (`zoneinfo` finds its zone), or none. */
int things_take_due(struct store_db *db, const char *zoneinfo, int64_t now_ms, struct arena *a, struct thing **ret, size_t *ret_n,
                    struct err *e);

#endif
