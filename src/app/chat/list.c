/* Lists of conversations: the newest, or those that hold some words; and finding one again by its number. */
#include <time.h>

#include "app/chat/chat.h"
#include "app/text.h"
#include "fetch/url.h"

enum { SHOWN_MAX = 20, SNIPPET_BEGIN = 2, SNIPPET_END = 3 };

static int fetch(struct chat *c, struct str words, struct err *e)
{
    struct buf path = buf_make(CHAT_PATH_MAX * 4);
    json_t *list = NULL;
    buf_printf(&path, "/api/conversations?limit=%d", SHOWN_MAX);
    if (words.len) {
        buf_puts(&path, "&q=");
        url_put_encoded(&path, words, false);
    }
    int r = client_call(c->client, "GET", buf_cstr(&path), (struct str){0}, &list, e);
    buf_free(&path);
    if (r)
        return r;
    json_decref(c->listed);
    c->listed = json_incref(json_object_get(list, "conversations"));
    json_decref(list);
    return OK;
}

static void put_when(double ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm local;
    char text[32] = "";
    if (localtime_r(&seconds, &local))
        strftime(text, sizeof text, "%Y-%m-%d %H:%M", &local);
    fputs(text, stdout);
}

/* The words that were found stand between two marks of the server. */
static void put_snippet(const struct chat *c, struct str snippet)
{
    fputs("      ", stdout);
    while (snippet.len) {
        size_t n = 0;
        while (n < snippet.len && snippet.ptr[n] != SNIPPET_BEGIN && snippet.ptr[n] != SNIPPET_END && snippet.ptr[n] != '\n')
            n++;
        chat_put(c, str_head(snippet, n));
        if (n < snippet.len)
            fputs(snippet.ptr[n] == '\n' ? " " : chat_style(c, snippet.ptr[n] == SNIPPET_BEGIN ? "\033[1m" : "\033[0m"), stdout);
        snippet = str_skip(snippet, n + 1);
    }
    putchar('\n');
}

static void put_row(const struct chat *c, size_t i, const json_t *row)
{
    struct str title = json_text(row, "title"), snippet = json_text(row, "snippet");
    bool here = str_eq(json_text(row, "id"), str_of(c->id));
    printf("%s%3zu%s  ", chat_style(c, here ? "\033[1m" : "\033[2m"), i + 1, chat_style(c, "\033[0m"));
    put_when(json_number(row, "updated_ms", 0));
    fputs("  ", stdout);
    chat_put(c, title.len ? title : str_of(T(c->app->lang, CHAT_UNTITLED)));
    printf("%s", chat_style(c, "\033[2m"));
    printf(T(c->app->lang, CHAT_ROW), json_number(row, "messages", 0));
    printf("%s\n", chat_style(c, "\033[0m"));
    if (snippet.len)
        put_snippet(c, snippet);
}

int list_conversations(struct chat *c, struct str words, struct err *e)
{
    size_t i;
    json_t *row;
    int r = fetch(c, words, e);
    if (r)
        return r;
    if (!json_array_size(c->listed))
        return err_set(e, ERR_NOENT, "%s", words.len ? T(c->app->lang, CHAT_NOT_FOUND) : T(c->app->lang, CHAT_NONE));
    json_array_foreach(c->listed, i, row) put_row(c, i, row);
    return OK;
}

static const json_t *row_of(const json_t *rows, struct str which)
{
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row) if (str_eq(json_text(row, "id"), which) || str_ieq(json_text(row, "title"), which)) return row;
    return NULL;
}

int list_find(struct chat *c, struct str which, char ret_id[CHAT_ID_MAX], struct err *e)
{
    uint64_t number;
    const json_t *row = NULL;
    int r = json_array_size(c->listed) ? OK : fetch(c, (struct str){0}, e);
    if (r)
        return r;
    if (!str_to_u64(which, &number) && number >= 1 && number <= json_array_size(c->listed))
        row = json_array_get(c->listed, (size_t)number - 1);
    if (!row)
        row = row_of(c->listed, which);
    if (!row && !(r = fetch(c, which, e)))
        row = row_of(c->listed, which);
    if (!row && json_array_size(c->listed) == 1)
        row = json_array_get(c->listed, 0);
    if (r || !row)
        return r ? r : err_set(e, ERR_NOENT, T(c->app->lang, CHAT_NOT_THAT), STR_ARG(str_head(which, 60)));
    str_copy(ret_id, CHAT_ID_MAX, json_text(row, "id"));
    return OK;
}
