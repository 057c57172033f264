/* The tables. Migrations are numbered by their place and only ever added to.
 *
 * A block's number is collection << 32 | count within it, a chunk's is block << 4 | place in it: so the chunks of a collection are one
 * range of numbers in every table and in the index, and a chunk is found without a table of chunks. Numbers are not used twice.
 *
 *   1. Blocks of a document are in the order of its text; kb_blocks.at is the sum of the bytes before.
 *   2. A chunk is in kb_text exactly when its block's row is there, under the terms of title, heading and text (terms.h). The table keeps
 *      neither text nor positions: who deletes gives the same terms again.
 *   3. The counts of kb_collections are those of documents that are there (state 0); packed_bytes counts every block.
 *   4. kb_codes has a row for each block with a vector, kb_vectors one for each chunk with one.
 *
 * pgsz: FTS5's pages lie in rows, and its default of 4,050 bytes would not fit into one of our pages (4,064 bytes less SQLite's
 * own 35), so that every one of them would take two. */
#include "kb/rows.h"

static const char first[] =
    "CREATE TABLE kb_collections ("
    " n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner INTEGER NOT NULL, name TEXT NOT NULL,"
    " state INTEGER NOT NULL DEFAULT 0, encoder TEXT NOT NULL DEFAULT '', dims INTEGER NOT NULL DEFAULT 0,"
    " version INTEGER NOT NULL DEFAULT 0, blocks_made INTEGER NOT NULL DEFAULT 0, dictionary INTEGER NOT NULL DEFAULT 0,"
    " trained_bytes INTEGER NOT NULL DEFAULT 0, documents INTEGER NOT NULL DEFAULT 0, chunks INTEGER NOT NULL DEFAULT 0,"
    " vectors INTEGER NOT NULL DEFAULT 0, source_bytes INTEGER NOT NULL DEFAULT 0, text_bytes INTEGER NOT NULL DEFAULT 0,"
    " packed_bytes INTEGER NOT NULL DEFAULT 0, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL);"
    "CREATE UNIQUE INDEX kb_collections_name ON kb_collections (owner, name) WHERE state = 0;"
    "CREATE TABLE kb_readers (collection INTEGER NOT NULL, reader INTEGER NOT NULL, PRIMARY KEY (reader, collection)) WITHOUT ROWID;"
    "CREATE INDEX kb_readers_of ON kb_readers (collection);"
    "CREATE TABLE kb_documents ("
    " n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, collection INTEGER NOT NULL, state INTEGER NOT NULL,"
    " source TEXT NOT NULL, title TEXT NOT NULL, kind TEXT NOT NULL, bytes INTEGER NOT NULL, mtime_ms INTEGER NOT NULL,"
    " hash BLOB NOT NULL, text_bytes INTEGER NOT NULL DEFAULT 0, chunks INTEGER NOT NULL DEFAULT 0,"
    " vectors INTEGER NOT NULL DEFAULT 0, added_ms INTEGER NOT NULL);"
    "CREATE UNIQUE INDEX kb_documents_source ON kb_documents (collection, source) WHERE state = 0;"
    "CREATE INDEX kb_documents_rest ON kb_documents (state, collection) WHERE state <> 0;"
    "CREATE TABLE kb_dictionaries (n INTEGER PRIMARY KEY AUTOINCREMENT, collection INTEGER NOT NULL, data BLOB NOT NULL);"
    "CREATE TABLE kb_blocks ("
    " n INTEGER PRIMARY KEY, document INTEGER NOT NULL, at INTEGER NOT NULL, bytes INTEGER NOT NULL, chunks INTEGER NOT NULL,"
    " dictionary INTEGER NOT NULL, data BLOB NOT NULL);"
    "CREATE INDEX kb_blocks_of ON kb_blocks (document, at);"
    "CREATE TABLE kb_vectors (n INTEGER PRIMARY KEY, data BLOB NOT NULL);"
    "CREATE TABLE kb_codes (n INTEGER PRIMARY KEY, data BLOB NOT NULL);"
    "CREATE VIRTUAL TABLE kb_text USING fts5 (terms, content = '', columnsize = 0, detail = none, tokenize = 'hearth_terms');"
    "INSERT INTO kb_text (kb_text, rank) VALUES ('pgsz', 4000);";

/* Blocks of a dictionary that is to be replaced are found without walking over all. */
static const char second[] = "CREATE INDEX kb_blocks_dictionary ON kb_blocks (dictionary);";

static const char *const migrations[] = {first, second};

const struct store_schema kb_schema = {.room = "kb", .migrations = migrations, .n_migrations = sizeof migrations / sizeof *migrations};
