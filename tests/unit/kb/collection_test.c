/* Collections, and who may see what. */
#include "fixture.h"

struct look {
    int64_t who;
    struct str id;
    struct kb_collection one, *items;
    struct kb_document document;
    size_t n;
};

static int get(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    struct look *l = ctx;
    return kb_collection_get(db, l->who, l->id, &f->arena, &l->one, e);
}

static int get_document(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    struct look *l = ctx;
    return kb_document_get(db, l->who, l->id, &f->arena, &l->document, e);
}

static int list(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    struct look *l = ctx;
    return kb_collection_list(db, l->who, &f->arena, &l->items, &l->n, e);
}

static size_t seen_by(struct fixture *f, int64_t who)
{
    struct look l = {.who = who};
    assert_int_equal(with_db(f, list, &l), OK);
    return l.n;
}

static void a_collection_is_found_by_id_and_by_name(void **state)
{
    struct fixture *f = *state;
    struct str id = new_collection(f, ME, "Papiere 文件");
    struct look l = {.who = ME, .id = id};
    assert_int_equal(with_db(f, get, &l), OK);
    assert_str(l.one.name, "Papiere 文件");
    l.id = STR("Papiere 文件");
    assert_int_equal(with_db(f, get, &l), OK);
    assert_true(str_eq(l.one.id, id));
    assert_int_equal(l.one.owner, ME);
    l.who = OTHER;
    assert_int_equal(with_db(f, get, &l), ERR_NOENT);
}

static void names_are_one_owners_and_checked(void **state)
{
    struct fixture *f = *state;
    struct kb_collection c;
    struct str long_name = some_text(f, KB_NAME_BYTES_MAX + 1, 1);
    struct str id = new_collection(f, ME, "a");
    new_collection(f, OTHER, "a");
    assert_int_equal(kb_collection_create(f->kb, ME, STR("a"), &f->arena, &c, &f->err), ERR_EXISTS);
    assert_non_null(strstr(f->err.text, "'a'"));
    assert_int_equal(kb_collection_create(f->kb, ME, STR(""), &f->arena, &c, &f->err), ERR_INVAL);
    assert_int_equal(kb_collection_create(f->kb, ME, STR("\xff"), &f->arena, &c, &f->err), ERR_INVAL);
    assert_int_equal(kb_collection_create(f->kb, ME, long_name, &f->arena, &c, &f->err), ERR_INVAL);
    new_collection(f, ME, "b");
    assert_int_equal(kb_collection_rename(f->kb, ME, id, STR("b"), &f->err), ERR_EXISTS);
    assert_int_equal(kb_collection_rename(f->kb, OTHER, id, STR("c"), &f->err), ERR_NOENT);
    assert_int_equal(kb_collection_rename(f->kb, ME, id, STR("c"), &f->err), OK);
    new_collection(f, ME, "a");
}

static void there_are_as_many_as_the_limit_says(void **state)
{
    struct fixture *f = *state;
    struct kb_collection c;
    f->limits.collections_max = 2;
    fixture_reopen(f);
    struct str id = new_collection(f, ME, "a");
    new_collection(f, ME, "b");
    assert_int_equal(kb_collection_create(f->kb, ME, STR("c"), &f->arena, &c, &f->err), ERR_LIMIT);
    assert_non_null(strstr(f->err.text, "kb.collections_max"));
    assert_int_equal(kb_collection_remove(f->kb, ME, id, &f->err), OK);
    new_collection(f, ME, "c");
}

