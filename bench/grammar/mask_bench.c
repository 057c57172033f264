/* How long masks take: mask_bench VOCAB.gguf. A text of each grammar is followed token by token, first with nothing kept, then again. Then
 * tokens are sampled from random logits, with the grammar and without: what the difference is to the time of a decode step is the
 * loss of tokens a second. (bench/grammar/run measures that loss itself, on a machine that is quiet enough for it.) */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "engine/grammar/grammar.h"
#include "engine/sample.h"
#include "sys/cpu.h"

enum { TOKENS_MAX = 4096, SAMPLED = 200 };

static int by_time(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double now_us(void)
{
    return (double)clock_ns(&clock_system) * 1e-3;
}

/* One pass over the text; returns how many tokens were followed. */
static size_t follow(struct grammar_matcher *m, const struct tokens *text, uint64_t *mask, double *mask_us, double *accept_us)
{
    struct grammar_state *s = NULL;
    size_t n = 0;
    if (grammar_state_create(m, &s))
        return 0;
    for (; n < text->len && n < TOKENS_MAX; n++) {
        bool any;
        double start = now_us();
        if (grammar_mask(s, mask, &any) || !any)
            break;
        double middle = now_us();
        mask_us[n] = middle - start;
        if (grammar_accept(s, text->ptr[n])) {
            printf("  token %zu of the text is refused\n", n);
            break;
        }
        accept_us[n] = now_us() - middle;
    }
    grammar_state_free(s);
    return n;
}

static void report(const char *what, double *us, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += us[i];
    qsort(us, n, sizeof *us, by_time);
    printf("  %-14s %4zu tokens: median %7.1f µs, mean %8.1f, 99 %% %8.1f, most %8.1f\n", what, n, n ? us[n / 2] : 0,
           n ? sum / (double)n : 0, n ? us[n * 99 / 100] : 0, n ? us[n - 1] : 0);
}

static bool asks(void *ctx, uint32_t token)
{
    return grammar_allows(ctx, token);
}

/* As the engine does (engine/constrain.c). */
static int sample(const struct kernels *kn, struct sample_in *in, struct sample_scratch *scratch, struct grammar_state *s, uint64_t *mask)
{
    struct sample_out out;
    bool any;
    in->allowed = NULL;
    in->asks = s ? asks : NULL;
    in->asks_ctx = s;
    int rc = sample_token(kn, in, scratch, &out);
    if (rc == ERR_AGAIN && !(rc = grammar_mask(s, mask, &any))) {
        in->allowed = mask;
        rc = sample_token(kn, in, scratch, &out);
    }
    return rc || !s ? rc : grammar_accept(s, out.token);
}

/* New logits for each token, always the same ones. Ends with the text. */
static size_t sample_all(const struct kernels *kn, struct sample_in *in, float *logits, struct grammar_matcher *m, uint64_t *mask,
                         double *us)
{
    struct grammar_state *s = NULL;
    struct sample_scratch *scratch = NULL;
    size_t n = 0;
    rng_seed(in->rng, 1);
    if ((m && grammar_state_create(m, &s)) || sample_scratch_create(in->n_vocab, &scratch))
        return 0;
    for (; n < SAMPLED && !(s && grammar_must_end(s)); n++) {
        for (uint32_t i = 0; i < in->n_vocab; i++)
            logits[i] = 10 * (float)(rng_f64(in->rng) + rng_f64(in->rng) + rng_f64(in->rng));
        double start = now_us();
        if (sample(kn, in, scratch, s, mask))
            break;
        us[n] = now_us() - start;
    }
    grammar_state_free(s);
    sample_scratch_free(scratch);
    return n;
}

static void measure_sampling(const struct grammar *g, const struct grammar_vocab *gv, uint32_t n_vocab, uint64_t *mask)
{
    static double us[SAMPLED];
    struct gen_sampling plain = {.temperature = 1, .top_p = 1, .repeat_penalty = 1};
    const struct gen_sampling *const ways[] = {&gen_sampling_default, &plain};
    struct cpu_info cpu;
    cpu_detect(&cpu);
    const struct kernels *kn = kernels_for(cpu.level);
    float *logits = calloc(n_vocab, sizeof *logits);
    for (int way = 0; logits && way < 2; way++) {
        struct rng rng;
        struct sample_in in = {.logits = logits, .n_vocab = n_vocab, .sampling = ways[way], .rng = &rng};
        struct grammar_matcher *m = NULL;
        if (grammar_matcher_create(g, gv, &m))
            break;
        printf(way ? "  the whole vocabulary at temperature 1\n" : "  as by default\n");
        report("anything", us, sample_all(kn, &in, logits, NULL, mask, us));
        report("first", us, sample_all(kn, &in, logits, m, mask, us));
        report("again", us, sample_all(kn, &in, logits, m, mask, us));
        grammar_matcher_free(m);
    }
    free(logits);
}

static void measure(const struct vocab *v, const struct grammar_vocab *gv, const char *name, enum gen_format f, const char *source,
                    const char *text)
{
    static double mask_us[TOKENS_MAX], accept_us[TOKENS_MAX];
    struct grammar *g = NULL;
    struct grammar_matcher *m = NULL;
    struct err e;
    struct tokens t = tokens_make(TOKENS_MAX);
    uint64_t *mask = calloc(grammar_vocab_words(gv), sizeof *mask);
    double start = now_us();
    if (!mask || grammar_compile(f, str_of(source), NULL, &g, &e) || grammar_matcher_create(g, gv, &m) ||
        vocab_encode(v, str_of(text), (struct vocab_encode_options){0}, &t)) {
        printf("%s: %s\n", name, e.text);
        exit(1);
    }
    printf("%s: compiled in %.0f µs\n", name, now_us() - start);
    for (int pass = 0; pass < 2; pass++) {
        size_t n = follow(m, &t, mask, mask_us, accept_us);
        report(pass ? "masks, again" : "masks, first", mask_us, n);
        if (pass)
            report("accepting", accept_us, n);
    }
    measure_sampling(g, gv, vocab_size(v), mask);
    free(mask);
    tokens_free(&t);
    grammar_matcher_free(m);
    grammar_free(g);
}

int main(int argc, char **argv)
{
    struct gguf *file = NULL;
    struct vocab *v = NULL;
    struct grammar_vocab *gv = NULL;
    struct err e;
    if (argc < 2 || gguf_open(argv[1], &file, &e) || vocab_create(file, &v, &e)) {
        fprintf(stderr, "mask_bench VOCAB.gguf: %s\n", argc < 2 ? "no file" : e.text);
        return 1;
    }
    double start = now_us();
    if (grammar_vocab_create(v, &gv))
        return 1;
    printf("%u tokens, prepared in %.1f ms\n", vocab_size(v), (now_us() - start) * 1e-3);
    static const char object[] =
        "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},\"age\":{\"type\":\"integer\",\"minimum\":0,"
        "\"maximum\":150},\"email\":{\"type\":\"string\",\"format\":\"email\"},\"bio\":{\"type\":\"string\",\"maxLength\":500},"
        "\"tags\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}},\"required\":[\"name\",\"age\",\"email\",\"bio\",\"tags\"]}";
    static const char text[] = "{\"name\": \"Ada Lovelace\", \"age\": 36, \"email\": \"ada@example.org\", \"bio\": \"Mathematician who "
                               "wrote the first programme for the "
                               "analytical engine, and saw that it might act upon other things than number: \\\"the engine weaves "
                               "algebraical patterns just as the "
                               "Jacquard loom weaves flowers and leaves\\\". 她写下了第一个程序。\", \"tags\": [\"mathematics\", "
                               "\"computing\", \"poetry\", \"history\"]}";
    measure(v, gv, "schema", GEN_FORMAT_SCHEMA, object, text);
    measure(v, gv, "json object", GEN_FORMAT_JSON, "", text);
    measure(v, gv, "expression", GEN_FORMAT_REGEX, "([A-Z][a-z]+ ?){1,40}",
            "The Quick Brown Fox Jumps Over The Lazy Dog And Then Some More");
    measure(v, gv, "gbnf", GEN_FORMAT_GBNF, "root ::= item (\", \" item)*\nitem ::= [a-z]+ (\" \" [a-z]+)*",
            "apples, ripe pears, some plums, grapes, more apples, very ripe pears");
    grammar_vocab_free(gv);
    vocab_free(v);
    gguf_close(file);
    return 0;
}
