/* Every sentence that the program itself says, in English and Chinese. The texts are constants of this header, so that
 * the compiler checks the arguments of both languages wherever one is used: T(lang, ID).
 * (Help of verbs, options and settings stands in their own tables.) */
#ifndef APP_TEXT_H
#define APP_TEXT_H

#include "app/lang.h"

/* clang-format off */
#define TEXT_LIST(X) \
    /* what a setting expects */ \
    X(WANT_BOOL, "true or false", "true 或 false") \
    X(WANT_INT, "a whole number from %llu to %llu", "%llu 到 %llu 的整数") \
    X(WANT_SIZE, "a size from %s to %s, such as 512M or 2G", "%s 到 %s 的大小，例如 512M 或 2G") \
    X(WANT_DURATION, "a time from %s to %s, such as 500ms, 10s, 5m or 1h", "%s 到 %s 的时间，例如 500ms、10s、5m 或 1h") \
    X(WANT_STRING, "a text of at most %d bytes without control characters", "不超过 %d 字节且不含控制字符的文本") \
    X(WANT_LIST, "a list of at most %d texts, such as [one, two]", "不超过 %d 项的文本列表，例如 [one, two]") \
    X(WANT_ENUM, "one of %s", "以下之一：%s") \
    X(SETTING_WRONG, "%s.%s: expected %s, found \"%s\"", "%s.%s：应为%s，实为“%s”") \
    X(SETTING_WRONG_KIND, "%s.%s: expected %s, found %s", "%s.%s：应为%s，实为%s") \
    X(FOUND_NOTHING, "nothing", "空值") \
    X(FOUND_QUOTED, "a text in quotes (write it without)", "带引号的文本（请去掉引号）") \
    X(FOUND_LIST, "a list", "列表") \
    X(FOUND_SECTION, "a section", "小节") \
    X(NO_MEMORY, "out of memory", "内存不足") \
    /* hearth.yaml */ \
    X(AT_POSITION, "%s:%zu:%zu", "%s:%zu:%zu") \
    X(YAML_TOO_LARGE, "the file is larger than %d KB, which no configuration needs", "文件超过 %d KB，配置不需要这么大") \
    X(YAML_NOT_UTF8, "this byte is not UTF-8; save the file as UTF-8", "此处不是 UTF-8；请以 UTF-8 保存文件") \
    X(YAML_TAB, "a tab stands where YAML allows only spaces", "此处是制表符，YAML 只允许空格") \
    X(YAML_SYNTAX, "not valid YAML: %s", "YAML 语法错误：%s") \
    X(YAML_ALIAS, "anchors (&) and aliases (*) are not accepted here; write the value out, or put it in quotes", \
      "不接受锚点（&）与别名（*）；请直接写出值，或加引号") \
    X(YAML_TAG, "tags (!) are not accepted here; write the value without it", "不接受标签（!）；请直接写出值") \
    X(YAML_SECOND_DOC, "a second document begins here; a configuration is one", "此处开始了第二个文档；配置只能有一个") \
    X(YAML_TOP, "expected sections such as \"server:\" with their settings indented below", "应为小节（例如 “server:”），其设置缩进写在下面") \
    X(YAML_SECTION_BODY, "section \"%s\" should hold settings, such as \"%s: …\", indented below it", "小节“%s”下应缩进写出设置，例如“%s: …”") \
    X(YAML_KEY, "expected the name of a setting here", "此处应为设置名称") \
    X(YAML_SECTION_UNKNOWN, "unknown section \"%s\"; there are %s", "未知小节“%s”；可用小节：%s") \
    X(YAML_SECTION_NEAR, "unknown section \"%s\"; did you mean \"%s\"?", "未知小节“%s”；是否想写“%s”？") \
    X(KEY_UNKNOWN, "unknown setting \"%s\" in \"%s\"; `hearth config --docs` lists all", "“%s”不是“%s”中的设置；`hearth config --docs` 列出全部设置") \
    X(KEY_NEAR, "unknown setting \"%s\" in \"%s\"; did you mean \"%s\"?", "“%s”不是“%s”中的设置；是否想写“%s”？") \
    X(YAML_TWICE, "\"%s\" stands here a second time", "“%s”重复出现") \
    X(ENV_UNKNOWN, "environment variable %s sets nothing; did you mean %s?", "环境变量 %s 不对应任何设置；是否想写 %s？") \
    X(OPTION_SETTING_UNKNOWN, "unknown setting --%s; `hearth config --docs` lists all", "未知设置 --%s；`hearth config --docs` 列出全部设置") \
    X(OPTION_SETTING_NEAR, "unknown setting --%s; did you mean --%s?", "未知设置 --%s；是否想写 --%s？")
/* clang-format on */

#define X(id, en, zh) \
    static const char TEXT_EN_##id[] __attribute__((unused)) = en; \
    static const char TEXT_ZH_##id[] __attribute__((unused)) = zh;
TEXT_LIST(X)
#undef X

#define T(lang, id) ((lang) == LANG_ZH ? TEXT_ZH_##id : TEXT_EN_##id)

#endif
