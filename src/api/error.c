#include "api/error.h"

#include <stdio.h>

#include "base/json.h"
#include "base/utf8.h"

int api_error_set(struct api_error *e, int status, const char *code, const char *param, const char *fmt, ...)
{
    struct err text;
    char line[sizeof text.text];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    err_set(&text, ERR_INVAL, "%s", line); /* cuts at a character's border */

    *e = (struct api_error){.status = status, .code = code};
    str_copy(e->param, sizeof e->param, str_of(param));
    str_copy(e->message, sizeof e->message, str_of(text.text));
    return ERR_INVAL;
}

int api_error_nomem(struct api_error *e)
{
    api_error_set(e, 503, "out_of_memory", NULL, "The server is out of memory for this request: try a smaller one, or later");
    return ERR_NOMEM;
}

/* clang-format off */
static const struct fault_row {
    int status;
    const char *code;
} fault_rows[GEN_FAULT_COUNT] = {
    [GEN_FAULT_REQUEST]  = {400, NULL},
    [GEN_FAULT_CONTEXT]  = {400, "context_length_exceeded"},
    [GEN_FAULT_NO_MODEL] = {404, "model_not_found"},
    [GEN_FAULT_BUSY]     = {503, "server_busy"},
    [GEN_FAULT_MEMORY]   = {503, "out_of_memory"},
    [GEN_FAULT_MODEL]    = {500, "model_broken"},
    [GEN_FAULT_INTERNAL] = {500, "internal_error"},
};

static const struct {
    int err;
    enum gen_fault fault;
} err_rows[] = {
    {ERR_NOENT,       GEN_FAULT_NO_MODEL},
    {ERR_FULL,        GEN_FAULT_BUSY},
    {ERR_CLOSED,      GEN_FAULT_BUSY}, /* the server is stopping */
    {ERR_LIMIT,       GEN_FAULT_REQUEST},
    {ERR_INVAL,       GEN_FAULT_REQUEST},
    {ERR_UNSUPPORTED, GEN_FAULT_REQUEST},
    {ERR_NOMEM,       GEN_FAULT_MEMORY},
    {ERR_CORRUPT,     GEN_FAULT_MODEL},
};
/* clang-format on */

void api_error_from_fault(struct api_error *e, enum gen_fault fault, struct str message, struct str param)
{
    if ((unsigned)fault >= GEN_FAULT_COUNT)
        fault = GEN_FAULT_INTERNAL;
    const struct fault_row *row = &fault_rows[fault];
    char name[sizeof e->param];
    str_copy(name, sizeof name, param);
    if (fault == GEN_FAULT_NO_MODEL && !param.len)
        str_copy(name, sizeof name, STR("model"));
    api_error_set(e, row->status, row->code, name, STR_FMT, STR_ARG(message));
}

void api_error_from_err(struct api_error *e, const struct err *cause)
{
    enum gen_fault fault = GEN_FAULT_INTERNAL;
    for (size_t i = 0; i < sizeof err_rows / sizeof *err_rows; i++)
        if (err_rows[i].err == cause->code)
            fault = err_rows[i].fault;
    api_error_from_fault(e, fault, str_of(cause->text[0] ? cause->text : err_text(cause->code)), (struct str){0});
}

void api_error_write(const struct api_error *e, struct buf *out)
{
    struct json j = json_to(out);
    json_obj(&j);
    json_key(&j, "error");
    json_obj(&j);
    json_kcstr(&j, "message", e->message);
    json_kcstr(&j, "type", e->status >= 500 ? "server_error" : "invalid_request_error");
    json_kcstr(&j, "param", e->param[0] ? e->param : NULL);
    json_kcstr(&j, "code", e->code);
    json_obj_end(&j);
    json_obj_end(&j);
}
