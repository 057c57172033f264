/* The beginning of an answer: the rows, and what the model is to be told. All in one transaction, so that what has been
 * acknowledged is whole. */
#include "talk/rows.h"

struct place {
    int64_t n, messages, leaf_n; /* leaf_n 0: none */
    struct str title, system, settings, model;
};

static int find_place(struct store_db *db, int64_t owner, struct str id, struct arena *a, struct place *ret, struct err *e)
{
    struct store_stmt *st =
        db_prepare(db, "SELECT n, messages, leaf, title, system, settings, model FROM conversations WHERE id = ?1 AND owner = ?2");
    db_bind_str(st, 1, row_text(id));
    db_bind_int(st, 2, owner);
    int rc = row_must(db, st, "conversation", e);
    if (rc)
        return rc;
    struct place p = {.n = db_int(st, 0), .messages = db_int(st, 1), .leaf_n = db_int(st, 2)};
    p.title = row_str(a, st, 3, &rc);
    p.system = row_str(a, st, 4, &rc);
    p.settings = row_str(a, st, 5, &rc);
    p.model = row_str(a, st, 6, &rc);
    if (rc)
        return err_set(e, rc, "out of memory for a conversation");
    *ret = p;
    return OK;
}

static int check_room(const struct place *p, int64_t more, struct err *e)
{
    if (p->messages + more > TALK_MESSAGES_MAX)
        return err_set(e, ERR_LIMIT, "The conversation has %lld messages; %d are the most: begin a new one", (long long)p->messages,
                       TALK_MESSAGES_MAX);
    return OK;
}

/* Nobody may go on from a text that still grows. */
static int check_ended(struct store_db *db, int64_t n, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT state FROM messages WHERE n = ?1");
    db_bind_int(st, 1, n);
    int rc = row_must(db, st, "message", e);
    if (!rc && db_int(st, 0) == TALK_WRITING)
        rc = err_set(e, ERR_AGAIN, "This answer is still being written: wait for it, or stop it");
    return rc;
}

static int find_parent(struct store_db *db, const struct place *at, const struct talk_post *p, int64_t *ret, struct err *e)
{
    int64_t n = p->has_parent ? 0 : at->leaf_n;
    int rc = OK;
    if (p->parent.ptr)
        rc = message_find(db, at->n, p->parent, &n, e);
    if (!rc && n)
        rc = check_ended(db, n, e);
    if (!rc)
        *ret = n;
    return rc;
}

static int give_title(struct store_db *db, const struct place *at, struct str content, struct arena *a, struct err *e)
{
    if (at->title.len)
        return OK;
    int rc = unindex_title(db, at->n, e);
    struct store_stmt *st = db_prepare(db, "UPDATE conversations SET title = ?2 WHERE n = ?1");
    db_bind_int(st, 1, at->n);
    db_bind_str(st, 2, row_text(talk_title_of(content, a)));
    if (!rc)
        rc = db_run(db, st, e);
    return rc ? rc : index_title(db, at->n, e);
}

/* ---- the branch */

struct str talk_render(const struct talk_message *m, struct arena *a)
{
    struct buf b = buf_make((size_t)GEN_TEXT_BYTES_MAX);
    for (size_t i = 0; i < m->n_attachments; i++) {
        const struct talk_attachment *t = &m->attachments[i];
        buf_puts(&b, "<file name=\"");
        for (size_t k = 0; k < t->name.len; k++)
            buf_putc(&b, strchr("\"<>\n", t->name.ptr[k]) ? '_' : t->name.ptr[k]);
        buf_puts(&b, "\">\n");
        buf_put(&b, t->text);
        buf_puts(&b, str_ends(t->text, STR("\n")) ? "</file>\n\n" : "\n</file>\n\n");
    }
    buf_put(&b, m->content);
    struct str text = b.failed ? (struct str){0} : arena_dup(a, buf_str(&b));
    buf_free(&b);
    return text;
}

static struct str conversation_text(const struct talk_message *m, struct arena *a)
{
    return m->n_attachments ? talk_render(m, a) : m->content;
}

