/* Documents: in and out again, replaced, forgotten, given up. */
#include <stdio.h>

#include "fixture.h"

struct look {
    struct str id, source;
    uint64_t from, bytes_max;
    struct kb_document document;
    struct kb_chunk *chunks;
    size_t n;
    struct kb_list list;
    struct kb_page page;
};

static int find(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    struct look *l = ctx;
    return kb_document_find(db, ME, l->id, l->source, &f->arena, &l->document, e);
}

static int read_some(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    struct look *l = ctx;
    return kb_document_read(f->kb, db, ME, l->id, l->from, l->bytes_max, &f->arena, &l->chunks, &l->n, e);
}

static int list(struct fixture *f, struct store_db *db, void *ctx, struct err *e)
{
    struct look *l = ctx;
    return kb_document_list(db, ME, &l->list, &f->arena, &l->page, e);
}

static void a_text_comes_out_as_it_went_in(void **state)
{
    struct fixture *f = *state;
    struct str id = new_collection(f, ME, "a");
    const size_t sizes[] = {1, 899, 901, 6000, 100000, 1500000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char source[20];
        struct str text = some_text(f, sizes[i], i);
        snprintf(source, sizeof source, "%zu.txt", i);
        struct str document = put_text(f, id, source, "", text);
        struct str got = read_text(f, ME, document);
        assert_int_equal(got.len, text.len);
        assert_memory_equal(got.ptr, text.ptr, text.len);
    }
    struct kb_status s = status_of(f, id);
    assert_int_equal(s.documents, 6);
    assert_int_equal(s.text_bytes, s.source_bytes);
    assert_true(s.packed_bytes > 0 && s.packed_bytes < s.text_bytes);
}

static void chunks_keep_their_places(void **state)
{
    struct fixture *f = *state;
    struct kb_chunk chunks[40];
    char texts[40][20];
    for (size_t i = 0; i < 40; i++) {
        snprintf(texts[i], sizeof texts[i], "text %zu.", i);
        chunks[i] = (struct kb_chunk){.text = str_of(texts[i]), .line = (uint32_t)(3 * i), .page = (uint32_t)(i / 7)};
        chunks[i].heading = i < 5 ? STR("") : i < 20 ? STR("One › Two") : STR("Three");
    }
    struct look l = {.id = put_chunks(f, new_collection(f, ME, "a"), "a", chunks, 40), .bytes_max = UINT64_MAX};
    assert_int_equal(with_db(f, read_some, &l), OK);
    assert_int_equal(l.n, 40);
    for (size_t i = 0; i < 40; i++) {
        assert_true(str_eq(l.chunks[i].text, chunks[i].text));
        assert_true(str_eq(l.chunks[i].heading, chunks[i].heading));
        assert_int_equal(l.chunks[i].line, chunks[i].line);
        assert_int_equal(l.chunks[i].page, chunks[i].page);
    }
}

static void a_part_is_read_from_the_chunk_that_holds_it(void **state)
{
    struct fixture *f = *state;
    struct str text = some_text(f, 50000, 7);
    struct look l = {.id = put_text(f, new_collection(f, ME, "a"), "a", "", text)};
    for (uint64_t from = 0; from < text.len; from += 1237) {
        l.from = from;
        l.bytes_max = 1;
        assert_int_equal(with_db(f, read_some, &l), OK);
        assert_int_equal(l.n, 1);
        assert_true(l.chunks[0].offset <= from && from < l.chunks[0].offset + l.chunks[0].text.len);
        assert_memory_equal(l.chunks[0].text.ptr, text.ptr + l.chunks[0].offset, l.chunks[0].text.len);
    }
    l.from = text.len;
    assert_int_equal(with_db(f, read_some, &l), OK);
    assert_int_equal(l.n, 0);
    l.from = UINT64_MAX;
    assert_int_equal(with_db(f, read_some, &l), OK);
    assert_int_equal(l.n, 0);
}

