#include "net/server.h"

const struct http_limits http_limits_default = {
    .header_bytes_max = 32 << 10,
    .headers_max = 100,
    .url_bytes_max = 8 << 10,
    .body_bytes_max = 32 << 20,
    .connections_max = 4096,
    .pipeline_max = 32,
    .pipeline_bytes_max = 64 << 10,
    .header_ms_max = 10 * 1000,
    .body_ms_max = 60 * 1000,
    .idle_ms_max = 75 * 1000,
    .write_ms_max = 30 * 1000,
    .drain_ms_max = 10 * 1000,
};

void limits_fill(struct http_limits *l)
{
#define FILL(field) l->field = l->field ? l->field : http_limits_default.field
    FILL(header_bytes_max);
    FILL(headers_max);
    FILL(url_bytes_max);
    FILL(body_bytes_max);
    FILL(connections_max);
    FILL(pipeline_max);
    FILL(pipeline_bytes_max);
    FILL(header_ms_max);
    FILL(body_ms_max);
    FILL(idle_ms_max);
    FILL(write_ms_max);
    FILL(drain_ms_max);
#undef FILL
}
