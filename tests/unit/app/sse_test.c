#include "../check.h"
#include "app/sse.h"

struct seen {
    char text[4096];
    size_t n;
    int end_at, code; /* the event after which to end, and how */
};

static int on_event(void *ctx, struct str name, struct str data)
{
    struct seen *s = ctx;
    struct buf b = buf_make(sizeof s->text - 1);
    buf_printf(&b, "%s" STR_FMT "=" STR_FMT ";", s->text, STR_ARG(name), STR_ARG(data));
    str_copy(s->text, sizeof s->text, buf_str(&b));
    buf_free(&b);
    return ++s->n == (size_t)s->end_at ? s->code : OK;
}

static int feed(struct seen *seen, const char *stream, size_t step)
{
    struct sse s = sse_make(on_event, seen);
    struct str rest = str_of(stream);
    int r = OK;
    while (rest.len && !r) {
        r = sse_feed(&s, str_head(rest, step));
        rest = str_skip(rest, step);
    }
    sse_free(&s);
    return r;
}

static void events_in_any_pieces(void **state)
{
    (void)state;
    static const char stream[] = ": hello\n\nevent: text\ndata: {\"a\":1}\n\ndata: one\r\ndata:two\r\n\r\nid: 7\nretry: 5\nevent: "
                                 "x\n\ndata\n\nevent:done\ndata:  z\n\ndata: cut off";
    for (size_t step = 1; step < sizeof stream; step++) {
        struct seen seen = {.text = ""};
        assert_int_equal(feed(&seen, stream, step), OK);
        assert_string_equal(seen.text, "text={\"a\":1};message=one\ntwo;message=;done= z;");
    }
}

static void the_reader_may_end_it(void **state)
{
    (void)state;
    struct seen seen = {.end_at = 2, .code = ERR_CANCELED};
    assert_int_equal(feed(&seen, "data: 1\n\ndata: 2\n\ndata: 3\n\n", 100), ERR_CANCELED);
    assert_string_equal(seen.text, "message=1;message=2;");
}

static void an_endless_line_is_refused(void **state)
{
    (void)state;
    struct seen seen = {.text = ""};
    struct sse s = sse_make(on_event, &seen);
    static char block[1 << 20];
    int r = OK;
    memset(block, 'x', sizeof block);
    for (int i = 0; i < (SSE_EVENT_BYTES_MAX >> 20) + 1 && !r; i++)
        r = sse_feed(&s, str_from(block, sizeof block));
    assert_int_equal(r, ERR_LIMIT);
    sse_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_in_any_pieces),
        cmocka_unit_test(the_reader_may_end_it),
        cmocka_unit_test(an_endless_line_is_refused),
    };
    return cmocka_run_group_tests_name("sse", tests, NULL, NULL);
}
