/* The command line by tables: a row of `struct option` is parsed, range-checked and documented from the same line. */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/config.h"
#include "app/lang.h"

enum { ARGS_WORDS_MAX = 64, ARGS_TEXTS_MAX = 16 };

/* Of an option that may be given again. */
struct texts {
    struct str items[ARGS_TEXTS_MAX];
    size_t n;
};

/* Values of all options of all verbs; a verb reads those that its table names. */
struct args {
    bool help, version, json, api, chat, raw, stats, docs, memory, first, no_special, parse_special, resume, yes, admin, follow, watch,
        verbose;
    const char *config, *data, *system, *batch, *depth, *compare, *server, *key, *new_passphrase_file, *expires;
    const char *revision, *sha256, *format, *tools, *tool_choice, *since, *collection;
    double temperature, top_p, min_p;
    int64_t max_tokens, seed, top_k, context, prompt, gen, repeat, limit, hits; /* seed: -1 draws one */
    struct texts stops, sets, files;
    const char *words[ARGS_WORDS_MAX]; /* what is not an option, after the verb */
    size_t n_words;
};

enum option_kind {
    OPTION_FLAG,    /* bool */
    OPTION_TEXT,    /* const char * */
    OPTION_TEXTS,   /* struct texts */
    OPTION_INT,     /* int64_t */
    OPTION_NUMBER,  /* double */
    OPTION_SETTING, /* another name of a setting */
};

struct option {
    const char *name, *value; /* "port", and "N" for the help; NULL for a flag */
    enum option_kind kind;
    size_t offset; /* in struct args */
    double min, max;
    const char *setting;
    struct bilingual help;
};

/* Tables end with a row whose name is NULL. */
extern const struct option options_global[];

void args_init(struct args *a);

/* Takes the option at argv[*i] (and its value) by the tables, or as --section.key=value, and leaves *i at the next word. */
int option_take(const struct option *const *tables, size_t n_tables, char **argv, int argc, int *i, struct args *args,
                struct config *config, struct err *e);

#endif