/* The numbers of the messages from the root to `end`, the root last. */
static int path_to(struct store_db *db, int64_t end, struct arena *a, int64_t **ret, size_t *ret_n, struct err *e)
{
    int64_t *path = NULL;
    size_t n = 0;
    int rc;
    struct store_stmt *st = db_prepare(db, "WITH RECURSIVE up (n, depth) AS (SELECT ?1, 0 UNION ALL"
                                           " SELECT m.parent, up.depth + 1 FROM up JOIN messages m ON m.n = up.n"
                                           " WHERE m.parent IS NOT NULL AND up.depth < 10000) SELECT n FROM up ORDER BY depth");
    db_bind_int(st, 1, end);
    while ((rc = db_step(db, st, e)) > 0) {
        path = row_grow(a, path, n, sizeof *path);
        if (!path)
            return err_set(e, ERR_NOMEM, "out of memory for the branch");
        path[n++] = db_int(st, 0);
    }
    if (rc)
        return rc;
    if (n + 1 > GEN_MESSAGES_MAX)
        return err_set(e, ERR_LIMIT, "The branch has %zu messages; a model can be told %d at most: begin a new conversation", n,
                       GEN_MESSAGES_MAX - 1);
    *ret = path;
    *ret_n = n;
    return OK;
}

/* Calls that an answer was cut in cannot be told to a model. */
static int tell_calls(const struct talk_message *m, struct arena *a, struct gen_message *ret)
{
    struct gen_tool_call *calls = arena_calloc(a, m->n_calls, sizeof *calls);
    if (!calls)
        return ERR_NOMEM;
    for (size_t i = 0; i < m->n_calls; i++)
        if (talk_call_whole(&m->calls[i]))
            calls[ret->n_tool_calls++] = (struct gen_tool_call){m->calls[i].id, m->calls[i].name, m->calls[i].text};
    ret->tool_calls = calls;
    return OK;
}

struct branch {
    struct arena *a;
    struct gen_message *messages;
    size_t n;
};

/* As many messages as it is for a model: none for an answer that never had a word, one for each result. */
static int tell(struct branch *b, const struct talk_message *m)
{
    struct gen_message g = {.role = m->role == TALK_USER ? GEN_ROLE_USER : GEN_ROLE_ASSISTANT, .reasoning = m->reasoning};
    for (size_t i = 0; m->role == TALK_TOOL && i < m->n_calls && b->n < GEN_MESSAGES_MAX; i++) {
        const struct talk_call *c = &m->calls[i];
        b->messages[b->n++] =
            (struct gen_message){.role = GEN_ROLE_TOOL, .content = row_text(c->text), .name = c->name, .tool_call_id = c->id};
    }
    if (m->role == TALK_TOOL)
        return OK;
    g.content = conversation_text(m, b->a);
    if (!g.content.ptr || (m->role == TALK_ASSISTANT && tell_calls(m, b->a, &g)))
        return ERR_NOMEM;
    if (m->role == TALK_USER || g.content.len || g.n_tool_calls)
        b->messages[b->n++] = g;
    return OK;
}

/* What the model is told: the system prompt, then the branch. */
static int load_branch(struct store_db *db, struct str system, int64_t end, struct arena *a, struct talk_task *t, struct err *e)
{
    int64_t *path = NULL;
    size_t n = 0;
    int rc = path_to(db, end, a, &path, &n, e);
    if (rc)
        return rc;
    struct branch b = {a, arena_calloc(a, GEN_MESSAGES_MAX, sizeof *b.messages), 0};
    if (!b.messages)
        return err_set(e, ERR_NOMEM, "out of memory for the branch");
    if (system.len)
        b.messages[b.n++] = (struct gen_message){.role = GEN_ROLE_SYSTEM, .content = system};
    for (size_t i = n; i-- > 0;) {
        struct talk_message m;
        rc = message_by_n(db, path[i], a, &m, e);
        if (rc)
            return rc;
        if (b.n == GEN_MESSAGES_MAX)
            return err_set(e, ERR_LIMIT, "The branch has more than %d messages for a model: begin a new conversation", GEN_MESSAGES_MAX);
        if (tell(&b, &m))
            return err_set(e, ERR_NOMEM, "out of memory for the branch");
    }
    t->messages = b.messages;
    t->n_messages = b.n;
    return OK;
}

