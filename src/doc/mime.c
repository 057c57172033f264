#include "doc/charset.h"
#include "doc/mail.h"

/* A line with its end. */
static bool take_line(struct str *s, struct str *ret)
{
    if (!s->len)
        return false;
    ptrdiff_t end = str_chr(*s, '\n');
    *ret = str_head(*s, end < 0 ? s->len : (size_t)end + 1);
    *s = str_skip(*s, ret->len);
    return true;
}

void mail_split(struct str entity, struct str *ret_head, struct str *ret_body)
{
    struct str rest = entity, line;
    while (take_line(&rest, &line))
        if (!str_trim(line).len)
            break;
    *ret_body = rest;
    *ret_head = str_head(entity, entity.len - rest.len);
}

static bool is_folded(struct str line)
{
    return line.len && (line.ptr[0] == ' ' || line.ptr[0] == '\t');
}

bool mail_field(struct str head, struct str name, struct buf *out)
{
    struct str line;
    bool found = false;
    buf_clear(out);
    while (take_line(&head, &line)) {
        if (found) {
            if (!is_folded(line))
                break;
            buf_putc(out, ' ');
            buf_put(out, str_trim(line));
        } else if (line.len > name.len && line.ptr[name.len] == ':' && str_ieq(str_head(line, name.len), name)) {
            found = true;
            buf_put(out, str_trim(str_skip(line, name.len + 1)));
        }
    }
    return found && !out->failed;
}

struct str mail_value(struct str field)
{
    ptrdiff_t end = str_chr(field, ';');
    return str_trim(end < 0 ? field : str_head(field, (size_t)end));
}

/* Where the parameter ends: at a semicolon outside of quotes. */
static struct str take_parameter(struct str *rest)
{
    bool quoted = false;
    size_t n = 0;
    for (; n < rest->len && (quoted || rest->ptr[n] != ';'); n++) {
        if (rest->ptr[n] == '\\' && quoted)
            n++;
        else if (rest->ptr[n] == '"')
            quoted = !quoted;
    }
    struct str one = str_head(*rest, n);
    *rest = str_skip(*rest, n + 1);
    return str_trim(one);
}

static void put_unquoted(struct str v, struct buf *out)
{
    bool quoted = v.len && v.ptr[0] == '"';
    for (size_t i = quoted; i < v.len && !(quoted && v.ptr[i] == '"'); i++) {
        if (quoted && v.ptr[i] == '\\' && i + 1 < v.len)
            i++;
        buf_putc(out, v.ptr[i]);
    }
}

bool mail_parameter(struct str field, struct str name, struct buf *out)
{
    buf_clear(out);
    take_parameter(&field);
    while (field.len) {
        struct str one = take_parameter(&field), key = one;
        ptrdiff_t equals = str_chr(one, '=');
        if (equals < 0)
            continue;
        key = str_trim(str_head(one, (size_t)equals));
        if (!str_ieq(key, name))
            continue;
        put_unquoted(str_trim(str_skip(one, (size_t)equals + 1)), out);
        return !out->failed;
    }
    return false;
}

/* ---- transfer encodings */

static int of_base64(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

static void decode_base64(struct str s, struct buf *out)
{
    uint32_t bits = 0;
    int n = 0;
    for (size_t i = 0; i < s.len && s.ptr[i] != '='; i++) {
        int v = of_base64(s.ptr[i]);
        if (v < 0)
            continue;
        bits = (bits << 6 | (uint32_t)v) & 0xffffff;
        n += 6;
        if (n >= 8) {
            n -= 8;
            buf_putc(out, (char)(bits >> n & 0xff));
        }
    }
}

static int of_hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In words of a header "_" is a space, and no line ends. */
static void decode_quoted(struct str s, bool word, struct buf *out)
{
    for (size_t i = 0; i < s.len; i++) {
        if (word && s.ptr[i] == '_') {
            buf_putc(out, ' ');
            continue;
        }
        if (s.ptr[i] != '=') {
            buf_putc(out, s.ptr[i]);
            continue;
        }
        int high = i + 2 < s.len ? of_hex(s.ptr[i + 1]) : -1, low = high < 0 ? -1 : of_hex(s.ptr[i + 2]);
        if (low >= 0) {
            buf_putc(out, (char)(high << 4 | low));
            i += 2;
        } else if (i + 1 < s.len && s.ptr[i + 1] == '\n') {
            i += 1;
        } else if (i + 2 < s.len && s.ptr[i + 1] == '\r' && s.ptr[i + 2] == '\n') {
            i += 2;
        } else {
            buf_putc(out, '=');
        }
    }
}

void mail_decode(struct str body, struct str encoding, struct buf *out)
{
    if (str_ieq(encoding, STR("base64")))
        decode_base64(body, out);
    else if (str_ieq(encoding, STR("quoted-printable")))
        decode_quoted(body, false, out);
    else
        buf_put(out, body);
}

/* ---- encoded words */

/* "charset?B?text?=" behind "=?"; returns its length with the end, or 0 when it is none. */
static size_t put_word(struct str s, struct buf *out)
{
    char charset[64];
    struct str name, how, rest = s;
    if (!str_split(&rest, '?', &name) || !str_split(&rest, '?', &how) || how.len != 1)
        return 0;
    ptrdiff_t end = str_find(rest, STR("?="), 0), star = str_chr(name, '*'); /* a language may stand behind the charset */
    if (end < 0 || end > 1000 || !str_copy(charset, sizeof charset, star < 0 ? name : str_head(name, (size_t)star)))
        return 0;
    struct buf bytes = buf_make(4096);
    unsigned notes = 0;
    if (how.ptr[0] == 'B' || how.ptr[0] == 'b')
        decode_base64(str_head(rest, (size_t)end), &bytes);
    else
        decode_quoted(str_head(rest, (size_t)end), true, &bytes);
    charset_to_utf8(buf_str(&bytes), charset, out, &notes);
    buf_free(&bytes);
    return (size_t)(rest.ptr - s.ptr) + (size_t)end + 2;
}

void mail_words(struct str s, struct buf *out)
{
    bool after_word = false;
    unsigned notes = 0;
    while (s.len) {
        ptrdiff_t at = str_find(s, STR("=?"), 0);
        struct str before = at < 0 ? s : str_head(s, (size_t)at);
        if (!(after_word && at >= 0 && !str_trim(before).len)) /* white space between two words is not there */
            charset_to_utf8(before, NULL, out, &notes);
        if (at < 0)
            return;
        s = str_skip(s, (size_t)at + 2);
        size_t n = put_word(s, out);
        after_word = n > 0;
        if (!n)
            buf_puts(out, "=?");
        s = str_skip(s, n);
    }
}
