/* hearth run: one request to a worker of our own, its text to standard output as it comes. */
#include <errno.h>
#include <unistd.h>

#include "app/interrupt.h"
#include "app/paths.h"
#include "app/session.h"
#include "app/term.h"
#include "app/text.h"
#include "app/verb/run_tools.h"
#include "base/utf8.h"

struct run {
    struct app *app;
    struct worker_client *worker;
    struct buf input; /* standard input, when the prompt came from there */
    struct gen_message messages[2];
    struct run_tools tools;
    struct gen_event done;
    bool cancel_sent, ended, wrote, newline; /* newline: the last byte written was one */
    int code;
};

static bool as_chat(const struct app *a, const struct gen_loaded *info)
{
    return a->args.chat || a->args.tools || (!a->args.raw && info->chat_format.len);
}

static void fill_request(struct run *run, struct gen_request *r, struct str prompt, bool chat)
{
    const struct args *args = &run->app->args;
    gen_request_init(r, chat ? GEN_CHAT : GEN_COMPLETE);
    r->id = 1;
    r->prompt = prompt;
    if (chat) {
        if (args->system)
            run->messages[r->n_messages++] = (struct gen_message){.role = GEN_ROLE_SYSTEM, .content = str_of(args->system)};
        run->messages[r->n_messages++] = (struct gen_message){.role = GEN_ROLE_USER, .content = prompt};
        r->messages = run->messages;
        r->prompt = (struct str){0};
        run_tools_apply(&run->tools, r);
    }
    r->max_tokens = (uint32_t)args->max_tokens;
    r->sampling.temperature = (float)args->temperature;
    r->sampling.top_k = (uint32_t)args->top_k;
    r->sampling.top_p = (float)args->top_p;
    r->sampling.min_p = (float)args->min_p;
    r->sampling.has_seed = args->seed >= 0;
    r->sampling.seed = args->seed >= 0 ? (uint64_t)args->seed : 0;
    r->stops = args->stops.items;
    r->n_stops = args->stops.n;
}

static void on_text(struct run *run, struct str text)
{
    write_text(stdout, text, run->app->out_tty);
    run->wrote |= text.len > 0;
    if (text.len)
        run->newline = text.ptr[text.len - 1] == '\n';
    if (!fflush(stdout))
        return;
    if (errno != EPIPE) /* else the reader has gone, which it knows: `hearth run … | head` */
        complain(run->app, "%s", T(run->app->lang, OUTPUT_FAILED));
    run->ended = true;
    run->code = EXIT_FAILED;
}

/* Thinking is for people who watch. */
static void on_reasoning(const struct run *run, struct str text)
{
    if (!run->app->err_tty)
        return;
    fputs(run->app->err_color ? "\033[2m" : "", stderr);
    write_text(stderr, text, true);
    fputs(run->app->err_color ? "\033[0m" : "", stderr);
}

/* A line for each call: its name, a space, its arguments. */
static void on_call(struct run *run, const struct gen_event *ev)
{
    if (ev->tool_call.name.len) {
        if (run->wrote && !run->newline)
            on_text(run, STR("\n"));
        on_text(run, ev->tool_call.name);
        on_text(run, STR(" "));
    }
    on_text(run, ev->tool_call.arguments);
}

static void on_event(struct run *run, const struct gen_event *ev)
{
    switch (ev->type) {
    case GEN_TEXT: on_text(run, ev->text.text); break;
    case GEN_REASONING: on_reasoning(run, ev->text.text); break;
    case GEN_TOOL_CALL: on_call(run, ev); break;
    case GEN_DONE:
        run->done = *ev;
        run->ended = true;
        break;
    case GEN_WARNING: complain(run->app, STR_FMT, STR_ARG(ev->warning.text)); break;
    case GEN_ERROR:
        run->code = complain(run->app, STR_FMT, STR_ARG(ev->error.message));
        run->ended = true;
        break;
    default: break;
    }
}

