#include "app/settings.h"

#include "app/config.h"

#define FIELD(f) .offset = offsetof(struct config, f), .width = sizeof(((struct config *)0)->f)
#define KB       ((uint64_t)1 << 10)
#define MB       ((uint64_t)1 << 20)
#define GB       ((uint64_t)1 << 30)
#define SECOND   UINT64_C(1000)
#define HOUR     (3600 * SECOND)

static const char *const cache_names[] = {"f16", "q8", NULL};
static const char *const cpu_names[] = {"auto", "scalar", "avx2", "avxvnni", "avx512", "amx", "neon", "dotprod", "i8mm", NULL};
static const char *const level_names[] = {"debug", "info", "warn", "error", "off", NULL}; /* enum log_level */
static const char *const open_names[] = {"auto", "never", NULL};
static const char *const format_names[] = {"text", "json", NULL};

const struct setting_section setting_sections[] = {
    {"server", {"The web server", "网页服务"}},
    {"limits", {"What each key may use up; the owner of the machine has no limits", "每个密钥的用量限制；机器主人不受限制"}},
    {"models", {"Model files", "模型文件"}},
    {"engine", {"Running models", "模型运行"}},
    {"store", {"The data folder", "数据目录"}},
    {"cache", {"What was computed before and may be asked for again", "可能被再次请求的计算结果"}},
    {"journal",
     {"The journal: who asked what of which model, when, and how it ended (`hearth log`)",
      "活动记录：谁在何时请求了哪个模型、结果如何（`hearth log`）"}},
    {"kb", {"Documents: the knowledge base", "文档：知识库"}},
    {"log", {"The log (standard error)", "日志（标准错误输出）"}},
    {"api", {"Answers over HTTP", "HTTP 接口"}},
};
const size_t setting_sections_count = sizeof setting_sections / sizeof *setting_sections;

