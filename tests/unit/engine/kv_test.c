/* Blocks of the KV cache: the budget, sharing and copying, the prefix index and its eviction. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/kv.h"

enum { BLOCKS = 6, TABLE = 16 };
static const struct kv_shape shape = {2, 2, 8, 8, false};

struct fixture {
    struct kv *kv;
    uint32_t memory[4][TABLE];
    struct kv_table t[4];
    uint32_t text[TABLE * KV_BLOCK_TOKENS];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct err e;
    for (int i = 0; i < 4; i++)
        f->t[i] = (struct kv_table){f->memory[i], 0, TABLE};
    for (uint32_t i = 0; i < TABLE * KV_BLOCK_TOKENS; i++)
        f->text[i] = i * 7;
    *state = f;
    return kv_create(&shape, BLOCKS * kv_block_bytes(&shape), &f->kv, &e);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    kv_free(f->kv);
    free(f);
    return 0;
}

/* Indexes blocks 0 … n - 1 of a table; returns the last serial. */
static uint64_t add_all(struct fixture *f, struct kv_table *t, uint32_t n, struct str owner)
{
    uint64_t chain = 0;
    for (uint32_t i = 0; i < n; i++)
        chain = kv_prefix_add(f->kv, owner, chain, f->text + i * KV_BLOCK_TOKENS, t, i);
    return chain;
}

static void test_budget(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(f->kv->n_total, BLOCKS);
    assert_int_equal(kv_bytes(f->kv), 0); /* nothing until it is needed */
    assert_int_equal(kv_table_reserve(f->kv, &f->t[0], 0, 1), OK);
    assert_int_equal(f->t[0].n, 1);
    assert_int_equal(kv_table_reserve(f->kv, &f->t[0], 1, 33), OK);
    assert_int_equal(f->t[0].n, 2);
    assert_int_equal(kv_table_reserve(f->kv, &f->t[0], 33, BLOCKS * 32), OK);
    assert_int_equal(kv_available(f->kv), 0);
    assert_int_equal(kv_table_reserve(f->kv, &f->t[1], 0, 1), ERR_NOMEM);
    assert_int_equal(kv_table_reserve(f->kv, &f->t[0], 0, TABLE * 32 + 1), ERR_LIMIT);
    kv_table_drop(f->kv, &f->t[0]);
    assert_int_equal(kv_available(f->kv), BLOCKS);
    assert_true(kv_bytes(f->kv) > 0);
    kv_trim(f->kv);
    assert_int_equal(kv_bytes(f->kv), 0);
    assert_int_equal(kv_table_reserve(f->kv, &f->t[1], 0, BLOCKS * 32), OK);
}

static void test_too_small(void **state)
{
    (void)state;
    struct kv *kv = NULL;
    struct err e = {0};
    assert_int_equal(kv_create(&shape, kv_block_bytes(&shape) - 1, &kv, &e), ERR_NOMEM);
    assert_null(kv);
    assert_non_null(strstr(e.text, "4096"));
    kv_free(NULL);
}

static uint16_t *halves(const struct fixture *f, uint32_t block, uint32_t layer, uint32_t head)
{
    return kv_head_block(f->kv, block, layer, head);
}

static void test_pieces_do_not_overlap(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(kv_table_reserve(f->kv, &f->t[0], 0, BLOCKS * 32), OK);
    uint16_t mark = 1;
    for (uint32_t pass = 0; pass < 2; pass++, mark = 1)
        for (uint32_t b = 0; b < BLOCKS; b++)
            for (uint32_t l = 0; l < shape.n_layers; l++)
                for (uint32_t h = 0; h < shape.n_heads; h++, mark += 2)
                    for (uint32_t i = 0; i < KV_BLOCK_TOKENS * 8; i++) {
                        uint16_t *k = halves(f, f->t[0].blocks[b], l, h) + i, *v = k + KV_BLOCK_TOKENS * 8;
                        if (pass) {
                            assert_int_equal(*k, mark);
                            assert_int_equal(*v, mark + 1);
                        }
                        *k = mark;
                        *v = (uint16_t)(mark + 1);
                    }
}

static void test_copy_on_write(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(kv_table_reserve(f->kv, &f->t[0], 0, 40), OK);
    uint32_t full = f->t[0].blocks[0], begun = f->t[0].blocks[1];
    halves(f, begun, 1, 1)[5] = 1234;
    kv_table_share(f->kv, &f->t[1], &f->t[0]);
    assert_int_equal(f->kv->n_used, 2);
    assert_int_equal(kv_table_reserve(f->kv, &f->t[1], 40, 41), OK);
    assert_int_equal(f->t[1].blocks[0], full);
    assert_int_not_equal(f->t[1].blocks[1], begun);
    assert_int_equal(halves(f, f->t[1].blocks[1], 1, 1)[5], 1234);
    assert_int_equal(kv_table_reserve(f->kv, &f->t[0], 40, 41), OK); /* alone again: stays where it is */
    assert_int_equal(f->t[0].blocks[1], begun);
    assert_int_equal(f->kv->n_used, 3);
    kv_table_drop(f->kv, &f->t[0]);
    assert_int_equal(f->kv->n_used, 2);
    kv_table_drop(f->kv, &f->t[1]);
    assert_int_equal(f->kv->n_used, 0);
}

