/* One event: encoded and back, cut, malformed, as JSON. */
#include "../check.h"

#include <stdlib.h>

#include "base/rng.h"
#include "observe/event.h"

static const struct journal_event full = {
    .time_ms = 1700000000123,
    .owner = 7,
    .who = {"laptop", sizeof "laptop" - 1},
    .what = {"POST /v1/embeddings", sizeof "POST /v1/embeddings" - 1},
    .subject = {"use-Q8_0", sizeof "use-Q8_0" - 1},
    .reason = {"context_length_exceeded", sizeof "context_length_exceeded" - 1},
    .content = {"{\"input\":\"a\"}", sizeof "{\"input\":\"a\"}" - 1},
    .end = JOURNAL_REFUSED,
    .status = 400,
    .took_ms = 12,
    .first_ms = 3,
    .tokens_in = 4,
    .tokens_cached = 2,
    .tokens_out = 9,
    .bytes_in = 1 << 20,
    .bytes_out = UINT64_MAX,
    .count = 5,
};

static void there_and_back(void **state)
{
    (void)state;
    struct buf b = buf_make(JOURNAL_EVENT_BYTES_MAX), again = buf_make(JOURNAL_EVENT_BYTES_MAX);
    struct journal_event e;
    journal_event_put(&b, &full);
    assert_true(journal_event_get(buf_str(&b), &e));
    journal_event_put(&again, &e);
    assert_int_equal(again.len, b.len);
    assert_memory_equal(again.ptr, b.ptr, b.len);
    assert_str(e.subject, "use-Q8_0");
    buf_puts(&b, "what a later version adds");
    assert_true(journal_event_get(buf_str(&b), &e));
    assert_int_equal(e.count, 5);
    buf_free(&b);
    buf_free(&again);
}

static void every_cut_and_every_wrong_byte_is_survived(void **state)
{
    (void)state;
    struct buf b = buf_make(JOURNAL_EVENT_BYTES_MAX);
    struct journal_event e;
    journal_event_put(&b, &full);
    for (size_t n = 0; n < b.len; n++) {
        char *cut = malloc(n + 1); /* of its own, so that a sanitizer sees its end */
        assert_non_null(cut);
        memcpy(cut, b.ptr, n);
        assert_false(journal_event_get(str_from(cut, n), &e));
        free(cut);
    }
    for (size_t n = 0; n < b.len; n++)
        for (int bit = 0; bit < 8; bit++) {
            b.ptr[n] ^= (char)(1 << bit);
            if (journal_event_get(buf_str(&b), &e))
                assert_true(e.end < JOURNAL_ENDS && e.content.len <= b.len);
            b.ptr[n] ^= (char)(1 << bit);
        }
    buf_free(&b);
}

static void long_texts_are_cut_between_characters(void **state)
{
    (void)state;
    char name[JOURNAL_NAME_BYTES_MAX + 3];
    struct buf b = buf_make(JOURNAL_EVENT_BYTES_MAX);
    struct journal_event e = {.subject = str_from(name, sizeof name)};
    for (size_t i = 0; i < sizeof name; i++)
        name[i] = "\xe6\xbc\xa2"[i % 3];
    journal_event_put(&b, &e);
    assert_true(journal_event_get(buf_str(&b), &e));
    assert_int_equal(e.subject.len, JOURNAL_NAME_BYTES_MAX / 3 * 3);
    char *content = calloc(1, JOURNAL_CONTENT_BYTES_MAX * 2);
    assert_non_null(content);
    e = (struct journal_event){.content = str_from(content, JOURNAL_CONTENT_BYTES_MAX * 2)};
    buf_clear(&b);
    journal_event_put(&b, &e);
    assert_false(b.failed);
    free(content);
    buf_free(&b);
}

static void as_json(void **state)
{
    (void)state;
    struct buf b = buf_make(4096);
    struct json j = json_to(&b);
    struct journal_event lost = {.time_ms = 5, .end = JOURNAL_LOST, .count = 12};
    journal_event_json(&j, UINT64_C(9007199254740993), &lost);
    assert_str(buf_str(&b), "{\"id\":\"9007199254740993\",\"time_ms\":5,\"end\":\"lost\",\"count\":12}");
    buf_clear(&b);
    j = json_to(&b);
    journal_event_json(&j, 1, &full);
    assert_true(str_find(buf_str(&b), STR("\"end\":\"refused\",\"who\":\"laptop\",\"owner\":7,\"what\":\"POST /v1/embeddings\""), 0) > 0);
    buf_free(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(every_cut_and_every_wrong_byte_is_survived),
        cmocka_unit_test(long_texts_are_cut_between_characters),
        cmocka_unit_test(as_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
