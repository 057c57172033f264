/* --compare: another program measures the same file with the same threads, in turns with hearth.
 *
 *   llama-bench=PROGRAM   llama.cpp's own benchmark; it prints a list of tests as JSON
 *   node=FOLDER           llama.cpp's libraries as npm brings them (`npm ci` in bench/peer), driven by bench/peer/llama_peer, which stands
 *                         in the build folder beside hearth */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/bench/bench.h"
#include "app/text.h"

enum { WORDS_MAX = 24, NUMBER_CHARS = 24, OUTPUT_BYTES_MAX = 1 << 20 };

/* The library of the peer that uses the same instructions as a level. */
static const char *const isa_of[CPU_LEVEL_COUNT] = {
    [CPU_SCALAR] = "x64", [CPU_AVX2] = "haswell", [CPU_AVXVNNI] = "alderlake", [CPU_AVX512] = "icelake", [CPU_AMX] = "sapphirerapids",
};

struct command {
    const char *words[WORDS_MAX];
    size_t n;
    char numbers[4][NUMBER_CHARS], program[PATH_MAX], libraries[PATH_MAX], library_path[PATH_MAX + 32];
};

static void word(struct command *c, const char *w)
{
    if (c->n + 1 < WORDS_MAX)
        c->words[c->n++] = w;
}

static void option(struct command *c, const char *name, size_t slot, int64_t value)
{
    snprintf(c->numbers[slot], NUMBER_CHARS, "%lld", (long long)value);
    word(c, name);
    word(c, c->numbers[slot]);
}

static int own_folder(char *ret, size_t cap)
{
    ssize_t n = readlink("/proc/self/exe", ret, cap - 1);
    if (n < 0)
        return ERR_IO;
    ret[n] = 0;
    char *slash = strrchr(ret, '/');
    if (slash)
        *slash = 0;
    return OK;
}

static int node_command(struct bench *b, const char *folder, struct command *c)
{
    static const char inside[] = "/node_modules/@node-llama-cpp/linux-x64/bins/linux-x64";
    char here[PATH_MAX];
    struct cpu_info info;
    enum cpu_level level;
    int r = own_folder(here, sizeof here);
    if (r || (r = app_cpu(b->app, &info, &level, &b->e)))
        return r;
    if ((size_t)snprintf(c->program, sizeof c->program, "%s/bench/peer/llama_peer", here) >= sizeof c->program ||
        (size_t)snprintf(c->libraries, sizeof c->libraries, "%s%s", folder, inside) >= sizeof c->libraries)
        return err_set(&b->e, ERR_LIMIT, "%s", err_text(ERR_LIMIT));
    snprintf(c->library_path, sizeof c->library_path, "LD_LIBRARY_PATH=%s", c->libraries);
    const struct args *args = &b->app->args;
    word(c, c->program);
    word(c, c->libraries);
    word(c, b->path);
    option(c, "--threads", 0, app_threads(b->app));
    option(c, "--prompt", 1, args->prompt);
    option(c, "--gen", 2, args->gen);
    word(c, "--batch");
    word(c, args->batch);
    word(c, "--isa");
    word(c, isa_of[level]);
    return OK;
}

static int llama_bench_command(struct bench *b, const char *program, struct command *c)
{
    const struct args *args = &b->app->args;
    word(c, program);
    word(c, "-m");
    word(c, b->path);
    option(c, "-t", 0, app_threads(b->app));
    option(c, "-p", 1, args->prompt);
    option(c, "-n", 2, args->gen);
    word(c, "-r");
    word(c, "1");
    word(c, "-o");
    word(c, "json");
    return OK;
}

