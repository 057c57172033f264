#include "app/chat/ask.h"

#include <stdlib.h>
#include <unistd.h>

#include "app/chat/chat.h"
#include "app/chat/output.h"
#include "app/interrupt.h"
#include "app/term.h"
#include "app/text.h"
#include "base/utf8.h"

enum { QUESTION_BYTES_MAX = 16 << 20 };

struct ask {
    struct chat chat; /* its server, model and settings */
    struct output out;
    json_t *usage;
    char finish[16];
};

/* ---- the question: files, standard input when it is a pipe, and what was asked */

static void put_files(const struct chat *c, struct buf *q)
{
    size_t i;
    json_t *file;
    json_array_foreach(c->files, i, file)
        buf_printf(q, STR_FMT ":\n\n```\n" STR_FMT "\n```\n\n", STR_ARG(json_text(file, "name")), STR_ARG(json_text(file, "text")));
}

static int gather(struct ask *k, struct buf *q, struct err *e)
{
    struct app *a = k->chat.app;
    struct buf input = {0};
    size_t bad;
    int r = OK;
    for (size_t i = 0; !r && i < a->args.files.n; i++)
        r = chat_read_file(&k->chat, a->args.files.items[i].ptr, e);
    if (!r && (!isatty(STDIN_FILENO) || !a->args.n_words))
        r = read_standard_input(a, &input, e);
    put_files(&k->chat, q);
    if (a->args.n_words)
        buf_puts(q, a->args.words[0]);
    if (input.len)
        buf_printf(q, "%s" STR_FMT, a->args.n_words ? "\n\n" : "", STR_ARG(buf_str(&input)));
    buf_free(&input);
    if (!r && q->failed)
        r = err_set(e, q->failed, "%s", err_text(q->failed));
    if (!r && !utf8_valid(q->ptr, q->len, &bad))
        r = err_set(e, ERR_INVAL, T(a->lang, PROMPT_NOT_UTF8), bad + 1);
    if (!r && !str_trim(buf_str(q)).len)
        r = err_set(e, ERR_INVAL, "%s", T(a->lang, ASK_WHAT));
    return r;
}

static char *request_of(const struct ask *k, struct str question)
{
    const struct chat *c = &k->chat;
    json_t *messages = json_array(), *root = json_deep_copy(c->settings);
    if (json_string_length(c->system))
        json_array_append_new(messages, json_pack("{s:s, s:O}", "role", "system", "content", c->system));
    json_array_append_new(messages, json_pack("{s:s, s:s%}", "role", "user", "content", question.ptr, question.len));
    json_object_set_new(root, "model", json_string(c->model));
    json_object_set_new(root, "messages", messages);
    json_object_set_new(root, "stream", json_true());
    json_object_set_new(root, "stream_options", json_pack("{s:b}", "include_usage", 1));
    char *text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    return text;
}

/* ---- the answer */

static int on_event(void *ctx, struct str name, const json_t *data, struct err *e)
{
    struct ask *k = ctx;
    const json_t *error = json_object_get(data, "error"), *choice = json_array_get(json_object_get(data, "choices"), 0);
    struct str text = json_text(json_object_get(choice, "delta"), "content"), finish = json_text(choice, "finish_reason");
    (void)name;
    if (error)
        return err_set(e, ERR_INTERNAL, STR_FMT, STR_ARG(json_text(error, "message")));
    if (json_is_object(json_object_get(data, "usage"))) {
        json_decref(k->usage);
        k->usage = json_deep_copy(json_object_get(data, "usage"));
    }
    if (finish.len)
        str_copy(k->finish, sizeof k->finish, finish);
    if (k->chat.app->args.json) /* written as a whole at the end */
        return buf_put(&k->out.bytes, text);
    int r = output_put(&k->out, k->out.shown, text);
    return r ? err_set(e, r, "%s", T(k->chat.app->lang, OUTPUT_FAILED)) : OK;
}

static int print_json(struct ask *k, struct err *e)
{
    struct str text = buf_str(&k->out.bytes);
    json_t *root = json_pack("{s:s, s:s%, s:s, s:o}", "model", k->chat.model, "answer", text.ptr ? text.ptr : "", text.len, "finish_reason",
                             k->finish, "usage", k->usage ? json_incref(k->usage) : json_null());
    char *line = root ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    buf_clear(&k->out.bytes);
    if (!line)
        return err_set(e, ERR_NOMEM, "%s", T(k->chat.app->lang, NO_MEMORY));
    puts(line);
    free(line);
    return OK;
}

static int ask(struct ask *k, struct str question, struct err *e)
{
    char *body = request_of(k, question);
    if (!body)
        return err_set(e, ERR_NOMEM, "%s", T(k->chat.app->lang, NO_MEMORY));
    int r = output_begin(&k->out, k->chat.app);
    if (!r)
        r = client_events(k->chat.client, "POST", "/v1/chat/completions", str_of(body), on_event, k, e);
    free(body);
    if (!r && k->chat.app->args.json)
        r = print_json(k, e);
    output_end(&k->out);
    return r;
}

int ask_run(struct app *a)
{
    struct ask k = {.finish = ""};
    struct err e = {0};
    struct buf question = buf_make(QUESTION_BYTES_MAX);
    const char *model = *a->config.models.chosen ? a->config.models.chosen : NULL;
    int r = chat_init(&k.chat, a, model, &e);
    if (!r)
        r = gather(&k, &question, &e);
    if (!r)
        r = chat_take_options(&k.chat, &e);
    if (!r)
        r = ask(&k, buf_str(&question), &e);
    int code = !r ? EXIT_OK : interrupted() ? EXIT_INTERRUPTED : complain(a, "%s", e.text);
    if (!r && a->args.stats)
        chat_note(&k.chat, T(a->lang, ASK_STATS), json_number(k.usage, "prompt_tokens", 0), json_number(k.usage, "completion_tokens", 0));
    output_free(&k.out);
    json_decref(k.usage);
    buf_free(&question);
    chat_deinit(&k.chat);
    return code;
}