static void a_document_takes_the_place_of_its_predecessor(void **state)
{
    struct fixture *f = *state;
    struct str id = new_collection(f, ME, "a");
    struct look l = {.id = id, .source = STR("a.txt")};
    put_text(f, id, "a.txt", "", STR("The heron stands still."));
    uint64_t before = kb_changes(f->kb);
    struct str second = put_text(f, id, "a.txt", "", STR("The stork flies."));
    assert_true(kb_changes(f->kb) > before);
    assert_int_equal(search_words(f, ME, "heron").n, 0);
    assert_int_equal(search_words(f, ME, "stork").n, 1);
    assert_int_equal(with_db(f, find, &l), OK);
    assert_true(str_eq(l.document.id, second));
    assert_int_equal(l.document.bytes, 16);
    assert_int_equal(l.document.hash[2], 3);
    assert_int_equal(status_of(f, id).documents, 1);
    tend(f);
    assert_int_equal(number(f, "SELECT count(*) FROM kb_blocks"), 1);
    assert_int_equal(search_words(f, ME, "stork").n, 1);
    assert_int_equal(kb_forget(f->kb, ME, second, &f->err), OK);
    assert_int_equal(kb_forget(f->kb, ME, second, &f->err), ERR_NOENT);
    assert_int_equal(search_words(f, ME, "stork").n, 0);
    assert_int_equal(with_db(f, find, &l), ERR_NOENT);
    tend(f);
    check_empty(f);
}

/* More than a batch, so that a part of it is on the disk before its end. */
static struct kb_put *half_of_a_document(struct fixture *f, struct str id)
{
    struct str text = some_text(f, 1300000, 1);
    struct kb_new d = {.collection = id, .source = STR("a.txt")};
    struct kb_put *p = NULL;
    assert_int_equal(kb_put_begin(f->kb, ME, &d, &p, &f->err), OK);
    for (; text.len > 1000; text = str_skip(text, 1000)) {
        struct kb_chunk c = {.text = str_head(text, 1000)};
        assert_int_equal(kb_put_add(p, &c, 1, &f->err), OK);
    }
    assert_true(number(f, "SELECT count(*) FROM kb_blocks") > 100);
    return p;
}

static void what_is_not_whole_is_not_seen(void **state)
{
    struct fixture *f = *state;
    struct str id = new_collection(f, ME, "a");
    put_text(f, id, "a.txt", "", STR("The heron stands still."));
    struct kb_put *p = half_of_a_document(f, id);
    assert_int_equal(search_words(f, ME, "baco").n, 0);
    assert_int_equal(search_words(f, ME, "heron").n, 1);
    assert_int_equal(status_of(f, id).documents, 1);
    kb_put_cancel(p);
    tend(f);
    assert_int_equal(number(f, "SELECT count(*) FROM kb_blocks"), 1);
    assert_int_equal(search_words(f, ME, "heron").n, 1);

    p = half_of_a_document(f, id);
    assert_int_equal(kb_put_end(p, NULL, &f->err), OK);
    assert_true(search_words(f, ME, "baco").n > 0);
    assert_int_equal(search_words(f, ME, "heron").n, 0);
    assert_int_equal(status_of(f, id).documents, 1);
}

static void what_a_killed_process_was_adding_goes_at_the_next_start(void **state)
{
    struct fixture *f = *state;
    struct str id = new_collection(f, ME, "a");
    struct kb_put *p = half_of_a_document(f, id);
    /* another one opens the same store, as after a kill; the put is freed without a word to the store */
    struct kb *kb = f->kb;
    struct kb_config c = {.store = f->store, .clock = &clock_system};
    assert_int_equal(kb_open(&c, &f->kb, &f->err), OK);
    tend(f);
    check_empty(f);
    kb_put_cancel(p);
    kb_close(f->kb);
    f->kb = kb;
}

