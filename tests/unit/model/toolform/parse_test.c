/* Answers of every form, cut in every way: the same text, reasoning and calls must come out. */
#include "../../check.h"
#include "base/rng.h"
#include "model/toolform/toolform.h"

/* Templates, as far as recognition looks at them. */
#define HERMES    "tools <tool_call> <think>"
#define LLAMA3    "tools <|start_header_id|> \"parameters\""
#define MISTRAL   "tools [TOOL_CALLS]"
#define ARGS      "tools [TOOL_CALLS] [ARGS] [THINK]"
#define DEEPSEEK  "tools <｜tool▁calls▁begin｜> ```json <think>"
#define DEEPSEEK1 "tools <｜tool▁calls▁begin｜> </think>"
#define HARMONY   "tools <|channel|> <|message|>"

struct answer {
    const char *form, *in;
    bool no_tools, thinking;
    const char *text, *reasoning, *calls; /* calls: name(arguments) one after the other */
};

static const struct answer answers[] = {
    {HERMES, "Hello <b>there</b>", .text = "Hello <b>there</b>"},
    {HERMES, "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n</tool_call>", .calls = "f({\"a\": 1})"},
    {HERMES,
     "\n\n<tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call>\n<tool_call>\n{ \"name\" : \"g\", \"arguments\": {\"x\":[{}]} "
     "}\n</tool_call>\n",
     .calls = "f({})g({\"x\":[{}]})"},
    {HERMES, "Let me see.\n<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>", .text = "Let me see.\n", .calls = "f({})"},
    {HERMES, "<think>\nHm.\n\n</think>\n\nYes.", .text = "Yes.", .reasoning = "Hm."},
    {HERMES, "<think>\n\n</think>\n\nYes.", .text = "Yes."},
    {HERMES, "Hm <think>.\n</think>\n\nYes.", .thinking = true, .text = "Yes.", .reasoning = "Hm <think>."},
    {HERMES, "so\n</think>\n<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>", .thinking = true, .reasoning = "so",
     .calls = "f({})"},
    {HERMES, "A word of <think> and </think>.", .text = "A word of <think> and </think>."},
    {HERMES, "<tool_call> is text", .no_tools = true, .text = "<tool_call> is text"},
    {HERMES, "  <thin", .text = "  <thin"},
    {HERMES, "<think>cut", .reasoning = "cut"},
    /* imitations within arguments */
    {HERMES, "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"s\": \"}}\\\"</tool_call><tool_call>{\"}}\n</tool_call>",
     .calls = "f({\"s\": \"}}\\\"</tool_call><tool_call>{\"})"},
    {HERMES, "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"s\": \"<think>", .calls = "f({\"s\": \"<think>"},
    /* what is no call */
    {HERMES, "<tool_call>\n{\"nom\": 1}", .text = "om\": 1}"},
    {HERMES, "<tool_call>\n{\"name\": \"", .text = ""},
    {LLAMA3, "{\"name\": \"f\", \"parameters\": {\"a\": \"b\"}}", .calls = "f({\"a\": \"b\"})"},
    {LLAMA3, "{\"name\": \"f\", \"parameters\": {}}; {\"name\": \"g\", \"parameters\": {}}", .calls = "f({})g({})"},
    {LLAMA3, "\xff<|python_tag|>\xff{\"name\": \"f\", \"parameters\": {}}", .calls = "f({})"},
    {LLAMA3, "{\"nam\": 1}", .text = "{\"nam\": 1}"},
    {MISTRAL, "[TOOL_CALLS][{\"name\": \"f\", \"arguments\": {}}, {\"name\": \"g\", \"arguments\": {\"q\": \"]\"}}]",
     .calls = "f({})g({\"q\": \"]\"})"},
    {ARGS, "[TOOL_CALLS]f[ARGS]{\"a\": 1}[TOOL_CALLS]g[ARGS]{}", .calls = "f({\"a\": 1})g({})"},
    {ARGS, "[THINK]why[/THINK]because", .text = "because", .reasoning = "why"},
    {DEEPSEEK,
     "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{\"a\": 1}\n```<｜tool▁call▁end｜>\n"
     "<｜tool▁call▁begin｜>function<｜tool▁sep｜>g\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
     .calls = "f({\"a\": 1})g({})"},
    {DEEPSEEK1, "x</think><｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
     .thinking = true, .reasoning = "x", .calls = "f({})"},
    {HARMONY,
     "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>commentary to=functions.f "
     "<|constrain|>json<|message|>{\"a\": 1}",
     .reasoning = "Hm.", .calls = "f({\"a\": 1})"},
    {HARMONY, "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Yes.", .reasoning = "Hm.",
     .text = "Yes."},
    {"",
     "\xff<|odd|>\xff"
     "a\xff<|odd|>\xff"
     "b",
     .text = "ab"},
    {"", "<tool_call>{\"name\":\"f\",\"arguments\":7}</tool_call>", .calls = "f(7)"},
};

