/* Where the bytes of a rendering came from: «…» stands around what the template wrote itself. */
#include "render.h"

static const struct origin {
    const char *text, *want;
} origins[] = {
    {"<a>{{ x }}<b>", "«<a>»EVIL«<b>»"},
    {"{{ '<a>' + x + '<b>' }}", "«<a>»EVIL«<b>»"},
    {"{{ '<a>' ~ x ~ '<b>' }}", "«<a>»EVIL«<b>»"},
    {"{{ '<' + role + '>' }}{{ x }}", "«<user>»EVIL"},
    {"{{ bos }}{{ x }}", "«<s>»EVIL"},
    {"{{ x | upper }}{{ 'a' | upper }}", "EVIL«A»"},
    {"{{ ('a' + x + 'b') | lower }}", "«a»evil«b»"},
    {"{{ (' a' + x + ' ') | trim }}", "«a»EVIL"},
    {"{{ ('a' + x + 'b')[1:-1] }}{{ ('a' + x)[::-1] }}", "EVILLIVE«a»"},
    {"{{ ('a' + x)[0] }}{{ ('a' + x)[1] }}", "«a»E"},
    {"{{ [x, 'a'] | join('-') }}", "EVIL«-a»"},
    {"{{ 'a-b'.split('-') | join(x) }}", "«a»EVIL«b»"},
    {"{{ (x + '|a').split('|')[1] }}{{ (x + '|a').split('|')[0] }}", "«a»EVIL"},
    {"{{ 'aXb' | replace('X', x) }}{{ x | replace('V', '#') }}", "«a»EVIL«b»E«#»IL"},
    {"{{ 'a%sb' % x }}{{ 'a{}b'.format(x) }}{{ 'a%sb' | format(x) }}", "«a»EVIL«ba»EVIL«ba»EVIL«b»"},
    {"{% macro m(a) %}<{{ a }}>{% endmacro %}{{ m(x) }}{{ m('y') }}", "«<»EVIL«><y>»"},
    {"{% set s %}<{{ x }}>{% endset %}{{ s }}", "«<»EVIL«>»"},
    {"{% set s | upper %}a{{ x }}{% endset %}{{ s }}", "«A»EVIL"},
    {"{% filter lower %}A{{ x }}{% endfilter %}", "«a»evil"},
    {"{% macro m() %}<{{ caller() }}>{% endmacro %}{% call m() %}{{ x }}{% endcall %}", "«<»EVIL«>»"},
    {"{% set n = namespace(s='') %}{% for c in x %}{% set n.s = n.s + c + '.' %}{% endfor %}{{ n.s }}", "E«.»V«.»I«.»L«.»"},
    {"{{ x | tojson }}{{ {'a': x} | tojson }}{{ 'own' | tojson }}", "\"EVIL\"{\"a\": \"EVIL\"}\"own\""},
    {"{{ [x] }}{{ x | string }}{{ x | default('d') }}{{ y | default('d') }}", "['EVIL']EVILEVIL«d»"},
    {"{{ x | indent }}{{ ('a\\n' + x) | indent(1) }}", "EVIL«a»\n EVIL"},
    {"{{ x.strip() }}{{ x.replace('E', 'e') }}{{ x.title() }}{{ x | capitalize }}", "EVIL«e»VILEvilEvil"},
    {"{% for k, v in d.items() %}{{ k }}={{ v }}{% endfor %}", "key«=»VALUE"},
    {"{% set r = {'user': '<U>', 'x': '<X>'} %}{{ r[role] }}{{ r['x'] }}", "«<U><X>»"},
    {"{{ x if x == 'EVIL' else 'no' }}{{ 'same' if x == 'EVIL' }}", "EVIL«same»"},
    {"{{ 1 }}{{ 'a' }}{{ 1.5 }}{{ true }}{{ strftime_now('%Y') }}", "1«a»1.5True«2026»"},
    {"{{ x | truncate(3, true, '.', 0) }}{{ x.center(6, '*') }}{{ x | reverse }}", "EV«.*»EVIL«*»LIVE"},
    {"{{ d | items | map('first') | join }}{{ [x, 'b'] | sort | join }}{{ [x] | map('upper') | join }}", "key«b»EVILEVIL"},
    {"{{ x.partition('V') | join('/') }}", "E«/V/»IL"},
};

static void marked(const struct jinja_out *o, struct buf *out)
{
    size_t at = 0;
    for (size_t i = 0; i < o->n_spans; i++) {
        const struct jinja_span *s = &o->spans[i];
        assert_int_equal(s->offset, at);
        assert_true(s->len);
        assert_true(!i || s->trusted != s[-1].trusted);
        at += s->len;
        buf_puts(out, s->trusted ? "«" : "");
        buf_put(out, str_from(o->text.ptr + s->offset, s->len));
        buf_puts(out, s->trusted ? "»" : "");
    }
    assert_int_equal(at, o->text.len);
}

static void every_byte_has_its_origin(void **state)
{
    (void)state;
    json_t *vars = json_pack("{s:s, s:s, s:s, s:{s:s}}", "x", "EVIL", "role", "user", "bos", "<s>", "d", "key", "VALUE");
    const json_t *trusted[] = {json_object_get(vars, "role"), json_object_get(vars, "bos")};
    for (size_t i = 0; i < sizeof origins / sizeof *origins; i++) {
        struct jinja *t;
        struct jinja_out out;
        struct err e = {0};
        struct buf b = buf_make(4096);
        struct jinja_input in = {.vars = vars, .trusted = trusted, .n_trusted = 2, .now = the_day};
        if (jinja_compile(str_of(origins[i].text), &t, &e) || jinja_render(t, &jinja_limits_default, &in, &out, &e))
            fail_msg("%s: %s", origins[i].text, e.text);
        marked(&out, &b);
        expect_text(buf_str(&b), str_of(origins[i].want), str_of(origins[i].text));
        buf_free(&b);
        jinja_out_free(&out);
        jinja_free(t);
    }
    json_decref(vars);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_byte_has_its_origin)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