static void test_prefix_is_found(void **state)
{
    struct fixture *f = *state;
    uint64_t chain = 0, last;
    assert_int_equal(kv_table_reserve(f->kv, &f->t[0], 0, 96), OK);
    last = add_all(f, &f->t[0], 3, STR("me"));
    kv_table_drop(f->kv, &f->t[0]);
    assert_int_equal(f->kv->n_used, 0);
    assert_int_equal(f->kv->n_idle, 3);
    assert_int_equal(kv_prefix_find(f->kv, STR("me"), f->text, 500, &f->t[1], &chain), 96);
    assert_true(chain == last);
    assert_int_equal(f->kv->n_used, 3);
    assert_int_equal(kv_prefix_find(f->kv, STR("me"), f->text, 95, &f->t[2], &chain), 64); /* whole blocks only */
    assert_int_equal(f->kv->n_used, 3);
    kv_table_drop(f->kv, &f->t[2]);
    assert_int_equal(kv_prefix_find(f->kv, STR("you"), f->text, 96, &f->t[2], &chain), 0);
    for (int i = 0; i < 200; i++) { /* some of them fall into the same bucket */
        char other[24];
        snprintf(other, sizeof other, "other %d", i);
        assert_int_equal(kv_prefix_find(f->kv, str_of(other), f->text, 96, &f->t[2], &chain), 0);
    }
    f->text[40]++; /* another second block: the first is still shared */
    assert_int_equal(kv_prefix_find(f->kv, STR("me"), f->text, 96, &f->t[2], &chain), 32);
    kv_table_drop(f->kv, &f->t[2]);
    f->text[0]++;
    assert_int_equal(kv_prefix_find(f->kv, STR("me"), f->text, 96, &f->t[2], &chain), 0);
    assert_true(chain == 0);
}

static void test_same_text_twice_becomes_one(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(kv_table_reserve(f->kv, &f->t[0], 0, 64), OK);
    assert_int_equal(kv_table_reserve(f->kv, &f->t[1], 0, 64), OK);
    assert_int_equal(f->kv->n_used, 4);
    uint64_t a = add_all(f, &f->t[0], 2, STR("")), b = add_all(f, &f->t[1], 2, STR(""));
    assert_true(a == b);
    assert_int_equal(f->kv->n_used, 2);
    assert_int_equal(f->t[0].blocks[1], f->t[1].blocks[1]);
}

static void test_eviction(void **state)
{
    struct fixture *f = *state;
    uint64_t chain;
    assert_int_equal(kv_table_reserve(f->kv, &f->t[0], 0, 128), OK);
    add_all(f, &f->t[0], 4, STR("me"));
    kv_table_drop(f->kv, &f->t[0]);
    assert_int_equal(kv_available(f->kv), BLOCKS);
    kv_trim(f->kv);
    assert_true(kv_bytes(f->kv) > 0); /* what can be found again is kept */
    assert_int_equal(f->kv->n_idle, 4);
    assert_int_equal(kv_table_reserve(f->kv, &f->t[1], 0, 3 * 32), OK); /* two free ones, and the end of the old text */
    assert_int_equal(f->kv->n_idle, 3);
    assert_int_equal(kv_prefix_find(f->kv, STR("me"), f->text, 128, &f->t[2], &chain), 96);
    kv_table_drop(f->kv, &f->t[2]);
    assert_int_equal(kv_table_reserve(f->kv, &f->t[1], 96, BLOCKS * 32), OK);
    assert_int_equal(f->kv->n_idle, 0);
    assert_int_equal(kv_prefix_find(f->kv, STR("me"), f->text, 128, &f->t[2], &chain), 0);
}

/* A block whose parent is gone must not be found under a new text that got the parent's block. */
static void test_orphans_are_not_found(void **state)
{
    struct fixture *f = *state;
    uint64_t chain;
    assert_int_equal(kv_table_reserve(f->kv, &f->t[0], 0, 64), OK);
    add_all(f, &f->t[0], 2, STR("me"));
    kv_ref(f->kv, f->t[0].blocks[1]); /* keep the child: the parent is evicted first */
    uint32_t child = f->t[0].blocks[1];
    kv_table_drop(f->kv, &f->t[0]);
    assert_int_equal(kv_table_reserve(f->kv, &f->t[1], 0, 5 * 32), OK);
    kv_unref(f->kv, child);
    for (uint32_t i = 1; i <= 200; i++) { /* some lead to the orphan's bucket */
        f->text[0] = 1000 + i;
        kv_table_drop(f->kv, &f->t[1]);
        assert_int_equal(kv_table_reserve(f->kv, &f->t[1], 0, 32), OK);
        kv_prefix_add(f->kv, STR("me"), 0, f->text, &f->t[1], 0);
        assert_int_equal(kv_prefix_find(f->kv, STR("me"), f->text, 64, &f->t[2], &chain), 32);
        kv_table_drop(f->kv, &f->t[2]);
        if (!f->kv->info[child].serial)
            break;
        kv_ref(f->kv, child); /* lately used, so that it is not the next to go */
        kv_unref(f->kv, child);
    }
    assert_true(f->kv->info[child].serial != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_budget, setup, teardown),
        cmocka_unit_test(test_too_small),
        cmocka_unit_test_setup_teardown(test_pieces_do_not_overlap, setup, teardown),
        cmocka_unit_test_setup_teardown(test_copy_on_write, setup, teardown),
        cmocka_unit_test_setup_teardown(test_prefix_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(test_same_text_twice_becomes_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_eviction, setup, teardown),
        cmocka_unit_test_setup_teardown(test_orphans_are_not_found, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
