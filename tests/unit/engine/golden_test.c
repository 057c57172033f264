/* The engine against what llama.cpp answered for the same files: prompt ids, the first token's log-probabilities, greedy text.
 * Needs the shared data folder (HEARTH_SHARED_DATA, or beside the source tree); skips, saying so, without it. */
#include "harness.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char *data_dir(void)
{
    const char *dir = getenv("HEARTH_SHARED_DATA");
    return dir && *dir ? dir : SHARED_DATA;
}

/* Products of quantised types differ by how activations are rounded; those of floats hardly. */
static float tolerance(const char *model)
{
    static const char *const exact[] = {"stories260K", "-F32", "-F16", "-BF16"};
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++)
        if (str_ends(str_of(model), str_of(exact[i])))
            return 0.02f;
    return 0.15f;
}

static float find_logprob(const struct harness_choice *c, uint32_t token)
{
    for (uint32_t i = 0; i < c->n_first_top; i++)
        if (c->first_top[i].token == token)
            return c->first_top[i].logprob;
    return -INFINITY;
}

static void check_prompt(const struct model *m, const json_t *line)
{
    struct tokens got = tokens_make(4096);
    struct str prompt = str_of(json_string_value(json_object_get(line, "prompt")));
    assert_int_equal(vocab_encode(m->vocab, prompt, (struct vocab_encode_options){.add_special = true, .parse_special = true}, &got), OK);
    const json_t *ids = json_object_get(line, "prompt_ids");
    assert_int_equal(got.len, json_array_size(ids));
    for (size_t i = 0; i < got.len; i++)
        assert_int_equal(got.ptr[i], json_integer_value(json_array_get(ids, i)));
    tokens_free(&got);
}

static float check_first(const struct harness_choice *c, const json_t *line, const char *name, enum cpu_level level)
{
    const json_t *top = json_object_get(line, "first_top10");
    float worst = 0;
    for (size_t i = 0; i < json_array_size(top); i++) {
        uint32_t token = (uint32_t)json_integer_value(json_array_get(json_array_get(top, i), 0));
        float want = (float)json_number_value(json_array_get(json_array_get(top, i), 1)), got = find_logprob(c, token);
        float off = fabsf(got - want);
        worst = off > worst || isnan(off) ? off : worst;
        if (!(off <= tolerance(name)))
            print_error("%s on %s: log-probability of token %u is %.4f, expected %.4f\n", name, cpu_level_name(level), token, (double)got,
                        (double)want);
    }
    return worst;
}

/* Whether all of it agrees; says what does not, so that one run shows every file. */
static bool check_line(struct model *m, const json_t *line, const char *name, enum cpu_level level)
{
    struct harness h;
    harness_init(&h, m);
    harness_start(&h, level, 2);
    struct gen_request r;
    gen_request_init(&r, GEN_COMPLETE);
    r.id = 1;
    r.prompt = str_of(json_string_value(json_object_get(line, "prompt")));
    r.sampling.temperature = 0;
    r.sampling.repeat_penalty = 1;
    r.max_tokens = 24;
    r.logprobs = true;
    r.top_logprobs = GEN_TOP_LOGPROBS_MAX;
    engine_submit(h.engine, &r);
    harness_run(&h, 100);
    struct harness_request *got = harness_of(&h, 1);
    assert_int_equal(got->n_errors, 0);
    assert_int_equal(got->choice[0].n_done, 1);
    float worst = check_first(&got->choice[0], line, name, level);
    print_message("%-20s %-7s worst %.4f\n", name, cpu_level_name(level), (double)worst);
    if (!strcmp(name, "stories260K")) /* with random weights, near-ties may fall the other way */
        assert_string_equal(got->choice[0].text, json_string_value(json_object_get(line, "text")));
    harness_stop(&h);
    return worst <= tolerance(name);
}

static void test_golden(void **state)
{
    (void)state;
    char path[4096];
    snprintf(path, sizeof path, "%s/golden.jsonl", data_dir());
    FILE *f = fopen(path, "r");
    if (!f) {
        print_message("skipped: no %s\n", path);
        skip();
    }
    struct cpu_info cpu;
    cpu_detect(&cpu);
    char open_name[64] = "";
    struct model *m = NULL;
    struct err e = {0};
    uint32_t wrong = 0;
    for (json_t *line; (line = json_loadf(f, JSON_DISABLE_EOF_CHECK, NULL)); json_decref(line)) {
        const char *name = json_string_value(json_object_get(line, "model"));
        if (strcmp(name, open_name)) {
            model_free(m);
            snprintf(open_name, sizeof open_name, "%s", name);
            snprintf(path, sizeof path, "%s/%s.gguf", data_dir(), name);
            if (model_open(path, &m, &e))
                fail_msg("%s: %s", path, e.text);
        }
        check_prompt(m, line);
        for (int level = CPU_SCALAR; level <= (int)cpu.level; level++)
            wrong += !check_line(m, line, name, (enum cpu_level)level);
    }
    model_free(m);
    fclose(f);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
