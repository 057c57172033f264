/* Helpers for the tests of APIs as translations: a body of one API asks for the same as a body of another, byte by byte of the message
 * that engines get; and every row of a table of fields is met by some test. */
#ifndef TESTS_API_TRANSLATE_H
#define TESTS_API_TRANSLATE_H

#include <stdio.h>
#include <stdlib.h>

#include "../check.h"
#include "api/request.h"
#include "gen/codec.h"

struct translate {
    struct arena arena;
    struct buf seen; /* names of fields that were accepted or refused, each as "\nNAME\n" */
};

static inline void translate_init(struct translate *t)
{
    *t = (struct translate){.arena = arena_make(16 << 20), .seen = buf_make(1 << 20)};
    buf_putc(&t->seen, '\n');
}

static inline void translate_deinit(struct translate *t)
{
    arena_free(&t->arena);
    buf_free(&t->seen);
}

/* All keys of all objects. */
static inline void translate_see(struct translate *t, json_t *v)
{
    const char *key;
    json_t *one;
    size_t i;
    json_object_foreach(v, key, one)
    {
        buf_printf(&t->seen, "%s\n", key);
        translate_see(t, one);
    }
    json_array_foreach(v, i, one)
    {
        translate_see(t, one);
    }
}

/* The request stays until the next call, with its strings. */
static inline struct api_request translate_accepts(struct translate *t, api_parse_fn *parse, const char *body)
{
    struct api_request r = {0};
    struct api_error e = {0};
    int rc = parse(str_of(body), 32, &t->arena, &r, &e);
    if (rc)
        fail_msg("%s\n%s", body, e.message);
    translate_see(t, r.root);
    return r;
}

/* `like` is a body of OpenAI's chat or completions that asks for the same. */
static inline void translate_same(struct translate *t, api_parse_fn *parse, const char *body, api_parse_fn *parse_like, const char *like)
{
    struct api_request a = translate_accepts(t, parse, body), b = {0};
    struct api_error e = {0};
    if (parse_like(str_of(like), 32, &t->arena, &b, &e))
        fail_msg("%s\n%s", like, e.message);
    struct buf fa = buf_make(1 << 20), fb = buf_make(1 << 20);
    struct gen_request ga = api_request_for_prompt(&a, 0), gb = api_request_for_prompt(&b, 0);
    assert_int_equal(gen_put_request(&fa, &ga), OK);
    assert_int_equal(gen_put_request(&fb, &gb), OK);
    if (!str_eq(buf_str(&fa), buf_str(&fb)))
        fail_msg("not the same request:\n%s\n%s", body, like);
    assert_true(str_eq(a.model, b.model));
    buf_free(&fa);
    buf_free(&fb);
    api_request_deinit(&a);
    api_request_deinit(&b);
}

static inline void translate_refuses(struct translate *t, api_parse_fn *parse, const char *body, const char *param, const char *sentence)
{
    struct api_request r = {0};
    struct api_error e = {0};
    int rc = parse(str_of(body), 32, &t->arena, &r, &e);
    if (rc != ERR_INVAL || e.status != 400 || strcmp(e.param, param) || !strstr(e.message, sentence))
        fail_msg("%s\nis not refused as it should be: param '%s': %s", body, e.param, e.message);
    assert_null(r.root);
    json_t *root = json_loads(body, 0, NULL);
    translate_see(t, root);
    json_decref(root);
}

static inline void translate_covers(struct translate *t, const struct field *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char line[100];
        snprintf(line, sizeof line, "\n%s\n", rows[i].name);
        if (str_find(buf_str(&t->seen), str_of(line), 0) < 0)
            fail_msg("no test meets the field '%s'", rows[i].name);
    }
}

#endif
