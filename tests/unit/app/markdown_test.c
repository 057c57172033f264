#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "../check.h"
#include "app/glyph.h"
#include "app/markdown_term.h"
#include "base/rng.h"
#include "base/utf8.h"

enum { WIDE = 60 };

/* What a terminal of `width` columns gets for a text that comes in pieces of `step` bytes. */
static struct buf rendered(struct str text, int width, bool color, size_t step)
{
    struct buf out = buf_make(1 << 20);
    struct markdown *m = markdown_create(&out, width, color);
    assert_non_null(m);
    while (text.len) {
        struct str piece = str_head(text, step);
        markdown_feed(m, piece);
        text = str_skip(text, piece.len);
    }
    markdown_end(m);
    markdown_free(m);
    assert_int_equal(out.failed, 0);
    return out;
}

static void assert_shows(const char *markdown, int width, bool color, const char *want, int line)
{
    struct buf out = rendered(str_of(markdown), width, color, SIZE_MAX);
    check_str(buf_str(&out), want, __FILE__, line);
    buf_free(&out);
}
#define PLAIN(markdown, want)         assert_shows(markdown, WIDE, false, want, __LINE__)
#define COLOR(markdown, want)         assert_shows(markdown, WIDE, true, want, __LINE__)
#define NARROW(width, markdown, want) assert_shows(markdown, width, false, want, __LINE__)

static void emphasis(void **state)
{
    (void)state;
    COLOR("a **b** c", "a \033[0;1mb\033[0m c\n");
    COLOR("*i* _i_ __b__ ***x***", "\033[0;3mi\033[0m \033[0;3mi\033[0m \033[0;1mb\033[0m \033[0;1;3mx\033[0m\n");
    COLOR("**b *both* b**", "\033[0;1mb \033[0;1;3mboth\033[0;1m b\033[0m\n");
    COLOR("中**粗。**文", "中\033[0;1m粗。\033[0m文\n");
    COLOR("~~no~~ yes", "\033[0;9mno\033[0m yes\n");
    COLOR("2 * 3 * 4, snake_case_name, a*, *b, **c, x_ __a_b", "2 * 3 * 4, snake_case_name, a*, *b, **c, x_ __a_b\n");
    COLOR("\\*no\\* \\`no\\`", "*no* `no`\n");
    PLAIN("a **b** _c_ `d`", "a **b** _c_ `d`\n");
}

static void code_and_links(void **state)
{
    (void)state;
    COLOR("run `ls -l **x**` now", "run \033[0;36mls -l **x**\033[0m now\n");
    COLOR("`` a`b `` `open", "\033[0;36ma`b\033[0m `open\n");
    COLOR("[text](http://a.b/c_d_e) [x] [y", "\033[0;4mtext\033[0;2m (http://a.b/c_d_e)\033[0m [x] [y\n");
    COLOR("[http://a](http://a)", "\033[0;4mhttp://a\033[0m\n");
}

static void blocks(void **state)
{
    (void)state;
    COLOR("# One\n## Two\ntext", "\033[0;1;4mOne\033[0m\n\033[0;1mTwo\033[0m\ntext\n");
    PLAIN("# One\n\n\n\ntext\n\n", "# One\n\ntext\n");
    PLAIN("\n\nfirst\n", "first\n");
    PLAIN("- a\n* b\n  + c\n10. d\n3) e\n-f\n#g\n1.h", "• a\n• b\n  • c\n10. d\n3) e\n-f\n#g\n1.h\n");
    PLAIN("> q\n> > r\n>", "│ q\n│ │ r\n│ \n");
    PLAIN("---\nx\n* * *", "────────────────────────────────────────────────\nx\n────────────────────────────────────────────────\n");
    PLAIN("", "");
    PLAIN("\n\n", "");
    PLAIN("a\r\nb\r\n", "a\nb\n");
}

static void code_blocks(void **state)
{
    (void)state;
    PLAIN("x\n```c\nint *a;\n\n\n  # b\n``\n```\ny", "x\n```c\nint *a;\n\n\n  # b\n``\n```\ny\n");
    PLAIN("~~~\n```\n~~~~\n**b**", "~~~\n```\n~~~~\n**b**\n");
    PLAIN("```\nnever closed", "```\nnever closed\n");
    PLAIN("```inline``` text", "```inline``` text\n");
    NARROW(20, "```py\na\n```", "```py\na\n```\n");
    assert_shows("```py\na\tb\n```", 20, true,
                 "\033[0;2m── py ──────────────\033[0m\n\033[0;36ma    b\033[0m\n\033[0;2m────────────────────\033[0m\n", __LINE__);
}

