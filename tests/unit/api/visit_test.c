/* What requests leave in the journal, and who may read it. */
#include <unistd.h>

#include "fake.h"
#include "observe/query.h"

static char dir[64];

static int setup(void **state)
{
    struct journal_config c = {.dir = dir, .key = {3}, .flush_ms = 1000};
    int r = fake_setup(state);
    struct fake *f = *state;
    snprintf(dir, sizeof dir, "/tmp/hearth-api-journal-XXXXXX");
    c.clock = &f->clock;
    if (r || !mkdtemp(dir) || journal_open(&c, &f->config.journal, NULL))
        return -1;
    fake_reconfigure(f);
    return 0;
}

static int teardown(void **state)
{
    struct fake *f = *state;
    struct journal *j = f->config.journal;
    char path[200];
    int r = fake_teardown(state);
    journal_close(j);
    snprintf(path, sizeof path, "%s/0000000001.hj", dir);
    unlink(path);
    rmdir(dir);
    return r;
}

static int on_event(void *ctx, uint64_t id, const struct journal_event *e)
{
    struct buf *b = ctx;
    (void)id;
    buf_printf(b, "%s %lld " STR_FMT " " STR_FMT " " STR_FMT " %u " STR_FMT " %u+%u", journal_end_name(e->end), (long long)e->owner,
               STR_ARG(e->who), STR_ARG(e->what), STR_ARG(e->subject), e->status, STR_ARG(e->reason), e->tokens_in, e->tokens_out);
    buf_puts(b, e->content.len ? " with content\n" : "\n");
    return OK;
}

/* The newest event. */
#define assert_newest(f, want)                                                                                                     \
    do {                                                                                                                           \
        struct buf b_ = buf_make(10000);                                                                                           \
        struct journal_report report_;                                                                                             \
        journal_flush((f)->config.journal);                                                                                        \
        assert_int_equal(journal_query(&(struct journal_query){.dir = dir, .key = {3}, .limit = 1}, on_event, &b_, &report_), OK); \
        assert_str(buf_str(&b_), want);                                                                                            \
        buf_free(&b_);                                                                                                             \
    } while (0)

static void an_embedding_is_an_event(void **state)
{
    struct fake *f = *state;
    static const float values[] = {1, 0};
    const struct gen_vectors v = {.width = 2, .tokens = 9, .values = values, .n_values = 2};
    fake_request(f, "POST", "/v1/embeddings", NULL, "{\"input\":\"a secret\"}");
    f->rt.vectors_fn(f->rt.lookup_ctx, &v, NULL);
    fake_end(&f->x, false);
    assert_newest(f, "done 1 owner POST /v1/embeddings tiny 200  9+0\n");
    fake_request(f, "POST", "/v1/embeddings", NULL, "{\"input\":7}");
    fake_end(&f->x, false);
    assert_newest(f, "refused 1 owner POST /v1/embeddings  400 invalid_value 0+0\n");
    fake_request(f, "POST", "/v1/embeddings", NULL, "{\"input\":\"a\"}");
    fake_end(&f->x, true);
    assert_newest(f, "left 1 owner POST /v1/embeddings tiny 0  0+0\n");
}

static void so_are_answers(void **state)
{
    struct fake *f = *state;
    static const char body[] = "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    fake_request(f, "POST", "/v1/chat/completions", NULL, body);
    struct ticket *t = &f->rt.tickets[0];
    fake_text(t, 0, "a");
    fake_event(t, (struct gen_event){.type = GEN_DONE,
                                     .done = {.reason = GEN_FINISH_STOP, .usage = {.prompt_tokens = 11, .completion_tokens = 3}}});
    fake_end(&f->x, false);
    assert_newest(f, "done 1 owner POST /v1/chat/completions tiny 200  11+3\n");
    fake_request(f, "POST", "/v1/chat/completions", NULL, body);
    t = &f->rt.tickets[1];
    fake_text(t, 0, "a");
    fake_error(t, GEN_FAULT_INTERNAL, "it broke", NULL);
    fake_end(&f->x, false);
    assert_newest(f, "failed 1 owner POST /v1/chat/completions tiny 200 internal_error 0+1\n");
}

static void reading_is_none_and_strangers_are_named_so(void **state)
{
    struct fake *f = *state;
    fake_request(f, "POST", "/v1/embeddings", "Host: evil.example\n", "{}");
    fake_end(&f->x, false);
    assert_newest(f, "refused 0  POST /v1/embeddings  421 foreign_host 0+0\n");
    fake_request(f, "GET", "/v1/models", NULL, NULL);
    fake_end(&f->x, false);
    fake_request(f, "GET", "/health", NULL, NULL);
    fake_end(&f->x, false);
    assert_newest(f, "refused 0  POST /v1/embeddings  421 foreign_host 0+0\n");
}

static void strangers_cannot_fill_it(void **state)
{
    struct fake *f = *state;
    struct buf all = buf_make(1 << 20);
    struct journal_report report;
    size_t n = 0;
    for (int i = 0; i < 200; i++) {
        fake_request(f, "POST", "/v1/embeddings", "Host: evil.example\n", "{}");
        fake_end(&f->x, false);
    }
    fake_request(f, "POST", "/v1/embeddings", NULL, "{}");
    fake_end(&f->x, false);
    journal_flush(f->config.journal);
    assert_int_equal(journal_query(&(struct journal_query){.dir = dir, .key = {3}, .limit = 1000}, on_event, &all, &report), OK);
    for (size_t i = 0; i < all.len; i++)
        n += all.ptr[i] == '\n';
    assert_int_equal(n, 60 + 1); /* and who is known always finds room */
    assert_true(str_find(buf_str(&all), STR("refused 1 owner"), 0) > 0);
    buf_free(&all);
}

static void without_a_journal_its_address_says_so(void **state)
{
    struct http_exchange *x = fake_request(*state, "GET", "/api/journal", NULL, NULL);
    assert_int_equal(x->status, 404);
    assert_has(x, "journal.enabled");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {T(an_embedding_is_an_event), T(so_are_answers), T(reading_is_none_and_strangers_are_named_so),
                                       T(strangers_cannot_fill_it), T(without_a_journal_its_address_says_so)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
