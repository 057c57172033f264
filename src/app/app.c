#include "app/app.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/paths.h"
#include "app/text.h"
#include "app/verbs.h"

int complain(const struct app *a, const char *fmt, ...)
{
    va_list ap;
    fprintf(stderr, "%shearth:%s ", a->err_color ? "\033[1;31m" : "", a->err_color ? "\033[0m" : "");
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    return EXIT_FAILED;
}

int app_cpu(const struct app *a, struct cpu_info *ret_info, enum cpu_level *ret, struct err *e)
{
    cpu_detect(ret_info);
    return cpu_choose(ret_info, config_cpu(&a->config), ret, e);
}

int app_threads(const struct app *a)
{
    struct cpu_info info;
    cpu_detect(&info);
    return a->config.engine.threads ? (int)a->config.engine.threads : info.n_physical;
}

static void look_at_terminal(struct app *a)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    bool color = !(no_color && *no_color) && !(term && !strcmp(term, "dumb"));
    a->out_tty = isatty(STDOUT_FILENO);
    a->err_tty = isatty(STDERR_FILENO);
    a->out_color = a->out_tty && color;
    a->err_color = a->err_tty && color;
}

/* The verb and its words and options. Options before the verb can only be global ones. */
static int read_arguments(struct app *a, int argc, char **argv, struct err *e)
{
    bool only_words = false;
    for (int i = 1; i < argc;) {
        const char *word = argv[i];
        if (!only_words && !strcmp(word, "--")) {
            only_words = true;
            i++;
        } else if (!only_words && word[0] == '-' && word[1]) {
            const struct option *const tables[] = {options_global, a->verb ? a->verb->options : NULL};
            int r = option_take(tables, a->verb ? 2 : 1, argv, argc, &i, &a->args, &a->config, e);
            if (r)
                return r;
        } else if (!a->verb) {
            i++;
            a->verb = verb_find(str_of(word));
            if (!a->verb) {
                complain_verb(a, word);
                return ERR_NOENT;
            }
        } else if (a->args.n_words == a->verb->words_max) {
            return err_set(e, ERR_INVAL, T(a->lang, WORDS_TOO_MANY), word, a->verb->name, a->verb->usage);
        } else {
            a->args.words[a->args.n_words++] = argv[i++];
        }
    }
    if (a->verb && !a->args.help && a->args.n_words < a->verb->words_min)
        return err_set(e, ERR_INVAL, T(a->lang, WORDS_TOO_FEW), a->verb->name, a->verb->usage);
    return OK;
}

static int read_configuration(struct app *a, const char *const *env, struct err *e)
{
    const char *file = NULL;
    int r = paths_data(a, env, e);
    if (!r)
        r = paths_config(a, env, &file, e);
    if (!r && file)
        r = config_read_file(&a->config, file, e);
    if (!r)
        r = config_read_env(&a->config, env, e);
    if (!r)
        r = paths_models(a, e);
    if (!r)
        r = paths_store(a, env, e);
    a->log =
        (struct log){(enum log_level)a->config.log.level, a->config.log.format == LOG_FORMAT_JSON, a->err_color, STDERR_FILENO, a->clock};
    return r;
}

static int dispatch(struct app *a, const char *const *env)
{
    struct err e = {0};
    if (a->args.help || (!a->verb && !a->args.version)) {
        help_print(a, a->verb, stdout);
        return EXIT_OK;
    }
    /* What needs no configuration must work when it is broken. */
    if (a->args.version || a->verb->run == verb_help)
        return a->args.version ? verb_version(a) : verb_help(a);
    if (read_configuration(a, env, &e)) {
        complain(a, "%s", e.text);
        return EXIT_USAGE;
    }
    return a->verb->run(a);
}

/* Output that did not reach its file must not look like success. A reader that has seen enough (`| head`) needs no words. */
static int close_output(const struct app *a, int code)
{
    errno = 0;
    if (!fflush(stdout) && !ferror(stdout))
        return code;
    if (code == EXIT_OK && errno != EPIPE)
        complain(a, "%s", T(a->lang, OUTPUT_FAILED));
    return code == EXIT_OK ? EXIT_FAILED : code;
}

int app_main(int argc, char **argv, const char *const *env)
{
    struct app a = {.lang = lang_detect(), .clock = &clock_system};
    struct err e = {0};
    signal(SIGPIPE, SIG_IGN);
    look_at_terminal(&a);
    args_init(&a.args);
    int code = EXIT_FAILED;
    if (config_init(&a.config, a.lang, &e)) {
        complain(&a, "%s", e.text);
        goto out;
    }
    code = EXIT_USAGE;
    if (read_arguments(&a, argc, argv, &e)) {
        if (e.text[0]) {
            complain(&a, "%s", e.text);
            fprintf(stderr, T(a.lang, SEE_HELP), a.verb ? " " : "", a.verb ? a.verb->name : "");
        }
        goto out;
    }
    code = close_output(&a, dispatch(&a, env));
out:
    config_deinit(&a.config);
    return code;
}
