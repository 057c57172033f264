#include "talk/settings.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/json.h"
#include "talk/talk.h"
#include "talk/tool_settings.h"

#define NUMBER(field, lo, hi, text)                                                         \
    {                                                                                       \
#field, TALK_SET_NUMBER, lo, hi, offsetof(struct gen_request, sampling.field), text \
    }
#define INTEGER(field, lo, hi, text)                                                         \
    {                                                                                        \
#field, TALK_SET_INTEGER, lo, hi, offsetof(struct gen_request, sampling.field), text \
    }

/* clang-format off */
const struct talk_setting talk_setting_table[] = {
    NUMBER(temperature, 0, 2, "0 takes the likeliest token always; higher is livelier"),
    NUMBER(top_p, 0, 1, "choose among the likeliest tokens that together have this probability; 1: off"),
    INTEGER(top_k, 0, INT32_MAX, "choose among the k likeliest tokens; 0: off"),
    NUMBER(min_p, 0, 1, "leave out tokens less likely than this share of the likeliest one; 0: off"),
    {"max_tokens", TALK_SET_INTEGER, 1, INT32_MAX, offsetof(struct gen_request, max_tokens), "the most tokens of each answer"},
    {"seed", TALK_SET_SEED, 0, 9007199254740991., 0, "the same seed, conversation and model give the same answer"},
    NUMBER(repeat_penalty, 0.01, 10, "divides the score of recent tokens; 1: off"),
    NUMBER(presence_penalty, -2, 2, "against tokens that were generated already"),
    NUMBER(frequency_penalty, -2, 2, "against tokens, for each time they were generated"),
    {"stop", TALK_SET_TEXTS, 0, GEN_STOPS_MAX, 0, "texts that end an answer; they are not part of it"},
    {"thinking", TALK_SET_THINKING, 0, 0, 0, "whether a model that can think before it answers does; absent: as its template has it"},
    {"think_budget", TALK_SET_INTEGER, 1, INT32_MAX, offsetof(struct gen_request, think_budget), "the most tokens of thinking; it is ended then, and the answer begins"},
    {"tools", TALK_SET_TOOLS, 0, 0, 0, "tools that the model may ask to be called, as OpenAI, Anthropic or MCP have them"},
    {"tool_choice", TALK_SET_CHOICE, 0, 0, 0, "auto, none, or required: answers to a person are calls"},
    {"schema", TALK_SET_SCHEMA, 0, 0, 0, "a JSON Schema: answers are JSON that is valid for it"},
};
/* clang-format on */
const size_t talk_n_settings = sizeof talk_setting_table / sizeof *talk_setting_table;

static const char *const tool_choices[] = {[GEN_TOOLS_AUTO] = "auto", [GEN_TOOLS_NONE] = "none", [GEN_TOOLS_REQUIRED] = "required"};
enum { TOOL_CHOICES = sizeof tool_choices / sizeof *tool_choices };

static int wrong(const struct talk_setting *s, struct err *e)
{
    switch (s->kind) {
    case TALK_SET_TEXTS:
        return err_set(e, ERR_INVAL, "'settings.%s' must be an array of at most %d strings of 1 to %d bytes", s->name, GEN_STOPS_MAX,
                       GEN_STOP_BYTES_MAX);
    case TALK_SET_THINKING: return err_set(e, ERR_INVAL, "'settings.%s' must be true or false", s->name);
    case TALK_SET_CHOICE: return err_set(e, ERR_INVAL, "'settings.%s' must be \"auto\", \"none\" or \"required\"", s->name);
    case TALK_SET_SCHEMA: return err_set(e, ERR_INVAL, "'settings.%s' must be a JSON Schema, an object", s->name);
    case TALK_SET_NUMBER: return err_set(e, ERR_INVAL, "'settings.%s' must be a number from %g to %g", s->name, s->min, s->max);
    default: return err_set(e, ERR_INVAL, "'settings.%s' must be an integer from %g to %g", s->name, s->min, s->max);
    }
}

static bool texts_ok(const json_t *v)
{
    if (!json_is_array(v) || json_array_size(v) > GEN_STOPS_MAX)
        return false;
    for (size_t i = 0; i < json_array_size(v); i++) {
        const json_t *one = json_array_get(v, i);
        if (!json_is_string(one) || !json_string_length(one) || json_string_length(one) > GEN_STOP_BYTES_MAX)
            return false;
    }
    return true;
}

/* Its number in tool_choices, which is that of gen_tool_choice; TOOL_CHOICES: none of them. */
static int choice_of(const json_t *v)
{
    int i = 0;
    while (i < TOOL_CHOICES && !(json_is_string(v) && str_eq(str_of(json_string_value(v)), str_of(tool_choices[i]))))
        i++;
    return i;
}

static bool value_ok(const struct talk_setting *s, const json_t *v)
{
    switch (s->kind) {
    case TALK_SET_TEXTS: return texts_ok(v);
    case TALK_SET_THINKING: return json_is_boolean(v);
    case TALK_SET_TOOLS: return json_is_array(v);
    case TALK_SET_CHOICE: return choice_of(v) < TOOL_CHOICES;
    case TALK_SET_SCHEMA: return json_is_object(v);
    default: break;
    }
    double number = json_number_value(v);
    if (!json_is_number(v) || !(number >= s->min && number <= s->max))
        return false;
    return s->kind == TALK_SET_NUMBER || number == (double)(int64_t)number;
}

static void put_texts(struct json *j, const json_t *v)
{
    json_arr(j);
    for (size_t i = 0; i < json_array_size(v); i++) {
        const json_t *one = json_array_get(v, i);
        json_str(j, str_from(json_string_value(one), json_string_length(one)));
    }
    json_arr_end(j);
}