struct result {
    struct buf text, reasoning, calls;
    bool open;
};

static void take(struct result *r, struct toolform_out *out)
{
    buf_put(&r->text, buf_str(&out->text));
    buf_put(&r->reasoning, buf_str(&out->reasoning));
    for (size_t i = 0; i < out->n_pieces; i++) {
        const struct toolform_piece *p = &out->pieces[i];
        if (p->begins && r->open)
            buf_putc(&r->calls, ')');
        buf_put(&r->calls, str_from(out->bytes.ptr + p->at, p->len));
        if (p->begins)
            buf_putc(&r->calls, '(');
        r->open = true;
    }
    toolform_out_clear(out);
}

/* Pieces are whole control tokens or whole characters, as the engine gives them. */
static size_t piece_length(struct str s, size_t want)
{
    size_t n = want < s.len ? want : s.len;
    for (size_t marks = 0;; n++) {
        marks = 0;
        for (size_t i = 0; i < n; i++)
            marks += s.ptr[i] == TOOLFORM_MARK;
        if (n == s.len || (marks % 2 == 0 && (s.ptr[n] & 0xc0) != 0x80))
            return n;
    }
}

static void run(const struct answer *a, struct rng *rng, size_t piece_max)
{
    struct toolform *f;
    assert_int_equal(toolform_create(str_of(a->form), NULL, &f), OK);
    struct toolform_parser p;
    struct toolform_out out;
    struct result r = {.text = buf_make(1 << 16), .reasoning = buf_make(1 << 16), .calls = buf_make(1 << 16)};
    toolform_out_init(&out);
    toolform_parser_init(&p, f, !a->no_tools, a->thinking);
    for (struct str s = str_of(a->in); s.len;) {
        size_t n = piece_length(s, 1 + (piece_max > 1 ? rng_u64(rng) % piece_max : 0));
        assert_int_equal(toolform_push(&p, str_head(s, n), &out), OK);
        take(&r, &out);
        s = str_skip(s, n);
    }
    assert_int_equal(toolform_end(&p, &out), OK);
    take(&r, &out);
    assert_str(buf_str(&r.text), a->text ? a->text : "");
    assert_str(buf_str(&r.reasoning), a->reasoning ? a->reasoning : "");
    if (r.open && p.state != TOOLFORM_ARGUMENTS)
        buf_putc(&r.calls, ')');
    assert_str(buf_str(&r.calls), a->calls ? a->calls : "");
    buf_free(&r.text);
    buf_free(&r.reasoning);
    buf_free(&r.calls);
    toolform_out_deinit(&out);
    toolform_parser_deinit(&p);
    toolform_free(f);
}

static void every_form_cut_in_every_way(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 1);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        run(&answers[i], &rng, 1);
        run(&answers[i], &rng, 1 << 20);
        for (int k = 0; k < 20; k++)
            run(&answers[i], &rng, 9);
    }
}

static void forms_are_recognised(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name;
        bool in_template;
    } want[] = {
        {HERMES, "hermes", true},     {LLAMA3, "llama3", true},
        {MISTRAL, "mistral", true},   {ARGS, "mistral-args", true},
        {DEEPSEEK, "deepseek", true}, {DEEPSEEK1, "deepseek-v3.1", true},
        {HARMONY, "harmony", true},   {"<|im_start|> tools", "generic", false},
        {"", "generic", false},
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        struct toolform *f;
        assert_int_equal(toolform_create(str_of(want[i].text), NULL, &f), OK);
        assert_string_equal(toolform_name(f), want[i].name);
        assert_int_equal(toolform_in_template(f), want[i].in_template);
        toolform_free(f);
    }
}

