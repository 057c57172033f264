#include "base/json.h"

#include <math.h>

#include "base/err.h"
#include "base/utf8.h"

static void before_value(struct json *j)
{
    if (j->after_key) {
        j->after_key = false;
        return;
    }
    uint64_t bit = (uint64_t)1 << j->depth;
    if (j->depth && (j->has_items & bit))
        buf_putc(j->out, ',');
    j->has_items |= bit;
}

static void open_level(struct json *j, char c)
{
    before_value(j);
    buf_putc(j->out, c);
    if (j->depth + 1 >= JSON_DEPTH_MAX) {
        j->out->failed = ERR_LIMIT;
        return;
    }
    j->depth++;
    j->has_items &= ~((uint64_t)1 << j->depth);
}

static void close_level(struct json *j, char c)
{
    if (j->depth)
        j->depth--;
    buf_putc(j->out, c);
}

void json_obj(struct json *j)
{
    open_level(j, '{');
}
void json_obj_end(struct json *j)
{
    close_level(j, '}');
}
void json_arr(struct json *j)
{
    open_level(j, '[');
}
void json_arr_end(struct json *j)
{
    close_level(j, ']');
}

/* Bytes that may go out as they are: printable ASCII but quote and backslash, and whole UTF-8 characters. */
static size_t plain_run(struct str s)
{
    size_t i = 0;
    while (i < s.len) {
        uint8_t c = (uint8_t)s.ptr[i];
        if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f)
            break;
        uint32_t cp;
        int n = c < 0x80 ? 1 : utf8_decode(s.ptr + i, s.len - i, &cp);
        if (n <= 0)
            break;
        i += (size_t)n;
    }
    return i;
}

static void put_escaped(struct buf *b, uint8_t c)
{
    static const char short_form[] = "\bb\tt\nn\ff\rr\"\"\\\\";
    for (const char *p = short_form; *p; p += 2)
        if ((uint8_t)*p == c) {
            buf_putc(b, '\\');
            buf_putc(b, p[1]);
            return;
        }
    if (c < 0x80)
        buf_printf(b, "\\u%04x", c);
    else
        buf_put(b, STR("\xef\xbf\xbd"));
}

static void put_string(struct buf *b, struct str s)
{
    buf_putc(b, '"');
    while (s.len) {
        size_t n = plain_run(s);
        buf_put(b, str_head(s, n));
        s = str_skip(s, n);
        if (s.len) {
            put_escaped(b, (uint8_t)s.ptr[0]);
            s = str_skip(s, 1);
        }
    }
    buf_putc(b, '"');
}

void json_key(struct json *j, const char *key)
{
    before_value(j);
    put_string(j->out, str_of(key));
    buf_putc(j->out, ':');
    j->after_key = true;
}

void json_str(struct json *j, struct str s)
{
    before_value(j);
    put_string(j->out, s);
}

void json_cstr(struct json *j, const char *s)
{
    if (s)
        json_str(j, str_of(s));
    else
        json_nil(j);
}

void json_raw(struct json *j, struct str s)
{
    before_value(j);
    buf_put(j->out, s);
}

void json_int(struct json *j, int64_t v)
{
    before_value(j);
    buf_printf(j->out, "%lld", (long long)v);
}

void json_uint(struct json *j, uint64_t v)
{
    before_value(j);
    buf_printf(j->out, "%llu", (unsigned long long)v);
}

void json_num(struct json *j, double v, int decimals)
{
    before_value(j);
    if (isfinite(v))
        buf_printf(j->out, "%.*f", decimals, v);
    else
        buf_puts(j->out, "null");
}

void json_bool(struct json *j, bool v)
{
    json_raw(j, v ? STR("true") : STR("false"));
}
void json_nil(struct json *j)
{
    json_raw(j, STR("null"));
}

void json_kstr(struct json *j, const char *key, struct str s)
{
    json_key(j, key);
    json_str(j, s);
}

void json_kcstr(struct json *j, const char *key, const char *s)
{
    json_key(j, key);
    json_cstr(j, s);
}

void json_kint(struct json *j, const char *key, int64_t v)
{
    json_key(j, key);
    json_int(j, v);
}

void json_kuint(struct json *j, const char *key, uint64_t v)
{
    json_key(j, key);
    json_uint(j, v);
}

void json_knum(struct json *j, const char *key, double v, int decimals)
{
    json_key(j, key);
    json_num(j, v, decimals);
}

void json_kbool(struct json *j, const char *key, bool v)
{
    json_key(j, key);
    json_bool(j, v);
}
