/* The templates of real models, to the byte as another program renders them. That one hides the begin token, passes
 * enable_thinking unless told otherwise, and gives arguments of calls as objects. */
#include "render.h"

static const char *data(const char *name)
{
    static char path[2048];
    const char *dir = getenv("HEARTH_SHARED_DATA");
    snprintf(path, sizeof path, "%s/templates/%s", dir && *dir ? dir : SHARED_DATA, name);
    return path;
}

static struct buf slurp(const char *path)
{
    struct buf b = buf_make(1 << 20);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    char part[4096];
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
        buf_put(&b, str_from(part, n));
    fclose(f);
    return b;
}

static void parse_arguments(json_t *messages)
{
    size_t i, k;
    json_t *m, *call;
    json_array_foreach(messages, i, m)
    {
        json_array_foreach(json_object_get(m, "tool_calls"), k, call)
        {
            json_t *function = json_object_get(call, "function");
            json_object_set_new(function, "arguments", json_loads(json_string_value(json_object_get(function, "arguments")), 0, NULL));
        }
    }
}

static json_t *variables(json_t *request)
{
    json_t *vars = json_pack("{s:O, s:b, s:b, s:s, s:s}", "messages", json_object_get(request, "messages"), "add_generation_prompt", 1,
                             "enable_thinking", 1, "bos_token", "<s>", "eos_token", "</s>");
    parse_arguments(json_object_get(vars, "messages"));
    if (json_object_get(request, "tools"))
        json_object_set(vars, "tools", json_object_get(request, "tools"));
    if (json_object_get(request, "chat_template_kwargs"))
        json_object_update(vars, json_object_get(request, "chat_template_kwargs"));
    return vars;
}

static void recorded(void **state)
{
    (void)state;
    FILE *f = fopen(data("renderings.jsonl"), "rb");
    if (!f) {
        print_message("skipped: %s is not there\n", data("renderings.jsonl"));
        skip();
    }
    for (json_t *line; (line = next_line(f));) {
        struct buf text = slurp(data(json_string_value(json_object_get(line, "template")))), name = buf_make(400);
        json_t *vars = variables(json_object_get(line, "request"));
        struct jinja_out out;
        struct err e = {0};
        struct str t = text_at(line, "template"), c = text_at(line, "case");
        buf_printf(&name, STR_FMT " " STR_FMT, STR_ARG(t), STR_ARG(c));
        if (render(buf_str(&text), vars, NULL, &out, &e))
            fail_msg("%s: %s", buf_cstr(&name), e.text);
        struct str got = buf_str(&out.text);
        expect_text(str_skip(got, str_starts(got, STR("<s>")) ? 3 : 0), text_at(line, "prompt"), buf_str(&name));
        jinja_out_free(&out);
        json_decref(vars);
        json_decref(line);
        buf_free(&text);
        buf_free(&name);
    }
    fclose(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(recorded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
