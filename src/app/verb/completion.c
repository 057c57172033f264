/* hearth completion SHELL: what Tab offers after `hearth`, as a script for bash, zsh or fish, made from the tables of verbs, options and
 * settings. */
#include <stdlib.h>

#include "app/text.h"
#include "app/verbs.h"

/* What stands in the place of a word or of an option's value. */
enum place { PLACE_NONE, PLACE_MODEL, PLACE_FILE, PLACE_DIR, PLACE_VERB, PLACE_SHELL, PLACE_NAMES };

struct value {
    enum place place;
    const char *const *names; /* of PLACE_NAMES */
};

static const char *const truths[] = {"true", "false", NULL};
static const char *const formats[] = {"json", "markdown", NULL};
static const char *const shells[] = {"bash", "zsh", "fish", NULL};

static struct value value_of_setting(const struct setting *s)
{
    if (s->kind == SETTING_ENUM)
        return (struct value){PLACE_NAMES, s->names};
    if (s->kind == SETTING_BOOL)
        return (struct value){PLACE_NAMES, truths};
    return (struct value){PLACE_NONE, NULL};
}

/* By the word that the help shows for it. */
static struct value value_of_option(const struct option *o)
{
    struct str word = str_of(o->value);
    if (str_starts(word, STR("FILE")))
        return (struct value){PLACE_FILE, NULL};
    if (str_starts(word, STR("DIR")))
        return (struct value){PLACE_DIR, NULL};
    if (str_starts(word, STR("NAME|FILE")))
        return (struct value){PLACE_MODEL, NULL};
    if (str_eq(word, STR("markdown|json")))
        return (struct value){PLACE_NAMES, formats};
    return o->setting ? value_of_setting(setting_find(str_of(o->setting))) : (struct value){PLACE_NONE, NULL};
}

static enum place place_of_verb(const struct verb *v)
{
    static const struct {
        const char *word;
        enum place place;
    } words[] = {{"MODEL", PLACE_MODEL}, {"VERB", PLACE_VERB}, {"bash", PLACE_SHELL}, {"FILE", PLACE_FILE}, {"IN ", PLACE_FILE}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(v->usage, words[i].word))
            return words[i].place;
    return PLACE_NONE;
}

/* Within single quotes of a shell. */
static void put_quoted(const char *text)
{
    for (; *text; text++)
        if (*text == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*text);
}

static void put_names(const char *const *names)
{
    for (; *names; names++)
        printf(" %s", *names);
}

static void put_verb_names(void)
{
    for (size_t i = 0; i < verbs_count; i++)
        printf(" %s", verbs[i].name);
}

/* ---- bash and zsh: one `case` of values for each option, one of words for each verb */

/* What a shell calls to offer these. */
struct dialect {
    const char *models, *files, *dirs, *names_begin, *names_end;
};

static void put_place(const struct dialect *d, struct value v)
{
    switch (v.place) {
    case PLACE_NONE: break;
    case PLACE_MODEL: fputs(d->models, stdout); break;
    case PLACE_FILE: fputs(d->files, stdout); break;
    case PLACE_DIR: fputs(d->dirs, stdout); break;
    default:
        fputs(d->names_begin, stdout);
        if (v.place == PLACE_VERB)
            put_verb_names();
        else
            put_names(v.place == PLACE_SHELL ? shells : v.names);
        fputs(d->names_end, stdout);
    }
}

static void put_option_values(const struct dialect *d, const struct option *o)
{
    for (; o->name; o++)
        if (o->kind != OPTION_FLAG) {
            printf("    --%s) ", o->name);
            put_place(d, value_of_option(o));
            puts(" return 0 ;;");
        }
}

/* An option that wants a value, and what that may be. A name that two verbs share stands for the same in both. */
static void put_values_function(const struct dialect *d, const char *name)
{
    printf("%s() {\n    case $1 in\n", name);
    put_option_values(d, options_global);
    for (size_t i = 0; i < verbs_count; i++)
        put_option_values(d, verbs[i].options);
    for (size_t i = 0; i < settings_count; i++) {
        printf("    --%s.%s) ", settings[i].section, settings[i].key);
        put_place(d, value_of_setting(&settings[i]));
        puts(" return 0 ;;");
    }
    puts("    esac\n    return 1\n}");
}

