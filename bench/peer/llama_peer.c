/* llama.cpp, measured as `hearth bench` measures itself, through the C functions of the shared library that the npm package
 * @node-llama-cpp/linux-x64 carries: no JavaScript stands between, which favours the peer.
 *
 *   llama_peer LIBRARIES MODEL [--threads N] [--prompt N] [--gen N] [--batch 1,16] [--depth N] [--isa haswell|icelake|…]
 *
 * Prints one JSON object. Its header is not at hand, so parameter blocks are passed as larger ones: both are given on the
 * stack (System V ABI, class MEMORY), and the callee reads the front of it. The few fields that are set are found by their
 * documented defaults, and the program stops when these are not where they should be. */
#include <dirent.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct block { /* larger than any parameter block */
    union {
        unsigned char bytes[1024];
        int32_t i32[256];
    } u;
};
struct batch {
    int32_t n_tokens;
    int32_t *token;
    float *embd;
    int32_t *pos, *n_seq_id, **seq_id;
    int8_t *logits;
};

static struct {
    void (*backend_init)(void);
    void *(*backend_load)(const char *path);
    struct block (*model_defaults)(void);
    struct block (*context_defaults)(void);
    void *(*model_load)(const char *path, struct block params);
    void *(*context_new)(void *model, struct block params);
    void (*context_free)(void *ctx);
    struct batch (*batch_new)(int32_t n, int32_t embd, int32_t n_seq);
    int32_t (*decode)(void *ctx, struct batch b);
    float *(*logits)(void *ctx, int32_t i);
    void *(*memory)(void *ctx);
    void (*memory_clear)(void *memory, bool data);
    const void *(*vocab)(const void *model);
    int32_t (*n_vocab)(const void *vocab);
    void (*log_set)(void (*fn)(int level, const char *text, void *ctx), void *ctx);
} llama;

static struct {
    const char *libraries, *model, *isa;
    int threads, n_prompt, n_gen, depth;
    const char *batches;
} args = {.isa = NULL, .threads = 2, .n_prompt = 512, .n_gen = 64, .batches = "1"};

enum { N_CTX, N_BATCH, N_UBATCH, N_SEQ, N_THREADS = 7, N_THREADS_BATCH }; /* the context block begins with these, in version 0.5 */

