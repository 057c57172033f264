/* Dictionaries: trained as a collection grows, blocks that move to them, texts that stay what they were. */
#include <stdio.h>

#include "fixture.h"

enum { SMALL = 20000, PIECE = 140000 };

static void expect_text(struct fixture *f, struct str document, size_t n, uint64_t seed)
{
    struct str got = read_text(f, ME, document), want = some_text(f, n, seed);
    assert_int_equal(got.len, want.len);
    assert_memory_equal(got.ptr, want.ptr, want.len);
}

/* Documents first … last-1, whose texts are told by their numbers. */
static void grow(struct fixture *f, struct str collection, struct str *documents, uint64_t first, uint64_t last)
{
    for (uint64_t i = first; i < last; i++) {
        char source[20];
        snprintf(source, sizeof source, "%d", (int)i);
        documents[i] = put_text(f, collection, source, "", some_text(f, PIECE, i));
    }
}

static void expect_all(struct fixture *f, const struct str *documents, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        expect_text(f, documents[i], PIECE, i);
    assert_int_equal(number(f, "SELECT sum(packed_bytes) - (SELECT sum(length(data)) FROM kb_blocks) FROM kb_collections"), 0);
}

static void a_small_collection_has_none(void **state)
{
    struct fixture *f = *state;
    struct str document = put_text(f, new_collection(f, ME, "a"), "1", "", some_text(f, SMALL, 1));
    tend(f);
    assert_int_equal(number(f, "SELECT count(*) FROM kb_dictionaries"), 0);
    expect_text(f, document, SMALL, 1);
}

static void blocks_move_to_the_dictionary_of_a_collection_that_grows(void **state)
{
    struct fixture *f = *state;
    struct str documents[12], id = new_collection(f, ME, "a");
    grow(f, id, documents, 0, 2);
    assert_int_equal(number(f, "SELECT count(*) FROM kb_dictionaries"), 1);
    int64_t before = status_of(f, id).packed_bytes;
    tend(f);
    assert_true(status_of(f, id).packed_bytes < before);
    assert_int_equal(number(f, "SELECT count(*) FROM kb_blocks WHERE dictionary = 0"), 0);
    expect_all(f, documents, 2);

    grow(f, id, documents, 2, 12);
    assert_int_equal(number(f, "SELECT count(*) FROM kb_dictionaries"), 2);
    assert_int_equal(number(f, "SELECT count(DISTINCT dictionary) FROM kb_blocks"), 2);
    expect_all(f, documents, 12);
    tend(f);
    assert_int_equal(number(f, "SELECT count(DISTINCT dictionary) FROM kb_blocks"), 1);
    assert_int_equal(number(f, "SELECT count(*) FROM kb_blocks b JOIN kb_collections c ON c.dictionary = b.dictionary") -
                         number(f, "SELECT count(*) FROM kb_blocks"),
                     0);
    expect_all(f, documents, 12);
    fixture_reopen(f);
    assert_int_equal(number(f, "SELECT count(*) FROM kb_dictionaries"), 1);
    expect_all(f, documents, 12);
}

static void a_put_that_began_under_an_older_one_is_read_all_the_same(void **state)
{
    struct fixture *f = *state;
    struct str documents[8], id = new_collection(f, ME, "a");
    struct kb_new d = {.collection = id, .source = STR("late")};
    struct kb_put *p = NULL;
    char late[KB_ID_LEN + 1];
    grow(f, id, documents, 0, 2);
    assert_int_equal(kb_put_begin(f->kb, ME, &d, &p, &f->err), OK);
    grow(f, id, documents, 2, 8);
    tend(f);
    struct kb_chunk c = {.text = STR("The heron came late.")};
    assert_int_equal(kb_put_add(p, &c, 1, &f->err), OK);
    assert_int_equal(kb_put_end(p, late, &f->err), OK);
    assert_str(read_text(f, ME, str_of(late)), "The heron came late.");
    assert_int_equal(number(f, "SELECT count(DISTINCT dictionary) FROM kb_blocks"), 2);
    tend(f);
    assert_int_equal(number(f, "SELECT count(DISTINCT dictionary) FROM kb_blocks"), 1);
    assert_str(read_text(f, ME, str_of(late)), "The heron came late.");
    expect_all(f, documents, 8);
}

static void a_dictionary_goes_with_its_collection(void **state)
{
    struct fixture *f = *state;
    struct str documents[2], kept[2], id = new_collection(f, ME, "a"), other = new_collection(f, ME, "b");
    grow(f, id, documents, 0, 2);
    grow(f, other, kept, 0, 2);
    assert_int_equal(kb_collection_remove(f->kb, ME, id, &f->err), OK);
    tend(f);
    assert_int_equal(number(f, "SELECT count(*) FROM kb_dictionaries"), 1);
    expect_all(f, kept, 2);
    assert_int_equal(kb_collection_remove(f->kb, ME, other, &f->err), OK);
    tend(f);
    check_empty(f);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(a_small_collection_has_none),
        T(blocks_move_to_the_dictionary_of_a_collection_that_grows),
        T(a_put_that_began_under_an_older_one_is_read_all_the_same),
        T(a_dictionary_goes_with_its_collection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
