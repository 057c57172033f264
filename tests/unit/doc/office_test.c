/* Packed formats: documents as office programs write them, and as somebody who means harm would. */
#include "fixture.h"
#include "pack.h"

#define DOCX_HEAD "<?xml version=\"1.0\"?><w:document xmlns:w=\"urn:w\" xmlns:mc=\"urn:mc\"><w:body>"
#define DOCX_TAIL "</w:body></w:document>"
#define STYLES                                                                                                          \
    "<w:styles xmlns:w=\"urn:w\"><w:style w:type=\"paragraph\" w:styleId=\"1\"><w:name w:val=\"heading 1\"/></w:style>" \
    "<w:style w:styleId=\"a3\"><w:name w:val=\"My Own\"/><w:pPr><w:outlineLvl w:val=\"1\"/></w:pPr></w:style></w:styles>"

static void see_packed(struct seen *s, enum doc_kind kind, const struct entry *entries, const char *password)
{
    struct buf zip;
    pack(entries, password, &zip);
    see_parsed(s, kind, buf_str(&zip));
    buf_free(&zip);
}

static void test_docx(void **state)
{
    (void)state;
    const struct entry entries[] = {
        {"[Content_Types].xml", STR("<Types/>"), false},
        {"word/styles.xml", STR(STYLES), false},
        {"docProps/core.xml",
         STR("<cp:coreProperties xmlns:cp=\"c\" xmlns:dc=\"d\"><dc:title>年度报告 &amp; more</dc:title></cp:coreProperties>"), false},
        {"word/document.xml",
         STR(DOCX_HEAD
             "<w:p><w:pPr><w:pStyle w:val=\"1\"/></w:pPr><w:r><w:t>第一章</w:t></w:r></w:p>"
             "<w:p><w:r><w:t xml:space=\"preserve\">Split </w:t></w:r><w:r><w:t>run</w:t><w:tab/><w:t>tab</w:t><w:br/><w:t>line</w:t>"
             "<w:instrText>PAGE</w:instrText><w:delText>gone</w:delText></w:r></w:p>"
             "<w:p><w:pPr><w:pStyle w:val=\"a3\"/></w:pPr><w:r><w:t>Section</w:t></w:r></w:p>"
             "<mc:AlternateContent><mc:Choice><w:p><w:r><w:t>once</w:t></w:r></w:p></mc:Choice>"
             "<mc:Fallback><w:p><w:r><w:t>twice</w:t></w:r></w:p></mc:Fallback></mc:AlternateContent>"
             "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></"
             "w:tbl>" DOCX_TAIL),
         false},
        {"word/footnotes.xml",
         STR("<w:footnotes xmlns:w=\"urn:w\"><w:footnote><w:p><w:r><w:t>a note</w:t></w:r></w:p></w:footnote></w:footnotes>"), false},
        {0},
    };
    struct seen s;
    see_packed(&s, DOC_DOCX, entries, NULL);
    if (s.code)
        fail_msg("%s", s.err.text);
    assert_str(buf_str(&s.text), "第一章\n\nSplit run tab\nline\n\nSection\n\nonce\n\na | b |\n\na note");
    assert_string_equal(s.info.title, "年度报告 & more");
    assert_string_equal(s.chunks[0].heading, "第一章");
    see_free(&s);
}

static void test_odt(void **state)
{
    (void)state;
    const struct entry entries[] = {
        {"mimetype", STR("application/vnd.oasis.opendocument.text"), true},
        {"content.xml",
         STR("<office:document-content xmlns:office=\"o\" xmlns:text=\"t\" xmlns:table=\"tb\"><office:body><office:text>"
             "<text:tracked-changes><text:p>removed</text:p></text:tracked-changes>"
             "<text:h text:outline-level=\"2\">Heading</text:h><text:p>two<text:s text:c=\"2\"/>words<text:line-break/>next</text:p>"
             "<text:list><text:list-item><text:p>item</text:p></text:list-item></text:list>"
             "<table:table><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row></table:table>"
             "</office:text></office:body></office:document-content>"),
         false},
        {0},
    };
    struct seen s;
    see_packed(&s, DOC_ODT, entries, NULL);
    if (s.code)
        fail_msg("%s", s.err.text);
    assert_str(buf_str(&s.text), "Heading\n\ntwo words\nnext\n\n- item\n\nx |");
    see_free(&s);
}

