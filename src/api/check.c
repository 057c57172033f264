/* POST /api/check: can these settings be enforced? What a person has pasted is compiled as it would be for an answer, off the loop. */
#include "api/job.h"
#include "api/talk_fields.h"
#include "engine/enforce.h"
#include "talk/settings.h"

struct args {
    struct check_body body; /* first: what the fields are read into */
    struct gen_request request;
};

static int check_tools(const struct gen_request *g, struct err *e)
{
    int rc = OK;
    for (size_t i = 0; i < g->n_tools && !rc; i++)
        rc = enforce_check(&g->tools[i], e);
    return rc;
}

static int check_schema(const struct gen_request *g, struct err *e)
{
    struct grammar *compiled = NULL;
    int rc = g->format == GEN_FORMAT_TEXT ? OK : grammar_compile(g->format, g->format_text, NULL, &compiled, e);
    grammar_free(compiled);
    return rc;
}

/* What is asked about may be wrong: that is an answer, and no failure of this request. */
static int check(struct store_db *db, struct job *j, struct err *e)
{
    (void)db;
    static const struct {
        const char *field;
        int (*check)(const struct gen_request *g, struct err *e);
    } parts[] = {{"tools", check_tools}, {"schema", check_schema}};
    struct args *args = j->args;
    struct json out = json_to(&j->out);
    gen_request_init(&args->request, GEN_CHAT);
    int rc = args->body.settings.len ? talk_settings_apply(args->body.settings, &j->arena, &args->request, e) : OK;
    if (rc)
        return rc;
    json_obj(&out);
    json_key(&out, "problems");
    json_arr(&out);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct err why = {0};
        rc = parts[i].check(&args->request, &why);
        if (rc == ERR_NOMEM)
            return err_set(e, rc, "out of memory for this check");
        if (!rc)
            continue;
        json_obj(&out);
        json_kcstr(&out, "field", parts[i].field);
        json_kstr(&out, "message", str_of(why.text));
        json_obj_end(&out);
    }
    json_arr_end(&out);
    json_obj_end(&out);
    return OK;
}

void handle_check(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    (void)route;
    struct job *j = job_create(a, x, sizeof(struct args));
    if (j && job_body(j, api_check_fields, api_n_check_fields, j->args))
        job_start(j, false, check, NULL);
}
