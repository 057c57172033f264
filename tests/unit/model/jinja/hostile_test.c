/* Templates that would run for ever, fill the memory or the stack: each meets a limit, with a sentence. */
#include "render.h"

static const struct hostile {
    const char *text, *sentence; /* the sentence is found in the refusal */
} hostiles[] = {
    {"{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "line 1: the template takes"},
    {"{% set n = namespace(s='x') %}{% for i in range(99) %}{% set n.s = n.s + n.s %}{% endfor %}", "a text of more than"},
    {"{% set n = namespace(l=[1]) %}{% for i in range(60) %}{% set n.l = n.l + n.l %}{% endfor %}", "the template takes"},
    {"{% set n = namespace(l=[1]) %}{% for i in range(60) %}{% set n.l = [n.l, n.l] %}{% endfor %}{{ n.l }}", "too many steps"},
    {"{% set n = namespace(l=[1]) %}{% for i in range(60) %}{% set n.l = [n.l, n.l] %}{% endfor %}{{ n.l | tojson }}", "too many steps"},
    {"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "levels within each other"},
    {"{% set l = [1] %}{% set _ = l.append(l) %}{{ l }}", "levels within each other"},
    {"{% set l = [1] %}{% set _ = l.append(l) %}{% set k = [1] %}{% set _ = k.append(k) %}{{ k == l }}", "levels within each other"},
    {"{% set d = {} %}{% set _ = d.update({'d': d}) %}{{ d | tojson }}", "levels within each other"},
    {"{{ 'x' * 9000000000000000000 }}", "line 1: "},
    {"{{ [1] * 9000000000000000000 }}", "the template takes"},
    {"{{ range(100001) }}", "range: more than 100000 numbers"},
    {"{{ range(-9223372036854775807, 9223372036854775807) }}", "range: more than 100000 numbers"},
    {"{{ 'a'.rjust(10000000000) }}", "line 1: "},
    {"{{ 'a' | center(10000000000) }}", "line 1: "},
    {"{{ range(100000) | list | tojson(indent=100000) }}", "a text of more than"},
    {"{{ 2 ** 1000 }}", "an integer does not fit 64 bits"},
    {"{{ 9223372036854775807 + 1 }}", "an integer does not fit 64 bits"},
    {"{{ (-9223372036854775807 - 1) // -1 }}", "an integer does not fit 64 bits"},
    {"{{ -(-9223372036854775807 - 1) }}", "an integer does not fit 64 bits"},
    {"{{ (('a' * 1000000) | list | join('b')).replace('', 'cccccccccccccccccc') | length }}", "line 1: "},
    {"{% for i in range(9999) %}{{ ('a' * 500000).count('ab') }}{% endfor %}", "the template takes"},
    {"{% for i in range(9999) %}{{ ('ab' * 99999).rsplit('a' * 999 + 'b', 1) | length }}{% endfor %}", "too many steps"},
    {"{% for i in range(99999) %}{{ ('a' * 99999).strip('b' * 9999) }}{% endfor %}", "too many steps"},
    {"{{ strftime_now('%c' * 99) }}", "more than 64 directives"},
};

/* Small enough that the whole list takes a moment, also under sanitizers. */
static const struct jinja_limits small = {.steps_max = 1000000, .memory_max = 64 << 20, .output_max = 4 << 20, .depth_max = 300};

static void meets_a_limit(void **state)
{
    (void)state;
    json_t *vars = json_object();
    for (size_t i = 0; i < sizeof hostiles / sizeof *hostiles; i++) {
        struct jinja_out out;
        struct err e = {0};
        int rc = render(str_of(hostiles[i].text), vars, &small, &out, &e);
        if (rc != ERR_LIMIT || !strstr(e.text, hostiles[i].sentence))
            fail_msg("%s\n%d: \"%s\" is not \"…%s…\"", hostiles[i].text, rc, e.text, hostiles[i].sentence);
    }
    json_decref(vars);
}

static const struct repeated {
    const char *before, *open, *middle, *close, *after;
    bool compiles; /* and fails when it runs */
} repeateds[] = {
    {"{{ ", "(", "1", ")", " }}", false},
    {"{{ ", "[", "1", "]", " }}", false},
    {"{{ ", "{1:", "1", "}", " }}", false},
    {"{{ ", "-", "1", "", " }}", false},
    {"{{ ", "not ", "1", "", " }}", false},
    {"{{ ", "1 if 0 else ", "1", "", " }}", false},
    {"{{ ", "f(", "1", ")", " }}", false},
    {"", "{% if 1 %}", "", "{% endif %}", "", false},
    {"", "{% for i in [1] %}", "", "{% endfor %}", "", false},
    {"{% set ", "(", "a", ")", " = 1 %}", false},
    {"{{ 1", "+1", "", "", " }}", true},
    {"{{ 1", "~1", "", "", " }}", true},
    {"{{ x", "|upper", "", "", " }}", true},
    {"{{ x", "|default", "", "", " }}", true},
    {"{{ 1", " and 1", "", "", " }}", true},
};

static void nesting_is_bounded(void **state)
{
    (void)state;
    enum { TIMES = 3000 };
    json_t *vars = json_object();
    for (size_t i = 0; i < sizeof repeateds / sizeof *repeateds; i++) {
        const struct repeated *p = &repeateds[i];
        struct buf b = buf_make(1 << 20);
        struct jinja *t = NULL;
        struct jinja_out out;
        struct err e = {0};
        buf_puts(&b, p->before);
        for (int k = 0; k < TIMES; k++)
            buf_puts(&b, p->open);
        buf_puts(&b, p->middle);
        for (int k = 0; k < TIMES; k++)
            buf_puts(&b, p->close);
        buf_puts(&b, p->after);
        int rc = jinja_compile(buf_str(&b), &t, &e);
        if (p->compiles != !rc)
            fail_msg("%s: %d %s", p->open, rc, e.text);
        rc = rc ? rc : render(buf_str(&b), vars, &small, &out, &e);
        if (rc != ERR_LIMIT)
            fail_msg("%s: %d %s", p->open, rc, e.text);
        jinja_free(t);
        buf_free(&b);
    }
    json_decref(vars);
}

static void a_huge_source(void **state)
{
    (void)state;
    size_t n = (size_t)JINJA_SOURCE_BYTES_MAX + 1;
    char *p = malloc(n);
    struct jinja *t = NULL;
    struct err e = {0};
    assert_non_null(p);
    memset(p, 'a', n);
    assert_int_equal(jinja_compile(str_from(p, n), &t, &e), ERR_LIMIT);
    /* the largest, with as many tokens as it can have, still is taken */
    for (size_t i = 0; i + 8 <= n - 1; i += 8)
        memcpy(p + i, "{{a.b}} ", 8);
    assert_int_equal(jinja_compile(str_from(p, n - 1), &t, &e), OK);
    jinja_free(t);
    free(p);
}

/* The variables can be nested, too. */
static void deep_variables(void **state)
{
    (void)state;
    json_t *v = json_integer(1);
    for (int i = 0; i < 200; i++)
        v = json_pack("[o]", v);
    json_t *vars = json_pack("{s:o}", "x", v);
    struct jinja_out out;
    struct err e = {0};
    assert_int_equal(render(STR("{{ x }}"), vars, NULL, &out, &e), ERR_LIMIT);
    json_decref(vars);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(meets_a_limit), cmocka_unit_test(nesting_is_bounded),
                                       cmocka_unit_test(a_huge_source), cmocka_unit_test(deep_variables)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
