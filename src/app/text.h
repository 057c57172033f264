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
    X(OPTION_SETTING_NEAR, "unknown setting --%s; did you mean --%s?", "未知设置 --%s；是否想写 --%s？") \
    /* the command line */ \
    X(OPTION_UNKNOWN, "unknown option --%.*s", "未知选项 --%.*s") \
    X(OPTION_NEAR, "unknown option --%.*s; did you mean --%s?", "未知选项 --%.*s；是否想写 --%s？") \
    X(OPTION_WANTS_VALUE, "option --%.*s wants a value: %s", "选项 --%.*s 需要一个值：%s") \
    X(OPTION_TAKES_NOTHING, "option --%s takes no value", "选项 --%s 不带值") \
    X(OPTION_WANTS_INT, "option --%s wants a whole number from %.0f to %.0f, not \"%.*s\"", "选项 --%s 需要 %.0f 到 %.0f 的整数，而不是“%.*s”") \
    X(OPTION_WANTS_NUMBER, "option --%s wants a number from %g to %g, not \"%.*s\"", "选项 --%s 需要 %g 到 %g 的数，而不是“%.*s”") \
    X(OPTION_TOO_OFTEN, "option --%s may be given %d times", "选项 --%s 最多给出 %d 次") \
    X(VERB_UNKNOWN, "unknown verb \"%.*s\"; `hearth help` lists all", "未知命令“%.*s”；`hearth help` 列出全部命令") \
    X(VERB_NEAR, "unknown verb \"%.*s\"; did you mean \"%s\"?", "未知命令“%.*s”；是否想用“%s”？") \
    X(WORDS_TOO_MANY, "\"%s\" is one word too many: hearth %s %s (put a text with spaces in quotes)", "“%s”是多余的参数：hearth %s %s（含空格的文本请加引号）") \
    X(WORDS_TOO_FEW, "something is missing: hearth %s %s", "缺少参数：hearth %s %s") \
    X(SEE_HELP, "See `hearth help%s%s`.\n", "参见 `hearth help%s%s`。\n") \
    X(CHAT_PLAIN, "this model has no known chat template: the prompt is continued as plain text", "该模型没有可识别的对话模板：提示将作为普通文本续写") \
    X(PROMPT_NOT_UTF8, "the prompt is not UTF-8: byte %zu is wrong", "提示不是 UTF-8：第 %zu 个字节有误") \
    X(OUTPUT_FAILED, "the output could not be written", "无法写出结果") \
    X(HELP_TAGLINE, "a private AI assistant that lives on the machine you already have", "住在你自己机器上的私人 AI 助手") \
    X(HELP_VERBS, "Verbs", "命令") \
    X(HELP_OPTIONS, "Options", "选项") \
    X(HELP_GLOBAL, "Options of every verb", "通用选项") \
    X(HELP_SETTING, "any setting; `hearth config --docs` lists them", "任意设置项；`hearth config --docs` 列出全部") \
    X(HELP_EXIT, "Exit codes", "退出码") \
    X(HELP_EXIT_CODES, "  0  done\n  1  it could not be done; the sentence says why\n  2  wrong command line or configuration\n  130  interrupted", \
      "  0  完成\n  1  未能完成，原因见提示\n  2  命令行或配置有误\n  130  被中断") \
    X(HELP_MODEL, "A MODEL is a file, or a name in the models folder, with or without .gguf.", "MODEL 为文件路径，或模型目录中的名称，可省略 .gguf。") \
    /* models */ \
    X(MODEL_NOT_FOUND, "no model \"%s\": it is neither a file nor in %s; `hearth list` shows what is there", \
      "没有模型“%s”：既不是文件，也不在 %s 中；`hearth list` 列出已有模型") \
    X(MODEL_NEAR, "no model \"%s\": it is neither a file nor in %s; did you mean \"%s\"?", "没有模型“%s”：既不是文件，也不在 %s 中；是否想用“%s”？") \
    X(LIST_EMPTY, "No models yet. Put a .gguf file into %s\n", "还没有模型。请把 .gguf 文件放入 %s\n") \
    X(LOADING, "Loading", "加载中") \
    X(PROGRESS, "  %s/s  %.0f s left", "  %s/s  剩余 %.0f 秒") \
    X(SHOW_SUMMARY, "Name          %s\nArchitecture  %s\nParameters    %s\nType          %s\nFile          %s, GGUF v%u\nContext       %u tokens\n", \
      "名称    %s\n架构    %s\n参数量  %s\n类型    %s\n文件    %s，GGUF v%u\n上下文  %u 词元\n") \
    X(SHOW_MEMORY, "Memory        at a context of %u: %s (weights %s, conversation %s, %s a token)\n", "内存    上下文 %u：%s（权重 %s，对话 %s，每词元 %s）\n") \
    X(SHOW_METADATA, "\nMetadata (%zu)\n", "\n元数据（%zu）\n") \
    X(SHOW_TENSORS, "\nTensors (%zu)\n", "\n张量（%zu）\n") \
    /* run, quantize, bench, version */ \
    X(TYPE_PROMPT, "Type the text; Ctrl-D ends it.", "请输入文本，按 Ctrl-D 结束。") \
    X(STDIN_FAILED, "standard input could not be read: %s", "无法读取标准输入：%s") \
    X(STDIN_TOO_LONG, "standard input is longer than %d MB", "标准输入超过 %d MB") \
    X(CHAT_OR_RAW, "--chat and --raw exclude each other", "--chat 与 --raw 不能同时使用") \
    X(RUN_STATS, "%u tokens read at %.1f/s, %u written at %.1f/s", "读取 %u 词元（%.1f/秒），生成 %u 词元（%.1f/秒）") \
    X(QUANTIZING, "Quantizing", "量化中") \
    X(QUANTIZE_SAME, "%s is the input itself; name another file for the output", "%s 就是输入文件；请为输出另取文件名") \
    X(QUANTIZED, "%s: %s became %s (%llu tensors, %llu kept as they were) in %.1f s", "%s：%s 变为 %s（%llu 个张量，其中 %llu 个保持原样），用时 %.1f 秒") \
    X(VERSION_CPU, "%s, %d cores, kernels: %s", "%s，%d 核，指令集：%s") \
    X(MEASURING, "Measuring", "测量中") \
    X(BENCH_WHAT, "name a model to measure, or give --memory", "请指定要测量的模型，或使用 --memory") \
    X(BENCH_BATCH, "--batch wants up to %d numbers from 1 to %d, separated by commas, not \"%.*s\"", "--batch 需要最多 %d 个 1 到 %d 的数，用逗号分隔，而不是“%.*s”") \
    X(BENCH_HEAD, "%.*s (%s, %s of tensors), %d threads\n", "%.*s（%s，张量 %s），%d 线程\n") \
    X(BENCH_PROMPT, "prompt of", "提示长度") \
    X(BENCH_AT_ONCE, "answers at once:", "同时回答数：") \
    X(BENCH_MOVED, "  %s are read for a token: %s/s\n", "  每个词元读取 %s：%s/秒\n") \
    X(BENCH_SHARE, "  %.0f %% of the read bandwidth, %s/s\n", "  达到读取带宽的 %.0f %%（%s/秒）\n") \
    X(BENCH_MEMORY, "%s/s read (%s, %d threads, best of %d passes)\n", "读取带宽 %s/秒（%s，%d 线程，%d 次取最好）\n") \
    /* the data folder */ \
    X(FILE_WANTED, "%s cannot be read: %s", "无法读取 %s：%s") \
    X(PASSPHRASE_OPEN, "%s can be read by others; if nobody has, run: chmod 600 %s", "%s 可被他人读取；如果无人读取过，请运行：chmod 600 %s") \
    X(PASSPHRASE_WRONG, "the first line of %s should be a passphrase of 1 to %d bytes", "%s 的首行应为 1 到 %d 字节的口令") \
    X(PASSPHRASE_SHORT, "the passphrase in %s is shorter than %d characters", "%s 中的口令少于 %d 个字符") \
    X(KEY_WHAT, "what should be done with the key? `hearth key rotate` makes a new one", "要对密钥做什么？`hearth key rotate` 会更换密钥") \
    X(KEY_ROTATED_FILE, "Everything is encrypted under a new key: %s\nThe former one is in %s.old. It opens backups made until now; remove it when there are none.\n", \
      "全部数据已用新密钥加密：%s\n旧密钥保存在 %s.old，用于打开此前的备份；不再需要时请删除。\n") \
    X(KEY_ROTATED_PASSPHRASE, "Everything is encrypted under the new passphrase. Name its file from now on: store.passphrase_file\n", \
      "全部数据已用新口令加密。今后请用 store.passphrase_file 指定口令文件。\n") \
    X(BACKED_UP, "%s: %s, encrypted. Keep it apart from the key that opens it: %s\n", "%s：%s，已加密。请与打开它的密钥分开保存：%s\n") \
    X(BACKUP_PASSPHRASE, "your passphrase", "你的口令") \
    X(RESTORED, "%s is in place. What was there before is in %s/hearth.db.before-restore\n", "已恢复 %s。原有数据保存在 %s/hearth.db.before-restore\n") \
    X(ERASE_WHAT, "This erases all conversations and keys in %s, and the key that encrypts them. It cannot be undone: `hearth erase --yes`", \
      "此操作将清除 %s 中的全部对话与密钥，以及加密它们的密钥，且无法撤销：`hearth erase --yes`") \
    X(ERASED, "%s is erased.\n", "已清除 %s。\n") \
    /* serve */ \
    X(SERVE_MODELS, "  %-8s %zu in %s\n", "  %-8s %zu 个，位于 %s\n") \
    X(SERVE_NO_MODELS, "  %-8s none yet: put a .gguf file into %s\n", "  %-8s 还没有，请把 .gguf 文件放入 %s\n") \
    X(SERVE_LOADING, "  %-8s %.*s (%s)\n", "  %-8s %.*s（%s）\n") \
    X(SERVE_LABEL_MODELS, "Models", "模型") \
    X(SERVE_LABEL_DEFAULT, "Loading", "加载") \
    X(SERVE_OPEN, "  Listening beyond this machine: anyone who reaches %s can use it.\n", "  正在本机以外监听：能访问 %s 的人都可以使用。\n") \
    X(SERVE_ADDRESS, "  Open     %s\n", "  打开     %s\n")
/* clang-format on */

#define X(id, en, zh)                                              \
    static const char TEXT_EN_##id[] __attribute__((unused)) = en; \
    static const char TEXT_ZH_##id[] __attribute__((unused)) = zh;
TEXT_LIST(X)
#undef X

#define T(lang, id) ((lang) == LANG_ZH ? TEXT_ZH_##id : TEXT_EN_##id)

#endif
