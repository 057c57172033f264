/* A template, and after a zero byte its variables as JSON. Whatever it does stays within small limits, a refusal has a sentence, and
 * the spans cover the text. */
#include <stdlib.h>

#include "model/jinja/jinja.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_spans(const struct jinja_out *o)
{
    size_t at = 0;
    for (size_t i = 0; i < o->n_spans; i++) {
        if (o->spans[i].offset != at || !o->spans[i].len)
            __builtin_trap();
        at += o->spans[i].len;
    }
    if (at != o->text.len)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct jinja_limits small = {.steps_max = 100000, .memory_max = 8 << 20, .output_max = 1 << 20, .depth_max = 200};
    const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
    size_t n = zero ? (size_t)(zero - data) : size;
    json_t *vars = zero ? json_loadb((const char *)zero + 1, size - n - 1, 0, NULL) : NULL;
    if (!json_is_object(vars)) {
        json_decref(vars);
        vars = json_pack("{s:[{s:s, s:s}], s:s}", "messages", "role", "user", "content", "a <|b|> c\n", "x", "y");
    }
    struct jinja *t;
    struct jinja_out out;
    struct err e = {0};
    int rc = jinja_compile(str_from(data, n), &t, &e);
    if (!rc) {
        struct jinja_input in = {.vars = vars, .now = {.tm_year = 126, .tm_mon = 10, .tm_mday = 21}};
        rc = jinja_render(t, &small, &in, &out, &e);
        if (!rc) {
            check_spans(&out);
            jinja_out_free(&out);
        }
        jinja_free(t);
    }
    if (rc && (!e.text[0] || e.code != rc))
        __builtin_trap();
    json_decref(vars);
    return 0;
}
