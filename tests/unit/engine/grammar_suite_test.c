/* The public JSON Schema test suite (Debian's json-schema-test-suite, whose latest draft is 7: the keywords are those of 2020-12 but for
 * arrays of items, dependencies and what stands beside $ref). Every schema is either refused, with a place, or held to: no text that
 * the suite calls invalid can be written. What it calls valid can be written, too, but for what the table says. */
#include "grammar_harness.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef SCHEMA_SUITE
#define SCHEMA_SUITE "/usr/share/json-schema-test-suite/tests/draft7"
#endif

struct seen {
    unsigned schemas, refused, texts, narrow, wrong;
};

/* What is valid and is never written, since a grammar writes one order of keys, and properties that nobody has named only when the schema
 * asks for them. */
static const struct {
    const char *where, *text;
} narrower[] = {
    {"anyOf.json: anyOf complex types", "{\"foo\":\"baz\",\"bar\":2}"},
    {"allOf.json: allOf", "{\"foo\":\"baz\",\"bar\":2}"},
    {"allOf.json: allOf with base schema", "{\"foo\":\"quux\",\"bar\":2,\"baz\":null}"},
    {"const.json: const with object", "{\"baz\":\"bax\",\"foo\":\"bar\"}"},
    {"properties.json: object properties validation", "{\"quux\":[]}"},
    {"additionalProperties.json: additionalProperties are allowed by default", "{\"foo\":1,\"bar\":2,\"quux\":true}"},
    {"ref.json: ref overrides any sibling keywords", "{\"foo\":[1,2,3]}"}, /* in draft 7; now they count as well */
};

static bool known_narrower(const char *where, const char *text)
{
    bool known = false;
    for (size_t i = 0; i < sizeof narrower / sizeof *narrower; i++)
        known |= !strcmp(narrower[i].where, where) && !strcmp(narrower[i].text, text);
    return known;
}

static void try_text(struct seen *seen, const char *where, const struct grammar *g, const json_t *test)
{
    char *text = json_dumps(json_object_get(test, "data"), JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    bool valid = json_is_true(json_object_get(test, "valid")), has = grammar_has(g, str_of(text));
    seen->texts++;
    if (valid && !has) {
        seen->narrow++;
        if (!known_narrower(where, text))
            fail_msg("%s: %s is valid, but cannot be written", where, text);
    }
    if (has && !valid) {
        seen->wrong++;
        print_error("%s: %s is invalid, but can be written\n", where, text);
    }
    free(text);
}

static void try_group(struct seen *seen, const char *file, const json_t *group)
{
    char *schema = json_dumps(json_object_get(group, "schema"), JSON_COMPACT | JSON_ENCODE_ANY), where[400];
    struct grammar *g = NULL;
    struct err e = {0};
    size_t i;
    json_t *test;
    snprintf(where, sizeof where, "%s: %s", file, json_string_value(json_object_get(group, "description")));
    seen->schemas++;
    if (grammar_compile(GEN_FORMAT_SCHEMA, str_of(schema), NULL, &g, &e)) {
        seen->refused++;
        if (e.text[0] != '/' && !strstr(e.text, "nothing could ever satisfy it"))
            fail_msg("%s is refused without a place: %s", where, e.text);
    } else {
        json_array_foreach(json_object_get(group, "tests"), i, test) try_text(seen, where, g, test);
    }
    grammar_free(g);
    free(schema);
}

static void schemas_are_refused_or_held_to(void **state)
{
    (void)state;
    struct seen seen = {0};
    DIR *dir = opendir(SCHEMA_SUITE);
    if (!dir) {
        printf("skipped: there is no " SCHEMA_SUITE " (Debian's json-schema-test-suite)\n");
        skip();
    }
    for (struct dirent *d; (d = readdir(dir));) {
        char path[400];
        size_t i;
        json_t *group, *root;
        snprintf(path, sizeof path, SCHEMA_SUITE "/%s", d->d_name);
        root = str_ends(str_of(d->d_name), STR(".json")) ? json_load_file(path, 0, NULL) : NULL;
        json_array_foreach(root, i, group) try_group(&seen, d->d_name, group);
        json_decref(root);
    }
    closedir(dir);
    printf("%u schemas, %u refused; %u texts, %u narrower, %u wrong\n", seen.schemas, seen.refused, seen.texts, seen.narrow, seen.wrong);
    assert_int_equal(seen.wrong, 0);
    assert_true(seen.schemas > 100 && seen.texts > 200 && seen.refused < seen.schemas * 2 / 3);
    assert_int_equal(seen.narrow, sizeof narrower / sizeof *narrower);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(schemas_are_refused_or_held_to)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
