/* hearth kb: documents, by the server that runs or one for the time being. */
#include "app/verb/kb.h"

#include <stdlib.h>

#include "app/interrupt.h"
#include "app/term.h"
#include "app/text.h"
#include "base/json.h"

enum { PATH_BYTES_MAX = 20000 };

void kb_write(const struct app *a, FILE *out, struct str s)
{
    write_text(out, s, out == stderr ? a->err_tty : a->out_tty);
}

/* ---- asking */

static void put_escaped(struct buf *out, struct str s)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
    for (size_t i = 0; i < s.len; i++)
        if (strchr(plain, s.ptr[i]))
            buf_putc(out, s.ptr[i]);
        else
            buf_printf(out, "%%%02X", (unsigned char)s.ptr[i]);
}

static int get(struct client *c, struct buf *path, json_t **ret, struct err *e)
{
    return client_call(c, "GET", buf_cstr(path), (struct str){0}, ret, e);
}

/* The answer as it is, for --json. */
static void dump(const json_t *answer)
{
    json_dumpf(answer, stdout, JSON_COMPACT);
    putchar('\n');
}

/* "/api/kb/collections/NAME" */
static struct buf collection_path(const char *name)
{
    struct buf path = buf_make(PATH_BYTES_MAX);
    buf_puts(&path, "/api/kb/collections/");
    put_escaped(&path, str_of(name));
    return path;
}

/* ---- list */

static int list_collections(struct app *a, struct client *c, struct err *e)
{
    struct buf path = buf_make(PATH_BYTES_MAX);
    json_t *answer = NULL, *one;
    size_t i;
    buf_puts(&path, "/api/kb/collections");
    int r = get(c, &path, &answer, e);
    const json_t *items = json_object_get(answer, "collections");
    if (!r && a->args.json)
        dump(answer);
    else if (!r && !json_array_size(items))
        fputs(T(a->lang, KB_EMPTY), stdout);
    else if (!r)
        json_array_foreach(items, i, one)
        {
            char name[256];
            str_copy(name, sizeof name, json_text(one, "name"));
            printf(T(a->lang, KB_ROW), name, json_number(one, "documents", 0), json_number(one, "chunks", 0));
        }
    json_decref(answer);
    buf_free(&path);
    return r;
}

typedef bool document_fn(struct app *a, const json_t *document, void *ctx);

/* Page by page, until one returns false. */
static int each_document(struct app *a, struct client *c, document_fn *fn, void *ctx, struct err *e)
{
    char after[PATH_BYTES_MAX / 4] = "";
    bool on = true;
    int r = OK;
    do {
        json_t *answer = NULL, *one;
        size_t i;
        struct buf path = collection_path(a->args.collection ? a->args.collection : KB_COLLECTION);
        buf_puts(&path, "/documents?limit=500&after=");
        put_escaped(&path, str_of(after));
        r = get(c, &path, &answer, e);
        json_array_foreach(json_object_get(answer, "documents"), i, one) on = on && fn(a, one, ctx);
        on = str_copy(after, sizeof after, json_text(answer, "next")) && after[0] && on;
        json_decref(answer);
        buf_free(&path);
    } while (!r && on && !interrupted());
    return r;
}

static bool print_document(struct app *a, const json_t *d, void *ctx)
{
    (void)ctx;
    if (a->args.json) {
        dump(d);
        return true;
    }
    kb_write(a, stdout, json_text(d, "source"));
    printf("  %s\n", bytes_text((uint64_t)json_number(d, "bytes", 0)).text);
    return true;
}

static int list(struct app *a, struct client *c, struct err *e)
{
    return a->args.collection ? each_document(a, c, print_document, NULL, e) : list_collections(a, c, e);
}

/* ---- status */

