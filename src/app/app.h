/* One run of the program: what was asked on the command line, the configuration, and where output goes. */
#ifndef APP_APP_H
#define APP_APP_H

#include <stdio.h>

#include "app/config.h"
#include "app/options.h"
#include "base/log.h"
#include "sys/cpu.h"

enum exit_code { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_INTERRUPTED = 130 };

struct verb;

struct app {
    enum lang lang;
    struct config config;
    struct args args;
    const struct verb *verb;
    const char *data_dir, *models_dir; /* models_dir is absolute; both live in config.arena or argv */
    const char *store_dir, *key_file;  /* absolute; as above */
    bool out_tty, err_tty, out_color, err_color;
    const struct clock *clock;
    struct log log;
};

/* "hearth: sentence" on standard error; returns EXIT_FAILED, so that `return complain(…)` reads well. */
int complain(const struct app *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The whole program. */
int app_main(int argc, char **argv, const char *const *env);

/* The kernel level of this machine, lowered by engine.cpu. */
int app_cpu(const struct app *a, struct cpu_info *ret_info, enum cpu_level *ret, struct err *e);
/* engine.threads, or one for each core. */
int app_threads(const struct app *a);

/* The verbs; each returns an exit code. */
int verb_serve(struct app *a);
int verb_chat(struct app *a);
int verb_ask(struct app *a);
int verb_run(struct app *a);
int verb_list(struct app *a);
int verb_pull(struct app *a);
int verb_rm(struct app *a);
int verb_show(struct app *a);
int verb_tokenize(struct app *a);
int verb_quantize(struct app *a);
int verb_convert(struct app *a);
int verb_eval(struct app *a);
int verb_bench(struct app *a);
int verb_key(struct app *a);
int verb_keys(struct app *a);
int verb_open(struct app *a);
int verb_backup(struct app *a);
int verb_restore(struct app *a);
int verb_export(struct app *a);
int verb_import(struct app *a);
int verb_log(struct app *a);
int verb_kb(struct app *a);
int verb_erase(struct app *a);
int verb_config(struct app *a);
int verb_completion(struct app *a);
int verb_man(struct app *a);
int verb_version(struct app *a);
int verb_help(struct app *a);

#endif
