/* /api/conversations and /api/folders. */
#include "api/job.h"
#include "api/talk_fields.h"
#include "talk/answer.h"
#include "talk/put.h"

struct args {
    struct str id;
    union {
        struct talk_query query;
        struct conversation_body body;
        bool left;
    };
};

/* Everything that is shown of one conversation. */
static int put_whole(struct store_db *db, struct job *j, const struct talk_conversation *c, bool messages, struct err *e)
{
    struct talk_message *m = NULL;
    size_t n = 0;
    int rc = messages ? talk_messages(db, c, false, &j->arena, &m, &n, e) : OK;
    if (rc)
        return rc;
    struct json out = json_to(&j->out);
    json_obj(&out);
    put_summary(&out, c);
    put_details(&out, c);
    if (messages) {
        json_key(&out, "messages");
        put_messages(&out, m, n, false);
    } else {
        put_count(&out, c);
    }
    json_obj_end(&out);
    return OK;
}

static int list(struct store_db *db, struct job *j, struct err *e)
{
    struct args *args = j->args;
    struct talk_page page;
    int rc = talk_list(db, j->owner, &args->query, &j->arena, &page, e);
    if (rc)
        return rc;
    struct json out = json_to(&j->out);
    json_obj(&out);
    json_key(&out, "conversations");
    json_arr(&out);
    for (size_t i = 0; i < page.n; i++) {
        json_obj(&out);
        put_summary(&out, &page.items[i]);
        put_count(&out, &page.items[i]);
        json_obj_end(&out);
    }
    json_arr_end(&out);
    json_key(&out, "next");
    if (page.next.ptr)
        json_str(&out, page.next);
    else
        json_nil(&out);
    json_kint(&out, "total", page.total);
    json_obj_end(&out);
    return OK;
}

void handle_conversations(struct api *a, struct http_exchange *x, const struct route_args *unused)
{
    (void)unused;
    struct job *j = job_create(a, x, sizeof(struct args));
    if (!j)
        return;
    struct args *args = j->args;
    uint32_t limit = 50;
    if (!job_query(j, "q", &args->query.q) || !job_query(j, "folder", &args->query.folder) ||
        !job_query(j, "before", &args->query.before) || !job_query_u32(j, "limit", 1, TALK_PAGE_MAX, &limit))
        return;
    args->query.limit = limit;
    if (args->query.q.len > TALK_QUERY_BYTES_MAX) {
        struct api_error e;
        api_error_set(&e, 400, "invalid_value", "q", "'q' has %zu bytes, but at most %d are searched for", args->query.q.len,
                      TALK_QUERY_BYTES_MAX);
        job_refuse(j, &e);
        return;
    }
    job_start(j, false, list, NULL);
}

static int create(struct store_db *db, struct job *j, struct err *e)
{
    struct args *args = j->args;
    struct talk_conversation c;
    int rc = talk_create(db, j->owner, &args->body.patch, j->now_ms, &j->arena, &c, e);
    return rc ? rc : put_whole(db, j, &c, true, e);
}

/* What only a person's own list of a conversation's parts needs: its id, and the body. */
static struct job *job_with_id(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    struct job *j = job_create(a, x, sizeof(struct args));
    if (j)
        ((struct args *)j->args)->id = job_keep(j, args->at[0]);
    return j;
}

void handle_conversation_create(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = job_with_id(a, x, route);
    struct args *args = j ? j->args : NULL;
    if (!j || !job_body(j, api_conversation_fields, api_n_conversation_fields, &args->body))
        return;
    args->body.patch.leaf = (struct str){0};
    j->status = 201;
    job_start(j, true, create, NULL);
}

static int get(struct store_db *db, struct job *j, struct err *e)
{
    struct talk_conversation c;
    int rc = talk_get(db, j->owner, ((struct args *)j->args)->id, &j->arena, &c, e);
    return rc ? rc : put_whole(db, j, &c, true, e);
}

void handle_conversation(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = job_with_id(a, x, route);
    if (j)
        job_start(j, false, get, NULL);
}

static int patch(struct store_db *db, struct job *j, struct err *e)
{
    struct args *args = j->args;
    struct talk_conversation c;
    int rc = talk_update(db, j->owner, args->id, &args->body.patch, &j->arena, &c, e);
    return rc ? rc : put_whole(db, j, &c, false, e);
}

void handle_conversation_patch(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = job_with_id(a, x, route);
    struct args *args = j ? j->args : NULL;
    if (!j || !job_body(j, api_conversation_fields, api_n_conversation_fields, &args->body))
        return;
    conversation_body_nulls(j->root, &args->body.patch);
    job_start(j, true, patch, NULL);
}

static int erase(struct store_db *db, struct job *j, struct err *e)
{
    return talk_delete(db, j->owner, ((struct args *)j->args)->id, e);
}

void handle_conversation_delete(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = job_with_id(a, x, route);
    if (!j)
        return;
    answers_drop(a->c.answers, j->owner, ((struct args *)j->args)->id);
    j->status = 204;
    job_start(j, true, erase, NULL);
}

/* ---- all of them, some at a time: others write in between */
enum { ERASE_BATCH = 50 };

static int erase_some(struct store_db *db, struct job *j, struct err *e)
{
    return talk_delete_some(db, j->owner, ERASE_BATCH, &((struct args *)j->args)->left, e);
}

static void erase_on(struct job *j)
{
    if (((struct args *)j->args)->left)
        job_start(j, true, erase_some, erase_on);
    else
        job_respond(j);
}

void handle_conversations_delete(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct str confirm;
    struct job *j = job_with_id(a, x, route);
    if (!j || !job_query(j, "confirm", &confirm))
        return;
    if (!str_eq(confirm, STR("all"))) {
        struct api_error e;
        api_error_set(&e, 400, "not_confirmed", "confirm", "This erases all of your conversations: say ?confirm=all when that is meant");
        job_refuse(j, &e);
        return;
    }
    answers_drop(a->c.answers, j->owner, (struct str){0});
    j->status = 204;
    job_start(j, true, erase_some, erase_on);
}

static int folders(struct store_db *db, struct job *j, struct err *e)
{
    struct talk_folder *items = NULL;
    size_t n = 0;
    int rc = talk_folders(db, j->owner, &j->arena, &items, &n, e);
    if (rc)
        return rc;
    struct json out = json_to(&j->out);
    json_obj(&out);
    json_key(&out, "folders");
    json_arr(&out);
    for (size_t i = 0; i < n; i++) {
        json_obj(&out);
        json_kstr(&out, "name", items[i].name);
        json_kint(&out, "conversations", items[i].conversations);
        json_obj_end(&out);
    }
    json_arr_end(&out);
    json_obj_end(&out);
    return OK;
}

void handle_folders(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = job_with_id(a, x, route);
    if (j)
        job_start(j, false, folders, NULL);
}
