#include "../check.h"
#include "base/link.h"

struct item {
    int number;
    struct link link;
};

/* The numbers in order, as text. */
static const char *numbers(const struct link *ring, char text[16])
{
    size_t n = 0;
    for (const struct link *l = ring->next; l != ring && n < 15; l = l->next)
        text[n++] = (char)('0' + link_of(l, struct item, link)->number);
    text[n] = 0;
    return text;
}

static void link_is_a_ring(void **state)
{
    (void)state;
    struct link ring, other;
    struct item items[4];
    char text[16];
    link_init(&ring);
    link_init(&other);
    assert_true(link_empty(&ring));
    for (int i = 0; i < 4; i++) {
        items[i].number = i;
        link_add(&ring, &items[i].link);
    }
    assert_false(link_empty(&ring));
    assert_string_equal(numbers(&ring, text), "0123");
    assert_ptr_equal(ring.prev, &items[3].link);
    link_del(&items[1].link);
    assert_string_equal(numbers(&ring, text), "023");
    link_add(&other, &items[1].link);
    assert_string_equal(numbers(&other, text), "1");
    link_del(&items[0].link);
    link_del(&items[3].link);
    assert_string_equal(numbers(&ring, text), "2");
}

static void link_may_be_taken_out_twice(void **state)
{
    (void)state;
    struct link ring;
    struct item a = {.number = 1}, b = {.number = 2};
    char text[16];
    link_init(&ring);
    link_init(&a.link);
    link_del(&a.link); /* in no ring yet */
    link_add(&ring, &a.link);
    link_add(&ring, &b.link);
    link_del(&a.link);
    assert_true(link_empty(&a.link));
    link_del(&a.link);
    assert_string_equal(numbers(&ring, text), "2");
    link_del(&b.link);
    assert_true(link_empty(&ring));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(link_is_a_ring),
        cmocka_unit_test(link_may_be_taken_out_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
