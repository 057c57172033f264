#include "talk/rows.h"

#define COLUMNS                                                                                                                \
    "m.n, m.id, p.id, m.role, m.state, m.content, m.model, m.error, m.rating, m.created_ms, m.prompt_tokens, m.cached_tokens," \
    " m.completion_tokens, m.first_ms, m.decode_ms, m.reasoning, m.calls FROM messages m LEFT JOIN messages p ON p.n = m.parent"

static int read_row(struct store_stmt *st, struct arena *a, struct talk_message *ret, struct err *e)
{
    int rc = OK;
    struct talk_message m = {.n = db_int(st, 0)};
    m.id = row_str(a, st, 1, &rc);
    m.parent = row_str(a, st, 2, &rc);
    int64_t role = db_int(st, 3);
    m.role = role >= 0 && role < TALK_ROLE_COUNT ? (enum talk_role)role : TALK_ASSISTANT;
    int64_t state = db_int(st, 4);
    m.state = state >= 0 && state < TALK_STATE_COUNT ? (enum talk_state)state : TALK_DONE;
    m.content = row_str(a, st, 5, &rc);
    m.model = row_str(a, st, 6, &rc);
    m.error = row_str(a, st, 7, &rc);
    m.rating = (int)db_int(st, 8);
    m.created_ms = db_int(st, 9);
    m.has_usage = !db_null(st, 10);
    m.usage = (struct talk_usage){
        .prompt_tokens = (uint32_t)db_int(st, 10),
        .cached_tokens = (uint32_t)db_int(st, 11),
        .completion_tokens = (uint32_t)db_int(st, 12),
        .first_ms = (float)db_real(st, 13),
        .decode_ms = (float)db_real(st, 14),
    };
    m.reasoning = row_str(a, st, 15, &rc);
    if (!rc && !db_null(st, 16))
        rc = talk_calls_of(db_str(st, 16), a, &m.calls, &m.n_calls);
    if (rc == ERR_CORRUPT)
        return err_set(e, rc, "the tool calls of a message are damaged");
    if (rc)
        return err_set(e, rc, "out of memory for a message");
    *ret = m;
    return OK;
}

/* The attachments that the statement gives, each for the message whose number is in column 0. Both are in the order of n. */
static int read_attachments(struct store_db *db, struct store_stmt *st, struct talk_message *messages, size_t n_messages, struct arena *a,
                            struct err *e)
{
    size_t at = 0, n = 0;
    struct talk_attachment *items = NULL;
    int rc, bad = OK;
    while ((rc = db_step(db, st, e)) > 0) {
        int64_t owner = db_int(st, 0);
        while (at < n_messages && messages[at].n < owner)
            at++, n = 0, items = NULL;
        if (at == n_messages || messages[at].n != owner)
            continue;
        items = row_grow(a, items, n, sizeof *items);
        if (!items)
            return err_set(e, ERR_NOMEM, "out of memory for attachments");
        items[n++] = (struct talk_attachment){
            .name = row_str(a, st, 1, &bad),
            .bytes = db_int(st, 2),
            .tokens = db_null(st, 3) ? -1 : db_int(st, 3),
            .text = row_str(a, st, 4, &bad),
        };
        messages[at].attachments = items;
        messages[at].n_attachments = n;
    }
    return rc ? rc : bad ? err_set(e, bad, "out of memory for attachments") : OK;
}

static int attachments_of_all(struct store_db *db, int64_t conversation_n, bool with_texts, struct talk_message *messages, size_t n,
                              struct arena *a, struct err *e)
{
    struct store_stmt *st =
        with_texts
            ? db_prepare(db, "SELECT message, name, bytes, tokens, text FROM attachments WHERE conversation = ?1 ORDER BY message, n")
            : db_prepare(db, "SELECT message, name, bytes, tokens, NULL FROM attachments WHERE conversation = ?1 ORDER BY message, n");
    db_bind_int(st, 1, conversation_n);
    return read_attachments(db, st, messages, n, a, e);
}

int talk_messages(struct store_db *db, const struct talk_conversation *c, bool with_texts, struct arena *a, struct talk_message **ret,
                  size_t *ret_n, struct err *e)
{
    struct talk_message *items = NULL;
    size_t n = 0;
    int rc;
    struct store_stmt *st = db_prepare(db, "SELECT " COLUMNS " WHERE m.conversation = ?1 ORDER BY m.n");
    db_bind_int(st, 1, c->n);
    while ((rc = db_step(db, st, e)) > 0) {
        items = row_grow(a, items, n, sizeof *items);
        rc = items ? read_row(st, a, &items[n++], e) : err_set(e, ERR_NOMEM, "out of memory for messages");
        if (rc)
            return rc;
    }
    if (!rc)
        rc = attachments_of_all(db, c->n, with_texts, items, n, a, e);
    if (rc)
        return rc;
    *ret = items;
    *ret_n = n;
    return OK;
}