static void test_epub(void **state)
{
    (void)state;
    const struct entry entries[] = {
        {"mimetype", STR("application/epub+zip"), true},
        {"META-INF/container.xml", STR("<container><rootfiles><rootfile full-path=\"OEBPS/b.opf\"/></rootfiles></container>"), false},
        {"OEBPS/b.opf",
         STR("<package xmlns:dc=\"d\"><metadata><dc:title>红楼梦</dc:title></metadata><manifest><item id=\"two\" href=\"T/2.xhtml\"/>"
             "<item id=\"one\" href=\"T/one%20a.xhtml#x\"/><item id=\"lost\" href=\"lost.xhtml\"/></manifest>"
             "<spine><itemref idref=\"one\"/><itemref idref=\"two\"/><itemref idref=\"lost\"/></spine></package>"),
         false},
        {"OEBPS/T/one a.xhtml", STR("<html><head><title>not this</title></head><body><h1>One</h1><p>first</p></body></html>"), false},
        {"OEBPS/T/2.xhtml", STR("<html><body><h1>Two</h1><p>second</p></body></html>"), false},
        {0},
    };
    struct seen s;
    see_packed(&s, DOC_EPUB, entries, NULL);
    if (s.code)
        fail_msg("%s", s.err.text);
    assert_str(buf_str(&s.text), "One\n\nfirst\n\nTwo\n\nsecond");
    assert_string_equal(s.info.title, "红楼梦");
    assert_int_equal(s.info.notes, DOC_NOTE_PARTS);
    see_free(&s);
}

static void refuse(enum doc_kind kind, const struct entry *entries, const char *password, int code, const char *words)
{
    struct seen s;
    see_packed(&s, kind, entries, password);
    if (s.code != code || !strstr(s.err.text, words))
        fail_msg("%d and not %d, \"%s\" and not \"%s\"", s.code, code, s.err.text, words);
    see_free(&s);
}

static void test_hostile(void **state)
{
    (void)state;
    struct buf bomb = buf_make(128 << 20), deep = buf_make(1 << 20);
    assert_int_equal(buf_reserve(&bomb, 80 << 20), OK);
    memset(bomb.ptr, ' ', 80 << 20); /* packs to 80 KB */
    bomb.len = 80 << 20;
    for (int i = 0; i < 5000; i++)
        buf_puts(&deep, "<w:p xmlns:w=\"w\">");
    const struct entry bombs[] = {{"word/document.xml", buf_str(&bomb), false}, {0}};
    const struct entry nested[] = {{"word/document.xml", buf_str(&deep), false}, {0}};
    const struct entry laughs[] = {{"word/document.xml",
                                    STR("<!DOCTYPE d [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]><w:t xmlns:w=\"w\">&b;</w:t>"), false},
                                   {0}};
    const struct entry other[] = {{"else.txt", STR("x"), false}, {0}};
    const struct entry plain[] = {{"word/document.xml", STR(DOCX_HEAD DOCX_TAIL), false}, {0}};
    const struct entry locked[] = {{"META-INF/manifest.xml", STR("<manifest:encryption-data/>"), false},
                                   {"content.xml", STR("x"), false},
                                   {0}};
    const struct entry shop[] = {{"META-INF/encryption.xml", STR("<a Algorithm=\"http://www.w3.org/2001/04/xmlenc#aes128-cbc\"/>"), false},
                                 {0}};
    refuse(DOC_DOCX, bombs, NULL, ERR_LIMIT, "unpacks to more than 64 MB");
    refuse(DOC_DOCX, nested, NULL, ERR_LIMIT, "nested");
    refuse(DOC_DOCX, laughs, NULL, ERR_CORRUPT, "entities");
    refuse(DOC_DOCX, other, NULL, ERR_CORRUPT, "not in it");
    refuse(DOC_DOCX, plain, "secret", ERR_DENIED, "encrypted");
    refuse(DOC_ODT, locked, NULL, ERR_DENIED, "encrypted");
    refuse(DOC_EPUB, shop, NULL, ERR_DENIED, "encrypted");
    buf_free(&bomb);
    buf_free(&deep);
}

/* Cut off anywhere, or with a byte changed: an answer or an error, never anything else. */
static void test_damaged(void **state)
{
    (void)state;
    const struct entry entries[] = {{"word/document.xml", STR(DOCX_HEAD "<w:p><w:r><w:t>words</w:t></w:r></w:p>" DOCX_TAIL), false}, {0}};
    struct buf zip;
    pack(entries, NULL, &zip);
    for (size_t n = 0; n < zip.len; n++) {
        struct seen s;
        see_parsed(&s, DOC_DOCX, str_head(buf_str(&zip), n));
        assert_int_not_equal(s.code, OK);
        see_free(&s);
        zip.ptr[n] ^= 0x55;
        see_parsed(&s, DOC_DOCX, buf_str(&zip));
        zip.ptr[n] ^= 0x55;
        see_free(&s);
    }
    buf_free(&zip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_docx),    cmocka_unit_test(test_odt),     cmocka_unit_test(test_epub),
        cmocka_unit_test(test_hostile), cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
