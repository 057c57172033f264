#include "fixture.h"

static void expect(const char *page, const char *text)
{
    struct seen s;
    see_parsed(&s, DOC_MAN, str_of(page));
    assert_int_equal(s.code, OK);
    assert_str(buf_str(&s.text), text);
    see_free(&s);
}

static void test_man(void **state)
{
    (void)state;
    expect(".\\\" a comment\n.TH LS \"1\" \"May 2024\"\n.SH NAME\nls \\- list \\fIdirectory\\fP contents\n.SH \"SEE ALSO\"\n.BR cat "
           "(1),\n.BR tac (1)\n",
           "LS(1)\n\nNAME\n\nls - list directory contents\n\nSEE ALSO\n\ncat(1), tac(1)");
    expect(".TH A 1\n.SH OPTIONS\n.TP\n.BR \\-a \", \" \\-\\-all\ndo not ignore\nentries\n.TP\n\\fB\\-b\\fR\nother\n.IP \\(bu 2\nitem "
           "\\(em here\n",
           "A(1)\n\nOPTIONS\n\n-a, --all\ndo not ignore entries\n\n-b\nother\n\n• item — here");
    expect(".TH A 1\n.nf\n  keep\n    this\n.fi\nand\nflow\n.br\nline\n.sp\npara\\c\ngraph\n",
           "A(1)\n\n  keep\n    this\nand flow\nline\n\nparagraph");
    expect(".TH A 1\n.if t .B no\n.if n yes\n.ie t \\{\\\nno\n.\\}\n.el \\{\\\nbut\n.\\}\n.de XX\nhidden\n..\n.ig\nhidden\n..\n.XX "
           "word\nend\n",
           "A(1)\n\nyes but end");
    expect(".TH A 1\n.TS\ntab(@);\nl l.\na\tb\n_\nc\tT{\nd\nT}\n.TE\nafter\n", "A(1)\n\na | b\nc |\nd\n\nafter");
    expect(".TH A 1\nx\\s-2y\\s0z \\h'2n'w \\*(lqq\\*(rq \\[u4E2D] \\(dqd\\(dq \\efoo \\\"comment\n", "A(1)\n\nxyz w “q” 中 \"d\" \\foo");
    expect(".so man1/other.1\n", "See man1/other.1");
}

static void test_mdoc(void **state)
{
    (void)state;
    expect(".Dd May 1, 2024\n.Dt CAT 1\n.Os\n.Sh NAME\n.Nm cat\n.Nd concatenate files\n.Sh SYNOPSIS\n.Nm\n.Op Fl bn\n.Op Ar\n.Sh "
           "DESCRIPTION\nThe\n.Nm\n"
           "utility, see\n.Xr tac 1 .\n.Bl -tag -width x\n.It Fl b\nnumbers\n.El\n.Pp\n.Dq Li quoted\n.Pq see Pa /etc .\n.Fl a Ns Ar b\n",
           "CAT(1)\n\nNAME\n\ncat — concatenate files\n\nSYNOPSIS\n\ncat [-bn] [file ...]\n\nDESCRIPTION\n\nThe cat utility, see "
           "tac(1).\n\n-b\nnumbers\n\n"
           "“quoted” (see /etc). -ab");
    expect(".Dd x\n.Dt F 3\n.Sh S\n.In stdio.h\n.Ft int\n.Fn printf \"const char *f\" ...\n.Bd -literal\nint  x;\n.Ed\n.Oo\n.Fl x\n.Oc\n",
           "F(3)\n\nS\n\n#include <stdio.h>\nint printf(const char *f, ...)\n\nint  x;\n\n[-x]");
}

static void test_headings(void **state)
{
    (void)state;
    struct buf b = buf_make(1 << 16);
    struct seen s;
    buf_puts(&b, ".TH BASH 1\n.SH NAME\nbash \\- a shell\n.SH OPTIONS\n");
    for (int i = 0; i < 60; i++)
        buf_puts(&b, "All of the options are described here.\n");
    buf_puts(&b, ".SS Deeper\n");
    for (int i = 0; i < 60; i++)
        buf_puts(&b, "A deeper word is said here.\n");
    see_parsed(&s, DOC_MAN, buf_str(&b));
    assert_string_equal(s.info.title, "BASH(1)");
    assert_string_equal(see_chunk(&s, "a shell")->heading, "BASH(1) › NAME");
    assert_string_equal(see_chunk(&s, "deeper word")->heading, "BASH(1) › OPTIONS › Deeper");
    see_free(&s);
    buf_free(&b);
}

static void test_hostile(void **state)
{
    static const char *const pages[] = {
        ".",
        "..",
        "'",
        ".\\",
        ".if",
        ".if n",
        ".ie t \\{",
        ".de",
        ".de X Y",
        ".TS\n",
        ".SH\n.SH\n",
        "\\",
        "\\f",
        "\\f(",
        "\\f[",
        "\\(",
        "\\[u",
        "\\h'",
        "\\s",
        "\\s(",
        ".TP",
        ".IP",
        ".Dd x\n.Fn\n.Xr\n.Nm\n.Op\n.Fl\n.El\n.It\n.Oc\n.Ns\n.Bl\n.Fo",
        ".if n .if n .if n .if n x",
        ".B \"unclosed",
        ".BR a\\",
        ".EQ\nx",
    };
    (void)state;
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        struct seen s;
        see_parsed(&s, DOC_MAN, str_of(pages[i]));
        assert_int_equal(s.code, OK);
        see_free(&s);
    }
    struct buf b = buf_make(4 << 20); /* what nests: conditions within a line, and requests within requests */
    struct seen s;
    for (int i = 0; i < 100000; i++)
        buf_puts(&b, ".if n ");
    buf_puts(&b, "\n.Dd x\n.Op ");
    for (int i = 0; i < 100000; i++)
        buf_puts(&b, "Op ");
    see_parsed(&s, DOC_MAN, buf_str(&b));
    assert_int_equal(s.code, OK);
    see_free(&s);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_man),
        cmocka_unit_test(test_mdoc),
        cmocka_unit_test(test_headings),
        cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
