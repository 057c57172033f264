#include "../check.h"
#include "base/wire.h"

static void reader_never_passes_its_end(void **state)
{
    (void)state;
    struct buf b = buf_make(100);
    write_u8(&b, 7);
    write_u32(&b, 0xdeadbeef);
    write_f64(&b, 2.5);
    write_str(&b, STR("abc"));
    struct reader r = reader_of(b.ptr, b.len);
    assert_int_equal(read_u8(&r), 7);
    assert_true(read_u32(&r) == 0xdeadbeef);
    assert_true(read_f64(&r) == 2.5);
    assert_str(read_str(&r), "abc");
    assert_false(r.bad);
    assert_int_equal(read_u8(&r), 0);
    assert_true(r.bad);
    for (size_t cut = 0; cut < b.len; cut++) {
        r = reader_of(b.ptr, cut);
        read_u8(&r), read_u32(&r), read_f64(&r), read_str(&r);
        assert_true(r.bad);
    }
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reader_never_passes_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
