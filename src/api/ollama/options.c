/* "options": how an answer is sampled, and what Ollama's runner is told about the machine. */
#include "api/ollama/ollama.h"

#define AT(member) offsetof(struct ollama_request, api.member)

enum { LAST_N_MAX = 65536 };

/* -1 and -2 are Ollama's words for "as long as it takes" and "until the context is full", which are the same here. */
static int read_num_predict(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_request *r = target;
    json_int_t n = json_integer_value(v);
    if (!json_is_integer(v) || n < -2 || n == 0 || n > INT32_MAX)
        return field_wrong(fr, f->name, f->type, v);
    r->gen.max_tokens = n > 0 ? (uint32_t)n : 0;
    return OK;
}

/* -1: the whole context. */
static int read_repeat_last_n(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_request *r = target;
    json_int_t n = json_integer_value(v);
    if (!json_is_integer(v) || n < -1 || n > LAST_N_MAX)
        return field_wrong(fr, f->name, f->type, v);
    r->gen.sampling.repeat_last_n = n < 0 ? LAST_N_MAX : (uint32_t)n;
    return OK;
}

/* Kinds of sampling that there are none of here: only the value that switches them off. */
static int read_off(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    (void)target;
    if (json_is_number(v) && json_number_value(v) >= f->min && json_number_value(v) <= f->max)
        return OK;
    return field_unsupported(fr, f->name, "this kind of sampling is not there; leave it out");
}

#define SAMPLING(field, k, lo, hi, text)                                                                           \
    {                                                                                                              \
        .name = #field, .kind = FIELD_##k, .min = (lo), .max = (hi), .at = AT(gen.sampling.field), .about = (text) \
    }
#define IGNORED(field, text)                                   \
    {                                                          \
        .name = #field, .kind = FIELD_IGNORED, .about = (text) \
    }

/* clang-format off */
const struct field ollama_option_fields[] = {
    SAMPLING(temperature, F32, 0, 2, "0 takes the likeliest token always; higher is livelier"),
    SAMPLING(top_k, U32, 0, INT32_MAX, "choose among the k likeliest tokens; 0: off"),
    SAMPLING(top_p, F32, 0, 1, "choose among the likeliest tokens that together have this probability; 1: off"),
    SAMPLING(min_p, F32, 0, 1, "leave out tokens less likely than this share of the likeliest one; 0: off"),
    SAMPLING(repeat_penalty, F32, 0.01, 10, "divides the score of recent tokens; 1: off"),
    {.name = "repeat_last_n", .kind = FIELD_OTHER, .read = read_repeat_last_n, .type = "an integer from -1 to 65536", .about = "how many tokens count as recent; -1: as many as possible"},
    SAMPLING(presence_penalty, F32, -2, 2, "against tokens that were generated already"),
    SAMPLING(frequency_penalty, F32, -2, 2, "against tokens, for each time they were generated"),
    {.name = "seed", .kind = FIELD_OTHER, .read = api_read_seed, .type = "an integer", .about = "the same seed, request and model give the same answer"},
    {.name = "num_predict", .kind = FIELD_OTHER, .read = read_num_predict, .type = "an integer: -2, -1 or more than 0", .about = "the most tokens of the answer; -1, -2: what the context leaves"},
    {.name = "stop", .kind = FIELD_OTHER, .read = api_read_stop, .type = "a string or an array of strings", .about = "texts that end an answer; they are not part of it"},
    {.name = "typical_p", .kind = FIELD_OTHER, .read = read_off, .min = 1, .max = 1, .type = "a number", .about = "only 1, which is off"},
    {.name = "tfs_z", .kind = FIELD_OTHER, .read = read_off, .min = 1, .max = 1, .type = "a number", .about = "only 1, which is off"},
    {.name = "mirostat", .kind = FIELD_OTHER, .read = read_off, .min = 0, .max = 0, .type = "an integer", .about = "only 0, which is off"},
    IGNORED(mirostat_tau, "of mirostat"),
    IGNORED(mirostat_eta, "of mirostat"),
    IGNORED(penalize_newline, "newlines are tokens like others"),
    IGNORED(num_ctx, "the context is chosen when a model is loaded, by the server's settings"),
    IGNORED(num_keep, "texts are never cut to fit: what does not fit is refused"),
    IGNORED(num_batch, "the server's settings say it"),
    IGNORED(num_thread, "the server's settings say it"),
    IGNORED(num_gpu, "models run on the processor"),
    IGNORED(main_gpu, "models run on the processor"),
    IGNORED(low_vram, "models run on the processor"),
    IGNORED(numa, "the server's settings say it"),
    IGNORED(use_mmap, "model files are always mapped"),
    IGNORED(use_mlock, "model files are never locked into memory"),
    IGNORED(vocab_only, "models are loaded whole"),
    IGNORED(f16_kv, "the server's settings say it"),
};
/* clang-format on */
const size_t ollama_n_option_fields = sizeof ollama_option_fields / sizeof *ollama_option_fields;

int ollama_read_options(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    if (!json_is_object(v))
        return field_wrong(fr, f->name, f->type, v);
    return fields_read(fr, ollama_option_fields, ollama_n_option_fields, "options.", v, target);
}