static void a_removed_collection_takes_no_more(void **state)
{
    struct fixture *f = *state;
    struct str id = new_collection(f, ME, "a");
    struct kb_put *p = half_of_a_document(f, id);
    assert_int_equal(kb_collection_remove(f->kb, ME, id, &f->err), OK);
    assert_int_equal(kb_put_end(p, NULL, &f->err), ERR_NOENT);
    tend(f);
    check_empty(f);
}

static void lists_are_by_source_and_paged(void **state)
{
    struct fixture *f = *state;
    struct str id = new_collection(f, ME, "a");
    static const char *const sources[] = {"b/2", "a/1", "b/1", "b/3", "c", "文/1"};
    for (size_t i = 0; i < 6; i++)
        put_text(f, id, sources[i], "", STR("text"));
    struct look l = {.list = {.collection = id, .limit = 4}};
    assert_int_equal(with_db(f, list, &l), OK);
    assert_int_equal(l.page.n, 4);
    assert_int_equal(l.page.total, 6);
    assert_str(l.page.items[0].source, "a/1");
    assert_str(l.page.next, "b/3");
    l.list.after = l.page.next;
    assert_int_equal(with_db(f, list, &l), OK);
    assert_int_equal(l.page.n, 2);
    assert_str(l.page.items[1].source, "文/1");
    assert_null(l.page.next.ptr);
    l.list = (struct kb_list){.collection = id, .below = STR("b/"), .limit = 10};
    assert_int_equal(with_db(f, list, &l), OK);
    assert_int_equal(l.page.n, 3);
    assert_str(l.page.items[2].source, "b/3");
}

static void limits_are_named(void **state)
{
    struct fixture *f = *state;
    struct kb_put *p = NULL;
    f->limits = (struct kb_limits){.documents_max = 2, .document_bytes_max = 1000};
    fixture_reopen(f);
    struct str id = new_collection(f, ME, "a"), text = some_text(f, KB_CHUNK_BYTES_MAX + 1, 1);
    struct kb_new d = {.collection = id, .source = STR("x")};
    const struct kb_chunk bad[] = {{.text = text}, {.text = STR("")}, {.text = STR("\xc3")}, {.text = str_head(text, 1001)}};
    const int codes[] = {ERR_INVAL, ERR_INVAL, ERR_INVAL, ERR_LIMIT};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(kb_put_begin(f->kb, ME, &d, &p, &f->err), OK);
        assert_int_equal(kb_put_add(p, &bad[i], 1, &f->err), codes[i]);
        kb_put_cancel(p);
    }
    put_text(f, id, "1", "", STR("text"));
    put_text(f, id, "2", "", STR("text"));
    put_text(f, id, "2", "", STR("another text"));
    assert_int_equal(kb_put_begin(f->kb, ME, &d, &p, &f->err), OK);
    assert_int_equal(kb_put_end(p, NULL, &f->err), ERR_LIMIT);
    assert_non_null(strstr(f->err.text, "kb.documents_max"));
    assert_int_equal(status_of(f, id).documents, 2);
}

static void an_empty_document_is_one(void **state)
{
    struct fixture *f = *state;
    struct str id = new_collection(f, ME, "a");
    struct look l = {.id = id, .source = STR("empty")};
    put_text(f, id, "empty", "", STR(""));
    assert_int_equal(with_db(f, find, &l), OK);
    assert_int_equal(l.document.chunks, 0);
    assert_int_equal(kb_forget(f->kb, ME, l.document.id, &f->err), OK);
    tend(f);
    check_empty(f);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(a_text_comes_out_as_it_went_in),
        T(chunks_keep_their_places),
        T(a_part_is_read_from_the_chunk_that_holds_it),
        T(a_document_takes_the_place_of_its_predecessor),
        T(what_is_not_whole_is_not_seen),
        T(what_a_killed_process_was_adding_goes_at_the_next_start),
        T(a_removed_collection_takes_no_more),
        T(lists_are_by_source_and_paged),
        T(limits_are_named),
        T(an_empty_document_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
