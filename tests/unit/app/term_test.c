#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../check.h"
#include "app/paths.h"
#include "app/term.h"

static void sizes_and_counts(void **state)
{
    (void)state;
    assert_string_equal(bytes_text(0).text, "0 B");
    assert_string_equal(bytes_text(999).text, "999 B");
    assert_string_equal(bytes_text(1000).text, "1 KB");
    assert_string_equal(bytes_text(999600).text, "1.00 MB");
    assert_string_equal(bytes_text(638490752).text, "638 MB");
    assert_string_equal(bytes_text(12600000000).text, "12.6 GB");
    assert_true(strlen(bytes_text(UINT64_MAX).text) < sizeof(struct sized));
    assert_string_equal(count_text(260).text, "260");
    assert_string_equal(count_text(596049920).text, "596 M");
}

/* What write_text makes of a text, as a terminal or a file would get it. */
static void assert_written(struct str text, bool tty, const char *want)
{
    char *got = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&got, &len);
    write_text(f, text, tty);
    fclose(f);
    assert_string_equal(got, want);
    free(got);
}

static void a_model_cannot_drive_the_terminal(void **state)
{
    (void)state;
    assert_written(STR("a\033[2Jb\tc\n水\x7f"), true, "a\xef\xbf\xbd[2Jb\tc\n水\xef\xbf\xbd");
    assert_written(STR("a\033[2Jb"), false, "a\033[2Jb");
    assert_written(STR("a\xc2\2332J\u00a0b"), true, "a\xef\xbf\2752J\u00a0b");
    assert_written(STR("a\u202eb\u2066c\u2029d"), true,
                   "a\xef\xbf\xbd"
                   "b\xef\xbf\xbd"
                   "c\xef\xbf\xbd"
                   "d");
    assert_written(STR("a\u202eb"), false, "a\u202eb");
    assert_written(STR("…\u2014\u200fא\xe2\x80"), true, "…\u2014\u200fא\xe2\x80"); /* what ends within a character is left alone */
    assert_written(STR(""), true, "");
    assert_written(STR("\r"), true, "\xef\xbf\xbd");
}

static void names_of_models(void **state)
{
    (void)state;
    assert_true(str_eq(model_name_of("/a/b.gguf"), STR("b")));
    assert_true(str_eq(model_name_of("b.gguf"), STR("b")));
    assert_true(str_eq(model_name_of("/a.gguf/b"), STR("b")));
    assert_true(str_eq(model_name_of(""), STR("")));
}

static void assert_data_dir(const char *option, const char *const *env, const char *want)
{
    struct app a = {.args.data = option};
    assert_int_equal(config_init(&a.config, LANG_EN, NULL), OK);
    assert_int_equal(paths_data(&a, env, NULL), OK);
    assert_string_equal(a.data_dir, want);
    config_deinit(&a.config);
}

static void the_data_folder(void **state)
{
    (void)state;
    assert_data_dir("/o", (const char *const[]){"HEARTH_DATA=/e", NULL}, "/o");
    assert_data_dir(NULL, (const char *const[]){"HEARTH_DATA=/e", "HOME=/h", NULL}, "/e");
    assert_data_dir("", (const char *const[]){"HEARTH_DATA=", "XDG_DATA_HOME=/x", "HOME=/h", NULL}, "/x/hearth");
    assert_data_dir(NULL, (const char *const[]){"XDG_DATA_HOME=relative", "HOME=/h/", NULL}, "/h/.local/share/hearth");
    assert_data_dir(NULL, (const char *const[]){"HOMER=/d", NULL}, "/var/lib/hearth");
}

static void folders_are_made(void **state)
{
    (void)state;
    char root[] = "/tmp/hearth-paths-XXXXXX", path[64], file[64];
    struct err e;
    assert_non_null(mkdtemp(root));
    snprintf(path, sizeof path, "%s/a/b", root);
    assert_int_equal(make_folders(path, &e), OK);
    assert_int_equal(make_folders(path, &e), OK);
    snprintf(file, sizeof file, "%s/f", root);
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    fclose(f);
    snprintf(path, sizeof path, "%s/f/c", root);
    assert_int_equal(make_folders(path, &e), ERR_IO);
    unlink(file);
    snprintf(path, sizeof path, "%s/a/b", root);
    rmdir(path);
    snprintf(path, sizeof path, "%s/a", root);
    rmdir(path);
    assert_int_equal(rmdir(root), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_and_counts), cmocka_unit_test(a_model_cannot_drive_the_terminal),
        cmocka_unit_test(names_of_models),  cmocka_unit_test(the_data_folder),
        cmocka_unit_test(folders_are_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