static void send_cancel(struct run *run)
{
    struct buf b = buf_make(64);
    if (!gen_put_cancel(&b, 1))
        worker_client_send(run->worker, buf_str(&b));
    buf_free(&b);
    run->cancel_sent = true;
}

static void follow(struct run *run)
{
    while (!run->ended) {
        struct gen_frame f;
        if (interrupted() && !run->cancel_sent)
            send_cancel(run);
        int r = worker_client_read(run->worker, &f);
        if (r == ERR_CANCELED)
            continue;
        if (r) {
            run->code = complain(run->app, "%s", err_text(r));
            return;
        }
        if (f.type == GEN_FRAME_EVENT)
            on_event(run, &f.event);
    }
}

static void print_stats(const struct run *run)
{
    const struct gen_usage *u = &run->done.done.usage;
    const struct gen_timings *t = &run->done.done.timings;
    double prefill = t->prefill_ms > 0 ? (u->prompt_tokens - u->cached_tokens) / ((double)t->prefill_ms * 1e-3) : 0;
    double decode = t->decode_ms > 0 && u->completion_tokens > 1 ? (u->completion_tokens - 1) / ((double)t->decode_ms * 1e-3) : 0;
    fprintf(stderr, "%s", run->app->err_color ? "\033[2m" : "");
    fprintf(stderr, T(run->app->lang, RUN_STATS), u->prompt_tokens, prefill, u->completion_tokens, decode);
    fprintf(stderr, "%s\n", run->app->err_color ? "\033[0m" : "");
}

static int ask(struct run *run, struct str prompt, bool chat)
{
    struct gen_request r;
    struct err e = {0};
    fill_request(run, &r, prompt, chat);
    if (session_send(run->worker, &r, &e))
        return complain(run->app, "%s", e.text);
    follow(run);
    if (!run->newline && !ferror(stdout))
        putchar('\n');
    fflush(stdout);
    if (interrupted())
        return EXIT_INTERRUPTED;
    if (run->code == EXIT_OK && (run->app->err_tty || run->app->args.stats))
        print_stats(run);
    return run->code;
}

int verb_run(struct app *a)
{
    struct run run = {.app = a};
    struct err e = {0};
    const char *path;
    const struct gen_loaded *info;
    int code = EXIT_FAILED;
    if (a->args.chat && a->args.raw) {
        complain(a, "%s", T(a->lang, CHAT_OR_RAW));
        return EXIT_USAGE;
    }
    if (a->args.tools && a->args.raw) {
        complain(a, "%s", T(a->lang, TOOLS_NOT_RAW));
        return EXIT_USAGE;
    }
    if ((a->args.tools && run_tools_read(a->args.tools, a->args.tool_choice, &run.tools, &e)) ||
        model_path(a, a->args.words[0], &path, &e) || (a->args.n_words < 2 && read_standard_input(a, &run.input, &e))) {
        complain(a, "%s", e.text);
        goto out;
    }
    struct str prompt = a->args.n_words > 1 ? str_of(a->args.words[1]) : buf_str(&run.input);
    size_t bad;
    if (!utf8_valid(prompt.ptr, prompt.len, &bad)) {
        complain(a, T(a->lang, PROMPT_NOT_UTF8), bad + 1);
        goto out;
    }
    struct gen_load load = session_load(a, path);
    load.sequences_max = 1;
    interrupt_watch();
    if (session_open(a, &load, &run.worker, &info, &e)) {
        code = interrupted() ? EXIT_INTERRUPTED : complain(a, "%s", e.text);
        goto out;
    }
    if (info->warning.len)
        complain(a, STR_FMT, STR_ARG(info->warning)); /* it goes on, as below */
    if (a->args.chat && !info->chat_format.len)
        complain(a, "%s", T(a->lang, CHAT_PLAIN)); /* a warning: it goes on */
    code = ask(&run, prompt, as_chat(a, info));
out:
    worker_client_close(run.worker);
    buf_free(&run.input);
    run_tools_deinit(&run.tools);
    return code;
}