static int status(struct app *a, struct client *c, struct err *e)
{
    json_t *s = NULL;
    int r = client_call(c, "GET", "/api/kb/status", (struct str){0}, &s, e);
    if (!r && a->args.json)
        dump(s);
    else if (!r)
        printf(T(a->lang, KB_STATUS), json_number(s, "collections", 0), json_number(s, "documents", 0), json_number(s, "chunks", 0),
               json_number(s, "vectors", 0), bytes_text((uint64_t)json_number(s, "source_bytes", 0)).text,
               bytes_text((uint64_t)json_number(s, "text_bytes", 0)).text, bytes_text((uint64_t)json_number(s, "packed_bytes", 0)).text,
               bytes_text((uint64_t)json_number(s, "vector_bytes", 0)).text, bytes_text((uint64_t)json_number(s, "index_bytes", 0)).text);
    json_decref(s);
    return r;
}

/* ---- remove */

struct wanted {
    const char *source;
    char real[PATH_BYTES_MAX / 4];
    char id[64];
};

static bool is_wanted(struct app *a, const json_t *d, void *ctx)
{
    (void)a;
    struct wanted *w = ctx;
    struct str source = json_text(d, "source"), id = json_text(d, "id");
    if (str_eq(source, str_of(w->source)) || str_eq(source, str_of(w->real)) || str_eq(id, str_of(w->source)))
        str_copy(w->id, sizeof w->id, id);
    return !w->id[0];
}

static int remove_document(struct app *a, struct client *c, const char *source, struct err *e)
{
    struct wanted w = {.source = source};
    struct buf path = buf_make(PATH_BYTES_MAX);
    char *real = realpath(source, NULL);
    str_copy(w.real, sizeof w.real, str_of(real));
    free(real);
    int r = each_document(a, c, is_wanted, &w, e);
    if (!r && !w.id[0])
        r = err_set(e, ERR_NOENT, T(a->lang, KB_NO_DOCUMENT), source, a->args.collection ? a->args.collection : KB_COLLECTION);
    buf_printf(&path, "/api/kb/documents/%s", w.id);
    if (!r)
        r = client_call(c, "DELETE", buf_cstr(&path), (struct str){0}, NULL, e);
    if (!r)
        printf(T(a->lang, KB_REMOVED), source);
    buf_free(&path);
    return r;
}

/* Only the id names a collection that is to go, so it is looked up. */
static int remove_collection(struct app *a, struct client *c, struct err *e)
{
    json_t *answer = NULL, *one;
    size_t i;
    char id[64] = "";
    int r = client_call(c, "GET", "/api/kb/collections", (struct str){0}, &answer, e);
    json_array_foreach(json_object_get(answer, "collections"), i,
                       one) if (json_is_true(json_object_get(one, "own")) && str_eq(json_text(one, "name"), str_of(a->args.collection)))
        str_copy(id, sizeof id, json_text(one, "id"));
    struct buf path = collection_path(id[0] ? id : a->args.collection);
    if (!r)
        r = client_call(c, "DELETE", buf_cstr(&path), (struct str){0}, NULL, e);
    if (!r)
        printf(T(a->lang, KB_REMOVED), a->args.collection);
    json_decref(answer);
    buf_free(&path);
    return r;
}

static int remove_some(struct app *a, struct client *c, struct err *e)
{
    int r = OK;
    if (a->args.n_words < 2 && a->args.collection && a->args.yes)
        return remove_collection(a, c, e);
    if (a->args.n_words < 2)
        return err_set(e, ERR_INVAL, "%s", T(a->lang, KB_REMOVE_WHAT));
    for (size_t i = 1; !r && i < a->args.n_words; i++)
        r = remove_document(a, c, a->args.words[i], e);
    return r;
}

/* ---- search */

static void print_place(const struct app *a, const json_t *h)
{
    double page = json_number(h, "page", 0), line = json_number(h, "line", 0);
    kb_write(a, stdout, json_text(h, "source"));
    if (page > 0)
        printf(T(a->lang, KB_PAGE), page);
    else if (line > 0)
        printf(T(a->lang, KB_LINE), line);
    if (json_text(h, "heading").len) {
        fputs("  ", stdout);
        kb_write(a, stdout, json_text(h, "heading"));
    }
    putchar('\n');
}

