/* /api/presets: a system prompt and settings under a name. */
#include "api/job.h"
#include "api/talk_fields.h"
#include "talk/put.h"

struct args {
    struct str id;
    struct talk_preset body;
};

static struct job *job_with_id(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = job_create(a, x, sizeof(struct args));
    if (j)
        ((struct args *)j->args)->id = job_keep(j, route->at[0]);
    return j;
}

static int list(struct store_db *db, struct job *j, struct err *e)
{
    struct talk_preset *items = NULL;
    size_t n = 0;
    int rc = talk_presets(db, j->owner, &j->arena, &items, &n, e);
    if (rc)
        return rc;
    struct json out = json_to(&j->out);
    json_obj(&out);
    json_key(&out, "presets");
    json_arr(&out);
    for (size_t i = 0; i < n; i++)
        put_preset(&out, &items[i]);
    json_arr_end(&out);
    json_obj_end(&out);
    return OK;
}

void handle_presets(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = job_with_id(a, x, route);
    if (j)
        job_start(j, false, list, NULL);
}

static int put(struct job *j, int rc, const struct talk_preset *p)
{
    struct json out = json_to(&j->out);
    if (!rc)
        put_preset(&out, p);
    return rc;
}

static int create(struct store_db *db, struct job *j, struct err *e)
{
    struct talk_preset p;
    return put(j, talk_preset_create(db, j->owner, &((struct args *)j->args)->body, &j->arena, &p, e), &p);
}

/* False: refused. */
static bool check_name(struct job *j, struct str name)
{
    struct api_error e;
    if (str_trim(name).len)
        return true;
    api_error_set(&e, 400, "missing_field", "name", "'name' is missing: a preset needs one");
    job_refuse(j, &e);
    return false;
}

void handle_preset_create(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = job_with_id(a, x, route);
    struct args *args = j ? j->args : NULL;
    if (!j || !job_body(j, api_preset_fields, api_n_preset_fields, &args->body) || !check_name(j, args->body.name))
        return;
    j->status = 201;
    job_start(j, true, create, NULL);
}

static int patch(struct store_db *db, struct job *j, struct err *e)
{
    struct args *args = j->args;
    struct talk_preset p;
    return put(j, talk_preset_update(db, j->owner, args->id, &args->body, &j->arena, &p, e), &p);
}

void handle_preset_patch(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = job_with_id(a, x, route);
    struct args *args = j ? j->args : NULL;
    if (!j || !job_body(j, api_preset_fields, api_n_preset_fields, &args->body) || (args->body.name.ptr && !check_name(j, args->body.name)))
        return;
    job_start(j, true, patch, NULL);
}

static int erase(struct store_db *db, struct job *j, struct err *e)
{
    return talk_preset_delete(db, j->owner, ((struct args *)j->args)->id, e);
}

void handle_preset_delete(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = job_with_id(a, x, route);
    if (!j)
        return;
    j->status = 204;
    job_start(j, true, erase, NULL);
}
