/* A template and its variables as text, rendered on the day of the recordings. */
#ifndef TESTS_UNIT_MODEL_JINJA_RENDER_H
#define TESTS_UNIT_MODEL_JINJA_RENDER_H

#include <stdio.h>
#include <stdlib.h>

#include "../../check.h"
#include "model/jinja/jinja.h"

static const struct tm the_day = {.tm_year = 126, .tm_mon = 10, .tm_mday = 21, .tm_wday = 6, .tm_yday = 324, .tm_hour = 12};

static inline int render(struct str template_text, const json_t *vars, const struct jinja_limits *limits, struct jinja_out *ret,
                         struct err *e)
{
    struct jinja *t;
    int rc = jinja_compile(template_text, &t, e);
    if (rc)
        return rc;
    struct jinja_input in = {.vars = vars, .now = the_day};
    rc = jinja_render(t, limits ? limits : &jinja_limits_default, &in, ret, e);
    jinja_free(t);
    return rc;
}

/* Lines of a file of JSON objects; NULL at its end. */
static inline json_t *next_line(FILE *f)
{
    static char line[1 << 18];
    if (!fgets(line, sizeof line, f))
        return NULL;
    json_error_t why;
    json_t *j = json_loads(line, 0, &why);
    if (!j)
        fail_msg("%s: %.60s", why.text, line);
    return j;
}

static inline struct str text_at(const json_t *j, const char *key)
{
    const json_t *s = json_object_get(j, key);
    return str_from(json_string_value(s), json_string_length(s));
}

/* What was rendered is `want`; the first difference is shown. */
static inline void expect_text(struct str got, struct str want, struct str name)
{
    size_t i = 0;
    while (i < got.len && i < want.len && got.ptr[i] == want.ptr[i])
        i++;
    if (i == got.len && i == want.len)
        return;
    struct str g = str_head(str_skip(got, i), 60), w = str_head(str_skip(want, i), 60);
    fail_msg(STR_FMT "\nat byte %zu: \"" STR_FMT "\" is not \"" STR_FMT "\"", STR_ARG(name), i, STR_ARG(g), STR_ARG(w));
}

#endif
