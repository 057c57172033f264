#include "talk/settings.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/json.h"

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
};
/* clang-format on */
const size_t talk_n_settings = sizeof talk_setting_table / sizeof *talk_setting_table;

static int wrong(const struct talk_setting *s, struct err *e)
{
    if (s->kind == TALK_SET_TEXTS)
        return err_set(e, ERR_INVAL, "'settings.%s' must be an array of at most %d strings of 1 to %d bytes", s->name, GEN_STOPS_MAX,
                       GEN_STOP_BYTES_MAX);
    return err_set(e, ERR_INVAL, "'settings.%s' must be %s from %g to %g", s->name, s->kind == TALK_SET_NUMBER ? "a number" : "an integer",
                   s->min, s->max);
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

static bool value_ok(const struct talk_setting *s, const json_t *v)
{
    if (s->kind == TALK_SET_TEXTS)
        return texts_ok(v);
    double number = json_number_value(v);
    if (!json_is_number(v) || !(number >= s->min && number <= s->max))
        return false;
    return s->kind == TALK_SET_NUMBER || number == (double)(int64_t)number;
}

static void put_value(struct json *j, const struct talk_setting *s, const json_t *v)
{
    json_key(j, s->name);
    if (s->kind == TALK_SET_TEXTS) {
        json_arr(j);
        for (size_t i = 0; i < json_array_size(v); i++) {
            const json_t *one = json_array_get(v, i);
            json_str(j, str_from(json_string_value(one), json_string_length(one)));
        }
        json_arr_end(j);
    } else if (s->kind == TALK_SET_NUMBER) {
        json_num(j, json_number_value(v), 4);
    } else {
        json_int(j, (int64_t)json_number_value(v));
    }
}

int talk_settings_read(json_t *object, struct arena *a, struct str *ret, struct err *e)
{
    if (!json_is_object(object))
        return err_set(e, ERR_INVAL, "'settings' must be an object");
    struct buf b = buf_make(64 << 10);
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
            put_value(&j, &talk_setting_table[i], v);
    }
    json_obj_end(&j);
    struct str text = rc || b.failed ? (struct str){0} : arena_dup(a, buf_str(&b));
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
    json_decref(root);
    return rc;
}