static void put_words_function(const struct dialect *d, const char *name)
{
    printf("%s() {\n    case $1 in\n", name);
    for (size_t i = 0; i < verbs_count; i++) {
        printf("    %s) ", verbs[i].name);
        put_place(d, (struct value){place_of_verb(&verbs[i]), NULL});
        puts(" ;;");
    }
    puts("    esac\n}");
}

static const char models_function[] =
    "_hearth_models() { hearth list --json 2>/dev/null | grep -o '\"name\":\"[^\"]*\"' | cut -d'\"' -f4; }\n";

static void put_bash_options(const struct option *o)
{
    for (; o->name; o++)
        printf(" --%s", o->name);
}

static void print_bash(enum lang lang)
{
    (void)lang; /* bash shows no descriptions */
    static const struct dialect d = {"COMPREPLY=($(compgen -W \"$(_hearth_models)\" -- \"$cur\") $(compgen -f -- \"$cur\"));",
                                     "COMPREPLY=($(compgen -f -- \"$cur\"));", "COMPREPLY=($(compgen -d -- \"$cur\"));",
                                     "COMPREPLY=($(compgen -W '", "' -- \"$cur\"));"};
    printf("# bash completion for hearth; written by `hearth completion bash`\n%s", models_function);
    put_values_function(&d, "_hearth_values");
    put_words_function(&d, "_hearth_words");
    puts("_hearth_options() {\n    case $1 in");
    for (size_t i = 0; i < verbs_count; i++) {
        printf("    %s) echo", verbs[i].name);
        put_bash_options(verbs[i].options);
        puts(" ;;");
    }
    fputs("    esac\n    echo", stdout);
    put_bash_options(options_global);
    fputs("\n}\n_hearth_settings='", stdout);
    for (size_t i = 0; i < settings_count; i++)
        printf("%s--%s.%s=", i ? " " : "", settings[i].section, settings[i].key);
    fputs("'\n"
          "_hearth() {\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb= i\n"
          "    COMPREPLY=()\n"
          "    # \"=\" is a word of its own\n"
          "    if [ \"$cur\" = = ]; then cur=; elif [ \"$prev\" = = ]; then prev=${COMP_WORDS[COMP_CWORD - 2]}; fi\n"
          "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "        case ${COMP_WORDS[i]} in\n"
          "        --*) [[ ${COMP_WORDS[i + 1]} = = ]] && ((i += 2)) ;;\n"
          "        *) verb=${COMP_WORDS[i]} && break ;;\n"
          "        esac\n"
          "    done\n"
          "    _hearth_values \"$prev\" && return\n"
          "    case $cur in\n"
          "    --*.*) COMPREPLY=($(compgen -W \"$_hearth_settings\" -- \"$cur\")) && compopt -o nospace ;;\n"
          "    -*) COMPREPLY=($(compgen -W \"$(_hearth_options \"$verb\")\" -- \"$cur\")) ;;\n"
          "    *) if [ -n \"$verb\" ]; then _hearth_words \"$verb\"; else COMPREPLY=($(compgen -W '",
          stdout);
    put_verb_names();
    puts("' -- \"$cur\")); fi ;;\n    esac\n}\ncomplete -o filenames -F _hearth hearth");
}

static void put_zsh_items(enum lang lang, const struct option *o)
{
    for (; o->name; o++) {
        printf(" '--%s:", o->name);
        put_quoted(say(lang, o->help));
        putchar('\'');
    }
}

