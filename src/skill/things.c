#include "skill/things.h"

#include "skill/tz.h"
#include "skill/when.h"

static const char first[] =
    "CREATE TABLE skill_actions (n INTEGER PRIMARY KEY AUTOINCREMENT, owner INTEGER NOT NULL, skill TEXT NOT NULL, at_ms INTEGER NOT NULL);"
    "CREATE INDEX skill_actions_of ON skill_actions (owner, n);"
    "CREATE TABLE things (n INTEGER PRIMARY KEY AUTOINCREMENT, owner INTEGER NOT NULL, kind INTEGER NOT NULL, name TEXT, text TEXT NOT "
    "NULL,"
    " extra TEXT, first TEXT, rule TEXT, zone TEXT, due_ms INTEGER, created_ms INTEGER NOT NULL, born INTEGER NOT NULL, gone INTEGER);"
    "CREATE INDEX things_of ON things (owner, kind, n) WHERE gone IS NULL;"
    "CREATE INDEX things_due ON things (due_ms) WHERE due_ms IS NOT NULL AND gone IS NULL;"
    "CREATE INDEX things_gone ON things (gone) WHERE gone IS NOT NULL;"
    "CREATE INDEX things_born ON things (owner, born);";
static const char *const migrations[] = {first};
const struct store_schema skill_schema = {.room = "skill", .migrations = migrations, .n_migrations = 1};

static struct str maybe(struct str s)
{
    return s.len ? s : (struct str){0};
}

/* Old changes cannot be undone any more, and what they took away is erased. */
static int forget_old(struct store_db *db, int64_t owner, int64_t now_ms, struct err *e)
{
    struct store_stmt *st =
        db_prepare(db, "DELETE FROM things WHERE gone IN (SELECT n FROM skill_actions WHERE owner = ?1 AND (at_ms < ?2 OR n <= "
                       "coalesce((SELECT n FROM skill_actions WHERE owner = ?1 ORDER BY n DESC LIMIT 1 OFFSET ?3), 0)))");
    db_bind_int(st, 1, owner);
    db_bind_int(st, 2, now_ms - UNDO_KEEP_MS);
    db_bind_int(st, 3, UNDO_KEEP);
    int r = db_run(db, st, e);
    st = db_prepare(db, "DELETE FROM skill_actions WHERE owner = ?1 AND (at_ms < ?2 OR n <= "
                        "coalesce((SELECT n FROM skill_actions WHERE owner = ?1 ORDER BY n DESC LIMIT 1 OFFSET ?3), 0))");
    db_bind_int(st, 1, owner);
    db_bind_int(st, 2, now_ms - UNDO_KEEP_MS);
    db_bind_int(st, 3, UNDO_KEEP);
    return r ? r : db_run(db, st, e);
}

int things_action(struct store_db *db, int64_t owner, const char *skill, int64_t now_ms, int64_t *ret, struct err *e)
{
    int r = forget_old(db, owner, now_ms, e);
    struct store_stmt *st = db_prepare(db, "INSERT INTO skill_actions (owner, skill, at_ms) VALUES (?1, ?2, ?3)");
    db_bind_int(st, 1, owner);
    db_bind_str(st, 2, str_of(skill));
    db_bind_int(st, 3, now_ms);
    if (!r)
        r = db_run(db, st, e);
    if (!r)
        *ret = db_last_id(db);
    return r;
}

static int check_room(struct store_db *db, const struct thing *t, struct err *e)
{
    if (t->text.len + t->name.len + t->extra.len > THING_TEXT_MAX)
        return err_set(e, ERR_LIMIT, "That is longer than %d characters", THING_TEXT_MAX);
    struct store_stmt *st = db_prepare(db, "SELECT count(*) FROM (SELECT 1 FROM things WHERE owner = ?1 LIMIT ?2)");
    db_bind_int(st, 1, t->owner);
    db_bind_int(st, 2, THINGS_PER_OWNER_MAX);
    int r = db_step(db, st, e);
    if (r < 0)
        return r;
    return r && db_int(st, 0) >= THINGS_PER_OWNER_MAX
               ? err_set(e, ERR_LIMIT, "There are %d things already: remove some first", THINGS_PER_OWNER_MAX)
               : OK;
}

int things_add(struct store_db *db, const struct thing *t, int64_t action, int64_t now_ms, int64_t *ret_n, struct err *e)
{
    int r = check_room(db, t, e);
    if (r)
        return r;
    struct store_stmt *st =
        db_prepare(db, "INSERT INTO things (owner, kind, name, text, extra, first, rule, zone, due_ms, created_ms, born)"
                       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
    const struct str texts[] = {maybe(t->name),  t->text.ptr ? t->text : (struct str){"", 0},
                                maybe(t->extra), maybe(t->first),
                                maybe(t->rule),  maybe(t->zone)};
    db_bind_int(st, 1, t->owner);
    db_bind_int(st, 2, t->kind);
    for (int i = 0; i < 6; i++)
        db_bind_str(st, 3 + i, texts[i]);
    if (t->due_ms)
        db_bind_int(st, 9, t->due_ms);
    else
        db_bind_null(st, 9);
    db_bind_int(st, 10, now_ms);
    db_bind_int(st, 11, action);
    r = db_run(db, st, e);
    if (!r && ret_n)
        *ret_n = db_last_id(db);
    return r;
}

int things_remove(struct store_db *db, int64_t owner, int64_t n, int64_t action, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "UPDATE things SET gone = ?3 WHERE n = ?1 AND owner = ?2 AND gone IS NULL");
    db_bind_int(st, 1, n);
    db_bind_int(st, 2, owner);
    db_bind_int(st, 3, action);
    return db_run(db, st, e);
}

