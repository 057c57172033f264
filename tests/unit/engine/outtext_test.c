/* Text on its way out: stop strings never leak, however tokens cut them; characters come whole; records ride with their text. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/utf8.h"
#include "engine/outtext.h"

struct fixture {
    struct model *m;
    struct arena arena;
    struct outtext stream;
    struct str stops[GEN_STOPS_MAX];
    size_t n_stops;
    char out[4096]; /* everything released */
    size_t len, n_tokens;
    const struct str *stop;
    char reasoning[256], calls[256];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->m = harness_model("llama", false);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    model_free(f->m);
    free(f);
    return 0;
}

static void begin(struct fixture *f, const char *const *stops, bool logprobs)
{
    f->arena = arena_make(1 << 20);
    f->len = f->n_tokens = f->n_stops = 0;
    f->stop = NULL;
    f->out[0] = f->reasoning[0] = f->calls[0] = 0;
    for (; stops && *stops; stops++)
        f->stops[f->n_stops++] = str_of(*stops);
    assert_int_equal(outtext_init(&f->stream, f->m->vocab, false, f->stops, f->n_stops, logprobs, &f->arena), OK);
}

static void end(struct fixture *f)
{
    outtext_deinit(&f->stream);
    arena_free(&f->arena);
}

static void append(char *to, size_t cap, struct str s)
{
    size_t len = strlen(to);
    assert_true(str_copy(to + len, cap - len, s));
}

static void take(struct fixture *f, const struct outtext_release *rel)
{
    assert_true(f->len + rel->text.len < sizeof f->out);
    if (rel->text.len)
        memcpy(f->out + f->len, rel->text.ptr, rel->text.len);
    f->len += rel->text.len;
    f->out[f->len] = 0;
    f->n_tokens += rel->n_tokens;
    f->stop = rel->stop;
    assert_true(utf8_valid(f->out, f->len, NULL));
    append(f->reasoning, sizeof f->reasoning, rel->reasoning);
    for (size_t i = 0; rel->calls && i < rel->calls->n_pieces; i++)
        append(f->calls, sizeof f->calls, str_from(rel->calls->bytes.ptr + rel->calls->pieces[i].at, rel->calls->pieces[i].len));
    outtext_drop(&f->stream, rel);
}

static void push(struct fixture *f, uint32_t token)
{
    struct outtext_release rel;
    assert_int_equal(outtext_push(&f->stream, &(struct sample_out){.token = token}, &rel), OK);
    take(f, &rel);
}

static void push_bytes(struct fixture *f, const char *bytes)
{
    for (; *bytes && !f->stop; bytes++)
        push(f, HARNESS_BYTE_0 + (uint8_t)*bytes);
}

static void finish(struct fixture *f)
{
    struct outtext_release rel;
    assert_int_equal(outtext_end(&f->stream, &rel), OK);
    take(f, &rel);
}

static void test_stop_across_tokens(void **state)
{
    struct fixture *f = *state;
    begin(f, (const char *const[]){"xyz", NULL}, false);
    push_bytes(f, "Hello x");
    assert_string_equal(f->out, "Hello ");
    push_bytes(f, "y");
    assert_string_equal(f->out, "Hello ");
    push_bytes(f, "z");
    assert_non_null(f->stop);
    assert_string_equal(f->out, "Hello ");
    end(f);
}

static void test_beginning_of_a_stop_is_released(void **state)
{
    struct fixture *f = *state;
    begin(f, (const char *const[]){"aab", NULL}, false);
    push_bytes(f, "aaa"); /* the first a can no longer begin it */
    assert_string_equal(f->out, "a");
    push_bytes(f, "c");
    assert_string_equal(f->out, "aaac");
    push_bytes(f, "aa");
    assert_string_equal(f->out, "aaac");
    finish(f); /* the end came first */
    assert_string_equal(f->out, "aaacaa");
    assert_null(f->stop);
    end(f);
}

static void test_first_complete_stop_wins(void **state)
{
    struct fixture *f = *state;
    begin(f, (const char *const[]){"abababX", "ba", NULL}, false);
    push(f, HARNESS_AB);
    push(f, HARNESS_AB);
    assert_non_null(f->stop);
    assert_true(str_eq(*f->stop, STR("ba")));
    assert_string_equal(f->out, "a");
    end(f);
    begin(f, (const char *const[]){"b", "ab", NULL}, false); /* both end at the same place: the longer one */
    push(f, HARNESS_AB);
    assert_true(str_eq(*f->stop, STR("ab")));
    assert_string_equal(f->out, "");
    end(f);
}

static void test_characters_are_whole(void **state)
{
    struct fixture *f = *state;
    begin(f, NULL, true);
    push_bytes(f, "\xf0\x9f\x98");
    assert_int_equal(f->len, 0);
    assert_int_equal(f->n_tokens, 0); /* records wait for their character */
    push_bytes(f, "\x80!");
    assert_string_equal(f->out, "\xf0\x9f\x98\x80!");
    assert_int_equal(f->n_tokens, 5);
    push_bytes(f, "\xe4\xbd");
    finish(f);
    assert_string_equal(f->out, "\xf0\x9f\x98\x80!\xef\xbf\xbd\xef\xbf\xbd");
    assert_int_equal(f->n_tokens, 7);
    end(f);
}

static void test_stop_within_characters(void **state)
{
    struct fixture *f = *state;
    begin(f, (const char *const[]){"\xe4\xbd\xa0\xe5\xa5\xbd", NULL}, false);
    push_bytes(f, "a\xe4\xbd\xa0\xe5\xa5");
    assert_string_equal(f->out, "a");
    push_bytes(f, "\xbd");
    assert_non_null(f->stop);
    assert_string_equal(f->out, "a");
    end(f);
}

