/* words.h as a tokenizer of FTS5; and one for rooms that cut their texts themselves: "hearth_terms" takes what stands between spaces as it
 * is. */
#include "store/internal.h"
#include "store/words.h"

typedef int token_fn(void *ctx, int flags, const char *token, int len, int begin, int end);

struct call {
    token_fn *fn;
    void *ctx;
    int code; /* SQLite's */
};

static int pass_on(void *ctx, struct str token, size_t begin, size_t end, bool beside)
{
    struct call *c = ctx;
    c->code = c->fn(c->ctx, beside ? FTS5_TOKEN_COLOCATED : 0, token.ptr, (int)token.len, (int)begin, (int)end);
    return c->code ? ERR_CANCELED : OK;
}

static int create(void *ctx, const char **args, int n, Fts5Tokenizer **ret)
{
    (void)args;
    if (n)
        return SQLITE_ERROR; /* it takes no arguments */
    *ret = ctx;              /* there is nothing to remember; anything but NULL will do */
    return SQLITE_OK;
}

static void delete (Fts5Tokenizer *t)
{
    (void)t;
}

static int tokenize(Fts5Tokenizer *t, void *ctx, int flags, const char *text, int len, token_fn *fn)
{
    struct call c = {.fn = fn, .ctx = ctx, .code = SQLITE_OK};
    (void)t;
    if (text && len > 0)
        words_cut(str_from(text, (size_t)len), flags & FTS5_TOKENIZE_QUERY ? WORDS_QUERY : WORDS_TEXT, pass_on, &c);
    return c.code;
}

static int take_terms(Fts5Tokenizer *t, void *ctx, int flags, const char *text, int len, token_fn *fn)
{
    int code = SQLITE_OK;
    (void)t;
    (void)flags;
    for (int at = 0, end; !code && at < len; at = end + 1) {
        for (end = at; end < len && text[end] != ' '; end++)
            ;
        if (end > at)
            code = fn(ctx, 0, text + at, end - at, at, end);
    }
    return code;
}

int tokenizer_register(sqlite3 *db)
{
    fts5_api *api = NULL;
    sqlite3_stmt *st = NULL;
    fts5_tokenizer words = {create, delete, tokenize}, terms = {create, delete, take_terms};
    int r = sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &st, NULL);
    if (!r)
        r = sqlite3_bind_pointer(st, 1, &api, "fts5_api_ptr", NULL);
    if (!r)
        sqlite3_step(st);
    sqlite3_finalize(st);
    if (r || !api)
        return ERR_UNSUPPORTED;
    if (api->xCreateTokenizer(api, "hearth", api, &words, NULL) || api->xCreateTokenizer(api, "hearth_terms", api, &terms, NULL))
        return ERR_NOMEM;
    return OK;
}
