/* The codec over good, cut and damaged frames. Seeds are fixed: a failure repeats. */
#include <stdlib.h>

#include <sys/socket.h>
#include <unistd.h>

#include "../check.h"
#include "gen/frames.h"
#include "messages.h"

enum { ARENA_MAX = 64 << 20 };

struct fixture {
    struct arena made, read;
    struct buf out;
    struct rng rng;
};

static struct fixture fixture(uint64_t seed)
{
    struct fixture f = {.made = arena_make(ARENA_MAX), .read = arena_make(ARENA_MAX), .out = buf_make(GEN_FRAME_BYTES_MAX)};
    rng_seed(&f.rng, seed);
    return f;
}

static void finish(struct fixture *f)
{
    arena_free(&f->made);
    arena_free(&f->read);
    buf_free(&f->out);
}

/* Decodes from an exact heap copy, so that the sanitizer sees a read past the end. */
static int get_exact(struct fixture *f, struct str bytes, struct gen_frame *ret, size_t *ret_used)
{
    char *copy = malloc(bytes.len ? bytes.len : 1);
    assert_non_null(copy);
    memcpy(copy, bytes.ptr, bytes.len);
    int r = gen_get_frame(str_from(copy, bytes.len), &f->read, ret, ret_used);
    free(copy);
    return r;
}

static void random_frames_survive(void **state)
{
    (void)state;
    struct fixture f = fixture(1);
    for (int i = 0; i < 3000; i++) {
        struct gen_frame in, out;
        size_t used = 0;
        frame_random(&f.rng, &f.made, frame_types[(size_t)i % n_frame_types], &in);
        buf_clear(&f.out);
        assert_int_equal(gen_put_frame(&f.out, &in), OK);
        assert_int_equal(gen_get_frame(buf_str(&f.out), &f.read, &out, &used), OK);
        assert_int_equal(used, f.out.len);
        assert_true(frame_equal(&in, &out));
        arena_free(&f.made);
        arena_free(&f.read);
    }
    finish(&f);
}