static struct str first_of(struct str a, struct str b, struct str c)
{
    return a.len ? a : b.len ? b : row_text(c);
}

static int begin_answer(struct store_db *db, const struct place *at, int64_t parent_n, struct str model, int64_t now_ms, struct arena *a,
                        struct talk_task *t, struct err *e)
{
    struct talk_message m = {.role = TALK_ASSISTANT, .state = TALK_WRITING, .created_ms = now_ms, .model = model};
    int rc = message_insert(db, at->n, parent_n, &m, a, e);
    if (!rc)
        rc = message_by_n(db, m.n, a, &t->answer, e);
    if (!rc)
        rc = load_branch(db, at->system, parent_n, a, t, e);
    t->model = model;
    t->settings = at->settings;
    return rc;
}

static const struct talk_call *call_of(const struct talk_message *m, struct str id)
{
    for (size_t i = 0; i < m->n_calls; i++)
        if (str_eq(m->calls[i].id, id))
            return &m->calls[i];
    return NULL;
}

/* Each whole call of the answer has one result, which gets the call's name; in the order of the calls. */
static int match_results(struct store_db *db, int64_t parent_n, const struct talk_post *p, struct arena *a, struct talk_message *ret,
                         struct err *e)
{
    struct talk_message asked = {0}, given = {.calls = p->results, .n_calls = p->n_results};
    int rc = parent_n ? message_by_n(db, parent_n, a, &asked, e) : OK;
    struct talk_call *results = arena_calloc(a, asked.n_calls, sizeof *results);
    if (!rc && !results)
        rc = err_set(e, ERR_NOMEM, "out of memory for results");
    if (rc)
        return rc;
    if (asked.role != TALK_ASSISTANT || !asked.n_calls)
        return err_set(e, ERR_INVAL, "'results' follow an answer with tool calls; their parent is none");
    ret->role = TALK_TOOL;
    ret->calls = results;
    for (size_t i = 0; i < asked.n_calls; i++) {
        const struct talk_call *call = &asked.calls[i], *result = call_of(&given, call->id);
        if (!talk_call_whole(call))
            continue;
        if (!result)
            return err_set(e, ERR_INVAL, "'results' has nothing for the call '" STR_FMT "' of " STR_FMT, STR_ARG(str_head(call->id, 64)),
                           STR_ARG(str_head(call->name, 64)));
        results[ret->n_calls++] = (struct talk_call){call->id, call->name, result->text};
    }
    if (ret->n_calls != p->n_results)
        return err_set(e, ERR_INVAL, "'results' must answer each call of the parent once: it has %zu, for %zu calls", p->n_results,
                       ret->n_calls);
    return OK;
}

int talk_post(struct store_db *db, int64_t owner, struct str conversation, const struct talk_post *p, int64_t now_ms, struct arena *a,
              struct talk_message *ret, struct talk_task *ret_task, struct err *e)
{
    struct place at;
    int64_t parent = 0;
    int rc = find_place(db, owner, conversation, a, &at, e);
    if (!rc)
        rc = check_room(&at, 2, e);
    if (!rc)
        rc = find_parent(db, &at, p, &parent, e);
    if (rc)
        return rc;
    struct talk_message m = {
        .role = TALK_USER, .content = p->content, .created_ms = now_ms, .attachments = p->attachments, .n_attachments = p->n_attachments};
    if (p->n_results)
        rc = match_results(db, parent, p, a, &m, e);
    if (!rc)
        rc = message_insert(db, at.n, parent, &m, a, e);
    if (!rc)
        rc = give_title(db, &at, p->content.len || !p->n_attachments ? p->content : p->attachments[0].name, a, e);
    if (!rc)
        rc = message_by_n(db, m.n, a, &m, e);
    struct talk_task t = {.owner = owner, .conversation_n = at.n, .conversation = conversation};
    if (!rc && p->answer)
        rc = begin_answer(db, &at, m.n, first_of(p->model, at.model, p->default_model), now_ms, a, &t, e);
    if (!rc)
        rc = conversation_grown(db, at.n, p->answer ? 2 : 1, p->answer ? t.answer.n : m.n, now_ms, e);
    if (rc)
        return rc;
    *ret = m;
    if (ret_task)
        *ret_task = t;
    return OK;
}

