#include "app/verbs.h"

#include "api/api.h"
#include "app/near.h"
#include "app/text.h"

#define ARG(f) .offset = offsetof(struct args, f)

/* clang-format off */
#define OPTION_JSON {"json", NULL, OPTION_FLAG, ARG(json), .help = {"print JSON", "输出 JSON"}}
#define OPTION_THREADS {"threads", "N", OPTION_SETTING, .setting = "engine.threads", .help = {"compute threads; 0: one for each core", "计算线程数；0 表示每个物理核一个"}}

#define OPTION_TEMPLATE {"chat-template-file", "FILE", OPTION_SETTING, .setting = "engine.chat_template_file", .help = {"a chat template (Jinja) instead of the model's own", "用此对话模板（Jinja）代替模型自带的模板"}}

static const struct option no_options[] = {{0}};
static const struct option eval_options[] = {
    {"verbose", NULL, OPTION_FLAG, ARG(verbose), .help = {"show each utterance that was not understood", "列出每一条没有听懂的语句"}}, {0}};
static const struct option serve_options[] = {OPTION_TEMPLATE, {0}};

static const struct option run_options[] = {
    {"temperature", "T", OPTION_NUMBER, ARG(temperature), 0, 10, .help = {"0: always the likeliest word", "0 表示总取最可能的词"}},
    {"max-tokens", "N", OPTION_INT, ARG(max_tokens), 0, 1 << 20, .help = {"length of the answer; 0: what the context leaves", "回答长度；0 表示用完剩余上下文"}},
    {"seed", "S", OPTION_INT, ARG(seed), 0, 9007199254740992., .help = {"the same seed gives the same answer", "相同的种子得到相同的回答"}},
    {"top-k", "N", OPTION_INT, ARG(top_k), 0, 1 << 20, .help = {"choose among the N likeliest; 0: off", "只从最可能的 N 个中选择；0 表示关闭"}},
    {"top-p", "P", OPTION_NUMBER, ARG(top_p), 0, 1, .help = {"choose among the likeliest that make up P; 1: off", "只从累计概率达到 P 的词中选择；1 表示关闭"}},
    {"min-p", "P", OPTION_NUMBER, ARG(min_p), 0, 1, .help = {"drop what is less than P times as likely as the best; 0: off", "去掉概率不足最高者 P 倍的词；0 表示关闭"}},
    {"stop", "TEXT", OPTION_TEXTS, ARG(stops), .help = {"end before this text; may be given again", "遇到此文本即停止；可多次给出"}},
    {"system", "TEXT", OPTION_TEXT, ARG(system), .help = {"instructions for the assistant (chat)", "给助手的指示（对话方式）"}},
    {"chat", NULL, OPTION_FLAG, ARG(chat), .help = {"ask as a chat, the way of models that know one", "以对话方式提问（支持对话的模型默认如此）"}},
    {"raw", NULL, OPTION_FLAG, ARG(raw), .help = {"continue the prompt as it stands, the way of models that know no chat", "直接续写文本（不支持对话的模型默认如此）"}},
    {"tools", "FILE", OPTION_TEXT, ARG(tools), .help = {"tools that the model may call, a JSON array as OpenAI has it; calls are printed", "模型可调用的工具：OpenAI 格式的 JSON 数组；输出其调用"}},
    {"tool-choice", "CHOICE", OPTION_TEXT, ARG(tool_choice), .help = {"auto, none, required, or the name of the tool that must be called", "auto、none、required，或必须调用的工具名"}},
    {"stats", NULL, OPTION_FLAG, ARG(stats), .help = {"print the speed, also when standard error is not a terminal", "输出速度统计，即使标准错误不是终端"}},
    OPTION_TEMPLATE,
    OPTION_THREADS,
    {0},
};
#define OPTIONS_CLIENT \
    {"server", "URL", OPTION_TEXT, ARG(server), .help = {"address of a hearth elsewhere", "其他地方的 hearth 的地址"}}, \
    {"key", "KEY", OPTION_TEXT, ARG(key), .help = {"key for it; better in HEARTH_KEY, which other users do not see", "其密钥；用环境变量 HEARTH_KEY 更好，其他用户看不到"}}, \
    {"system", "TEXT", OPTION_TEXT, ARG(system), .help = {"instructions for the assistant", "给助手的指示"}}, \
    {"set", "NAME=VALUE", OPTION_TEXTS, ARG(sets), .help = {"sampling, such as temperature=0; may be given again", "采样设置，例如 temperature=0；可多次给出"}}, \
    {"file", "FILE", OPTION_TEXTS, ARG(files), .help = {"send a text file along; may be given again", "附上文本文件；可多次给出"}}
