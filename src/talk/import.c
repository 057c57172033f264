#include <stdlib.h>

#include "base/json.h"
#include "base/utf8.h"
#include "talk/import.h"
#include "talk/markdown.h"
#include "talk/rows.h"

struct talk_import {
    json_t *root, *list; /* list: an array, within root */
    import_read *read;
    size_t at;
    struct talk_import_result result;
};

enum { OBJECT_VALUES = 5 }; /* an object, even an empty one, costs jansson as much as so many other values */

/* Brackets and commas outside of strings: so many values, and some. */
size_t import_values(struct str json)
{
    size_t values = 0;
    bool in_string = false;
    for (size_t i = 0; i < json.len && values <= TALK_IMPORT_VALUES_MAX; i++) {
        char c = json.ptr[i];
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string)
            values += c == '{' ? OBJECT_VALUES : c == ',' || c == '[';
    }
    return values;
}

/* Which of the forms it is. */
static int recognise(struct talk_import *i, struct err *e)
{
    json_t *list = json_object_get(i->root, "conversations");
    if (json_is_array(list) && str_eq(import_str(i->root, "format"), STR("hearth.conversations"))) {
        json_t *version = json_object_get(i->root, "version");
        if (json_integer_value(version) != 1)
            return err_set(e, ERR_INVAL, "The file is of a later version of hearth, which this one cannot read");
        i->list = list;
        i->read = import_hearth;
        return OK;
    }
    i->list = json_is_array(i->root) ? i->root : list;
    i->read = import_chatgpt;
    for (size_t k = 0; k < json_array_size(i->list); k++)
        if (json_is_object(json_object_get(json_array_get(i->list, k), "mapping")))
            return OK;
    return err_set(e, ERR_INVAL, "The file is neither an export of hearth nor ChatGPT's conversations.json");
}

static int open_json(struct talk_import *i, struct str bytes, struct err *e)
{
    json_error_t je = {0};
    if (import_values(bytes) > TALK_IMPORT_VALUES_MAX)
        return err_set(e, ERR_LIMIT, "The file has more than %d values: import it in parts", TALK_IMPORT_VALUES_MAX);
    i->root = json_loadb(bytes.ptr ? bytes.ptr : "", bytes.len, JSON_ALLOW_NUL, &je);
    if (!i->root) /* a syntax error may be a lack of memory, as in api/body.c: a second look tells */
        i->root = json_loadb(bytes.ptr ? bytes.ptr : "", bytes.len, JSON_ALLOW_NUL, &je);
    if (!i->root && (json_error_code(&je) == json_error_out_of_memory || !je.text[0]))
        return err_set(e, ERR_NOMEM, "The server is out of memory for this file");
    if (!i->root)
        return err_set(e, ERR_INVAL, "The file is not valid JSON: line %d, column %d: %s", je.line, je.column, je.text);
    return recognise(i, e);
}

static int open_markdown(struct talk_import *i, struct str bytes, struct err *e)
{
    int rc = markdown_parse(bytes, &i->root, e);
    i->list = i->root;
    i->read = import_hearth;
    return rc;
}

int talk_import_open(struct str bytes, struct talk_import **ret, struct err *e)
{
    if (bytes.len > TALK_IMPORT_BYTES_MAX)
        return err_set(e, ERR_LIMIT, "The file has more than %d MB: import it in parts", TALK_IMPORT_BYTES_MAX >> 20);
    if (str_starts(bytes, STR("\xef\xbb\xbf")))
        bytes = str_skip(bytes, 3);
    struct talk_import *i = calloc(1, sizeof *i);
    if (!i)
        return err_set(e, ERR_NOMEM, "out of memory for an import");
    struct str begin = str_trim(bytes);
    bool json = !begin.len || *begin.ptr == '{' || *begin.ptr == '[';
    int rc = json ? open_json(i, bytes, e) : open_markdown(i, bytes, e);
    if (rc)
        talk_import_free(i);
    else
        *ret = i;
    return rc;
}

void talk_import_free(struct talk_import *i)
{
    if (!i)
        return;
    json_decref(i->root);
    free(i);
}

const struct talk_import_result *talk_import_result(const struct talk_import *i)
{
    return &i->result;
}

static void skip(struct talk_import *i, struct str title, const char *reason)
{
    struct talk_import_result *r = &i->result;
    if (r->n_skipped++ >= TALK_SKIPPED_MAX)
        return;
    struct talk_skipped *s = &r->skipped[r->n_skipped - 1];
    title = str_head(title, sizeof s->title - 1);
    title.len = utf8_complete_prefix(title.ptr, title.len);
    str_copy(s->title, sizeof s->title, title);
    str_copy(s->reason, sizeof s->reason, str_of(reason));
}

/* ---- into the store */