static void print_text(const struct app *a, const json_t *h)
{
    struct str text = str_trim(json_text(h, "text")), one;
    while (str_split(&text, '\n', &one)) {
        fputs("    ", stdout);
        kb_write(a, stdout, one);
        putchar('\n');
    }
}

/* A passage under its place; a quote above it, numbered. */
static void print_hit(const struct app *a, const json_t *h, size_t i)
{
    (void)i;
    print_place(a, h);
    putchar('\n');
    print_text(a, h);
    putchar('\n');
}

static void print_quote(const struct app *a, const json_t *h, size_t i)
{
    print_text(a, h);
    printf("[%zu] ", i + 1);
    print_place(a, h);
    putchar('\n');
}

static void put_query(const struct app *a, struct buf *body)
{
    struct buf words = buf_make(PATH_BYTES_MAX);
    struct json j = json_to(body);
    for (size_t i = 1; i < a->args.n_words; i++)
        buf_printf(&words, "%s%s", i > 1 ? " " : "", a->args.words[i]);
    json_obj(&j);
    json_kstr(&j, "query", buf_str(&words));
    if (a->args.hits)
        json_kint(&j, "limit", a->args.hits);
    if (a->args.collection) {
        json_key(&j, "collections");
        json_arr(&j);
        json_cstr(&j, a->args.collection);
        json_arr_end(&j);
    }
    json_obj_end(&j);
    buf_free(&words);
}

typedef void print_fn(const struct app *a, const json_t *h, size_t i);

static int find(struct app *a, struct client *c, const char *path, const char *key, const char *nothing, print_fn *print, struct err *e)
{
    struct buf body = buf_make(4 * PATH_BYTES_MAX);
    json_t *answer = NULL, *one;
    size_t i;
    if (a->args.n_words < 2)
        return err_set(e, ERR_INVAL, "%s", T(a->lang, KB_SEARCH_WHAT));
    put_query(a, &body);
    int r = client_call(c, "POST", path, buf_str(&body), &answer, e);
    const json_t *hits = json_object_get(answer, key);
    if (!r && a->args.json)
        dump(answer);
    else if (!r && !json_array_size(hits))
        fputs(nothing, stdout);
    else if (!r)
        json_array_foreach(hits, i, one) print(a, one, i);
    json_decref(answer);
    buf_free(&body);
    return r;
}

static int search(struct app *a, struct client *c, struct err *e)
{
    return find(a, c, "/api/kb/search", "hits", T(a->lang, KB_NOTHING), print_hit, e);
}

static int ask(struct app *a, struct client *c, struct err *e)
{
    return find(a, c, "/api/kb/ask", "quotes", T(a->lang, KB_NO_ANSWER), print_quote, e);
}

/* ---- */

static const struct {
    const char *name;
    int (*run)(struct app *a, struct client *c, struct err *e); /* NULL: kb_add */
} actions[] = {{"add", NULL}, {"list", list}, {"status", status}, {"remove", remove_some}, {"search", search}, {"ask", ask}};

static int act(struct app *a, size_t action)
{
    struct client *c = NULL;
    struct err e = {0};
    interrupt_watch();
    int r = client_open(a, NULL, &c, &e), code = EXIT_OK;
    if (!r && !actions[action].run)
        code = kb_add(a, c);
    else if (!r)
        r = actions[action].run(a, c, &e);
    client_close(c);
    if (r && interrupted())
        return EXIT_INTERRUPTED;
    return r ? complain(a, "%s", e.text[0] ? e.text : err_text(r)) : code;
}

int verb_kb(struct app *a)
{
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (!strcmp(a->args.words[0], actions[i].name))
            return act(a, i);
    complain(a, T(a->lang, KB_UNKNOWN), a->args.words[0]);
    return EXIT_USAGE;
}
