/* The rest of /api/models/…: bodies in, whole answers out. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/body.h"
#include "api/fields.h"
#include "api/pulls.h"
#include "fetch/part.h"

#define AT(f) .at = offsetof(struct pull_fields, f)

/* clang-format off */
const struct field pull_rows[] = {
    {.name = "name", .kind = FIELD_STR, .min = 1, .max = PULL_TEXT_MAX, AT(name), .about = "ORG/REPO, ORG/REPO:QUANT, ORG/REPO/FILE.gguf, or an https address"},
    {.name = "revision", .kind = FIELD_STR, .max = PULL_TEXT_MAX, AT(revision), .about = "branch, tag or commit of the repository; \"main\" unless said"},
    {.name = "token", .kind = FIELD_STR, .max = PULL_TEXT_MAX, AT(token), .about = "for a gated repository; sent to the hub only, and not kept"},
    {.name = "sha256", .kind = FIELD_STR, .max = 64, AT(sha256), .about = "what the file's digest must be; the hub's own is checked without it"},
};
/* clang-format on */
const size_t n_pull_rows = sizeof pull_rows / sizeof *pull_rows;

static void respond_pull(struct http_exchange *x, int status, struct pull *p)
{
    struct buf body = buf_make(64 << 10);
    struct json j = json_to(&body);
    pull_put(&j, p);
    respond_json(x, status, &body);
    buf_free(&body);
}

/* A terminated copy in the request's arena; NULL for an absent text. False: out of memory, or a NUL within. */
static bool text_of(struct http_exchange *x, struct str s, char **ret)
{
    *ret = s.len ? (char *)(uintptr_t)arena_dup(http_arena(x), s).ptr : NULL;
    return !s.len || (*ret && strlen(*ret) == s.len);
}

int pull_begin(struct api *a, struct http_exchange *x, const struct pull_fields *f, struct pull **ret, struct api_error *e)
{
    struct pull wanted = {0};
    struct err why = {0};
    if (!f->name.len)
        return api_error_set(e, 400, "missing_field", "name", "'name' is missing: the model that is to be loaded");
    if (!text_of(x, f->name, &wanted.name) || !text_of(x, f->revision, &wanted.revision) || !text_of(x, f->token, &wanted.token) ||
        !text_of(x, f->sha256, &wanted.sha256))
        return api_error_set(e, 400, "invalid_value", NULL, "A text of the request holds a NUL character");
    if (!a->pulls)
        return api_error_nomem(e);
    int rc = pulls_start(a->pulls, &wanted, ret, &why);
    return rc ? api_error_set(e, 503, rc == ERR_FULL ? "too_many_pulls" : "out_of_memory", NULL, "%s", why.text) : OK;
}

void handle_pull(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    struct api_error e;
    struct field_reader r = {.error = &e};
    struct pull_fields f = {0};
    struct pull *p;
    json_t *root = NULL;
    int rc = body_parse(http_request(x)->body, a->c.json_depth_max, &root, &e);
    if (!rc)
        rc = fields_read(&r, pull_rows, n_pull_rows, "", root, &f);
    if (!rc)
        rc = pull_begin(a, x, &f, &p, &e);
    json_decref(root);
    if (rc)
        respond_error(a, x, &e);
    else
        respond_pull(x, 202, p);
}

void handle_pulls(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    struct buf body = buf_make(API_ANSWER_BYTES_MAX);
    struct json j = json_to(&body);
    json_obj(&j);
    json_key(&j, "pulls");
    json_arr(&j);
    for (struct pull *p = a->pulls ? pulls_first(a->pulls) : NULL; p; p = pulls_next(p))
        pull_put(&j, p);
    json_arr_end(&j);
    json_obj_end(&j);
    respond_json(x, 200, &body);
    buf_free(&body);
}

void handle_pull_cancel(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    struct pull *p = a->pulls ? pulls_find(a->pulls, args->at[0]) : NULL;
    struct api_error e;
    if (!p) {
        api_error_set(&e, 404, "pull_not_found", NULL, "There is no such pull");
        respond_error(a, x, &e);
        return;
    }
    pulls_cancel(p);
    http_respond(x, 204, NULL, (struct str){0});
}

/* ---- removal */

/* Does the path name an entry of the models folder itself? */
static bool in_folder(const struct api *a, struct str path)
{
    struct str dir = str_of(a->c.models_dir);
    return dir.len && str_starts(path, dir) && path.len > dir.len + 1 && path.ptr[dir.len] == '/' &&
           str_rchr(path, '/') == (ptrdiff_t)dir.len;
}

static struct str base_name(struct str path)
{
    return str_skip(path, (size_t)(str_rchr(path, '/') + 1));
}

/* What a pull that was given up has left behind. */
static int remove_part(const struct api *a, struct str name, struct api_error *e)
{
    struct buf path = buf_make(8192);
    struct part part = {.fd = -1};
    struct stat st;
    struct err why = {0};
    int rc = ERR_NOENT;
    buf_printf(&path, "%s/" STR_FMT ".gguf.part", a->c.models_dir, STR_ARG(name));
    if (str_chr(name, '/') < 0 && !path.failed && !lstat(buf_cstr(&path), &st)) {
        path.len -= sizeof ".part" - 1;
        rc = part_open(buf_cstr(&path), &part, &why);
        if (!rc) {
            part_discard(&part);
            if (a->pulls)
                pulls_forget_file(a->pulls, base_name(buf_str(&path)));
        }
        part_close(&part);
    }
    buf_free(&path);
    if (rc == ERR_EXISTS)
        return api_error_set(e, 409, "model_busy", NULL, "'" STR_FMT "' is being loaded: cancel that first", STR_ARG(name));
    return rc ? api_error_set(e, 404, "model_not_found", "model", "There is no model '" STR_FMT "'", STR_ARG(name)) : OK;
}

int model_remove(struct api *a, struct str name, struct api_error *e)
{
    const struct model_entry *m = runtime_find(a->c.runtime, name);
    if (!m || !str_eq(m->name, name)) /* a family's name is enough to ask a model, and not to remove it */
        return remove_part(a, name, e);
    if (!in_folder(a, m->path))
        return api_error_set(e, 409, "model_elsewhere", NULL, "'" STR_FMT "' is not in the models folder, and stays", STR_ARG(name));
    if (runtime_unload(a->c.runtime, name) == ERR_AGAIN)
        return api_error_set(e, 409, "model_busy", NULL, "Requests wait for '" STR_FMT "': try again later", STR_ARG(name));
    char *path = str_dup(m->path);
    int failed = path ? unlink(path) : -1; /* a model that is still answering keeps its mapping until it has ended */
    free(path);
    runtime_rescan(a->c.runtime);
    return failed ? api_error_set(e, 500, "not_removed", NULL, "'" STR_FMT "' cannot be removed: is the folder writable?", STR_ARG(name))
                  : OK;
}

void handle_model_remove(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    struct api_error e;
    if (model_remove(a, args->at[0], &e)) {
        respond_error(a, x, &e);
        return;
    }
    log_event(a->c.log, LOG_INFO, "model removed", F_STR("model", args->at[0]));
    http_respond(x, 204, NULL, (struct str){0});
}
