

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "runtime/catalogue.h"
#include "tiny_model.h"

#define DIR_NAME "catalogue_test.models"

static void put(const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", DIR_NAME, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void link_to(const char *target, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", DIR_NAME, name);
    assert_int_equal(symlink(target, path), 0);
}

static void lists_models_and_nothing_else(void **state)
{
    (void)state;
    scratch_folder(DIR_NAME);
    put("b.gguf", "12345");
    put("a.Q8_0.gguf", "");
    put("Größe 1.gguf", "x");
    put(".hidden.gguf", "x");
    put(".gguf", "x");
    put("notes.txt", "x");
    put("gguf", "x");
    put("caf\xe9.gguf", "x");    /* not UTF-8 */
    put("two\nlines.gguf", "x"); /* would forge a line of a list */
    link_to("b.gguf", "link.gguf");
    link_to("loop.gguf", "loop.gguf");
    link_to("nowhere", "broken.gguf");
    link_to("/dev/null", "device.gguf");
    assert_int_equal(mkdir(DIR_NAME "/folder.gguf", 0755), 0);
    struct catalogue c;
    assert_int_equal(catalogue_scan(DIR_NAME, NULL, &c), OK);
    static const char *const want[] = {"Größe 1", "a.Q8_0", "b", "link"};
    assert_int_equal(c.n, 4);
    for (size_t i = 0; i < c.n; i++)
        assert_string_equal(c.files[i].name, want[i]);
    assert_string_equal(c.files[2].path, DIR_NAME "/b.gguf");
    assert_int_equal(c.files[2].bytes, 5);
    assert_true(c.files[2].modified_ns > 0);
    catalogue_free(&c);
}

static void extra_paths_come_first(void **state)
{
    (void)state;
    scratch_folder(DIR_NAME);
    put("b.gguf", "in the folder");
    const char *const extra[] = {"catalogue_test.other/b.gguf", "/no/such.gguf", "catalogue_test.other/plain", NULL};
    scratch_folder("catalogue_test.other");
    FILE *f = fopen(extra[0], "w");
    assert_non_null(f);
    fclose(f);
    f = fopen(extra[2], "w");
    assert_non_null(f);
    fclose(f);
    struct catalogue c;
    assert_int_equal(catalogue_scan(DIR_NAME, extra, &c), OK);
    assert_int_equal(c.n, 2);
    assert_string_equal(c.files[0].path, extra[0]);
    assert_true(c.files[0].extra);
    assert_string_equal(c.files[1].name, "plain");
    catalogue_free(&c);
}

static void no_folder_no_files(void **state)
{
    (void)state;
    struct catalogue c;
    assert_int_equal(catalogue_scan("no/such/folder", NULL, &c), OK);
    assert_int_equal(c.n, 0);
    catalogue_free(&c);
    assert_int_equal(catalogue_scan(NULL, NULL, &c), OK);
    assert_int_equal(c.n, 0);
    catalogue_free(&c);
}

static void family_is_the_name_without_its_type(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"Qwen3-0.6B-Q4_K_M", "Qwen3-0.6B"},
        {"llama-2-7b.Q8_0", "llama-2-7b"},
        {"m-iq4_nl", "m"},
        {"m-BF16", "m"},
        {"Qwen3-0.6B", "Qwen3-0.6B"},
        {"stories260K", "stories260K"},
        {"a-Quill", "a-Quill"},
        {"-Q8_0", "-Q8_0"},
        {"", ""},
        {"x-", "x-"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct str family = catalogue_family(str_of(names[i][0]));
        assert_true(str_eq(family, str_of(names[i][1])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_models_and_nothing_else),
        cmocka_unit_test(extra_paths_come_first),
        cmocka_unit_test(no_folder_no_files),
        cmocka_unit_test(family_is_the_name_without_its_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
