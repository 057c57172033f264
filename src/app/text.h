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
    X(SHOW_EXPERTS, "Experts       %u, of which a token uses %u\n", "专家    %u 个，每词元使用 %u 个\n") \
    X(SHOW_WINDOW, "Window        %u tokens, in %u of %u layers\n", "窗口    %u 词元，%u 层（共 %u 层）\n") \
    X(SHOW_POSITIONS, "Positions     %s, from %u to %u tokens\n", "位置    %s，从 %u 到 %u 词元\n") \
    X(SHOW_METADATA, "\nMetadata (%zu)\n", "\n元数据（%zu）\n") \
    X(SHOW_TENSORS, "\nTensors (%zu)\n", "\n张量（%zu）\n") \
    /* run, quantize, bench, version */ \
    X(TYPE_PROMPT, "Type the text; Ctrl-D ends it.", "请输入文本，按 Ctrl-D 结束。") \
    X(STDIN_FAILED, "standard input could not be read: %s", "无法读取标准输入：%s") \
    X(STDIN_TOO_LONG, "standard input is longer than %d MB", "标准输入超过 %d MB") \
    X(CHAT_OR_RAW, "--chat and --raw exclude each other", "--chat 与 --raw 不能同时使用") \
    X(TOOLS_NOT_RAW, "--tools and --raw exclude each other", "--tools 与 --raw 不能同时使用") \
    X(RUN_STATS, "%u tokens read at %.1f/s, %u written at %.1f/s", "读取 %u 词元（%.1f/秒），生成 %u 词元（%.1f/秒）") \
    X(EVAL_NO_FILE, "there is nothing to evaluate at \"%s\"; say hearth eval skills FILE", "“%s”没有可评测的内容；用法：hearth eval skills FILE") \
    X(EVAL_NO_CASES, "%s has no cases: one JSON object a line", "%s 中没有用例：每行一个 JSON 对象") \
    X(CONVERT_TYPE, "%s is no type that a converted model can have; choose F32, F16, BF16 or Q8_0", "转换后的模型不支持类型 %s；请选择 F32、F16、BF16 或 Q8_0") \
    X(CONVERTED, "%s: %s of weights, written as %s", "%s：%s 权重，已写为 %s") \
    X(QUANTIZING, "Quantizing", "量化中") \
    X(QUANTIZE_SAME, "%s is the input itself; name another file for the output", "%s 就是输入文件；请为输出另取文件名") \
    X(QUANTIZED, "%s: %s became %s (%llu tensors, %llu kept as they were) in %.1f s", "%s：%s 变为 %s（%llu 个张量，其中 %llu 个保持原样），用时 %.1f 秒") \
    X(VERSION_CPU, "%s, %d cores, kernels: %s", "%s，%d 核，指令集：%s") \
    X(MEASURING, "Measuring", "测量中") \
    X(BENCH_WHAT, "name a model to measure, or give --memory", "请指定要测量的模型，或使用 --memory") \
    X(BENCH_LIST, "--%s wants up to %d numbers from %u to %u, separated by commas, not \"%.*s\"", "--%s 需要最多 %d 个 %u 到 %u 的数，用逗号分隔，而不是“%.*s”") \
    X(BENCH_HEAD, "%.*s (%s, %s of tensors), %d threads\n", "%.*s（%s，张量 %s），%d 线程\n") \
    X(BENCH_ROW_PREFILL, "reading a prompt of %lld", "读取 %lld 个词元的提示") \
    X(BENCH_ROW_DECODE, "writing %u at once, behind %u tokens", "同时生成 %u 个回答，已有 %u 个词元") \
    X(BENCH_ROW_COLD, "to the first token of a prompt of %lld, never seen", "首个词元耗时：%lld 个词元的新提示") \
    X(BENCH_ROW_WARM, "to the first token of a prompt of %lld, seen before", "首个词元耗时：%lld 个词元，读取过") \
    X(BENCH_ROW_RESTART, "to the first token of a prompt of %lld, seen before a restart", "首个词元耗时：%lld 个词元，重启前读取过") \
    X(BENCH_ROW_START, "from the start of the model to a first token", "从加载模型到首个词元") \
    X(BENCH_ROW_PEER, "   (peer %.1f, ratio %.2f)", "（对比程序 %.1f，比值 %.2f）") \
    X(BENCH_MOVED, "  %s are read for a token: %s/s\n", "  每个词元读取 %s：%s/秒\n") \
    X(BENCH_SHARE, "  %.0f %% of the read bandwidth, %s/s\n", "  达到读取带宽的 %.0f %%（%s/秒）\n") \
    X(BENCH_RESIDENT, "  memory: %s resident (%s of its own, %s mapped), peak %s\n", "  内存：常驻 %s（自有 %s，映射 %s），峰值 %s\n") \
    X(BENCH_RESIDENT_PEER, "  the peer: %s resident (%s of its own, %s mapped), peak %s\n", "  对比程序：常驻 %s（自有 %s，映射 %s），峰值 %s\n") \
    X(BENCH_PEER_WHAT, "--compare wants node=FOLDER or llama-bench=PROGRAM, not \"%s\"", "--compare 需要 node=目录 或 llama-bench=程序，而不是“%s”") \
    X(BENCH_PEER_FAILED, "%s gave no measurement (%s): try it by hand", "%s 未给出测量结果（%s）：请手动运行检查") \
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
    X(FILE_THERE, "%s is there already; --yes replaces it", "%s 已存在；加上 --yes 可替换") \
    X(FILE_NOT_REGULAR, "%s is no regular file; name another", "%s 不是普通文件；请另取文件名") \
    X(FILE_NOT_WRITTEN, "%s cannot be written: %s", "无法写入 %s：%s") \
    X(EXPORT_FORMAT, "--format is markdown or json, not \"%s\"", "--format 应为 markdown 或 json，而不是“%s”") \
    X(EXPORTED, "%s: %s, not encrypted: whoever reads the file reads the conversations.\n", "%s：%s，未加密：能读取此文件的人就能读到这些对话。\n") \
    X(IMPORTED, "Conversations taken: %lld, with %lld messages.\n", "已导入 %lld 个对话，共 %lld 条消息。\n") \
    X(IMPORT_SKIPPED, "Skipped: %lld\n", "已跳过 %lld 个：\n") \
    X(IMPORT_MORE, "  … and %lld more\n", "  …… 另有 %lld 个\n") \
    X(IMPORT_STOPPED, "Stopped. What has been taken stays; the same import again skips it.", "已停止。已导入的内容会保留；再次导入同一文件时会跳过。") \
    X(IMPORT_IN_PARTS, "%s is larger than %d MB: import it in parts", "%s 超过 %d MB：请分几次导入") \
    X(IMPORT_TOO_LARGE, "%s has %s, more than the server that runs accepts: end the server and import again (without it, up to %d MB), or start it with a larger --server.body_bytes_max", \
      "%s 大小为 %s，超过了正在运行的服务器的上限：请先停止服务器再导入（此时上限为 %d MB），或用更大的 --server.body_bytes_max 启动服务器") \
    /* chat, ask */ \
    X(SERVER_NOT_URL, "\"%.*s\" is not an address such as http://127.0.0.1:8765", "“%.*s”不是 http://127.0.0.1:8765 这样的地址") \
    X(SERVER_WANTS_KEY, "%s wants a key: give --key, or set HEARTH_KEY", "%s 需要密钥：请用 --key 或环境变量 HEARTH_KEY 给出") \
    X(SERVER_STORAGE_FULL, "there is no room left for what this key may keep: delete some conversations first", "此密钥可保存的空间已用完：请先删除一些对话") \
    X(SERVER_STATUS, "%s answered with status %d", "%s 返回状态 %d") \
    X(SERVER_NOT_HEARTH, "%s does not answer as hearth does", "%s 的回答不像 hearth") \
    X(SERVER_NOT_STARTED, "a server could not be started: %s", "无法启动服务：%s") \
    X(SERVER_LEFT, "the server ended without a word", "服务意外结束，没有给出原因") \
    X(KEY_WRONG, "this is not a key", "这不是有效的密钥") \
    X(ASK_WHAT, "there is nothing to ask: give a text, or send one through a pipe", "没有问题：请给出文本，或通过管道输入") \
    X(ASK_STATS, "%.0f tokens read, %.0f written", "读取 %.0f 词元，生成 %.0f 词元") \
    X(CHAT_GREETING, "/help lists the commands. Ctrl-C stops an answer, Ctrl-D leaves.", "/help 列出命令。Ctrl-C 停止回答，Ctrl-D 退出。") \
    X(CHAT_HELP_KEYS, \
      "A line that ends in \\ goes on in the next; so does all between two \"\"\", and what is\n" \
      "pasted. Alt-Enter begins a line, Tab completes, Ctrl-R searches what was typed.\n" \
      "Ctrl-C stops an answer; twice at the prompt, or Ctrl-D, leaves.", \
      "以 \\ 结尾的行会接到下一行；两个 \"\"\" 之间以及粘贴的内容视为一条消息。\n" \
      "Alt-Enter 换行，Tab 补全，Ctrl-R 搜索输入过的内容。\n" \
      "Ctrl-C 停止回答；在空提示符下连按两次，或按 Ctrl-D，退出。") \
    X(CHAT_NO_MODELS, "no models yet: put a .gguf file into %.*s", "还没有模型：请把 .gguf 文件放入 %.*s") \
    X(CHAT_NO_MODEL, "there is no model \"%s\" at %s; /model lists those there are", "没有模型“%s”（位于 %s）；/model 列出已有模型") \
    X(CHAT_MODEL_NOW, "%s answers from now on", "以下由 %s 回答") \
    X(CHAT_SYSTEM_NOW, "Instructions: %.*s", "指示：%.*s") \
    X(CHAT_SYSTEM_NONE, "No instructions.", "没有指示。") \
    X(CHAT_SET_WHAT, "no setting \"%.*s\"; did you mean \"%s\"?", "没有设置“%.*s”；是否想用“%s”？") \
    X(CHAT_SET_NUMBER, "%s wants a number, not \"%.*s\"", "%s 需要一个数，而不是“%.*s”") \
    X(CHAT_DEFAULT, "default", "默认") \
    X(CHAT_NEW, "A new conversation.", "新对话。") \
    X(CHAT_OPENED, "%s: %zu messages", "%s：%zu 条消息") \
    X(CHAT_UNTITLED, "(no title yet)", "（尚无标题）") \
    X(CHAT_ROW, "  %.0f messages", "  %.0f 条消息") \
    X(CHAT_NONE, "there are no conversations yet", "还没有对话") \
    X(CHAT_NOT_FOUND, "nothing was found", "没有找到") \
    X(CHAT_NOT_THAT, "no conversation \"%.*s\"; /list shows those there are", "没有对话“%.*s”；/list 列出已有对话") \
    X(CHAT_SEARCH_WHAT, "what is to be searched? /search WORDS", "搜索什么？/search 词语") \
    X(CHAT_SAVED, "Every message is saved as it is written. /save TITLE names the conversation.", "每条消息都会即时保存。/save 标题 可为对话命名。") \
    X(CHAT_SAVED_AS, "Saved as \"%s\".", "已保存为“%s”。") \
    X(CHAT_EXPORTED, "Written to %s", "已写入 %s") \
    X(CHAT_NOTHING_ASKED, "nothing has been asked yet", "还没有提问") \
    X(CHAT_EDIT_WHAT, "/edit wants the new text here", "此处 /edit 需要给出新文本") \
    X(CHAT_COPY_NO_TTY, "only a terminal has a clipboard", "只有终端才有剪贴板") \
    X(CHAT_COPY_NO_CODE, "the last answer holds no code", "上一个回答中没有代码") \
    X(CHAT_COPY_TOO_LONG, "longer than the %d KB that terminals take", "超过终端可接受的 %d KB") \
    X(CHAT_COPIED, "Sent to the terminal's clipboard: %zu bytes.", "已送往终端剪贴板：%zu 字节。") \
    X(CHAT_ATTACH_WHAT, "which file? /attach FILE", "附上哪个文件？/attach 文件") \
    X(CHAT_ATTACH_NO_TEXT, "%s is not a text in UTF-8", "%s 不是 UTF-8 文本") \
    X(CHAT_ATTACHED, "%s goes along with the next message.", "%s 将随下一条消息发送。") \
    X(CHAT_STATS_WHAT, "/stats, /stats on or /stats off", "/stats、/stats on 或 /stats off") \
    X(CHAT_STATS, "%.0f tokens read (%.0f known already), first word after %.2f s; %.0f written at %.1f/s", \
      "读取 %.0f 词元（其中 %.0f 已缓存），%.2f 秒后出首字；生成 %.0f 词元（%.1f/秒）") \
    X(CHAT_PACE, "%.1f tokens/s, first word after %.2f s, %.0f tokens", "%.1f 词元/秒，%.2f 秒后出首字，已生成 %.0f 词元") \
    X(CHAT_WHERE, "%s, %zu messages, %s", "%s，%zu 条消息，%s") \
    X(CHAT_COMMAND_UNKNOWN, "no command /%.*s; did you mean /%s? (A space before the slash makes it a message.)", \
      "没有命令 /%.*s；是否想用 /%s？（若消息以斜杠开头，请在前面加一个空格。）") \
    X(CHAT_CTRL_C, "Ctrl-C once more, or Ctrl-D, leaves.", "再按一次 Ctrl-C，或按 Ctrl-D，退出。") \
    X(CHAT_QUEUED, "Waiting: %.0f before you", "等待中：前面还有 %.0f 个") \
    X(CHAT_READING, "Reading", "阅读中") \
    X(CHAT_RATE, "  %.0f tokens/s", "  %.0f 词元/秒") \
    X(CHAT_LEFT, "  %.0f s left", "  剩余 %.0f 秒") \
    X(CHAT_STOPPED, "(stopped)", "（已停止）") \
    X(CHAT_LENGTH, "(cut: the limit of tokens, or of the context, was met)", "（已截断：达到词元或上下文上限）") \
    X(CHAT_FAILED, "(the answer failed: %.*s)", "（回答失败：%.*s）") \
    X(CHAT_INTERRUPTED, "(interrupted: the server ended while it was written; /retry asks again)", "（已中断：生成时服务结束；/retry 重新提问）") \
    X(CHAT_CALL, "→ %.*s %.*s", "→ %.*s %.*s") \
    X(CHAT_RESULT, "← %.*s: %.*s", "← %.*s：%.*s") \
    X(CHAT_BROKEN, "the connection broke, and the answer cannot be reached", "连接中断，无法取得回答") \
    X(CHAT_NOT_UTF8, "this is not UTF-8", "这不是 UTF-8") \
    /* completion, man */ \
    X(COMPLETION_SHELL, "there is completion for bash, zsh and fish, not for \"%s\"", "补全支持 bash、zsh 与 fish，不支持“%s”") \
    X(MAN_NAME, "NAME", "名称") \
    X(MAN_SYNOPSIS, "SYNOPSIS", "用法") \
    X(MAN_VERBS, "VERBS", "命令") \
    X(MAN_CHAT, "COMMANDS WITHIN hearth chat", "hearth chat 中的命令") \
    X(MAN_SETTINGS, "SETTINGS", "设置") \
    X(MAN_SETTINGS_HOW, \
      "Each stands in hearth.yaml in the data folder (section: and, indented below it, key: value), in the environment " \
      "(HEARTH_SECTION_KEY) or on the command line (--section.key=value); the later one wins. The default is in parentheses.", \
      "可写在数据目录的 hearth.yaml 中（section: 下缩进写 key: value）、环境变量中（HEARTH_SECTION_KEY）或命令行上（--section.key=value），后者优先。括号内为默认值。") \
    /* serve */ \
    X(SERVE_MODELS, "  %-8s %zu in %s\n", "  %-8s %zu 个，位于 %s\n") \
    X(SERVE_NO_MODELS, "  %-8s none yet: `hearth pull` shows what fits, or put a .gguf file into %s\n", "  %-8s 还没有：`hearth pull` 列出适合本机的模型，或把 .gguf 文件放入 %s\n") \
    X(SERVE_LOADING, "  %-8s %.*s (%s)\n", "  %-8s %.*s（%s）\n") \
    /* hearth pull, hearth rm */ \
    X(PULL_RESOLVING, "Asking for %s", "正在查询 %s") \
    X(PULL_LOADING, "Loading %s", "正在下载 %s") \
    X(PULL_CHECKING, "Checking %s", "正在校验 %s") \
    X(PULL_RATE, "  %s of %s  %s/s", "  %s / %s  %s/s") \
    X(PULL_LEFT, "  %02d:%02d left", "  剩余 %02d:%02d") \
    X(PULL_DONE, "%s is ready: hearth chat %s\n", "%s 已就绪：hearth chat %s\n") \
    X(PULL_KEPT, "Stopped. What has come is kept: hearth pull %s goes on from there.", "已停止。已下载的部分会保留：再次运行 hearth pull %s 将继续。") \
    X(PULL_STOPPED, "Stopped. Nothing of it has been kept.", "已停止。没有保留任何部分。") \
    X(PULL_BROKEN, "the connection to the server broke; hearth pull %s goes on from there", "与服务的连接中断；再次运行 hearth pull %s 将继续") \
    X(PULL_SUGGEST, "Models that fit this machine (a rough guess of tokens a second in the last column):\n", "适合本机的模型（末列为粗略估计的每秒词元数）：\n") \
    X(PULL_TOO_LARGE, "too large here", "本机内存不足") \
    X(PULL_NEXT, "\nGet one with hearth pull NAME.\n", "\n用 hearth pull 名称 获取。\n") \
    X(RM_DONE, "%.*s has been removed.\n", "已删除 %.*s。\n") \
    X(SERVE_LABEL_MODELS, "Models", "模型") \
    X(SERVE_LABEL_DEFAULT, "Loading", "加载") \
    X(SERVE_OPEN, "  Listening beyond this machine, unencrypted: whoever reaches %s with a key can use it.\n", "  正在本机以外监听，且未加密：持有密钥并能访问 %s 的人都可以使用。\n") \
    X(SERVE_INSECURE, "%s is beyond this machine, where keys and answers would travel unencrypted: if you want that, add --server.insecure_http=true; else leave --host out", \
      "%s 不限于本机，密钥与回答会以未加密方式传输：如确需如此，请加上 --server.insecure_http=true；否则请去掉 --host") \
    X(SERVE_NO_KEY, "%s is beyond this machine, and nobody there has a key yet: make one with `hearth keys add NAME` first", \
      "%s 不限于本机，但尚无任何密钥：请先用 `hearth keys add 名称` 创建一个") \
    X(SERVE_ADDRESS, "  Open     %s\n", "  打开     %s\n") \
    X(SERVE_LINK_HINT, "           (once, within %d minutes; `hearth open` gives another link)\n", "           （%d 分钟内有效，仅限一次；`hearth open` 可再生成链接）\n") \
    /* kb */ \
    X(KB_UNKNOWN, "hearth kb does not know \"%s\": add, list, status, remove, search or ask", "hearth kb 没有“%s”：可用 add、list、status、remove、search 或 ask") \
    X(KB_ADD_WHAT, "name files or folders: hearth kb add PATH…", "请指定文件或目录：hearth kb add 路径…") \
    X(KB_SEARCH_WHAT, "say what to look for: hearth kb search WORDS…", "请指定要搜索的内容：hearth kb search 词语…") \
    X(KB_REMOVE_WHAT, "name a document (hearth kb list --collection NAME shows them), or a whole collection with --collection NAME --yes", "请指定文档（用 hearth kb list --collection 名称 查看），或用 --collection 名称 --yes 删除整个集合") \
    X(KB_NO_DOCUMENT, "there is no document \"%s\" in \"%s\"", "没有文档“%s”（集合“%s”）") \
    X(KB_REMOVED, "Removed: %s\n", "已删除：%s\n") \
    X(KB_EMPTY, "There are no documents yet. Add some with hearth kb add PATH.\n", "还没有文档。用 hearth kb add 路径 添加。\n") \
    X(KB_NOTHING, "Nothing was found.\n", "没有找到。\n") \
    X(KB_NO_ANSWER, "The documents do not answer this. hearth kb search shows what comes near.\n", "文档中没有答案。hearth kb search 会显示相近的内容。\n") \
    X(KB_ROW, "%s  %.0f documents, %.0f passages\n", "%s  %.0f 个文档，%.0f 个段落\n") \
    X(KB_COUNTING, "Counting: %.0f files, %s", "正在统计：%.0f 个文件，%s") \
    X(KB_READING, "%.0f of %.0f files  %s of %s  %s/s", "%.0f / %.0f 个文件  %s / %s  %s/s") \
    X(KB_TIDYING, "Tidying up", "正在整理") \
    X(KB_DONE, "%.0f added, %.0f replaced, %.0f unchanged, %.0f removed\n", "新增 %.0f，替换 %.0f，未变 %.0f，移除 %.0f\n") \
    X(KB_BAD, "%.0f could not be read, %.0f were passed over:\n", "%.0f 个无法读取，跳过 %.0f 个：\n") \
    X(KB_REMARKS, "Of note:\n", "注意：\n") \
    X(KB_MORE, "  … and %.0f more\n", "  ……以及另外 %.0f 个\n") \
    X(KB_STOPPED, "Stopped. What is in stays; the same command goes on from there.\n", "已停止。已添加的会保留；再次运行同一命令将继续。\n") \
    X(KB_BROKEN, "the connection to the server broke; the same command goes on from there", "与服务的连接中断；再次运行同一命令将继续") \
    X(KB_STATUS, "%.0f collections, %.0f documents, %.0f passages (%.0f with vectors)\nfiles %s, their text %s\nkept in: texts %s, vectors %s, index %s\n", "%.0f 个集合，%.0f 个文档，%.0f 个段落（%.0f 个有向量）\n文件 %s，文本 %s\n存储：文本 %s，向量 %s，索引 %s\n") \
    X(KB_PAGE, ", page %.0f", "，第 %.0f 页") \
    X(KB_LINE, ", line %.0f", "，第 %.0f 行") \
    /* log */ \
    X(LOG_EMPTY, "The journal has nothing for this.\n", "没有符合条件的记录。\n") \
    X(LOG_SINCE, "--since is a time such as 2h, 3d or 2026-11-27, not \"%s\"", "--since 应为时间，例如 2h、3d 或 2026-11-27，而不是“%s”") \
    X(LOG_TOKENS, "  %.0f → %.0f tokens", "  %.0f → %.0f 词元") \
    X(LOG_SECONDS, "  %.2f s", "  %.2f 秒") \
    X(LOG_LOST, "  %.0f events came faster than they could be written\n", "  %.0f 条记录因写入过慢而丢失\n") \
    X(LOG_DAMAGED, "hearth: parts of the journal are damaged and left out: %.0f\n", "hearth：活动记录有 %.0f 处损坏，已略过\n") \
    /* keys, open */ \
    X(KEYS_NONE, "No keys yet. `hearth keys add NAME` makes one.\n", "还没有密钥。请用 `hearth keys add 名称` 创建。\n") \
    X(KEYS_MADE_HINT, "This is the key \"%s\". It is shown this once: keep it now.\n", "以上是密钥“%s”，仅显示这一次，请立即保存。\n") \
    X(KEYS_REVOKED, "Revoked \"%s\".\n", "已吊销“%s”。\n") \
    X(KEYS_UNKNOWN, "there is no key \"%s\" that could be revoked; `hearth keys list` shows all", "没有可吊销的密钥“%s”；`hearth keys list` 列出全部") \
    X(KEYS_WHAT, "`hearth keys` knows add NAME, list, and revoke ID|NAME, not \"%s\"", "`hearth keys` 支持 add 名称、list、revoke 编号|名称，而不是“%s”") \
    X(KEYS_WANTS_NAME, "name the key: hearth keys %s NAME", "请给出密钥名称：hearth keys %s 名称") \
    X(KEYS_EXPIRES, "--expires wants a time such as 30d, 12h or 90m, not \"%s\"", "--expires 需要类似 30d、12h、90m 的时间，而不是“%s”") \
    X(KEYS_TIMES, "expires %s, last used %s", "到期：%s，上次使用：%s") \
    X(KEYS_NEVER, "never", "从不") \
    X(KEYS_GONE, "revoked", "已吊销") \
    X(KEYS_EXPIRED, "expired", "已过期") \
    X(OPEN_NO_SERVER, "no server runs on this data folder: start one with `hearth serve`", "没有服务器在使用此数据目录：请先运行 `hearth serve`")
/* clang-format on */

#define X(id, en, zh)                                              \
    static const char TEXT_EN_##id[] __attribute__((unused)) = en; \
    static const char TEXT_ZH_##id[] __attribute__((unused)) = zh;
TEXT_LIST(X)
#undef X

#define T(lang, id) ((lang) == LANG_ZH ? TEXT_ZH_##id : TEXT_EN_##id)

#endif
