/* Every byte of the data folder is searched for a planted phrase: while a document is there, after it was forgotten and cleared away, and
 * after closing. What a kill and a full disk leave behind is the store's test, since nothing of this room is written but by it. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "fixture.h"

/* In the text, alone and as a stem; in heading, title, source, the collection's name, Chinese. */
static const char *const phrases[] = {
    "plantedphrase of a text", "plantedphras", "plantedheading", "plantedtitle", "plantedsource",
    "plantedcollection",       "这是一个秘密", "秘密",           "kb_documents",
};
enum { PHRASES = sizeof phrases / sizeof *phrases };

static bool holds(const char *path, const char *phrase)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    size_t n = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(n + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, n, file), n);
    fclose(file);
    bool found = memmem(bytes, n, phrase, strlen(phrase));
    free(bytes);
    return found;
}

static size_t search_folder(struct fixture *f, bool *ret_found)
{
    size_t files = 0;
    char path[400];
    DIR *d = opendir(f->dir);
    assert_non_null(d);
    for (struct dirent *entry; (entry = readdir(d));) {
        if (entry->d_name[0] == '.')
            continue;
        assert_true(snprintf(path, sizeof path, "%s/%s", f->dir, entry->d_name) < (int)sizeof path);
        for (size_t i = 0; i < PHRASES; i++)
            *ret_found |= holds(path, phrases[i]);
        files++;
    }
    closedir(d);
    return files;
}

static void expect_nothing(struct fixture *f, size_t files)
{
    bool found = false;
    assert_true(search_folder(f, &found) >= files);
    assert_false(found);
}

/* A file in the clear would be seen. */
static void the_search_would_find_it(void **state)
{
    struct fixture *f = *state;
    char path[400];
    bool found = false;
    snprintf(path, sizeof path, "%s/plain", f->dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("x plantedheading y", file);
    fclose(file);
    search_folder(f, &found);
    assert_true(found);
}

static struct str put_secret(struct fixture *f, struct str id)
{
    float vector[64] = {1, 2, 3};
    struct kb_new d = {.collection = id,
                       .source = STR("/plantedsource/a"),
                       .title = STR("plantedtitle"),
                       .kind = STR("text"),
                       .encoder = STR("test"),
                       .dims = 64};
    struct kb_chunk c = {.text = STR("A plantedphrase of a text. 这是一个秘密。"), .heading = STR("plantedheading"), .vector = vector};
    struct kb_put *p = NULL;
    char document[KB_ID_LEN + 1];
    assert_int_equal(kb_put_begin(f->kb, ME, &d, &p, &f->err), OK);
    for (int i = 0; i < 400; i++) /* some blocks */
        assert_int_equal(kb_put_add(p, &c, 1, &f->err), OK);
    assert_int_equal(kb_put_end(p, document, &f->err), OK);
    return arena_dup(&f->arena, str_of(document));
}

static void nothing_is_found_while_it_is_there_nor_after(void **state)
{
    struct fixture *f = *state;
    struct str id = new_collection(f, ME, "plantedcollection"), document = put_secret(f, id);
    assert_true(search_words(f, ME, "plantedphrase").n > 0);
    assert_true(search_words(f, ME, "秘密").n > 0);
    expect_nothing(f, 4);                                 /* database, log, its index, lock */
    put_text(f, id, "much", "", some_text(f, 600000, 1)); /* a dictionary is trained on it, too, and the log is taken over */
    tend(f);
    expect_nothing(f, 4);
    assert_int_equal(kb_forget(f->kb, ME, document, &f->err), OK);
    tend(f);
    assert_int_equal(search_words(f, ME, "plantedphrase").n, 0);
    expect_nothing(f, 4);
    kb_close(f->kb);
    store_free(f->store);
    f->kb = NULL;
    f->store = NULL;
    expect_nothing(f, 2);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(the_search_would_find_it),
        T(nothing_is_found_while_it_is_there_nor_after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
