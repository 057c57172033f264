/* hearth man: the manual page (man(7)), made from the tables of verbs, options, settings and chat's commands. */
#include "app/chat/chat.h"
#include "app/config_value.h"
#include "app/text.h"
#include "app/verbs.h"
#include "base/buf.h"

/* Text of roff: what it would take for a request or an escape is written so that it is not. */
static void put(const char *text)
{
    bool line_start = true;
    for (; *text; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            fputs("\\&", stdout);
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
        line_start = *text == '\n';
    }
}

/* .SH TITLE, or another request whose argument is text. */
static void request(const char *name, const char *text)
{
    printf(".%s \"", name);
    put(text);
    puts("\"");
}

/* A term and what it means. `value` in italics, or empty. */
static void term(const char *head, const char *value, const char *text)
{
    fputs(".TP\n\\fB", stdout);
    put(head);
    fputs("\\fR", stdout);
    if (*value) {
        fputs(" \\fI", stdout);
        put(value);
        fputs("\\fR", stdout);
    }
    putchar('\n');
    put(text);
    putchar('\n');
}

static void put_options(enum lang lang, const struct option *o)
{
    for (; o->name; o++) {
        char name[64];
        snprintf(name, sizeof name, "--%s", o->name);
        term(name, o->value ? o->value : "", say(lang, o->help));
    }
}

static void put_verbs(enum lang lang)
{
    request("SH", T(lang, MAN_VERBS));
    for (size_t i = 0; i < verbs_count; i++) {
        fputs(".SS \"hearth ", stdout);
        put(verbs[i].name);
        fputs(*verbs[i].usage ? " " : "", stdout);
        put(verbs[i].usage);
        puts("\"");
        put(say(lang, verbs[i].summary));
        putchar('\n');
        put_options(lang, verbs[i].options);
    }
}

static void put_chat(enum lang lang)
{
    request("SH", T(lang, MAN_CHAT));
    for (const struct command *k = commands; k->name; k++) {
        char name[64];
        snprintf(name, sizeof name, "/%s", k->name);
        term(name, k->usage, say(lang, k->help));
    }
    puts(".PP");
    put(T(lang, CHAT_HELP_KEYS));
    putchar('\n');
}

static void put_setting(enum lang lang, const struct config *defaults, const struct setting *s)
{
    char name[96];
    struct buf text = buf_make(4096);
    snprintf(name, sizeof name, "%s.%s", s->section, s->key);
    buf_printf(&text, "%s (", say(lang, s->help));
    value_print(defaults, s, &text);
    buf_putc(&text, ')');
    term(name, "", buf_cstr(&text));
    buf_free(&text);
}

static int put_settings(enum lang lang)
{
    struct config defaults;
    int r = config_init(&defaults, lang, NULL);
    request("SH", T(lang, MAN_SETTINGS));
    put(T(lang, MAN_SETTINGS_HOW));
    putchar('\n');
    for (size_t i = 0; !r && i < setting_sections_count; i++) {
        request("SS", say(lang, setting_sections[i].title));
        for (size_t k = 0; k < settings_count; k++)
            if (!strcmp(settings[k].section, setting_sections[i].name))
                put_setting(lang, &defaults, &settings[k]);
    }
    config_deinit(&defaults);
    return r;
}

int verb_man(struct app *a)
{
    enum lang lang = a->lang;
    puts("'\\\" t -*- coding: UTF-8 -*-\n.\\\" Written by `hearth man`.");
    printf(".TH HEARTH 1 \"\" \"hearth %s\" \"\"\n", HEARTH_VERSION);
    puts(".ad l\n.nh");
    request("SH", T(lang, MAN_NAME));
    fputs("hearth \\- ", stdout);
    put(T(lang, HELP_TAGLINE));
    putchar('\n');
    request("SH", T(lang, MAN_SYNOPSIS));
    puts("\\fBhearth\\fR \\fIVERB\\fR [\\fIWORDS\\fR] [\\fIOPTIONS\\fR]");
    put_verbs(lang);
    request("SH", T(lang, HELP_GLOBAL));
    put_options(lang, options_global);
    term("--section.key=value", "", T(lang, HELP_SETTING));
    put_chat(lang);
    int r = put_settings(lang);
    request("SH", T(lang, HELP_EXIT));
    printf(".nf\n");
    put(T(lang, HELP_EXIT_CODES));
    puts("\n.fi");
    return r ? complain(a, "%s", T(lang, NO_MEMORY)) : EXIT_OK;
}
