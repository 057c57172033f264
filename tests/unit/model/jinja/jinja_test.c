/* Jinja's rules one by one: cases.jsonl has a template, its variables and what must come of it, each reasoned from Jinja's
 * documentation. And templates that must be refused, with the sentence. */
#include "render.h"

static void cases(void **state)
{
    (void)state;
    FILE *f = fopen(CASES, "rb");
    assert_non_null(f);
    size_t n = 0;
    for (json_t *line; (line = next_line(f)); n++) {
        json_t *none = json_object(), *vars = json_object_get(line, "vars");
        struct jinja_out out;
        struct err e = {0};
        struct str text = text_at(line, "template");
        if (render(text, vars ? vars : none, NULL, &out, &e))
            fail_msg(STR_FMT "\n%s", STR_ARG(text), e.text);
        expect_text(buf_str(&out.text), text_at(line, "want"), text);
        jinja_out_free(&out);
        json_decref(none);
        json_decref(line);
    }
    fclose(f);
    assert_true(n > 100);
}

static const struct refusal {
    const char *text, *sentence;
} refusals[] = {
    {"a\n\n{{ 1 + 'a' }}", "line 3: \"+\" does not work on int and str"},
    {"{{ x.y.z }}", "line 1: \"y\" is undefined"},
    {"{{ nothing.y }}", "line 1: \"nothing\" is undefined"},
    {"{{ nothing + 'a' }}", "line 1: \"nothing\" is undefined"},
    {"{{ nothing() }}", "line 1: \"nothing\" is undefined"},
    {"{{ x() }}", "line 1: a str cannot be called"},
    {"{% for i in 5 %}{% endfor %}", "line 1: a int has no items to go through"},
    {"{% if %}", "line 1: the end of the tag where an expression is expected"},
    {"\n{% if x %}", "line 2: the end of the template where \"elif\" is expected"},
    {"{{ x", "line 1: an expression has no end (}})"},
    {"{% x", "line 1: a tag has no end (%})"},
    {"{{ 'a", "line 1: a string has no end"},
    {"{# c", "line 1: a comment has no end (#})"},
    {"{% raw %}x", "line 1: raw has no endraw"},
    {"{% foo %}", "line 1: \"foo\" where a tag that hearth knows is expected"},
    {"{% endfor %}", "line 1: \"endfor\" where a tag that hearth knows is expected"},
    {"{% include 'x' %}", "line 1: a chat template cannot read other templates (\"include\")"},
    {"{% for x in y recursive %}{% endfor %}", "line 1: recursive loops are not supported"},
    {"{% break %}", "line 1: break or continue outside of a loop"},
    {"{% for x in y %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}", "line 1: break or continue outside of a loop"},
    {"{{ x | nope }}", "line 1: there is no filter \"nope\""},
    {"{{ x is nope }}", "line 1: there is no test \"nope\""},
    {"{{ [x] | map('nope') }}", "line 1: there is no filter \"nope\""},
    {"{{ x | replace('a') }}", "line 1: replace wants at least 2 arguments"},
    {"{{ x | trim('a', 'b') }}", "line 1: trim takes at most 1 arguments, not 2"},
    {"{{ x | tojson(wrong=1) }}", "line 1: tojson has no argument \"wrong\""},
    {"{{ nothing | tojson }}", "line 1: \"nothing\" is undefined"},
    {"{% set x.y = 1 %}", "line 1: only a namespace's attributes can be set, not a str's"},
    {"{% set a, b = [1] %}", "line 1: too few values for the names"},
    {"{% set a, b = [1, 2, 3] %}", "line 1: too many values for the names"},
    {"{{ 1 / 0 }}", "line 1: division by zero"},
    {"{{ 'a' < 1 }}", "line 1: str and int have no order"},
    {"{{ 1 in 5 }}", "line 1: a int has no items to go through"},
    {"{{ {[1]: 2} }}", "line 1: a list cannot be a key"},
    {"{{ [1][::0] }}", "line 1: a slice cannot have steps of 0"},
    {"{{ [1 }}", "line 1: a bracket is closed that was not opened"},
    {"{{ \"\\x4\" }}", "line 1: a string has an escape that is not a character"},
    {"{{ '%d' % 'x' }}", "line 1: %d wants a number, not str"},
    {"{{ '{}'.format() }}", "line 1: format wants more values than there are"},
    {"\n\n{{ raise_exception('Roles must alternate') }}", "line 3: the template refuses: Roles must alternate"},
    {"{% macro m() %}\n{{ 1 / 0 }}{% endmacro %}{{ m() }}", "line 2: division by zero"},
    {"{{ 9223372036854775808 }}", "line 1: an integer is not valid, or does not fit 64 bits"},
    {"\xff", "the chat template is not UTF-8 text"},
};

static void refused(void **state)
{
    (void)state;
    json_t *vars = json_pack("{s:s}", "x", "s");
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct jinja_out out;
        struct err e = {0};
        int rc = render(str_of(refusals[i].text), vars, NULL, &out, &e);
        int want = strstr(refusals[i].sentence, "the template refuses") ? ERR_DENIED : ERR_INVAL;
        if (rc != want || strcmp(e.text, refusals[i].sentence) != 0)
            fail_msg("%s\n%d: \"%s\" is not \"%s\"", refusals[i].text, rc, e.text, refusals[i].sentence);
    }
    json_decref(vars);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cases), cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
