/* GET /api/models/suggested: well-known open models, for somebody who has none yet.
 *
 * All are of architectures that model/arch.c has, as one file. Sizes are what the hub listed when the table was written, and therefore
 * approximate ("bytes_approximate"): a repository may replace a file, and a pull goes by what the hub says then. Parameters and licences
 * are the authors'. The memory for a conversation is exact: layers × key-value heads × head size × 2 (K and V) × 2 bytes (F16) a token.
 *
 * Known of the speed is only a bound: decoding reads every weight once a token, so it is at most the memory's bandwidth divided by
 * the size. The bandwidth of this machine is not known here (measuring it takes seconds of all cores; hearth bench --memory does it), so
 * that tokens_per_s is a guess, and "tokens_per_s_measured" says so. */
#include "api/pulls.h"
#include "sys/cpu.h"
#include "sys/mem.h"

static const struct suggestion {
    const char *name, *title, *about_en, *about_zh, *params, *licence;
    uint64_t bytes;
    uint32_t kv_bytes_per_token; /* in F16 */
} suggestions[] = {
    {"Qwen/Qwen2.5-0.5B-Instruct-GGUF:Q4_K_M", "Qwen2.5 0.5B Instruct", "Very small and quick; simple questions, many languages",
     "极小而快；适合简单问题，支持多种语言", "0.5B", "Apache-2.0", 491400032, 12288},
    {"Qwen/Qwen3-0.6B-GGUF:Q8_0", "Qwen3 0.6B", "Small, thinks before it answers; many languages", "小巧，先思考再回答；支持多种语言",
     "0.6B", "Apache-2.0", 639446688, 114688},
    {"bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M", "Llama 3.2 1B Instruct", "Small; good English, short tasks",
     "小巧；英文较好，适合简短任务", "1.2B", "Llama 3.2", 807694464, 32768},
    {"Qwen/Qwen2.5-1.5B-Instruct-GGUF:Q4_K_M", "Qwen2.5 1.5B Instruct", "A good first model: quick, and useful in Chinese and English",
     "适合入门：速度快，中英文都实用", "1.5B", "Apache-2.0", 1117320736, 28672},
    {"Qwen/Qwen3-1.7B-GGUF:Q8_0", "Qwen3 1.7B", "Thinks before it answers; good for its size", "先思考再回答；同等大小中表现出色", "1.7B",
     "Apache-2.0", 1834426016, 114688},
    {"bartowski/Llama-3.2-3B-Instruct-GGUF:Q4_K_M", "Llama 3.2 3B Instruct", "Good English, longer texts", "英文好，可处理较长文本", "3.2B",
     "Llama 3.2", 2019377696, 114688},
    {"Qwen/Qwen3-4B-GGUF:Q4_K_M", "Qwen3 4B", "Capable, also in code and mathematics; many languages",
     "能力较强，也擅长代码与数学；支持多种语言", "4.0B", "Apache-2.0", 2497280256, 147456},
    {"bartowski/Qwen2.5-7B-Instruct-GGUF:Q4_K_M", "Qwen2.5 7B Instruct", "Strong all-rounder, for a machine with memory to spare",
     "综合能力强，适合内存充裕的机器", "7.6B", "Apache-2.0", 4683074240, 57344},
    {"Qwen/Qwen3-8B-GGUF:Q4_K_M", "Qwen3 8B", "The strongest here; wants 8 GB of memory for itself", "此处最强；需要约 8 GB 内存", "8.2B",
     "Apache-2.0", 5027783488, 147456},
};

enum { CONTEXT = 4096, OVERHEAD_BYTES = 200 << 20 };

/* Bytes a second that are read from memory: assumed, not measured. A core of today's laptops and servers alone seldom reads less than
 * GUESS_CORE_BPS, and few ordinary desktops read more than GUESS_CORES times that with all of theirs. */
#define GUESS_CORE_BPS 9e9
#define GUESS_CORES    4
#define GUESS_SHARE    0.8 /* of the bandwidth, that decoding uses */

static double guess_read_rate(void)
{
    struct cpu_info cpu;
    cpu_detect(&cpu);
    return GUESS_CORE_BPS * (cpu.n_physical < GUESS_CORES ? cpu.n_physical : GUESS_CORES);
}

static uint64_t memory_of(const struct suggestion *s)
{
    return s->bytes + (uint64_t)s->kv_bytes_per_token * CONTEXT + OVERHEAD_BYTES;
}

static void put_suggestion(struct json *j, const struct suggestion *s, uint64_t total, double rate)
{
    json_obj(j);
    json_kcstr(j, "name", s->name);
    json_kcstr(j, "title", s->title);
    json_kcstr(j, "about_en", s->about_en);
    json_kcstr(j, "about_zh", s->about_zh);
    json_kuint(j, "bytes", s->bytes);
    json_kbool(j, "bytes_approximate", true);
    json_kcstr(j, "params", s->params);
    json_kcstr(j, "licence", s->licence);
    json_kuint(j, "memory_bytes", memory_of(s));
    json_kbool(j, "fits", memory_of(s) <= total / 4 * 3); /* the rest is for everything else that runs */
    json_knum(j, "tokens_per_s", rate * GUESS_SHARE / (double)s->bytes, 1);
    json_kbool(j, "tokens_per_s_measured", false);
    json_obj_end(j);
}

void handle_suggested(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)a;
    (void)args;
    struct mem_info mem = {0};
    struct buf body = buf_make(API_ANSWER_BYTES_MAX);
    struct json j = json_to(&body);
    mem_info(&mem);
    double rate = guess_read_rate();
    json_obj(&j);
    json_key(&j, "models");
    json_arr(&j);
    for (size_t i = 0; i < sizeof suggestions / sizeof *suggestions; i++)
        put_suggestion(&j, &suggestions[i], mem.total, rate);
    json_arr_end(&j);
    json_obj_end(&j);
    respond_json(x, 200, &body);
    buf_free(&body);
}
