/* Opening, transactions, statements. */
#include "fixture.h"

static int setup(void **state)
{
    struct fixture *f = malloc(sizeof *f);
    fixture_make(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture_remove(*state);
    free(*state);
    return 0;
}

static void what_was_written_is_there_after_closing(void **state)
{
    struct fixture *f = *state;
    struct store *s = fixture_open(f);
    add_note(s, "one", "the body of the first note");
    add_note(s, "two", "今天天气很好");
    assert_int_equal(count_notes(s), 2);
    store_free(s);
    assert_int_equal(file_size_of(f->wal), -1);
    s = fixture_open(f);
    assert_int_equal(count_notes(s), 2);
    store_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_written_is_there_after_closing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
