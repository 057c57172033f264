/* The table of commands. What takes a word without one says what is set now. */
#include <errno.h>
#include <stdlib.h>

#include "app/chat/chat.h"
#include "app/chat/copy.h"
#include "app/near.h"
#include "app/term.h"
#include "app/text.h"

enum { EXPORT_BYTES_MAX = 64 << 20 };

/* ---- /help */

static int run_help(struct chat *c, struct str rest, struct err *e)
{
    (void)e;
    (void)rest;
    for (const struct command *k = commands; k->name; k++) {
        char left[64];
        snprintf(left, sizeof left, "/%s%s%s", k->name, *k->usage ? " " : "", k->usage);
        printf("  %-22s %s\n", left, say(c->app->lang, k->help));
    }
    printf("\n%s\n", T(c->app->lang, CHAT_HELP_KEYS));
    return OK;
}

/* ---- /model */

static void model_choices(const struct chat *c, struct line_choices *ret)
{
    size_t i;
    json_t *m;
    json_array_foreach(c->models, i, m) if (ret->n < LINE_CHOICES_MAX) ret->items[ret->n++] = json_text(m, "id");
}

static void put_models(const struct chat *c)
{
    size_t i;
    json_t *m;
    json_array_foreach(c->models, i, m)
    {
        struct str id = json_text(m, "id"), quant = json_text(m, "quant");
        printf("%s ", str_eq(id, str_of(c->model)) ? "*" : " ");
        chat_put(c, id);
        printf("%s  %s  " STR_FMT "%s\n", chat_style(c, "\033[2m"), bytes_text((uint64_t)json_number(m, "size_bytes", 0)).text,
               STR_ARG(quant), chat_style(c, "\033[0m"));
    }
}

static int run_model(struct chat *c, struct str rest, struct err *e)
{
    char wanted[CHAT_NAME_MAX];
    struct err ignored;
    if (choose_models(c, &ignored) && !json_array_size(c->models))
        return err_set(e, ERR_NOENT, "%s", ignored.text);
    if (!rest.len) {
        put_models(c);
        return OK;
    }
    str_copy(wanted, sizeof wanted, rest);
    const char *name = choose_model(c, wanted);
    if (!name)
        return err_set(e, ERR_NOENT, T(c->app->lang, CHAT_NO_MODEL), wanted, client_address(c->client));
    str_copy(c->model, sizeof c->model, str_of(name));
    int r = talk_change(c, "model", json_string(c->model), e);
    if (!r)
        chat_note(c, T(c->app->lang, CHAT_MODEL_NOW), c->model);
    return r;
}

/* ---- /system, /set */

/* "-" stands for nothing. */
static bool is_nothing(struct str word)
{
    return str_eq(word, STR("-"));
}

static int run_system(struct chat *c, struct str rest, struct err *e)
{
    if (rest.len) {
        struct str text = is_nothing(rest) ? (struct str){"", 0} : rest;
        json_t *value = json_stringn(text.ptr, text.len);
        if (!value)
            return err_set(e, ERR_INVAL, "%s", T(c->app->lang, CHAT_NOT_UTF8));
        json_decref(c->system);
        c->system = value;
        int r = talk_change(c, "system", json_incref(value), e);
        if (r)
            return r;
    }
    struct str now = str_from(json_string_value(c->system), json_string_length(c->system));
    if (now.len)
        chat_note(c, T(c->app->lang, CHAT_SYSTEM_NOW), STR_ARG(now));
    else
        chat_note(c, "%s", T(c->app->lang, CHAT_SYSTEM_NONE));
    return OK;
}

static const char *const setting_names[] = {"temperature",       "top_p", "top_k",          "min_p",
                                            "max_tokens",        "seed",  "repeat_penalty", "presence_penalty",
                                            "frequency_penalty", "stop",  "think_budget",   NULL};

static void set_choices(const struct chat *c, struct line_choices *ret)
{
    (void)c;
    for (const char *const *name = setting_names; *name; name++)
        ret->items[ret->n++] = str_of(*name);
}

