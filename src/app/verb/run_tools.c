#include "app/verb/run_tools.h"

#include <stdlib.h>

#include "api/tool_fields.h"
#include "sys/mem.h"

enum { TOOLS_FILE_BYTES_MAX = 4 << 20, TOOLS_BYTES_MAX = 32 << 20 };

static int read_array(struct run_tools *t, const char *file, struct err *e)
{
    struct api_error why = {0};
    struct field_reader fr = {.arena = &t->arena, .error = &why};
    const struct field row = {.name = "tools"};
    struct api_request r = {0};
    json_t *array = json_is_object(t->root) ? json_object_get(t->root, "tools") : t->root;
    if (!array || !json_is_array(array))
        return err_set(e, ERR_INVAL, "%s: there is no array of tools", file);
    int rc = api_read_openai_tools(&fr, &row, array, &r);
    if (rc)
        return err_set(e, rc, "%s: %s", file, why.message);
    t->tools = r.gen.tools;
    t->n_tools = r.gen.n_tools;
    return OK;
}

static void choose(struct run_tools *t, const char *choice)
{
    static const struct {
        const char *name;
        enum gen_tool_choice choice;
    } words[] = {{"auto", GEN_TOOLS_AUTO}, {"none", GEN_TOOLS_NONE}, {"required", GEN_TOOLS_REQUIRED}};
    for (size_t i = 0; choice && i < sizeof words / sizeof *words; i++)
        if (str_eq(str_of(choice), str_of(words[i].name))) {
            t->choice = words[i].choice;
            return;
        }
    t->choice = choice ? GEN_TOOLS_NAMED : GEN_TOOLS_AUTO; /* a name that is no tool's is refused with the request */
    t->choice_name = str_of(choice);
}

int run_tools_read(const char *file, const char *choice, struct run_tools *ret, struct err *e)
{
    char *text = NULL;
    size_t len = 0;
    *ret = (struct run_tools){.arena = arena_make(TOOLS_BYTES_MAX)};
    int rc = file_read(file, TOOLS_FILE_BYTES_MAX, &text, &len, e);
    if (rc)
        return rc;
    json_error_t at;
    ret->root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &at);
    free(text);
    if (!ret->root)
        return err_set(e, ERR_INVAL, "%s:%d: %s", file, at.line, at.text);
    choose(ret, choice);
    return read_array(ret, file, e);
}

void run_tools_deinit(struct run_tools *t)
{
    json_decref(t->root);
    arena_free(&t->arena);
    *t = (struct run_tools){0};
}

void run_tools_apply(const struct run_tools *t, struct gen_request *r)
{
    r->tools = t->tools;
    r->n_tools = t->n_tools;
    r->tool_choice = t->choice;
    r->tool_choice_name = t->choice_name;
}