static const struct option chat_options[] = {
    {"continue", NULL, OPTION_FLAG, ARG(resume), .help = {"go on with the newest conversation", "继续最近的对话"}},
    OPTIONS_CLIENT,
    {"stats", NULL, OPTION_FLAG, ARG(stats), .help = {"print the speed after each answer", "每次回答后输出速度"}},
    {0},
};
static const struct option ask_options[] = {
    OPTIONS_CLIENT,
    {"stats", NULL, OPTION_FLAG, ARG(stats), .help = {"print the numbers of tokens", "输出词元数"}},
    OPTION_JSON,
    {0},
};
static const struct option list_options[] = {OPTION_JSON, {0}};
static const struct option show_options[] = {
    {"context", "N", OPTION_INT, ARG(context), 1, 1 << 24, .help = {"context in tokens for the memory needed", "按此上下文长度估算内存"}},
    OPTION_JSON,
    {0},
};
static const struct option tokenize_options[] = {
    {"no-special", NULL, OPTION_FLAG, ARG(no_special), .help = {"without the begin token that the model wants", "不加模型所需的起始词元"}},
    {"parse-special", NULL, OPTION_FLAG, ARG(parse_special), .help = {"texts of special tokens become these tokens", "把特殊词元的文本识别为该词元"}},
    OPTION_JSON,
    {0},
};
static const struct option quantize_options[] = {OPTION_THREADS, {0}};
static const struct option bench_options[] = {
    {"prompt", "N", OPTION_INT, ARG(prompt), 1, 1 << 20, .help = {"tokens of the prompt that is read", "读取的提示词元数"}},
    {"gen", "N", OPTION_INT, ARG(gen), 2, 1 << 20, .help = {"tokens that each answer writes", "每个回答生成的词元数"}},
    {"batch", "LIST", OPTION_TEXT, ARG(batch), .help = {"numbers of answers written at once, such as 1,4,16", "同时生成的回答数，例如 1,4,16"}},
    {"repeat", "N", OPTION_INT, ARG(repeat), 1, 1000, .help = {"measure N times and print medians", "测量 N 次取中位数"}},
    {"depth", "LIST", OPTION_TEXT, ARG(depth), .help = {"tokens that stand before the answers, such as 0,4096", "回答之前已有的词元数，例如 0,4096"}},
    {"first", NULL, OPTION_FLAG, ARG(first), .help = {"also the time to the first token: new, seen before, seen before a restart", "另测首个词元耗时：新提示、读取过、重启前读取过"}},
    {"compare", "WHAT", OPTION_TEXT, ARG(compare), .help = {"in turns with node=FOLDER (bench/peer) or llama-bench=PROGRAM", "与 node=目录（bench/peer）或 llama-bench=程序 交替测量"}},
    {"memory", NULL, OPTION_FLAG, ARG(memory), .help = {"measure the read bandwidth of memory only; needs no model", "仅测量内存读取带宽；不需要模型"}},
    OPTION_THREADS,
    OPTION_JSON,
    {0},
};
static const struct option key_options[] = {
    {"new-passphrase-file", "FILE", OPTION_TEXT, ARG(new_passphrase_file), .help = {"lock with the passphrase in the first line of FILE instead of a key file", "改用 FILE 首行的口令加密，不再使用密钥文件"}},
    {0},
};
static const struct option export_options[] = {
    {"format", "markdown|json", OPTION_TEXT, ARG(format), .help = {"json keeps everything (the default); markdown is for reading, with the branch that is shown; both can be imported", "json 保留全部内容（默认）；markdown 便于阅读，只含当前显示的分支；两者都可再导入"}},
    {"yes", NULL, OPTION_FLAG, ARG(yes), .help = {"replace FILE if it is there already", "若 FILE 已存在则替换"}},
    {0},
};
static const struct option erase_options[] = {
    {"yes", NULL, OPTION_FLAG, ARG(yes), .help = {"really erase", "确认清除"}},
    {0},
};
static const struct option keys_options[] = {
    {"admin", NULL, OPTION_FLAG, ARG(admin), .help = {"add: a key that may make keys, and add and remove models", "add：可创建密钥、添加与移除模型的密钥"}},
    {"expires", "TIME", OPTION_TEXT, ARG(expires), .help = {"add: refused after so long, such as 30d or 12h", "add：在此时间后失效，例如 30d 或 12h"}},
    OPTION_JSON,
    {0},
};
static const struct option log_options[] = {
    {"since", "TIME", OPTION_TEXT, ARG(since), .help = {"from then on: 2h, 3d, 2026-11-27, \"2026-11-27 09:30\"", "起始时间：2h、3d、2026-11-27、\"2026-11-27 09:30\""}},
    {"limit", "N", OPTION_INT, ARG(limit), 1, 10000, .help = {"the newest N (100)", "最新的 N 条（默认 100）"}},
    {"follow", NULL, OPTION_FLAG, ARG(follow), .help = {"go on with what comes, until Ctrl-C", "持续输出新内容，直到按 Ctrl-C"}},
    {"json", NULL, OPTION_FLAG, ARG(json), .help = {"print one JSON object a line", "每行输出一个 JSON 对象"}},
    {0},
};
static const struct option kb_options[] = {
    {"collection", "NAME", OPTION_TEXT, ARG(collection), .help = {"which one (\"Documents\" when adding, all when searching)", "集合名称（添加时默认为 Documents，搜索时默认全部）"}},
    {"limit", "N", OPTION_INT, ARG(hits), 1, 100, .help = {"search: passages at most (10)", "search：最多显示的段落数（默认 10）"}},
    {"yes", NULL, OPTION_FLAG, ARG(yes), .help = {"remove: really remove a whole collection", "remove：确认删除整个集合"}},
    OPTION_JSON,
    {0},
};
static const struct option config_options[] = {
    {"docs", NULL, OPTION_FLAG, ARG(docs), .help = {"print the documentation of all settings as Markdown", "以 Markdown 输出全部设置的文档"}},
    {0},
};
static const struct option help_options[] = {
    {"api", NULL, OPTION_FLAG, ARG(api), .help = {"print the endpoints of the HTTP API as Markdown", "以 Markdown 输出 HTTP 接口文档"}},
    {0},
};