static json_t *setting_value(struct str name, struct str text)
{
    double number;
    int64_t whole;
    if (str_eq(name, STR("stop")))
        return json_pack("[s%]", text.ptr, text.len);
    if (!str_to_i64(text, &whole))
        return json_integer(whole);
    return str_to_f64(text, &number) ? NULL : json_real(number);
}

static const char *setting_named(const struct chat *c, struct str name, struct err *e)
{
    struct near near = near_to(name);
    for (const char *const *s = setting_names; *s; s++) {
        if (str_eq(name, str_of(*s)))
            return *s;
        near_try(&near, *s);
    }
    err_set(e, ERR_NOENT, T(c->app->lang, CHAT_SET_WHAT), STR_ARG(str_head(name, 40)), near.best ? near.best : setting_names[0]);
    return NULL;
}

int command_set(struct chat *c, struct str name, struct str value, struct err *e)
{
    const char *known = setting_named(c, name, e);
    if (!known)
        return ERR_NOENT;
    json_t *v = value.ptr ? setting_value(name, value) : NULL, *before = json_object_get(c->settings, known);
    if (value.ptr && !v)
        return err_set(e, ERR_INVAL, T(c->app->lang, CHAT_SET_NUMBER), known, STR_ARG(str_head(value, 40)));
    json_incref(before);
    if (v)
        json_object_set_new(c->settings, known, v);
    else
        json_object_del(c->settings, known);
    int r = talk_change(c, "settings", json_incref(c->settings), e);
    if (r && before) /* the server says what it accepts */
        json_object_set(c->settings, known, before);
    else if (r)
        json_object_del(c->settings, known);
    json_decref(before);
    return r;
}

