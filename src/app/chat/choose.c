/* Which model, and what Tab offers. */
#include "app/chat/chat.h"
#include "app/paths.h"
#include "app/text.h"

static const char *model_id(const json_t *m)
{
    return json_string_value(json_object_get(m, "id"));
}

const char *choose_model(const struct chat *c, const char *wanted)
{
    struct str name = model_name_of(wanted);
    const char *begins = NULL;
    size_t i, n_begin = 0;
    json_t *m;
    json_array_foreach(c->models, i, m)
    {
        const char *id = model_id(m);
        if (id && str_ieq(str_of(id), name))
            return id;
        if (id && str_ieq(str_head(str_of(id), name.len), name)) {
            begins = id;
            n_begin++;
        }
    }
    return name.len && n_begin == 1 ? begins : NULL;
}

/* The one of the settings, else one that is loaded, else the first. */
static const char *usual_model(const struct chat *c, const json_t *status)
{
    const char *usual = json_string_value(json_object_get(status, "default_model"));
    size_t i;
    json_t *m;
    if (usual)
        return usual;
    json_array_foreach(c->models, i, m) if (str_eq(json_text(m, "state"), STR("ready"))) return model_id(m);
    return model_id(json_array_get(c->models, 0));
}

static int no_models(const struct chat *c, const json_t *status, struct err *e)
{
    return err_set(e, ERR_NOENT, T(c->app->lang, CHAT_NO_MODELS), STR_ARG(json_text(status, "models_dir")));
}

int choose_models(struct chat *c, struct err *e)
{
    json_t *status = NULL;
    int r = client_call(c->client, "GET", "/api/status", (struct str){0}, &status, e);
    if (r)
        return r;
    json_decref(c->models);
    c->models = json_incref(json_object_get(status, "models"));
    const char *usual = c->model[0] ? c->model : usual_model(c, status);
    const char *chosen = usual ? choose_model(c, usual) : NULL;
    if (!json_array_size(c->models))
        r = no_models(c, status, e);
    else if (!chosen)
        r = err_set(e, ERR_NOENT, T(c->app->lang, CHAT_NO_MODEL), usual ? usual : "", client_address(c->client));
    else
        str_copy(c->model, sizeof c->model, str_of(chosen));
    json_decref(status);
    return r;
}

static void keep_matching(struct line_choices *all, struct str typed)
{
    size_t kept = 0;
    for (size_t i = 0; i < all->n; i++)
        if (str_starts(all->items[i], typed))
            all->items[kept++] = all->items[i];
    all->n = kept;
}

static void add_commands(struct line_choices *ret)
{
    for (const struct command *k = commands; k->name && ret->n < LINE_CHOICES_MAX; k++)
        ret->items[ret->n++] = str_of(k->name);
}

void choose_complete(void *ctx, struct str text, size_t *ret_from, struct line_choices *ret)
{
    const struct chat *c = ctx;
    ptrdiff_t space = str_chr(text, ' ');
    if (!str_starts(text, STR("/")))
        return;
    if (space < 0) {
        *ret_from = 1;
        add_commands(ret);
    } else {
        const struct command *k = command_find(str_head(str_skip(text, 1), (size_t)space - 1));
        *ret_from = (size_t)space + 1;
        if (k && k->choices)
            k->choices(c, ret);
    }
    keep_matching(ret, str_skip(text, *ret_from));
}