static const struct option pull_options[] = {
    {"revision", "R", OPTION_TEXT, ARG(revision), .help = {"branch, tag or commit of the repository", "仓库的分支、标签或提交"}},
    {"sha256", "H", OPTION_TEXT, ARG(sha256), .help = {"the file must have this digest", "文件必须具有此摘要"}},
    {0},
};

const struct verb verbs[] = {
    {"serve", "", {"serve the web page and the APIs", "提供网页与接口服务"}, serve_options, 0, 0, verb_serve},
    {"chat", "[MODEL]", {"talk with a model; the page shows the same conversations", "与模型对话；网页显示相同的对话"}, chat_options, 0, 1, verb_chat},
    {"ask", "[TEXT]", {"one question (standard input is added when it is a pipe); nothing is kept", "提一个问题（若有管道输入则附上）；不保存"}, ask_options, 0, 1, verb_ask},
    {"run", "MODEL [PROMPT]", {"answer one prompt (or standard input) on the terminal", "在终端回答一个提示（或标准输入）"}, run_options, 1, 2, verb_run},
    {"list", "", {"models in the models folder", "列出模型目录中的模型"}, list_options, 0, 0, verb_list},
    {"pull", "[NAME]", {"get a model: ORG/REPO[:QUANT|/FILE] from the hub, or an https address", "获取模型：来源上的 ORG/REPO[:QUANT|/FILE]，或 https 地址"}, pull_options, 0, 1, verb_pull},
    {"rm", "MODEL", {"remove a model from the models folder", "从模型目录删除模型"}, no_options, 1, 1, verb_rm},
    {"show", "MODEL", {"a model's metadata, tensors and memory", "显示模型的元数据、张量与所需内存"}, show_options, 1, 1, verb_show},
    {"tokenize", "MODEL [TEXT]", {"tokens of a text (or standard input)", "显示文本（或标准输入）的词元"}, tokenize_options, 1, 2, verb_tokenize},
    {"quantize", "IN OUT TYPE", {"write a smaller model file", "生成更小的模型文件"}, quantize_options, 3, 3, verb_quantize},
    {"eval", "skills FILE", {"how well the assistant understands a file of utterances", "评测助手对一组语句的理解"}, eval_options, 2, 2, verb_eval},
    {"convert", "FOLDER OUT [TYPE]", {"make a GGUF of the sentence encoder in a TensorFlow.js folder", "把 TensorFlow.js 目录中的句子编码器转换为 GGUF"}, no_options, 2, 3, verb_convert},
    {"bench", "[MODEL]", {"measure speed", "测量速度"}, bench_options, 0, 1, verb_bench},
    {"open", "", {"print and open a link that signs the browser in", "输出并打开让浏览器登录的链接"}, no_options, 0, 0, verb_open},
    {"keys", "[list | add NAME | revoke ID|NAME]", {"API keys: for other people, other machines and programs", "API 密钥：供他人、其他机器与程序使用"}, keys_options, 0, 2, verb_keys},
    {"key", "rotate", {"re-encrypt everything under a new key", "用新密钥重新加密全部数据"}, key_options, 1, 1, verb_key},
    {"backup", "FILE", {"write an encrypted copy of conversations and keys", "写出对话与密钥的加密备份"}, no_options, 1, 1, verb_backup},
    {"restore", "FILE", {"put a backup in place of what is there", "用备份替换现有数据"}, no_options, 1, 1, verb_restore},
    {"export", "[FILE]", {"write all conversations, readable by any program, to FILE or standard output", "把全部对话以通用格式写入 FILE 或标准输出"}, export_options, 0, 1, verb_export},
    {"import", "FILE", {"add the conversations of an export, or of ChatGPT's conversations.json", "导入导出文件或 ChatGPT 的 conversations.json 中的对话"}, no_options, 1, 1, verb_import},
    {"kb", "add PATH… | list | status | remove [SOURCE] | search WORDS… | ask QUESTION…", {"your documents: add files and folders, search and ask", "您的文档：添加文件与目录、搜索与提问"}, kb_options, 1, ARGS_WORDS_MAX, verb_kb},
    {"log", "", {"the journal: who asked what of which model, and how it ended", "活动记录：谁请求了哪个模型、结果如何"}, log_options, 0, 0, verb_log},
    {"erase", "--yes", {"erase conversations, keys and what encrypts them", "清除对话、密钥及其加密密钥"}, erase_options, 0, 0, verb_erase},
    {"config", "", {"effective settings, and where each came from", "显示当前设置及其来源"}, config_options, 0, 0, verb_config},
    {"completion", "bash|zsh|fish", {"completion for a shell: source <(hearth completion bash)", "命令补全脚本：source <(hearth completion bash)"}, no_options, 1, 1, verb_completion},
    {"man", "", {"the manual page: hearth man | man -l -", "手册页：hearth man | man -l -"}, no_options, 0, 0, verb_man},
    {"version", "", {"version, processor and kernels", "显示版本、处理器与指令集"}, no_options, 0, 0, verb_version},
    {"help", "[VERB]", {"help, also for one verb", "显示帮助，也可指定命令"}, help_options, 0, 1, verb_help},
};
/* clang-format on */
const size_t verbs_count = sizeof verbs / sizeof *verbs;

