#include "app/options.h"

#include <stdio.h>

#include "app/near.h"
#include "app/text.h"
#include "gen/request.h"

#define ARG(f) .offset = offsetof(struct args, f)

/* clang-format off */
const struct option options_global[] = {
    {"host", "H", OPTION_SETTING, .setting = "server.host",
     .help = {"address to listen on", "监听地址"}},
    {"port", "N", OPTION_SETTING, .setting = "server.port",
     .help = {"port to listen on; 0 takes a free one", "监听端口；0 表示任选空闲端口"}},
    {"models", "DIR", OPTION_SETTING, .setting = "models.dir",
     .help = {"folder of the model files", "模型文件所在目录"}},
    {"model", "NAME|FILE", OPTION_SETTING, .setting = "models.default",
     .help = {"model that is loaded at start", "启动时加载的模型"}},
    {"data", "DIR", OPTION_TEXT, ARG(data),
     .help = {"data folder (~/.local/share/hearth)", "数据目录（~/.local/share/hearth）"}},
    {"config", "FILE", OPTION_TEXT, ARG(config),
     .help = {"configuration (hearth.yaml in the data folder)", "配置文件（数据目录下的 hearth.yaml）"}},
    {"help", NULL, OPTION_FLAG, ARG(help), .help = {"this help, also after a verb", "显示帮助，也可用于某个命令之后"}},
    {"version", NULL, OPTION_FLAG, ARG(version), .help = {"the version", "显示版本"}},
    {0},
};
/* clang-format on */

void args_init(struct args *a)
{
    *a = (struct args){
        .temperature = (double)gen_sampling_default.temperature,
        .top_k = gen_sampling_default.top_k,
        .top_p = (double)gen_sampling_default.top_p,
        .min_p = (double)gen_sampling_default.min_p,
        .seed = -1,
        .prompt = 512,
        .gen = 128,
        .repeat = 3,
        .limit = 100,
        .batch = "1",
        .depth = "0",
    };
}

static const struct option *find(const struct option *const *tables, size_t n, struct str name)
{
    for (size_t t = 0; t < n; t++)
        for (const struct option *o = tables[t]; o->name; o++)
            if (str_eq(name, str_of(o->name)))
                return o;
    return NULL;
}

static int refuse_unknown(const struct option *const *tables, size_t n, struct str name, const struct config *c, struct err *e)
{
    struct near near = near_to(name);
    for (size_t t = 0; t < n; t++)
        for (const struct option *o = tables[t]; o->name; o++)
            near_try(&near, o->name);
    return near.best ? err_set(e, ERR_INVAL, T(c->lang, OPTION_NEAR), STR_ARG(str_head(name, 60)), near.best)
                     : err_set(e, ERR_INVAL, T(c->lang, OPTION_UNKNOWN), STR_ARG(str_head(name, 60)));
}

static int store_number(const struct option *o, struct str value, struct args *args, enum lang lang, struct err *e)
{
    void *field = (char *)args + o->offset;
    int64_t whole = 0;
    double number = 0;
    int r = o->kind == OPTION_INT ? str_to_i64(value, &whole) : str_to_f64(value, &number);
    if (o->kind == OPTION_INT)
        number = (double)whole;
    if (r || number < o->min || number > o->max)
        return o->kind == OPTION_INT
                   ? err_set(e, ERR_INVAL, T(lang, OPTION_WANTS_INT), o->name, o->min, o->max, STR_ARG(str_head(value, 60)))
                   : err_set(e, ERR_INVAL, T(lang, OPTION_WANTS_NUMBER), o->name, o->min, o->max, STR_ARG(str_head(value, 60)));
    if (o->kind == OPTION_INT)
        memcpy(field, &whole, sizeof whole);
    else
        memcpy(field, &number, sizeof number);
    return OK;
}

static int add_text(const struct option *o, const char *value, struct texts *texts, enum lang lang, struct err *e)
{
    if (texts->n == ARGS_TEXTS_MAX)
        return err_set(e, ERR_LIMIT, T(lang, OPTION_TOO_OFTEN), o->name, ARGS_TEXTS_MAX);
    texts->items[texts->n++] = str_of(value);
    return OK;
}

static int store(const struct option *o, const char *value, struct args *args, struct config *config, struct err *e)
{
    void *field = (char *)args + o->offset;
    switch (o->kind) {
    case OPTION_FLAG: memcpy(field, &(bool){true}, sizeof(bool)); return OK;
    case OPTION_TEXT: memcpy(field, &value, sizeof value); return OK;
    case OPTION_TEXTS: return add_text(o, value, field, config->lang, e);
    case OPTION_INT:
    case OPTION_NUMBER: return store_number(o, str_of(value), args, config->lang, e);
    case OPTION_SETTING: return config_set_option(config, str_of(o->setting), str_of(value), e);
    }
    return ERR_INTERNAL;
}

int option_take(const struct option *const *tables, size_t n_tables, char **argv, int argc, int *i, struct args *args,
                struct config *config, struct err *e)
{
    const char *word = argv[(*i)++];
    if (!strcmp(word, "-h"))
        word = "--help";
    struct str name = str_skip(str_of(word), str_starts(str_of(word), STR("--")) ? 2 : 1);
    ptrdiff_t equals = str_chr(name, '=');
    const char *value = equals < 0 ? NULL : name.ptr + equals + 1;
    name = equals < 0 ? name : str_head(name, (size_t)equals);

    bool dotted = str_chr(name, '.') >= 0;
    const struct option *o = dotted ? NULL : find(tables, n_tables, name);
    if (!o && !dotted)
        return refuse_unknown(tables, n_tables, name, config, e);
    if (!dotted && o->kind == OPTION_FLAG && value)
        return err_set(e, ERR_INVAL, T(config->lang, OPTION_TAKES_NOTHING), o->name);
    if ((dotted || o->kind != OPTION_FLAG) && !value) {
        if (*i >= argc)
            return err_set(e, ERR_INVAL, T(config->lang, OPTION_WANTS_VALUE), STR_ARG(name), dotted ? "VALUE" : o->value);
        value = argv[(*i)++];
    }
    return dotted ? config_set_option(config, name, str_of(value), e) : store(o, value, args, config, e);
}
