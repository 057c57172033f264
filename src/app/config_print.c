#include "app/config_value.h"

enum { COMMENT_COLUMN = 44 };

static void put_origin(const struct config_origin *o, struct buf *out)
{
    switch (o->source) {
    case FROM_DEFAULT: buf_puts(out, "default"); break;
    case FROM_FILE: buf_printf(out, "%s:%u", o->name, o->line); break;
    case FROM_ENV: buf_puts(out, o->name); break;
    case FROM_OPTION: buf_puts(out, "command line"); break;
    }
}

static void print_setting(const struct config *c, size_t i, struct buf *out)
{
    size_t start = out->len;
    buf_printf(out, "  %s: ", settings[i].key);
    value_print(c, &settings[i], out);
    do
        buf_putc(out, ' ');
    while (out->len - start < COMMENT_COLUMN && !out->failed);
    buf_puts(out, "# ");
    put_origin(&c->origin[i], out);
    buf_putc(out, '\n');
}

void config_print(const struct config *c, struct buf *out)
{
    for (size_t s = 0; s < setting_sections_count; s++) {
        buf_printf(out, "%s:\n", setting_sections[s].name);
        for (size_t i = 0; i < settings_count; i++)
            if (str_eq(str_of(settings[i].section), str_of(setting_sections[s].name)))
                print_setting(c, i, out);
    }
}

static const char docs_head[] =
    "# Settings\n"
    "\n"
    "<!-- Written by `hearth config --docs` from the table in src/app/settings.c. Do not edit. -->\n"
    "\n"
    "Each setting can stand in `hearth.yaml`, in the environment and on the command line; the later one wins:\n"
    "\n"
    "| where | how |\n"
    "|---|---|\n"
    "| `hearth.yaml` | `server:` and, indented below it, `port: 9000` |\n"
    "| environment | `HEARTH_SERVER_PORT=9000` |\n"
    "| command line | `--server.port=9000` |\n"
    "\n"
    "The file is the one that `--config FILE` or `HEARTH_CONFIG` names, otherwise `hearth.yaml` in the data folder\n"
    "(`--data DIR`, `HEARTH_DATA`, or `~/.local/share/hearth`), if it is there. A wrong name or value is refused with its\n"
    "line and what was expected. `hearth config` prints what is in effect, and where each value came from.\n"
    "\n"
    "Sizes are bytes or end in `K`, `M` or `G` (powers of 1024); times end in `ms`, `s`, `m` or `h`.\n"
    "In the environment and on the command line, the texts of a list are separated by commas.\n";

static void docs_setting(const struct config *defaults, const struct setting *s, struct buf *out)
{
    buf_printf(out, "| `%s.%s` | `", s->section, s->key);
    value_print(defaults, s, out);
    buf_puts(out, "` | ");
    value_expected(LANG_EN, s, out);
    buf_printf(out, " | %s |\n", s->help.en);
}

void config_docs(struct buf *out)
{
    struct config defaults;
    if (config_init(&defaults, LANG_EN, NULL)) {
        out->failed = ERR_NOMEM;
        goto end;
    }
    buf_puts(out, docs_head);
    for (size_t i = 0; i < setting_sections_count; i++) {
        buf_printf(out, "\n## %s: %s\n\n| setting | default | accepts | meaning |\n|---|---|---|---|\n", setting_sections[i].name,
                   setting_sections[i].title.en);
        for (size_t k = 0; k < settings_count; k++)
            if (str_eq(str_of(settings[k].section), str_of(setting_sections[i].name)))
                docs_setting(&defaults, &settings[k], out);
    }
    buf_puts(out, "\n`HEARTH_CPU` is another name for `HEARTH_ENGINE_CPU`.\n");
end:
    config_deinit(&defaults);
}
