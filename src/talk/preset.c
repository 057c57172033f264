#include "talk/rows.h"

static int read_row(struct store_stmt *st, struct arena *a, struct talk_preset *ret, struct err *e)
{
    int rc = OK;
    struct talk_preset p;
    p.id = row_str(a, st, 0, &rc);
    p.name = row_str(a, st, 1, &rc);
    p.system = row_str(a, st, 2, &rc);
    p.settings = row_str(a, st, 3, &rc);
    if (rc)
        return err_set(e, rc, "out of memory for a preset");
    *ret = p;
    return OK;
}

int talk_presets(struct store_db *db, int64_t owner, struct arena *a, struct talk_preset **ret, size_t *ret_n, struct err *e)
{
    struct talk_preset *items = NULL;
    size_t n = 0;
    int rc;
    struct store_stmt *st = db_prepare(db, "SELECT id, name, system, settings FROM presets WHERE owner = ?1 ORDER BY name LIMIT ?2");
    db_bind_int(st, 1, owner);
    db_bind_int(st, 2, TALK_PRESETS_MAX);
    while ((rc = db_step(db, st, e)) > 0) {
        items = row_grow(a, items, n, sizeof *items);
        rc = items ? read_row(st, a, &items[n++], e) : err_set(e, ERR_NOMEM, "out of memory for presets");
        if (rc)
            return rc;
    }
    if (rc)
        return rc;
    *ret = items;
    *ret_n = n;
    return OK;
}

static int get(struct store_db *db, int64_t owner, struct str id, struct arena *a, struct talk_preset *ret, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT id, name, system, settings FROM presets WHERE id = ?1 AND owner = ?2");
    db_bind_str(st, 1, row_text(id));
    db_bind_int(st, 2, owner);
    int rc = row_must(db, st, "preset", e);
    return rc ? rc : read_row(st, a, ret, e);
}

static int check_room(struct store_db *db, int64_t owner, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT count(*) FROM presets WHERE owner = ?1");
    db_bind_int(st, 1, owner);
    int rc = row_must(db, st, "preset", e);
    if (!rc && db_int(st, 0) >= TALK_PRESETS_MAX)
        rc = err_set(e, ERR_LIMIT, "There are %d presets already, which is the most", TALK_PRESETS_MAX);
    return rc;
}

static int named(int rc, struct str name, struct err *e)
{
    return rc == ERR_EXISTS ? err_set(e, rc, "There is a preset called " STR_FMT " already", STR_ARG(str_head(name, 100))) : rc;
}

int talk_preset_create(struct store_db *db, int64_t owner, const struct talk_preset *p, struct arena *a, struct talk_preset *ret,
                       struct err *e)
{
    struct str id = {0};
    int rc = check_room(db, owner, e);
    if (!rc)
        rc = talk_id(a, &id);
    if (rc)
        return rc;
    struct store_stmt *st = db_prepare(db, "INSERT INTO presets (id, owner, name, system, settings) VALUES (?1, ?2, ?3, ?4, ?5)");
    db_bind_str(st, 1, id);
    db_bind_int(st, 2, owner);
    db_bind_str(st, 3, row_text(p->name));
    db_bind_str(st, 4, row_text(p->system));
    db_bind_str(st, 5, p->settings.len ? p->settings : STR("{}"));
    rc = named(db_run(db, st, e), p->name, e);
    return rc ? rc : get(db, owner, id, a, ret, e);
}

int talk_preset_update(struct store_db *db, int64_t owner, struct str id, const struct talk_preset *p, struct arena *a,
                       struct talk_preset *ret, struct err *e)
{
    struct talk_preset now;
    int rc = get(db, owner, id, a, &now, e);
    if (rc)
        return rc;
    struct store_stmt *st = db_prepare(db, "UPDATE presets SET name = ?3, system = ?4, settings = ?5 WHERE id = ?1 AND owner = ?2");
    db_bind_str(st, 1, row_text(id));
    db_bind_int(st, 2, owner);
    db_bind_str(st, 3, row_text(p->name.ptr ? p->name : now.name));
    db_bind_str(st, 4, row_text(p->system.ptr ? p->system : now.system));
    db_bind_str(st, 5, row_text(p->settings.ptr ? p->settings : now.settings));
    rc = named(db_run(db, st, e), p->name, e);
    return rc ? rc : get(db, owner, id, a, ret, e);
}

int talk_preset_delete(struct store_db *db, int64_t owner, struct str id, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "DELETE FROM presets WHERE id = ?1 AND owner = ?2");
    db_bind_str(st, 1, row_text(id));
    db_bind_int(st, 2, owner);
    int rc = db_run(db, st, e);
    return rc ? rc : db_changes(db) ? OK : err_set(e, ERR_NOENT, "There is no preset of that id");
}