const struct verb *verb_find(struct str name)
{
    for (size_t i = 0; i < verbs_count; i++)
        if (str_eq(name, str_of(verbs[i].name)))
            return &verbs[i];
    return NULL;
}

int complain_verb(const struct app *a, const char *name)
{
    struct near near = near_to(str_of(name));
    for (size_t i = 0; i < verbs_count; i++)
        near_try(&near, verbs[i].name);
    if (near.best)
        complain(a, T(a->lang, VERB_NEAR), STR_ARG(str_head(str_of(name), 60)), near.best);
    else
        complain(a, T(a->lang, VERB_UNKNOWN), STR_ARG(str_head(str_of(name), 60)));
    return EXIT_USAGE;
}

static const char *bold(const struct app *a, bool on)
{
    return a->out_color ? on ? "\033[1m" : "\033[0m" : "";
}

static void heading(const struct app *a, FILE *out, const char *text)
{
    fprintf(out, "\n%s%s%s\n", bold(a, true), text, bold(a, false));
}

static void print_options(const struct app *a, const struct option *o, FILE *out)
{
    for (; o->name; o++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
        fprintf(out, "  %-20s %s\n", left, say(a->lang, o->help));
    }
}

static void print_verb_help(const struct app *a, const struct verb *v, FILE *out)
{
    fprintf(out, "hearth %s%s%s — %s\n", v->name, *v->usage ? " " : "", v->usage, say(a->lang, v->summary));
    if (v->options->name) {
        heading(a, out, T(a->lang, HELP_OPTIONS));
        print_options(a, v->options, out);
    }
    heading(a, out, T(a->lang, HELP_GLOBAL));
    print_options(a, options_global, out);
    fprintf(out, "\n%s\n", T(a->lang, HELP_MODEL));
}

