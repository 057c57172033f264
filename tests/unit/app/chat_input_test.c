#include <stdlib.h>

#include "../check.h"
#include "app/chat/chat.h"
#include "app/chat/copy.h"
#include "app/chat/multiline.h"

/* ---- lines to messages */

/* The messages that some lines make, joined by "|"; "…" at the end when one is open. */
static void assert_messages(const char *lines, const char *want)
{
    struct multiline m = multiline_make(1 << 16);
    struct buf got = buf_make(1 << 16);
    struct str rest = str_of(lines), line;
    while (str_split(&rest, '\n', &line))
        if (multiline_add(&m, line))
            buf_printf(&got, STR_FMT "|", STR_ARG(buf_str(&m.text)));
    if (multiline_end(&m))
        buf_printf(&got, STR_FMT "…", STR_ARG(buf_str(&m.text)));
    assert_string_equal(buf_cstr(&got), want);
    buf_free(&got);
    multiline_free(&m);
}

static void messages_of_several_lines(void **state)
{
    (void)state;
    assert_messages("one\ntwo", "one|two|");
    assert_messages("one\\\ntwo\\\nthree\nfour", "one\ntwo\nthree|four|");
    assert_messages("a backslash: \\\\\nnext", "a backslash: \\\\|next|");
    assert_messages("\"\"\"\none\n\n  two\\\n\"\"\"\nthree", "one\n\n  two\\|three|");
    assert_messages("\"\"\"one\ntwo\"\"\"\nthree", "one\ntwo|three|");
    assert_messages("\"\"\"one\"\"\"\ntwo", "one|two|");
    assert_messages("\"\"\"\n\"\"\"\ntwo", "|two|");
    assert_messages("say \"\"\" now\nx", "say \"\"\" now|x|");
    assert_messages("\"\"\"\nopen", "open…");
    assert_messages("open\\", "open…");
    assert_messages("你好\\\n世界", "你好\n世界|");
}

static void what_is_dropped_is_gone(void **state)
{
    (void)state;
    struct multiline m = multiline_make(1 << 16);
    assert_false(multiline_add(&m, STR("\"\"\"half")));
    multiline_drop(&m);
    assert_true(multiline_add(&m, STR("whole")));
    assert_str(buf_str(&m.text), "whole");
    multiline_free(&m);
}

/* ---- commands */

static void assert_command(const char *line, const char *name, const char *rest)
{
    struct str got_name, got_rest;
    if (!name) {
        assert_false(command_split(str_of(line), &got_name, &got_rest));
        return;
    }
    assert_true(command_split(str_of(line), &got_name, &got_rest));
    assert_str(got_name, name);
    assert_str(got_rest, rest);
}

static void lines_that_are_commands(void **state)
{
    (void)state;
    assert_command("/help", "help", "");
    assert_command("/model  qwen3 ", "model", "qwen3");
    assert_command("/system Be brief.\nAlways.", "system", "Be brief.\nAlways.");
    assert_command("/florp x", "florp", "x");
    assert_command("/etc/passwd: what is it?", NULL, NULL);
    assert_command("/2 of it", NULL, NULL);
    assert_command("/", NULL, NULL);
    assert_command(" /help", NULL, NULL);
    assert_command("what is 1/2?", NULL, NULL);
}

static void the_table_of_commands(void **state)
{
    (void)state;
    static const char *const promised[] = {"help", "model",  "system", "set",  "save", "load",  "new",
                                           "list", "search", "retry",  "edit", "copy", "stats", "quit"};
    for (size_t i = 0; i < sizeof promised / sizeof *promised; i++)
        assert_non_null(command_find(str_of(promised[i])));
    for (const struct command *k = commands; k->name; k++) {
        struct str name, rest;
        char line[64];
        snprintf(line, sizeof line, "/%s", k->name);
        assert_true(command_split(str_of(line), &name, &rest));
        assert_ptr_equal(command_find(name), k); /* names are unique */
        assert_true(k->help.en[0] && k->help.zh[0] && k->run);
    }
    assert_null(command_find(STR("hel")));
    assert_null(command_find(STR("")));
    assert_string_equal(command_find(STR("exit"))->name, "quit");
}

static void assert_completes(struct chat *c, const char *text, size_t from, const char *want)
{
    struct line_choices choices = {.n = 0};
    size_t got_from = 0;
    struct buf got = buf_make(4096);
    choose_complete(c, str_of(text), &got_from, &choices);
    for (size_t i = 0; i < choices.n; i++)
        buf_printf(&got, STR_FMT " ", STR_ARG(choices.items[i]));
    assert_string_equal(buf_cstr(&got), want);
    if (choices.n)
        assert_int_equal(got_from, from);
    buf_free(&got);
}

static void completion(void **state)
{
    (void)state;
    struct chat c = {.models = json_pack("[{s:s}, {s:s}]", "id", "tiny-a", "id", "other")};
    assert_completes(&c, "/sa", 1, "save ");
    assert_completes(&c, "/s", 1, "system set search save stats ");
    assert_completes(&c, "/model ", 7, "tiny-a other ");
    assert_completes(&c, "/model t", 7, "tiny-a ");
    assert_completes(&c, "/set top", 5, "top_p top_k ");
    assert_completes(&c, "/stats o", 7, "on off ");
    assert_completes(&c, "/retry x", 7, "");
    assert_completes(&c, "hello", 0, "");
    assert_string_equal(choose_model(&c, "TINY-A"), "tiny-a");
    assert_string_equal(choose_model(&c, "/some/where/tiny-a.gguf"), "tiny-a");
    assert_string_equal(choose_model(&c, "ti"), "tiny-a");
    assert_null(choose_model(&c, "nope"));
    assert_null(choose_model(&c, ""));
    json_decref(c.models);
}

/* ---- /copy */

static void copies(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"", "\033]52;c;\a"},
                                           {"a", "\033]52;c;YQ==\a"},
                                           {"ab", "\033]52;c;YWI=\a"},
                                           {"abc", "\033]52;c;YWJj\a"},
                                           {"\xff\xfe", "\033]52;c;//4=\a"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct buf b = buf_make(4096);
        assert_int_equal(copy_sequence(str_of(pairs[i][0]), &b), OK);
        assert_str(buf_str(&b), pairs[i][1]);
        buf_free(&b);
    }
    char *large = calloc(1, COPY_BYTES_MAX + 1);
    struct buf b = buf_make(1 << 20);
    assert_int_equal(copy_sequence(str_from(large, COPY_BYTES_MAX + 1), &b), ERR_LIMIT);
    assert_int_equal(b.len, 0);
    free(large);
    buf_free(&b);
}

static void the_last_code(void **state)
{
    (void)state;
    struct str s = STR("x\n```c\nint a;\n```\nand\n~~~\none\n\ntwo\n~~~\nend");
    assert_true(copy_last_code(&s));
    assert_str(s, "one\n\ntwo");
    s = STR("```\n```\n");
    assert_false(copy_last_code(&s) && s.len);
    s = STR("no `code` block");
    assert_false(copy_last_code(&s));
    s = STR("```\nnever closed");
    assert_false(copy_last_code(&s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_of_several_lines),
        cmocka_unit_test(what_is_dropped_is_gone),
        cmocka_unit_test(lines_that_are_commands),
        cmocka_unit_test(the_table_of_commands),
        cmocka_unit_test(completion),
        cmocka_unit_test(copies),
        cmocka_unit_test(the_last_code),
    };
    return cmocka_run_group_tests_name("chat input", tests, NULL, NULL);
}
