/* Full-text search over titles and messages.
 *
 * All words of the query must stand in a message (or a title), the last one may be the beginning of a word, since people search as
 * they type. Ranking by bm25 would read every occurrence of every word: for a common word in 200,000 messages that alone is more
 * than the 20 ms that a keystroke has. So messages are taken newest first, which the index gives without sorting, and at most
 * HITS_MAX of them; a conversation's score is its title (TITLE_SCORE) and how many of its messages were hit; the newer one wins a tie.
 * A rare word, the usual case, is found whole that way; of a common one the newest use, which is what people look for.
 *
 * When no message has all the words, the commonest is dropped and the rest is tried again. How common a word is, is
 * counted up to COMMON_MAX only. */
#include "talk/search.h"
#include "store/words.h"
#include "talk/rows.h"
#include "talk/snippet.h"

enum {
    WORDS_MAX = 8,
    HITS_MAX = 800,
    COMMON_MAX = 2000,
    TITLE_SCORE = 50,
    FOUND_MAX = 512, /* conversations; a power of two, so is the table below */
    TABLE_SLOTS = 2 * FOUND_MAX,
};

struct words {
    struct str at[WORDS_MAX]; /* each a query of FTS5: a word, or a phrase of pairs of characters */
    size_t n;
    struct str whole; /* the last one as a whole word, when it was taken for a beginning; ptr NULL: it was not */
};

struct found {
    int64_t conversation, message; /* message: its newest hit; 0: the title only */
    uint32_t score;
};
struct hits {
    struct found items[FOUND_MAX];
    uint16_t slots[TABLE_SLOTS]; /* index + 1 */
    size_t n;
};

/* ptr NULL: no memory; len 0: there is no word in it. */
static struct str phrase(struct str word, bool typing, struct arena *a)
{
    struct buf b = buf_make(4 * TALK_QUERY_BYTES_MAX);
    int rc = words_match(word, typing, &b);
    struct str s = rc || b.failed ? (struct str){0} : arena_dup(a, buf_str(&b));
    buf_free(&b);
    return s;
}

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, "out of memory for a search");
}

static int split_words(struct str q, struct arena *a, struct words *ret, struct err *e)
{
    bool typing = q.len && q.ptr[q.len - 1] != ' ';
    struct str rest = str_trim(q), word;
    *ret = (struct words){0};
    while (ret->n < WORDS_MAX && str_split(&rest, ' ', &word)) {
        bool begins = typing && !rest.ptr && word.len > 1; /* one letter begins half of all words */
        struct str one = phrase(word, begins, a);
        if (begins)
            ret->whole = phrase(word, false, a);
        if (!one.ptr || (begins && !ret->whole.ptr))
            return no_memory(e);
        if (one.len)
            ret->at[ret->n++] = one;
    }
    if (!ret->whole.len)
        ret->whole = (struct str){0};
    return OK;
}

static struct str join(const struct words *w, struct arena *a)
{
    struct buf b = buf_make(5 * WORDS_MAX * TALK_QUERY_BYTES_MAX);
    for (size_t i = 0; i < w->n; i++) {
        buf_puts(&b, i ? " AND (" : "(");
        buf_put(&b, w->at[i]);
        buf_putc(&b, ')');
    }
    struct str s = b.failed ? (struct str){0} : arena_dup(a, buf_str(&b));
    buf_free(&b);
    return s;
}

static struct found *entry(struct hits *h, int64_t conversation)
{
    uint64_t hash = (uint64_t)conversation * 0x9e3779b97f4a7c15u;
    for (size_t i = (size_t)(hash >> 40) & (TABLE_SLOTS - 1);; i = (i + 1) & (TABLE_SLOTS - 1)) {
        if (!h->slots[i]) {
            if (h->n == FOUND_MAX)
                return NULL;
            h->items[h->n] = (struct found){.conversation = conversation};
            h->slots[i] = (uint16_t)++h->n;
            return &h->items[h->n - 1];
        }
        if (h->items[h->slots[i] - 1].conversation == conversation)
            return &h->items[h->slots[i] - 1];
    }
}

/* Rows of (conversation, message), newest first. */
static int collect(struct store_db *db, struct store_stmt *st, const struct talk_query *q, int64_t owner, struct str match, uint32_t score,
                   struct hits *h, struct err *e)
{
    int rc;
    db_bind_str(st, 1, match);
    db_bind_int(st, 2, owner);
    db_bind_str(st, 3, q->folder);
    db_bind_int(st, 4, HITS_MAX);
    while ((rc = db_step(db, st, e)) > 0) {
        struct found *f = entry(h, db_int(st, 0));
        if (!f)
            continue;
        f->score += score;
        if (!f->message)
            f->message = db_int(st, 1);
    }
    return rc;
}

static int search_once(struct store_db *db, int64_t owner, const struct talk_query *q, struct str match, struct hits *h, struct err *e)
{
    struct store_stmt *titles = db_prepare(db, "SELECT c.n, 0 FROM titles_text t CROSS JOIN conversations c ON c.n = t.rowid"
                                               " WHERE titles_text MATCH ?1 AND c.owner = ?2 AND (?3 IS NULL OR c.folder = ?3)"
                                               " ORDER BY t.rowid DESC LIMIT ?4");
    int rc = collect(db, titles, q, owner, match, TITLE_SCORE, h, e);
    if (rc)
        return rc;
    struct store_stmt *texts =
        db_prepare(db, "SELECT c.n, m.n FROM messages_text t CROSS JOIN messages m ON m.n = t.rowid"
                       " CROSS JOIN conversations c ON c.n = m.conversation"
                       " WHERE messages_text MATCH ?1 AND c.owner = ?2 AND (?3 IS NULL OR c.folder = ?3) ORDER BY t.rowid DESC LIMIT ?4");
    return collect(db, texts, q, owner, match, 1, h, e);
}

