/* Skills: what the assistant can do by itself, as rows of a table (table.c). A turn is understood as intents (understand.h), each a skill
 * with slots in their canonical form (tests/eval/skills/README.md says which), and an intent is carried out by its skill's function. A
 * large model that calls a skill as a tool brings the same slots.
 *
 * Understanding is pure. Functions run on a worker thread, within a transaction of the store when the skill keeps or reads things. */
#ifndef SKILL_SKILL_H
#define SKILL_SKILL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"

struct store_db;
struct skill_env;

enum slot_kind { SLOT_NONE, SLOT_TEXT, SLOT_NUMBER, SLOT_ITEMS };

/* What a slot's text must be; grammar.h reads them from words. */
enum slot_type {
    TYPE_TEXT,
    TYPE_NUMBER,
    TYPE_DATE,     /* 2026-12-25 */
    TYPE_MONTH,    /* 2026-12 */
    TYPE_PERIOD,   /* date, month or year */
    TYPE_CLOCK,    /* 15:00 */
    TYPE_INSTANT,  /* 2026-11-26T07:00, local */
    TYPE_RULE,     /* FREQ=WEEKLY;BYDAY=MO */
    TYPE_ZONE,     /* Asia/Tokyo */
    TYPE_COUNTRY,  /* CH */
    TYPE_DURATION, /* a number of seconds */
    TYPE_TIMER,    /* a label, "all", or a number of seconds */
    TYPE_THING,    /* what it is about, "all", or 07:00 */
    TYPE_UNIT,
    TYPE_LIST,
    TYPE_ITEMS,
    TYPE_PHONE,
    TYPE_EXPRESSION,
    TYPE_CHOICE,
    TYPE_COUNT,
};

struct slot {
    const char *name;
    enum slot_kind kind;
    struct str text; /* ITEMS: one a line */
    double number;
};

struct slot_def {
    const char *name; /* NULL ends the list */
    enum slot_type type;
    bool required;
    const char *choices;         /* of TYPE_CHOICE: "load memory disk" */
    const char *about;           /* for a model that calls the skill as a tool */
    const char *ask_en, *ask_zh; /* the question when it is required and missing */
};

enum { SKILL_SLOTS_MAX = 6, SKILL_INTENTS_MAX = 4, SKILL_ANSWER_BYTES_MAX = 64 << 10, SKILL_TURN_BYTES_MAX = 1 << 20 };

struct skill;
struct intent {
    const struct skill *skill;
    struct slot slots[SKILL_SLOTS_MAX];
    size_t n_slots;
    const struct slot_def *missing; /* the required slot to ask for, or NULL */
    float score;                    /* 1: a pattern matched; less: the classifier's share */
};

/* What the program knows of itself, gathered on the loop thread before a turn. */
struct skill_facts {
    const char *version, *models_dir, *data_dir;
    struct str models;  /* names, one a line */
    struct str fitting; /* names of models that would run here, one a line, best first */
    struct str last_answer;
};

struct skill_call {
    const struct skill_env *env;
    const struct skill_facts *facts;
    int64_t owner, now_ms;
    bool zh;
    const struct intent *intent;
    struct store_db *db; /* NULL: nothing can be kept */
    int64_t action;      /* number of this change, for undo; 0 until something changes (things.h) */
    struct arena *arena;
    struct buf *out; /* the answer, Markdown */
    struct err *e;
};

/* OK with an answer in `out`; an error is one of the program (the store's), not of the person. */
typedef int skill_fn(struct skill_call *c);

enum skill_flag {
    SKILL_STORE = 1,     /* works on kept things */
    SKILL_WRITES = 2,    /* and changes them */
    SKILL_CONFIRM = 4,   /* asked about first, when a large model wants it or it cannot be undone */
    SKILL_PROCESS = 8,   /* starts a program */
    SKILL_DIALOGUE = 16, /* the assistant itself answers: undo, repeat, kb_… */
};

struct skill {
    const char *name, *about;
    skill_fn *fn;
    unsigned flags;
    struct slot_def slots[SKILL_SLOTS_MAX + 1];
    const char *example_en, *example_zh;
};
extern const struct skill skill_table[];
extern const size_t skill_count;
const struct skill *skill_find(struct str name);
/* The number of a row, for tables of the same order. */
size_t skill_index(const struct skill *s);

/* ---- slots */
const struct slot *intent_slot(const struct intent *i, const char *name); /* NULL: not there */
struct str intent_text(const struct intent *i, const char *name);         /* empty: not there */
/* Sets or replaces; false when there is no room. Texts are borrowed. */
bool intent_put(struct intent *i, const char *name, struct slot value);
bool intent_put_text(struct intent *i, const char *name, struct str text);
bool intent_put_number(struct intent *i, const char *name, double v);
void intent_drop(struct intent *i, const char *name);
/* Finds the first required slot that is missing. */
void intent_check(struct intent *i);

/* ---- answering */
/* One of the two, by the language of the turn. */
void reply(struct skill_call *c, const char *en, const char *zh, ...) __attribute__((format(printf, 2, 4), format(printf, 3, 4)));

/* ---- the environment: read only after it has been made, shared by threads */
struct skill_paths {
    const char *zoneinfo, *iso, *locale, *wordnet, *hunspell; /* NULL: Debian's places */
    const char *root;                                         /* before /proc, /sys, /etc; NULL or "" */
};
struct tz;
struct grammar;
struct places;
struct iso;
struct dict;
struct sums;
struct skill_env {
    const struct clock *clock;
    struct skill_paths paths;
    struct tz *home;
    char country[3]; /* of the home zone, "" when it is not known */
    struct grammar *grammar;
    struct sums *sums;
    struct places *places; /* NULL when the system's data is not there; below as well */
    struct iso *iso;
    struct dict *dict;
    struct classifier *classifier;
};
/* `zone` empty: the system's. */
int skill_env_create(const struct clock *clock, const struct skill_paths *paths, struct str zone, struct skill_env **ret, struct err *e);
void skill_env_free(struct skill_env *env); /* NULL is fine */

#endif
