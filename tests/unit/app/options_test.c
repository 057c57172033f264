#include <stdlib.h>

#include "../check.h"
#include "app/verbs.h"

/* One run of the parser over words that end with NULL, with the tables of `run`. */
static int parse(const char *const *words, struct args *args, struct config *config, struct err *e)
{
    const struct option *const tables[] = {options_global, verb_find(STR("run"))->options};
    char *argv[16];
    int argc = 0, r = OK;
    while (words[argc]) {
        argv[argc] = (char *)(uintptr_t)words[argc];
        argc++;
    }
    args_init(args);
    assert_int_equal(config_init(config, LANG_EN, NULL), OK);
    for (int i = 0; i < argc && !r;)
        r = option_take(tables, 2, argv, argc, &i, args, config, e);
    return r;
}
#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL}, &args, &config, &e)

static void values_in_both_forms(void **state)
{
    (void)state;
    struct args args;
    struct config config;
    struct err e;
    assert_int_equal(PARSE("--temperature", "0.5", "--max-tokens=7", "--seed", "0", "--stop", "a", "--stop=b=c", "--chat"), OK);
    assert_true(args.temperature == 0.5 && args.max_tokens == 7 && args.seed == 0 && args.chat && !args.raw);
    assert_int_equal(args.stops.n, 2);
    assert_true(str_eq(args.stops.items[1], STR("b=c")));
    config_deinit(&config);
    assert_int_equal(PARSE("-h"), OK);
    assert_true(args.help);
    config_deinit(&config);
}

static void settings_by_their_own_and_by_other_names(void **state)
{
    (void)state;
    struct args args;
    struct config config;
    struct err e;
    assert_int_equal(PARSE("--port", "1", "--threads=2", "--engine.queue_max", "3", "--model", "-"), OK);
    assert_int_equal(config.server.port, 1);
    assert_int_equal(config.engine.threads, 2);
    assert_int_equal(config.engine.queue_max, 3);
    assert_string_equal(config.models.chosen, "-");
    config_deinit(&config);
}

static void refusals(void **state)
{
    (void)state;
    static const struct {
        const char *words[3], *error;
    } cases[] = {
        {{"--temprature", "1"}, "unknown option --temprature; did you mean --temperature?"},
        {{"--florp"}, "unknown option --florp"},
        {{"-x"}, "unknown option --x"},
        {{"--seed"}, "option --seed wants a value: S"},
        {{"--engine.queue_max"}, "option --engine.queue_max wants a value: VALUE"},
        {{"--seed", "-1"}, "option --seed wants a whole number from 0 to 9007199254740992, not \"-1\""},
        {{"--seed", "99999999999999999999"}, "option --seed wants a whole number"},
        {{"--top-p", "1.5"}, "option --top-p wants a number from 0 to 1, not \"1.5\""},
        {{"--top-p", "nan"}, "option --top-p wants a number"},
        {{"--temperature="}, "option --temperature wants a number"},
        {{"--chat=yes"}, "option --chat takes no value"},
        {{"--port", "x"}, "server.port: expected a whole number"},
        {{"--engine.quee_max=1"}, "unknown setting --engine.quee_max; did you mean --engine.queue_max?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct args args;
        struct config config;
        struct err e = {0};
        assert_int_not_equal(parse(cases[i].words, &args, &config, &e), OK);
        if (str_find(str_of(e.text), str_of(cases[i].error), 0) != 0)
            fail_msg("%s gave: %s", cases[i].words[0], e.text);
        config_deinit(&config);
    }
}

static void stops_are_bounded(void **state)
{
    (void)state;
    struct args args;
    struct config config;
    struct err e;
    args_init(&args);
    assert_int_equal(config_init(&config, LANG_EN, NULL), OK);
    const struct option *const tables[] = {verb_find(STR("run"))->options};
    char stop[] = "--stop=x", *argv[] = {stop};
    int r = OK, n = 0;
    for (; !r && n < 100; n++) {
        int i = 0;
        r = option_take(tables, 1, argv, 1, &i, &args, &config, &e);
    }
    assert_int_equal(r, ERR_LIMIT);
    assert_int_equal(n, ARGS_TEXTS_MAX + 1);
    config_deinit(&config);
}

/* A setting that an option names must exist, and the two must agree about taking a value. */
static void tables_are_consistent(void **state)
{
    (void)state;
    for (size_t v = 0; v <= verbs_count; v++)
        for (const struct option *o = v ? verbs[v - 1].options : options_global; o->name; o++) {
            assert_true((o->kind == OPTION_FLAG) == !o->value);
            assert_true(o->kind != OPTION_SETTING || setting_find(str_of(o->setting)));
            assert_true(o->help.en && o->help.zh);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_in_both_forms),
        cmocka_unit_test(settings_by_their_own_and_by_other_names),
        cmocka_unit_test(refusals),
        cmocka_unit_test(stops_are_bounded),
        cmocka_unit_test(tables_are_consistent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