static void print_zsh(enum lang lang)
{
    static const struct dialect d = {"compadd -- ${(f)\"$(_hearth_models)\"}; _files;", "_files;", "_files -/;", "compadd --", ";"};
    printf("#compdef hearth\n# zsh completion for hearth; written by `hearth completion zsh`\n%s", models_function);
    put_values_function(&d, "_hearth_values");
    put_words_function(&d, "_hearth_words");
    puts("_hearth_options() {\n    local -a items\n    case $1 in");
    for (size_t i = 0; i < verbs_count; i++) {
        printf("    %s) items=(", verbs[i].name);
        put_zsh_items(lang, verbs[i].options);
        puts(") ;;");
    }
    fputs("    esac\n    items+=(", stdout);
    put_zsh_items(lang, options_global);
    fputs(")\n    _describe -o option items\n}\n_hearth_settings() {\n    local -a items=(", stdout);
    for (size_t i = 0; i < settings_count; i++) {
        printf(" '--%s.%s:", settings[i].section, settings[i].key);
        put_quoted(say(lang, settings[i].help));
        putchar('\'');
    }
    fputs(")\n    _describe -o setting items -S =\n}\n_hearth_verbs() {\n    local -a items=(", stdout);
    for (size_t i = 0; i < verbs_count; i++) {
        printf(" '%s:", verbs[i].name);
        put_quoted(say(lang, verbs[i].summary));
        putchar('\'');
    }
    puts(")\n    _describe verb items\n}\n"
         "_hearth() {\n"
         "    local verb=${${words[2,CURRENT-1]:#-*}[1]} option=${words[CURRENT-1]}\n"
         "    if [[ $PREFIX = --*=* ]]; then option=${PREFIX%%=*}; compset -P '*='; fi\n"
         "    _hearth_values \"$option\" && return\n"
         "    case $PREFIX in\n"
         "    --*.*) _hearth_settings ;;\n"
         "    -*) _hearth_options \"$verb\" ;;\n"
         "    *) if [[ -n $verb ]]; then _hearth_words \"$verb\"; else _hearth_verbs; fi ;;\n"
         "    esac\n"
         "}\n"
         "if [ \"${funcstack[1]}\" = _hearth ]; then _hearth \"$@\"; else compdef _hearth hearth; fi");
}

/* ---- fish: a line for each word */

static void put_fish_place(struct value v)
{
    switch (v.place) {
    case PLACE_NONE: fputs(" -x", stdout); break;
    case PLACE_MODEL: fputs(" -r -a '(__hearth_models)'", stdout); break;
    case PLACE_FILE: fputs(" -r -F", stdout); break;
    case PLACE_DIR: fputs(" -x -a '(__fish_complete_directories)'", stdout); break;
    default:
        fputs(" -x -a '", stdout);
        if (v.place == PLACE_VERB)
            put_verb_names();
        else
            put_names(v.place == PLACE_SHELL ? shells : v.names);
        putchar('\'');
    }
}

static void put_fish_help(const char *help)
{
    fputs(" -d '", stdout);
    for (; *help; help++)
        printf(*help == '\'' || *help == '\\' ? "\\%c" : "%c", *help);
    puts("'");
}

static void put_fish_options(enum lang lang, const char *verb, const struct option *o)
{
    for (; o->name; o++) {
        fputs("complete -c hearth", stdout);
        if (verb)
            printf(" -n '__fish_seen_subcommand_from %s'", verb);
        printf(" -l %s", o->name);
        if (o->kind != OPTION_FLAG)
            put_fish_place(value_of_option(o));
        put_fish_help(say(lang, o->help));
    }
}

static void print_fish(enum lang lang)
{
    puts("# fish completion for hearth; written by `hearth completion fish`\n"
         "function __hearth_models\n"
         "    hearth list --json 2>/dev/null | string match -ra '\"name\":\"[^\"]*\"' | string replace -r '\"name\":\"(.*)\"' '$1'\n"
         "end\n"
         "complete -c hearth -f");
    for (size_t i = 0; i < verbs_count; i++) {
        printf("complete -c hearth -n __fish_use_subcommand -a %s", verbs[i].name);
        put_fish_help(say(lang, verbs[i].summary));
        put_fish_options(lang, verbs[i].name, verbs[i].options);
        enum place place = place_of_verb(&verbs[i]);
        if (place == PLACE_NONE)
            continue;
        printf("complete -c hearth -n '__fish_seen_subcommand_from %s'", verbs[i].name);
        if (place == PLACE_MODEL) /* also files, which fish offers by itself */
            fputs(" -F", stdout);
        put_fish_place((struct value){place, NULL});
        putchar('\n');
    }
    put_fish_options(lang, NULL, options_global);
    for (size_t i = 0; i < settings_count; i++) {
        printf("complete -c hearth -l %s.%s", settings[i].section, settings[i].key);
        put_fish_place(value_of_setting(&settings[i]));
        put_fish_help(say(lang, settings[i].help));
    }
}

int verb_completion(struct app *a)
{
    static void (*const print[])(enum lang lang) = {print_bash, print_zsh, print_fish};
    for (size_t i = 0; shells[i]; i++)
        if (!strcmp(a->args.words[0], shells[i])) {
            print[i](a->lang);
            return EXIT_OK;
        }
    complain(a, T(a->lang, COMPLETION_SHELL), a->args.words[0]);
    return EXIT_USAGE;
}