/* clang-format off */
const struct setting settings[] = {
    {"server", "host", SETTING_STRING, "127.0.0.1", FIELD(server.host),
     .help = {"Address to listen on. 0.0.0.0 or :: opens hearth to your network.", "监听地址。0.0.0.0 或 :: 会向整个网络开放。"}},
    {"server", "port", SETTING_INT, "8765", 0, 65535, FIELD(server.port),
     .help = {"Port to listen on; 0 takes a free one.", "监听端口；0 表示任选空闲端口。"}},
    {"server", "hosts", SETTING_LIST, "", FIELD(server.hosts),
     .help = {"Host names that requests may carry, besides localhost and IP addresses.", "请求允许使用的主机名（localhost 与 IP 地址始终允许）。"}},
    {"server", "origins", SETTING_LIST, "", FIELD(server.origins),
     .help = {"Other web pages that may call hearth, such as https://notes.example.", "允许调用 hearth 的其他网页来源，例如 https://notes.example。"}},
    {"server", "insecure_http", SETTING_BOOL, "false", FIELD(server.insecure_http),
     .help = {"Listen beyond this machine although keys and answers then cross the network unencrypted.",
              "允许在本机以外监听，尽管此时密钥与回答会以未加密方式经过网络。"}},
    {"server", "open_browser", SETTING_ENUM, "auto", .names = open_names, FIELD(server.open_browser),
     .help = {"Whether `hearth serve` on a terminal with a desktop opens the page.", "在带桌面的终端中运行 `hearth serve` 时是否打开网页。"}},
    {"server", "header_bytes_max", SETTING_SIZE, "32K", 1 * KB, 1 * MB, FIELD(server.http.header_bytes_max),
     .help = {"Request line and headers together; above it 431.", "请求行与请求头的总大小；超出返回 431。"}},
    {"server", "headers_max", SETTING_INT, "100", 8, 1000, FIELD(server.http.headers_max),
     .help = {"Headers of a request; above it 431.", "请求头的数量；超出返回 431。"}},
    {"server", "url_bytes_max", SETTING_SIZE, "8K", 256, 64 * KB, FIELD(server.http.url_bytes_max),
     .help = {"Length of a request's address; above it 414.", "请求地址的长度；超出返回 414。"}},
    {"server", "body_bytes_max", SETTING_SIZE, "32M", 1 * KB, 64 * MB, FIELD(server.http.body_bytes_max),
     .help = {"Body of a request; above it 413.", "请求体的大小；超出返回 413。"}},
    {"server", "connections_max", SETTING_INT, "4096", 1, 100000, FIELD(server.http.connections_max),
     .help = {"Open connections; further ones get 503.", "同时打开的连接数；超出返回 503。"}},
    {"server", "pipeline_max", SETTING_INT, "32", 1, 1000, FIELD(server.http.pipeline_max),
     .help = {"Pipelined requests of one connection that are served before others get their turn.", "轮到其他连接之前，同一连接上连续处理的请求数。"}},
    {"server", "pipeline_bytes_max", SETTING_SIZE, "64K", 4 * KB, 16 * MB, FIELD(server.http.pipeline_bytes_max),
     .help = {"Bytes of pipelined requests that wait; reading stops there until answers have gone out.", "排队请求的字节数；到达后暂停读取，直到回答发出。"}},
    {"server", "header_time_max", SETTING_DURATION, "10s", 100, HOUR, FIELD(server.http.header_ms_max),
     .help = {"From a request's first byte to the end of its headers; then 408.", "从请求首字节到请求头结束的时限；超时返回 408。"}},
    {"server", "body_time_max", SETTING_DURATION, "60s", 100, HOUR, FIELD(server.http.body_ms_max),
     .help = {"From there to the end of the body; then 408.", "接收请求体的时限；超时返回 408。"}},
    {"server", "idle_time_max", SETTING_DURATION, "75s", 100, 24 * HOUR, FIELD(server.http.idle_ms_max),
     .help = {"A connection without a request is closed after this.", "空闲连接在此时间后关闭。"}},
    {"server", "write_time_max", SETTING_DURATION, "30s", 100, HOUR, FIELD(server.http.write_ms_max),
     .help = {"An answer that the client does not read for this long is cut.", "客户端在此时间内不读取回答则断开。"}},
    {"server", "drain_time_max", SETTING_DURATION, "10s", 100, HOUR, FIELD(server.http.drain_ms_max),
     .help = {"Time that running answers have to finish when hearth is told to stop.", "停止时，留给进行中回答的时间。"}},

    {"limits", "requests_per_minute", SETTING_INT, "120", 0, 1000000, FIELD(limits.requests_per_minute),
     .help = {"Requests of a key that make a model work; above it 429; 0: no limit.", "每个密钥每分钟可让模型工作的请求数；超出返回 429；0 表示不限。"}},
    {"limits", "concurrent", SETTING_INT, "8", 0, 100000, FIELD(limits.concurrent),
     .help = {"Such requests of a key at the same time; 0: no limit.", "每个密钥同时进行的此类请求数；0 表示不限。"}},
    {"limits", "tokens_per_day", SETTING_INT, "0", 0, INT64_MAX, FIELD(limits.tokens_per_day),
     .help = {"Tokens of a key's prompts and answers in a day (UTC); 0: no limit.", "每个密钥每日（UTC）提示与回答的词元总数；0 表示不限。"}},
    {"limits", "stored", SETTING_SIZE, "1G", 0, 1024 * GB, FIELD(limits.stored_bytes),
     .help = {"What a key may keep: texts of conversations, attachments and presets; above it 403; 0: no limit.",
              "每个密钥可保存的内容（对话、附件与预设的文本）；超出返回 403；0 表示不限。"}},
    {"limits", "session_time", SETTING_DURATION, "720h", 60 * SECOND, 1000 * HOUR, FIELD(limits.session_ms),
     .help = {"A browser is signed out when it was not used for this long.", "浏览器在此时间内未使用则自动退出登录。"}},

    {"models", "dir", SETTING_STRING, "", FIELD(models.dir),
     .help = {"Folder of the .gguf files; empty: `models` in the data folder.", "存放 .gguf 文件的目录；留空则为数据目录下的 models。"}},
    {"models", "default", SETTING_STRING, "", FIELD(models.chosen),
     .help = {"Model that is loaded at start: a name in the folder or a path.", "启动时加载的模型：目录中的名称或文件路径。"}},
    {"models", "hub", SETTING_STRING, "https://huggingface.co", FIELD(models.hub),
     .help = {"Where `hearth pull` gets models by name: the Hugging Face hub, or a mirror that speaks like it.",
              "`hearth pull` 按名称获取模型的来源：Hugging Face，或与之兼容的镜像。"}},
    {"models", "hub_token_file", SETTING_STRING, "", FIELD(models.hub_token_file),
     .help = {"File that holds the hub's token for gated models; empty: the environment's HF_TOKEN. Sent to the hub only.",
              "存放受限模型访问令牌的文件；留空则用环境变量 HF_TOKEN。令牌只发送给该来源。"}},
    {"models", "loaded_max", SETTING_INT, "2", 1, 64, FIELD(models.loaded_max),
     .help = {"Models loaded at once; the idle one used longest ago makes room.", "同时加载的模型数；最久未用的空闲模型会让出位置。"}},
    {"models", "idle_unload", SETTING_DURATION, "0s", 0, 1000 * HOUR, FIELD(models.idle_unload_ms),
     .help = {"A model unused for this long is unloaded; 0s: never.", "模型空闲超过此时间后卸载；0s 表示从不。"}},

    {"engine", "context", SETTING_INT, "0", 0, 1 << 20, FIELD(engine.context),
     .help = {"Context in tokens; 0: the model's own, as far as memory allows.", "上下文长度（词元）；0 表示在内存允许范围内用模型自身的长度。"}},
    {"engine", "kv_memory", SETTING_SIZE, "0", 0, 1024 * GB, FIELD(engine.kv_memory),
     .help = {"Most memory for conversations (KV cache); 0: a share of what is free.", "对话缓存（KV）的内存上限；0 表示按空闲内存的比例。"}},
    {"engine", "cache_type", SETTING_ENUM, "f16", .names = cache_names, FIELD(engine.cache_type),
     .help = {"How conversations are held in memory: f16, or q8, which takes half of the space and is a little less exact.",
              "对话缓存的存储格式：f16；或 q8，占用约一半内存，精度略低。"}},
    {"engine", "sequences_max", SETTING_INT, "16", 1, 256, FIELD(engine.sequences_max),
     .help = {"Answers written at the same time.", "同时生成的回答数。"}},
    {"engine", "queue_max", SETTING_INT, "64", 1, 10000, FIELD(engine.queue_max),
     .help = {"Requests that wait for their turn; further ones get 503.", "排队等待的请求数；超出返回 503。"}},
    {"engine", "prefill_chunk", SETTING_INT, "256", 16, 4096, FIELD(engine.prefill_chunk),
     .help = {"Tokens of a prompt read between two steps of running answers.", "两步生成之间读取的提示词元数。"}},
    {"engine", "batch_wait", SETTING_DURATION, "1ms", 0, 1000, FIELD(engine.batch_wait_ms),
     .help = {"How long a text that is to be embedded may wait for others, while others are running; alone it never waits.",
              "待嵌入的文本在其他请求运行时最多等待多久以便合并计算；单独到达时从不等待。"}},
    {"engine", "threads", SETTING_INT, "0", 0, 256, FIELD(engine.threads),
     .help = {"Compute threads; 0: one for each core.", "计算线程数；0 表示每个物理核一个。"}},
    {"engine", "deterministic", SETTING_BOOL, "false", FIELD(engine.deterministic),
     .help = {"The same request gives the same text, whatever else runs. Costs speed where the processor has AMX units, nothing elsewhere.",
              "相同请求总得到相同文本，不受其他请求影响。处理器带有 AMX 单元时会降低速度，否则没有代价。"}},
    {"engine", "speculation", SETTING_BOOL, "true", FIELD(engine.speculation),
     .help = {"Guess words from the text itself, while that makes answers faster; what is answered does not change.",
              "在能加快回答时，从文本自身预测后续词语；回答内容不变。"}},
    {"engine", "prefix_disk", SETTING_SIZE, "4G", 0, 1024 * GB, FIELD(engine.prefix_disk),
     .help = {"Disk space for what was read before, so that it need not be read again after a restart (encrypted); 0: none.",
              "磁盘上保存已读内容的空间（加密），重启后无需重新读取；0 表示不保存。"}},
    {"engine", "prefix_disk_day", SETTING_SIZE, "8G", 0, 1024 * GB, FIELD(engine.prefix_disk_day),
     .help = {"Most that is written there in a day.", "每天最多写入的数据量。"}},
    {"engine", "chat_template_file", SETTING_STRING, "", FIELD(engine.chat_template_file),
     .help = {"A chat template (Jinja) to use instead of those in the models' files; empty: theirs.",
              "用此对话模板文件（Jinja）代替模型文件自带的模板；留空则用模型自带的。"}},
    {"engine", "cpu", SETTING_ENUM, "auto", .names = cpu_names, .env_alias = "HEARTH_CPU", FIELD(engine.cpu),
     .help = {"Highest kernel level to use; never more than the processor has.", "使用的最高指令集级别；不会超过处理器的能力。"}},

    {"store", "dir", SETTING_STRING, "", FIELD(store.dir),
     .help = {"Folder of conversations and keys; empty: the folder `store` of the data folder.", "存放对话与密钥的目录；留空则为数据目录下的 `store`。"}},
    {"store", "key_file", SETTING_STRING, "", FIELD(store.key_file),
     .help = {"File with the key that encrypts it, outside of it; empty: `~/.config/hearth/key`, or a name of its own beside that for another data folder.",
              "加密密钥文件，须在该目录之外；留空则为 `~/.config/hearth/key`，其他数据目录则为同一位置的专用文件。"}},
    {"store", "passphrase_file", SETTING_STRING, "", FIELD(store.passphrase_file),
     .help = {"File whose first line is the passphrase, for a folder that is locked with one instead of a key file.",
              "首行为口令的文件；用于以口令而非密钥文件加密的目录。"}},
    {"store", "retention", SETTING_INT, "0", 0, 36500, FIELD(store.retention_days),
     .help = {"Days after which a conversation that nothing was added to is erased; 0: never.", "对话在这么多天内没有新内容即被清除；0 表示永不。"}},

    {"cache", "memory", SETTING_SIZE, "64M", 0, 64 * GB, FIELD(cache.memory),
     .help = {"Memory for vectors of texts and results of searches that were asked for before; 0: none.", "保存曾请求过的文本向量与搜索结果的内存；0 表示不保存。"}},
    {"cache", "redis", SETTING_STRING, "", FIELD(cache.redis),
     .help = {"A Redis that keeps them, encrypted, across restarts: redis://host:port/db or unix:///path?db=N; empty: none. When it is away, hearth does without.",
              "用于跨重启（加密）保存它们的 Redis：redis://host:port/db 或 unix:///path?db=N；留空则不用。Redis 不可用时 hearth 照常工作。"}},
    {"cache", "redis_password_file", SETTING_STRING, "", FIELD(cache.redis_password_file),
     .help = {"File whose first line is its password; empty: none.", "首行为其密码的文件；留空则无密码。"}},
    {"cache", "redis_timeout", SETTING_DURATION, "50ms", 1, 10 * SECOND, FIELD(cache.redis_timeout_ms),
     .help = {"An answer that takes longer counts as none, and Redis is left alone for a while.", "超过此时间未应答即视为没有结果，并暂停使用 Redis 一段时间。"}},
    {"cache", "redis_keep", SETTING_DURATION, "24h", SECOND, 1000 * HOUR, FIELD(cache.redis_keep_ms),
     .help = {"How long Redis keeps a value.", "Redis 保存一个值的时间。"}},

    {"journal", "enabled", SETTING_BOOL, "true", FIELD(journal.enabled),
     .help = {"Write it, encrypted, into the data folder.", "将其加密写入数据目录。"}},
    {"journal", "content", SETTING_BOOL, "false", FIELD(journal.content),
     .help = {"Also write down the first 16 KB of what was sent: prompts and texts.", "同时记录所发送内容（提示与文本）的前 16 KB。"}},
    {"journal", "keep", SETTING_INT, "30", 0, 36500, FIELD(journal.keep_days),
     .help = {"Days that it is kept; 0: for ever.", "保留天数；0 表示永久。"}},
    {"journal", "size", SETTING_SIZE, "64M", 0, 1024 * GB, FIELD(journal.size),
     .help = {"Most disk space; the oldest goes first; 0: any.", "磁盘空间上限，超出时先删除最早的部分；0 表示不限。"}},
    {"journal", "flush", SETTING_DURATION, "1s", 10, 60 * SECOND, FIELD(journal.flush_ms),
     .help = {"How much of the newest a crash or a power cut may take.", "崩溃或断电时最多丢失多长时间的最新记录。"}},

    {"kb", "roots", SETTING_LIST, "", FIELD(kb.roots),
     .help = {"Folders below which files of this machine may be added; empty: the home folder of who runs the server.",
              "允许添加其中文件的目录；留空则为运行服务的用户的主目录。"}},
    {"kb", "file_bytes", SETTING_SIZE, "64M", 1 * KB, 1 * GB, FIELD(kb.file_bytes),
     .help = {"A larger file is not read, and named.", "超过此大小的文件不读取，并会列出。"}},
    {"kb", "text_bytes", SETTING_SIZE, "64M", 1 * KB, 1 * GB, FIELD(kb.text_bytes),
     .help = {"Text of one document, and what a packed one may unpack to.", "单个文档的文本大小，也是压缩文档可解压的上限。"}},
    {"kb", "reader_memory", SETTING_SIZE, "1G", 64 * MB, 64 * GB, FIELD(kb.reader_memory),
     .help = {"Memory of the confined process that reads a document.", "读取文档的受限进程可用的内存。"}},
    {"kb", "reader_time", SETTING_DURATION, "60s", SECOND, HOUR, FIELD(kb.reader_time_ms),
     .help = {"Time that it has for one.", "读取单个文档的时限。"}},
    {"kb", "folder_depth", SETTING_INT, "64", 1, 1000, FIELD(kb.folder_depth),
     .help = {"Folders within folders; what is deeper is passed over.", "目录嵌套层数；更深的内容会被跳过。"}},
    {"kb", "folder_entries", SETTING_INT, "1000000", 1, 100000000, FIELD(kb.folder_entries),
     .help = {"Files and folders of one path that is added.", "一次添加的路径所含文件与目录的数量上限。"}},
    {"kb", "workers", SETTING_INT, "0", 0, 64, FIELD(kb.workers),
     .help = {"Documents read at the same time; 0: one for each core.", "同时读取的文档数；0 表示每个核一个。"}},

    {"log", "level", SETTING_ENUM, "info", .names = level_names, FIELD(log.level),
     .help = {"The least important lines that are written.", "写出的最低日志级别。"}},
    {"log", "format", SETTING_ENUM, "text", .names = format_names, FIELD(log.format),
     .help = {"Text for people, or one JSON object a line.", "供人阅读的文本，或每行一个 JSON 对象。"}},

    {"api", "max_tokens_default", SETTING_INT, "0", 0, 1 << 20, FIELD(api.max_tokens_default),
     .help = {"Length of an answer whose request names none; 0: what the context leaves.", "请求未指定时的回答长度；0 表示用完剩余上下文。"}},
    {"api", "json_depth_max", SETTING_INT, "32", 8, 512, FIELD(api.json_depth_max),
     .help = {"Nesting of a request's JSON; above it 400.", "请求 JSON 的嵌套层数；超出返回 400。"}},
    {"api", "retry_after", SETTING_DURATION, "5s", 1000, HOUR, FIELD(api.retry_after_ms),
     .help = {"What a client is told to wait when the queue is full.", "队列已满时告知客户端的等待时间。"}},
};
/* clang-format on */
const size_t settings_count = sizeof settings / sizeof *settings;
_Static_assert(sizeof settings / sizeof *settings <= SETTINGS_MAX, "struct config remembers the origin of SETTINGS_MAX settings");

const struct setting *setting_in(struct str section, struct str key)
{
    for (size_t i = 0; i < settings_count; i++)
        if (str_eq(section, str_of(settings[i].section)) && str_eq(key, str_of(settings[i].key)))
            return &settings[i];
    return NULL;
}

const struct setting *setting_find(struct str dotted)
{
    ptrdiff_t dot = str_chr(dotted, '.');
    return dot < 0 ? NULL : setting_in(str_head(dotted, (size_t)dot), str_skip(dotted, (size_t)dot + 1));
}
