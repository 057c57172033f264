#include "people/people.h"

/* Times are Unix milliseconds, 0: never. Rows of principals are never removed, so that ids are never used again. */
static const char *const migrations[] = {
    "CREATE TABLE people_principal ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, name TEXT NOT NULL, scope INTEGER NOT NULL,"
    " digest BLOB UNIQUE, hint TEXT NOT NULL DEFAULT '', created_ms INTEGER NOT NULL DEFAULT 0, expires_ms INTEGER NOT NULL DEFAULT 0,"
    " used_ms INTEGER NOT NULL DEFAULT 0, revoked_ms INTEGER NOT NULL DEFAULT 0,"
    " requests_per_minute INTEGER, concurrent_max INTEGER, tokens_per_day INTEGER);" /* NULL: the defaults */
    "CREATE UNIQUE INDEX people_name ON people_principal (name) WHERE revoked_ms = 0;"
    "INSERT INTO people_principal (id, kind, name, scope) VALUES (1, 0, 'owner', 1);"
    "CREATE TABLE people_session ("
    " digest BLOB PRIMARY KEY, principal INTEGER NOT NULL REFERENCES people_principal (id), uid INTEGER NOT NULL,"
    " created_ms INTEGER NOT NULL, used_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX people_session_of ON people_session (principal);"
    "CREATE TABLE people_usage ("
    " principal INTEGER PRIMARY KEY REFERENCES people_principal (id), day INTEGER NOT NULL, tokens INTEGER NOT NULL);",
};

const struct store_schema people_schema = {
    .room = "people",
    .migrations = migrations,
    .n_migrations = sizeof migrations / sizeof *migrations,
};