static int known(struct store_db *db, int64_t owner, const struct import_tree *t, bool *ret, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT 1 FROM conversations WHERE owner = ?1 AND origin = ?2 UNION ALL"
                                           " SELECT 1 FROM conversations WHERE id = ?3 AND owner = ?1 LIMIT 1");
    db_bind_int(st, 1, owner);
    db_bind_str(st, 2, t->origin);
    db_bind_str(st, 3, t->own_id);
    int rc = db_step(db, st, e);
    *ret = rc > 0;
    return rc < 0 ? rc : OK;
}

static int insert(struct store_db *db, int64_t owner, struct import_tree *t, struct arena *a, struct err *e)
{
    int rc = conversation_insert(db, owner, &t->c, t->origin, a, e);
    int64_t *numbers = arena_calloc(a, t->n, sizeof *numbers);
    if (!rc && !numbers)
        rc = err_set(e, ERR_NOMEM, "out of memory for an import");
    for (size_t i = 0; i < t->n && !rc; i++) {
        rc = message_insert(db, t->c.n, t->parents[i] < 0 ? 0 : numbers[t->parents[i]], &t->messages[i], a, e);
        numbers[i] = t->messages[i].n;
    }
    return rc || !t->n ? rc : conversation_grown(db, t->c.n, (int64_t)t->n, numbers[t->leaf], t->c.updated_ms, e);
}

static int finish_tree(struct import_tree *t, struct arena *a, struct err *e)
{
    if (t->own_id.ptr && !t->origin.ptr) {
        struct buf b = buf_make(4096);
        buf_printf(&b, "hearth:" STR_FMT, STR_ARG(str_head(t->own_id, 200)));
        t->origin = b.failed ? (struct str){0} : arena_dup(a, buf_str(&b));
        buf_free(&b);
    }
    if (!t->c.title.len && t->n)
        t->c.title = talk_title_of(t->messages[0].content, a);
    return (t->own_id.ptr && !t->origin.ptr) || !t->c.title.ptr ? err_set(e, ERR_NOMEM, "out of memory for an import") : OK;
}

/* ERR_INVAL becomes a line among the skipped; the store's own failures end the import. */
static int import_one(struct store_db *db, int64_t owner, struct talk_import *i, json_t *v, int64_t now_ms, size_t *ret_messages,
                      struct err *e)
{
    struct arena a = arena_make(TALK_READ_BYTES_MAX);
    struct import_tree t;
    struct err why = {0};
    bool have = false;
    int rc = i->read(v, now_ms, &a, &t, &why);
    if (!rc)
        rc = finish_tree(&t, &a, &why);
    if (rc == ERR_INVAL) {
        skip(i, t.c.title, why.text);
        arena_free(&a);
        return OK;
    }
    if (rc)
        err_set(e, rc, "%s", why.text);
    else
        rc = known(db, owner, &t, &have, e);
    if (!rc && have)
        skip(i, t.c.title, "it is here already");
    else if (!rc)
        rc = insert(db, owner, &t, &a, e);
    if (!rc && !have) {
        i->result.conversations++;
        i->result.messages += (int64_t)t.n;
        *ret_messages += t.n;
    }
    arena_free(&a);
    return rc;
}

int talk_import_some(struct store_db *db, int64_t owner, struct talk_import *i, int64_t now_ms, size_t messages_max, bool *ret_left,
                     struct err *e)
{
    size_t messages = 0, done = 0;
    int rc = OK;
    while (!rc && i->at < json_array_size(i->list) && messages < messages_max && done < messages_max) {
        rc = import_one(db, owner, i, json_array_get(i->list, i->at++), now_ms, &messages, e);
        done++;
    }
    *ret_left = i->at < json_array_size(i->list);
    return rc;
}

void import_check(struct talk_import *i)
{
    for (size_t k = 0; k < json_array_size(i->list); k++) {
        struct arena a = arena_make(64 << 20);
        struct import_tree t;
        struct err e;
        if (!i->read(json_array_get(i->list, k), 0, &a, &t, &e))
            for (size_t n = 0; n < t.n; n++)
                if (t.parents[n] >= (int32_t)n || t.leaf >= (int32_t)t.n || (t.n && t.leaf < 0))
                    abort();
        arena_free(&a);
    }
}

void talk_import_put(struct buf *out, const struct talk_import_result *r)
{
    struct json j = json_to(out);
    json_obj(&j);
    json_kint(&j, "conversations", r->conversations);
    json_kint(&j, "messages", r->messages);
    json_key(&j, "skipped");
    json_arr(&j);
    for (int64_t i = 0; i < r->n_skipped && i < TALK_SKIPPED_MAX; i++) {
        json_obj(&j);
        json_kcstr(&j, "title", r->skipped[i].title);
        json_kcstr(&j, "reason", r->skipped[i].reason);
        json_obj_end(&j);
    }
    json_arr_end(&j);
    json_kint(&j, "skipped_total", r->n_skipped);
    json_obj_end(&j);
}
