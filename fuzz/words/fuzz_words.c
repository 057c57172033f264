/* Any bytes as a text and as what somebody searches for: tokens stay within the text and their bound, and what words_match makes
 * is a query that FTS5 accepts, and that finds the text itself when that is one piece. The same bytes as the header of a database. */
#include <stdio.h>
#include <stdlib.h>

#include "store/internal.h"
#include "store/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    size_t text_len, last, n;
};

static int look(void *ctx, struct str token, size_t begin, size_t end, bool beside)
{
    struct seen *s = ctx;
    if (!token.len || token.len > WORDS_TOKEN_MAX || begin >= end || end > s->text_len || (begin < s->last && !beside))
        abort();
    s->last = begin;
    s->n++;
    return OK;
}

static void expect(sqlite3 *db, const char *sql, struct str text, bool must_find)
{
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) ||
        sqlite3_bind_text64(st, 1, text.len ? text.ptr : "", text.len, SQLITE_STATIC, SQLITE_UTF8))
        abort();
    int code = sqlite3_step(st);
    if ((code != SQLITE_DONE && code != SQLITE_ROW) || (must_find && code != SQLITE_ROW)) {
        fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db));
        abort();
    }
    sqlite3_finalize(st);
}

static void search(struct str text)
{
    struct buf match = buf_make(4 * text.len + 1000);
    sqlite3 *db = NULL;
    if (sqlite3_open(":memory:", &db) || tokenizer_register(db) ||
        sqlite3_exec(db, "CREATE VIRTUAL TABLE t USING fts5(x, tokenize='hearth')", NULL, NULL, NULL))
        abort();
    expect(db, "INSERT INTO t VALUES (?1)", text, false);
    for (int typing = 0; typing < 2; typing++) {
        buf_clear(&match);
        if (words_match(text, typing, &match))
            abort();
        if (match.len) /* every word of a text is found in it */
            expect(db, "SELECT rowid FROM t WHERE t MATCH ?1", buf_str(&match), true);
    }
    sqlite3_close(db);
    buf_free(&match);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_from(data, size);
    struct seen stored = {.text_len = size}, asked = {.text_len = size};
    words_cut(text, WORDS_TEXT, look, &stored);
    words_cut(text, WORDS_QUERY, look, &asked);
    if (asked.n > stored.n || !stored.n != !asked.n)
        abort();
    if (size <= 2000)
        search(text);
    uint8_t bytes[HEADER_BYTES] = {0};
    struct header h;
    struct err e;
    memcpy(bytes, data, size < sizeof bytes ? size : sizeof bytes);
    header_parse(bytes, "fuzzed", &h, &e);
    return 0;
}
