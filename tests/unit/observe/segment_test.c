/* A file of the journal: what is left of it when it was cut, changed or mixed up. */
#include "../check.h"

#include <stdlib.h>

#include "observe/segment.h"

enum { BLOCKS = 5 };
static const uint8_t key[BLOB_KEY_BYTES] = {1}, other_key[BLOB_KEY_BYTES] = {2};

/* Blocks of one event each, "event 0" …; where each block ends. */
static struct buf make(const char *prefix, size_t ends[BLOCKS + 1])
{
    struct buf out = buf_make(1 << 20);
    struct segment s;
    assert_int_equal(segment_begin(&s, 0, 77, &out), OK);
    ends[0] = out.len;
    for (int i = 0; i < BLOCKS; i++) {
        struct buf events = buf_make(1000), text = buf_make(100);
        buf_printf(&text, "%s %d", prefix, i);
        segment_add_event(&events, buf_str(&text));
        assert_int_equal(segment_put(&s, key, buf_str(&events), 3, &out), OK);
        ends[i + 1] = out.len;
        buf_free(&events);
        buf_free(&text);
    }
    return out;
}

static size_t count(const struct segment_content *c)
{
    struct str rest = buf_str(&c->events), one;
    size_t n = 0;
    while (segment_next(&rest, &one)) {
        assert_true(str_starts(one, STR("event ")));
        n++;
    }
    assert_int_equal(rest.len, 0);
    return n;
}

/* Bytes of their own, so that a sanitizer sees their end. */
static int open_copy(const uint8_t with[BLOB_KEY_BYTES], const char *p, size_t n, struct segment_content *ret)
{
    char *copy = malloc(n + 1);
    assert_non_null(copy);
    memcpy(copy, p, n);
    int r = segment_open(with, str_from(copy, n), ret);
    free(copy);
    return r;
}

static void what_stands_before_a_cut_holds(void **state)
{
    (void)state;
    size_t ends[BLOCKS + 1];
    struct buf file = make("event", ends);
    struct segment_content c;
    for (size_t n = 0, whole = 0; n <= file.len; n++) {
        int r = open_copy(key, file.ptr, n, &c);
        while (whole < BLOCKS && n >= ends[whole + 1])
            whole++;
        assert_int_equal(r, n < SEGMENT_HEAD_BYTES ? ERR_CORRUPT : OK);
        if (!r) {
            assert_int_equal(count(&c), whole);
            assert_int_equal(c.cut, n != ends[whole]);
            assert_int_equal(c.damaged, 0);
            assert_int_equal(c.head.created_ms, 77);
        }
        segment_content_free(&c);
    }
    buf_free(&file);
}

static void a_changed_block_is_passed_over(void **state)
{
    (void)state;
    size_t ends[BLOCKS + 1];
    struct buf file = make("event", ends);
    struct segment_content c;
    for (size_t at = SEGMENT_HEAD_BYTES; at < file.len; at++) {
        file.ptr[at] ^= 0x10;
        int r = open_copy(key, file.ptr, file.len, &c);
        size_t n = r ? 0 : count(&c);
        bool in_length = false;
        for (int i = 0; i < BLOCKS; i++)
            in_length = in_length || (at >= ends[i] && at < ends[i] + 4);
        if (in_length)
            assert_true(n < BLOCKS && (r || c.cut || c.damaged));
        else
            assert_true(!r && n == BLOCKS - 1 && c.damaged == 1 && !c.cut);
        segment_content_free(&c);
        file.ptr[at] ^= 0x10;
    }
    buf_free(&file);
}

static void blocks_cannot_move(void **state)
{
    (void)state;
    size_t ends[BLOCKS + 1], other_ends[BLOCKS + 1];
    struct buf file = make("event", ends), other = make("event", other_ends), mixed = buf_make(1 << 20);
    struct segment_content c;
    assert_int_equal(ends[1], other_ends[1]);
    buf_put(&mixed, str_head(buf_str(&file), ends[1])); /* 0, then another file's 1, then 3 in the place of 2 */
    buf_put(&mixed, str_from(other.ptr + ends[1], ends[2] - ends[1]));
    buf_put(&mixed, str_from(file.ptr + ends[3], ends[4] - ends[3]));
    assert_int_equal(open_copy(key, mixed.ptr, mixed.len, &c), OK);
    assert_int_equal(count(&c), 1);
    assert_int_equal(c.damaged, 2);
    segment_content_free(&c);
    assert_int_equal(open_copy(other_key, file.ptr, file.len, &c), ERR_CORRUPT);
    segment_content_free(&c);
    assert_int_equal(open_copy(key, "hearthj2", 8, &c), ERR_CORRUPT);
    segment_content_free(&c);
    buf_free(&file);
    buf_free(&other);
    buf_free(&mixed);
}

static void a_block_has_a_bound(void **state)
{
    (void)state;
    struct segment s;
    struct buf out = buf_make(16 << 20);
    char *large = calloc(1, SEGMENT_BLOCK_BYTES_MAX + 1);
    assert_non_null(large);
    assert_int_equal(segment_begin(&s, 0, 0, &out), OK);
    size_t before = out.len;
    assert_int_equal(segment_put(&s, key, str_from(large, SEGMENT_BLOCK_BYTES_MAX + 1), 1, &out), ERR_LIMIT);
    assert_int_equal(out.len, before);
    /* More in all than a file may have, which only a writer with the key can make: the rest counts as damaged. */
    for (int i = 0; i < SEGMENT_PLAIN_BYTES_MAX / SEGMENT_BLOCK_BYTES_MAX + 2; i++)
        assert_int_equal(segment_put(&s, key, str_from(large, SEGMENT_BLOCK_BYTES_MAX), 1, &out), OK);
    struct segment_content c;
    assert_int_equal(segment_open(key, buf_str(&out), &c), OK);
    assert_int_equal(c.damaged, 2);
    segment_content_free(&c);
    free(large);
    buf_free(&out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stands_before_a_cut_holds),
        cmocka_unit_test(a_changed_block_is_passed_over),
        cmocka_unit_test(blocks_cannot_move),
        cmocka_unit_test(a_block_has_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