static int again(struct store_db *db, const struct place *at, const struct talk_again *g, int64_t now_ms, struct arena *a,
                 struct talk_task *t, struct err *e)
{
    int64_t parent;
    struct talk_message m;
    int rc = check_room(at, 1, e);
    if (!rc)
        rc = message_find(db, at->n, g->parent, &parent, e);
    if (!rc)
        rc = message_by_n(db, parent, a, &m, e);
    if (!rc && m.role == TALK_ASSISTANT)
        rc = err_set(e, ERR_INVAL, "Only a user's message, or a tool's, can be answered; this one is an answer itself");
    if (!rc)
        rc = begin_answer(db, at, parent, first_of(g->model, at->model, g->default_model), now_ms, a, t, e);
    return rc ? rc : conversation_grown(db, at->n, 1, t->answer.n, now_ms, e);
}

/* True when somebody has gone on from it. */
static int has_children(struct store_db *db, int64_t n, bool *ret, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT 1 FROM messages WHERE parent = ?1 LIMIT 1");
    db_bind_int(st, 1, n);
    int rc = db_step(db, st, e);
    if (rc >= 0)
        *ret = rc > 0;
    return rc < 0 ? rc : OK;
}

/* The row becomes one that is being written again; its text stays. */
static int reopen(struct store_db *db, const struct talk_message *m, struct str model, struct err *e)
{
    int rc = unindex_message(db, m->n, e);
    struct store_stmt *st = db_prepare(db, "UPDATE messages SET state = 1, error = NULL, model = ?2 WHERE n = ?1");
    db_bind_int(st, 1, m->n);
    db_bind_str(st, 2, row_maybe(model));
    return rc ? rc : db_run(db, st, e);
}

static int go_on(struct store_db *db, const struct place *at, const struct talk_again *g, int64_t now_ms, struct arena *a,
                 struct talk_task *t, struct err *e)
{
    int64_t n;
    struct talk_message m;
    bool children = false;
    int rc = message_find(db, at->n, g->continued, &n, e);
    if (!rc)
        rc = message_by_n(db, n, a, &m, e);
    if (!rc)
        rc = has_children(db, n, &children, e);
    if (!rc && (m.role != TALK_ASSISTANT || children))
        rc = err_set(e, ERR_INVAL, "Only an answer at the end of its branch can be continued");
    if (!rc && m.n_calls)
        rc = err_set(e, ERR_INVAL, "An answer with tool calls waits for their results, or is written again");
    if (!rc)
        rc = check_ended(db, n, e);
    if (rc)
        return rc;
    t->model = g->model.len ? g->model : first_of(m.model, at->model, g->default_model);
    t->settings = at->settings;
    t->continued = m.content.len > 0;
    rc = reopen(db, &m, t->model, e);
    if (!rc)
        rc = load_branch(db, at->system, n, a, t, e);
    if (!rc)
        rc = message_by_n(db, n, a, &t->answer, e);
    return rc ? rc : conversation_grown(db, at->n, 0, n, now_ms, e);
}

int talk_again(struct store_db *db, int64_t owner, struct str conversation, const struct talk_again *g, int64_t now_ms, struct arena *a,
               struct talk_task *ret, struct err *e)
{
    struct place at;
    int rc = find_place(db, owner, conversation, a, &at, e);
    if (rc)
        return rc;
    struct talk_task t = {.owner = owner, .conversation_n = at.n, .conversation = conversation};
    rc = g->continued.ptr ? go_on(db, &at, g, now_ms, a, &t, e) : again(db, &at, g, now_ms, a, &t, e);
    if (!rc)
        *ret = t;
    return rc;
}
