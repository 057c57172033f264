/* Is a file one that hearth can run? Asked twice: of its first bytes, before gigabytes are loaded for nothing, and of the whole
 * file before it gets its name. */
#include "api/pulls.h"
#include "model/gguf.h"
#include "model/model.h"

/* The head of a GGUF file, of which nobody knows yet how much is there. */
struct cursor {
    struct str rest;
    bool short_of; /* it has ended within what was asked for */
};

static uint64_t take_number(struct cursor *c, size_t bytes)
{
    uint64_t n = 0;
    if (c->rest.len < bytes) {
        c->short_of = true;
        return 0;
    }
    for (size_t i = bytes; i-- > 0;)
        n = n << 8 | (unsigned char)c->rest.ptr[i];
    c->rest = str_skip(c->rest, bytes);
    return n;
}

static struct str take_bytes(struct cursor *c, uint64_t n)
{
    if (n > c->rest.len) {
        c->short_of = true;
        return (struct str){0};
    }
    struct str s = str_head(c->rest, (size_t)n);
    c->rest = str_skip(c->rest, (size_t)n);
    return s;
}

static size_t bytes_of(uint64_t kind)
{
    static const uint8_t sizes[GGUF_KIND_COUNT] = {
        [GGUF_U8] = 1,  [GGUF_I8] = 1,  [GGUF_BOOL] = 1, [GGUF_U16] = 2, [GGUF_I16] = 2, [GGUF_U32] = 4,
        [GGUF_I32] = 4, [GGUF_F32] = 4, [GGUF_U64] = 8,  [GGUF_I64] = 8, [GGUF_F64] = 8};
    return kind < GGUF_KIND_COUNT ? sizes[kind] : 0;
}

/* Over a value; false when what follows cannot be understood. */
static bool skip_value(struct cursor *c, uint64_t kind)
{
    uint64_t n = 1;
    if (kind == GGUF_ARR) {
        kind = take_number(c, 4);
        n = take_number(c, 8);
    }
    size_t each = bytes_of(kind);
    if (c->short_of || (!each && kind != GGUF_STR))
        return false;
    if (each)
        return n <= c->rest.len / each && take_bytes(c, n * each).len == n * each;
    for (uint64_t i = 0; i < n && !c->short_of; i++)
        take_bytes(c, take_number(c, 8));
    return !c->short_of;
}

/* False: it is not there, as far as these bytes reach. */
static bool find_architecture(struct cursor *c, struct str *ret)
{
    take_number(c, 8); /* how many tensors */
    uint64_t n = take_number(c, 8);
    for (uint64_t i = 0; i < n && !c->short_of; i++) {
        struct str key = take_bytes(c, take_number(c, 8));
        uint64_t kind = take_number(c, 4);
        if (kind == GGUF_STR && !c->short_of && str_eq(key, STR("general.architecture"))) {
            *ret = take_bytes(c, take_number(c, 8));
            return !c->short_of;
        }
        if (!skip_value(c, kind))
            return false;
    }
    return false;
}

static int refuse_unknown(struct str name, struct err *e)
{
    struct buf known = buf_make(1024);
    char shown[40] = "";
    if (arch_find(name))
        return OK;
    for (size_t i = 0; i < name.len && i + 1 < sizeof shown; i++)
        shown[i] = (char)(name.ptr[i] > ' ' && name.ptr[i] < 0x7f && name.ptr[i] != '"' ? name.ptr[i] : '?');
    arch_list(&known);
    int rc = err_set(e, ERR_UNSUPPORTED, "this model is of the architecture \"%s\", which hearth does not run; it runs %s", shown,
                     buf_cstr(&known));
    buf_free(&known);
    return rc;
}

int pull_accepts_head(struct str head, struct err *e)
{
    struct cursor c = {.rest = head};
    struct str name;
    if (head.len < 4)
        return OK; /* too little to tell */
    if (!str_starts(head, STR("GGUF")))
        return err_set(e, ERR_CORRUPT, "the file at that place is no model that can be read: it is not GGUF");
    c.rest = str_skip(c.rest, 4);
    uint64_t version = take_number(&c, 4);
    if (version != 2 && version != 3)
        return OK; /* the reader's sentence is the better one */
    return find_architecture(&c, &name) ? refuse_unknown(name, e) : OK;
}

int pull_accepts_file(const char *path, struct err *e)
{
    struct gguf *g = NULL;
    struct str name;
    int rc = gguf_open(path, &g, e);
    if (!rc)
        rc = gguf_str(g, "general.architecture", &name, e);
    if (rc)
        rc = err_prefix(e, rc, "the file that came is no model that can be read");
    else
        rc = refuse_unknown(name, e);
    gguf_close(g);
    return rc;
}