#define COLUMNS "n, owner, kind, name, text, extra, first, rule, zone, due_ms, created_ms"

static int read_rows(struct store_db *db, struct store_stmt *st, struct arena *a, struct thing **ret, size_t *ret_n, struct err *e)
{
    struct thing *rows = arena_calloc(a, THINGS_SHOWN_MAX, sizeof *rows);
    size_t n = 0;
    int r = rows ? OK : ERR_NOMEM;
    while (!r && n < THINGS_SHOWN_MAX && (r = db_step(db, st, e)) > 0) {
        struct thing *t = &rows[n++];
        struct str *const texts[] = {&t->name, &t->text, &t->extra, &t->first, &t->rule, &t->zone};
        t->n = db_int(st, 0);
        t->owner = db_int(st, 1);
        t->kind = (enum thing_kind)db_int(st, 2);
        for (int i = 0; i < 6; i++) {
            struct str s = db_str(st, 3 + i);
            *texts[i] = s.ptr ? arena_dup(a, s) : (struct str){"", 0};
        }
        t->due_ms = db_int(st, 9);
        t->created_ms = db_int(st, 10);
        r = OK;
    }
    if (r < 0)
        return r;
    *ret = rows;
    *ret_n = n;
    return OK;
}

int things_list(struct store_db *db, int64_t owner, enum thing_kind kind, struct arena *a, struct thing **ret, size_t *ret_n, struct err *e)
{
    struct store_stmt *st =
        db_prepare(db, "SELECT " COLUMNS " FROM things WHERE owner = ?1 AND kind = ?2 AND gone IS NULL AND (kind > 3 OR due_ms IS NOT NULL)"
                       " ORDER BY due_ms, n LIMIT ?3");
    db_bind_int(st, 1, owner);
    db_bind_int(st, 2, kind);
    db_bind_int(st, 3, THINGS_SHOWN_MAX);
    return read_rows(db, st, a, ret, ret_n, e);
}

int things_undo(struct store_db *db, int64_t owner, struct arena *a, struct str *ret_skill, struct err *e)
{
    return things_undo_of(db, owner, NULL, a, ret_skill, e);
}

int things_undo_of(struct store_db *db, int64_t owner, const char *skill, struct arena *a, struct str *ret_skill, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT n, skill FROM skill_actions WHERE owner = ?1 ORDER BY n DESC LIMIT 1");
    db_bind_int(st, 1, owner);
    int r = db_step(db, st, e);
    *ret_skill = (struct str){"", 0};
    if (r <= 0)
        return r;
    int64_t n = db_int(st, 0);
    if (skill && !str_eq(db_str(st, 1), str_of(skill)))
        return OK;
    *ret_skill = arena_dup(a, db_str(st, 1));
    static const char *const steps[] = {"DELETE FROM things WHERE owner = ?1 AND born = ?2",
                                        "UPDATE things SET gone = NULL WHERE owner = ?1 AND gone = ?2",
                                        "DELETE FROM skill_actions WHERE owner = ?1 AND n = ?2"};
    for (size_t i = 0; i < 3; i++) {
        st = db_prepare(db, steps[i]);
        db_bind_int(st, 1, owner);
        db_bind_int(st, 2, n);
        if ((r = db_run(db, st, e)))
            return r;
    }
    return OK;
}

/* ---- what is due */

int things_next(struct store_db *db, int64_t *ret_due_ms, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT min(due_ms) FROM things WHERE due_ms IS NOT NULL AND gone IS NULL");
    int r = db_step(db, st, e);
    if (r < 0)
        return r;
    *ret_due_ms = r && !db_null(st, 0) ? db_int(st, 0) : INT64_MAX;
    return OK;
}

/* 0: never again. A recurrence counts in its own zone, so that eight o'clock stays eight o'clock. */
static int64_t next_time(const struct thing *t, const char *zoneinfo, int64_t now_ms)
{
    struct rule rule;
    struct civil begin, next;
    struct tz *zone;
    int64_t due = 0;
    if (!t->rule.len || !rule_parse(t->rule, &rule) || !civil_parse(t->first, &begin, NULL) || tz_load(zoneinfo, t->zone, &zone, NULL))
        return 0;
    int64_t after = now_ms > t->due_ms ? now_ms : t->due_ms;
    if (rule_next(&rule, begin, tz_local(zone, after / 1000), &next))
        due = tz_utc(zone, next) * 1000;
    tz_free(zone);
    return due > now_ms ? due : 0;
}

int things_take_due(struct store_db *db, const char *zoneinfo, int64_t now_ms, struct arena *a, struct thing **ret, size_t *ret_n,
                    struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT " COLUMNS " FROM things WHERE due_ms <= ?1 AND gone IS NULL ORDER BY due_ms LIMIT ?2");
    db_bind_int(st, 1, now_ms);
    db_bind_int(st, 2, THINGS_SHOWN_MAX);
    int r = read_rows(db, st, a, ret, ret_n, e);
    for (size_t i = 0; !r && i < *ret_n; i++) {
        int64_t next = next_time(&(*ret)[i], zoneinfo, now_ms);
        st = db_prepare(db, "UPDATE things SET due_ms = ?2 WHERE n = ?1");
        db_bind_int(st, 1, (*ret)[i].n);
        if (next)
            db_bind_int(st, 2, next);
        else
            db_bind_null(st, 2);
        r = db_run(db, st, e);
    }
    return r;
}
