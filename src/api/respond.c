#include <stdio.h>

#include "api/internal.h"

void respond_json(struct http_exchange *x, int status, const struct buf *body)
{
    http_add_header(x, "X-Content-Type-Options", STR("nosniff"));
    if (body->failed)
        http_respond(x, 503, "application/json",
                     STR("{\"error\":{\"message\":\"The server is out of memory for this answer\",\"type\":\"server_error\","
                         "\"param\":null,\"code\":\"out_of_memory\"}}"));
    else
        http_respond(x, status, "application/json", buf_str(body));
}

void respond_error(struct api *a, struct http_exchange *x, const struct api_error *e)
{
    struct buf body = buf_make(8192);
    api_error_write(e, &body);
    if (e->status == 503) {
        char seconds[16];
        snprintf(seconds, sizeof seconds, "%u", a->c.retry_after_s);
        http_add_header(x, "Retry-After", str_of(seconds));
    }
    respond_json(x, e->status, &body);
    buf_free(&body);
}