static int how_common(struct store_db *db, struct str word, int64_t *ret, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT count(*) FROM (SELECT 1 FROM messages_text WHERE messages_text MATCH ?1 LIMIT ?2)");
    db_bind_str(st, 1, word);
    db_bind_int(st, 2, COMMON_MAX);
    int rc = row_must(db, st, "word", e);
    if (!rc)
        *ret = db_int(st, 0);
    return rc;
}

/* Of a word that is common as it stands, what it could begin is not looked for: FTS5 would merge the lists of all those words
 * before the first row comes. */
static int settle_last(struct store_db *db, struct words *w, struct err *e)
{
    int64_t n = 0;
    int rc = w->whole.ptr && w->n ? how_common(db, w->whole, &n, e) : OK;
    if (!rc && n >= COMMON_MAX)
        w->at[w->n - 1] = w->whole;
    return rc;
}

static int drop_commonest(struct store_db *db, struct words *w, struct err *e)
{
    int64_t most = -1;
    size_t worst = 0;
    for (size_t i = 0; i < w->n; i++) {
        int64_t n = 0;
        int rc = how_common(db, w->at[i], &n, e);
        if (rc)
            return rc;
        if (!n) { /* a word that is nowhere keeps the others from being found */
            worst = i;
            break;
        }
        if (n > most)
            most = n, worst = i;
    }
    w->n--;
    memmove(&w->at[worst], &w->at[worst + 1], (w->n - worst) * sizeof *w->at);
    return OK;
}

/* Best first; equal ones in the order of the newest message, and of the row. */
static bool better(const struct found *a, const struct found *b)
{
    if (a->score != b->score)
        return a->score > b->score;
    return a->message != b->message ? a->message > b->message : a->conversation > b->conversation;
}

static void sort(struct hits *h)
{
    for (size_t i = 1; i < h->n; i++) {
        struct found one = h->items[i];
        size_t k = i;
        for (; k && better(&one, &h->items[k - 1]); k--)
            h->items[k] = h->items[k - 1];
        h->items[k] = one;
    }
}

static int read_summary(struct store_db *db, const struct found *f, const struct snippet_query *q, struct arena *a,
                        struct talk_conversation *ret, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT " SUMMARY_COLUMNS("") " FROM conversations WHERE n = ?1");
    db_bind_int(st, 1, f->conversation);
    int rc = row_must(db, st, "conversation", e);
    if (!rc)
        rc = summary_read(st, a, ret, e);
    if (rc)
        return rc;
    struct str text = ret->title;
    if (f->message) {
        st = db_prepare(db, "SELECT content FROM messages WHERE n = ?1");
        db_bind_int(st, 1, f->message);
        rc = row_must(db, st, "message", e);
        if (rc)
            return rc;
        text = db_str(st, 0);
    }
    ret->snippet = snippet_of(q, text, a);
    return ret->snippet.ptr ? OK : err_set(e, ERR_NOMEM, "out of memory for a search");
}

/* Pages of a search begin at a count: they are cut from a list that is made anew each time. */
static int read_offset(struct str before, size_t *ret, struct err *e)
{
    uint64_t n = 0;
    if (before.len && (!str_starts(before, STR("at")) || str_to_u64(str_skip(before, 2), &n) || n > FOUND_MAX))
        return err_set(e, ERR_INVAL, "'before' must be what a former page gave as its 'next'");
    *ret = (size_t)n;
    return OK;
}

static int make_page(struct store_db *db, const struct hits *h, const struct talk_query *q, struct arena *a, struct talk_page *ret,
                     struct err *e)
{
    size_t from = 0;
    int rc = read_offset(q->before, &from, e);
    if (rc)
        return rc;
    struct talk_page page = {.total = (int64_t)h->n, .items = arena_calloc(a, q->limit, sizeof *page.items)};
    if (!page.items)
        return err_set(e, ERR_NOMEM, "out of memory for a search");
    struct snippet_query words;
    snippet_query_init(&words, q->q, a);
    for (size_t i = from; i < h->n && page.n < q->limit && !rc; i++)
        rc = read_summary(db, &h->items[i], &words, a, &page.items[page.n++], e);
    if (rc)
        return rc;
    if (from + page.n < h->n) {
        struct buf b = buf_make(32);
        buf_printf(&b, "at%zu", from + page.n);
        page.next = b.failed ? (struct str){0} : arena_dup(a, buf_str(&b));
        buf_free(&b);
    }
    *ret = page;
    return OK;
}

int search_list(struct store_db *db, int64_t owner, const struct talk_query *q, struct arena *a, struct talk_page *ret, struct err *e)
{
    struct words w;
    struct hits *h = arena_calloc(a, 1, sizeof *h);
    struct str match = {0};
    int rc = h ? split_words(q->q, a, &w, e) : no_memory(e);
    if (!rc)
        rc = settle_last(db, &w, e);
    while (!rc && w.n) {
        match = join(&w, a);
        rc = match.ptr ? search_once(db, owner, q, match, h, e) : err_set(e, ERR_NOMEM, "out of memory for a search");
        if (rc || h->n || w.n == 1)
            break;
        rc = drop_commonest(db, &w, e);
    }
    if (rc)
        return rc;
    sort(h);
    return make_page(db, h, q, a, ret, e);
}