static void wrapping(void **state)
{
    (void)state;
    NARROW(10, "one two three four", "one two\nthree four\n");
    NARROW(10, "- one two three", "• one two\n  three\n");
    NARROW(10, "> one two three", "│ one two\n│ three\n");
    NARROW(10, "abcdefghijklmnop q", "abcdefghij\nklmnop q\n");
    NARROW(10, "ab cdefghijklmnopqrs", "ab\ncdefghijkl\nmnopqrs\n");
    /* ten columns are five Chinese characters; 。 does not begin a line, and （ does not end one */
    NARROW(10, "一二三四五六七", "一二三四五\n六七\n");
    NARROW(10, "一二三四五。六", "一二三四\n五。六\n");
    NARROW(10, "一二三四（五）", "一二三四\n（五）\n");
    NARROW(10, "hello世界ok", "hello世界\nok\n");
    NARROW(10,
           "e\xcc\x81"
           "bcdefghij k",
           "e\xcc\x81"
           "bcdefghij\nk\n");
    NARROW(1, "abcdefghi", "abcdefgh\ni\n");
}

static void tables(void **state)
{
    (void)state;
    PLAIN("| Name | N |\n|:--|--:|\n| tea | 5 |\n| 绿茶 | 12 |\nafter", "Name │  N\n─────┼───\ntea  │  5\n绿茶 │ 12\nafter\n");
    PLAIN("a\n\n| x |\n|---|\n| 1 |\n\nb", "a\n\nx\n─\n1\n\nb\n");
    PLAIN("| a | b |\n|--|--|\n| 1 |\n| 1 | 2 | 3 |", "a │ b\n──┼──\n1 │ \n1 │ 2\n");
    PLAIN("| no table\n| really", "| no table\n| really\n");
    PLAIN("| a \\| b |\n|---|\n| `c` |", "a | b\n─────\n`c`\n");
    NARROW(20, "| k | long |\n|---|---|\n| one | two three four five six |",
           "k   │ long\n────┼───────────────\none │ two three four\n    │ five six\n");
    NARROW(12, "| aaaaaaaa | bbbbbbbb |\n|---|---|\n| one | two |\n| x | y |",
           "aaaaaaaa:\n  one\nbbbbbbbb:\n  two\n\naaaaaaaa: x\nbbbbbbbb: y\n");
}

static void a_model_cannot_drive_the_terminal(void **state)
{
    (void)state;
    PLAIN("a\033[2Jb\033]52;c;aGk=\007c", "a�[2Jb�]52;c;aGk=�c\n");
    PLAIN("a\xc2\x9b"
          "2Jb",
          "a�2Jb\n");
    PLAIN("```\n\033[31m\n```", "```\n�[31m\n```\n");
    PLAIN("| \033[31m |\n|---|\n| \x7f |", "�[31m\n─────\n�\n");
    PLAIN("```\033]0;x\007\n```", "```�]0;x�\n```\n");
    PLAIN("[\0331m](\0332m)", "�1m (�2m)\n");
    PLAIN("\xff\xfe \xe4\xb8", "�� �\n");
    PLAIN("file\xe2\x80\xae"
          "gpj.exe",
          "file�gpj.exe\n");
    assert_shows("```\033[2J\nx", 30, true, "\033[0;2m── �[2J ──────────────────────\033[0m\n\033[0;36mx\033[0m\n", __LINE__);
}

/* Every escape sequence in the output is one of ours: ESC [ digits and semicolons m. */
static void assert_only_styles(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c == '\033') {
            assert_int_equal(s.ptr[++i], '[');
            while (i + 1 < s.len && ((s.ptr[i + 1] >= '0' && s.ptr[i + 1] <= '9') || s.ptr[i + 1] == ';'))
                i++;
            assert_true(i + 1 < s.len && s.ptr[++i] == 'm');
        } else {
            assert_true(c == '\n' || (c >= 0x20 && c != 0x7f));
        }
    }
    assert_true(utf8_valid(s.ptr, s.len, NULL));
}