/* An answer that never decides is not held for ever, and calls without end are refused. */
static void bounds(void **state)
{
    (void)state;
    struct toolform *f;
    struct toolform_parser p;
    struct toolform_out out;
    assert_int_equal(toolform_create(str_of(HERMES), NULL, &f), OK);
    toolform_out_init(&out);
    toolform_parser_init(&p, f, true, false);
    for (int i = 0; i < 3 * TOOLFORM_HELD_MAX; i++)
        assert_int_equal(toolform_push(&p, STR(" "), &out), OK);
    assert_true(out.text.len > TOOLFORM_HELD_MAX && p.in.len <= TOOLFORM_HELD_MAX);
    toolform_parser_deinit(&p);
    toolform_out_clear(&out);

    toolform_parser_init(&p, f, true, false);
    assert_int_equal(toolform_push(&p, STR("<tool_call>{\"name\":\""), &out), OK);
    for (int i = 0; i < TOOLFORM_NAME_MAX + 1; i++)
        assert_int_equal(toolform_push(&p, STR("n"), &out), OK);
    assert_int_equal(p.state, TOOLFORM_TEXT);
    assert_int_equal(out.n_pieces, 0);
    toolform_parser_deinit(&p);
    toolform_out_clear(&out);

    toolform_parser_init(&p, f, true, false);
    int rc = OK, n = 0;
    for (; !rc && n < 1000; n++)
        rc = toolform_push(&p, STR("<tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call>"), &out);
    assert_int_equal(rc, ERR_LIMIT);
    assert_int_equal(n, GEN_TOOL_CALLS_MAX + 1);
    toolform_parser_deinit(&p);
    toolform_out_deinit(&out);
    toolform_free(f);
}

static void tools_are_explained(void **state)
{
    (void)state;
    struct toolform *f;
    struct arena a = arena_make(1 << 20);
    const struct gen_tool tool = {.name = STR("f"), .description = STR("Does \"f\""), .parameters = STR("{\"type\":\"object\"}")};
    const struct gen_tool_call call = {.name = STR("f"), .arguments = STR("{\"a\":1}")};
    const struct gen_message m[] = {{.role = GEN_ROLE_SYSTEM, .content = STR("Be brief.")},
                                    {.role = GEN_ROLE_USER, .content = STR("Hi")},
                                    {.role = GEN_ROLE_ASSISTANT, .tool_calls = &call, .n_tool_calls = 1},
                                    {.role = GEN_ROLE_TOOL, .content = STR("42")}};
    struct gen_request g;
    gen_request_init(&g, GEN_CHAT);
    g.tools = &tool;
    g.n_tools = 1;
    g.messages = m;
    g.n_messages = 4;
    const struct gen_message *got;
    size_t n;
    assert_int_equal(toolform_create((struct str){0}, NULL, &f), OK);
    assert_int_equal(toolform_explain(f, &g, &a, &got, &n), OK);
    assert_int_equal(n, 4);
    assert_true(str_starts(got[0].content, STR("Be brief.\n\n")));
    assert_true(
        str_find(got[0].content, STR("{\"name\":\"f\",\"description\":\"Does \\\"f\\\"\",\"parameters\":{\"type\":\"object\"}}"), 0) > 0);
    assert_true(str_find(got[0].content, STR("<tool_call>\n{\"name\": \"NAME\", \"arguments\": {…}}\n</tool_call>"), 0) > 0);
    assert_str(got[2].content, "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\":1}}\n</tool_call>");
    assert_int_equal(got[3].role, GEN_ROLE_USER);
    assert_str(got[3].content, "<tool_response>\n42\n</tool_response>");
    g.messages++; /* no system message: it gets one */
    g.n_messages = 1;
    assert_int_equal(toolform_explain(f, &g, &a, &got, &n), OK);
    assert_int_equal(n, 2);
    assert_int_equal(got[0].role, GEN_ROLE_SYSTEM);
    arena_free(&a);
    toolform_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_cut_in_every_way),
        cmocka_unit_test(forms_are_recognised),
        cmocka_unit_test(bounds),
        cmocka_unit_test(tools_are_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