static void put_settings(const struct chat *c)
{
    for (const char *const *name = setting_names; *name; name++) {
        char *value = json_dumps(json_object_get(c->settings, *name), JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
        printf("  %-18s ", *name);
        chat_put(c, str_of(value ? value : T(c->app->lang, CHAT_DEFAULT)));
        putchar('\n');
        free(value);
    }
}

static int run_set(struct chat *c, struct str rest, struct err *e)
{
    ptrdiff_t space = str_chr(rest, ' ');
    int r = OK;
    if (rest.len) {
        struct str name = space < 0 ? rest : str_head(rest, (size_t)space);
        struct str value = space < 0 ? STR("-") : str_trim(str_skip(rest, (size_t)space));
        r = command_set(c, name, is_nothing(value) ? (struct str){0} : value, e);
    }
    if (!r)
        put_settings(c);
    return r;
}

/* ---- conversations */

static int run_new(struct chat *c, struct str rest, struct err *e)
{
    (void)e;
    (void)rest;
    talk_new(c);
    chat_note(c, "%s", T(c->app->lang, CHAT_NEW));
    return OK;
}

static int run_list(struct chat *c, struct str rest, struct err *e)
{
    return list_conversations(c, rest, e);
}

static int run_search(struct chat *c, struct str rest, struct err *e)
{
    return rest.len ? list_conversations(c, rest, e) : err_set(e, ERR_INVAL, "%s", T(c->app->lang, CHAT_SEARCH_WHAT));
}

static int run_load(struct chat *c, struct str rest, struct err *e)
{
    char id[CHAT_ID_MAX];
    if (!rest.len)
        return list_conversations(c, rest, e);
    int r = list_find(c, rest, id, e);
    return r ? r : chat_open(c, str_of(id), e);
}

static int write_export(struct chat *c, const char *file, struct str text, struct err *e)
{
    FILE *f = fopen(file, "wxe"); /* never over a file that is there */
    bool whole = f && (!text.len || fwrite(text.ptr, 1, text.len, f) == text.len);
    whole = f && !fclose(f) && whole;
    if (!whole)
        return err_set(e, ERR_IO, "%s: %s", file, strerror(errno));
    chat_note(c, T(c->app->lang, CHAT_EXPORTED), file);
    return OK;
}

static int export(struct chat *c, struct str file, bool as_json, struct err *e)
{
    char path[CHAT_PATH_MAX], name[4096];
    struct buf text = buf_make(EXPORT_BYTES_MAX);
    if (!c->id[0])
        return err_set(e, ERR_NOENT, "%s", T(c->app->lang, CHAT_NOTHING_ASKED));
    snprintf(path, sizeof path, "/api/conversations/%s/export?format=%s", c->id, as_json ? "json" : "markdown");
    str_copy(name, sizeof name, file);
    int r = client_fetch(c->client, path, &text, e);
    if (!r)
        r = write_export(c, name, buf_str(&text), e);
    buf_free(&text);
    return r;
}

/* Every message is on the server's disk already: what is left to do is to name the conversation, or to write it to a file. */
static int run_save(struct chat *c, struct str rest, struct err *e)
{
    bool as_json = str_ends(rest, STR(".json"));
    if (as_json || str_ends(rest, STR(".md")))
        return export(c, rest, as_json, e);
    if (rest.len) {
        json_t *title = json_stringn(rest.ptr, rest.len);
        if (!title)
            return err_set(e, ERR_INVAL, "%s", T(c->app->lang, CHAT_NOT_UTF8));
        int r = talk_change(c, "title", title, e);
        if (r)
            return r;
        str_copy(c->title, sizeof c->title, rest);
    }
    if (c->title[0])
        chat_note(c, T(c->app->lang, CHAT_SAVED_AS), c->title);
    else
        chat_note(c, "%s", T(c->app->lang, CHAT_SAVED));
    return OK;
}

/* ---- the last message */

static int run_retry(struct chat *c, struct str rest, struct err *e)
{
    (void)rest;
    return talk_retry(c, e);
}

static int run_edit(struct chat *c, struct str rest, struct err *e)
{
    const json_t *question = talk_last(c, "user");
    if (!question)
        return err_set(e, ERR_NOENT, "%s", T(c->app->lang, CHAT_NOTHING_ASKED));
    if (!rest.len && !c->line)
        return err_set(e, ERR_INVAL, "%s", T(c->app->lang, CHAT_EDIT_WHAT));
    json_t *parent = json_incref(json_object_get(question, "parent"));
    parent = parent ? parent : json_null();
    int r = OK;
    if (rest.len) {
        r = talk_say(c, rest, parent, e);
        json_decref(parent);
    } else {
        line_prefill(c->line, json_text(question, "content"));
        json_decref(c->edit_parent);
        c->edit_parent = parent;
    }
    return r;
}

static int run_copy(struct chat *c, struct str rest, struct err *e)
{
    const json_t *answer = talk_last(c, "assistant");
    struct str text = json_text(answer, "content");
    if (!answer)
        return err_set(e, ERR_NOENT, "%s", T(c->app->lang, CHAT_NOTHING_ASKED));
    if (!c->tty)
        return err_set(e, ERR_UNSUPPORTED, "%s", T(c->app->lang, CHAT_COPY_NO_TTY));
    if (str_eq(rest, STR("code")) && !copy_last_code(&text))
        return err_set(e, ERR_NOENT, "%s", T(c->app->lang, CHAT_COPY_NO_CODE));
    struct buf out = buf_make(COPY_BYTES_MAX * 2);
    if (copy_sequence(text, &out)) {
        buf_free(&out);
        return err_set(e, ERR_LIMIT, T(c->app->lang, CHAT_COPY_TOO_LONG), COPY_BYTES_MAX >> 10);
    }
    fwrite(out.ptr, 1, out.len, stdout);
    buf_free(&out);
    chat_note(c, T(c->app->lang, CHAT_COPIED), text.len);
    return OK;
}

static void copy_choices(const struct chat *c, struct line_choices *ret)
{
    (void)c;
    ret->items[ret->n++] = STR("code");
}

static int run_stats(struct chat *c, struct str rest, struct err *e)
{
    const json_t *answer = talk_last(c, "assistant");
    if (str_eq(rest, STR("on")) || str_eq(rest, STR("off")))
        c->stats = str_eq(rest, STR("on"));
    else if (rest.len)
        return err_set(e, ERR_INVAL, "%s", T(c->app->lang, CHAT_STATS_WHAT));
    if (answer)
        answer_stats(c, answer);
    chat_note(c, T(c->app->lang, CHAT_WHERE), c->model, json_array_size(c->branch), client_address(c->client));
    return OK;
}

static void stats_choices(const struct chat *c, struct line_choices *ret)
{
    (void)c;
    ret->items[ret->n++] = STR("on");
    ret->items[ret->n++] = STR("off");
}

static int run_attach(struct chat *c, struct str rest, struct err *e)
{
    char file[4096];
    if (!rest.len)
        return err_set(e, ERR_INVAL, "%s", T(c->app->lang, CHAT_ATTACH_WHAT));
    str_copy(file, sizeof file, rest);
    int r = chat_read_file(c, file, e);
    if (!r)
        chat_note(c, T(c->app->lang, CHAT_ATTACHED), file);
    return r;
}

static int run_quit(struct chat *c, struct str rest, struct err *e)
{
    (void)e;
    (void)rest;
    c->quit = true;
    return OK;
}

/* ---- the table */

/* clang-format off */
const struct command commands[] = {
    {"help", "", {"this list", "显示此列表"}, run_help, NULL},
    {"model", "[NAME]", {"the models, or answer with another one", "列出模型，或换用另一个"}, run_model, model_choices},
    {"system", "[TEXT]", {"instructions for the assistant; - for none", "给助手的指示；- 表示清除"}, run_system, NULL},
    {"set", "[NAME [VALUE]]", {"sampling of this conversation; without a value: the default", "本对话的采样设置；不给值则恢复默认"}, run_set, set_choices},
    {"attach", "FILE", {"send a text file along with the next message", "随下一条消息附上文本文件"}, run_attach, NULL},
    {"retry", "", {"another answer to the last message", "重新回答上一条消息"}, run_retry, NULL},
    {"edit", "[TEXT]", {"ask the last message anew, in other words", "修改上一条消息后重新提问"}, run_edit, NULL},
    {"copy", "[code]", {"the last answer, or its last code, to the clipboard", "把上一个回答（或其中最后一段代码）复制到剪贴板"}, run_copy, copy_choices},
    {"new", "", {"begin another conversation", "开始新对话"}, run_new, NULL},
    {"list", "", {"conversations, newest first", "列出对话，最新的在前"}, run_list, NULL},
    {"load", "[N|TITLE]", {"go on with a conversation of the list", "继续列表中的某个对话"}, run_load, NULL},
    {"search", "WORDS", {"conversations that hold these words", "搜索包含这些词的对话"}, run_search, NULL},
    {"save", "[TITLE|FILE]", {"name the conversation, or write it to a .md or .json file", "为对话命名，或写入 .md 或 .json 文件"}, run_save, NULL},
    {"stats", "[on|off]", {"tokens and speed of the last answer, or of each", "上一个回答的词元数与速度，或每次都显示"}, run_stats, stats_choices},
    {"quit", "", {"leave; the conversation is kept", "退出；对话会保留"}, run_quit, NULL},
    {0},
};
/* clang-format on */

bool command_split(struct str line, struct str *ret_name, struct str *ret_rest)
{
    size_t n = 1;
    if (!str_starts(line, STR("/")))
        return false;
    while (n < line.len && line.ptr[n] >= 'a' && line.ptr[n] <= 'z')
        n++;
    if (n == 1 || (n < line.len && line.ptr[n] != ' ' && line.ptr[n] != '\n'))
        return false; /* a path, or a fraction */
    *ret_name = str_head(str_skip(line, 1), n - 1);
    *ret_rest = str_trim(str_skip(line, n));
    return true;
}

const struct command *command_find(struct str name)
{
    if (str_eq(name, STR("exit")) || str_eq(name, STR("bye")))
        name = STR("quit");
    for (const struct command *k = commands; k->name; k++)
        if (str_eq(name, str_of(k->name)))
            return k;
    return NULL;
}

void command_run(struct chat *c, struct str name, struct str rest)
{
    const struct command *k = command_find(name);
    struct err e = {0};
    struct near near = near_to(name);
    if (k) {
        if (k->run(c, rest, &e))
            complain(c->app, "%s", e.text);
        return;
    }
    for (k = commands; k->name; k++)
        near_try(&near, k->name);
    complain(c->app, T(c->app->lang, CHAT_COMMAND_UNKNOWN), STR_ARG(str_head(name, 40)), near.best ? near.best : "help");
}
