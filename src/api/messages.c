/* /api/conversations/{id}/messages and answers. */
#include "api/job.h"
#include "api/talk_fields.h"
#include "talk/answer.h"
#include "talk/put.h"

struct args {
    struct str conversation, message;
    struct message_body post;
    struct talk_again again;
    struct rating_body rating;
    struct talk_message stored;
    struct talk_task task;
    bool answers; /* a model is going to work */
};

static struct job *job_with_ids(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = job_create(a, x, sizeof(struct args));
    if (!j)
        return NULL;
    struct args *args = j->args;
    args->conversation = job_keep(j, route->at[0]);
    args->message = job_keep(j, route->at[1]);
    return j;
}

/* ---- what begins an answer */

/* What comes before anything is stored: is there room, may this principal, is there such a model? */
static bool may_answer(struct job *j, struct str model)
{
    struct err e = {0};
    struct api_error wrong;
    if (answers_room(j->api->c.answers, j->owner, &e)) {
        api_error_set(&wrong, 429, "too_many_answers", NULL, "%s", e.text);
        http_add_header(j->x, "Retry-After", STR("1"));
    } else if (model.len && !models_pick(j->api, model, &wrong)) {
    } else {
        return job_admit(j);
    }
    job_refuse(j, &wrong);
    return false;
}

static struct str default_model(struct job *j)
{
    const struct model_entry *m = runtime_find(j->api->c.runtime, (struct str){0});
    return m ? job_keep(j, m->name) : STR("");
}

/* The rows are on the disk. */
static void begin(struct job *j)
{
    struct args *args = j->args;
    struct answer *answer;
    if (args->answers && answers_start(j->api->c.answers, &args->task, &answer)) {
        struct api_error e;
        api_error_nomem(&e);
        job_refuse(j, &e);
        return;
    }
    j->failed = NULL; /* the admission is the answer's now */
    job_respond(j);
}

static int post(struct store_db *db, struct job *j, struct err *e)
{
    struct args *args = j->args;
    int rc = talk_post(db, j->owner, args->conversation, &args->post.post, j->now_ms, &j->arena, &args->stored, &args->task, e);
    if (rc)
        return rc;
    struct json out = json_to(&j->out);
    json_obj(&out);
    json_key(&out, "message");
    put_message(&out, &args->stored, false);
    json_key(&out, "answer");
    if (args->answers)
        put_message(&out, &args->task.answer, false);
    else
        json_nil(&out);
    json_obj_end(&out);
    return OK;
}

static bool check_post(const struct talk_post *p, struct api_error *e)
{
    bool words = p->content.len || p->n_attachments;
    if (words && p->n_results)
        api_error_set(e, 400, "invalid_value", "results", "'results' stand alone: words and attachments are a message of their own");
    else if (!words && !p->n_results)
        api_error_set(e, 400, "missing_field", "content", "'content' is missing: a message needs words or an attachment");
    return words != (p->n_results > 0);
}

void handle_message_create(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = job_with_ids(a, x, route);
    if (!j)
        return;
    struct args *args = j->args;
    struct talk_post *p = &args->post.post;
    struct api_error e;
    p->answer = true;
    if (!job_body(j, api_message_fields, api_n_message_fields, &args->post))
        return;
    if (!check_post(p, &e)) {
        job_refuse(j, &e);
        return;
    }
    p->has_parent = json_object_get(j->root, "parent") != NULL;
    args->answers = p->answer;
    p->default_model = default_model(j);
    if (p->answer && !may_answer(j, p->model))
        return;
    j->status = 201;
    job_start(j, true, post, begin);
}

static int again(struct store_db *db, struct job *j, struct err *e)
{
    struct args *args = j->args;
    int rc = talk_again(db, j->owner, args->conversation, &args->again, j->now_ms, &j->arena, &args->task, e);
    if (rc)
        return rc;
    struct json out = json_to(&j->out);
    json_obj(&out);
    json_key(&out, "answer");
    put_message(&out, &args->task.answer, false);
    json_obj_end(&out);
    return OK;
}

void handle_answer_create(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = job_with_ids(a, x, route);
    struct args *args = j ? j->args : NULL;
    if (!j || !job_body(j, api_answer_fields, api_n_answer_fields, &args->again))
        return;
    struct api_error e;
    if (!args->again.parent.ptr == !args->again.continued.ptr) {
        api_error_set(&e, 400, "missing_field", "parent", "Either 'parent' (answer again) or 'continue' (go on) says what is wanted");
        job_refuse(j, &e);
        return;
    }
    args->again.default_model = default_model(j);
    args->answers = true;
    if (!may_answer(j, args->again.model))
        return;
    j->status = 201;
    job_start(j, true, again, begin);
}

/* ---- one message */

static int get(struct store_db *db, struct job *j, struct err *e)
{
    struct args *args = j->args;
    int rc = talk_message(db, j->owner, args->conversation, args->message, &j->arena, &args->stored, e);
    if (rc)
        return rc;
    struct json out = json_to(&j->out);
    put_message(&out, &args->stored, true);
    return OK;
}

void handle_message(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = job_with_ids(a, x, route);
    if (j)
        job_start(j, false, get, NULL);
}

static int rate(struct store_db *db, struct job *j, struct err *e)
{
    struct args *args = j->args;
    int rc = args->rating.given ? talk_rate(db, j->owner, args->conversation, args->message, args->rating.rating, e) : OK;
    return rc ? rc : get(db, j, e);
}

void handle_message_patch(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = job_with_ids(a, x, route);
    struct args *args = j ? j->args : NULL;
    if (!j || !job_body(j, api_rating_fields, api_n_rating_fields, &args->rating))
        return;
    job_start(j, true, rate, NULL);
}

/* ---- stop: the answer to this comes when the text is on the disk */

struct stopping {
    struct answer_listener listener; /* first */
    struct job *job;
};

static void on_stopped(struct answer_listener *l, struct answer *a)
{
    struct job *j = ((struct stopping *)(void *)l)->job;
    if (answer_news(a)->phase != ANSWER_OVER)
        return;
    answer_unlisten(l);
    job_respond(j);
}

static void stop(struct job *j, struct answer *a)
{
    struct stopping *s = arena_calloc(&j->arena, 1, sizeof *s);
    if (s) {
        s->job = j;
        s->listener.heard = on_stopped;
    }
    if (!s || answer_listen(a, &s->listener)) {
        answer_stop(a);
        job_respond(j);
        return;
    }
    answer_stop(a);
}

void handle_message_stop(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = job_with_ids(a, x, route);
    if (!j)
        return;
    struct args *args = j->args;
    struct answer *answer = answers_find(a->c.answers, j->owner, args->conversation, args->message);
    j->status = 204;
    if (answer)
        stop(j, answer);
    else
        job_start(j, false, get, NULL); /* 404 when there is no such message; nothing to stop otherwise */
}
