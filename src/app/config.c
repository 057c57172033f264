#include "app/config.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/config_value.h"
#include "app/near.h"
#include "app/text.h"
#include "sys/mem.h"

enum { ARENA_BYTES_MAX = 4 << 20, ENV_NAME_BYTES_MAX = 64 };

int config_init(struct config *c, enum lang lang, struct err *e)
{
    *c = (struct config){.lang = lang, .arena = arena_make(ARENA_BYTES_MAX)};
    for (size_t i = 0; i < settings_count; i++) {
        int r = value_set(c, &settings[i], str_of(settings[i].fallback), (struct config_origin){FROM_DEFAULT, 0, NULL}, e);
        if (r)
            return r;
    }
    return OK;
}

void config_deinit(struct config *c)
{
    arena_free(&c->arena);
}

int config_read_file(struct config *c, const char *path, struct err *e)
{
    char *text;
    size_t len;
    int r = file_read(path, CONFIG_FILE_BYTES_MAX, &text, &len, e);
    if (r == ERR_LIMIT)
        err_set(e, r, T(c->lang, YAML_TOO_LARGE), CONFIG_FILE_BYTES_MAX >> 10);
    if (r)
        return r == ERR_LIMIT ? err_prefix(e, r, "%s", path) : r;
    r = config_read_yaml(c, path, str_from(text, len), e);
    free(text);
    return r;
}

static char upper(char ch)
{
    return ch >= 'a' && ch <= 'z' ? (char)(ch - 32) : ch;
}

void config_env_name(const struct setting *s, struct buf *out)
{
    buf_puts(out, "HEARTH_");
    for (const char *p = s->section; *p; p++)
        buf_putc(out, upper(*p));
    buf_putc(out, '_');
    for (const char *p = s->key; *p; p++)
        buf_putc(out, upper(*p));
}

struct env_name {
    char text[ENV_NAME_BYTES_MAX];
};

static struct env_name env_name_of(const struct setting *s)
{
    struct env_name name;
    struct buf b = buf_make(sizeof name.text);
    config_env_name(s, &b);
    str_copy(name.text, sizeof name.text, buf_str(&b));
    buf_free(&b);
    return name;
}

/* A name with a known section is meant for us, so a wrong key in it is a typing error, not somebody else's variable. */
static bool has_known_section(struct str name)
{
    for (size_t i = 0; i < setting_sections_count; i++) {
        char head[ENV_NAME_BYTES_MAX];
        int n = snprintf(head, sizeof head, "HEARTH_%s_", setting_sections[i].name);
        if (name.len > (size_t)n && str_ieq(str_head(name, (size_t)n), str_of(head)))
            return true;
    }
    return false;
}

static int refuse_env(const struct config *c, struct str name, struct err *e)
{
    char shown[2 * ENV_NAME_BYTES_MAX];
    struct env_name all[SETTINGS_MAX];
    struct near near = near_to(name);
    near.distance = ENV_NAME_BYTES_MAX; /* the section fits: always name the nearest */
    for (size_t i = 0; i < settings_count; i++) {
        all[i] = env_name_of(&settings[i]);
        near_try(&near, all[i].text);
    }
    str_copy(shown, sizeof shown, name);
    return err_set(e, ERR_INVAL, T(c->lang, ENV_UNKNOWN), shown, near.best ? near.best : "HEARTH_SERVER_PORT");
}

static int set_from_env(struct config *c, struct str name, struct str value, struct err *e)
{
    for (size_t i = 0; i < settings_count; i++) {
        const struct setting *s = &settings[i];
        struct env_name own = env_name_of(s);
        bool regular = str_eq(name, str_of(own.text));
        if (!regular && !(s->env_alias && str_eq(name, str_of(s->env_alias))))
            continue;
        /* The regular name wins over the alias, whichever comes first in the list. */
        if (!regular && (!value.len || (c->origin[i].source == FROM_ENV && str_eq(str_of(c->origin[i].name), str_of(own.text)))))
            return OK;
        struct str kept = arena_dup(&c->arena, name);
        int r = kept.ptr ? value_set(c, s, value, (struct config_origin){FROM_ENV, 0, kept.ptr}, e)
                         : err_set(e, ERR_NOMEM, "%s", T(c->lang, NO_MEMORY));
        return r ? err_prefix(e, r, "%s", kept.ptr ? kept.ptr : "") : OK;
    }
    return has_known_section(name) ? refuse_env(c, name, e) : OK;
}

int config_read_env(struct config *c, const char *const *env, struct err *e)
{
    for (; env && *env; env++) {
        struct str line = str_of(*env);
        ptrdiff_t equals = str_chr(line, '=');
        if (!str_starts(line, STR("HEARTH_")) || equals < 0)
            continue;
        int r = set_from_env(c, str_head(line, (size_t)equals), str_skip(line, (size_t)equals + 1), e);
        if (r)
            return r;
    }
    return OK;
}

static int refuse_option(const struct config *c, struct str dotted, struct err *e)
{
    char shown[ENV_NAME_BYTES_MAX], all[SETTINGS_MAX][ENV_NAME_BYTES_MAX];
    struct near near = near_to(dotted);
    for (size_t i = 0; i < settings_count; i++) {
        snprintf(all[i], sizeof all[i], "%s.%s", settings[i].section, settings[i].key);
        near_try(&near, all[i]);
    }
    str_copy(shown, sizeof shown, dotted);
    return near.best ? err_set(e, ERR_INVAL, T(c->lang, OPTION_SETTING_NEAR), shown, near.best)
                     : err_set(e, ERR_INVAL, T(c->lang, OPTION_SETTING_UNKNOWN), shown);
}

int config_set_option(struct config *c, struct str dotted, struct str value, struct err *e)
{
    const struct setting *s = setting_find(dotted);
    return s ? value_set(c, s, value, (struct config_origin){FROM_OPTION, 0, NULL}, e) : refuse_option(c, dotted, e);
}

struct str config_cpu(const struct config *c)
{
    const struct setting *s = setting_find(STR("engine.cpu"));
    return c->engine.cpu ? str_of(s->names[c->engine.cpu]) : (struct str){0};
}