static void readers_read_and_do_not_write(void **state)
{
    struct fixture *f = *state;
    struct str id = new_collection(f, ME, "shared");
    struct str document = put_text(f, id, "a.txt", "", STR("A heron stands by the pond."));
    const int64_t other = OTHER, everyone = KB_EVERYONE;
    struct kb_put *p = NULL;
    struct kb_new d = {.collection = id, .source = STR("b.txt")};
    struct look l = {.who = OTHER, .id = document};
    assert_int_equal(seen_by(f, OTHER), 0);
    assert_int_equal(search_words(f, OTHER, "heron").n, 0);
    assert_int_equal(with_db(f, get_document, &l), ERR_NOENT);

    assert_int_equal(kb_collection_set_readers(f->kb, OTHER, id, &other, 1, &f->err), ERR_NOENT);
    assert_int_equal(kb_collection_set_readers(f->kb, ME, id, &other, 1, &f->err), OK);
    assert_int_equal(seen_by(f, OTHER), 1);
    assert_int_equal(seen_by(f, THIRD), 0);
    assert_int_equal(search_words(f, OTHER, "heron").n, 1);
    assert_int_equal(search_words(f, THIRD, "heron").n, 0);
    assert_int_equal(with_db(f, get_document, &l), OK);
    assert_str(read_text(f, OTHER, document), "A heron stands by the pond.");
    assert_int_equal(kb_put_begin(f->kb, OTHER, &d, &p, &f->err), ERR_NOENT);
    assert_int_equal(kb_forget(f->kb, OTHER, document, &f->err), ERR_NOENT);
    assert_int_equal(kb_collection_remove(f->kb, OTHER, id, &f->err), ERR_NOENT);

    assert_int_equal(kb_collection_set_readers(f->kb, ME, id, &everyone, 1, &f->err), OK);
    assert_int_equal(search_words(f, THIRD, "heron").n, 1);
    assert_int_equal(kb_collection_set_readers(f->kb, ME, id, NULL, 0, &f->err), OK);
    assert_int_equal(seen_by(f, OTHER), 0);
    assert_int_equal(search_words(f, OTHER, "heron").n, 0);
}

static void only_the_owner_is_told_who_reads(void **state)
{
    struct fixture *f = *state;
    struct str id = new_collection(f, ME, "shared");
    const int64_t readers[] = {THIRD, OTHER, THIRD};
    struct look l = {.who = ME, .id = id};
    assert_int_equal(kb_collection_set_readers(f->kb, ME, id, readers, 3, &f->err), OK);
    assert_int_equal(with_db(f, get, &l), OK);
    assert_int_equal(l.one.n_readers, 2);
    assert_int_equal(l.one.readers[0], OTHER);
    assert_int_equal(l.one.readers[1], THIRD);
    l.who = OTHER;
    assert_int_equal(with_db(f, get, &l), OK);
    assert_int_equal(l.one.n_readers, 0);
}

struct tried {
    struct kb_query query;
    struct kb_hits hits;
};

static int try_search(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    struct tried *t = ctx;
    return kb_search(f->kb, db, ME, &t->query, &f->arena, &t->hits, e);
}

static void a_search_names_only_what_it_may_read(void **state)
{
    struct fixture *f = *state;
    struct str mine = new_collection(f, ME, "mine"), second = new_collection(f, ME, "second"), foreign = new_collection(f, OTHER, "x");
    put_text(f, mine, "a", "", STR("A heron by the pond."));
    put_text(f, second, "a", "", STR("A heron on the roof."));
    struct kb_query q = {.text = STR("heron"), .limit = 10, .collections = &mine, .n_collections = 1};
    struct kb_hits hits = search(f, ME, q);
    assert_int_equal(hits.n, 1);
    assert_true(str_eq(hits.items[0].collection, mine));
    assert_int_equal(search_words(f, ME, "heron").n, 2);
    const struct str both[] = {mine, foreign};
    struct tried t = {.query = q};
    t.query.collections = both;
    t.query.n_collections = 2;
    assert_int_equal(with_db(f, try_search, &t), ERR_NOENT);
}

static void what_is_removed_is_gone_at_once_and_cleared_away(void **state)
{
    struct fixture *f = *state;
    struct str id = new_collection(f, ME, "a");
    struct str document = put_text(f, id, "a.txt", "Title", some_text(f, 300000, 1));
    put_text(f, id, "b.txt", "", STR("A heron stands by the pond."));
    uint64_t before = kb_changes(f->kb);
    struct look l = {.who = ME, .id = document};
    assert_int_equal(kb_collection_remove(f->kb, ME, id, &f->err), OK);
    assert_true(kb_changes(f->kb) > before);
    assert_int_equal(seen_by(f, ME), 0);
    assert_int_equal(search_words(f, ME, "heron").n, 0);
    assert_int_equal(with_db(f, get_document, &l), ERR_NOENT);
    new_collection(f, ME, "a");
    tend(f);
    assert_int_equal(number(f, "SELECT count(*) FROM kb_collections"), 1);
    check_empty(f);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(a_collection_is_found_by_id_and_by_name),
        T(names_are_one_owners_and_checked),
        T(there_are_as_many_as_the_limit_says),
        T(readers_read_and_do_not_write),
        T(only_the_owner_is_told_who_reads),
        T(a_search_names_only_what_it_may_read),
        T(what_is_removed_is_gone_at_once_and_cleared_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