static void die(const char *what)
{
    fprintf(stderr, "llama_peer: %s\n", what);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void *open_library(const char *stem)
{
    struct dirent *entry;
    void *found = NULL;
    DIR *dir = opendir(args.libraries);
    while (dir && !found && (entry = readdir(dir))) {
        char path[4096];
        if (strncmp(entry->d_name, stem, strlen(stem)) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", args.libraries, entry->d_name);
        found = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
        if (!found)
            fprintf(stderr, "%s\n", dlerror());
    }
    if (dir)
        closedir(dir);
    if (!found)
        die("the folder of libraries lacks one of libggml-base, libggml, libllama");
    return found;
}

static void bind(void *library, const char *name, void *at)
{
    void *symbol = dlsym(library, name);
    if (!symbol)
        die(name);
    memcpy(at, &symbol, sizeof symbol);
}

static void quiet(int level, const char *text, void *ctx)
{
    (void)level, (void)text, (void)ctx;
}

static void open_libraries(void)
{
    open_library("libggml-base");
    void *ggml = open_library("libggml.");
    void *l = open_library("libllama.");
    bind(ggml, "ggml_backend_load", &llama.backend_load);
    const struct {
        const char *name;
        void *at;
    } names[] = {
        {"llama_backend_init", &llama.backend_init},
        {"llama_model_default_params", &llama.model_defaults},
        {"llama_context_default_params", &llama.context_defaults},
        {"llama_model_load_from_file", &llama.model_load},
        {"llama_init_from_model", &llama.context_new},
        {"llama_free", &llama.context_free},
        {"llama_batch_init", &llama.batch_new},
        {"llama_decode", &llama.decode},
        {"llama_get_logits_ith", &llama.logits},
        {"llama_get_memory", &llama.memory},
        {"llama_memory_clear", &llama.memory_clear},
        {"llama_model_get_vocab", &llama.vocab},
        {"llama_vocab_n_tokens", &llama.n_vocab},
        {"llama_log_set", &llama.log_set},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        bind(l, names[i].name, names[i].at);
    char path[4096];
    snprintf(path, sizeof path, "%s/libggml-cpu-%s.so", args.libraries, args.isa);
    if (!llama.backend_load(path))
        die("the library of that instruction set cannot be loaded here");
    llama.log_set(quiet, NULL);
    llama.backend_init();
}

static int32_t vocab_size;

static int32_t draw(void)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (int32_t)(state % (uint64_t)vocab_size);
}

static void *make_context(void *model, int32_t n_ctx, int32_t n_seq)
{
    struct block p = llama.context_defaults();
    if (p.u.i32[N_CTX] != 512 || p.u.i32[N_BATCH] != 2048 || p.u.i32[N_UBATCH] != 512 || p.u.i32[N_SEQ] != 1 || p.u.i32[N_THREADS] != 4 ||
        p.u.i32[N_THREADS_BATCH] != 4)
        die("this version's context parameters are unknown");
    p.u.i32[N_CTX] = n_ctx * n_seq;
    p.u.i32[N_SEQ] = n_seq;
    p.u.i32[N_THREADS] = p.u.i32[N_THREADS_BATCH] = args.threads;
    void *ctx = llama.context_new(model, p);
    if (!ctx)
        die("no context");
    return ctx;
}

/* n tokens at `pos` of one sequence; only the last one's logits. */
static void read_prompt(void *ctx, struct batch b, int seq, int32_t pos, int n)
{
    while (n > 0) {
        b.n_tokens = n < 512 ? n : 512;
        for (int i = 0; i < b.n_tokens; i++) {
            b.token[i] = draw();
            b.pos[i] = pos++;
            b.n_seq_id[i] = 1;
            b.seq_id[i][0] = seq;
            b.logits[i] = i == b.n_tokens - 1;
        }
        if (llama.decode(ctx, b))
            die("decode failed");
        n -= b.n_tokens;
    }
}

static int32_t best(const float *logits)
{
    int32_t at = 0;
    for (int32_t i = 1; i < vocab_size; i++)
        if (logits[i] > logits[at])
            at = i;
    return at;
}

static double measure_decode(void *model, int n_seq)
{
    int32_t depth = args.depth > 16 ? args.depth : 16;
    void *ctx = make_context(model, depth + args.n_gen + 32, n_seq);
    struct batch b = llama.batch_new(512, 0, 1);
    for (int s = 0; s < n_seq; s++)
        read_prompt(ctx, b, s, 0, depth);
    double begin = 0;
    int32_t next[256];
    for (int s = 0; s < n_seq; s++)
        next[s] = draw();
    for (int step = 0; step < args.n_gen; step++) {
        if (step == 1)
            begin = now();
        b.n_tokens = n_seq;
        for (int s = 0; s < n_seq; s++) {
            b.token[s] = next[s];
            b.pos[s] = depth + step;
            b.n_seq_id[s] = 1;
            b.seq_id[s][0] = s;
            b.logits[s] = 1;
        }
        if (llama.decode(ctx, b))
            die("decode failed");
        for (int s = 0; s < n_seq; s++)
            next[s] = best(llama.logits(ctx, s));
    }
    double rate = n_seq * (args.n_gen - 1) / (now() - begin);
    llama.context_free(ctx);
    return rate;
}

static double measure_prefill(void *model)
{
    void *ctx = make_context(model, args.n_prompt + 64, 1);
    struct batch b = llama.batch_new(512, 0, 1);
    read_prompt(ctx, b, 0, 0, 16);
    llama.memory_clear(llama.memory(ctx), true);
    double begin = now();
    read_prompt(ctx, b, 0, 0, args.n_prompt);
    llama.logits(ctx, -1);
    double rate = args.n_prompt / (now() - begin);
    llama.context_free(ctx);
    return rate;
}

static void print_memory(void)
{
    static const char *const keys[] = {"VmHWM", "VmRSS", "RssAnon", "RssFile"};
    char line[256];
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        for (size_t i = 0; i < 4; i++) {
            size_t n = strlen(keys[i]);
            if (!strncmp(line, keys[i], n) && line[n] == ':')
                printf(",\"%s_kb\":%ld", keys[i], strtol(line + n + 1, NULL, 10));
        }
    if (f)
        fclose(f);
}

static void parse(int argc, char **argv)
{
    if (argc < 3)
        die("usage: llama_peer LIBRARIES MODEL [--threads N] [--prompt N] [--gen N] [--batch LIST] [--depth N] [--isa NAME]");
    args.libraries = argv[1];
    args.model = argv[2];
    args.isa = "sapphirerapids";
    for (int i = 3; i + 1 < argc; i += 2) {
        const char *name = argv[i], *value = argv[i + 1];
        int *number = !strcmp(name, "--threads")  ? &args.threads
                      : !strcmp(name, "--prompt") ? &args.n_prompt
                      : !strcmp(name, "--gen")    ? &args.n_gen
                      : !strcmp(name, "--depth")  ? &args.depth
                                                  : NULL;
        if (number)
            *number = (int)strtol(value, NULL, 10);
        else if (!strcmp(name, "--isa"))
            args.isa = value;
        else if (!strcmp(name, "--batch"))
            args.batches = value;
    }
}

int main(int argc, char **argv)
{
    parse(argc, argv);
    open_libraries();
    double begin = now();
    void *model = llama.model_load(args.model, llama.model_defaults());
    if (!model)
        die("the model cannot be loaded");
    double loaded = now() - begin;
    vocab_size = llama.n_vocab(llama.vocab(model));
    printf("{\"load_ms\":%.1f", loaded * 1e3);
    if (args.n_prompt)
        printf(",\"prefill_tokens_per_s\":%.2f", measure_prefill(model));
    printf(",\"batches\":[");
    const char *list = args.batches, *comma = "";
    while (*list) {
        char *end;
        long n = strtol(list, &end, 10);
        if (end == list || n < 1 || n > 256)
            break;
        printf("%s{\"batch\":%ld,\"decode_tokens_per_s\":%.2f}", comma, n, measure_decode(model, (int)n));
        comma = ",";
        list = *end ? end + 1 : end;
    }
    printf("]");
    print_memory();
    printf("}\n");
    return 0;
}