static void print_program_help(const struct app *a, FILE *out)
{
    fprintf(out, "%shearth%s — %s\n", bold(a, true), bold(a, false), T(a->lang, HELP_TAGLINE));
    heading(a, out, T(a->lang, HELP_VERBS));
    for (size_t i = 0; i < verbs_count; i++) {
        char left[64];
        snprintf(left, sizeof left, "%s %s", verbs[i].name, verbs[i].usage);
        fprintf(out, "  %-24s %s\n", left, say(a->lang, verbs[i].summary));
    }
    heading(a, out, T(a->lang, HELP_GLOBAL));
    print_options(a, options_global, out);
    fprintf(out, "  %-20s %s\n", "--section.key=value", T(a->lang, HELP_SETTING));
    heading(a, out, T(a->lang, HELP_EXIT));
    fprintf(out, "%s\n\n%s\n", T(a->lang, HELP_EXIT_CODES), T(a->lang, HELP_MODEL));
}

void help_print(const struct app *a, const struct verb *v, FILE *out)
{
    if (v)
        print_verb_help(a, v, out);
    else
        print_program_help(a, out);
}

static int print_api(const struct app *a)
{
    struct buf b = buf_make(1 << 20);
    api_describe(&b);
    int failed = b.failed;
    if (!failed)
        fwrite(b.ptr, 1, b.len, stdout);
    buf_free(&b);
    return failed ? complain(a, "%s", err_text(failed)) : EXIT_OK;
}

int verb_help(struct app *a)
{
    const struct verb *v = a->args.n_words ? verb_find(str_of(a->args.words[0])) : NULL;
    if (a->args.n_words && !v)
        return complain_verb(a, a->args.words[0]);
    if (a->args.api)
        return print_api(a);
    help_print(a, v, stdout);
    return EXIT_OK;
}