int message_by_n(struct store_db *db, int64_t n, struct arena *a, struct talk_message *ret, struct err *e)
{
    struct talk_message m;
    struct store_stmt *st = db_prepare(db, "SELECT " COLUMNS " WHERE m.n = ?1");
    db_bind_int(st, 1, n);
    int rc = row_must(db, st, "message", e);
    if (!rc)
        rc = read_row(st, a, &m, e);
    if (rc)
        return rc;
    st = db_prepare(db, "SELECT message, name, bytes, tokens, text FROM attachments"
                        " WHERE conversation = (SELECT conversation FROM messages WHERE n = ?1) AND message = ?1 ORDER BY n");
    db_bind_int(st, 1, n);
    rc = read_attachments(db, st, &m, 1, a, e);
    if (!rc)
        *ret = m;
    return rc;
}

int talk_message(struct store_db *db, int64_t owner, struct str conversation, struct str id, struct arena *a, struct talk_message *ret,
                 struct err *e)
{
    int64_t conversation_n, n;
    int rc = conversation_find(db, owner, conversation, &conversation_n, e);
    if (!rc)
        rc = message_find(db, conversation_n, id, &n, e);
    return rc ? rc : message_by_n(db, n, a, ret, e);
}

int talk_rate(struct store_db *db, int64_t owner, struct str conversation, struct str id, int rating, struct err *e)
{
    int64_t conversation_n, n;
    int rc = conversation_find(db, owner, conversation, &conversation_n, e);
    if (!rc)
        rc = message_find(db, conversation_n, id, &n, e);
    if (rc)
        return rc;
    struct store_stmt *st = db_prepare(db, "UPDATE messages SET rating = ?2 WHERE n = ?1");
    db_bind_int(st, 1, n);
    db_bind_int(st, 2, rating);
    return db_run(db, st, e);
}

/* ---- making rows */

static void bind_usage(struct store_stmt *st, int at, const struct talk_message *m)
{
    if (!m->has_usage) {
        for (int i = 0; i < 5; i++)
            db_bind_null(st, at + i);
        return;
    }
    db_bind_int(st, at, m->usage.prompt_tokens);
    db_bind_int(st, at + 1, m->usage.cached_tokens);
    db_bind_int(st, at + 2, m->usage.completion_tokens);
    db_bind_real(st, at + 3, (double)m->usage.first_ms);
    db_bind_real(st, at + 4, (double)m->usage.decode_ms);
}

static int insert_attachment(struct store_db *db, int64_t conversation_n, int64_t message_n, const struct talk_attachment *t, struct err *e)
{
    struct store_stmt *st =
        db_prepare(db, "INSERT INTO attachments (conversation, message, name, bytes, tokens, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    db_bind_int(st, 1, conversation_n);
    db_bind_int(st, 2, message_n);
    db_bind_str(st, 3, row_text(t->name));
    db_bind_int(st, 4, (int64_t)t->text.len);
    if (t->tokens >= 0)
        db_bind_int(st, 5, t->tokens);
    else
        db_bind_null(st, 5);
    db_bind_str(st, 6, row_text(t->text));
    return db_run(db, st, e);
}

static int insert_row(struct store_db *db, int64_t conversation_n, int64_t parent_n, const struct talk_message *m, struct arena *a,
                      struct err *e)
{
    struct str calls = talk_calls_text(m->calls, m->n_calls, a);
    if (!calls.ptr)
        return err_set(e, ERR_NOMEM, "out of memory for a message");
    struct store_stmt *st =
        db_prepare(db, "INSERT INTO messages (id, conversation, parent, role, state, rating, created_ms, model, error, content,"
                       " prompt_tokens, cached_tokens, completion_tokens, first_ms, decode_ms, reasoning, calls)"
                       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)");
    db_bind_str(st, 1, m->id);
    db_bind_int(st, 2, conversation_n);
    if (parent_n)
        db_bind_int(st, 3, parent_n);
    else
        db_bind_null(st, 3);
    db_bind_int(st, 4, m->role);
    db_bind_int(st, 5, m->state);
    db_bind_int(st, 6, m->rating);
    db_bind_int(st, 7, m->created_ms);
    db_bind_str(st, 8, row_maybe(m->model));
    db_bind_str(st, 9, row_maybe(m->error));
    db_bind_str(st, 10, row_text(m->content));
    bind_usage(st, 11, m);
    db_bind_str(st, 16, row_maybe(m->reasoning));
    db_bind_str(st, 17, row_maybe(calls));
    return db_run(db, st, e);
}

int message_insert(struct store_db *db, int64_t conversation_n, int64_t parent_n, struct talk_message *m, struct arena *a, struct err *e)
{
    int rc = talk_id(a, &m->id);
    if (rc)
        return err_set(e, rc, "an id for the message: %s", err_text(rc));
    rc = insert_row(db, conversation_n, parent_n, m, a, e);
    if (rc)
        return rc;
    m->n = db_last_id(db);
    for (size_t i = 0; i < m->n_attachments && !rc; i++)
        rc = insert_attachment(db, conversation_n, m->n, &m->attachments[i], e);
    return rc ? rc : index_message(db, m->n, e);
}