static int put_json(struct json *j, const json_t *v, struct err *e)
{
    char *text = json_dumps(v, JSON_COMPACT);
    if (!text)
        return err_set(e, ERR_NOMEM, "out of memory for settings");
    json_raw(j, str_of(text));
    free(text);
    return OK;
}

static int put_tools(struct json *j, const json_t *v, struct err *e)
{
    json_t *tools = NULL;
    int rc = tool_settings_read(v, &tools, e);
    if (!rc)
        rc = put_json(j, tools, e);
    json_decref(tools);
    return rc;
}

static int put_value(struct json *j, const struct talk_setting *s, const json_t *v, struct err *e)
{
    json_key(j, s->name);
    switch (s->kind) {
    case TALK_SET_TEXTS: put_texts(j, v); break;
    case TALK_SET_THINKING: json_bool(j, json_is_true(v)); break;
    case TALK_SET_TOOLS: return put_tools(j, v, e);
    case TALK_SET_CHOICE: json_cstr(j, tool_choices[choice_of(v)]); break;
    case TALK_SET_SCHEMA: return put_json(j, v, e);
    case TALK_SET_NUMBER: json_num(j, json_number_value(v), 4); break;
    default: json_int(j, (int64_t)json_number_value(v)); break;
    }
    return OK;
}

int talk_settings_read(json_t *object, struct arena *a, struct str *ret, struct err *e)
{
    if (!json_is_object(object))
        return err_set(e, ERR_INVAL, "'settings' must be an object");
    struct buf b = buf_make(TALK_SETTINGS_BYTES_MAX);
    struct json j = json_to(&b);
    int rc = OK;
    json_obj(&j);
    for (size_t i = 0; i < talk_n_settings && !rc; i++) {
        const json_t *v = json_object_get(object, talk_setting_table[i].name);
        if (!v || json_is_null(v))
            continue;
        if (!value_ok(&talk_setting_table[i], v))
            rc = wrong(&talk_setting_table[i], e);
        else
            rc = put_value(&j, &talk_setting_table[i], v, e);
    }
    json_obj_end(&j);
    struct str text = rc || b.failed ? (struct str){0} : arena_dup(a, buf_str(&b));
    if (!rc && b.failed == ERR_LIMIT)
        rc = err_set(e, ERR_INVAL, "'settings' must have at most %d KB", TALK_SETTINGS_BYTES_MAX >> 10);
    if (!rc && !text.ptr)
        rc = err_set(e, ERR_NOMEM, "out of memory for settings");
    buf_free(&b);
    if (!rc)
        *ret = text;
    return rc;
}

static int apply_stops(const json_t *v, struct arena *a, struct gen_request *r, struct err *e)
{
    size_t n = json_array_size(v);
    struct str *stops = arena_calloc(a, n, sizeof *stops);
    for (size_t i = 0; stops && i < n; i++) {
        const json_t *one = json_array_get(v, i);
        stops[i] = arena_dup(a, str_from(json_string_value(one), json_string_length(one)));
        if (!stops[i].ptr)
            stops = NULL;
    }
    if (!stops)
        return err_set(e, ERR_NOMEM, "out of memory for settings");
    r->stops = stops;
    r->n_stops = n;
    return OK;
}

static int apply_schema(const json_t *v, struct arena *a, struct gen_request *r, struct err *e)
{
    char *text = json_dumps(v, JSON_COMPACT);
    r->format = GEN_FORMAT_SCHEMA;
    r->format_text = text ? arena_dup(a, str_of(text)) : (struct str){0};
    free(text);
    return r->format_text.ptr ? OK : err_set(e, ERR_NOMEM, "out of memory for settings");
}

static int apply_one(const struct talk_setting *s, const json_t *v, struct arena *a, struct gen_request *r, struct err *e)
{
    char *target = (char *)r + s->at;
    switch (s->kind) {
    case TALK_SET_NUMBER: *(float *)(void *)target = (float)json_number_value(v); break;
    case TALK_SET_INTEGER: *(uint32_t *)(void *)target = (uint32_t)json_number_value(v); break;
    case TALK_SET_SEED:
        r->sampling.seed = (uint64_t)json_number_value(v);
        r->sampling.has_seed = true;
        break;
    case TALK_SET_TEXTS: return apply_stops(v, a, r, e);
    case TALK_SET_THINKING: r->thinking = json_is_true(v) ? GEN_THINK_ON : GEN_THINK_OFF; break;
    case TALK_SET_TOOLS: return tool_settings_apply(v, a, r) ? err_set(e, ERR_NOMEM, "out of memory for tools") : OK;
    case TALK_SET_CHOICE: r->tool_choice = (enum gen_tool_choice)choice_of(v); break;
    case TALK_SET_SCHEMA: return apply_schema(v, a, r, e);
    }
    return OK;
}

int talk_settings_apply(struct str settings, struct arena *a, struct gen_request *r, struct err *e)
{
    json_t *root = json_loadb(settings.ptr ? settings.ptr : "", settings.len, JSON_REJECT_DUPLICATES, NULL);
    int rc = OK;
    if (!json_is_object(root))
        rc = err_set(e, ERR_CORRUPT, "the settings of this conversation are damaged: set them again");
    for (size_t i = 0; i < talk_n_settings && !rc; i++) {
        const struct talk_setting *s = &talk_setting_table[i];
        const json_t *v = json_object_get(root, s->name);
        if (v && value_ok(s, v))
            rc = apply_one(s, v, a, r, e);
    }
    if (!r->n_tools)
        r->tool_choice = GEN_TOOLS_AUTO;
    json_decref(root);
    return rc;
}
