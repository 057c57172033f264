#include "../check.h"
#include "base/arena.h"

static void arena_is_bounded_and_aligned(void **state)
{
    (void)state;
    struct arena a = arena_make(1 << 20);
    size_t given = 0;
    for (size_t n = 1;; n = n * 7 % 4001) {
        uint8_t *p = arena_alloc(&a, n);
        if (!p)
            break;
        assert_int_equal((uintptr_t)p % 16, 0);
        memset(p, 0xab, n);
        given += n;
    }
    assert_true(given > (1 << 19));
    assert_null(arena_calloc(&a, SIZE_MAX / 2, 4));
    arena_free(&a);
    uint64_t *z = arena_calloc(&a, 1000, 8);
    for (int i = 0; i < 1000; i++)
        assert_true(z[i] == 0);
    assert_string_equal(arena_dup(&a, STR("hello")).ptr, "hello");
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_is_bounded_and_aligned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
