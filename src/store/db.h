/* SQL, as much as the rooms above need: prepared statements that are kept, bound and stepped. A connection belongs to the
 * thread that runs the transaction. All texts are UTF-8; slices from a row are valid until the next step. */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct store_db;
struct store_stmt;

/* `sql` is a literal (found again by its address). A statement that was left half-way is reset. NULL only on an error of
 * SQL or memory, which then is what db_error says and what the next db_step or db_run of it returns: callers may go on. */
struct store_stmt *db_prepare(struct store_db *db, const char *sql);
/* Parameters count from 1. Slices must live until the statement is reset (the next db_prepare of it, or db_run's end). */
void db_bind_int(struct store_stmt *st, int at, int64_t v);
void db_bind_real(struct store_stmt *st, int at, double v);
void db_bind_str(struct store_stmt *st, int at, struct str v); /* {NULL, 0}: null */
void db_bind_blob(struct store_stmt *st, int at, struct str v);
void db_bind_null(struct store_stmt *st, int at);

/* 1: there is a row; 0: no more; an error otherwise. st may be NULL (see db_prepare). */
int db_step(struct store_db *db, struct store_stmt *st, struct err *e);
/* For statements without rows: steps once and resets. ERR_EXISTS for a broken uniqueness. */
int db_run(struct store_db *db, struct store_stmt *st, struct err *e);
/* Scripts without parameters. */
int db_exec(struct store_db *db, const char *sql, struct err *e);

/* Columns count from 0. */
int64_t db_int(struct store_stmt *st, int column);
double db_real(struct store_stmt *st, int column);
struct str db_str(struct store_stmt *st, int column); /* also blobs; {NULL, 0} for null */
bool db_null(struct store_stmt *st, int column);

int64_t db_last_id(const struct store_db *db);
int64_t db_changes(const struct store_db *db);

#endif
