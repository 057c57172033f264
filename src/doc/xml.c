#include "doc/xml.h"

#include <expat.h>

enum { STEP_BYTES = 1 << 20 };

struct xml {
    XML_Parser parser;
    const struct xml_events *ev;
    void *ctx;
    int depth;
    bool too_deep, entities, enough;
};

static struct str without_prefix(const char *name)
{
    struct str s = str_of(name);
    ptrdiff_t colon = str_rchr(s, ':');
    return str_skip(s, (size_t)(colon + 1));
}

static void XMLCALL on_begin(void *arg, const XML_Char *name, const XML_Char **attributes)
{
    struct xml *x = arg;
    if (++x->depth > XML_DEPTH_MAX) {
        x->too_deep = true;
        XML_StopParser(x->parser, XML_FALSE);
    } else if (x->ev->begin) {
        x->ev->begin(x->ctx, without_prefix(name), attributes);
    }
}

static void XMLCALL on_end(void *arg, const XML_Char *name)
{
    struct xml *x = arg;
    x->depth--;
    if (x->ev->end)
        x->ev->end(x->ctx, without_prefix(name));
    if (x->ev->enough && x->ev->enough(x->ctx)) {
        x->enough = true;
        XML_StopParser(x->parser, XML_FALSE);
    }
}

static void XMLCALL on_text(void *arg, const XML_Char *s, int len)
{
    struct xml *x = arg;
    if (x->ev->text)
        x->ev->text(x->ctx, str_from(s, (size_t)len));
}

static void XMLCALL on_entity(void *arg, const XML_Char *name, int parameter, const XML_Char *value, int len, const XML_Char *base,
                              const XML_Char *system_id, const XML_Char *public_id, const XML_Char *notation)
{
    struct xml *x = arg;
    (void)name, (void)parameter, (void)value, (void)len, (void)base, (void)system_id, (void)public_id, (void)notation;
    x->entities = true;
    XML_StopParser(x->parser, XML_FALSE);
}

static int judge(const struct xml *x, const char *what, struct err *e)
{
    if (x->enough)
        return OK;
    if (x->entities)
        return err_set(e, ERR_CORRUPT, "is damaged or hostile: %s declares entities", what);
    if (x->too_deep)
        return err_set(e, ERR_LIMIT, "is damaged or hostile: %s is nested deeper than %d", what, XML_DEPTH_MAX);
    enum XML_Error why = XML_GetErrorCode(x->parser);
    if (why == XML_ERROR_NO_MEMORY)
        return err_set(e, ERR_NOMEM, "needs more memory than there is");
    return err_set(e, ERR_CORRUPT, "is damaged: line %lu of %s: %s", (unsigned long)XML_GetCurrentLineNumber(x->parser), what,
                   XML_ErrorString(why));
}

int xml_parse(struct str bytes, const struct xml_events *ev, void *ctx, const char *what, struct err *e)
{
    struct xml x = {.parser = XML_ParserCreate(NULL), .ev = ev, .ctx = ctx};
    if (!x.parser)
        return err_set(e, ERR_NOMEM, "needs more memory than there is");
    XML_SetUserData(x.parser, &x);
    XML_SetElementHandler(x.parser, on_begin, on_end);
    XML_SetCharacterDataHandler(x.parser, on_text);
    XML_SetEntityDeclHandler(x.parser, on_entity);
    int r = OK;
    do {
        struct str step = str_head(bytes, STEP_BYTES);
        bytes = str_skip(bytes, step.len);
        if (XML_Parse(x.parser, step.ptr, (int)step.len, !bytes.len) != XML_STATUS_OK) {
            r = judge(&x, what, e);
            break;
        }
    } while (bytes.len);
    XML_ParserFree(x.parser);
    return r;
}

struct str xml_attribute(const char *const *attributes, struct str name)
{
    for (; *attributes; attributes += 2)
        if (str_eq(without_prefix(attributes[0]), name))
            return str_of(attributes[1]);
    return (struct str){0};
}
