#include "observe/event.h"

#include <stdio.h>

#include "base/utf8.h"

enum { VERSION = 1 };

const char *journal_end_name(enum journal_end end)
{
    static const char *const names[JOURNAL_ENDS] = {"done", "refused", "failed", "left", "lost"};
    return end < JOURNAL_ENDS ? names[end] : "";
}

static void put_text(struct buf *out, struct str s, size_t max)
{
    if (s.len > max)
        s = str_head(s, utf8_complete_prefix(s.ptr, max));
    write_str(out, s);
}

/* Version 1's fields, in this order; later versions add behind them. */
void journal_event_put(struct buf *out, const struct journal_event *e)
{
    write_u8(out, VERSION);
    write_u8(out, (uint8_t)e->end);
    write_i64(out, e->time_ms);
    write_i64(out, e->owner);
    put_text(out, e->who, JOURNAL_NAME_BYTES_MAX);
    put_text(out, e->what, JOURNAL_NAME_BYTES_MAX);
    put_text(out, e->subject, JOURNAL_NAME_BYTES_MAX);
    put_text(out, e->reason, JOURNAL_NAME_BYTES_MAX);
    put_text(out, e->content, JOURNAL_CONTENT_BYTES_MAX);
    const uint32_t numbers[] = {e->status, e->took_ms, e->first_ms, e->tokens_in, e->tokens_cached, e->tokens_out};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        write_u32(out, numbers[i]);
    write_u64(out, e->bytes_in);
    write_u64(out, e->bytes_out);
    write_u64(out, e->count);
}

bool journal_event_get(struct str bytes, struct journal_event *ret)
{
    struct reader r = reader_of(bytes.ptr, bytes.len);
    struct journal_event e = {0};
    uint8_t version = read_u8(&r), end = read_u8(&r);
    e.time_ms = read_i64(&r);
    e.owner = read_i64(&r);
    struct str *texts[] = {&e.who, &e.what, &e.subject, &e.reason, &e.content};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = read_str(&r);
    uint32_t *numbers[] = {&e.status, &e.took_ms, &e.first_ms, &e.tokens_in, &e.tokens_cached, &e.tokens_out};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        *numbers[i] = read_u32(&r);
    e.bytes_in = read_u64(&r);
    e.bytes_out = read_u64(&r);
    e.count = read_u64(&r);
    if (r.bad || !version || end >= JOURNAL_ENDS)
        return false;
    e.end = (enum journal_end)end;
    *ret = e;
    return true;
}

static void put_some(struct json *j, const char *key, uint64_t v)
{
    if (v)
        json_kuint(j, key, v);
}

static void put_some_text(struct json *j, const char *key, struct str s)
{
    if (s.len)
        json_kstr(j, key, s);
}

void journal_event_json(struct json *j, uint64_t id, const struct journal_event *e)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)id); /* a text, since a double has no 64 bits */
    json_obj(j);
    json_kcstr(j, "id", text);
    json_kint(j, "time_ms", e->time_ms);
    json_kcstr(j, "end", journal_end_name(e->end));
    put_some_text(j, "who", e->who);
    if (e->owner)
        json_kint(j, "owner", e->owner);
    put_some_text(j, "what", e->what);
    put_some_text(j, "subject", e->subject);
    put_some_text(j, "reason", e->reason);
    put_some(j, "status", e->status);
    put_some(j, "took_ms", e->took_ms);
    put_some(j, "first_ms", e->first_ms);
    put_some(j, "tokens_in", e->tokens_in);
    put_some(j, "tokens_cached", e->tokens_cached);
    put_some(j, "tokens_out", e->tokens_out);
    put_some(j, "bytes_in", e->bytes_in);
    put_some(j, "bytes_out", e->bytes_out);
    put_some(j, "count", e->count);
    put_some_text(j, "content", e->content);
    json_obj_end(j);
}
