/* Streaming: whole characters only, whatever the tokens hold. */
#include <stdio.h>

#include "../../check.h"
#include "model/detok.h"
#include "tiny.h"

static int make(void **state)
{
    static const struct tiny_piece more[] = {{"<|im_end|>", 0, 3}, {"\xc3\xb0\xc5\x81", 0, 0}}; /* 257: bytes f0 9f */
    static const char *const merges[] = {"\xc3\xb0 \xc5\x81"};
    struct tiny *t = malloc(sizeof *t);
    tiny_init(t);
    tiny_byte_level(t, "gpt-2", more, 2);
    tiny_strs(t, "tokenizer.ggml.merges", merges, 1);
    *state = t;
    return tiny_open(t);
}

static int drop(void **state)
{
    tiny_free(*state);
    free(*state);
    return 0;
}

/* Pushes each token; what came after each one stands between |, then what the end gives. */
static void expect(void **state, const uint32_t *ids, size_t n, const char *want)
{
    struct tiny *t = *state;
    struct detok d;
    struct buf b = buf_make(1000);
    detok_init(&d, t->v, true, false);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(detok_push(&d, ids[i], &b), OK);
        buf_puts(&b, "|");
    }
    assert_int_equal(detok_flush(&d, &b), OK);
    assert_string_equal(buf_cstr(&b), want);
    buf_free(&b);
}
#define EXPECT(want, ...) expect(state, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4, want)
#define BAD               "\xef\xbf\xbd"

static void holds_back_beginnings(void **state)
{
    EXPECT("a|b|", 'a', 'b');
    EXPECT("||\xe2\x82\xac|", 0xe2, 0x82, 0xac);
    EXPECT("||\xf0\x9f\x98\x81|", 257, 0x98, 0x81);
    EXPECT("|\xc3\xa4||\xc3\xb6|", 0xc3, 0xa4, 0xc3, 0xb6);
    EXPECT(" |", ' '); /* no prefix to strip in this kind */
    EXPECT("a||b|", 'a', 256, 'b');
}

static void replaces_what_can_never_be(void **state)
{
    EXPECT(BAD "|a|", 0xff, 'a');
    EXPECT("|" BAD "a|", 0xe2, 'a');
    EXPECT("||" BAD BAD "a|", 0xe2, 0x82, 'a');
    EXPECT("||" BAD BAD, 0xe2, 0x82);
    EXPECT("|" BAD BAD, 257);
    EXPECT("|" BAD "|\xc3\xa4|", 0xe2, 0xc3, 0xa4);
    EXPECT(BAD "|" BAD "|", 0x80, 0xc0);
    EXPECT("|" BAD BAD "|", 0xed, 0xa0); /* a surrogate */
}

static void refuses_unknown_tokens(void **state)
{
    struct tiny *t = *state;
    struct detok d;
    struct buf b = buf_make(11);
    detok_init(&d, t->v, false, true);
    assert_int_equal(detok_push(&d, 258, &b), ERR_INVAL);
    assert_int_equal(detok_push(&d, 256, &b), OK);
    assert_string_equal(buf_cstr(&b), "<|im_end|>");
    assert_int_equal(detok_push(&d, 256, &b), ERR_LIMIT);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(holds_back_beginnings, make, drop),
        cmocka_unit_test_setup_teardown(replaces_what_can_never_be, make, drop),
        cmocka_unit_test_setup_teardown(refuses_unknown_tokens, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