/* Puts 400 frames into the pair in pieces, and takes what has come after each piece. */
static void random_pieces_over_a_socket_pair(void **state)
{
    (void)state;
    enum { FRAMES = 400 };
    struct fixture f = fixture(2);
    struct gen_frame *in = calloc(FRAMES, sizeof *in);
    assert_non_null(in);
    for (size_t i = 0; i < FRAMES; i++) {
        frame_random(&f.rng, &f.made, frame_types[rng_u64(&f.rng) % n_frame_types], &in[i]);
        assert_int_equal(gen_put_frame(&f.out, &in[i]), OK);
    }
    int fd[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    struct buf got = buf_make(GEN_FRAME_BYTES_MAX);
    size_t sent = 0, n = 0;
    while (sent < f.out.len) {
        size_t piece = 1 + rng_u64(&f.rng) % (rng_u64(&f.rng) % 2 ? 7 : 3000);
        if (piece > f.out.len - sent)
            piece = f.out.len - sent;
        assert_int_equal(send(fd[0], f.out.ptr + sent, piece, MSG_NOSIGNAL), piece);
        sent += piece;
        assert_int_equal(buf_reserve(&got, piece), OK);
        ssize_t r = recv(fd[1], got.ptr + got.len, piece, 0);
        assert_true(r > 0);
        got.len += (size_t)r;
        struct gen_frame out;
        size_t used;
        while (got.len && gen_get_frame(buf_str(&got), &f.read, &out, &used) == OK) {
            assert_true(n < FRAMES);
            assert_true(frame_equal(&in[n++], &out));
            buf_consume(&got, used);
        }
    }
    assert_int_equal(n, FRAMES);
    assert_int_equal(got.len, 0);
    close(fd[0]);
    close(fd[1]);
    buf_free(&got);
    free(in);
    finish(&f);
}

static void a_cut_frame_says_how_much_it_needs(void **state)
{
    (void)state;
    struct fixture f = fixture(3);
    for (size_t t = 0; t < n_frame_types; t++) {
        struct gen_frame in, out;
        frame_random(&f.rng, &f.made, frame_types[t], &in);
        buf_clear(&f.out);
        assert_int_equal(gen_put_frame(&f.out, &in), OK);
        for (size_t len = 0; len < f.out.len; len++) {
            size_t needs = 0;
            assert_int_equal(get_exact(&f, str_from(f.out.ptr, len), &out, &needs), ERR_AGAIN);
            assert_true(needs > len && needs <= f.out.len);
            assert_int_equal(needs, len < 4 ? GEN_FRAME_HEAD : f.out.len);
        }
    }
    finish(&f);
}

/* A body that ends early or late within a frame of the right length is wrong, not incomplete. */
static void a_body_of_the_wrong_length_is_corrupt(void **state)
{
    (void)state;
    struct fixture f = fixture(4);
    for (size_t t = 0; t < n_frame_types; t++) {
        struct gen_frame in, out;
        size_t used = 77;
        frame_random(&f.rng, &f.made, frame_types[t], &in);
        buf_clear(&f.out);
        assert_int_equal(gen_put_frame(&f.out, &in), OK);
        uint32_t whole = (uint32_t)f.out.len - 4;
        for (uint32_t length = 1; length < whole; length++) {
            memcpy(f.out.ptr, &length, sizeof length);
            assert_int_equal(get_exact(&f, str_from(f.out.ptr, 4 + length), &out, &used), ERR_CORRUPT);
        }
        whole++;
        memcpy(f.out.ptr, &whole, sizeof whole);
        assert_int_equal(buf_putc(&f.out, 0), OK);
        assert_int_equal(get_exact(&f, buf_str(&f.out), &out, &used), ERR_CORRUPT);
        assert_int_equal(used, 77);
    }
    finish(&f);
}

/* Whatever comes out of damaged bytes is a message that can be encoded again, or a refusal. */
static void damage_is_refused_or_harmless(void **state)
{
    (void)state;
    struct fixture f = fixture(5);
    struct buf again = buf_make(GEN_FRAME_BYTES_MAX);
    size_t refused = 0;
    for (int i = 0; i < 20000; i++) {
        struct gen_frame in, out;
        size_t used;
        frame_random(&f.rng, &f.made, frame_types[rng_u64(&f.rng) % n_frame_types], &in);
        buf_clear(&f.out);
        assert_int_equal(gen_put_frame(&f.out, &in), OK);
        for (uint64_t k = 1 + rng_u64(&f.rng) % 4; k; k--)
            f.out.ptr[4 + rng_u64(&f.rng) % (f.out.len - 4)] = (char)rng_u64(&f.rng);
        int r = gen_get_frame(buf_str(&f.out), &f.read, &out, &used);
        assert_true(r == OK || r == ERR_CORRUPT);
        refused += r == ERR_CORRUPT;
        if (r == OK) {
            buf_clear(&again);
            assert_int_equal(gen_put_frame(&again, &out), OK);
            assert_true(str_eq(buf_str(&again), buf_str(&f.out)));
        }
        arena_free(&f.made);
        arena_free(&f.read);
    }
    assert_true(refused > 1000);
    buf_free(&again);
    finish(&f);
}

static void heads_are_checked_before_bodies_come(void **state)
{
    (void)state;
    struct fixture f = fixture(6);
    struct gen_frame out;
    size_t used = 0;
    assert_int_equal(gen_get_frame(STR("\0\0\0\0"), &f.read, &out, &used), ERR_CORRUPT); /* no type */
    assert_int_equal(gen_get_frame(STR("\1\0\0\5"), &f.read, &out, &used), ERR_CORRUPT); /* 80 MB and a byte */
    assert_int_equal(gen_get_frame(STR("\xff\xff\xff\xff\2"), &f.read, &out, &used), ERR_CORRUPT);
    assert_int_equal(gen_get_frame(STR("\x10\0\0\0\x00"), &f.read, &out, &used), ERR_CORRUPT); /* no such type */
    assert_int_equal(gen_get_frame(STR("\x10\0\0\0\x20"), &f.read, &out, &used), ERR_CORRUPT);
    assert_int_equal(gen_get_frame(STR("\x10\0\0\0\xff"), &f.read, &out, &used), ERR_CORRUPT);
    assert_int_equal(gen_get_frame(STR("\0\0\0\5\2"), &f.read, &out, &used), ERR_AGAIN); /* the largest */
    assert_int_equal(used, GEN_FRAME_BYTES_MAX + 4);
    assert_int_equal(gen_get_frame((struct str){0}, &f.read, &out, &used), ERR_AGAIN);
    assert_int_equal(used, GEN_FRAME_HEAD);
    finish(&f);
}

/* A count of 2^32 - 1 in a frame of a few bytes must not reach the allocator. */
static void counts_are_checked_before_memory_is_taken(void **state)
{
    (void)state;
    struct fixture f = fixture(7);
    struct gen_frame out;
    size_t used;
    assert_int_equal(get_exact(&f,
                               STR("\x15\0\0\0\x06"
                                   "12345678"
                                   "\xff\xff\xff\xff"
                                   "12345678"),
                               &out, &used),
                     ERR_CORRUPT);
    assert_int_equal(get_exact(&f,
                               STR("\x15\0\0\0\x06"
                                   "12345678"
                                   "\3\0\0\0"
                                   "12345678"),
                               &out, &used),
                     ERR_CORRUPT);
    assert_int_equal(f.read.used, 0);
    assert_int_equal(get_exact(&f,
                               STR("\x15\0\0\0\x06"
                                   "12345678"
                                   "\2\0\0\0"
                                   "12345678"),
                               &out, &used),
                     OK);
    assert_int_equal(out.detokenize.n_tokens, 2);
    f.read.max = f.read.used + 7; /* memory that is out is not the sender's fault */
    assert_int_equal(get_exact(&f,
                               STR("\x15\0\0\0\x06"
                                   "12345678"
                                   "\2\0\0\0"
                                   "12345678"),
                               &out, &used),
                     ERR_NOMEM);
    finish(&f);
}

/* Messages that break a rule are not sent, and what stands in the buffer stays usable. */
typedef void spoil_fn(struct gen_request *r);
static void bad_kind(struct gen_request *r)
{
    r->kind = (enum gen_kind)(GEN_TOKENS + 1);
}
static void huge_kind(struct gen_request *r)
{
    r->kind = (enum gen_kind)256;
} /* 0 in its lowest byte */
static void no_choice(struct gen_request *r)
{
    r->n_choices = 0;
}
static void many_choices(struct gen_request *r)
{
    r->n_choices = GEN_CHOICES_MAX + 1;
}
static void many_top(struct gen_request *r)
{
    r->top_logprobs = GEN_TOP_LOGPROBS_MAX + 1;
}
static void nan_temperature(struct gen_request *r)
{
    r->sampling.temperature = __builtin_nanf("");
}
static void inf_penalty(struct gen_request *r)
{
    r->sampling.presence_penalty = -__builtin_inff();
}
static void latin1_prompt(struct gen_request *r)
{
    r->prompt = STR("caf\xe9");
}
static void long_owner(struct gen_request *r)
{
    static const char name[257];
    r->owner = str_from(name, sizeof name);
}
static void long_stop(struct gen_request *r)
{
    static const char bytes[GEN_STOP_BYTES_MAX + 1];
    static const struct str stop = {bytes, sizeof bytes};
    r->stops = &stop;
    r->n_stops = 1;
}
static void many_messages(struct gen_request *r)
{
    static const struct gen_message messages[GEN_MESSAGES_MAX + 1];
    r->messages = messages;
    r->n_messages = GEN_MESSAGES_MAX + 1;
}
static void bad_role(struct gen_request *r)
{
    static const struct gen_message message = {.role = GEN_ROLE_COUNT};
    r->messages = &message;
    r->n_messages = 1;
}
static void many_tools(struct gen_request *r)
{
    static const struct gen_tool tools[GEN_TOOLS_MAX + 1];
    r->tools = tools;
    r->n_tools = GEN_TOOLS_MAX + 1;
}
static void long_tool_name(struct gen_request *r)
{
    static const char name[GEN_NAME_BYTES_MAX + 1];
    static const struct gen_tool tool = {.name = {name, sizeof name}};
    r->tools = &tool;
    r->n_tools = 1;
}
static void many_calls(struct gen_request *r)
{
    static const struct gen_tool_call calls[GEN_TOOL_CALLS_MAX + 1];
    static const struct gen_message message = {.role = GEN_ROLE_ASSISTANT, .tool_calls = calls, .n_tool_calls = GEN_TOOL_CALLS_MAX + 1};
    r->messages = &message;
    r->n_messages = 1;
}
static void bad_tool_choice(struct gen_request *r)
{
    r->tool_choice = GEN_TOOLS_CHOICE_COUNT;
}
static void bad_format(struct gen_request *r)
{
    r->format = GEN_FORMAT_COUNT;
}
static void bad_thinking(struct gen_request *r)
{
    r->thinking = GEN_THINK_COUNT;
}
static void inf_bias(struct gen_request *r)
{
    static const struct gen_bias bias = {1, __builtin_inff()};
    r->biases = &bias;
    r->n_biases = 1;
}

static void wrong_messages_are_not_sent(void **state)
{
    (void)state;
    static spoil_fn *const spoil[] = {bad_kind,       huge_kind,  no_choice,       many_choices,  many_top,    nan_temperature, inf_penalty,
                                      latin1_prompt,  long_owner, long_stop,       many_messages, bad_role,    inf_bias,        many_tools,
                                      long_tool_name, many_calls, bad_tool_choice, bad_format,    bad_thinking};
    struct fixture f = fixture(8);
    assert_int_equal(gen_put_cancel(&f.out, 9), OK);
    size_t before = f.out.len;
    for (size_t i = 0; i < sizeof spoil / sizeof *spoil; i++) {
        struct gen_request r;
        gen_request_init(&r, GEN_COMPLETE);
        spoil[i](&r);
        assert_int_equal(gen_put_request(&f.out, &r), ERR_INVAL);
        assert_int_equal(f.out.len, before);
        assert_int_equal(f.out.failed, OK);
    }
    assert_int_equal(gen_put_progress(&f.out, 1.5f), ERR_INVAL);
    assert_int_equal(gen_put_load(&f.out, &(struct gen_load){.path = STR("a\0b")}), ERR_INVAL);
    assert_int_equal(gen_put_event(&f.out, &(struct gen_event){.choice = GEN_CHOICES_MAX}), ERR_INVAL);
    assert_int_equal(gen_put_event(&f.out, &(struct gen_event){.type = GEN_TOOL_CALL, .tool_call = {.index = GEN_TOOL_CALLS_MAX}}),
                     ERR_INVAL);
    assert_int_equal(gen_put_frame(&f.out, &(struct gen_frame){.type = (enum gen_frame_type)30}), ERR_INVAL);
    struct gen_request good;
    gen_request_init(&good, GEN_COMPLETE);
    assert_int_equal(gen_put_request(&f.out, &good), OK);
    finish(&f);
}

/* Two halves that fit alone break the bound of all texts together. */
static void texts_are_bounded_together(void **state)
{
    (void)state;
    size_t half = GEN_TEXT_BYTES_MAX / 2 + 1;
    char *big = malloc(half);
    assert_non_null(big);
    memset(big, 'x', half);
    struct buf out = buf_make(GEN_FRAME_BYTES_MAX + GEN_FRAME_HEAD);
    struct gen_message m = {.role = GEN_ROLE_USER, .content = str_from(big, half)};
    struct gen_request r;
    gen_request_init(&r, GEN_CHAT);
    r.messages = &m;
    r.n_messages = 1;
    assert_int_equal(gen_put_request(&out, &r), OK);
    r.prompt = str_from(big, half);
    assert_int_equal(gen_put_request(&out, &r), ERR_INVAL);
    free(big);
    buf_free(&out);
}

static void a_full_buffer_keeps_whole_frames(void **state)
{
    (void)state;
    struct buf out = buf_make(20);
    assert_int_equal(gen_put_cancel(&out, 1), OK);
    assert_int_equal(gen_put_cancel(&out, 2), ERR_LIMIT);
    assert_int_equal(out.len, GEN_FRAME_HEAD + 8);
    assert_int_equal(gen_put_cancel(&out, 3), ERR_LIMIT);
    buf_free(&out);
}

/* A frame that there is no memory to decode is skipped: its id comes out, and the frames after it are whole. */
static void frames_go_on_after_one_that_memory_is_missing_for(void **state)
{
    (void)state;
    struct fixture f = fixture(9);
    struct gen_frames frames;
    gen_frames_init(&frames);
    static const uint32_t tokens[1000];
    struct gen_frame in = {.type = GEN_FRAME_DETOKENIZE}, out;
    in.detokenize = (struct gen_detokenize){.id = 77, .tokens = tokens, .n_tokens = 1000};
    assert_int_equal(gen_put_frame(&f.out, &in), OK);
    assert_int_equal(gen_put_cancel(&f.out, 78), OK);
    frames.arena.max = 100;
    assert_int_equal(gen_frames_add(&frames, buf_str(&f.out)), OK);
    assert_int_equal(gen_frames_next(&frames, &out), ERR_NOMEM);
    assert_int_equal(out.type, GEN_FRAME_DETOKENIZE);
    assert_int_equal(out.detokenize.id, 77);
    assert_int_equal(gen_frames_next(&frames, &out), OK);
    assert_int_equal(out.cancel.id, 78);
    assert_int_equal(gen_frames_next(&frames, &out), ERR_AGAIN);
    gen_frames_deinit(&frames);
    finish(&f);
}

/* A byte at a time, and a buffer that a large frame has made large is given back. */
static void frames_come_out_of_any_pieces(void **state)
{
    (void)state;
    struct fixture f = fixture(10);
    struct gen_frames frames;
    gen_frames_init(&frames);
    size_t size = 3 << 20, n = 0;
    char *big = calloc(1, size);
    assert_non_null(big);
    assert_int_equal(gen_put_cancel(&f.out, 1), OK);
    assert_int_equal(gen_put_bytes(&f.out, &(struct gen_bytes){.id = 2, .bytes = str_from(big, size)}), OK);
    assert_int_equal(gen_put_cancel(&f.out, 3), OK);
    for (size_t at = 0; at < f.out.len;) {
        size_t piece = at < 100 || at > size ? 1 : 5000;
        if (piece > f.out.len - at)
            piece = f.out.len - at;
        struct gen_frame out;
        assert_int_equal(gen_frames_add(&frames, str_from(f.out.ptr + at, piece)), OK);
        at += piece;
        int r;
        while (!(r = gen_frames_next(&frames, &out)))
            assert_int_equal(out.cancel.id, ++n);
        assert_int_equal(r, ERR_AGAIN);
    }
    assert_int_equal(n, 3);
    assert_int_equal(gen_frames_add(&frames, STR("x")), OK);
    assert_true(frames.in.cap < size);
    gen_frames_deinit(&frames);
    free(big);
    finish(&f);
}

static void defaults_and_names(void **state)
{
    (void)state;
    struct gen_request r;
    memset(&r, 0xff, sizeof r);
    gen_request_init(&r, GEN_CHAT);
    assert_int_equal(r.kind, GEN_CHAT);
    assert_int_equal(r.n_choices, 1);
    assert_true(r.credit == GEN_CREDIT_UNLIMITED);
    assert_true(r.sampling.temperature == gen_sampling_default.temperature && r.sampling.repeat_penalty == 1);
    assert_null(r.messages);
    assert_true(r.parallel_tool_calls);
    assert_string_equal(gen_finish_name(GEN_FINISH_LENGTH), "length");
    assert_string_equal(gen_finish_name(GEN_FINISH_DEADLINE), "deadline");
    assert_string_equal(gen_finish_name(GEN_FINISH_TOOL_CALLS), "tool_calls");
    assert_string_equal(gen_finish_name((enum gen_finish)99), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_frames_survive),
        cmocka_unit_test(random_pieces_over_a_socket_pair),
        cmocka_unit_test(a_cut_frame_says_how_much_it_needs),
        cmocka_unit_test(a_body_of_the_wrong_length_is_corrupt),
        cmocka_unit_test(damage_is_refused_or_harmless),
        cmocka_unit_test(heads_are_checked_before_bodies_come),
        cmocka_unit_test(counts_are_checked_before_memory_is_taken),
        cmocka_unit_test(wrong_messages_are_not_sent),
        cmocka_unit_test(texts_are_bounded_together),
        cmocka_unit_test(a_full_buffer_keeps_whole_frames),
        cmocka_unit_test(frames_go_on_after_one_that_memory_is_missing_for),
        cmocka_unit_test(frames_come_out_of_any_pieces),
        cmocka_unit_test(defaults_and_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