/* Its standard output; what it says besides is not ours to show. */
static int run(struct bench *b, struct command *c, struct buf *out)
{
    int pipe_fd[2], status = 0;
    pid_t child;
    posix_spawn_file_actions_t actions;
    char *env[] = {c->library_path, NULL};
    if (pipe2(pipe_fd, O_CLOEXEC))
        return err_set(&b->e, ERR_IO, "no pipe: %s", strerror(errno));
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_fd[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    /* posix_spawn's type is that of main's argv; it changes nothing. */
    int r = posix_spawn(&child, c->words[0], &actions, NULL, (char *const *)(uintptr_t)c->words, c->library_path[0] ? env : environ);
    posix_spawn_file_actions_destroy(&actions);
    close(pipe_fd[1]);
    for (ssize_t n = 1; !r && n > 0;) {
        char piece[4096];
        n = read(pipe_fd[0], piece, sizeof piece);
        if (n > 0)
            buf_put(out, str_from(piece, (size_t)n));
        else if (n < 0 && errno == EINTR)
            n = 1;
    }
    close(pipe_fd[0]);
    while (!r && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (r || !WIFEXITED(status) || WEXITSTATUS(status) || out->failed)
        return err_set(&b->e, ERR_IO, T(b->app->lang, BENCH_PEER_FAILED), c->words[0], r ? strerror(r) : "");
    return OK;
}

static void add_theirs(struct bench *b, enum bench_kind kind, uint32_t depth, uint32_t batch, double value)
{
    for (size_t i = 0; i < b->n_rows; i++) {
        struct bench_row *row = &b->rows[i];
        bool same = row->kind == kind && (kind == BENCH_PREFILL || (row->depth == depth && row->batch == batch));
        if (same && row->n_theirs < b->rounds && value > 0)
            row->theirs[row->n_theirs++] = value;
    }
}

static double number_at(json_t *object, const char *key)
{
    json_t *v = json_object_get(object, key);
    return json_is_number(v) ? json_number_value(v) : 0;
}

static uint64_t kilobytes_at(json_t *object, const char *key)
{
    double kb = number_at(object, key);
    return kb > 0 ? (uint64_t)kb * 1024 : 0;
}

static void take_node(struct bench *b, json_t *answer)
{
    size_t i;
    json_t *row;
    add_theirs(b, BENCH_PREFILL, 0, 1, number_at(answer, "prefill_tokens_per_s"));
    json_array_foreach(json_object_get(answer, "batches"), i, row)
        add_theirs(b, BENCH_DECODE, 0, (uint32_t)number_at(row, "batch"), number_at(row, "decode_tokens_per_s"));
    b->peer_memory = (struct bench_memory){
        .resident = kilobytes_at(answer, "VmRSS_kb"),
        .anonymous = kilobytes_at(answer, "RssAnon_kb"),
        .mapped = kilobytes_at(answer, "RssFile_kb"),
        .peak = kilobytes_at(answer, "VmHWM_kb"),
    };
}

static void take_llama_bench(struct bench *b, json_t *answer)
{
    size_t i;
    json_t *row;
    json_array_foreach(answer, i, row)
        add_theirs(b, number_at(row, "n_prompt") > 0 ? BENCH_PREFILL : BENCH_DECODE, 0, 1, number_at(row, "avg_ts"));
}

static const struct peer {
    struct str name;
    int (*command)(struct bench *b, const char *where, struct command *c);
    void (*take)(struct bench *b, json_t *answer);
} peers[] = {
    {{"node=", 5}, node_command, take_node},
    {{"llama-bench=", 12}, llama_bench_command, take_llama_bench},
};

int bench_peer(struct bench *b)
{
    const char *spec = b->app->args.compare;
    const struct peer *p = NULL;
    for (size_t i = 0; i < sizeof peers / sizeof *peers; i++)
        if (str_starts(str_of(spec), peers[i].name))
            p = &peers[i];
    if (!p)
        return err_set(&b->e, ERR_INVAL, T(b->app->lang, BENCH_PEER_WHAT), spec);
    struct command *c = calloc(1, sizeof *c);
    struct buf out = buf_make(OUTPUT_BYTES_MAX);
    int r = c ? p->command(b, spec + p->name.len, c) : err_set(&b->e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    if (!r)
        r = run(b, c, &out);
    json_t *answer = r ? NULL : json_loadb(out.ptr, out.len, 0, NULL);
    if (!r && !answer)
        r = err_set(&b->e, ERR_CORRUPT, T(b->app->lang, BENCH_PEER_FAILED), c->words[0], "JSON");
    if (!r)
        p->take(b, answer);
    json_decref(answer);
    buf_free(&out);
    free(c);
    return r;
}