static void test_records_ride_with_text(void **state)
{
    struct fixture *f = *state;
    begin(f, (const char *const[]){"bbb", NULL}, true);
    push(f, HARNESS_AB); /* its b may begin the stop, so the token is not out yet */
    assert_string_equal(f->out, "a");
    assert_int_equal(f->n_tokens, 0);
    push(f, HARNESS_A);
    assert_string_equal(f->out, "aba");
    assert_int_equal(f->n_tokens, 2);
    push(f, 1); /* a control token has no text and goes at once */
    assert_int_equal(f->n_tokens, 3);
    push(f, HARNESS_B);
    push(f, HARNESS_B);
    push(f, HARNESS_B);
    assert_non_null(f->stop);
    assert_int_equal(f->n_tokens, 3); /* those of the stop string stay inside */
    end(f);
}

static void test_held_records_are_bounded(void **state)
{
    struct fixture *f = *state;
    begin(f, (const char *const[]){"bc", NULL}, true);
    push(f, HARNESS_B);
    for (int i = 0; i < 3 * OUTTEXT_HELD_MAX; i++)
        push(f, 1); /* no text: the b waits on */
    assert_string_equal(f->out, "");
    finish(f);
    assert_string_equal(f->out, "b");
    assert_int_equal(f->n_tokens, 3 * OUTTEXT_HELD_MAX + 1);
    end(f);
}

/* Where the stop that is complete first begins, by looking at the whole text. */
static size_t whole_text_stop(const struct fixture *f, struct str text)
{
    for (size_t last = 1; last <= text.len; last++) {
        size_t longest = 0;
        for (size_t i = 0; i < f->n_stops; i++)
            if (str_ends(str_head(text, last), f->stops[i]) && f->stops[i].len > longest)
                longest = f->stops[i].len;
        if (longest)
            return last - longest;
    }
    return text.len;
}

static void test_random_texts(void **state)
{
    struct fixture *f = *state;
    struct rng rng;
    rng_seed(&rng, 7);
    for (int round = 0; round < 3000; round++) {
        char stops[3][8] = {{0}}, text[64];
        for (int i = 0; i < 3; i++)
            for (uint64_t k = 0, n = 1 + rng_u64(&rng) % 5; k < n; k++)
                stops[i][k] = "abc"[rng_u64(&rng) % 3];
        begin(f, (const char *const[]){stops[0], stops[1], stops[2], NULL}, round % 2);
        size_t n = 0;
        while (n < 40) { /* the same text in tokens of one and two letters */
            uint32_t token = (const uint32_t[]){HARNESS_A, HARNESS_B, HARNESS_AB, HARNESS_BYTE_0 + 'c'}[rng_u64(&rng) % 4];
            const char *piece = token == HARNESS_AB ? "ab" : token == HARNESS_A ? "a" : token == HARNESS_B ? "b" : "c";
            n += (size_t)snprintf(text + n, sizeof text - n, "%s", piece);
            if (!f->stop)
                push(f, token);
        }
        if (!f->stop)
            finish(f);
        size_t want = whole_text_stop(f, str_from(text, n));
        assert_int_equal(f->len, want);
        assert_memory_equal(f->out, text, want);
        end(f);
    }
}

/* Stop strings and records belong to the answer's text alone. */
static void test_thinking_and_calls(void **state)
{
    struct fixture *f = *state;
    struct toolform *form;
    assert_int_equal(toolform_create(STR("tools <tool_call> <think>"), f->m->vocab, &form), OK);
    begin(f, (const char *const[]){"xyz", NULL}, true);
    outtext_parse(&f->stream, form, true, true);
    assert_true(outtext_thinks(&f->stream));
    push_bytes(f, "I xyz\n");
    assert_string_equal(f->reasoning, "I xyz");
    assert_null(f->stop);
    push_bytes(f, "</think>\n\n");
    assert_false(outtext_thinks(&f->stream));
    assert_int_equal(f->n_tokens, 0);
    push_bytes(f, "Hi x");
    assert_string_equal(f->out, "Hi ");
    assert_int_equal(f->n_tokens, 3);
    push_bytes(f, "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": \"xyz\"}");
    assert_false(outtext_has_calls(&f->stream) && f->stop);
    push_bytes(f, "}\n</tool_call>");
    finish(f);
    assert_string_equal(f->out, "Hi x"); /* nothing of a stop string stands behind a call */
    assert_string_equal(f->calls, "f{\"a\": \"xyz\"}");
    assert_int_equal(f->n_tokens, 4);
    assert_int_equal(f->stream.n_reasoning, 6 + 8);
    assert_true(outtext_has_calls(&f->stream));
    end(f);
    begin(f, (const char *const[]){"xyz", NULL}, false);
    outtext_parse(&f->stream, form, true, false);
    push_bytes(f, "a xyz <tool_call>");
    assert_non_null(f->stop);
    assert_string_equal(f->out, "a ");
    end(f);
    toolform_free(form);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stop_across_tokens),       cmocka_unit_test(test_beginning_of_a_stop_is_released),
        cmocka_unit_test(test_first_complete_stop_wins), cmocka_unit_test(test_characters_are_whole),
        cmocka_unit_test(test_stop_within_characters),   cmocka_unit_test(test_records_ride_with_text),
        cmocka_unit_test(test_held_records_are_bounded), cmocka_unit_test(test_random_texts),
        cmocka_unit_test(test_thinking_and_calls),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
