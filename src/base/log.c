#include "base/log.h"

#include <time.h>
#include <unistd.h>

#include "base/json.h"

enum { LINE_MAX_BYTES = 16 << 10 };

static const struct {
    const char *name, *color;
} levels[] = {
    [LOG_DEBUG] = {"debug", "\033[2m"},  [LOG_INFO] = {"info", ""}, [LOG_WARN] = {"warn", "\033[33m"},
    [LOG_ERROR] = {"error", "\033[31m"}, [LOG_OFF] = {"off", ""},
};

static void put_time(struct buf *b, const struct clock *clock)
{
    int64_t ms = clock_wall_ms(clock ? clock : &clock_system);
    time_t s = (time_t)(ms / 1000);
    struct tm tm;
    char text[32];
    gmtime_r(&s, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    buf_printf(b, "%s.%03dZ", text, (int)(ms % 1000));
}

static void json_field(struct json *j, const struct log_field *f)
{
    json_key(j, f->key);
    switch (f->kind) {
    case LOG_FIELD_STR: json_str(j, f->s); break;
    case LOG_FIELD_INT: json_int(j, f->i); break;
    case LOG_FIELD_NUM: json_num(j, f->f, 3); break;
    case LOG_FIELD_BOOL: json_bool(j, f->b); break;
    }
}

/* A value that came from outside must not forge a second line or move the cursor: JSON's escapes serve for text, too. */
static void text_field(struct buf *b, const struct log_field *f)
{
    buf_printf(b, " %s=", f->key);
    struct json j = json_to(b);
    j.after_key = true;
    switch (f->kind) {
    case LOG_FIELD_STR: json_str(&j, f->s); break;
    case LOG_FIELD_INT: json_int(&j, f->i); break;
    case LOG_FIELD_NUM: json_num(&j, f->f, 3); break;
    case LOG_FIELD_BOOL: json_bool(&j, f->b); break;
    }
}

static void format_json(struct buf *b, const struct log *log, enum log_level level, const char *event, const struct log_field *fields,
                        size_t n)
{
    struct json j = json_to(b);
    json_obj(&j);
    json_key(&j, "time");
    buf_putc(b, '"');
    put_time(b, log->clock);
    buf_putc(b, '"');
    j.after_key = false;
    json_kcstr(&j, "level", levels[level].name);
    json_kcstr(&j, "event", event);
    for (size_t i = 0; i < n; i++)
        json_field(&j, &fields[i]);
    json_obj_end(&j);
}

static void format_text(struct buf *b, const struct log *log, enum log_level level, const char *event, const struct log_field *fields,
                        size_t n)
{
    put_time(b, log->clock);
    const char *color = log->color ? levels[level].color : "";
    buf_printf(b, " %s%-5s %s%s", color, levels[level].name, event, *color ? "\033[0m" : "");
    for (size_t i = 0; i < n; i++)
        text_field(b, &fields[i]);
}

void log_write(const struct log *log, enum log_level level, const char *event, const struct log_field *fields, size_t n_fields)
{
    if (!log || level < log->level || level >= LOG_OFF)
        return;
    struct buf b = buf_make(LINE_MAX_BYTES);
    (log->json ? format_json : format_text)(&b, log, level, event, fields, n_fields);
    if (b.failed) {
        buf_clear(&b);
        (log->json ? format_json : format_text)(&b, log, level, event, NULL, 0);
    }
    buf_putc(&b, '\n');
    /* A log that cannot be written has nobody left to tell. */
    ssize_t ignored = b.ptr ? write(log->fd, b.ptr, b.len) : 0;
    (void)ignored;
    buf_free(&b);
}