static void assert_pieces_do_not_matter(struct str text, int width, bool color)
{
    static const size_t steps[] = {1, 2, 3, 7, 64, 511, 513};
    struct buf whole = rendered(text, width, color, SIZE_MAX);
    assert_only_styles(buf_str(&whole));
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct buf pieces = rendered(text, width, color, steps[i]);
        if (!str_eq(buf_str(&pieces), buf_str(&whole)))
            print_error("in pieces of %zu: \"" STR_FMT "\"\n", steps[i], STR_ARG(text));
        assert_true(str_eq(buf_str(&pieces), buf_str(&whole)));
        buf_free(&pieces);
    }
    buf_free(&whole);
}

static void pieces_equal_the_whole(void **state)
{
    (void)state;
    static const char *const texts[] = {
        ("# Title\n\nSome **bold** and `code`, a [link](http://x/y) and 中文**加粗**。\n\n1. one\n2. two\n   - three\n\n> quote\n\n"
         "| a | b |\n|---|--:|\n| 1 | 2 |\n\n```python\nprint('x')  # ```\n```\n---\nend *never closed"),
        "**a\n**\n*\n_\n`\n``\n```\n\n````\nx\n",
        "|\n|-\n| x\n|\n\n||\n|-|-|\n",
        "- \n-\n--\n---\n1\n1.\n1. \n>\n> \n#\n# \n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_pieces_do_not_matter(str_of(texts[i]), 40, true);
        assert_pieces_do_not_matter(str_of(texts[i]), 9, false);
    }
}

/* Texts of nothing but marks, in which a partner is far, near or missing. */
static void pieces_of_noise(void **state)
{
    (void)state;
    static const char *const words[] = {"*",   "**", "***",  "_",  "__",   "`",  "``",    "```",  "~~",       "[",  "](",
                                        ")",   "|",  "|-|",  "\n", "\n\n", " ",  "  ",    "- ",   "1. ",      "> ", "# ",
                                        "---", "a",  "word", "中", "。",   "\\", "\033[", "\xff", "\xe4\xb8", "\t", "\r"};
    struct rng rng;
    rng_seed(&rng, 7);
    for (int round = 0; round < 300; round++) {
        struct buf text = buf_make(1 << 16);
        for (int n = (int)(rng_u64(&rng) % 60); n >= 0; n--)
            buf_puts(&text, words[rng_u64(&rng) % (sizeof words / sizeof *words)]);
        if (round % 10 == 0) /* beyond what a mark waits for */
            for (int n = 0; n < 90; n++)
                buf_puts(&text, n % 30 ? "longer *" : "words` ");
        assert_pieces_do_not_matter(buf_str(&text), 5 + round % 40, round % 2);
        buf_free(&text);
    }
}

static void long_lines_are_bounded(void **state)
{
    (void)state;
    struct buf text = buf_make(1 << 20);
    for (int i = 0; i < 20000; i++)
        buf_puts(&text, "|");
    buf_puts(&text, "\n```");
    for (int i = 0; i < 20000; i++)
        buf_puts(&text, "x");
    assert_pieces_do_not_matter(buf_str(&text), 80, true);
    buf_free(&text);
}

static void columns(void **state)
{
    (void)state;
    assert_int_equal(text_columns(STR("abc")), 3);
    assert_int_equal(text_columns(STR("中文a")), 5);
    assert_int_equal(text_columns(STR("e\xcc\x81")), 1);
    assert_int_equal(text_columns(STR("🙂")), 2);
    assert_int_equal(text_columns(STR("…│")), 2);
}

static int use_utf8(void **state)
{
    (void)state;
    return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(emphasis),
        cmocka_unit_test(code_and_links),
        cmocka_unit_test(blocks),
        cmocka_unit_test(code_blocks),
        cmocka_unit_test(wrapping),
        cmocka_unit_test(tables),
        cmocka_unit_test(a_model_cannot_drive_the_terminal),
        cmocka_unit_test(pieces_equal_the_whole),
        cmocka_unit_test(pieces_of_noise),
        cmocka_unit_test(long_lines_are_bounded),
        cmocka_unit_test(columns),
    };
    return cmocka_run_group_tests_name("markdown", tests, use_utf8, NULL);
}
